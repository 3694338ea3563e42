#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Completions, asked of the shells themselves: every command, flag and word that
# --help says, and none besides.

# shellcheck source=tests/wire/lib.sh
. "$(dirname "$0")/lib.sh"

[ -n "$waitctl" ] || bail "no waitctl here: set WAITCTL"
mkdir "$tmp/bin" "$tmp/files"
ln -s "$waitd" "$tmp/bin/waitd"
ln -s "$waitctl" "$tmp/bin/waitctl"
PATH=$tmp/bin:$PATH
unset WAITD_SERVER
completions=$top_dir/client/completions
touch "$tmp/files/batch one.json" "$tmp/files/other.json"
cd "$tmp/files" || bail "no $tmp/files"

lines()
{
    paste -sd ' ' -
}

help_flags()
{
    grep -oE '^ *(-[A-Za-z], )?--[a-z][a-z-]*' | sed 's/.* --/--/' | sort | lines
}

commands=$(waitctl --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort)

# ---- bash ------------------------------------------------------------------------

# in_bash WORD...: what is offered for the last word.
in_bash()
{
    bash --norc -c '
        . "$0"
        compopt() { :; }
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        $(complete -p "$1" | sed "s/.*-F \([^ ]*\).*/\1/")
        ((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"' \
        "$completions/waitctl.bash" "$@" | sort
}

is "$(in_bash waitctl '')" "$commands" "bash: the commands"
for command in $commands; do
    is "$(in_bash waitctl "$command" -- | lines)" "$(waitctl "$command" --help | help_flags)" \
        "bash: the flags of $command"
done
is "$(in_bash waitd -- | lines)" "$(waitd --help | help_flags)" "bash: the flags of waitd"
is "$(in_bash waitctl run --mode '' | lines)" "blocking concurrent sequential" "bash: a flag's words"
is "$(in_bash waitctl run --mode = se)" "sequential" "bash: behind an equal sign"
is "$(in_bash waitd --log-level '' | lines)" "debug error info warning" "bash: and of waitd"
is "$(in_bash waitctl -o json help to | lines)" "token top" "bash: what help is on"
is "$(in_bash waitctl submit --example t | lines)" "ten-waits timeout two-waits" "bash: the names of samples"
is "$(in_bash waitctl submit ba)" "batch one.json" "bash: files for submit"
is "$(in_bash waitctl import '' | lines)" "actions joblog ninja wfformat" "bash: a format for import"
is "$(in_bash waitctl import ninja ba)" "batch one.json" "bash: and files of it"
is "$(in_bash waitctl token '')" "new" "bash: what token does"
is "$(in_bash waitctl token new '')" "" "bash: and a name is the user's"
is "$(in_bash waitd --config o)" "other.json" "bash: files for a flag"
is "$(in_bash waitctl run --seed '')$(in_bash waitctl run ba)$(in_bash waitctl ping '')" "" "bash: nothing where nothing is known"

# Whatever flag has words: each is taken, and none is missing.  A list of words is reported when
# another is given.
for command in submit run compare top list forecast; do
    waitctl "$command" --help | grep -oE -- '--[a-z-]+ (MODE|WHEN|WHICH|FORMAT)\b' | while read -r flag _; do
        words=$(in_bash waitctl "$command" "$flag" '' | lines)
        reported=$(waitctl "$command" "$flag" xyzzy 2>&1 | sed -E 's/.* takes (.*), not .*/\1/; s/,| or / /g' |
            tr -s ' ' '\n' | sort | lines)
        [ -n "$words" ] && [ "$words" = "$reported" ] || echo "$command $flag: $words, but takes $reported"
    done
done >"$tmp/wrong"
none "$(cat "$tmp/wrong")" "bash: words are those that flags take"

# ---- fish --------------------------------------------------------------------------

in_fish()
{
    # shellcheck disable=SC2016
    XDG_CONFIG_HOME=$tmp XDG_DATA_HOME=$tmp HOME=$tmp fish --no-config -c \
        'set fish_complete_path $argv[1]; complete -C $argv[2]' "$completions" "$1" | cut -f 1 | sort
}

if have fish; then
    is "$(in_fish 'waitctl ')" "$commands" "fish: the commands"
    for command in $commands; do
        is "$(in_fish "waitctl $command --" | lines)" "$(waitctl "$command" --help | help_flags)" \
            "fish: the flags of $command"
    done
    is "$(in_fish 'waitd --' | lines)" "$(waitd --help | help_flags)" "fish: the flags of waitd"
    is "$(in_fish 'waitctl run --mode ' | lines)" "blocking concurrent sequential" "fish: a flag's words"
    is "$(in_fish 'waitd --log-level ' | lines)" "debug error info warning" "fish: and of waitd"
    is "$(in_fish 'waitctl submit --example t' | lines)" "ten-waits timeout two-waits" "fish: the names of samples"
    is "$(in_fish 'waitctl -o ' | lines)" "human json summary timeline" "fish: a flag's words before the command"
    is "$(in_fish 'waitctl -o json to' | lines)" "token top" "fish: the command behind a flag"
    is "$(in_fish 'waitctl submit ba')" "batch one.json" "fish: files for submit"
    is "$(in_fish 'waitctl import ' | lines)" "actions joblog ninja wfformat" "fish: a format for import"
    is "$(in_fish 'waitctl import ninja ba')" "batch one.json" "fish: and files of it"
    is "$(in_fish 'waitctl token ')$(in_fish 'waitctl token new ')" "new" "fish: what token does"
    is "$(in_fish 'waitctl run ba')" "" "fish: none for run"
    is "$(in_fish 'waitctl help to' | lines)" "token top" "fish: what help is on"
else
    skip "fish: the commands" "no fish"
fi

# ---- zsh: in a terminal, by its own way of completing --------------------------------

# in_zsh TEXT PATTERN NAME: the text, a tab, and what the screen then shows.
in_zsh()
{
    tmux -S "$tmp/zsh" send-keys C-u C-l
    tmux -S "$tmp/zsh" send-keys -l "$1"
    tmux -S "$tmp/zsh" send-keys Tab
    passes "zsh: $3" wait_until on_screen "$2"
}

# shellcheck disable=SC2317
on_screen()
{
    tmux -S "$tmp/zsh" capture-pane -p 2>/dev/null | tr -s '\n ' ' ' >"$tmp/out"
    grep -qE -- "$1" "$tmp/out"
}

if have zsh && have tmux; then
    cat >"$tmp/.zshrc" <<EOF
fpath=('$completions' \$fpath)
PROMPT='% '
autoload -U compinit
compinit -u -D
setopt no_beep
LISTMAX=1000
EOF
    tmux -S "$tmp/zsh" -f /dev/null new-session -d -x 120 -y 50 \
        "exec env ZDOTDIR=$tmp PATH='$PATH' TERM=screen zsh"
    in_zsh 'waitctl ' "$(printf '%s\n' "$commands" | sed 's/$/ +--.*/' | tr -d '\n')" "the commands"
    for command in run top; do
        flags=$(waitctl $command --help | help_flags | sed 's/ /.*/g')
        in_zsh "waitctl $command --" "$flags" "the flags of $command"
    done
    in_zsh 'waitctl run --mode ' 'blocking +concurrent +sequential' "a flag's words"
    in_zsh 'waitctl run --mode=se' '--mode=sequential' "behind an equal sign"
    in_zsh 'waitd --log-level ' 'debug +error +info +warning' "and of waitd"
    in_zsh 'waitctl submit --example t' 'ten-waits +timeout +two-waits' "the names of samples"
    in_zsh 'waitctl submit ba' 'submit batch\\ one.json' "files for submit"
    in_zsh 'waitctl import ' 'actions +joblog +ninja +wfformat' "a format for import"
    in_zsh 'waitctl import ninja ba' 'ninja batch\\ one.json' "and files of it"
    in_zsh 'waitctl token ' 'token new' "what token does"
    in_zsh 'waitctl help sta' 'help stats' "what help is on"
    tmux -S "$tmp/zsh" kill-server
else
    skip "zsh: the commands" "no zsh, or no tmux"
fi

done_testing
