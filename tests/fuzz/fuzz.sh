#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# fuzz.sh SECONDS TOP TARGET...: runs each target for so long, from the corpus
# in TOP and from what earlier runs here found.  What makes one fail is left in
# tests/fuzz/found of the build and named; it belongs into the corpus once mended.
set -euo pipefail

seconds=$1 top=$2
shift 2
status=0
for target; do
    name=${target##*/fuzz_}
    found=tests/fuzz/found/$name
    dictionary=$top/tests/fuzz/$name.dict
    [ "$name" != channel ] || dictionary=$top/tests/fuzz/request.dict
    options=(-max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1)
    [ ! -f "$dictionary" ] || options+=(-dict="$dictionary")
    mkdir -p "$found/corpus"
    echo "== $name =="
    "./$target" "${options[@]}" -artifact_prefix="$found/" "$found/corpus" \
        "$top/tests/fuzz/corpus/$name" >"$found/log" 2>&1 || status=1
    grep -E '^#[0-9]+.*(DONE|INITED)|^stat::|ERROR|SUMMARY|Test unit written' "$found/log" || true
done
exit "$status"
