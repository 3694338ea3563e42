#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libsystemd 252.39 (Debian 12): sd_journal_send() succeeds where there is no journal.
#
# Guess: without /run/systemd/journal/socket it fails with -ENOENT, so a program can write to standard error instead.
# Seen: it returns 0, and the line is nowhere: the missing socket is taken for a wish to have no log. Only other
# errors are told. In a container, or with a JOURNAL_STREAM that was inherited, a program that logs in this
# way alone is silent.
# What helps: look for the socket (or compare JOURNAL_STREAM with standard error) before, and write to standard error
# where there is none.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

if [ -e /run/systemd/journal/socket ]; then
    echo 'This system has a journal: to be run where there is none.'
    exit 0
fi
apt-get download -q libsystemd0=252.39-1~deb12u2 libsystemd-dev=252.39-1~deb12u2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <stdio.h>
#include <systemd/sd-journal.h>

int main(void)
{
    printf("sent: %d\n", sd_journal_send("MESSAGE=is anybody there?", "PRIORITY=3", NULL));
    printf("an invalid field: %s\n", sd_journal_send("no equals sign", NULL) < 0 ? "an error" : "sent");
    return 0;
}
C
library=$(dirname "$(find "$scratch" -name 'libsystemd.so.0')")
cc -I usr/include -o probe probe.c "$library/libsystemd.so.0" -Wl,--allow-shlib-undefined
got=$(LD_LIBRARY_PATH=$library ./probe)
printf '%s\n' "$got"
[ "$got" = 'sent: 0
an invalid field: an error' ]
