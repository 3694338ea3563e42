#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# What people see: waitctl in a real terminal, by what is then on its screen.
# shellcheck source=tests/wire/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/wire/terminal.sh
. "$(dirname "$0")/terminal.sh"

have tmux || bail "tmux is not installed"
[ -n "$waitctl" ] || bail "no waitctl here: set WAITCTL"
trap 'close_terminal; clean_up' EXIT
start_daemon --listen 127.0.0.1:0
chess=$samples/chess-three-games.json

# The lines of the screen that match.
lines_with()
{
    screen | grep -cE -- "$1"
}

# How many columns the widest line takes.
widest()
{
    screen | LC_ALL=C.UTF-8 wc -L
}

is_at_most()
{
    [ "$(widest)" -le "$1" ]
}

is_at_least()
{
    [ "$(widest)" -ge "$1" ]
}

# has_lines PATTERN NUMBER...: whether one look at the screen has so many lines of each.  A picture that
# is being drawn may have been taken away in part: what it is to be is waited for.
has_lines()
{
    screen >"$tmp/looked"
    while [ $# -gt 0 ]; do
        [ "$(grep -cE -- "$1" "$tmp/looked")" -eq "$2" ] || return 1
        shift 2
    done
}

# shows_lines NAME PATTERN NUMBER...
shows_lines()
{
    shown=$1
    shift
    if terminal_until has_lines "$@"; then
        ok "$shown"
    else
        not_ok "$shown"
        note "expected: $*"
        note "the screen:"
        note "$(screen)"
    fi
}

# record: what is written to the terminal from now on goes to $tmp/record as well,
# some time after it is on the screen; what was typed in before may be among it.
record()
{
    terminal pipe-pane # no more to the one before
    rm -f "$tmp/record"
    : >"$tmp/record"
    terminal pipe-pane "exec cat >>'$tmp/record'"
}

# ---- Widths and characters -----------------------------------------------------

open_terminal 80 24
type_in waitctl submit --local --virtual -o timeline "$chess"
ends_with 0 "a timeline on a terminal"
is "$(screen)" "3 jobs
first board   │━━━━━━━━━━━━━━━━━━━██━━━━━━━━━━━━━━━━━━██━━━━━━━━━━━━━━━━━━██▌
second board  │━━━━━━━━━━━━━━━━━━━··██━━━━━━━━━━━━━━━━━━██━━━━━━━━━━━━━━━━━━██
third board   │━━━━━━━━━━━━━━━━━━━···██━━━━━━━━━━━━━━━━━━███━━━━━━━━━━━━━━━━━━██
              └──────────────────┴──────────────────┴─────────────────┴─────────
              0 s               1 s                2 s               3 s
━ wait  █ compute  · queue
ok: 3 jobs in 3.500 s (9.900 s one by one, speed-up 2.8, critical path 3.300 s)" \
    "of 80 columns"

type_in "printf '%s' '[{\"name\":\"日本語の仕事\",\"wait\":1},{\"name\":\"e\\u0301te\\u0301\",\"wait\":2},{\"name\":\"ab\\u001b[7mc\",\"wait\":2}]' | waitctl submit --local --virtual -o timeline"
ends_with 0 "names in other scripts"
is "$(screen | sed -n '2,4s/│.*/|/p')" "日本語の仕事  |
$(printf 'e\u0301te\u0301           |')
ab\\x1b[7mc    |" "take the columns that they take"
close_terminal

open_terminal 40 24
type_in waitctl submit --local --virtual -o timeline "$chess"
ends_with 0 "in a narrow window"
is "$(screen)" "3 jobs
first board   │━━━━━━━█━━━━━━━█━━━━━━━▌
second board  │━━━━━━━·█━━━━━━━█━━━━━━━▌
third board   │━━━━━━━·█━━━━━━━█━━━━━━━█
              └───────┴──────┴──────┴───
              0 s    1 s    2 s    3 s
━ wait  █ compute  · queue
ok: 3 jobs in 3.500 s
  (9.900 s one by one, speed-up 2.8,
  critical path 3.300 s)" "of 40 columns"
close_terminal

open_terminal 200 30
type_in waitctl submit --local --virtual -o timeline "$chess"
ends_with 0 "in a wide window"
is "$(widest)" 200 "it is 200 columns wide"
is "$(screen | wc -l)" 8 "and has no more lines"

for locale in C POSIX; do
    type_in LC_ALL=$locale waitctl submit --local --virtual -o timeline "$samples/graph.json"
    ends_with 1 "in the locale $locale"
    none "$(screen | LC_ALL=C grep '[^ -~]')" "there is ASCII alone"
    shows '^test +\*\|  *=+$' "with the critical path marked"
done
type_in LC_ALL=C.UTF-8 waitctl submit --local --virtual -o timeline "$samples/graph.json"
ends_with 1 "in a locale of UTF-8"
shows '^test +◆│  *═+$' "the critical path is a double line"
shows '^manual +│ +╺?━+✗$' "what failed ends in a cross"
close_terminal

# ---- Colours --------------------------------------------------------------------

open_terminal 80 24
type_in waitctl submit --local --virtual -o timeline "$chess"
ends_with 0 "with colours"
is "$(screen -e | grep -c $'\033\\[32m█')" 4 "what computes is green, in the rows and the legend"
type_in NO_COLOR=1 waitctl submit --local --virtual -o timeline "$chess"
ends_with 0 "with NO_COLOR"
none "$(screen -e | grep $'\033')" "there are none"
type_in TERM=dumb waitctl submit --local --virtual -o timeline "$chess"
ends_with 0 "on a dumb terminal"
none "$(screen -e | grep $'\033')" "there are none either"

# ---- While it runs -----------------------------------------------------------------

record
type_in "echo cleared; TERM=dumb waitctl run --server '$address' -n 2 --name job 1.2s -o timeline; ended=\$?; echo over; (exit \$ended)"
ends_with 0 "on a dumb terminal nothing is drawn over"
terminal_until grep -q '^over' "$tmp/record"
sed -n '/cleared/,/^over/p' "$tmp/record" | tail -n +2 >"$tmp/drawn"
is "$(grep -c $'\033' "$tmp/drawn") $(grep -c '^2 jobs' "$tmp/drawn")" "0 1" "and the picture comes once"

# What is looked at while it runs ends when that has been seen, and is interrupted.
type_in waitctl run --server "$address" --name job 1h 1h -o timeline
shows '^2 jobs, 0 done, 2 in flight, [0-9.]+ s$' "a timeline shows how far things are"
shows '^job #0 +│━+╸?$' "with bars that grow"
key C-c
ends_with 130 "until it is interrupted"

type_in waitctl run --server "$address" --name job 0.5s 1h -o timeline
shows '^2 jobs, 1 done, 1 in flight, [0-9.]+ s$' "and what has ended"
resize_terminal 44 24
shows '^━ wait$' "it goes on in a narrower window"
passes "of whose width it is" terminal_until is_at_most 44
shows_lines "where there is still one picture" 'in flight' 1 '└' 1
resize_terminal 120 24
passes "and in a wider one" terminal_until is_at_least 81
shows_lines "where there is one as well" 'in flight' 1 '└' 1
key C-c
ends_with 130 "until it is interrupted"
shows_lines "which leaves all of it in one picture" '^2 jobs$' 1 '^job #0 .│━+╸?$' 1 '^job #1 ◆│═+⊘$' 1 '└' 1 '^cancelled: 2 jobs in ' 1
is "$(widest)" 120 "of the width that there is now"

record
began=$(date +%s%N)
type_in waitctl run --server "$address" --name job 1s 2s -o timeline
ends_with 0 "one that runs to its end"
took=$((($(date +%s%N) - began) / 100000000))
shows_lines "leaves one picture as well" '^2 jobs$' 1 '^job #[01] .│[━═]+╸?$' 2 '^job #. ◆│═' 1 '└' 1 '^ok: 2 jobs in ' 1
frames=$(grep -o $'\033\[?25l' "$tmp/record" | wc -l)
is "$([ "$frames" -ge 2 ] && [ "$frames" -le $((took + 8)) ] && echo fine || echo "$frames in 0.$took s")" fine \
    "and is drawn at most ten times a second"
close_terminal

# A picture that has more rows than the window is made to have.
open_terminal 80 24
type_in waitctl run --server "$address" -n 12 1h -o timeline
shows '^#11 +│━' "many rows"
resize_terminal 80 12
shows '^ +8 +│━' "become an area in a lower window"
key C-c
ends_with 130 "in which it ends"
shows '^#11 +│━' "where each job has its row again, since it scrolls"
close_terminal

# One that has room for no picture.
open_terminal 30 4
type_in waitctl run --server "$address" -n 3 1h -o timeline
shows '^3 jobs, 0 done, 3 in flight' "a window of few lines shows how far things are"
shows_lines "in one of them" '^3 jobs, 0 done, 3 in flight' 1 '' 1
key C-c
ends_with 130 "and scrolls the picture by at the end"
shows 'critical path|behind schedule' "to its last line"
close_terminal

# Who failed is named below the totals.
for how in human summary timeline; do
    open_terminal 80 24
    type_in "jq -n '{jobs: ([{name: \"link\", fail: true}, {after: \"link\"}, {wait: 9, timeout: 1}] + [range(6) | {name: \"x\(.)\", wait: ., fail: true}])}' | waitctl submit --virtual -o $how"
    ends_with 1 "-o $how of jobs that fail"
    shows '^failed: #0 link, #3 x0, #4 x1, #5 x2, #6 x3 and 2 more; timed out: #2$' "names the first"
    close_terminal
done

# ---- Stopped, and going on ------------------------------------------------------------

open_terminal 80 24
type_in waitctl run --server "$address" --name job 1h -o timeline
shows '^1 job, 0 done, 1 in flight' "a picture of what runs"
key C-z
ends_with 148 "it is stopped"
is "$(lines_with '1 in flight') $(lines_with '└')" "0 0" "and nothing of it stands where the shell goes on"
resize_terminal 100 24
type_in fg
shows '^1 job, 0 done, 1 in flight' "in the foreground it is drawn again"
key C-c
ends_with 130 "until it ends"
is "$(lines_with '^1 job$') $(lines_with '^job +│━+⊘$') $(lines_with '└') $(lines_with '^━ wait ') $(widest)" "1 1 1 1 100" \
    "whole, and as wide as the window is now"

type_in waitctl run --server "$address" --name job 1h
shows ' 0/1 ' "a bar"
key C-z
ends_with 148 "is stopped"
is "$(lines_with ' 0/1 ')" 0 "and taken away"
type_in fg
shows ' 0/1 ' "it comes back"
interrupt
ends_with 130 "until the end"
is "$(lines_with ' 0/1 ')" 0 "which leaves nothing of it"

# In the background the terminal is somebody else's.
for how in timeline human; do
    record
    type_in "waitctl run --server '$address' --name job 1.2s -o $how & wait \$!"
    ends_with 0 "-o $how in the background"
    terminal_until grep -q "run $terminal_runs: " "$tmp/record"
    is "$(tr '\r' '\n' <"$tmp/record" | grep -cE '1 in flight')" 0 "draws nothing while it runs"
    shows '^ok: 1 job' "and reports the end"
done

# A bar that is wider than what the window is made to be: the terminal breaks it in two.
type_in waitctl run --server "$address" --name job 0.1 1h 1h 1h
shows ' 1/4 .* 3 in flight$' "a bar for a wide window"
resize_terminal 48 24
shows '^\[.{8,12}\] 1/4 .*ETA [0-9]+m[0-9]+s' "is drawn for a narrow one"
shows_lines "in place of it" '^\[' 1
interrupt
ends_with 130 "until the end"
is "$(lines_with '^\[')" 0 "which leaves nothing of either"
close_terminal

# ---- Several, and what goes wrong -----------------------------------------------------

open_terminal 80 40
printf '%s\n' '{"jobs":[{"wait":3600}]}' '{"jobs":[{"wait":3600}]}' >"$tmp/two.json"
type_in waitctl submit --server "$address" -o timeline "$tmp/two.json"
shows '^and 1 more batch$' "of several batches one is drawn while they run"
shows '^batch [0-9]+: 1 job, 0 done' "named by its number"
key C-c
ends_with 130 "until they are interrupted"
printf '%s\n' '{"id":"slow","jobs":[{"wait":1.5}]}' '{"jobs":[{"wait":0.5}]}' >"$tmp/two.json"
type_in waitctl submit --server "$address" -o timeline "$tmp/two.json"
ends_with 0 "when all have ended"
is "$(screen | grep -oE '^(.*: 1 job$|ok: 1 job in)' | sed 's/ [0-9]*: / N: /')" "batch N: 1 job
ok: 1 job in
slow: 1 job
ok: 1 job in" "one below the other, each with its title"

# Pictures, tables and lines name batches by the same numbers.
printf '%s\n' '{"jobs":[{"wait":1}]}' '{"jobs":[{"wait":0.6}]}' >"$tmp/two.json"
type_in waitctl submit --server "$address" -o timeline --joblog "$tmp/two.tsv" "$tmp/two.json"
ends_with 0 "in a table as well"
is "$(screen | grep -oE '^batch [0-9]+: 1 job$')" "$(sed -n 's/^\([0-9]*\)	.*/batch \1: 1 job/p' "$tmp/two.tsv")" \
    "and in the end, by that of the table"
is "$(screen | grep -c '^$')" 1 "with an empty line between"

printf '%s\n' '{"jobs":[{"wait":2}]}' '{"jobs":[{"wayt":1}]}' >"$tmp/wrong.json"
type_in waitctl submit --server "$address" -o timeline "$tmp/wrong.json"
ends_with 2 "of a refused one and another, the other runs on"
shows_lines "and neither is drawn over" '^waitctl: .*invalid_request' 1 '└' 1
printf '%s\n' '{"jobs":[{"wait":3600}]}' '{"jobs":[{"wayt":1}]}' >"$tmp/wrong.json"
type_in waitctl submit --server "$address" -o timeline "$tmp/wrong.json"
shows '^waitctl: .*invalid_request' "a refusal is reported at once"
shows 'job, 0 done' "and the picture drawn below"
key C-c
ends_with 130 "until it is interrupted"

type_in waitctl run --server "$address" 1m -o timeline
shows '^1 job, 0 done' "a batch that takes long"
passes "the cursor is not taken away" terminal_until cursor_is_shown
key C-c
ends_with 130 "is interrupted"
shows '^cancelled: 1 job' "and its end is shown"
cursor_is_shown
is $? 0 "with the cursor where it was"

# ---- Modes side by side --------------------------------------------------------------

type_in waitctl compare --local -o timeline "$chess"
ends_with 0 "three modes"
is "$(screen)" 'sequential: 9.900 s, speed-up 1.0
first board   │━━━━━━━█━━━━━━█━━━━━━▌
second board  │                     ╺━━━━━━█━━━━━━█━━━━━━━▌
third board   │                                           ╺━━━━━━█━━━━━━█━━━━━━█
blocking: 9.900 s, speed-up 1.0
first board   │━━━━━━━█━━━━━━█━━━━━━▌
second board  │                     ╺━━━━━━█━━━━━━█━━━━━━━▌
third board   │                                           ╺━━━━━━█━━━━━━█━━━━━━█
concurrent: 3.500 s, speed-up 2.8
first board   │━━━━━━━█━━━━━━█━━━━━━▌
second board  │━━━━━━━█━━━━━━█━━━━━━━▌
third board   │━━━━━━━·█━━━━━━█━━━━━━█
              └─────────────┴────────────┴────────────┴────────────┴────────────
              0 s          2 s          4 s          6 s          8 s
━ wait  █ compute  · queue
critical path 3.300 s: no mode can take less' "on one axis"

printf '%s\n' '[{"name":"a","wait":0.5},{"name":"b","wait":0.7}]' >"$tmp/waits.json"
type_in waitctl compare --server "$address" --real -o timeline "$tmp/waits.json"
shows '^blocking: 0 done, 1 in flight, [0-9.]+ s$' "for real they are drawn while they run"
ends_with 0 "until the slowest has ended"
is "$(screen | sed -E 's/: [0-9.]+ s, speed-up [0-9.]+$/: T/')" "$(printf '%s\n' 'sequential: T' \
    "$(screen | sed -n 2,3p)" 'blocking: T' "$(screen | sed -n 5,6p)" \
    'concurrent: T' "$(screen | sed -n '8,$p')")" "with one picture left"
# Which of them is critical depends on how late the machine is.
is "$(lines_with '^a +◆?│ *[━═]+╸?$') $(lines_with '^b +◆?│ *[━═]+╸?$') $(lines_with '^[ab] +◆│') $(lines_with '└')" "3 3 3 1" \
    "of three modes"

# ---- Elsewhere -------------------------------------------------------------------------

type_in "waitctl submit --local --virtual -o timeline '$chess' | cat"
ends_with 0 "in a pipe"
is "$(widest)" 80 "it is 80 columns wide"
type_in "COLUMNS=60 waitctl submit --local --virtual -o timeline '$chess' | cat"
ends_with 0 "or"
is "$(screen | grep └ | LC_ALL=C.UTF-8 wc -L)" 60 "as wide as COLUMNS says"
none "$(screen -e | grep $'\033')" "and has no colours"

for columns in 40 60 80; do
    resize_terminal $columns 24
    type_in "until stty size | grep -q ' $columns\$'; do sleep 0.05; done; waitctl compare --local -o human '$chess'"
    ends_with 0 "the table of modes on $columns columns"
    is "$(screen | grep -c '^concurrent .* 2\.8')" 1 "has a row a mode"
    is "$(screen | sed -n 1p | wc -w)" $((columns < 52 ? 3 : columns < 68 ? 5 : 8)) "and as many columns as there is room for"
done
close_terminal

stop_daemon TERM
is $? 0 "the daemon ends in good order"
done_testing
