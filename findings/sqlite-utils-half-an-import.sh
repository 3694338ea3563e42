#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# sqlite-utils 3.30 (Debian 12), `insert --nl`: behind an error in line 151 of 152 the first 100 lines are in the table.
#
# Guess: an insert of a file is one transaction: a line with a column that the table does not have is an error, and the table is as it was, so
# that the file can be mended, or --alter added, and inserted again.
# Seen: lines are inserted and committed by hundreds, so 100 of 152 stay, and the second try, which succeeds, has them twice: 252.
# A table is made from the first 100 lines alone: a member that comes first in line 50 is a column, one in line 151 an
# error. A file of 90 lines, as in a test, behaves as was guessed.
# What helps: --alter from the start; a primary key (--pk) with --replace.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q sqlite-utils=3.30-1+deb12u1 python3-sqlite-fts4 python3-click python3-click-default-group \
    python3-tabulate python3-dateutil python3-pluggy python3-six >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
# lines COUNT AT: so many lines, of which one has a second member.
lines() { seq "$1" | awk -v at="$2" '{ print NR == at ? "{\"n\":" $1 ",\"error\":\"late\"}" : "{\"n\":" $1 "}" }'; }
insert()
{
    local status=0
    python3 -W ignore usr/bin/sqlite-utils insert "$@" --nl >/dev/null 2>&1 || status=$?
    echo "status $status, $(python3 -c 'import sqlite3, sys
try:
    print(*sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM t").fetchone())
except sqlite3.OperationalError as error:
    print(error)' "$1")"
}
lines 152 50 >early
lines 152 151 >late
got="in line 50: $(insert early.db t early) rows
in line 151: $(insert late.db t late) rows
once more with --alter: $(insert late.db t late --alter) rows"
printf '%s\n' "$got"
[ "$got" = 'in line 50: status 0, 152 rows
in line 151: status 1, 100 rows
once more with --alter: status 0, 252 rows' ]
