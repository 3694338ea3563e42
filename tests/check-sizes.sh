#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# A file has one reason to exist, and a function fits a screen: the limits that hold
# both to it.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
cd "$top_srcdir" || bail "no $top_srcdir"

max_file=600
max_function=60
max_median=11

layers=(proto engine daemon client)

# long_files DIRECTORY...: those with more lines than a file may have.
long_files()
{
    find "$@" -name '*.[ch]' -exec awk -v max="$max_file" '
        FNR == 1 && NR > 1 && n > max { print name ": " n " lines" }
        { name = FILENAME; n = FNR }
        END { if (n > max) print name ": " n " lines" }' {} +
}

# functions DIRECTORY...: `file:line lines` of each body, from brace to brace as
# clang-format puts them.
functions()
{
    find "$@" -name '*.c' -exec awk '
        FNR == 1 { begin = 0 }
        /^{/ { begin = FNR }
        /^}$/ && begin { print FILENAME ":" begin, FNR - begin + 1; begin = 0 }' {} + | sort
}

long_functions()
{
    functions "$@" | awk -v max="$max_function" '$2 > max { print $1 ": " $2 " lines" }'
}

none "$(long_files "${layers[@]}" tests)" "a file has at most $max_file lines"
none "$(long_functions "${layers[@]}" tests)" "a function has at most $max_function lines"

# Between the braces.
median=$(functions "${layers[@]}" | awk '{ print $2 - 2 }' | sort -n |
    awk '{ n[NR] = $1 } END { print n[int((NR + 1) / 2)] }')
is "$([ "$median" -le "$max_median" ] && echo small || echo "$median")" small \
    "half of the functions of the programs have at most $max_median lines"

# The rules have teeth.
make_scratch
{
    printf 'void f(void)\n{\n'
    yes '    g();' | head -n "$((max_function - 1))"
    printf '}\n'
    yes '/* a line */' | head -n "$max_file"
} >"$scratch/long.c"
is "$(long_files "$scratch" | wc -l)" 1 "a file that is too long is seen"
is "$(long_functions "$scratch" | sed 's/.*: //')" "$((max_function + 1)) lines" \
    "a function that is too long is seen"

done_testing
