#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# The systemd units are valid, as systemd-analyze has it, and no more exposed
# than they have to be.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
top_builddir=${top_builddir:-$PWD}
. "$top_srcdir/tests/support/tap.sh"

# Exposure at most, in tenths: of the activated service, and of one that binds
# by itself.
activated=4
self_binding=11

units=$top_srcdir/systemd
make_scratch

verify()
{
    systemd-analyze verify --man=no --recursive-errors=no "$1/waitd.socket" "$1/waitd.service" \
        "$1/waitd-metrics.socket"
}

# tenths N: as a decimal.
tenths()
{
    printf '%d.%d' $(($1 / 10)) $(($1 % 10))
}

# exposure DIRECTORY TENTHS
exposure()
{
    systemd-analyze security --no-pager --offline=true --threshold="$2" "$1/waitd.service"
}

# check_exposure DIRECTORY TENTHS WHICH: at most so much, and no less.
check_exposure()
{
    passes "the exposure of the $3 service is at most $(tenths "$2")" exposure "$1" "$2"
    if exposure "$1" $(($2 - 1)) >/dev/null 2>&1; then
        not_ok "the threshold of the $3 service is as low as it can be"
    else
        ok "the threshold of the $3 service is as low as it can be"
    fi
}

# is_valid DIRECTORY WHICH
is_valid()
{
    output=$(verify "$1" 2>&1)
    status=$?
    is "$status $(printf '%s\n' "$output" | grep -cE "$scratch|waitd")" "0 0" "the $2 units are valid"
    [ -z "$output" ] || note "$output"
}

# ---- each directive has its reason -----------------------------------------

# A directive that neither follows a comment nor another directive of the same
# paragraph that does; [Install] and what a unit begins with explain themselves.
without_reason()
{
    awk -v name="${1##*/}" '
        /^$/ || /^\[/ { reason = 0 }
        /^\[/ { section = $0 }
        /^#/ { reason = 1 }
        /^[A-Z][A-Za-z]*=/ && !reason && section != "[Install]" && !/^(Description|Documentation)=/ {
            print name ": " $0
        }' "$1"
}

for unit in waitd.service.in waitd.path.in waitd.socket waitd-metrics.socket self-binding/waitd.service.d/self-binding.conf \
    self-binding/waitd.socket.d/self-binding.conf cluster/waitd.service.d/cluster.conf.in examples/waitd-stdio.socket \
    examples/waitd-stdio@.service.in; do
    none "$(without_reason "$units/$unit")" "each directive of $unit has its reason"
done

# ---- as systemd sees them --------------------------------------------------

if ! have systemd-analyze; then
    for name in "the activated units are valid" "the self-binding units are valid" \
        "the exposure of the activated service is at most $(tenths $activated)" \
        "the exposure of the self-binding service is at most $(tenths $self_binding)"; do
        skip "$name" "no systemd-analyze"
    done
    skip "the units of a node of a cluster are valid" "no systemd-analyze"
    skip "the example units are valid" "no systemd-analyze"
    done_testing
fi

# A program that is there stands in for those that are not installed yet.
mkdir "$scratch/activated" || bail "no directory"
cp "$units/waitd.socket" "$units/waitd-metrics.socket" "$top_builddir/systemd/waitd.path" "$scratch/activated/" || bail "no waitd.socket"
sed -E 's,(^Exec[A-Za-z]*=)[^ ]*/waitd,\1/bin/true,' "$top_builddir/systemd/waitd.service" \
    >"$scratch/activated/waitd.service" || bail "no waitd.service"
is_valid "$scratch/activated" activated
check_exposure "$scratch/activated" $activated activated

# The tool reads no drop-ins of a unit that is not installed: appended they
# mean the same.
mkdir "$scratch/self-binding" || bail "no directory"
cp "$units/waitd-metrics.socket" "$scratch/self-binding/"
for unit in service socket; do
    cat "$scratch/activated/waitd.$unit" "$units/self-binding/waitd.$unit.d/self-binding.conf" \
        >"$scratch/self-binding/waitd.$unit" || bail "no drop-in"
done
is_valid "$scratch/self-binding" self-binding
check_exposure "$scratch/self-binding" $self_binding self-binding

# The same of a node of a cluster.
mkdir "$scratch/cluster" || bail "no directory"
cp "$scratch"/activated/*.socket "$scratch/cluster/"
sed -E 's,(^ExecStart=)[^ ]*/waitd,\1/bin/true,' \
    "$top_builddir/systemd/cluster/waitd.service.d/cluster.conf" >"$scratch/cluster.conf" || bail "no drop-in"
cat "$scratch/activated/waitd.service" "$scratch/cluster.conf" >"$scratch/cluster/waitd.service"
is_valid "$scratch/cluster" cluster
check_exposure "$scratch/cluster" $self_binding cluster

# ---- the examples ------------------------------------------------------------

mkdir "$scratch/examples" || bail "no directory"
cp "$units/examples/waitd-stdio.socket" "$scratch/examples/"
sed -E 's,(^ExecStart=)[^ ]*/waitd,\1/bin/true,' "$top_builddir/systemd/examples/waitd-stdio@.service" \
    >"$scratch/examples/waitd-stdio@.service" || bail "no waitd-stdio@.service"
none "$(systemd-analyze verify --man=no --recursive-errors=no "$scratch/examples/waitd-stdio.socket" \
    "$scratch/examples/waitd-stdio@.service" 2>&1 | grep -E "$scratch|waitd")" "the example units are valid"

done_testing
