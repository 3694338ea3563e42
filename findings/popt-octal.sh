#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# popt 1.19 (Debian 12): `--count=010` is 8, `--count=08` an error and `--count=` 0.
#
# Guess: POPT_ARG_INT reads a decimal number, 0x in front of a hexadecimal one at most; an empty value is an error, as `8s` is.
# Seen: a 0 in front makes it octal, so numbers of a fixed width, `printf %03d`, are others from 010 on, and 008 and 009 are refused as "invalid
# numeric value". An empty value, as a script has it whose variable is not set, is 0 without a word: with many programs that is "no limit".
# POPT_ARG_DOUBLE reads 010 as ten, and an empty value as 0 too.
# What helps: POPT_ARG_STRING and a reader of one's own.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libpopt0=1.19+dfsg-1 libpopt-dev=1.19+dfsg-1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <popt.h>
#include <stdio.h>

int main(int count, const char *words[])
{
    int number = -1;
    double real = -1;
    struct poptOption options[] = {{"count", 0, POPT_ARG_INT, &number}, {"real", 0, POPT_ARG_DOUBLE, &real}, POPT_TABLEEND};
    poptContext context = poptGetContext(NULL, count, words, options, 0);
    int status = poptGetNextOpt(context);

    if (status < -1) printf("%s: %s\n", words[1], poptStrerror(status));
    else printf("%s: %g\n", words[1], real != -1 ? real : number);
    return 0;
}
C
library=$(find "$scratch" -name libpopt.so.0)
cc -w -I usr/include -o probe probe.c "$library"
LD_LIBRARY_PATH=$(dirname "$library")
export LD_LIBRARY_PATH
got=$(for word in --count=9 --count=010 --count=08 --count=8s --count= --real=010 --real=; do ./probe "$word"; done)
printf '%s\n' "$got"
[ "$got" = '--count=9: 9
--count=010: 8
--count=08: invalid numeric value
--count=8s: invalid numeric value
--count=: 0
--real=010: 10
--real=: 0' ]
