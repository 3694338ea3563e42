#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# glibc 2.36 and GCC 12.2.0 (Debian 12): calloc() leaves the block that was just freed, and malloc() with memset() is calloc().
#
# Guess: calloc() is malloc() and memset(), so the block that a thread has just freed is the next one of its size, warm and without a lock, by either.
# Seen: calloc() does not look into the thread's cache: malloc() gets the block back, calloc() cuts another one, for every size that the cache has
# (up to 1,032 bytes). A program that allocates by calloc() and frees fills a cache that nothing takes from. To write malloc() and memset()
# instead changes nothing: from -O2 on GCC makes calloc() of it. If the whole struct is assigned, `*p = (struct job){0}`, malloc() stays.
# What helps: that assignment, where such an allocation is among the costs.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q cpp-12=12.2.0-14+deb12u1 libc6=2.36-9+deb12u14 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    static const size_t sizes[] = {24, 464, 1000};

    for (int i = 0; i < 3; i++) {
        void *volatile first = malloc(sizes[i]);
        void *volatile wall = malloc(sizes[i]);
        free(first);
        void *volatile by_malloc = malloc(sizes[i]);
        free(by_malloc);
        void *volatile by_calloc = calloc(1, sizes[i]);
        printf("%zu bytes: malloc %s, calloc %s\n", sizes[i], by_malloc == first ? "the freed block" : "another",
            by_calloc == first ? "the freed block" : "another");
        free(wall);
    }
    return 0;
}
C
cat >zeroed.c <<'C'
#include <stdlib.h>
#include <string.h>
struct job { char bytes[464]; };
struct job *set(void)
{
    struct job *job = malloc(sizeof *job);
    if (job) memset(job, 0, sizeof *job);
    return job;
}
struct job *assigned(void)
{
    struct job *job = malloc(sizeof *job);
    if (job) *job = (struct job){0};
    return job;
}
C
cc -O1 -w -o probe probe.c
compiler=usr/lib/gcc/x86_64-linux-gnu/12/cc1
library=lib/x86_64-linux-gnu
got=$("$library/ld-linux-x86-64.so.2" --library-path "$library" ./probe
    for level in -O1 -O2; do
        "$compiler" -quiet "$level" -imultiarch x86_64-linux-gnu zeroed.c -o zeroed.s
        awk -v level="$level" '/^set:|^assigned:/ { name = $1 } /(call|jmp).*(malloc|calloc)/ { sub("@PLT", "", $2); print level, name, $2 }' zeroed.s
    done)
printf '%s\n' "$got"
[ "$got" = '24 bytes: malloc the freed block, calloc another
464 bytes: malloc the freed block, calloc another
1000 bytes: malloc the freed block, calloc another
-O1 set: malloc
-O1 assigned: malloc
-O2 set: calloc
-O2 assigned: malloc' ]
