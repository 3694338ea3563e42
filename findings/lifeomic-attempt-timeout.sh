#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @lifeomic/attempt 3.1.0 (npm): behind a time-out that its caller was told of the attempts go on.
#
# Guess: `timeout` bounds each attempt; when one takes longer retry() rejects, as its description says, and further attempts are given up.
# Seen: retry() rejects with ATTEMPT_TIMEOUT after 0.1 s, but nothing is given up: when the first attempt fails at last, a second one is
# made, and a third, each to its end, and their outcomes are lost. A caller that tries again itself then has two rows of attempts at once.
# What helps: a flag that beforeAttempt() looks at, with context.abort(); or a time-out within the attempt.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @lifeomic/attempt@3.1.0 >/dev/null
cat >probe.js <<'JS'
const { retry } = require('@lifeomic/attempt');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
(async () => {
  let begun = 0, failed = 0;
  const attempt = async () => {
    begun++;
    await sleep(400);
    failed++;
    throw new Error('no');
  };
  await retry(attempt, { maxAttempts: 3, delay: 10, timeout: 100 }).catch((error) => console.log(`rejected: ${error.code}, ${begun} begun, ${failed} failed`));
  await sleep(5000);
  console.log(`later: ${begun} begun, ${failed} failed`);
})();
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'rejected: ATTEMPT_TIMEOUT, 1 begun, 0 failed
later: 3 begun, 3 failed' ]
