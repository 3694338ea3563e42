#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libmpfr 4.2.0 (Debian 12): numbers of more than 2^(2^30) are infinite unless somebody asks for more.
#
# Guess: exponents go as far as their type does: near 2^62 on a 64-bit machine, as mpfr_get_emax_max() says.
# Seen: the range in force by default ends at 2^30 - 1. 10^(9*10^8) is infinite, with the overflow flag and
# without an error, and stays so at any precision: a loop that raises the precision until two bounds round
# alike never ends on it. After mpfr_set_emax(mpfr_get_emax_max()) it is a number.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libmpfr6=4.2.0-1 libmpfr-dev=4.2.0-1 libgmp10 libgmp-dev >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
library=$scratch/usr/lib/x86_64-linux-gnu
cat >probe.c <<'C'
#include <mpfr.h>
#include <stdio.h>

static const char *power(mpfr_prec_t precision)
{
    static char text[32];
    mpfr_t x;

    mpfr_init2(x, precision);
    mpfr_ui_pow_ui(x, 10, 900000000, MPFR_RNDN);
    snprintf(text, sizeof(text), "%s", mpfr_inf_p(x) ? "infinite" : "a number");
    mpfr_clear(x);
    return text;
}

int main(void)
{
    printf("in force: 2^30 - 1 %s, possible: %s\n", mpfr_get_emax() == (1L << 30) - 1 ? "yes" : "no",
           mpfr_get_emax_max() > (1L << 60) ? "beyond 2^60" : "less");
    printf("64 bits: %s\n", power(64));
    printf("4096 bits: %s\n", power(4096));
    mpfr_set_emax(mpfr_get_emax_max());
    printf("with all of the range: %s\n", power(64));
    return 0;
}
C
cc -I usr/include -I usr/include/x86_64-linux-gnu -o probe probe.c "$library"/libmpfr.so.6 "$library"/libgmp.so.10
got=$(LD_LIBRARY_PATH=$library ./probe)
printf '%s\n' "$got"
[ "$got" = 'in force: 2^30 - 1 yes, possible: beyond 2^60
64 bits: infinite
4096 bits: infinite
with all of the range: a number' ]
