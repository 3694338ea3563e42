#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# The examples of waitctl(1) are run as they stand, in a folder with a batch.json, and give
# what the page shows.  A comment before each says how it is looked at:
#
#     example: exact       prints just that, up to batch numbers and instances
#     example: measured    and up to times as well
#     example: runs        exits with 0 and says nothing on standard error
#     example: exits N     exits with N
#
# A command goes on in lines that are set in, behind one that ends in | or \; what is
# printed goes on in lines that are set in by one blank.
# shellcheck source=tests/wire/lib.sh
. "$(dirname "$0")/lib.sh"

have jq || bail "jq is not installed"
[ -n "$waitctl" ] || bail "no waitctl here: set WAITCTL"

start_daemon --listen 127.0.0.1:0
mkdir "$tmp/bin" "$tmp/run" "$tmp/blocks"
ln -s "$waitd" "$tmp/bin/waitd"
ln -s "$waitctl" "$tmp/bin/waitctl"
cp "$samples/graph.json" "$tmp/run/batch.json"
cp "$top_dir"/tests/import/build.* "$tmp/run"

# Block N becomes N.sh, N.text (what it prints) and N.how.
awk -v dir="$tmp/blocks" '
    /^\.Sh/ { on = $2 == "EXAMPLES" }
    on && /^\.\\" example:/ { how = substr($0, index($0, ":") + 2); next }
    on && /^\.Bd/ { n++; inside = 1; print how > (dir "/" n ".how"); how = "none"; next }
    on && /^\.Ed/ { inside = 0 }
    inside {
        gsub(/\\e/, "\\"); gsub(/\\&/, "")
        if (/^\$ / || goes_on) {
            sub(/^\$ /, "")
            print > (dir "/" n ".sh")
            goes_on = /[|\\]$/
        } else
            print > (dir "/" n ".text")
    }' "$top_dir/client/waitctl.1"

# Lines that were broken for the page become one again.
joined()
{
    sed -E ':a; N; $!ba; s/\n ([^ ])/ \1/g; s/, "path"/,"path"/' "$1"
}

measured()
{
    sed -E 's/[0-9]+\.[0-9]+ s/TIME/g; s/(speed-up) [0-9.]+/\1 N/; s/, TIME behind schedule//'
}

count=$(find "$tmp/blocks" -name '*.sh' | wc -l)
is "$([ "$count" -ge 8 ] && echo enough)" enough "waitctl(1) has examples"
for ((i = 1; i <= count; i++)); do
    (
        cd "$tmp/run" || exit
        PATH=$tmp/bin:$PATH WAITD_SERVER=127.0.0.1:$port NO_COLOR=1 LC_ALL=C.UTF-8
        export PATH WAITD_SERVER NO_COLOR LC_ALL
        # Nobody is there, and nobody is asked; the daemon of the test is on a port of its own.
        sed -e 's/build\.example\.org:9248/127.0.0.1:1/' -e "s/127\.0\.0\.1 9248/127.0.0.1 $port/" \
            "$tmp/blocks/$i.sh" >"$tmp/blocks/$i.run"
        timeout 60 bash "$tmp/blocks/$i.run" </dev/null >"$tmp/blocks/$i.out" 2>"$tmp/blocks/$i.err"
        echo $? >"$tmp/blocks/$i.rc"
    )
    name=$(head -1 "$tmp/blocks/$i.sh")
    how=$(cat "$tmp/blocks/$i.how")
    case $how in
    exact | measured)
        text=$(joined "$tmp/blocks/$i.text" | normalise_ids)
        got=$(cat "$tmp/blocks/$i.out" "$tmp/blocks/$i.err" | normalise_ids)
        [ "$how" = exact ] || {
            text=$(printf '%s' "$text" | measured)
            got=$(printf '%s' "$got" | measured)
        }
        is "$got" "$text" "$name"
        ;;
    runs) is "$(cat "$tmp/blocks/$i.rc") $(grep -v '^waitctl: no daemon at 127.0.0.1:1: \|^  to ' "$tmp/blocks/$i.err")" "0 " "$name" ;;
    exits\ *) is "$(cat "$tmp/blocks/$i.rc") $(cat "$tmp/blocks/$i.err")" "${how#exits } " "$name" ;;
    *) not_ok "$name: no word on how it is looked at" ;;
    esac
done

# The first example of waitd.conf(5) is a configuration.
awk '/^\.Sh/ { on = $2 == "EXAMPLES" } on && /^\.Ed/ { exit } inside { print } on && /^\.Bd/ { inside = 1 }' \
    "$top_dir/daemon/waitd.conf.5" >"$tmp/example.conf"
is "$(grep -c '^[a-z]' "$tmp/example.conf")" 6 "waitd.conf(5) has an example"
if grep -q 'built without' <("$waitd" --check-config --metrics 0 2>&1); then
    sed -i '/^metrics/d' "$tmp/example.conf"
fi
passes "and waitd takes it" "$waitd" --check-config --config "$tmp/example.conf"

stop_daemon TERM
is $? 0 "the daemon ends in good order"
done_testing
