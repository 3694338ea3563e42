#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Metrics over HTTP: what is reported, that it is Prometheus's format, and that a
# listener of its own says it.

# shellcheck source=tests/wire/lib.sh
. "$(dirname "$0")/lib.sh"

if "$waitd" --check-config --metrics 0 2>&1 | grep -q 'built without'; then
    skip "metrics are served over HTTP" "built without them"
    done_testing
fi

# get PATH [METHOD]: an answer with its head.
get()
{
    printf '%s %s HTTP/1.1\r\nHost: waitd\r\nConnection: close\r\n\r\n' "${2:-GET}" "$1" |
        nc -N "${monitor%:*}" "${monitor##*:}" | tr -d '\r'
}

metrics()
{
    get /metrics | sed '1,/^$/d'
}

# has_sample LINE: at this look or a later one.
has_sample()
{
    wait_until has_sample_now "$1"
}

# shellcheck disable=SC2317
has_sample_now()
{
    grep -qxF "$1" <<<"$(metrics)"
}

# shellcheck disable=SC2317
is_not_ready()
{
    [ "$(get /readyz | sed -n -e 1p)" = "HTTP/1.1 503 Service Unavailable" ]
}

# The rules of the format: names, a HELP and a TYPE before the samples of a
# family and no family twice, numbers, buckets that grow up to the count.
check_format()
{
    awk '
        function fault(why) { print NR ": " why ": " $0; bad = 1 }
        /^# HELP / { if ($3 in help) fault("described twice"); help[$3] = 1; next }
        /^# TYPE / {
            if (!($3 in help) || $3 in type) fault("no description, or a second type")
            if ($4 !~ /^(counter|gauge|histogram)$/) fault("no type")
            if ($4 == "counter" && $3 !~ /_total$/) fault("a counter is a _total")
            type[$3] = $4; family = $3; top = 0; next
        }
        /^[a-z_]+(\{[a-z]+="[^"\\]*"\})? (\+Inf|[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?)$/ {
            name = $1; sub(/\{.*/, "", name)
            if (type[family] == "histogram") sub(/_(bucket|sum|count)$/, "", name)
            if (name != family) fault("not of the family " family)
            if ($1 ~ /_bucket\{/) { if ($2 + 0 < top) fault("a bucket that shrinks"); top = $2 + 0; inf = $1 ~ /\+Inf/ }
            if ($1 ~ /_count$/ && (!inf || $2 + 0 != top)) fault("the count is not the last bucket")
            n++; next
        }
        { fault("no line of the format") }
        END { if (!n) print "no samples"; exit bad || !n }'
}

start_daemon --metrics 127.0.0.1:0 --max-jobs 3 --drain-timeout 1h
# The line comes after those of the other listeners.
wait_until grep -q '^metrics on ' "$tmp/log" || bail "no metrics in the log"
monitor=$(sed -n 's/^metrics on //p' "$tmp/log")

is "$(get /metrics | grep -iE '^(HTTP|content-type)' | sort)" \
    "Content-Type: text/plain; version=0.0.4; charset=utf-8
HTTP/1.1 200 OK" "the content type is that of the text format"
is "$(get /healthz | sed -n -e 1p -e '$p')" "HTTP/1.1 200 OK
ok" "a daemon that serves is healthy"
is "$(get /other | head -n 1)" "HTTP/1.1 404 Not Found" "there is nothing else"
is "$(get /metrics PUT | sed -n 's/^HTTP\/1.1 \([45]\).*/\1/p' | tr 4 5)" 5 "nor can anything be put there"
passes "the format is kept before anything has happened" check_format < <(metrics)

# Of the two requests that are invalid one is the PUT above.
{
    echo '{"jobs":[{"wait":0.01,"count":3}]}'
    echo '{"jobs":[{"wait":0,"fail":true}]}'
    echo '{"jobs":[{"wait":0,"count":4}]}'
    echo '{"jobs":[{"wiat":0}]}'
} | nc -N "$host" "$port" >"$tmp/events"
# (The PUT above is one of the invalid requests.)
for sample in 'waitd_connections_total 1' 'waitd_batches_accepted_total 2' 'waitd_jobs_accepted_total 4' \
    'waitd_batches_ended_total{status="ok"} 1' 'waitd_batches_ended_total{status="failed"} 1' \
    'waitd_jobs_ended_total{status="ok"} 3' 'waitd_jobs_ended_total{status="failed"} 1' \
    'waitd_refused_total{code="too_large"} 1' 'waitd_refused_total{code="invalid_request"} 2' \
    'waitd_lateness_seconds_count 4' "waitd_events_total $(wc -l <"$tmp/events")" \
    "waitd_sent_bytes_total $(wc -c <"$tmp/events")" 'waitd_connections 0' 'waitd_jobs_pending 0'; do
    passes "$sample" has_sample "$sample"
done
passes "the format is kept" check_format < <(metrics)
if have promtool; then
    passes "promtool finds nothing to say" promtool check metrics < <(metrics)
    passes "the example for Prometheus is a configuration of it" \
        promtool check config --syntax-only "$top_dir/daemon/examples/prometheus.yml"
else
    skip "promtool finds nothing to say" "no promtool"
fi
metrics | sed 's/_total 1$/_total one/' >"$tmp/broken"
if check_format <"$tmp/broken" >/dev/null; then
    not_ok "the check of the format has teeth"
else
    ok "the check of the format has teeth"
fi

# A batch holds the daemon in its drain.
mkfifo "$tmp/hold"
nc "$host" "$port" <"$tmp/hold" >"$tmp/held" &
client=$!
exec 7>"$tmp/hold"
echo '{"jobs":[{"wait":3600}]}' >&7
passes "a batch runs" has_sample 'waitd_batches_running 1'
kill -TERM "$daemon_pid"
passes "a daemon that stops is not ready" wait_until is_not_ready
is "$(get /healthz | sed -n -e 1p)" "HTTP/1.1 200 OK" "but it is healthy"
stop_daemon TERM
is $? 0 "the daemon ends in good order"
exec 7>&-
kill $client 2>/dev/null
wait $client 2>/dev/null

start_daemon --listen 127.0.0.1:0
is "$(grep -c metrics "$tmp/log")" 0 "metrics are off by default"
stop_daemon

"$waitd" --listen 127.0.0.1:0 --metrics :0 2>"$tmp/refused"
is "$? $(grep -c -- '--insecure allows it' "$tmp/refused")" "2 1" "an address beyond loopback takes --insecure"

if have systemd-socket-activate; then
    # The service manager learns from the parent of the daemon that it has two.
    mkdir "$tmp/run"
    systemd-socket-activate -l "$tmp/run/jobs" -l "$tmp/run/metrics" --fdname=jobs:metrics "$waitd" \
        --metrics 127.0.0.1:0 2>"$tmp/activated" &
    daemon_pid=$!
    wait_until [ -S "$tmp/run/metrics" ]
    is "$(printf 'GET /healthz HTTP/1.0\r\n\r\n' | nc -N -U "$tmp/run/metrics" | tail -n 1)" ok \
        "a socket handed over by the name of metrics serves them"
    is "$(echo '{"op":"ping"}' | nc -N -U "$tmp/run/jobs" | grep -c pong)" 1 "the other one serves jobs"
    wait_until grep -q 'metrics on' "$tmp/activated"
    is "$(grep -c 'metrics on' "$tmp/activated") $(grep -c 'metrics on unix:' "$tmp/activated")" "1 1" \
        "and takes the place of --metrics"
    stop_daemon
    is $? 0 "that daemon ends in good order"
else
    skip "a socket handed over by the name of metrics serves them" "no systemd-socket-activate"
fi

done_testing
