#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#     summary.sh BUILD_DIRECTORY STATUS LOG
#
# Says what a `make check' in BUILD_DIRECTORY came to, which ended with STATUS
# and whose output is in LOG: each program's closing line, what was skipped and
# why, the logs of what failed, and the sum as the last line.  A make that
# failed for another reason than a test counts as one failure, and its output
# is shown.  Exits with 1 if anything failed or nothing ran.
set -euo pipefail

make_status=$2
make_log=$(realpath -- "$3")
cd "$1"

passed=0 failed=0 skipped=0
failing=()

# count RESULTS TRS: how many results of this kind there are.
count()
{
    grep -cE "^:test-result: ($1)" "$2" || true
}

while IFS= read -r trs; do
    log=${trs%.trs}.log
    name=${trs#./}
    name=${name%.trs}
    p=$(count 'PASS|XFAIL' "$trs") f=$(count 'FAIL|ERROR|XPASS' "$trs") s=$(count SKIP "$trs")
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ "$f" -eq 0 ] || failing+=("$log")
    # Check's own line where there is one.
    closing=$(sed -n 's/^# \([0-9]*%: Checks: .*\)$/\1/p' "$log" | tail -n 1)
    if [ -z "$closing" ]; then
        closing="$p passed, $f failed"
        [ "$s" -eq 0 ] || closing+=", $s skipped"
    fi
    printf '%-40s %s\n' "$name" "$closing"
    sed -nE -e 's/^ok [0-9]+ - (.*) # SKIP (.*)$/    skipped: \1: \2/p' \
        -e 's/^1\.\.0 *# *SKIP *(.*)$/    skipped: all of it: \1/p' "$log"
done < <(find . -name '*.trs' ! -path './waitd-*' | sort)

report=$(mktemp)
trap 'rm -f -- "$report"' EXIT
for log in ${failing[@]+"${failing[@]}"}; do
    printf '\n---- %s ----\n' "${log#./}"
    # What passed does not matter now, nor does the harness's echo.
    grep -vE '^(ok [0-9]|(PASS|FAIL|SKIP|ERROR): )' "$log" | cut -c 1-1000 >"$report" || true
    if [ "$(wc -l <"$report")" -le 200 ]; then
        cat "$report"
    else
        head -n 150 "$report"
        echo ...
        tail -n 50 "$report"
    fi
done

if [ "$failed" -eq 0 ] && { [ "$make_status" -ne 0 ] || [ $((passed + skipped)) -eq 0 ]; }; then
    failed=1
    printf '\n---- make ended with status %d ----\n' "$make_status"
    grep -nE -B 2 -A 3 '(error|undefined reference|\*\*\*)' "$make_log" | tail -n 60 || true
    tail -n 10 "$make_log"
fi

printf '%d passed, %d failed' "$passed" "$failed"
[ "$skipped" -eq 0 ] || printf ', %d skipped' "$skipped"
printf '\n'
[ "$failed" -eq 0 ]
