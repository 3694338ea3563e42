#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# GCC 12.2.0 (Debian 12's cpp-12), -O2 for x86-64: `c ? a : b` has no branch for 8 bytes and one for a struct of 16.
#
# Guess: a choice between two values that are there already is a conditional move, or two of them for a struct of two words: what does not depend on
# the condition is not jumped over.
# Seen: for a long and for a struct of two ints it is a `cmov`; for a struct of two longs, by value or by pointer, GCC jumps, at -O3 too.
# Where the condition is as good as drawn, as in a heap or a tree that compares a time and a number behind it, each second jump is mispredicted.
# Written as two choices, of one member each, it is joined to one jump again.
# What helps: a mask of the condition, and a look at the assembly.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q cpp-12=12.2.0-14+deb12u1 >/dev/null 2>&1
dpkg -x cpp-12_*.deb .
cat >probe.c <<'C'
struct ints { int time, number; };
struct longs { long time, number; };
long one_long(int c, long a, long b) { return c ? a : b; }
struct ints two_ints(int c, struct ints a, struct ints b) { return c ? a : b; }
struct longs two_longs(int c, struct longs a, struct longs b) { return c ? a : b; }
void by_pointer(int c, struct longs *to, const struct longs *a, const struct longs *b)
{
    struct longs first = *a, second = *b;
    *to = c ? first : second;
}
struct longs by_member(int c, struct longs a, struct longs b)
{
    return (struct longs){c ? a.time : b.time, c ? a.number : b.number};
}
struct longs by_mask(int c, struct longs a, struct longs b)
{
    long mask = -(long)(c != 0);
    return (struct longs){(a.time & mask) | (b.time & ~mask), (a.number & mask) | (b.number & ~mask)};
}
C
got=$(for level in -O2 -O3; do
    usr/lib/gcc/x86_64-linux-gnu/12/cc1 -quiet "$level" probe.c -o probe.s
    awk -v level="$level" '
        /^[a-z_]+:$/ { name = $1 }
        $1 ~ /^cmov/ { moves++ }
        $1 ~ /^j/ { jumps++ }
        $1 == ".cfi_endproc" {
            printf "%s %s %s, %s\n", level, name, moves ? "cmov" : "no cmov", jumps ? "jumps" : "no jump"
            moves = jumps = 0
        }' probe.s
done)
printf '%s\n' "$got"
[ "$got" = '-O2 one_long: cmov, no jump
-O2 two_ints: cmov, no jump
-O2 two_longs: no cmov, jumps
-O2 by_pointer: no cmov, jumps
-O2 by_member: no cmov, jumps
-O2 by_mask: no cmov, no jump
-O3 one_long: cmov, no jump
-O3 two_ints: cmov, no jump
-O3 two_longs: no cmov, jumps
-O3 by_pointer: no cmov, jumps
-O3 by_member: no cmov, jumps
-O3 by_mask: no cmov, no jump' ]
