# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154,SC2119,SC2120
#
# A real terminal, tmux, for tests of what people see.  To be sourced after
# lib.sh:
#
#     open_terminal 80 24
#     type_in waitctl run 1s            # runs it there; see `ends_with`
#     shows '1 job, 0 done' "what it shows meanwhile"
#     resize_terminal 40 24
#     ends_with 0 "it ends well"
#     is "$(screen)" "$expected" "what is left on the screen"
#     close_terminal
#
# One terminal at a time, with a tmux server of its own.  Nothing here sleeps to
# be right: the screen is looked at until it shows what it is to show, for at
# most $terminal_timeout seconds, and then the test fails.

terminal_timeout=${terminal_timeout:-60}
terminal_number=0
terminal_runs=0

terminal()
{
    tmux -u -S "$tmp/tmux.$terminal_number" -f /dev/null "$@"
}

# open_terminal COLUMNS ROWS [VARIABLE=VALUE...]: one with a shell that has no
# prompt and echoes nothing.  The variables are for what runs there, besides
# TERM=screen-256color and LC_ALL=C.UTF-8.
open_terminal()
{
    terminal_columns=$1
    terminal_rows=$2
    terminal_number=$((terminal_number + 1))
    shift 2
    terminal new-session -d -x "$terminal_columns" -y "$terminal_rows" \
        "env -u NO_COLOR -u COLUMNS -u LINES -u WAITD_SERVER TERM=screen-256color LC_ALL=C.UTF-8 \
        PATH='$(dirname "$waitctl"):$(dirname "$waitd"):$PATH' $* sh -c 'stty -echo; PS1= PS2= exec sh -i' 2>&1" \
        || bail "no tmux session"
    terminal set-option -g status off >/dev/null
    # Without the line of status there is one row more.
    terminal resize-window -x "$terminal_columns" -y "$terminal_rows" >/dev/null
}

# Its whole server goes.
close_terminal()
{
    terminal kill-server >/dev/null 2>&1
}

resize_terminal()
{
    terminal resize-window -x "$1" -y "$2"
}

# type_in COMMAND...: runs it, on a screen with nothing else on it.  How it ended becomes the
# terminal's title, which has its place in what is written: whoever sees it sees all that came before.
type_in()
{
    terminal_runs=$((terminal_runs + 1))
    printf '%s\n' "clear; $*; printf '\\033]2;run $terminal_runs: %s\\033\\\\' \$?" >"$tmp/terminal.command"
    terminal send-keys -l ". '$tmp/terminal.command'"
    terminal send-keys Enter
}

# key KEY...: as tmux names them, C-c for instance.
key()
{
    terminal send-keys "$@"
}

# interrupt: as C-c does, but for the ^C that a terminal writes behind what is there.
interrupt()
{
    foreground=$(ps -o tpgid= -p "$(terminal display-message -p '#{pane_pid}')")
    kill -INT -- "-${foreground// /}"
}

# What the screen shows, less the empty lines at its end.  screen -e: with
# colours, as SGR sequences.
screen()
{
    terminal capture-pane -p "$@" | sed -e 's/ *$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

# Whether the cursor is there to be seen.
cursor_is_shown()
{
    [ "$(terminal display-message -p '#{cursor_flag}')" = 1 ]
}

# terminal_until COMMAND...: until it is so, or time is up.
terminal_until()
{
    terminal_deadline=$(($(date +%s) + terminal_timeout))
    until "$@"; do
        [ "$(date +%s)" -lt "$terminal_deadline" ] || return 1
        sleep 0.02
    done
}

terminal_matches()
{
    screen | grep -qE -- "$1"
}

# shows PATTERN NAME: waits until the screen shows a line like that.
shows()
{
    if terminal_until terminal_matches "$1"; then
        ok "$2"
    else
        not_ok "$2"
        note "expected: $1"
        note "the screen:"
        note "$(screen)"
    fi
}

# how_it_ended: the status of what was typed in last, once it has ended.
how_it_ended()
{
    terminal display-message -p '#{pane_title}' | sed -n "s/^run $terminal_runs: //p" | grep .
}

# ends_with STATUS NAME: what was typed in last ends so.
ends_with()
{
    if terminal_until how_it_ended >"$tmp/terminal.status"; then
        is "$(cat "$tmp/terminal.status")" "$1" "$2"
    else
        not_ok "$2"
        note "it has not ended; the screen:"
        note "$(screen)"
    fi
}
