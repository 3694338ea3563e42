#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libconfuse 3.3 (Debian 12): plus signs before a bare value disappear.
#
# Guess: `a = +5` gives a string option the text `+5`, as `a = -5` gives `-5`; `a = ++5` gives `++5` or a
# syntax error.
# Seen: both give `5`, without a word: a plus belongs to the operator `+=`, and one that is not followed by
# an equals sign is skipped. Quoted, the value keeps it. So a program that checks the text of a value by
# itself never sees the sign, and cannot refuse it.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libconfuse2=3.3-3 libconfuse-dev=3.3-3 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
library=$(dirname "$(find "$scratch" -name 'libconfuse.so.2')")
cat >probe.c <<'C'
#include <confuse.h>
#include <stdio.h>

int main(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++) {
        cfg_opt_t options[] = {CFG_STR("a", "", CFGF_NONE), CFG_END()};
        cfg_t *cfg = cfg_init(options, CFGF_NONE);
        int result = cfg_parse_buf(cfg, argv[i]);

        printf("%s -> %s\n", argv[i], result == CFG_SUCCESS ? cfg_getstr(cfg, "a") : "refused");
        cfg_free(cfg);
    }
    return 0;
}
C
cc -I "$(dirname "$(find "$scratch" -name confuse.h)")" -o probe probe.c "$library/libconfuse.so.2"
got=$(LD_LIBRARY_PATH=$library ./probe 'a = -5' 'a = +5' 'a = ++5' 'a = "+5"' 2>&1)
printf '%s\n' "$got"
[ "$got" = 'a = -5 -> -5
a = +5 -> 5
a = ++5 -> 5
a = "+5" -> +5' ]
