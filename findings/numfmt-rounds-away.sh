#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# numfmt of coreutils 9.1 (Debian 12): 1001 bytes are 1.1K, and 1001 ms are two seconds.
#
# Guess: `numfmt --to=si` and `--to-unit` round to the nearest, as printf does: 1001 is 1.0K, 1001 ms in seconds 1.
# Seen: they round away from zero: 1001 is 1.1K, 1000001 is 1.1M, 1001 ms are 2 s; -1001 is -1.1K. Sums and comparisons of what it prints are
# too large by half a unit each on average. `--format=%.0f` beside it does not change that.
# What helps: --round=nearest.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q coreutils=9.1-1 >/dev/null 2>&1
dpkg -x coreutils_*.deb .
export LC_ALL=C
got=$(for number in 1001 999950 1000001 -1001; do
    echo "$number: $(usr/bin/numfmt --to=si -- "$number"), --round=nearest $(usr/bin/numfmt --to=si --round=nearest -- "$number")"
done
    for option in --to-unit=1000 --format=%.0f --round=nearest; do
        echo "1001 ms, $option: $(usr/bin/numfmt --to-unit=1000 "$option" 1001) s"
    done)
printf '%s\n' "$got"
[ "$got" = '1001: 1.1K, --round=nearest 1.0K
999950: 1.0M, --round=nearest 1.0M
1000001: 1.1M, --round=nearest 1.0M
-1001: -1.1K, --round=nearest -1.0K
1001 ms, --to-unit=1000: 2 s
1001 ms, --format=%.0f: 2 s
1001 ms, --round=nearest: 1 s' ]
