#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# tap-spec 5.0.0 and tap-dot 2.0.0 (npm): a test program that died after one of three tests has passed.
#
# Guess: a reader of TAP that is put behind tests in a script, `node test.js | tap-spec`, fails if fewer tests came than the plan says, since the plan
# is there for this, or if the program said "Bail out!"; a failure that is marked as `# TODO` is none. So does prove.
# Seen: with `1..3` and one "ok", and behind "Bail out!", both exit with 0: what the tests had printed before they died
# was fine. For a TODO they exit with 1, so that these are what has a build fail.
# What helps: `set -o pipefail` for the program's own status, or prove.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 tap-spec@5.0.0 tap-dot@2.0.0 >/dev/null
printf 'TAP version 13\n1..2\nok 1 - a\nok 2 - b\n' >passed.tap
printf 'TAP version 13\n1..3\nok 1 - a\n' >short.tap
printf 'TAP version 13\n1..2\nok 1 - a\nBail out! no database\n' >bailed.tap
printf 'TAP version 13\n1..1\nnot ok 1 - a # TODO later\n' >todo.tap
got=$(for reader in 'node_modules/.bin/tap-spec' 'node_modules/.bin/tap-dot' prove; do
    printf '%s:' "${reader##*/}"
    for name in passed short bailed todo; do
        status=0
        if [ "$reader" = prove ]; then prove --exec cat "$name.tap"; else "$reader" <"$name.tap"; fi >/dev/null 2>&1 || status=$?
        printf ' %s %d' "$name" "$status"
    done
    echo
done)
printf '%s\n' "$got"
[ "$got" = 'tap-spec: passed 0 short 0 bailed 0 todo 1
tap-dot: passed 0 short 0 bailed 0 todo 1
prove: passed 0 short 1 bailed 255 todo 0' ]
