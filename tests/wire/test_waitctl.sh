#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# waitctl against a real daemon: what it sends and shows, and how it ends.

. "$(dirname "$0")/lib.sh"

[ -n "$waitctl" ] || bail "no waitctl here: set WAITCTL"
unset WAITD_SERVER NO_COLOR

# run_waitctl WORD...: its output in $out, what it said in $err, how it ended in $rc.
run_waitctl()
{
    timeout 60 "$waitctl" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    rc=$?
    out=$(cat "$tmp/out")
    err=$(cat "$tmp/err")
}

# ends RC NAME WORD...: runs it and checks its exit status.
ends()
{
    expected_rc=$1 name=$2
    shift 2
    run_waitctl "$@"
    is "$rc" "$expected_rc" "$name"
}

# says PATTERN NAME: one line on standard error, of that form.
says()
{
    if [ "$(wc -l <"$tmp/err")" -eq 1 ] && grep -qE "^waitctl: $1" "$tmp/err"; then
        ok "$2"
    else
        not_ok "$2"
        note "expected one line: $1"
        note "got: $err"
    fi
}

# refuses PATTERN NAME: the first line on standard error, with a line of the
# request and a mark under it below.
refuses()
{
    if grep -qE "^waitctl: $1" <(head -1 "$tmp/err") &&
        [ "$(sed -n '2,$p' "$tmp/err" | grep -cE '^ *[0-9]* \|? ')" -eq 2 ]; then
        ok "$2"
    else
        not_ok "$2"
        note "expected a line, and one quoted: $1"
        note "got: $err"
    fi
}

# has PATTERN NAME: a line of the output.
has()
{
    if grep -qE -- "$1" "$tmp/out"; then
        ok "$2"
    else
        not_ok "$2"
        note "expected: $1"
        note "got: $out"
    fi
}

# How many jobs were cancelled since the daemon's start.
cancelled_jobs()
{
    "$waitctl" stats -o json | jq .cancelled
}

echo '{"jobs":[{"wait":0.01}]}' >"$tmp/ok.json"
echo '{"jobs":[{"fail":true}]}' >"$tmp/failed.json"
echo '{"jobs":[{"wayt":1}]}' >"$tmp/refused.json"
echo '{"jobs":[{"wait":0}' >"$tmp/truncated.json"

# ---- Without a daemon --------------------------------------------------------

ends 0 "--help exits with 0" --help
has '^usage: waitctl' "--help goes to standard output"
is "$err" "" "--help says nothing else"
"$waitctl" help >"$tmp/help" 2>&1
is "$?" 0 "help does, too"
passes "and says the same" cmp -s "$tmp/out" "$tmp/help"
commands=$(sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$tmp/help")
is "$(printf '%s\n' "$commands" | wc -l)" "$("$waitctl" help | sed -n '/^commands:/,/^$/p' | grep -c '^  ')" "commands are listed"
for command in $commands; do
    ends 0 "$command --help exits with 0" "$command" --help
    has "^usage: waitctl $command" "$command --help says its usage"
    none "$(grep -E '\((submit|run|compare|report|top)\b' "$tmp/out")" "and of no other command"
    "$waitctl" help "$command" >"$tmp/help" 2>&1
    passes "so does help $command" cmp -s "$tmp/out" "$tmp/help"
done
printing=(--help --version 'help run' 'submit --example retries')
! "$waitctl" token new a >/dev/null 2>&1 || printing+=('token new a') # not without libcrypt
for flag in "${printing[@]}"; do
    # shellcheck disable=SC2086
    "$waitctl" $flag >/dev/full 2>"$tmp/err"
    is "$? $(cat "$tmp/err")" "1 waitctl: standard output: No space left on device" "$flag reports an output that is full"
done
ends 2 "help on what is no command is refused" help sumbit
says "unknown command 'sumbit' .did you mean submit\?" "in one line"
ends 0 "--version exits with 0" --version
has '^waitctl [0-9]' "--version says it"
ends 2 "an unknown flag is refused" ping --frobnicate
says ".*--frobnicate" "in one line"
ends 2 "an unknown command is refused" frobnicate
says ".*frobnicate" "in one line"
ends 2 "a typo in a command is refused" sumbit
says ".*sumbit.*did you mean submit\?" "and what was meant is asked"
ends 2 "a typo in a flag is refused" run --vritual=1 1
says ".*--vritual .did you mean --virtual\?" "and what was meant is asked"
ends 2 "a flag cut too short is refused" run --co 1
says "--co may be --concurrency, --count, --connect-timeout or --color" "and what it may be is reported"
ends 2 "no command is refused"
says ".*" "in one line"
ends 2 "-n 0 is refused" run -n 0 1
says ".*positive integer" "in one line"
ends 2 "what is no duration is refused" run 1x
says "'1x' is not a duration: .* units of h m s ms us ns" "in one line"
ends 2 "a wrong address is refused" ping --server nowhere
says ".*nowhere" "in one line"

ends 3 "no daemon is 3" ping --server unix:"$tmp/nobody"
is "$err" "waitctl: no daemon at unix:$tmp/nobody: No such file or directory
  to start a daemon there:  waitd --listen unix:$tmp/nobody
$([ ! -d /run/systemd/system ] || echo '  or, as a service:         systemctl start waitd.socket
')  to do without a daemon:   the same command with --local" "the address, what to start and --local are named"
ends 3 "no daemon on a port is 3" ping --server :1
is "$(sed -n 's/.* to start a daemon there:  //p' "$tmp/err")" "waitd --listen 1" "the command that is named there starts one"
ends 3 "no daemon elsewhere is 3" ping --server waitd.invalid:9248
is "$(grep -c 'waitd --listen\|systemctl' "$tmp/err")" 0 "what to start here is then not named"

# Its mode is set some time after it is there.
# shellcheck disable=SC2317
is_guarded()
{
    [ "$(stat -c %a "$tmp/guarded" 2>/dev/null)" = 660 ]
}

# A socket that is for others, as that of the service is for those who are not in its group.
refused_by_socket()
{
    socat UNIX-LISTEN:"$tmp/guarded",mode=0660 - >/dev/null 2>&1 </dev/null &
    guard=$!
    wait_until is_guarded
    cp -L "$waitctl" "$tmp/waitctl.copy"
    if [ "$(id -u)" -eq 0 ]; then
        chmod 0711 "$tmp"
        chgrp games "$tmp/guarded"
        setpriv --reuid=nobody --clear-groups "$tmp/waitctl.copy" ping --server unix:"$tmp/guarded"
    else
        chmod 0000 "$tmp/guarded"
        "$tmp/waitctl.copy" ping --server unix:"$tmp/guarded"
    fi 2>"$tmp/err"
    rc=$?
    kill "$guard" 2>/dev/null
}
if have socat && have setpriv; then
    refused_by_socket
    if [ "$(id -u)" -eq 0 ]; then
        expected="3 waitctl: unix:$tmp/guarded is not for this user but for the group games: Permission denied
  to join its group, and then log in again:  usermod -aG games nobody"
    else
        expected="3 waitctl: unix:$tmp/guarded is not for this user: Permission denied"
    fi
    is "$rc $(cat "$tmp/err")" "$expected" "a socket for others is reported as such, with its group"
else
    skip "a socket for others is reported as such, with its group" "no socat, or no setpriv"
fi

ends 2 "a missing file is 2, before anything is sent" submit --server unix:"$tmp/nobody" "$tmp/ok.json" "$tmp/missing"
says "$tmp/missing: No such file" "in one line"

"$waitctl" submit --local >"$tmp/out" 2>"$tmp/err" <&-
is $? 2 "a standard input that is closed is 2"
says "standard input: Bad file descriptor" "in one line"
"$waitctl" run --local 0 >/dev/full 2>"$tmp/err"
is $? 1 "a standard output that is full is 1"
says "standard output: No space left" "in one line"

# ---- A daemon of one's own -----------------------------------------------------

ends 0 "--local runs a batch" run --local -n 3 0.01
has '"event":"finished".*"ok":3' "and shows its events"
ends 1 "--local reports a batch that failed" submit --local "$tmp/failed.json"
ends 2 "--local reports a refusal" submit --local "$tmp/refused.json"
is "$err" "waitctl: $tmp/refused.json:1:11: invalid_request: a job has no member \"wayt\" (did you mean \"wait\"?); it takes name, wait, compute, steps, repeat, count, after, timeout, fail, retries, backoff, data, pool, priority, start and every (at jobs[0].wayt)
   1 | {\"jobs\":[{\"wayt\":1}]}
     |           ^~~~~~~~" "with file, place, code, message and path, and the line"
printf '[{}]\n\n[{},\n {"name":"é 茶","count":0}]\n' >"$tmp/place.json"
ends 2 "a refusal of a later request" submit --local "$tmp/place.json"
refuses "$tmp/place.json:4:16: invalid_request" "says the line of the file"
mark=$(sed -n 3p "$tmp/err")
is "${mark%%^*}|" "     |                 |" "wide characters take two columns"
cp "$tmp/out" "$tmp/from-file"
for from in "<" "cat |"; do
    case $from in
    "<") "$waitctl" submit --local <"$tmp/place.json" >"$tmp/out" 2>"$tmp/err" ;;
    *) { printf ' '; cat "$tmp/place.json"; } | "$waitctl" submit --local --seed 1 >"$tmp/out" 2>"$tmp/err" ;;
    esac
    err=$(cat "$tmp/err")
    refuses "standard input:4:16: invalid_request" "so it does of standard input ($from)"
done
printf '[{"name":"q"}]{"op":"quit"}[{}]' >"$tmp/quit.json"
printf '[{}' >"$tmp/cut.json"
ends 0 "a file may end in a quit" submit --local "$tmp/quit.json"
ends 2 "files behind a quit are a failure" submit --local "$tmp/quit.json" "$tmp/failed.json" "$tmp/cut.json"
is "$err" "waitctl: $tmp/failed.json: not sent, since $tmp/quit.json has a quit
waitctl: $tmp/cut.json: not sent, since $tmp/quit.json has a quit" "and each is named"
is "$(grep -c '"event":"finished"' "$tmp/out")" 1 "what came before it is run"
ends 2 "files behind one that is cut off are too" submit --local "$tmp/cut.json" "$tmp/quit.json"
is "$(head -1 "$tmp/err")" "waitctl: $tmp/quit.json: not sent, since $tmp/cut.json is not valid JSON" "and named"
ends 2 "a flag at fault" submit --local --timeout 9999h "$tmp/place.json" -o summary
is "$(head -1 "$tmp/err" | grep -oE '\(at .*')" "(at timeout, which comes from --timeout)" "is named"
ends 2 "an operand at fault" run --local 9999h
refuses "invalid_request: .*at jobs\[0\]\.wait" "is shown in what was sent"
mkdir "$tmp/bin" "$tmp/elsewhere"
cp "$waitctl" "$tmp/elsewhere/"
ln -s "$waitd" "$tmp/bin/waitd"
PATH=$tmp/bin:$PATH timeout 60 "$tmp/elsewhere/waitctl" run --local 0.01 >"$tmp/out" 2>&1
is $? 0 "--local finds waitd on the path"
cp "$waitd" "$tmp/elsewhere/"
PATH=/usr/bin:/bin timeout 60 "$tmp/elsewhere/waitctl" run --local 0.01 >"$tmp/out" 2>&1
is $? 0 "--local finds the waitd beside waitctl"

# ---- A daemon ------------------------------------------------------------------

start_daemon --listen 127.0.0.1:0 --listen unix:"$tmp/socket"
ends 0 "it is reached by host and port" ping --server "127.0.0.1:$port"
has '^\{"event":"pong"' "it answers"
ends 0 "it is reached by a name" ping --server "localhost:$port"
ends 0 "it is reached by a port" ping --server "$port"
ends 0 "it is reached by :PORT" ping --server ":$port"
ends 0 "it is reached by a Unix socket" ping --server unix:"$tmp/socket"
export WAITD_SERVER=127.0.0.1:$port
ends 0 "it is reached by WAITD_SERVER" ping
ends 0 "flags may stand in front" -o human ping
has '^pong from 127.0.0.1:[0-9]+ in [0-9.]+ ms: waitd ' "ping is shown to people"
ends 0 "stats are shown to people" stats -o human
has '^jobs pending +0$' "as a table"

ends 0 "a batch that is ok is 0" submit "$tmp/ok.json"
ends 1 "a batch that failed is 1" submit "$tmp/ok.json" "$tmp/failed.json"
ends 2 "a refusal is 2, whatever else happened" submit "$tmp/failed.json" "$tmp/refused.json" "$tmp/ok.json"
refuses "$tmp/refused.json:1:11: invalid_request" "and names its file"
is "$(grep -c '"event":"finished"' "$tmp/out")" 2 "the others are run"
ends 2 "a truncated file is bad_json" submit "$tmp/truncated.json"
refuses "$tmp/truncated.json:2:1: bad_json" "in one line"
ends 2 "a truncated file is bad_json with flags too" submit --seed 1 "$tmp/truncated.json"
refuses "$tmp/truncated.json:2:1: bad_json" "in one line"
{ printf '[%.0s' {1..200}; head -c 20000000 /dev/zero | tr '\0' ' '; } >"$tmp/deep.json"
ends 2 "a request that the daemon stops reading is too_large" submit --local "$tmp/deep.json"
says "$tmp/deep.json(:1:[0-9]+)?: too_large" "in one line"
echo '{"op":"forecast","id":7,"runs":2,"jobs":[{"wait":1}]}' >"$tmp/forecast.json"
for format in human summary timeline; do
    ends 0 "a forecast is shown with -o $format" submit -o "$format" "$tmp/forecast.json"
    has '^forecast 7: 2 runs of 1 job, 2 ok; elapsed mean 1.000 s' "in a line"
done
ends 2 "nothing to send is 2" submit /dev/null
says ".*no request" "in one line"

# ---- What is sent ----------------------------------------------------------------

cat >"$tmp/mixed.json" <<'JSON'
{ "id" : "a", "jobs" : [ {"data": [1.50, 1e400, 123456789012345678901234567890, "\ud800"]} ],
  "mode" : "concurrent" }
[ {"wait": 0.01, "name": "bare"} ]
{"op": "ping", "id": 7}
JSON
exec 3<>"/dev/tcp/127.0.0.1/$port"
(cat "$tmp/mixed.json"; echo '{"op":"quit"}') >&3
normalise <&3 >"$tmp/raw"
exec 3>&-
ends 0 "requests of all kinds go through" submit "$tmp/mixed.json"
is "$(normalise <"$tmp/out" | sort)" "$(sort "$tmp/raw")" "the daemon's lines come untouched"
ends 0 "flags override the file" submit --mode sequential --virtual --events all "$tmp/mixed.json"
has '"data":\[1\.50,1e400,123456789012345678901234567890,"\\ud800"\]' "digits and escapes survive"
has '"event":"started","batch":[0-9]+,"job":0,"name":"bare"' "a bare array takes flags"
has '"event":"pong","id":7' "what is no batch is left alone"
ends 0 "run takes a name and flags" run -n 2 --name 'a "b"' --mode sequential 0.01 20ms
is "$(jq -c 'select(.event == "done") | .name' "$tmp/out" | sort | uniq -c | tr -s ' ')" ' 4 "a \"b\""' "names are escaped"
before=$(date +%s%N)
ends 0 "a hundred waits of a second" run -n 100 1s
elapsed=$(($(date +%s%N) - before))
is "$((elapsed >= 1000000000 && elapsed < 50000000000))" 1 "take one, and whatever the machine takes"

coproc CLIENT { timeout 60 "$waitctl" submit; }
client=$CLIENT_PID
echo '[{"name":"first"}]' >&"${CLIENT[1]}"
while read -r line <&"${CLIENT[0]}" && [[ $line != *finished* ]]; do :; done
case $line in *finished*) ok "standard input is sent as it comes" ;; *) not_ok "standard input is sent as it comes" ;; esac
eval "exec ${CLIENT[1]}>&-"
wait "$client"
is $? 0 "its end ends the client"

# ---- Large ones --------------------------------------------------------------------

{
    printf '{"jobs":[{}'
    seq -f ',{"name":"job %.0f"}' 2 200000
    printf ']}'
} >"$tmp/large.json"
ends 0 "a large batch comes back whole" submit --workers 2 "$tmp/large.json"
is "$(grep -c '"event":"done"' "$tmp/out")" 200000 "with all its jobs"
for _ in 1 2 3 4 5 6 7 8; do cat "$tmp/large.json"; done |
    timeout 300 "$waitctl" submit 2>"$tmp/err" | (sleep 1; grep -c '"event":"done"') >"$tmp/out"
is "$(cat "$tmp/out")" 1600000 "nobody waits for one another for ever"

# ---- Ending early ------------------------------------------------------------------

before=$(cancelled_jobs)
: >"$tmp/out"
"$waitctl" run -n 5 60 >"$tmp/out" 2>"$tmp/err" &
client=$!
wait_until grep -q accepted "$tmp/out"
kill -INT "$client"
wait "$client"
is $? 130 "an interrupt is 130"
is "$(grep -c '"status":"cancelled"' "$tmp/out")" 6 "it cancels what runs and shows how it ends"
# shellcheck disable=SC2317
five_cancelled()
{
    [ "$(($(cancelled_jobs) - before))" -eq 5 ]
}
passes "on the daemon too" wait_until five_cancelled
is "$(cat "$tmp/err")" "" "and says nothing"
printf '[{"wait":60}]{"op":"cancel","batch":%s}' "$(("$(jq -r 'select(.event == "accepted") | .batch' "$tmp/out")" + 1))" >"$tmp/cancelled.json"
ends 1 "a batch that its own client cancels" submit "$tmp/cancelled.json"
is "$err $(grep -c '"status":"cancelled","jobs":1' "$tmp/out")" " 1" "is nobody else's doing"

: >"$tmp/out"
"$waitctl" run --local 60 >"$tmp/out" 2>"$tmp/err" &
client=$!
wait_until grep -q accepted "$tmp/out"
kill -TERM "$client"
wait "$client"
is "$(tail -1 "$tmp/out" | grep -c '"event":"finished"')" 1 "--local is interrupted likewise"

before=$(cancelled_jobs)
mkfifo "$tmp/requests"
: >"$tmp/out"
"$waitctl" submit "$tmp/requests" >"$tmp/out" 2>"$tmp/err" &
client=$!
exec 3>"$tmp/requests"
printf '[{"wait":60}]{"jobs":[' >&3
wait_until grep -q accepted "$tmp/out"
kill -INT "$client"
wait "$client"
is $? 130 "an interrupt amid a request is 130"
exec 3>&-
# shellcheck disable=SC2317
one_cancelled()
{
    [ "$(cancelled_jobs)" -gt "$before" ]
}
passes "and cancels what ran" wait_until one_cancelled

# Nobody reads what is more than a pipe takes until the daemon has said all.
# shellcheck disable=SC2317
all_is_said()
{
    [ "$("$waitctl" stats -o json | jq .connections)" = 1 ]
}
mkfifo "$tmp/reader"
exec 3<>"$tmp/reader"
"$waitctl" run --virtual -n 5000 1 -o json >"$tmp/reader" 2>"$tmp/err" 3<&- &
client=$!
passes "a reader that is slow is waited for" wait_until all_is_said
kill -WINCH "$client"
timeout 60 head -n 5002 <&3 | tail -n 1 >"$tmp/out"
wait "$client"
is "$? $(jq .ok "$tmp/out")" "0 5000" "also when the terminal is resized"
exec 3>&-

mkfifo "$tmp/stream"
"$waitctl" report -o json "$tmp/stream" >"$tmp/report" 2>"$tmp/err" &
client=$!
exec 3>"$tmp/stream"
printf '%s\n' '{"event":"accepted","batch":1,"jobs":0}' >&3
wait_until grep -q accepted "$tmp/report"
kill -WINCH "$client"
normalise_ids <"$tmp/out" >&3
exec 3>&-
wait "$client"
is "$? $(wc -l <"$tmp/report")" "0 2" "and so is a stream to report on"

before=$(cancelled_jobs)
timeout 60 "$waitctl" run -n 1000 0 60 2>"$tmp/err" | head -2 >"$tmp/out"
is "${PIPESTATUS[0]}" 0 "a closed pipe ends it"
is "$(cat "$tmp/err")" "" "quietly"
# shellcheck disable=SC2317
all_cancelled()
{
    [ "$(cancelled_jobs)" -ge $((before + 1000)) ]
}
passes "and cancels what it submitted" wait_until all_cancelled

# Unlike a pipe's, this failure is first seen by a write.
timeout 30 "$waitctl" run 60 >/dev/full 2>"$tmp/err"
is $? 1 "output that fails ends it"
says "standard output: No space left on device" "and is reported"

: >"$tmp/out"
"$waitctl" run 60 >"$tmp/out" 2>"$tmp/err" &
client=$!
wait_until grep -q accepted "$tmp/out"
kill -TERM "$daemon_pid"
wait_until grep -q stopping "$tmp/log" # of two at once it might see one
kill -TERM "$daemon_pid"
wait "$client"
is $? 1 "a daemon that ends cancels what runs"
says "127.0.0.1:[0-9]+: the daemon is shutting down, and has cancelled what still ran" "and that is reported"
wait "$daemon_pid"
start_daemon --listen 127.0.0.1:0
export WAITD_SERVER=127.0.0.1:$port

: >"$tmp/out"
"$waitctl" run 60 >"$tmp/out" 2>"$tmp/err" &
client=$!
wait_until grep -q accepted "$tmp/out"
disown "$daemon_pid"
kill -KILL "$daemon_pid"
wait "$client"
is $? 3 "a connection lost is 3"
says ".*lost.*1 batch running" "and reported"
daemon_pid=

if have socat; then
    socat "UNIX-LISTEN:$tmp/web" SYSTEM:'echo HTTP/1.1 400 Bad Request; read line' 2>/dev/null &
    server=$!
    wait_until [ -S "$tmp/web" ]
    ends 3 "what is not waitd is 3" ping --server unix:"$tmp/web"
    says ".*not waitd" "and reported"
    wait "$server" 2>/dev/null
else
    skip "what is not waitd is 3" "no socat"
fi

# ---- For people ----------------------------------------------------------------------

ends 0 "compare shows three modes" compare --local -o human "$samples/exhibition.json"
is "$(awk '{ print $1, $2, $4 }' "$tmp/out" | tail -3 | paste -sd ' ' -)" \
    "sequential 7800.000 1.0 blocking 7800.000 1.0 concurrent 705.000 11.1" "side by side"
ends 0 "compare prints an object a mode" compare --local -o json "$samples/exhibition.json"
is "$(jq -r '"\(.mode) \(.elapsed)"' "$tmp/out" | paste -sd ' ' -)" \
    "sequential 7800 blocking 7800 concurrent 705" "in their order"
ends 2 "compare takes one batch" compare --local "$tmp/mixed.json"
says ".*3 requests" "in one line"
ends 2 "compare reports a refusal once" compare --local "$tmp/refused.json"
refuses "$tmp/refused.json:1:11: invalid_request" "in one line"

# What is on the virtual clock is computed without a daemon, and a named one is asked.
nowhere=unix:$tmp/nobody
named=${WAITD_SERVER:-}
unset WAITD_SERVER
for sample in "$samples"/*.json; do
    ends_alike=$("$waitctl" submit --virtual --events all "$sample" 2>&1 | normalise; echo "${PIPESTATUS[0]}")
    is "$ends_alike" "$("$waitctl" submit --local --virtual --events all "$sample" 2>&1 | normalise; echo "${PIPESTATUS[0]}")" \
        "${sample##*/} is computed as the daemon does"
done
ends 0 "compare needs no daemon" compare -o json "$samples/exhibition.json"
is "$(jq -r '"\(.batch) \(.mode) \(.elapsed)"' "$tmp/out" | paste -sd ' ' -)" \
    "1 sequential 7800 2 blocking 7800 3 concurrent 705" "and numbers batches from 1"
ends 0 "nor does run" run --virtual -n 3 1h
ends 3 "--server is asked all the same" submit --virtual --server "$nowhere" "$samples/two-waits.json"
ends 3 "by compare too" compare --server "$nowhere" "$samples/two-waits.json"
WAITD_SERVER=$nowhere ends 3 "and so is \$WAITD_SERVER" compare "$samples/two-waits.json"
ends 3 "what is real needs one" compare --real --server "$nowhere" "$samples/two-waits.json"
is "$(for _ in 1 2; do "$waitctl" run --virtual 1 | jq -r '.instance // empty'; done | grep -cE '^[0-9a-f]{16}$')" 2 \
    "an instance is drawn for each"
is "$(for _ in 1 2; do "$waitctl" run --virtual 1 | jq -r '.instance // empty'; done | sort -u | wc -l)" 2 "anew"
echo '[{"count":1000001}]' | "$waitctl" submit --virtual 2>"$tmp/err" >"$tmp/out"
is "$? $(jq -r .code "$tmp/out")" "2 too_large" "and waitd's limits are held"
printf '{"op":"ping","id":1}{"op":"stats"}{"op":"cancel","batch":1}[]{"op":"quit"}[]' |
    "$waitctl" submit --virtual 2>"$tmp/err" >"$tmp/out"
is "$? $(jq -r .event "$tmp/out" | paste -sd ' ' -)" "2 pong stats error accepted finished" "other requests are answered"
echo '{"jobs":[{"wait":1,"repeat":1000000000}]}' >"$tmp/long.json"
: >"$tmp/out"
"$waitctl" submit --virtual "$tmp/long.json" 2>"$tmp/err" >"$tmp/out" &
client=$!
wait_until grep -q accepted "$tmp/out"
kill -INT "$client"
wait "$client"
is "$? $(jq -r '.status // empty' "$tmp/out" | paste -sd ' ' -)" "130 cancelled cancelled" "an interrupt cancels"

echo '{"pools":{"db":2},"jobs":[{"count":4,"compute":1,"pool":"db"},{"wait":3}]}' >"$tmp/pools.json"
ends 0 "compare leaves blocking out where there are pools" compare -o json "$tmp/pools.json"
is "$(jq -r '"\(.mode) \(.elapsed)"' "$tmp/out" | paste -sd ' ' -)" "sequential 7 concurrent 3" "and runs the others"
says "$tmp/pools.json: blocking is left out, since the batch has pools" "and says so"
ends 0 "for people too" compare -o human "$tmp/pools.json"
is "$(cut -d ' ' -f 1 "$tmp/out" | paste -sd ' ' -)" "mode sequential concurrent" "in the table"
ends 0 "and as a picture" compare -o timeline "$tmp/pools.json"
is "$(grep -cE '^(sequential|blocking|concurrent): ' "$tmp/out")" 2 "of two"
echo '{"seed":"random","jobs":[{"wait":{"dist":"exponential","mean":1}}]}' >"$tmp/random.json"
ends 0 "compare takes a random seed" compare -o json "$tmp/random.json"
is "$(jq .sequential "$tmp/out" | sort -u | wc -l)" 1 "which is one for all modes"
seed=$(sed -n 's/.*: the seed \([0-9]*\) was drawn for all modes$/\1/p' "$tmp/err")
cp "$tmp/out" "$tmp/drawn"
ends 0 "and is reported" compare --seed "$seed" -o json "$tmp/random.json"
is "$(cat "$tmp/out")" "$(cat "$tmp/drawn")" "so that it gives the same again"
echo '{"pools":{},"mode":"blocking","jobs":[{"wait":3}]}' >"$tmp/pools.json"
ends 0 "no pools are as none" compare -o json "$tmp/pools.json"
is "$(wc -l <"$tmp/out") $err" "3 " "and nothing is left out"
[ -z "$named" ] || export WAITD_SERVER="$named"

echo '[{"wait":1},{"wait":"x"}]' | "$waitctl" submit --local --virtual 2>"$tmp/err" >"$tmp/out"
refuses 'standard input:1:[0-9]+: .*\(at \[1\]\.wait\)$' "the path is that of the text, also where a flag was put in"
printf '\n[{"wait":1},\n]' | "$waitctl" submit --local --virtual 2>"$tmp/err" >"$tmp/out"
refuses 'standard input:3:1: bad_json: ' "so is the place of what is no JSON"
is "$(grep -c 'at line' "$tmp/err")" 0 "and that in what was sent is not reported"
"$waitctl" compare --local - <"$tmp/refused.json" 2>"$tmp/err" >"$tmp/out"
refuses "standard input:1:[0-9]+: invalid_request: " "of standard input by that name"
ends 1 "compare reports a batch that failed" compare --local "$tmp/failed.json"
ends 1 "and for people" compare --local -o human "$tmp/failed.json"
is "$(grep -cE '^(sequential|blocking|concurrent) .* failed$' "$tmp/out") $(sed -n '$p' "$tmp/out")" \
    "3 concurrent: 0 of 1 job ok" "of each mode how it ended, and of how many jobs"
is "$(awk 'length > 80' "$tmp/out")" "" "in 80 columns"

ends 0 "a summary is one line" submit --local -o summary "$tmp/ok.json"
is "$(wc -l <"$tmp/out")" 1 "a batch"
ends 0 "colours are off where it is no terminal" submit --local -o human "$tmp/ok.json"
is "$(grep -c $'\033' "$tmp/out")" 0 "there are none"
ends 0 "colours can be asked for" submit --local -o human --color always "$tmp/ok.json"
is "$(grep -c $'\033\[32mok' "$tmp/out")" 2 "there are some"
printf '[{"name":"\\u001b[2J\\u0007"}]' >"$tmp/nasty.json"
ends 0 "a name cannot play with the terminal" submit --local -o human "$tmp/nasty.json"
has '\\x1b\[2J\\x07' "it is shown as escapes"

# ---- On a terminal ---------------------------------------------------------------------

# screen COLUMNS TERM COMMAND: runs it in a terminal of its own.
screen()
{
    # A server that ends may still be there when the next one starts.
    screens=$((${screens:-0} + 1))
    socket=$tmp/screen.$screens
    tmux -S "$socket" -f /dev/null new-session -d -x "$1" -y 20 \
        "cd '$tmp'; exec env -u NO_COLOR TERM=$2 sh"
    shift 2
    tmux -S "$socket" send-keys "PS1=; clear; $*" Enter
}

# shellcheck disable=SC2317
on_screen()
{
    tmux -S "$socket" capture-pane -p >"$tmp/out" 2>/dev/null && grep -qE -- "$1" "$tmp/out"
}

if have tmux && screen 60 screen "'$waitctl' run --local --mode sequential -n 4 1; echo ended \$?" 2>/dev/null; then
    passes "a progress bar is drawn" wait_until on_screen '^\[=+> +\] [1-3]/4  [0-9.]+ s  ETA [0-9.]+ s( .*)?$'
    passes "the end is shown" wait_until on_screen '^ended 0'
    is "$(grep -c '\[=' "$tmp/out")" 0 "the bar is gone then"
    is "$(grep -c '  ok  ' "$tmp/out")" 4 "the jobs stay"
    tmux -S "$socket" kill-server

    # Nothing has ended for most of the time, and yet the end is known and time moves on.
    screen 100 screen "sh -c 'echo \$\$ >pid; exec $waitctl run --local --concurrency 2 -n 3 80s -o summary'; echo ended \$?"
    passes "the time left is known from the start" wait_until on_screen '^\[.*\] 0/3  [0-9.]+ s  ETA 2m[0-9]+s  2 in flight$'
    passes "and moves while nothing happens" wait_until on_screen '^\[.*\] 0/3  [1-9][0-9]?\.[0-9] s  ETA [12]m[0-9]+s  2 in flight$'
    tmux -S "$socket" resize-window -x 40 -y 20
    passes "a resize is heeded" wait_until on_screen '^\[[=> ]{10,}\] 0/3  [0-9.]+ s  ETA [12]m[0-9]+s$'
    kill -INT "$(cat "$tmp/pid")" # a terminal would write ^C behind the bar
    passes "the end comes" wait_until on_screen '^ended 130'
    is "$(grep -c ETA "$tmp/out")" 0 "and nothing is left of the bar"
    tmux -S "$socket" kill-server

    screen 100 screen "'$waitctl' run --local --concurrency 10000 -n 30000 1 -o summary; echo ended \$?"
    passes "so it does of a larger batch" wait_until on_screen '^\[.*\] [12]0000/30000  [0-9.]+ s  ETA [0-9.]+ s  10000 in flight$'
    passes "and it ends as well" wait_until on_screen '^ended 0'
    tmux -S "$socket" kill-server

    screen 100 screen "'$waitctl' run --local 0.5 -o summary 2>&1 | cat >'$tmp/piped'; echo ended \$?"
    passes "in a pipe it ends" wait_until on_screen '^ended 0'
    is "$(tr -d '[:print:]\n' <"$tmp/piped" | wc -c) $(wc -l <"$tmp/piped")" "0 1" "without a bar"
    tmux -S "$socket" kill-server
    screen 60 dumb "'$waitctl' run --local --mode sequential -n 2 0.3; echo ended \$?"
    passes "a dumb terminal is served" wait_until on_screen '^ended 0'
    is "$(grep -c '[[]' "$tmp/out")" 0 "without bar and colours"
    tmux -S "$socket" kill-server
else
    skip "a progress bar is drawn" "no tmux"
fi

done_testing
