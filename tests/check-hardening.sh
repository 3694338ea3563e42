#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# The programs are hardened, as far as the compiler was found to be able to:
# looked up in the programs themselves, not in the flags that they were given.
#
#     HARDENING     yes or no, as configured; elsewhere each check is skipped
#     BUILD_FLAGS   what configure has chosen for the compiler and the linker
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
top_builddir=${top_builddir:-$PWD}
. "$top_srcdir/tests/support/tap.sh"

# Why the programs are not looked at; empty if they are.
reason=
if [ "${HARDENING:-yes}" != yes ]; then
    reason="built with --disable-hardening"
elif ! have readelf || ! have objdump; then
    reason="no binutils"
elif [[ " ${BUILD_FLAGS-} " == *" -fsanitize="* ]]; then
    reason="built with sanitizers"
fi

# has PATTERN COMMAND...: whether a line that the command gives matches.
has()
{
    local pattern=$1
    shift
    # All of it is read, so that the command does not end by SIGPIPE.
    [ "$("$@" 2>&1 | grep -cE -- "$pattern")" -gt 0 ]
}

# chosen FLAG: whether configure has found that it works.
chosen()
{
    [[ " ${BUILD_FLAGS-} " == *" $1 "* ]]
}

# check FLAG PROGRAM WHAT PATTERN COMMAND...: holds where the flag was chosen.
check()
{
    local flag=$1 name="$2: $3" pattern=$4
    shift 4
    if [ -n "$reason" ]; then
        skip "$name" "$reason"
    elif ! chosen "$flag"; then
        skip "$name" "built without $flag"
    else
        passes "$name" has "$pattern" "$@"
    fi
}

# check_x86 ...: the same, of instructions.
check_x86()
{
    if [ "$(uname -m)" = x86_64 ]; then
        check "$@"
    else
        skip "$2: $3" "known of x86-64 alone"
    fi
}

for program in daemon/waitd client/waitctl; do
    path=$top_builddir/$program
    check -pie $program "it is position-independent" 'Flags:.* PIE' readelf -dW "$path"
    check -Wl,-z,relro $program "relocations are read-only" GNU_RELRO readelf -lW "$path"
    check -Wl,-z,now $program "and bound at the start" 'Flags:.* NOW' readelf -dW "$path"
    check -pie $program "the stack is not executable" 'GNU_STACK .* RW +0x' readelf -lW "$path"
    check -fstack-protector-strong $program "the stack is guarded" __stack_chk_fail \
        readelf --dyn-syms -W "$path"
    check -D_FORTIFY_SOURCE=2 $program "the C library's calls are checked" \
        '__(memcpy|snprintf|vsnprintf|fprintf)_chk' readelf --dyn-syms -W "$path"
    check_x86 -fcf-protection $program "indirect branches land where they may" endbr64 \
        objdump -d --disassemble=main "$path"
    # shellcheck disable=SC2016
    check_x86 -fstack-clash-protection $program "large frames touch each page" \
        '(or|mov)[lq]? +\$0x0,(0x[0-9a-f]+)?\(%r[a-z0-9]+\)' objdump -d "$path"
done

# All of them, where everything is there to have them.
if [ -n "$reason" ] || [ "$(uname -m)" != x86_64 ]; then
    skip "nothing is left out" "${reason:-known of x86-64 alone}"
else
    missing=
    for flag in -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE -pie \
        -Wl,-z,relro -Wl,-z,now; do
        chosen $flag || missing="$missing $flag"
    done
    none "$missing" "nothing is left out"
fi
done_testing
