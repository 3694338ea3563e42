#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# What README shows is what happens.  Each of its ```console blocks is run as it
# stands: the lines that begin with `$ ` in one shell, from the top of the
# sources, with waitd and waitctl on the path and a daemon listening on the
# default address (written otherwise here, since the real one may be taken).
# What each command prints is compared, up to batch numbers and instances, and
# up to times in a block with <!-- measured --> before it.  Blocks that are not
# to be run are ```sh blocks.
#
# test_readme.sh --show N prints what block N really gives, from 1.
# shellcheck source=tests/wire/lib.sh
. "$(dirname "$0")/lib.sh"

have jq || bail "jq is not installed"
[ -n "$waitctl" ] || bail "no waitctl here: set WAITCTL"

start_daemon --listen 127.0.0.1:0 --http 127.0.0.1:0 --service db=2
# The line comes after that of the other listener.
wait_until grep -q '^listening on http:' "$tmp/log" || bail "no HTTP in the log"
http_port=$(sed -n 's/^listening on http:.*://p' "$tmp/log")
mkdir "$tmp/bin" "$tmp/blocks"
ln -s "$waitd" "$tmp/bin/waitd"
ln -s "$waitctl" "$tmp/bin/waitctl"
for program in nc.openbsd nc.traditional ncat; do
    ! have "$program" || { ln -s "$(command -v "$program")" "$tmp/bin/nc" && break; }
done

# Block N becomes the files N.text, as it stands, N.sh, which prints it again with what
# its commands give, and N.measured, where it is.
awk -v dir="$tmp/blocks" '
    /^<!-- measured -->$/ { measured = 1; next }
    /^```console$/ { n++; inside = 1; if (measured) print > (dir "/" n ".measured"); next }
    /^```/ { inside = 0; measured = 0 }
    inside {
        print > (dir "/" n ".text")
        if (/^\$ /) {
            command = substr($0, 3)
            quoted = command
            gsub(/\047/, "\047\\\047\047", quoted)
            printf "printf \047%%s\\n\047 \047$ %s\047\n%s 2>&1\n", quoted, command > (dir "/" n ".sh")
        }
    }' "$top_dir/README.md"

# As block $1 is to be compared: measured times are `1.002 s` and the like where people read
# them, and waitctl reports the lateness only where it is worth it.
comparable()
{
    if [ -f "$tmp/blocks/$1.measured" ]; then
        normalise | sed -E '/^[{$]/!s/[0-9]+\.[0-9]+ s/TIME/g; s/(speed-up) [0-9.]+/\1 N/; s/, TIME behind schedule//'
    else
        normalise_ids
    fi
}

run_block()
{
    (
        cd "$top_dir" || exit
        PATH=$tmp/bin:$PATH WAITD_SERVER=127.0.0.1:$port COLUMNS=80 NO_COLOR=1 LC_ALL=C.UTF-8
        export PATH WAITD_SERVER COLUMNS NO_COLOR LC_ALL
        sed -E "/^printf/!s/127\.0\.0\.1([ :])9248/127.0.0.1\1$port/g; /^printf/!s/127\.0\.0\.1:9280/127.0.0.1:$http_port/g" "$tmp/blocks/$1.sh" >"$tmp/blocks/$1.local.sh"
        timeout 60 bash "$tmp/blocks/$1.local.sh" </dev/null >"$tmp/blocks/$1.got"
    )
}

count=$(find "$tmp/blocks" -name '*.sh' | wc -l)

if [ "${1:-}" = --show ]; then
    run_block "$2"
    cat "$tmp/blocks/$2.got"
    stop_daemon TERM
    exit
fi

pids=()
for ((i = 1; i <= count; i++)); do
    run_block "$i" &
    pids+=($!)
done
wait "${pids[@]}"

is "$([ "$count" -ge 8 ] && echo enough)" enough "README has console blocks"
for ((i = 1; i <= count; i++)); do
    is "$(comparable "$i" <"$tmp/blocks/$i.got")" "$(comparable "$i" <"$tmp/blocks/$i.text")" \
        "$(sed -n '1s/^\$ //p' "$tmp/blocks/$i.text")"
done

stop_daemon TERM
is $? 0 "the daemon ends in good order"
done_testing
