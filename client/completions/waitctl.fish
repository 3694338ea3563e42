# SPDX-License-Identifier: ISC
#
# fish completion for waitctl(1).  What there is to complete is read from what the
# program's own --help, so it is never out of date.

# The flags of a program's help: letter, name, kind of value, text.
function __waitd_flags
    $argv --help 2>/dev/null | awk '
        /^ *(-[A-Za-z], )?--[a-z]/ {
            letter = match($0, /-[A-Za-z], /) ? substr($0, RSTART + 1, 1) : "-"
            match($0, /--[a-z][a-z-]*/)
            flag = substr($0, RSTART + 2, RLENGTH - 2)
            text = substr($0, RSTART + RLENGTH)
            kind = "-"
            if (match(text, /^ [A-Z]+/)) {
                kind = substr(text, 2, RLENGTH - 1)
                text = substr(text, RSTART + RLENGTH)
            }
            sub(/^ +/, "", text)
            sub(/;$/, "", text)
            print letter "\t" flag "\t" kind "\t" text
        }'
end

# The names of the samples, and what they are.
function __waitd_samples
    waitctl submit --example list 2>/dev/null | string replace -r ' +' \t
end

# The refs of the detached batches that a daemon keeps, if one answers at once.
function __waitd_refs
    waitctl list -o json --connect-timeout 500ms 2>/dev/null |
        string match -rg '^{"event":"batch","ref":"([^"]*)"'
end

# Defines them, for the words behind -n in $argv[2..].
function __waitd_define --argument-names program condition
    for line in (__waitd_flags $program $argv[3..])
        set -l parts (string split \t -- $line)
        set -l options -c $program -n $condition -l $parts[2] -d $parts[4]
        test $parts[1] = -; or set -a options -s $parts[1]
        switch $parts[3]
            case -
            case FILE
                set -a options -r -F
            case NAME
                set -a options -x
                test $parts[2] = example; and set -a options -a "(__waitd_samples)"
            case MODE WHEN WHICH FORMAT LEVEL
                set -l words (string replace -r '[;([].*' '' -- $parts[4] |
                    string replace -ra ',| or ' ' ')
                set -a options -x -a "$words"
            case '*'
                set -a options -x
        end
        complete $options
    end
end

if not set -q __waitd_helpers_only
    complete -c waitctl -f
    set -l commands (waitctl --help 2>/dev/null |
        awk '/^commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }')
    set -l none "not __fish_seen_subcommand_from $commands"
    __waitd_define waitctl $none
    for command in $commands
        set -l text (waitctl $command --help | string match -rg "^waitctl $command: (.*)\.\$")
        complete -c waitctl -n $none -a $command -d "$text"
        __waitd_define waitctl "__fish_seen_subcommand_from $command" $command
        # What the first operand may be: a format that the command reads, or a word as it is.
        set -l formats (waitctl $command --help |
            string match -rg '^A FORMAT is ([^.]*)\\.|^usage: .* \\[FLAG\\.\\.\\.\\] ([a-z]+) ' |
            string match -r '.+' | string replace -ra ',| or ' ' ')
        set -l wants_file "__fish_seen_subcommand_from $command"
        if test -n "$formats"
            complete -c waitctl -n "$wants_file; and not __fish_seen_subcommand_from $formats" \
                -a "$formats"
            set wants_file "$wants_file; and __fish_seen_subcommand_from $formats"
        end
        if waitctl $command --help | string match -rq '^usage: .* REF'
            complete -c waitctl -n "$wants_file" -a "(__waitd_refs)"
        end
        if waitctl $command --help | string match -rq '^usage: .*FILE'
            complete -c waitctl -n "$wants_file" -F
        end
    end
    complete -c waitctl -n "__fish_seen_subcommand_from help" -a "$commands"
end
