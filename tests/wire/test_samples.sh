#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Every sample request, on both clocks.  On the virtual clock it gives what
# tests/samples/expected/ has of it, to the byte; in a real run the same events
# in the same order, each at its due time or soon after.  The real runs go on
# at the same time, so all of it takes as long as the longest.

. "$(dirname "$0")/lib.sh"

# How much later than due a real event may be: a limit for busy machines, which
# distinguishes a wrong schedule from a late one.
late_max=3

have jq || {
    echo "1..0 # SKIP no jq"
    exit 0
}

# The sample on the given clock, as one object.
on_clock()
{
    jq --arg clock "$1" 'if type == "array" then {jobs: .} else . end | .clock = $clock' "$2"
}

# Less what differs from run to run.
without_numbers()
{
    sed -E -e 's/"batch":[0-9]+,?//' -e 's/,"instance":"[0-9a-f]+"//'
}

without_measures()
{
    jq -c 'del(.at, .elapsed, .speedup, .batch, .instance, .time)'
}

# The exit status that a batch's end asks for.
due_status()
{
    if grep -q '"event":"finished".*"status":"ok"' "$1"; then echo 0; else echo 1; fi
}

# late EXPECTED GOT: the events that came before they were due or too late.
late()
{
    jq -n -r --argjson max "$late_max" --slurpfile due "$1" --slurpfile got "$2" '
        [$due, $got] | transpose[] | select(.[0] != null and .[1] != null)
        | (.[0].at // .[0].elapsed) as $due | (.[1].at // .[1].elapsed) as $at
        | select($due != null and ($at < $due or $at > $due + $max))
        | "due at \($due): \(.[1] | tojson)"'
}

# names DIRECTORY SUFFIX
names()
{
    (cd "$1" && printf '%s\n' *"$2") | sed "s/\\$2\$//"
}

is "$(names "$samples" .json)" "$(names "$samples/expected" .ndjson)" \
    "each sample has its expected events and the other way round"

names=
pids=
for sample in "$samples"/*.json; do
    name=$(basename "$sample" .json)
    if ! grep -q '"clock": "virtual"' "$sample"; then
        { on_clock real "$sample" | "$waitd" --stdio >"$tmp/$name.real"; echo $? >"$tmp/$name.status"; } &
        names="$names $name"
        pids="$pids $!"
    fi
done

for sample in "$samples"/*.json; do
    name=$(basename "$sample" .json)
    expected=$samples/expected/$name.ndjson
    on_clock virtual "$sample" | "$waitd" --stdio >"$tmp/$name.virtual"
    is "$?" "$(due_status "$expected")" "$name, virtual: the exit status"
    is "$(without_numbers <"$tmp/$name.virtual")" "$(cat "$expected")" \
        "$name, virtual: the expected events"
done

# shellcheck disable=SC2086
wait $pids
for name in $names; do
    expected=$samples/expected/$name.ndjson
    is "$(cat "$tmp/$name.status")" "$(due_status "$expected")" "$name, real: the exit status"
    is "$(without_measures <"$tmp/$name.real")" "$(without_measures <"$expected")" \
        "$name, real: the same events in the same order"
    is "$(late "$expected" "$tmp/$name.real")" "" "$name, real: each when it was due"
done

done_testing
