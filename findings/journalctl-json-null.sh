#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# systemd 252.39 (Debian 12): `journalctl -o json` has null in the place of a message of more than 4,096 bytes.
#
# Guess: JSON is what programs read, so it has each field whole; only what is for people is cut to the screen.
# Seen: a message of 5,000 bytes is `"MESSAGE":null`, with status 0, while the format for people, written to a pipe, has all of it. Lines of
# JSON that a program logs, a stack trace or a request's text are the ones that are that long. What is read back
# from `-o json` then says that there was no message.
# What helps: --all, or `-o export`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q systemd=252.39-1~deb12u2 systemd-journal-remote=252.39-1~deb12u2 libsystemd-shared=252.39-1~deb12u2 libsystemd0=252.39-1~deb12u2 \
    libmicrohttpd12 libcurl4 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu/systemd:$scratch/usr/lib/x86_64-linux-gnu LC_ALL=C
time=1793999999000000
for length in 4000 5000; do
    printf '__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=0123456789abcdef0123456789abcdef\nMESSAGE=%s\n\n' "$((time += length))" \
        "$length" "$(head -c "$length" /dev/zero | tr '\0' x)"
done >entries
lib/systemd/systemd-journal-remote -o log.journal entries >/dev/null 2>&1
lengths()
{
    usr/bin/journalctl --file log.journal -o json "$@" | python3 -c '
import json, sys
print(*(len(text) if text is not None else "null" for text in (json.loads(line)["MESSAGE"] for line in sys.stdin)))'
}
[ -x usr/bin/journalctl ] || ln -s ../../bin/journalctl usr/bin/journalctl
got=$(echo "json: $(lengths)"
    echo "json, --all: $(lengths --all)"
    echo "cat: $(usr/bin/journalctl --file log.journal -o cat | awk '{ print length }' | paste -s -d ' ')")
printf '%s\n' "$got"
[ "$got" = 'json: 4000 null
json, --all: 4000 5000
cat: 4000 5000' ]
