#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# syslog-ng 3.38.1 (Debian 12), json-parser() and $(format-json): 0.123456789 comes out as "0.123457", and a list as "1,2,a".
#
# Guess: lines of JSON that are read and written as JSON keep their members: numbers are numbers, as they were typed or as a double has them;
# that all is text inside, and numbers are in quotes, might be, but with the digits that they had.
# Seen: a number with a fraction is printed with six decimals before it becomes text, so nanoseconds are lost and 1e3 is "1000.000000"; whole numbers
# keep their digits, in quotes as well. A list is one text with commas, null is empty text, true is "true", and a name with a dot is
# taken apart: {"a.b":1} is {"a":{"b":"1"}}. The message itself, $MSG, is as it was.
# What helps: to pass ${MSG} on unread; numbers as text from the start; syslog-ng 4.
set -euo pipefail
scratch=$(mktemp -d)
server=''
clean_up()
{
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    rm -rf -- "$scratch"
}
trap clean_up EXIT
cd -- "$scratch"

apt-get download -q syslog-ng-core=3.38.1-5+deb12u1 libivykis0 libnet1 libjson-c5 libdbi1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >in.json <<'JSON'
{"at":0.123456789,"e":1e3,"n":9007199254740993,"ok":true,"none":null,"list":[1,2,"a"],"id":"007"}
{"a.b":1}
JSON
cat >syslog-ng.conf <<'CONF'
@version: 3.38
options { flush-lines(1); };
source lines { file("in.json" flags(no-parse) follow-freq(0.2) read-old-records(yes)); };
parser json { json-parser(prefix("j.")); };
destination again { file("out.json" template("$(format-json --key j.* --shift-levels 1)\n")); };
destination message { file("message.json" template("$MSG\n")); };
log { source(lines); parser(json); destination(again); destination(message); };
CONF
LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu:$scratch/usr/lib/syslog-ng usr/sbin/syslog-ng -F --no-caps -f syslog-ng.conf \
    --module-path="$scratch/usr/lib/syslog-ng/3.38" -R "$scratch/persist" -p "$scratch/pid" -c "$scratch/control" >log 2>&1 &
server=$!
for _ in $(seq 600); do
    [ "$(cat out.json message.json 2>/dev/null | wc -l)" -lt 4 ] || break
    sleep 0.05
done
# The order of members is not syslog-ng's affair.
got=$(python3 -c 'import json
for line in open("out.json"):
    print(json.dumps(json.loads(line), sort_keys=True))'
    cmp -s in.json message.json && echo 'the message is as it was')
printf '%s\n' "$got"
[ "$got" = '{"at": "0.123457", "e": "1000.000000", "id": "007", "list": "1,2,a", "n": "9007199254740993", "none": "", "ok": "true"}
{"a": {"b": "1"}}
the message is as it was' ]
