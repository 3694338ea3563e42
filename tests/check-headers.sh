#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Each header compiles by itself, as C11 with both compilers, and is guarded
# by a name of its own.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
cd "$top_srcdir" || bail "no $top_srcdir"

make_scratch

mapfile -t headers < <(find proto engine daemon client tests -name '*.h' | sort)
read -ra flags <<<"${HEADER_CPPFLAGS:-}"

# compile COMPILER HEADER
compile()
{
    printf '#include "%s"\n' "$2" >"$scratch/header.c"
    "$1" -std=c11 -D_GNU_SOURCE -I. "${flags[@]}" -Wall -Wextra -Wundef -Wstrict-prototypes \
        -Wno-unused-function -Werror -fsyntax-only "$scratch/header.c"
}

for compiler in gcc clang; do
    if ! have "$compiler"; then
        skip "each header compiles alone with $compiler" "no $compiler"
        continue
    fi
    for header in "${headers[@]}"; do
        if grep -qF '#include <check.h>' "$header" &&
            ! "$compiler" "${flags[@]}" -include check.h -x c -fsyntax-only /dev/null 2>/dev/null; then
            skip "$header compiles alone with $compiler" "no Check"
        else
            passes "$header compiles alone with $compiler" compile "$compiler" "$header"
        fi
    done
done

guards=$(
    for header in "${headers[@]}"; do
        stem=$(basename "$header" .h | tr 'a-z-' 'A-Z_')
        guard=$(sed -n 's/^#ifndef \(WAITD_[A-Z0-9_]*\)$/\1/p' "$header" | head -n 1)
        case $guard in
        WAITD_*"${stem}_H") ;;
        *) printf '%s: the guard is %s, not WAITD_%s_H\n' "$header" "${guard:-missing}" "$stem" >&2 ;;
        esac
        grep -qxF "#define $guard" "$header" || printf '%s: no #define %s\n' "$header" "$guard" >&2
        printf '%s\n' "$guard"
    done 2>"$scratch/guards"
)
none "$(cat "$scratch/guards")" "each header is guarded by its name"
none "$(printf '%s\n' "$guards" | sort | uniq -d)" "no two headers share a guard"

done_testing
