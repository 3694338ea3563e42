#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# In a build directory made with --enable-coverage: how many lines of each
# file the tests went through, least first, and the sum.
set -euo pipefail

find proto engine daemon client -name '*.gcda' | sort | while IFS= read -r data; do
    ${GCOV:-gcov} -n "${data%.gcda}.o" 2>/dev/null
done | awk -F "[':% ]+" '
    /^File / { file = $2; sub(/^.*\/(proto|engine|daemon|client)\//, "&", file); next }
    /^Lines executed/ && file ~ /(^|\/)(proto|engine|daemon|client)\/.*\.c$/ {
        sub(/^.*\/(proto|engine|daemon|client)\//, "", $0)
        percent = $3
        lines = $5
        match(file, /(proto|engine|daemon|client)\/[^\/]*(\/[^\/]*)?\.c$/)
        printf "%7.2f%% of %5d  %s\n", percent, lines, substr(file, RSTART)
        file = ""
    }
' | sort -n | awk '
    { print; lines += $3; hit += $1 * $3 / 100 }
    END { if (lines > 0) printf "%7.2f%% of %5d  in all\n", 100 * hit / lines, lines }
'
