#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# SQLite 3.40.1 (Debian 12's libsqlite3-0), WAL: the COMMIT of a large transaction writes everything twice.
#
# Guess: with journal_mode=WAL a COMMIT appends to the log and is done; that the log is copied into the database comes later, when
# somebody has time for it, or with the next transaction.
# Seen: the COMMIT that takes the log beyond 1,000 pages copies it before it returns: behind it the database file has grown by all of the 20 MB,
# in the thread that waits for its commit. So it is the largest transactions that take twice the time, and a commit that is quick for weeks is slow
# in the one that reaches the limit.
# What helps: `PRAGMA wal_autocheckpoint=0` and sqlite3_wal_checkpoint_v2() in another thread with a connection of its own.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libsqlite3-0=3.40.1-2+deb12u2 libsqlite3-dev=3.40.1-2+deb12u2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

static long long megabytes(const char *name)
{
    struct stat status;
    return stat(name, &status) == 0 ? status.st_size / 1000000 : -1;
}
int main(void)
{
    static const char *const settings[] = {"PRAGMA wal_autocheckpoint=1000", "PRAGMA wal_autocheckpoint=0"};

    for (int i = 0; i < 2; i++) {
        sqlite3 *database;
        sqlite3_open(i == 0 ? "first.db" : "second.db", &database);
        sqlite3_exec(database, "PRAGMA journal_mode=WAL; CREATE TABLE blobs (data)", NULL, NULL, NULL);
        if (i == 1) sqlite3_exec(database, settings[i], NULL, NULL, NULL);
        sqlite3_exec(database, "BEGIN", NULL, NULL, NULL);
        for (int row = 0; row < 20; row++) sqlite3_exec(database, "INSERT INTO blobs VALUES (zeroblob(1000000))", NULL, NULL, NULL);
        const char *name = sqlite3_db_filename(database, "main");
        long long before = megabytes(name);
        sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
        printf("%s: before COMMIT %lld MB, behind it %lld MB, log %lld MB\n", i == 0 ? "as it is" : settings[i], before, megabytes(name),
            megabytes(sqlite3_filename_wal(name)));
        sqlite3_close(database);
    }
    return 0;
}
C
library=$scratch/usr/lib/x86_64-linux-gnu
cc -I usr/include -o probe probe.c "$library/libsqlite3.so.0" -Wl,--allow-shlib-undefined
got=$(LD_LIBRARY_PATH=$library ./probe)
printf '%s\n' "$got"
[ "$got" = 'as it is: before COMMIT 0 MB, behind it 20 MB, log 20 MB
PRAGMA wal_autocheckpoint=0: before COMMIT 0 MB, behind it 0 MB, log 20 MB' ]
