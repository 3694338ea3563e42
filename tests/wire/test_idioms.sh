#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Every way of talking to waitd that README shows, with the real programs.
#
# The rows of README's table of clients are taken as they stand, but for the
# port, the socket's path and the name under which that kind of nc is
# installed here.  All run at once, and each for longer than any client waits
# by itself after its input has ended (nc -q1: 1 s, socat: 0.5 s), so that one
# that does not wait for the server is found out.
# shellcheck source=tests/wire/lib.sh
. "$(dirname "$0")/lib.sh"

have jq || bail "jq is not installed"
readme=$top_dir/README.md
socket=$tmp/waitd.sock

start_daemon --listen 127.0.0.1:0 --listen "unix:$socket"

mkdir "$tmp/run" "$tmp/out"
cat >"$tmp/run/batch.json" <<'JSON'
[
  {"name": "later", "wait": 1.3},
  {"name": "sooner", "wait": 0.6}
]
JSON
job() { printf '{"event":"done","batch":1,"job":%d,"name":"%s","status":"ok","at":"…"}\n' "$1" "$2"; }
expected=$(
    echo '{"event":"accepted","batch":1,"jobs":2,"time":"…","instance":"…"}'
    job 1 sooner
    job 0 later
    printf '%s' '{"event":"finished","batch":1,"status":"ok","jobs":2,"ok":2,"failed":0,' \
        '"timed_out":0,"cancelled":0,"skipped":0,"elapsed":"…","predicted":1.3,' \
        '"sequential":1.9,"speedup":"…","critical_path":1.3}'
)

# program_of CLIENT: what has to be installed for a row of the table.
program_of()
{
    case $1 in
    'OpenBSD nc'*) echo nc.openbsd ;;
    'traditional nc'*) echo nc.traditional ;;
    'waitd'*) echo "$waitd" ;;
    *) echo "${1%%[ ,]*}" ;;
    esac
}

# localise COMMAND PROGRAM: the command as it has to be written here.
localise()
{
    case $2 in
    nc.*) set -- "$(printf '%s' "$1" | sed -E "s/(^|\| )nc /\1$2 /")" "$2" ;;
    "$waitd") set -- "$(printf '%s' "$1" | sed "s|^waitd |'$2' |")" "$2" ;;
    esac
    printf '%s' "$1" | sed "s|9248|$port|g; s|/run/waitd/waitd.sock|$socket|g"
}

names=()
programs=()
commands=()

# add NAME PROGRAM COMMAND
add()
{
    names+=("$1")
    programs+=("$2")
    commands+=("$3")
}

# Rows: | client | `command` | remark |, with bars in commands written as \|.
while IFS= read -r row; do
    client=$(printf '%s' "$row" | sed -E 's/^\| ([^|]*[^| ]) *\|.*/\1/')
    # shellcheck disable=SC2016 # those are Markdown's backticks
    command=$(printf '%s' "$row" | sed -E 's/^[^`]*`([^`]*)`.*/\1/; s/\\\|/|/g')
    add "$client: $command" "$(program_of "$client")" "$command"
done < <(sed -n '/<!-- clients -->/,/^$/p' "$readme" | grep '^|.*`')
is "$([ "${#names[@]}" -ge 8 ] && echo enough)" enough "README has a table of clients"

# The way that README leads with, with every nc there is.
quit="(cat batch.json; echo '{\"op\":\"quit\"}') |"
for program in nc.openbsd nc.traditional ncat busybox; do
    applet=$program
    [ "$program" = busybox ] && applet="busybox nc"
    add "quit with $applet" "$program" "$quit $applet 127.0.0.1 9248"
done
grep -qF "$quit nc 127.0.0.1 9248" <(sed 's|tests/samples/[a-z-]*\.json|batch.json|' "$readme")
is $? 0 "README leads with quit"

# Other flags that half-close.
add "nc -q1 of OpenBSD" nc.openbsd "nc.openbsd -q1 127.0.0.1 9248 < batch.json"
add "nc -q0 of OpenBSD" nc.openbsd "nc.openbsd -q0 127.0.0.1 9248 < batch.json"
add "quit over a Unix socket" nc.openbsd "$quit nc.openbsd -U /run/waitd/waitd.sock"
add "ncat over a Unix socket" ncat "ncat -U /run/waitd/waitd.sock < batch.json"
add "one nc after another, as one input" nc.openbsd \
    "(head -c 40 batch.json; tail -c +41 batch.json; printf '{\"op\":\"quit\"}') |
        nc.openbsd 127.0.0.1 9248"

# run N: one command, its output and status into files.
run()
{
    cd "$tmp/run" || return
    timeout 60 bash -c "$(localise "${commands[$1]}" "${programs[$1]}")" \
        >"$tmp/out/$1" 2>"$tmp/out/$1.err" </dev/null
    echo $? >"$tmp/out/$1.status"
}

pids=()
for i in "${!names[@]}"; do
    if have "${programs[$i]}"; then
        run "$i" &
        pids+=($!)
    fi
done
wait "${pids[@]}"

for i in "${!names[@]}"; do
    if ! have "${programs[$i]}"; then
        skip "${names[$i]}" "${programs[$i]} is not installed"
        continue
    fi
    is "$(normalise <"$tmp/out/$i")" "$expected" "${names[$i]}"
    is "$(cat "$tmp/out/$i.status")" 0 "${names[$i]}: ends with status 0"
    sed 's/^/# /' "$tmp/out/$i.err"
done

stop_daemon TERM
is $? 0 "the daemon ends in good order"
done_testing
