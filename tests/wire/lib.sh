# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# What the shell tests of the wire share: a daemon on a free port, and the TAP
# of tests/support/tap.sh.  To be sourced:
#
#     . "$(dirname "$0")/lib.sh"
#     start_daemon                      # or: start_daemon --listen unix:"$tmp/s" --threads 2
#     is "$(nc -N "$host" "$port" <batch.json | normalise)" "$expected" "a batch comes back"
#     stop_daemon
#     is $? 0 "the daemon ends in good order"
#     done_testing
#
# $waitd and $waitctl are the programs under test: $WAITD and $WAITCTL where
# they are set, else those of the build directory (the current one, or
# $top_builddir).  $samples is the folder of sample requests, $tmp a
# directory that goes away with the test.  Nothing here sleeps: the ready line
# is waited for by reading it, and a daemon's end by wait.

set -u

wire_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck disable=SC2034
top_dir=$(CDPATH='' cd -- "$wire_dir/../.." && pwd)
# shellcheck disable=SC2034
samples=$top_dir/tests/samples

# shellcheck source=tests/support/tap.sh
. "$top_dir/tests/support/tap.sh"

# find_program NAME OVERRIDE: the program's absolute path.
find_program()
{
    for candidate in "$2" "${top_builddir:-.}/$1" "${top_builddir:-.}/daemon/$1" \
        "${top_builddir:-.}/client/$1"; do
        if [ -n "$candidate" ] && [ -f "$candidate" ] && [ -x "$candidate" ]; then
            printf '%s/%s\n' "$(CDPATH='' cd -- "$(dirname -- "$candidate")" && pwd)" \
                "$(basename -- "$candidate")"
            return 0
        fi
    done
    return 1
}

waitd=$(find_program waitd "${WAITD:-}") || bail "no waitd here: set WAITD"
# shellcheck disable=SC2034
waitctl=$(find_program waitctl "${WAITCTL:-}") || waitctl=

# In a path short enough for a Unix socket's name.
tmp=$(mktemp -d /tmp/waitd-test.XXXXXX) || exit 99
daemon_pid=

# The programs and samples by paths without blanks, whatever those of the build have: some are
# typed into terminals.  And one locale, whatever the caller's: a test of another sets it.
mkdir "$tmp/built" || exit 99
ln -s "$waitd" "$tmp/built/waitd"
waitd=$tmp/built/waitd
if [ -n "$waitctl" ]; then
    ln -s "$waitctl" "$tmp/built/waitctl"
    waitctl=$tmp/built/waitctl
fi
ln -s "$samples" "$tmp/built/samples"
samples=$tmp/built/samples
LC_ALL=C.UTF-8
export LC_ALL

# shellcheck disable=SC2317
clean_up()
{
    [ -z "$daemon_pid" ] || kill -KILL "$daemon_pid" 2>/dev/null
    rm -rf -- "$tmp"
}
trap clean_up EXIT
trap 'exit 130' HUP INT TERM

# ---- The daemon ------------------------------------------------------------

# start_daemon [FLAG...]: starts a daemon, on a free port of 127.0.0.1 unless a
# --listen is among the flags, and returns once it has reported that it is ready.
# Sets daemon_pid, address (of the first ready line), addresses (of all, one a
# line), host and port (of the first with a port).  The log is in $tmp/log.
start_daemon()
{
    expected_lines=0
    for flag in "$@"; do
        case $flag in --listen | --listen=*) expected_lines=$((expected_lines + 1)) ;; esac
    done
    if [ "$expected_lines" -eq 0 ]; then
        set -- --listen 127.0.0.1:0 "$@"
        expected_lines=1
    fi
    rm -f -- "$tmp/stderr" "$tmp/ready"
    mkfifo "$tmp/stderr" "$tmp/ready" || bail "no fifo in $tmp"
    copy_log "$expected_lines" <"$tmp/stderr" &
    "$waitd" "$@" </dev/null 2>"$tmp/stderr" &
    daemon_pid=$!
    addresses=$(cat <"$tmp/ready")
    if [ "$(printf '%s\n' "$addresses" | grep -c .)" -lt "$expected_lines" ]; then
        sed 's/^/# waitd: /' "$tmp/log" >&2
        bail "waitd $* did not become ready"
    fi
    # shellcheck disable=SC2034
    address=$(printf '%s\n' "$addresses" | sed -n 1p)
    tcp=$(printf '%s\n' "$addresses" | grep -v '^unix:' | sed -n 1p)
    # shellcheck disable=SC2034
    host=$(printf '%s\n' "${tcp%:*}" | tr -d '[]') port=${tcp##*:}
}

# Copies the log to its file, and the addresses of the first $1 ready lines to
# the fifo, which is closed once they are all there or the daemon has ended.
copy_log()
{
    exec 8>"$tmp/ready" 9>"$tmp/log"
    left=$1
    while IFS= read -r line; do
        printf '%s\n' "$line" >&9
        case $line in
        'listening on '*)
            [ "$left" -eq 0 ] && continue
            printf '%s\n' "${line#listening on }" >&8
            left=$((left - 1))
            [ "$left" -gt 0 ] || exec 8>&-
            ;;
        esac
    done
}

# stop_daemon [SIGNAL]: asks the daemon to end and waits until it has.  Returns
# its exit status.
stop_daemon()
{
    kill -"${1:-TERM}" "$daemon_pid" 2>/dev/null
    wait "$daemon_pid"
    stopped=$?
    daemon_pid=
    return $stopped
}

# wait_until COMMAND...: asks again until it is so; the two minutes are for a failure only.
wait_until()
{
    wait_deadline=$(($(date +%s) + 120))
    until "$@"; do
        if [ "$(date +%s)" -ge "$wait_deadline" ]; then
            printf 'not so in time: %s\n' "$*" >&2
            [ ! -f "$tmp/out" ] || sed -n '1,50s/^/# /p' "$tmp/out" >&2 # what was looked at last
            return 1
        fi
        sleep 0.02
    done
}

# ---- What comes back -------------------------------------------------------

# Replaces what differs from run to run whatever the clock: numbers of batches,
# instances and versions.
normalise_ids()
{
    sed -E -e 's/"batch":[0-9]+/"batch":1/g' \
        -e 's/"instance":"[0-9a-f]+"/"instance":"…"/' \
        -e 's/"time":"[^"]*"/"time":"…"/' \
        -e 's/"version":"[^"]*"/"version":"…"/'
}

# Replaces measured times as well.  Due times stay.
normalise()
{
    normalise_ids | sed -E 's/"(at|elapsed|speedup)":[0-9.]+/"\1":"…"/g'
}

# The names of the jobs in the order in which they were done (their indexes
# where they have none), in one line.
done_order()
{
    jq -r 'select(.event == "done") | .name // .job' | paste -sd ' ' -
}
