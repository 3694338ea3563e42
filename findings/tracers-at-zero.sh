#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# zipkin 0.22.0 and jaeger-client 3.19.0 (npm): a span that begins at 0 has no time, or begins now and lasts less than nothing.
#
# Guess: the times that a span is given are the ones that are written: 0 is a time like any other for a simulation that counts from 0, and
# a milestone has a duration of 0.
# Seen: zipkin leaves a timestamp of 0 out, so the first span, which holds the others as a rule, stands nowhere; a duration below 1 us, a
# negative one too, becomes 1. jaeger-client takes a start of 0 for "not given" and puts the present there: with an end at 500 ms
# the duration is minus fifty years and more. All other spans of the run are right.
# What helps: times that are counted from 1.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund zipkin@0.22.0 jaeger-client@3.19.0 >/dev/null
cat >probe.js <<'JS'
const zipkin = require('zipkin'), jaeger = require('jaeger-client');
for (const [timestamp, duration] of [[0, 500], [1, 500], [1000, 0], [1000, -300]]) {
  const span = new zipkin.model.Span(new zipkin.TraceId({ traceId: new zipkin.option.Some('a'), spanId: 'b' }));
  span.setTimestamp(timestamp);
  span.setDuration(duration);
  const written = JSON.parse(zipkin.jsonEncoder.JSON_V2.encode(span));
  console.log(`zipkin, ${timestamp} and ${duration} us: ${written.timestamp} and ${written.duration}`);
}
const reporter = new jaeger.InMemoryReporter();
const tracer = new jaeger.Tracer('simulation', reporter, new jaeger.ConstSampler(true));
for (const startTime of [0, 1]) tracer.startSpan('job', { startTime }).finish(500);
for (const span of reporter.spans) {
  console.log(`jaeger-client: begins ${span._startTime > 1e12 ? 'now' : 'at ' + span._startTime}, ${span._duration < -1e12 ? 'a large negative duration' : span._duration + ' ms'}`);
}
process.exit();
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'zipkin, 0 and 500 us: undefined and 500
zipkin, 1 and 500 us: 1 and 500
zipkin, 1000 and 0 us: 1000 and 1
zipkin, 1000 and -300 us: 1000 and 1
jaeger-client: begins now, a large negative duration
jaeger-client: begins at 1, 499 ms' ]
