#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# collectd 5.12.0 (Debian 12), its statsd plugin: a timing of 5 ms that was sampled is 50 ms, and one of 0.4 ms was never there.
#
# Guess: `wait:5|ms|@0.1` stands for ten timings of 5 ms, as with StatsD, which counts ten; percentiles and the mean are 5 ms. A fraction of a
# millisecond, which clients of StatsD send, is a fraction.
# Seen: it is the value that is divided by the rate: all of mean, sum, least and greatest are ten times what was measured, and the count is that of
# the lines received. So a service looks ten times slower on the day on which somebody turns sampling on. 0.4 ms is neither in the
# mean nor in the count. And percentiles are the upper ends of bins: the 99th of ten timings up to 100 ms is above 100.
# What helps: no sampling of timers that collectd receives.
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

apt-get download -q collectd-core=5.12.0-14 libltdl7 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
port=$(python3 -c 'import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >collectd.conf <<CONF
BaseDir "$scratch"
PIDFile "$scratch/pid"
PluginDir "$scratch/usr/lib/collectd"
TypesDB "$scratch/usr/share/collectd/types.db"
Interval 1
Hostname "probe"
LoadPlugin logfile
<Plugin logfile>
    File "$scratch/log"
</Plugin>
LoadPlugin csv
<Plugin csv>
    DataDir "$scratch/csv"
</Plugin>
LoadPlugin statsd
<Plugin statsd>
    Host "127.0.0.1"
    Port "$port"
    TimerPercentile 99.0
    TimerUpper true
    TimerCount true
</Plugin>
CONF
LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu LC_ALL=C usr/sbin/collectd -f -C collectd.conf >out 2>&1 &
server=$!
until grep -qs 'statsd plugin: Listening' log; do sleep 0.05; done
cat >probe.py <<'PY'
import glob, socket, sys, time

def value(name, kind):
    """The first line of a timer's file that has a number other than 0, or None."""
    for path in glob.glob(f"csv/probe/statsd/{kind}-*"):
        if path.split("/")[-1].startswith(f"{kind}-{name}"):
            for line in open(path).read().splitlines()[1:]:
                number = line.split(",")[1]
                if number != "nan" and float(number) > 0:
                    return float(number)
    return None

sender = socket.socket(type=socket.SOCK_DGRAM)
lines = ["plain:5|ms"] * 10 + ["sampled:5|ms|@0.1"] * 10 + ["short:0.4|ms"] * 10 + [f"many:{10 * i}|ms" for i in range(1, 11)]
# One datagram, so that all lines are of one interval.
sender.sendto("\n".join(lines).encode(), ("127.0.0.1", int(sys.argv[1])))
deadline = time.monotonic() + 30
while value("many-percentile-99", "latency") is None or value("sampled-count", "gauge") is None or value("plain-count", "gauge") is None:
    if time.monotonic() > deadline:
        raise SystemExit("no figures: " + " ".join(glob.glob("csv/probe/statsd/*")))
    time.sleep(0.1)
time.sleep(1.5)
for name in ("plain", "sampled", "short"):
    mean, count = value(name + "-average", "latency"), value(name + "-count", "gauge")
    print(f"{name}: mean {round(mean * 1e3, 3)} ms, count {int(count)}" if mean and count else f"{name}: nothing but 0")
print("99th percentile above the greatest:", value("many-percentile-99", "latency") > value("many-upper", "latency"))
PY
got=$(timeout 60 python3 probe.py "$port")
printf '%s\n' "$got"
[ "$got" = 'plain: mean 5.0 ms, count 10
sampled: mean 50.0 ms, count 10
short: nothing but 0
99th percentile above the greatest: True' ]
