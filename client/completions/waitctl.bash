# SPDX-License-Identifier: ISC
#
# bash completion for waitctl(1) and waitd(8).  What there is to complete is read
# from what the program's own --help, so it is never out of date.

# Reads help, and prints for each flag: name, letter, kind of value, words.
_waitd_flags()
{
    awk '
        /^ *(-[A-Za-z], )?--[a-z]/ {
            letter = match($0, /-[A-Za-z], /) ? substr($0, RSTART, 2) : ""
            match($0, /--[a-z][a-z-]*/)
            flag = substr($0, RSTART, RLENGTH)
            rest = substr($0, RSTART + RLENGTH)
            kind = words = ""
            if (match(rest, /^ [A-Z]+/)) {
                kind = substr(rest, 2, RLENGTH - 1)
                rest = substr(rest, RSTART + RLENGTH)
            }
            if (kind ~ /^(MODE|WHEN|WHICH|FORMAT|LEVEL)$/) {
                sub(/[;([].*/, "", rest)
                gsub(/,| or |\.$/, " ", rest)
                words = rest
            }
            printf "%s\t%s\t%s\t%s\n", flag, letter == "" ? "-" : letter,
                kind == "" ? "-" : kind, words
        }'
}

_waitd_commands()
{
    "$1" --help 2>/dev/null | awk '/^commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }'
}

# What the first operand may be: a format that the command reads, or a word as it is.
_waitd_formats()
{
    sed -n -e 's/^A FORMAT is \([^.]*\)\..*/\1/p' -e '1s/.* \[FLAG\.\.\.\] \([a-z][a-z]*\) .*/\1/p' |
        sed 's/,\| or / /g'
}

# The names of the samples.
_waitd_samples()
{
    "$1" submit --example list 2>/dev/null | cut -d ' ' -f 1
}

# The refs of the detached batches that a daemon keeps, if one answers at once.
_waitd_refs()
{
    "$1" list -o json --connect-timeout 500ms 2>/dev/null |
        sed -n 's/^{"event":"batch","ref":"\([^"]*\)".*/\1/p'
}

# The files that begin with what has been typed.
_waitd_files()
{
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_waitd()
{
    local program=${COMP_WORDS[0]/#\~/$HOME} cur=${COMP_WORDS[COMP_CWORD]} prev='' command='' help
    local flag letter kind words word i commands='' formats

    # bash cuts words at `=': --mode=x is three of them.
    prev=${COMP_WORDS[COMP_CWORD - 1]}
    if [ "$cur" = "=" ]; then
        cur=
    elif [ "$prev" = "=" ] && [ "$COMP_CWORD" -gt 2 ]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi

    case ${program##*/} in waitctl*) commands=$(_waitd_commands "$program") ;; esac
    for ((i = 1; i < COMP_CWORD && ${#commands}; i++)); do
        for word in $commands; do
            [ -z "$command" ] && [ "${COMP_WORDS[i]}" = "$word" ] && command=$word
        done
    done
    help=$("$program" ${command:+"$command"} --help 2>/dev/null)

    while IFS=$'\t' read -r flag letter kind words; do
        if { [ "$prev" = "$flag" ] || [ "$prev" = "$letter" ]; } && [ "$kind" != - ]; then
            [ "$flag" = --example ] && words="list $(_waitd_samples "$program")"
            case $kind in
            FILE) _waitd_files "$cur" ;;
            *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur") ;;
            esac
            return
        fi
    done < <(_waitd_flags <<<"$help")

    if [[ $cur == -* ]]; then
        words=$(_waitd_flags <<<"$help" | cut -f 1)
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    elif [ -n "$commands" ] && [ -z "$command" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
    else
        formats=$(_waitd_formats <<<"$help")
        for ((i = 1; i < COMP_CWORD && ${#formats}; i++)); do
            [[ " $formats " == *" ${COMP_WORDS[i]} "* ]] && formats=
        done
        if [ -n "$formats" ]; then
            mapfile -t COMPREPLY < <(compgen -W "$formats" -- "$cur")
            return
        fi
        case ${help%%$'\n'*} in
        *FILE*) _waitd_files "$cur" ;;
        *' REF'*) mapfile -t COMPREPLY < <(compgen -W "$(_waitd_refs "$program")" -- "$cur") ;;
        *'[COMMAND]') mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur") ;;
        esac
    fi
}

complete -F _waitd waitctl waitd
