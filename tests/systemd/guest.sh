# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What test_service.sh runs in the booted system, behind tests/support/tap.sh.
set -u

port=9248
unix=/run/waitd/waitd.sock
# shellcheck disable=SC2153
conf=$CONF
overrides=/etc/systemd/system/waitd.service.d
tmp=$(mktemp -d)

# until_true COMMAND...: waits until it succeeds; the minute is for a failure only.
until_true()
{
    local deadline=$((SECONDS + 60))
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.02
    done
}

# property UNIT NAME
property()
{
    systemctl show -P "$2" "$1"
}

# has_property UNIT NAME VALUE
has_property()
{
    [ "$(property "$1" "$2")" = "$3" ]
}

main_pid()
{
    local pid
    pid=$(property waitd.service MainPID)
    [ "${pid:-0}" -gt 1 ] && echo "$pid"
}

# Sends standard input to an address of nc's and shows what comes back.
ask()
{
    timeout 60 nc -N "$@"
}

ping_once()
{
    echo '{"op":"ping"}' | ask "$@" | grep -q '"event":"pong"'
}

# set_up CONFIGURATION DROP-IN: both sockets and a service that was not started.
set_up()
{
    systemctl stop waitd.socket waitd.service 2>/dev/null
    rm -rf "$overrides"
    mkdir -p "$overrides" "$(dirname "$conf")"
    printf '%s\n' "$1" >"$conf"
    printf '[Service]\n%s\n' "$2" >"$overrides/test.conf"
    systemctl daemon-reload
    systemctl reset-failed waitd.socket waitd.service 2>/dev/null
    systemctl start waitd.socket
}

events_of()
{
    grep -oE '"event":"[a-z_]+"' "$1" | cut -d'"' -f4 | paste -sd ' '
}

# ---- activation ------------------------------------------------------------

passes "systemd takes the units as they are" systemd-analyze verify --man=no waitd.socket waitd.service
passes "exposure of the installed service is at most 0.4" \
    systemd-analyze security --no-pager --threshold=4 waitd.service
systemctl enable --quiet waitd.socket
set_up '' ''
is "$(property waitd.socket ActiveState) $(property waitd.service ActiveState)" "active inactive" \
    "sockets listen and nothing runs before the first client"
started=${EPOCHREALTIME/./}
passes "the first connection starts the service" ping_once 127.0.0.1 $port
note "the first client had its answer after $(((${EPOCHREALTIME/./} - started) / 1000)) ms"
is "$(property waitd.service ActiveState)/$(property waitd.service SubState)" active/running \
    "the service has reported that it is ready"
passes "IPv6 loopback is served" ping_once ::1 $port
passes "the Unix socket is served" ping_once -U $unix
for where in "127.0.0.1 $port" "-U $unix"; do
    # Two words, as nc takes them.
    # shellcheck disable=SC2086
    echo '{"jobs":[{"wait":0.1,"count":3}]}' | ask $where >"$tmp/out"
    is "$(events_of "$tmp/out")" "accepted done done done finished" "a batch over ${where% *} $port"
done
shows_pending()
{
    property waitd.service StatusText |
        grep -qE '^1 connection, 1 batch, 3 pending jobs; lateness in the last minute: p99 [0-9.]+ ms, max [0-9.]+ ms$'
}
echo '{"jobs":[{"wait":30,"count":3}]}' | ask 127.0.0.1 $port >"$tmp/out" &
client=$!
passes "the status shows connections, batches, pending jobs and lateness" until_true shows_pending
kill $client
echo '{"jobs":[{"wiat":1}]}' | ask 127.0.0.1 $port >/dev/null
has_fields()
{
    journalctl -q --no-pager -o cat _SYSTEMD_UNIT=waitd.service SYSLOG_IDENTIFIER=waitd PRIORITY=6 --output-fields=MESSAGE,WAITD_CONNECTION |
        grep -qE '^connection [0-9]+: request refused: invalid_request: jobs\[0\]\.wiat' &&
        journalctl -q --no-pager -F WAITD_CONNECTION | grep -qE '^[0-9]+$'
}
passes "a refused request is in the journal, with its connection as a field" until_true has_fields
for _ in 1 2 3 4 5 6 7 8 9; do
    echo '{"jobs":[{"wiat":1}]}'
done | ask 127.0.0.1 $port >/dev/null
is "$(($(journalctl -q --no-pager -u waitd.service | grep -c 'request refused') <= $(nproc)))" 1 \
    "and ten are not ten lines"

is "$(stat -c '%a %U %G' $unix)" "660 root waitd-clients" "the Unix socket is for a group of its own"
if setpriv --reuid nobody --clear-groups nc -N -U $unix </dev/null 2>/dev/null; then
    not_ok "others may not connect to it"
else
    ok "others may not connect to it"
fi
passes "members of the group may" setpriv --reuid nobody --groups waitd-clients nc -N -U $unix </dev/null
ip address add 198.51.100.7/32 dev lo
if ping_once -w 1 198.51.100.7 $port; then
    not_ok "an address beyond loopback gets no answer"
else
    ok "an address beyond loopback gets no answer"
fi

# ---- metrics ---------------------------------------------------------------

systemctl stop waitd.service
systemctl start waitd-metrics.socket
healthz()
{
    printf 'GET /healthz HTTP/1.0\r\n\r\n' | ask 127.0.0.1 9249 | tail -n 1
}
if $HAS_METRICS; then
    is "$(healthz)" ok "metrics are served on the socket that waitd-metrics.socket hands over"
    is "$(printf 'GET /metrics HTTP/1.0\r\n\r\n' | ask 127.0.0.1 9249 | grep -c '^# TYPE waitd_jobs_ended_total counter')" 1 \
        "with the daemon's counts"
    passes "and jobs on the others" ping_once 127.0.0.1 $port
else
    skip "metrics are served on the socket that waitd-metrics.socket hands over" "built without metrics"
fi
systemctl stop waitd-metrics.socket waitd.service
ping_once 127.0.0.1 $port

# As README has it, while the service runs.
readme_step()
{
    systemctl enable --quiet waitd-metrics.socket &&
        systemctl stop waitd.service && systemctl start waitd-metrics.socket
}
passes "README's step for metrics works while the service runs" readme_step
if $HAS_METRICS; then
    is "$(healthz)" ok "and they are served"
fi
systemctl disable --quiet --now waitd-metrics.socket
systemctl stop waitd.service
ping_once 127.0.0.1 $port

# ---- reload ----------------------------------------------------------------

pid=$(main_pid)
exec 9<>/dev/tcp/127.0.0.1/$port
echo 'max-jobs = 2' >"$conf"
passes "a reload with a good configuration succeeds" systemctl reload waitd.service
is "$(property waitd.service ActiveState) $(main_pid)" "active $pid" "the same process goes on"
few_jobs()
{
    echo '{"jobs":[{"wait":0,"count":3}]}' | ask 127.0.0.1 $port | grep -q '"code":"too_large"'
}
passes "the new limit is in force" until_true few_jobs
echo '{"op":"ping"}' >&9
IFS= read -r -t 5 -u 9 line
is "$(printf '%s' "${line-}" | grep -c pong)" 1 "a connection outlives the reload"
exec 9>&-
echo 'max-yobs = 2' >"$conf"
systemctl reload waitd.service 2>/dev/null
is "$?" 1 "a reload with a bad configuration fails"
is "$(property waitd.service ActiveState) $(main_pid)" "active $pid" "and touches nothing"
passes "the old limit is still in force" few_jobs
is "$(journalctl -q --no-pager -u waitd.service | grep -c 'waitd.conf:1: .*max-yobs')" 1 \
    "the journal says file, line and key"

# ---- faulty configuration at the start -------------------------------------

set_up 'nonsense = 1' ''
systemctl start waitd.service 2>/dev/null
is "$(property waitd.service Result) $(property waitd.service ExecMainStatus)" "exit-code 2" \
    "a bad configuration is exit status 2"
sleep 0.5
is "$(property waitd.service NRestarts) $(property waitd.service ActiveState)" "0 failed" \
    "and is not tried again"

# A client who waits in the sockets starts it time and again, but not for ever.
is_given_up()
{
    [ "$(property waitd.socket Result)" != success ]
}
# By default that is 20 starts in two seconds, which a busy machine does not manage.
mkdir -p /run/systemd/system/waitd.socket.d
printf '[Socket]\nTriggerLimitIntervalSec=5s\nTriggerLimitBurst=5\n' >/run/systemd/system/waitd.socket.d/test.conf
systemctl stop waitd.socket
systemctl daemon-reload
systemctl reset-failed waitd.service
systemctl start waitd.socket
ask 127.0.0.1 $port </dev/null >/dev/null
passes "nor for a client who waits, without end" until_true is_given_up
# Once the file is mended it listens again, though not before that interval is over.
mended_and_served()
{
    : >"$conf"
    ping_once 127.0.0.1 $port
}
passes "once the configuration is mended clients are served again" until_true mended_and_served
systemctl stop waitd.socket waitd.service
echo '# changed' >"$conf"
systemctl start waitd.service
has_property waitd.socket ActiveState active
is $? 0 "starting the service starts its sockets"
systemctl stop waitd.socket waitd.service
is "$(property waitd.path ActiveState)" inactive "where the sockets were stopped, a change starts nothing"
rm -r /run/systemd/system/waitd.socket.d
systemctl daemon-reload
systemctl start waitd.socket
note "waitd.socket: $(property waitd.socket Result)"

# ---- crashes ---------------------------------------------------------------

# killed_and_back SIGNAL: another process serves in its place.
killed_and_back()
{
    local old
    old=$(main_pid) || return 1
    kill -"$1" "$old"
    until_true ping_from_other "$old"
}
ping_from_other()
{
    local new
    new=$(main_pid) && [ "$new" != "$1" ] && ping_once 127.0.0.1 $port
}

# has_fed: whether it has fed the watchdog since the last time that this was so.
fed=
has_fed()
{
    local before=$fed
    fed=$(property waitd.service WatchdogTimestampMonotonic)
    [ -n "$before" ] && [ "$fed" != "$before" ]
}

set_up '' 'WatchdogSec=4s'
ping_once 127.0.0.1 $port
passes "a daemon that is killed is started again" killed_and_back KILL
is "$(property waitd.service NRestarts)" 1 "by the manager"
passes "a stopped one is caught by the watchdog and started again" killed_and_back STOP
passes "the journal reports the watchdog" grep -q 'Watchdog timeout' <(journalctl -q --no-pager -u waitd.service)
pid=$(main_pid)
passes "an idle one feeds the watchdog" until_true has_fed
passes "again and again" until_true has_fed
is "$(main_pid)" "$pid" "and is not started again"
for _ in 1 2 3 4 5 6 7; do
    killed_and_back KILL
done
passes "seven more in a row do not take the sockets down" ping_once 127.0.0.1 $port

# ---- stop and drain --------------------------------------------------------

running_batches()
{
    echo '{"op":"stats"}' | ask 127.0.0.1 $port | grep -q '"batches":1'
}

# Longer than the manager would wait if it did not know.
set_up 'drain-timeout = 10s' 'TimeoutStopSec=1s'
echo '{"jobs":[{"wait":2.5,"count":2}]}' | ask 127.0.0.1 $port >"$tmp/out" &
client=$!
until_true running_batches
started=${EPOCHREALTIME/./}
systemctl stop waitd.socket waitd.service
took_ms=$(((${EPOCHREALTIME/./} - started) / 1000))
wait $client
is "$(events_of "$tmp/out")" "accepted done done finished" "a running batch ends with all its events, then EOF"
is "$(grep -c '"status":"ok","jobs":2,"ok":2' "$tmp/out")" 1 "and undisturbed"
is "$(property waitd.service Result) $(property waitd.service ExecMainStatus)" "success 0" \
    "the manager waited as long as it was asked to"
note "the stop took $took_ms ms"

set_up 'drain-timeout = 10m' ''
echo '{"jobs":[{"wait":3600,"count":2}]}' | ask 127.0.0.1 $port >"$tmp/out" &
client=$!
until_true running_batches
systemctl stop --no-block waitd.socket waitd.service
until_true has_property waitd.service ActiveState deactivating
systemctl kill --kill-who=main waitd.service
wait $client
passes "after a second signal the daemon is gone at once" until_true has_property waitd.service ActiveState inactive
is "$(events_of "$tmp/out")" "accepted done done finished" "the rest is cancelled with its events"
is "$(property waitd.service Result)" success "and all is well"

# ---- restart ---------------------------------------------------------------

# Clients meet one of three: an answer, the end of a connection on which nothing
# ran when the daemon stopped, or, and that must not be, a refusal.
# Two users of the Unix socket, each with an allowance of its own.
set_up 'max-connections-per-address = 1' ''
as()
{
    setpriv --reuid "$1" --groups waitd-clients nc -N -U $unix
}
(echo '{"op":"ping"}' && sleep 60) | as nobody >"$tmp/held" &
passes "a user of the Unix socket is served" until_true grep -q pong "$tmp/held"
passes "its second connection is one too many" eval "echo '{\"op\":\"ping\"}' | as nobody | grep -q overloaded"
passes "and another user's is not" eval "echo '{\"op\":\"ping\"}' | as daemon | grep -q pong"
kill %%

set_up '' ''
ping_once 127.0.0.1 $port
(
    while [ ! -e "$tmp/enough" ]; do
        echo '{"op":"ping"}' | ask -v 127.0.0.1 $port >>"$tmp/answers" 2>>"$tmp/errors"
    done
) &
client=$!
restarts=0
for _ in 1 2 3 4; do
    systemctl restart waitd.service && restarts=$((restarts + 1))
done
touch "$tmp/enough"
wait $client
is "$restarts $(grep -c refused "$tmp/errors")" "4 0" "four restarts refuse no connection"
note "$(grep -c succeeded "$tmp/errors") connections meanwhile, $(grep -c pong "$tmp/answers") answered"

# ---- the sandbox -----------------------------------------------------------

status=/proc/$(main_pid)/status
is "$(awk '/^(NoNewPrivs|Seccomp):/ { printf "%s%s ", $1, $2 } /^Cap(Inh|Prm|Eff|Bnd|Amb):/ { printf "%s%s ", $1, $2 }' "$status")" \
    "CapInh:0000000000000000 CapPrm:0000000000000000 CapEff:0000000000000000 CapBnd:0000000000000000 CapAmb:0000000000000000 NoNewPrivs:1 Seccomp:2 " \
    "the daemon has no capabilities, no way to new ones and a filter of calls"
uid=$(awk '/^Uid:/ { print $2 }' "$status")
passes "it runs as a dynamic user" test "$uid" -ge 61184 -a "$uid" -le 65519

# The same unit with another program, which may also run what lies in /usr/bin.
cat >/usr/lib/probe <<'PROBE'
#!/bin/bash
t=/tmp
try()
{
    name=$1
    shift
    if ("$@") >/dev/null 2>&1 </dev/null; then
        echo "can $name"
    else
        echo "cannot $name"
    fi
}
creates()
{
    : >"$1/probe.$$"
}
connects()
{
    exec 3<>/dev/tcp/127.0.0.1/9248
}
calls()
{
    perl -e '$n = shift; @a = map { $_ + 0 } @ARGV; exit(syscall($n + 0, @a) == -1)' "$@"
}
opens_socket()
{
    perl -MSocket -e 'exit(!socket(my $s, eval($ARGV[0]), SOCK_DGRAM, 0))' "$1"
}
runs_own()
{
    cp /usr/bin/true $t/true && $t/true
}
set_suid()
{
    : >$t/suid && chmod u+s $t/suid && [ -u $t/suid ]
}
sees_others()
{
    [ "$(ls -d /proc/[0-9]* | wc -l)" -gt 20 ] || [ -r /proc/1/status ]
}
try "write to /etc" creates /etc
try "write to /usr" creates /usr
try "write to /var" creates /var
try "write to /run" creates /run
try "write to /tmp" creates $t
try "share memory by name" test -e /dev/shm/witness
try "see the files of /tmp" test -e $t/witness
try "see home directories" ls /root/.
try "see /srv" ls /srv/.
try "see other processes" sees_others
try "read the machine's figures" cat /proc/meminfo
try "change kernel settings" creates /proc/sys/net/ipv4
try "write control groups" mkdir /sys/fs/cgroup/probe
try "read the kernel's log" dmesg
try "make a device" mknod $t/null c 1 3
try "mount" mount -t tmpfs probe /mnt
try "make namespaces" unshare --user true
try "change the host's name" hostname other
try "open an IPv4 socket" opens_socket AF_INET
try "open an IPv6 socket" opens_socket AF_INET6
try "open a netlink socket" opens_socket 16
try "connect to a port" connects
try "signal the manager" kill -0 1
try "gain priority" nice -n -5 bash -c '[ $(nice) -lt 0 ]'
try "change its root" chroot / true
try "change its user" setpriv --reuid 1 --clear-groups true
try "make a file run as its owner" set_suid
try "give a file away" perl -e 'exit !chown 1, 1, "$ARGV[0]/witness"' $t
try "run what it wrote" runs_own
if [ "$(uname -m)" = x86_64 ]; then
    try "map memory to write and run" calls 9 0 4096 7 34 -1 0
    try "lock memory" calls 149 0 0
    try "change its personality" calls 135 8
    try "trace" calls 101 0 0 0 0
    try "reach the keyring" calls 250 0 -3 0 0 0
    try "use the kernel's asynchronous I/O" perl -e '$c = "\0" x 8; exit(syscall(206, 1, $c) == -1)'
fi
PROBE
chmod 0755 /usr/lib/probe
sed -E -e 's,^ExecStart=.*,ExecStart=/usr/lib/probe,' -e 's,^Type=.*,Type=oneshot,' \
    -e '/^(ExecReload|Requires|After|Restart|WatchdogSec|NotifyAccess)[A-Za-z]*=/d' \
    -e 's,^ExecPaths=.*,& /usr/bin /usr/sbin,' "$UNIT" >/etc/systemd/system/probe.service
mkdir -p /etc/systemd/system/probe.service.d
printf '[Service]\nStandardOutput=truncate:/run/probe.out\nStandardError=journal\n' \
    >/etc/systemd/system/probe.service.d/out.conf
witness=/tmp
touch $witness/witness /dev/shm/witness
systemctl daemon-reload
systemctl start probe.service
passes "the probe of the sandbox has run" grep -q '^cannot mount$' /run/probe.out
# Tried outside as well: what cannot be done anywhere proves nothing.
/usr/lib/probe >"$tmp/free" 2>/dev/null
hostname guest
while read -r can what; do
    if ! grep -qxF "can $what" "$tmp/free"; then
        skip "inside its sandbox it cannot $what" "nor can root of this system"
    elif [ "$can" = cannot ]; then
        ok "inside its sandbox it cannot $what"
    else
        not_ok "inside its sandbox it cannot $what"
    fi
done </run/probe.out

# ---- binding by itself -----------------------------------------------------

set_up '' ''
systemctl stop waitd.socket waitd.service
systemctl disable --quiet waitd.socket
printf 'listen = { 127.0.0.1:9300, "[::1]:9300", unix:/run/waitd/own.sock }\n' >"$conf"
cp -r "$SELF_BINDING"/. /etc/systemd/system/
systemctl daemon-reload
passes "the self-binding service starts" systemctl start waitd.service
is "$(property waitd.socket ActiveState)" inactive "without the sockets of its socket unit"
passes "it serves the IPv4 port of its configuration" ping_once 127.0.0.1 9300
passes "it serves the IPv6 port" ping_once ::1 9300
passes "it serves the Unix socket" ping_once -U /run/waitd/own.sock
passes "its exposure is at most 1.1" systemd-analyze security --no-pager --threshold=11 waitd.service
systemctl stop waitd.service
is "$(property waitd.service Result)" success "it stops in good order"

done_testing
