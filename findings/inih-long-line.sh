#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# inih 55 (Debian 12's libinih1): a line of more than 199 characters is two settings.
#
# Guess: a line may be as long as it likes; if there is a limit, a longer one is an error.
# Seen: what is beyond 199 characters is read as the next line: a command with 15 options is cut, and its rest, which has a `=` in it, is a
# setting of its own, named `--set name11`, that the program gets as any other, with status 0. With 25 options there are three. A command or a
# list that grows over the years gets there.
# What helps: short lines, and a refusal of names that the program does not know.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libinih1=55-1 libinih-dev=55-1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <ini.h>
#include <stdio.h>
#include <string.h>

static int setting(void *unused, const char *section, const char *name, const char *value)
{
    printf(" [%s: %zu characters]", name, strlen(value));
    return 1;
}
int main(void)
{
    for (int options = 5; options <= 25; options += 10) {
        FILE *file = fopen("probe.ini", "w");
        fprintf(file, "[job]\ncommand = /usr/bin/run");
        for (int i = 0; i < options; i++) fprintf(file, " --set name%02d=%02d", i, i);
        fprintf(file, "\nnext = 1\n");
        fclose(file);
        printf("%d options:", options);
        printf(" status %d\n", ini_parse("probe.ini", setting, NULL));
    }
    return 0;
}
C
library=$(find "$scratch" -name libinih.so.1)
cc -w -I usr/include -o probe probe.c "$library"
got=$(LD_LIBRARY_PATH=$(dirname "$library") ./probe)
printf '%s\n' "$got"
[ "$got" = '5 options: [command: 92 characters] [next: 1 characters] status 0
15 options: [command: 188 characters] [--set name11: 50 characters] [next: 1 characters] status 0
25 options: [command: 188 characters] [--set name11: 186 characters] [ame23: 18 characters] [next: 1 characters] status 0' ]
