#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# iniparser 4.1 (Debian 12): `feature = on` is neither true nor false.
#
# Guess: iniparser_getboolean() knows the words that INI files have for it: yes and no, true and false, on and off, 1 and 0. A word that it
# does not know gives the default.
# Seen: it looks at the first character alone: y, t and 1 are true, n, f and 0 false. `on` and `off` both begin with an o and are the default
# that the caller gave, as if the line were not there, so `feature = off` leaves on what is on by default. `10s` is true,
# `0.5` and `010` are false, `nightly` false, `two` true.
# What helps: iniparser_getstring() and a list of words of one's own.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libiniparser1=4.1-6 libiniparser-dev=4.1-6 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <iniparser.h>
#include <stdio.h>

int main(void)
{
    static const char *const words[] = {"yes", "no", "true", "0", "on", "off", "10s", "0.5", "nightly", "two"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        FILE *file = fopen("probe.ini", "w");
        fprintf(file, "[jobs]\nfeature = %s\n", words[i]);
        fclose(file);
        dictionary *ini = iniparser_load("probe.ini");
        int high = iniparser_getboolean(ini, "jobs:feature", 1), low = iniparser_getboolean(ini, "jobs:feature", 0);
        printf("%s: %s\n", words[i], high != low ? "the default" : high ? "true" : "false");
        iniparser_freedict(ini);
    }
    return 0;
}
C
library=$(find "$scratch" -name libiniparser.so.1)
cc -I usr/include/iniparser -o probe probe.c "$library"
got=$(LD_LIBRARY_PATH=$(dirname "$library") ./probe)
printf '%s\n' "$got"
[ "$got" = 'yes: true
no: false
true: true
0: false
on: the default
off: the default
10s: true
0.5: false
nightly: false
two: true' ]
