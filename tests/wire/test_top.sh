#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# waitctl top against a real daemon, in a pipe and in a real terminal.

# shellcheck source=tests/wire/lib.sh
. "$(dirname "$0")/lib.sh"

[ -n "$waitctl" ] || bail "no waitctl here: set WAITCTL"
have jq || bail "jq is not installed"
unset WAITD_SERVER NO_COLOR

where=unix:$tmp/socket

top()
{
    timeout 60 "$waitctl" top --server "$where" "$@" 2>"$tmp/err"
}

top -n 1 >"$tmp/out"
is $? 3 "no daemon is 3"
is "$(head -1 "$tmp/err")" "waitctl: no daemon at $where: No such file or directory" "and reported"
is "$(grep -c -e --local "$tmp/err")" 0 "nor is a flag named that it does not take"
"$waitctl" top --local 2>"$tmp/err"
is "$? $(cat "$tmp/err")" "2 waitctl: top takes no --local; see waitctl top --help" "one of its own is not looked at"
"$waitctl" top --interval 1ms 2>"$tmp/err"
is $? 2 "an interval too short is refused"

# ---- In a pipe ---------------------------------------------------------------

start_daemon --listen "$where"
top -n 3 --interval 50ms >"$tmp/out"
is $? 0 "so many samples end it"
is "$(jq -r .event "$tmp/out" | paste -sd ' ' -)" "stats stats stats" "in a pipe it passes on the daemon's lines"
passes "each is later than the one before" jq -se '.[0].uptime < .[1].uptime and .[1].uptime < .[2].uptime' "$tmp/out"
# A connection that was closed may be counted for a while.
# shellcheck disable=SC2317
two_samples_alone()
{
    top -n 2 --interval 50ms -o human | tr -s ' ' >"$tmp/out"
    [ "$(grep -cE '^ [0-9]+ 1 0 0 0 ' "$tmp/out")" -eq 2 ]
}
passes "for people there is a line a sample" wait_until two_samples_alone
is "$(sed -n 1p "$tmp/out")" " uptime conns batches pending ended/s p50 ms p99 ms max ms memory" "below a heading"
top --interval 20ms | head -2 >"$tmp/out"
is "${PIPESTATUS[*]} $(wc -l <"$tmp/out") $(cat "$tmp/err")" "0 0 2 " "a closed pipe ends it quietly"

# ---- On a terminal --------------------------------------------------------------

have tmux || {
    skip "a picture is drawn" "no tmux"
    stop_daemon
    done_testing
    exit
}

screens=0
# screen COLUMNS ROWS COMMAND: runs it in a terminal of its own.
screen()
{
    screens=$((screens + 1))
    socket=$tmp/screen.$screens
    tmux -S "$socket" -f /dev/null new-session -d -x "$1" -y "$2" \
        "cd '$tmp'; exec env -u NO_COLOR LC_ALL=C.UTF-8 TERM=screen sh"
    shift 2
    tmux -S "$socket" send-keys "PS1=; clear; echo before; $*" Enter
}

# on_screen PATTERN...: whether one look at the screen has a line like each, and none like what follows a `!'.
# A picture may be drawn only in part: all that is expected of one is asked for together.
# shellcheck disable=SC2317
on_screen()
{
    tmux -S "$socket" capture-pane -p >"$tmp/out" 2>/dev/null || return
    for pattern in "$@"; do
        case $pattern in
        '!'*) ! grep -qE -- "${pattern#!}" "$tmp/out" || return 1 ;;
        *) grep -qE -- "$pattern" "$tmp/out" || return 1 ;;
        esac
    done
}

"$waitctl" run --server "$where" -n 50 --virtual 1 >"$tmp/ignored"
screen 80 20 "stty -a | grep -v rows >modes; '$waitctl' top --server $where --interval 0.1; echo ended \$?; stty -a | grep -v rows | cmp - modes && echo modes kept"
passes "a picture is drawn, on a screen of its own" wait_until on_screen '^connections  +1  █+  max 1$' '!before'
"$waitctl" run --server "$where" -n 7 1h >"$tmp/ignored" &
client=$!
passes "it shows what waits, and what has ended" wait_until on_screen '^jobs pending  +7  ▁*█+  max 7$' \
    '^jobs ended: 50 ok, 0 failed'
is "$(($(wc -L <"$tmp/out") <= 80))" 1 "no line wraps"
tmux -S "$socket" send-keys '?'
passes "? explains the figures, in their place" wait_until on_screen '^late +how long after its due time' \
    '^every 0.100 s; any key goes back, q quits$' '!^jobs ended'
tmux -S "$socket" send-keys x
passes "and any key goes back" wait_until on_screen '^every 0.100 s; . explains, q quits'
kill "$client"
wait "$client"
echo '{"detach":true,"key":"nightly","jobs":[{},{"wait":3600,"count":3}]}' | timeout 60 "$waitctl" submit --server "$where" - | head -2 >"$tmp/ignored"
tmux -S "$socket" resize-window -x 80 -y 21
passes "a detached batch stands below by its key" wait_until on_screen '^nightly +█+░+   25 % +1/4 +[0-9.]+ s$'
is "$(grep -A 1 '^detached batches' "$tmp/out" | tail -1 | cut -c1-8)" "nightly " "under a heading"
"$waitctl" cancel --server "$where" "$("$waitctl" list --server "$where" -o json | jq -r 'select(.key == "nightly").ref')" >"$tmp/ignored"
passes "and goes when it ends" wait_until on_screen '^connections' '!^nightly'
tmux -S "$socket" resize-window -x 40 -y 12
passes "a resize is heeded" wait_until on_screen '^waitd at uni' '^jobs pending  +0  [▁█]{8,11}$' '^every 0.100 '
is "$(sed -n '1p;12p' "$tmp/out" | cut -c1-12 | paste -sd '|' -)" "waitd at uni|every 0.100 " "within the rows there are"

tmux -S "$socket" resize-window -x 120 -y 20
disown "$daemon_pid"
kill -KILL "$daemon_pid"
passes "a daemon that goes is reported" wait_until on_screen ': unreachable for [0-9.]+ s'
rm -f "$tmp/socket"
start_daemon --listen "$where"
passes "and waited for" wait_until on_screen ', up [0-9.]+ s: restarted since top was started'
tmux -S "$socket" send-keys q
passes "q ends it" wait_until on_screen '^ended 0$'
passes "the terminal is as it was" wait_until on_screen '^modes kept$'
tmux -S "$socket" kill-server

screen 80 20 "stty -a | grep -v rows >modes; '$waitctl' top --server $where; echo stopped \$?; stty -a | grep -v rows | cmp - modes && echo modes kept"
passes "it runs" wait_until on_screen '^connections'
tmux -S "$socket" send-keys C-z
passes "it can be stopped" wait_until on_screen '^stopped 148$'
passes "which gives the terminal back" wait_until on_screen '^modes kept$'
is "$(grep -c '^connections' "$tmp/out")" 0 "with what stood there before"
tmux -S "$socket" send-keys "clear; fg; echo ended \$?" Enter
passes "it goes on" wait_until on_screen '^connections'
tmux -S "$socket" send-keys q
passes "and ends" wait_until on_screen '^ended 0$'
tmux -S "$socket" kill-server

for how in C-c TERM; do
    screen 80 20 "stty -a | grep -v rows >modes; sh -c 'echo \$\$ >pid; exec $waitctl top --server $where'; echo ended \$?; stty -a | grep -v rows | cmp - modes && echo modes kept"
    passes "it runs" wait_until on_screen '^connections'
    if [ $how = TERM ]; then kill "$(cat "$tmp/pid")"; else tmux -S "$socket" send-keys C-c; fi
    passes "$how ends it" wait_until on_screen '^ended 130$'
    passes "and the terminal is as it was" wait_until on_screen '^modes kept$'
    is "$(grep -c '^before$\|^connections' "$tmp/out")" 1 "with what stood there before"
    tmux -S "$socket" kill-server
done

stop_daemon TERM
is $? 0 "the daemon ends in good order"
done_testing
