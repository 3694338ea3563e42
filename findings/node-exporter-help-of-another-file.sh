#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# prometheus-node-exporter 1.5.0 (Debian 12), textfile collector: a metric is dropped because another file has no description of it.
#
# Guess: files of one folder are put together; where two have the same metric with other labels both are there. If they do not fit, the file is
# left out and node_textfile_scrape_error is 1, as for a file that cannot be read.
# Seen: of a metric that one file describes (# HELP) and another does not, the lines of the second file that is read are gone: jobs{host="b"}
# is missing, and other metrics of that file are there. The scrape is answered with 200, node_textfile_scrape_error is 0, the collector
# has succeeded. With the same words in both files, or in none, both lines are there.
# What helps: the same HELP and TYPE lines in each file, or a metric for one file alone.
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

apt-get download -q prometheus-node-exporter=1.5.0-1+b6 >/dev/null 2>&1
dpkg -x prometheus-node-exporter_*.deb .
mkdir texts
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
usr/bin/prometheus-node-exporter --collector.disable-defaults --collector.textfile --collector.textfile.directory="$scratch/texts" \
    --web.listen-address="127.0.0.1:$port" >log 2>&1 &
server=$!
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done
# with NAME LINES-OF-A LINES-OF-B: what is scraped of two files
with()
{
    printf '%bjobs{host="a"} 5\n' "$2" >texts/a.prom
    printf '%bjobs{host="b"} 6\nother 1\n' "$3" >texts/b.prom
    echo "$1: $(python3 -c 'import sys, urllib.request
answer = urllib.request.urlopen(sys.argv[1])
lines = answer.read().decode().splitlines()
print(answer.status, *sorted(line for line in lines if line.startswith(("jobs{", "other ", "node_textfile_scrape_error "))), sep=", ")' "http://127.0.0.1:$port/metrics")"
}
described='# HELP jobs Jobs so far.\n# TYPE jobs gauge\n'
got=$(with 'described in both' "$described" "$described"
    with 'in none' '' ''
    with 'in b alone' '' "$described")
printf '%s\n' "$got"
[ "$got" = 'described in both: 200, jobs{host="a"} 5, jobs{host="b"} 6, node_textfile_scrape_error 0, other 1
in none: 200, jobs{host="a"} 5, jobs{host="b"} 6, node_textfile_scrape_error 0, other 1
in b alone: 200, jobs{host="a"} 5, node_textfile_scrape_error 0, other 1' ]
