#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# DuckDB 1.5.6 (npm: @duckdb/node-api 1.5.6-r.1): a member `at` of JSON lines cannot be selected by its name.
#
# Guess: read_json() makes a column of each member, to be named in SQL as it stands: `at` is none of the words that
# SQL reserves, and SQLite takes it.
# Seen: `SELECT at FROM ...` and max(at) are syntax errors at whatever follows the word, while `SELECT *` shows the column.
# In double quotes, or with the table's name before it, it is there. And the `time` beside it, with nanoseconds and a
# Z, is text and no time stamp.
# What helps: "at" in double quotes, CAST(time AS TIMESTAMP_NS).
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @duckdb/node-api@1.5.6-r.1 >/dev/null
echo '{"event":"done","at":1.5,"time":"2026-11-29T21:30:00.123456789Z"}' >events.ndjson
cat >probe.mjs <<'JS'
import { DuckDBInstance } from '@duckdb/node-api';
const connection = await (await DuckDBInstance.create(':memory:')).connect();
for (const what of ['at', 'at, event', 'max(at)', '"at"', 'e.at', 'typeof(time)', 'CAST(time AS TIMESTAMP_NS)']) {
  let result;
  try {
    result = JSON.stringify((await connection.runAndReadAll(`SELECT ${what} FROM read_json('events.ndjson') AS e`)).getRowsJson());
  } catch (error) { result = error.message.split(':')[0]; }
  console.log(what + ': ' + result);
}
JS
got=$(node probe.mjs
    python3 -c 'import sqlite3; print("SQLite:", sqlite3.connect(":memory:").execute("SELECT at FROM (SELECT 1.5 AS at)").fetchall())')
printf '%s\n' "$got"
[ "$got" = 'at: Parser Error
at, event: Parser Error
max(at): Parser Error
"at": [[1.5]]
e.at: [[1.5]]
typeof(time): [["VARCHAR"]]
CAST(time AS TIMESTAMP_NS): [["2026-11-29 21:30:00.123456789"]]
SQLite: [(1.5,)]' ]
