#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Detached batches with a journal, on a real daemon that is killed and started again: what was
# answered is there in the next life, and a watch that goes on is one without a gap.
# shellcheck source=tests/wire/lib.sh
. "$(dirname "$0")/lib.sh"

have jq || bail "jq is not installed"
state=$tmp/state
mkdir "$state"

# ask REQUEST: what is answered; the connection ends behind the answers.
ask() { printf '%s{"op":"quit"}' "$1" | nc -N 127.0.0.1 "$port"; }

# submit MEMBERS: submits detached jobs and leaves at once; prints the ref.
submit()
{
    printf '{"detach":true,%s}' "$1" | timeout 60 nc -N 127.0.0.1 "$port" | {
        IFS= read -r line
        jq -r .ref <<<"$line"
    }
}

# It runs on until it is cancelled.
batch='"key":"k","events":"all","seed":5,"jobs":[{"name":"a","wait":{"dist":"exponential","mean":0.2},"count":40},{"wait":3600}]'
start_daemon --listen 127.0.0.1:0 --state "$state"
ref=$(submit "$batch")
is "$(ask '{"op":"batches"}' | jq -r 'select(.event == "batch") | .ref + " " + .durable')" "$ref disk" \
    "a batch is on the disk when it is accepted"
is "$("$waitd" --listen 127.0.0.1:0 --state "$state" 2>&1; echo $?)" \
    "waitd: error: $state is in use by another waitd
1" "one directory has one daemon"
is "$("$waitd" --listen 127.0.0.1:0 --state "$tmp/none" 2>&1; echo $?)" \
    "waitd: error: --state takes a directory that exists, not $tmp/none
1" "which is made by whoever starts it"
# has_lines FILE NUMBER: whether it has so many, or more.
has_lines()
{
    [ "$(wc -l <"$1")" -ge "$2" ]
}
nc 127.0.0.1 "$port" <<<"{\"op\":\"watch\",\"ref\":\"$ref\"}" >"$tmp/before" &
watch=$!
wait_until has_lines "$tmp/before" 60
stop_daemon KILL
wait "$watch"
start_daemon --listen 127.0.0.1:0 --state "$state"
last=$(tail -n 1 "$tmp/before" | jq .seq)
ask "{\"op\":\"watch\",\"ref\":\"$ref\",\"from\":$((last + 1))}" >"$tmp/after" &
watch=$!
ask "{\"op\":\"cancel\",\"ref\":\"$ref\"}" >"$tmp/cancelled"
wait "$watch"
cat "$tmp/before" "$tmp/after" >"$tmp/both"
is "$(jq -r .event "$tmp/both" | tail -n 1)" finished "it goes on in the next life, to its end"
is "$(jq .seq "$tmp/both")" "$(seq "$(wc -l <"$tmp/both")")" "a watch that goes on has no gap and no double"
ask "{\"op\":\"watch\",\"ref\":\"$ref\"}" >"$tmp/whole"
is "$(cat "$tmp/both")" "$(cat "$tmp/whole")" "and the same bytes as one that was never cut"
is "$(ask "{\"detach\":true,$batch}" |
    head -n 1 | jq -r '.ref + " " + (.existing | tostring)')" "$ref true" "its key binds in the next life"

# What a cancel answered stands, and orderly ends lose nothing.
ref=$(submit '"on_restart":"cancel","jobs":[{"wait":3600}]')
other=$(submit '"jobs":[{"wait":3600}]')
at=$(ask "{\"op\":\"cancel\",\"ref\":\"$other\"}" | jq 'select(.event == "cancelled") | .at')
(printf '{"op":"watch","ref":"%s"}' "$ref" | timeout 100 nc -N 127.0.0.1 "$port" >"$tmp/suspended") &
watch=$!
wait_until [ -s "$tmp/suspended" ]
stop_daemon TERM
is $? 0 "a daemon that stops leaves its batches to the next one"
wait "$watch"
is "$(tail -n 1 "$tmp/suspended" | jq -c '[.event, .ref, .last]')" "[\"suspended\",\"$ref\",1]" \
    "and says where a watcher is to continue"
start_daemon --listen 127.0.0.1:0 --state "$state"
is "$(ask "{\"op\":\"watch\",\"ref\":\"$ref\"}" | jq -r .status | tail -n 1)" cancelled \
    "a restart cancels where that was asked for"
is "$(ask "{\"op\":\"watch\",\"ref\":\"$other\"}" | jq -c 'select(.event == "done") | [.status, .at]')" \
    "[\"cancelled\",$at]" "a cancel that was answered stands"
stop_daemon TERM

is "$("$waitd" --state "$state" --check-state | wc -l)" 3 "--check-state writes a request a batch"
printf garbage | dd of="$state/waitd.db" bs=1 seek=0 conv=notrunc 2>/dev/null
is "$("$waitd" --listen 127.0.0.1:0 --state "$state" 2>&1; echo $?)" \
    "waitd: error: cannot use $state/waitd.db: file is not a database
1" "a damaged journal keeps the daemon from starting"
is "$("$waitd" --state "$state" --check-state >/dev/null 2>&1; echo $?)" 1 "and is not sound"
is "$("$waitd" --check-state 2>&1; echo $?)" "waitd: --check-state needs --state DIR; see waitd --help
2" "--check-state needs a directory"
done_testing
