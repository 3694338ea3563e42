#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# tap-parser 18.3.4 (npm): a test program that printed nothing has passed.
#
# Guess: no plan and no test is a failure, as prove has it ("No subtests run"): a program that crashed before
# its first line would pass otherwise.
# Seen: the result of an empty stream is ok, with a plan that reads 1..0, as if the program had said that it skips all.
# A plan with too few tests behind it does fail, so does a test without a plan.
# What helps: the exit status of the program beside the result, or `count > 0 || plan.skipAll`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 tap-parser@18.3.4 >/dev/null
cat >probe.mjs <<'JS'
import { Parser } from 'tap-parser';
for (const text of ['1..1\nok 1\n', '1..0 # SKIP no network\n', '', '# starting\n', 'ok 1\n', '1..2\nok 1\n']) {
  const result = await new Promise((resolve) => new Parser(resolve).end(text));
  console.log(JSON.stringify(text) + ': ok ' + result.ok + ', ' + result.count + ' tests, plan ' + result.plan.start + '..' + result.plan.end);
}
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = '"1..1\nok 1\n": ok true, 1 tests, plan 1..1
"1..0 # SKIP no network\n": ok true, 0 tests, plan 1..0
"": ok true, 0 tests, plan 1..0
"# starting\n": ok true, 0 tests, plan 1..0
"ok 1\n": ok false, 1 tests, plan null..null
"1..2\nok 1\n": ok false, 1 tests, plan 1..2' ]
