#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# cJSON 1.7.15 (Debian 12): 9007199254740991, which every double holds, is printed as 9007199254740990.
#
# Guess: a number is printed with 15 digits, and with 17 if these do not give the same number back, as the code says: so
# any double survives reading and printing.
# Seen: "the same" is compared with a tolerance of one part in 2^52, so 15 digits are taken where they are off by one: the
# largest safe integer loses its last digit, and 0.30000000000000004 is 0.3. Today's time in microseconds, which is
# smaller, is right.
# What helps: integers of more than 15 digits as raw text (cJSON_CreateRaw) or as strings.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libcjson1=1.7.15-1+deb12u4 libcjson-dev=1.7.15-1+deb12u4 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    const char *texts[] = {"999999999999999", "1793999999123457", "9007199254740991", "123456789012345678", "0.30000000000000004"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        char *printed = cJSON_PrintUnformatted(cJSON_Parse(texts[i]));
        printf("%s: %s, off by %g\n", texts[i], printed, strtod(texts[i], NULL) - strtod(printed, NULL));
        free(printed);
    }
    return 0;
}
C
library=$(find "$scratch" -name 'libcjson.so.1')
cc -I usr/include -o probe probe.c "$library"
got=$(LC_ALL=C LD_LIBRARY_PATH=$(dirname "$library") ./probe)
printf '%s\n' "$got"
[ "$got" = '999999999999999: 999999999999999, off by 0
1793999999123457: 1793999999123457, off by 0
9007199254740991: 9.00719925474099e+15, off by 1
123456789012345678: 1.2345678901234568e+17, off by 0
0.30000000000000004: 0.3, off by 5.55112e-17' ]
