#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# waitctl import against the real ninja and GNU parallel, and on files that they and
# others have written.
. "$(dirname "$0")/lib.sh"

[ -n "$waitctl" ] || bail "no waitctl here: set WAITCTL"
files=$top_dir/tests/import
unset WAITD_SERVER

# import ARGUMENT...: prints the batch; what is said goes to $tmp/said.
import()
{
    "$waitctl" import "$@" 2>"$tmp/said"
}

# jobs_of: the jobs of a batch, a line each.
jobs_of()
{
    jq -c '.jobs[]'
}

# predict WORKERS BATCH: how long it takes with so many, in seconds.
predict()
{
    jq -c --argjson workers "$1" '. + {clock: "virtual", events: "none", workers: $workers}' "$2" |
        "$waitd" --stdio | jq 'select(.event == "finished") | .predicted'
}

# ---- files that were recorded -------------------------------------------------------

import ninja "$files/build.ninja_log" --graph "$files/build.graph" >"$tmp/build.json"
is $? 0 "a build is read"
is "$(cat "$tmp/said")" \
    "waitctl: 1 output was made along with another one, whose job it belongs to" \
    "what is inferred is said"
is "$(jq -c '[.workers, (.jobs | length), .jobs[0]]' "$tmp/build.json")" \
    '[4,31,{"name":"parser.c","compute":0.306}]' "it has a job for each command"
is "$(jq -c '.jobs[] | select(.name == "test")' "$tmp/build.json")" \
    '{"name":"test","compute":0.255,"after":["libcore.a","parser.o"]}' "which waits for what it needs"
is "$(jq -c '.jobs[] | select(.name == "app") | .after' "$tmp/build.json")" \
    '["libcore.a","libnet.a","parser.o","libui.a"]' "also through what is phony"
# By the log itself the build took 2.315 s with 4 at a time.
is "$(predict 4 "$tmp/build.json") $(predict 64 "$tmp/build.json")" "2.288 1.12" \
    "the prediction is near what the log says, and with enough workers the critical path"

import actions "$files/run.json" --workflow "$files/workflow.yml" >"$tmp/run.json"
is $? 0 "a run is read"
is "$(jobs_of <"$tmp/run.json" | cut -c 1-40)" '{"name":"lint","steps":[{"compute":2,"no
{"name":"check","steps":[{"compute":2,"n
{"name":"check","steps":[{"compute":2,"n
{"name":"release","compute":0,"after":["' "its jobs have the ids of the workflow"
is "$(predict 3 "$tmp/run.json")" 120 "and wait for one another as there"

is "$(import joblog "$files/run.joblog" | jq -c '[.workers, [.jobs[].compute], [.jobs[].fail]]')" \
    '[3,[0.486,0.315,0.224,0.158,0.302,0.214,0.523,0.117],[null,null,true,null,null,true,null,null]]' \
    "a joblog is read, whose last rows count"
is "$(import wfformat "$files/instance.json" | jobs_of)" '{"name":"split_1","compute":2.25}
{"name":"count_1","compute":3.000000001,"after":["split_1"]}
{"name":"count_2","compute":8.5,"after":["split_1"]}' "an instance is read"

# ---- how it is called ---------------------------------------------------------------

import joblog "$files/run.joblog" >"$tmp/expected"
is "$(import joblog <"$files/run.joblog")" "$(cat "$tmp/expected")" "no file is standard input"
is "$(import joblog - <"$files/run.joblog")" "$(cat "$tmp/expected")" "and so is -"
# shellcheck disable=SC2094 # both are read
is "$(import joblog "$files/run.joblog" - <"$files/run.joblog" | jq '.jobs | length')" 16 \
    "several files make one batch"
is "$(import actions "$files/run.json" --workflow - <"$files/workflow.yml" | jobs_of | tail -n 1)" \
    '{"name":"release","compute":0,"after":["lint","check"]}' "the workflow may be standard input"

# refused MESSAGE NAME ARGUMENT...: status 2, nothing printed, and so it is said.
refused()
{
    message=$1 name=$2
    shift 2
    import "$@" >"$tmp/out"
    is "$? $(cat "$tmp/out")$(cat "$tmp/said")" "2 waitctl: $message" "$name"
}
refused "import takes ninja, actions, wfformat or joblog, not 'nijna' (did you mean ninja?)" \
    "a format that is none is refused" nijna
refused "import needs FORMAT [FILE...]; see waitctl import --help" "and no format" </dev/null
refused "--graph goes with the format ninja, --workflow with actions" \
    "a graph of a joblog is refused" joblog --graph x y
refused "of the files one can be standard input" "standard input is read once" \
    joblog - - <"$files/run.joblog"
refused "of the files one can be standard input" "also beside a graph" \
    ninja --graph - <"$files/build.graph"
is "$("$waitctl" submit --graph x 2>&1 </dev/null)" \
    "waitctl: submit takes no --graph; see waitctl submit --help" "other commands have no graph"
refused "$tmp/none: No such file or directory" "a file that is not there is refused" \
    ninja "$files/build.ninja_log" "$tmp/none"
refused "$tmp: Is a directory" "and a directory" ninja "$tmp"
refused "import takes no --server; see waitctl import --help" "there is no server to be asked" \
    ninja --server 1
refused "$files/run.json:1: not WfFormat, which is an object with \"schemaVersion\" and \"workflow\"" \
    "a file of another format is refused" wfformat "$files/run.json"
{ cat "$files/build.ninja_log" && echo "what is this"; } >"$tmp/broken.ninja_log"
refused "$tmp/broken.ninja_log:34: an entry has 5 fields with tabs between them, not 1" \
    "a broken file is refused with its line, and the others with it" \
    ninja "$files/build.ninja_log" "$tmp/broken.ninja_log"
head -c 100 "$files/run.json" >"$tmp/short.json"
refused "$tmp/short.json:4: not valid JSON: premature end of input near '\"conc'" \
    "a file that is cut short is refused" actions "$tmp/short.json"
printf '\0\1\2\377' >"$tmp/bytes"
for format in ninja actions wfformat joblog; do
    import "$format" "$tmp/bytes" >"$tmp/out"
    is "$? $(cat "$tmp/out")$(grep -c "^waitctl: $tmp/bytes:1: not " "$tmp/said")" "2 1" \
        "bytes that are no text are no $format"
done
if [ -w /dev/full ]; then
    import joblog "$files/run.joblog" >/dev/full
    is "$? $(tail -n 1 "$tmp/said")" "1 waitctl: standard output: No space left on device" \
        "a batch that cannot be written is reported"
fi

# ---- ninja --------------------------------------------------------------------------

# A build of a code generator with two outputs, objects, and a link behind a phony target.
make_project()
{
    mkdir -p "$1" && cd "$1" || return
    cat >build.ninja <<'NINJA'
rule make
  command = sleep 0.01 && touch $out
build gen.c gen.h: make grammar
build a.o: make a.c | gen.h
build b.o: make b.c || gen.h
build gen.o: make gen.c
build objects: phony a.o b.o gen.o
build app: make | objects
build all: phony app
default all
NINJA
    touch grammar a.c b.c
}

if have ninja; then
    make_project "$tmp/project"
    ninja >/dev/null || bail "ninja failed"
    ninja -t graph >"$tmp/graph"
    is "$(import ninja .ninja_log --graph "$tmp/graph" |
        jq -c '[.jobs[] | {name, after: (.after // [] | sort)}] | sort_by(.name)[]')" \
        '{"name":"a.o","after":["gen.c"]}
{"name":"app","after":["a.o","b.o","gen.o"]}
{"name":"b.o","after":["gen.c"]}
{"name":"gen.c","after":[]}
{"name":"gen.o","after":["gen.c"]}' "ninja's own log and graph make the batch of its build" ||
        note "$(cat .ninja_log)"
    touch a.c && ninja >/dev/null
    is "$(import ninja .ninja_log --graph "$tmp/graph" | jq -c '.jobs[] | [.name, .after]')" \
        '["a.o",null]
["app",["a.o"]]' "the last build is the last one of the log, and waits through what was up to date"
    is "$(grep -c 'waitctl: 1 earlier build in the log is left out' "$tmp/said")" 1 \
        "and the other one is said to be left out"

    # Twenty builds of one object each, so that ninja's own rewriting has something to shuffle.
    { sed -n 1,2p build.ninja
        for i in $(seq 40); do echo "build o$i: make"; done; } >many.ninja
    rm -f .ninja_log
    ninja -f many.ninja >/dev/null && ninja -f many.ninja -t recompact >/dev/null
    is "$(import ninja .ninja_log | jq '.jobs | length')" 40 \
        "a log that ninja has rewritten is taken whole"
    is "$(grep -c 'rewritten in the order of hashes' "$tmp/said")" 1 "and that is said"
    cd "$top_dir" || exit 99
else
    skip "the real ninja" "there is no ninja"
fi

# ---- GNU parallel -------------------------------------------------------------------

if have parallel && parallel --version 2>/dev/null | grep -q '^GNU parallel'; then
    # shellcheck disable=SC2016
    printf '%s\0' 'exit 3' 'kill -9 $$' 'sleep 0.02' $'true\ttab' $'true\ntrue' |
        parallel -0 -j2 --joblog "$tmp/joblog" >/dev/null 2>&1
    # shellcheck disable=SC2016
    is "$(import joblog "$tmp/joblog" | jq -c '.jobs[] | [.name, .fail]')" \
        '["exit 3",true]
["kill -9 $$",true]
["sleep 0.02",null]
["true\ttab",null]
["true\ntrue",null]' "GNU parallel's own joblog makes the batch of its run" ||
        note "$(cat "$tmp/joblog")"
    printf '%s\n' '[ -e '"$tmp"'/mark ]' true | parallel --joblog "$tmp/again" >/dev/null 2>&1
    touch "$tmp/mark"
    printf '%s\n' '[ -e '"$tmp"'/mark ]' true |
        parallel --joblog "$tmp/again" --resume-failed >/dev/null 2>&1
    is "$(import joblog "$tmp/again" | jq -c '[.jobs[].fail]'; cat "$tmp/said")" \
        '[null,null]
waitctl: 1 row of a job that was run again is left out' "what --resume-failed ran again counts"
else
    skip "the real GNU parallel" "there is no parallel"
fi

# ---- as a batch ---------------------------------------------------------------------

start_daemon
for batch in "$tmp/build.json" "$tmp/run.json"; do
    "$waitctl" submit --server "$address" --virtual -o summary "$batch" >"$tmp/out" 2>&1
    is "$(cut -d : -f 1 "$tmp/out")" "$([ "$batch" = "$tmp/run.json" ] && echo failed || echo ok)" \
        "${batch##*/} is taken by submit"
done
stop_daemon TERM
is $? 0 "the daemon ends in good order"

done_testing
