#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libxcrypt 4.4.33 (Debian 12): crypt_checksalt() says that all is well with settings that crypt() refuses.
#
# Guess: CRYPT_SALT_OK means that crypt() can be called with the setting, so a program may check its file of password hashes at
# its start by it and be sure that each can be compared with.
# Seen: it looks at the method's name in front and no further. `$y$` and `$2b$05$`, which crypt() answers with `*0`, are OK, so is a hash
# whose end is missing: each password is then refused at run time, and nothing said so at the start.
# What helps: crypt() itself, once for each entry, and a look at the length of what it gives.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libcrypt1=1:4.4.33-2 libcrypt-dev=1:4.4.33-2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <crypt.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    static const char *const settings[] = {"$y$", "$2b$05$", "$6$salt$cut", "$9$", "*0"};

    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        static struct crypt_data data;
        const char *hash = crypt_r("password", settings[i], &data);
        printf("%s: %s, crypt %s\n", settings[i], crypt_checksalt(settings[i]) == CRYPT_SALT_OK ? "OK" : "not OK",
            hash[0] == '*' ? "fails" : strcmp(hash, settings[i]) == 0 ? "agrees" : "gives another hash");
    }
    return 0;
}
C
library=$(dirname "$(find "$scratch" -name libcrypt.so.1)")
cc -I usr/include -o probe probe.c "$library/libcrypt.so.1"
got=$(LD_LIBRARY_PATH=$library ./probe)
printf '%s\n' "$got"
# shellcheck disable=SC2016
[ "$got" = '$y$: OK, crypt fails
$2b$05$: OK, crypt fails
$6$salt$cut: OK, crypt gives another hash
$9$: not OK, crypt fails
*0: not OK, crypt fails' ]
