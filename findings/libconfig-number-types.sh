#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libconfig 1.5 (Debian 12): `timeout = 5` is not found as a float, and 4294967296 is 0.
#
# Guess: config_lookup_float() of a setting `timeout = 5` gives 5.0, as any reader of a number does; config_lookup_int64() gives an integer of
# up to 2^63-1, or config_read_string() refuses what is too large.
# Seen: a number without a point is an integer and is "not found" as a float, so the program goes on with its default, and says nothing; `5.0` is
# found. An integer without an `L` behind it is cut to 32 bits when it is read: 3000000000 is -1294967296 and 4294967296 is 0, for int64
# as well, with CONFIG_TRUE.
# What helps: config_set_auto_convert(), or a look at config_setting_type(); `L` behind large integers, in the manual of one's own program too.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libconfig9=1.5-0.4 libconfig-dev=1.5-0.4 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <libconfig.h>
#include <stdio.h>

static void show(int automatic)
{
    static const char *const names[] = {"five", "point", "large", "larger", "long"};
    config_t config;

    config_init(&config);
    config_set_auto_convert(&config, automatic);
    config_read_string(&config, "five = 5; point = 5.0; large = 3000000000; larger = 4294967296; long = 4294967296L;");
    for (int i = 0; i < 5; i++) {
        double real = -1;
        long long integer = -1;
        int is_real = config_lookup_float(&config, names[i], &real), is_integer = config_lookup_int64(&config, names[i], &integer);
        printf("%s%s:", automatic ? "converted, " : "", names[i]);
        is_real ? printf(" float %g,", real) : printf(" float not found,");
        is_integer ? printf(" int64 %lld\n", integer) : printf(" int64 not found\n");
    }
    config_destroy(&config);
}
int main(void)
{
    show(0);
    show(1);
    return 0;
}
C
library=$scratch/usr/lib/x86_64-linux-gnu
cc -I usr/include -o probe probe.c "$library/libconfig.so.9"
got=$(LD_LIBRARY_PATH=$library ./probe)
printf '%s\n' "$got"
[ "$got" = 'five: float not found, int64 5
point: float 5, int64 not found
large: float not found, int64 -1294967296
larger: float not found, int64 0
long: float not found, int64 4294967296
converted, five: float 5, int64 5
converted, point: float 5, int64 5
converted, large: float -1.29497e+09, int64 -1294967296
converted, larger: float 0, int64 0
converted, long: float 4.29497e+09, int64 4294967296' ]
