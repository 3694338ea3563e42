#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Names the tests that configure left out, for want of what they need.
set -euo pipefail

number=0

# left_out WHAT TESTS
left_out()
{
    local tests name
    read -ra tests <<<"$2"
    if [ ${#tests[@]} -eq 0 ]; then
        echo "ok $((number += 1)) - $1 is there"
    fi
    for name in ${tests[@]+"${tests[@]}"}; do
        echo "ok $((number += 1)) - $name # SKIP $1 was not found by configure"
    done
}

left_out Check "${TESTS_WITHOUT_CHECK-}"
left_out python3 "${TESTS_WITHOUT_PYTHON-}"
echo "1..$number"
