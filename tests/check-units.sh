#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# The systemd units are valid, as systemd-analyze has it, and no more exposed
# than they have to be.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
top_builddir=${top_builddir:-$PWD}
. "$top_srcdir/tests/support/tap.sh"

# The service's exposure at most, in tenths.
threshold=2

scratch=$(mktemp -d) || bail "no temporary directory"
trap 'rm -rf -- "$scratch"' EXIT

verify()
{
    systemd-analyze verify --man=no --recursive-errors=no "$scratch/waitd.socket" "$scratch/waitd.service"
}

exposure()
{
    systemd-analyze security --no-pager --offline=true --threshold="$1" "$scratch/waitd.service"
}

if ! have systemd-analyze; then
    for name in "the units are valid" "the service's exposure is at most 0.$threshold" \
        "the threshold is as low as it can be"; do
        skip "$name" "no systemd-analyze"
    done
    done_testing
fi

# A program that is there stands in for those that are not installed yet.
cp "$top_srcdir/systemd/waitd.socket" "$scratch/" || bail "no waitd.socket"
sed -E 's,(^Exec[A-Za-z]*=)[^ ]*/waitd,\1/bin/true,' "$top_builddir/systemd/waitd.service" \
    >"$scratch/waitd.service" || bail "no waitd.service"

complaints=$(verify 2>&1)
status=$?
is "$status $(printf '%s\n' "$complaints" | grep -c "$scratch")" "0 0" "the units are valid"
[ -z "$complaints" ] || note "$complaints"
passes "the service's exposure is at most 0.$threshold" exposure $threshold
if exposure $((threshold - 1)) >/dev/null 2>&1; then
    not_ok "the threshold is as low as it can be"
else
    ok "the threshold is as low as it can be"
fi

done_testing
