#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @opentelemetry/exporter-prometheus 0.223.0 (npm), with promtool of Prometheus 2.42.0 (Debian 12): a page with one label twice, which is refused as a whole.
#
# Guess: dots in names of attributes become underscores, and where two attributes are one label then (`job.id` and `job_id`, of a library
# that moved to the new conventions and one that did not) their values are joined by a semicolon, as OpenTelemetry's
# specification says.
# Seen: both are written: `{job_id="a",job_id="b"}`, which Prometheus does not take. A scrape with one such line fails, and with
# it all metrics of the process are gone. Two counters `jobs` and `jobs.total` are two families `jobs_total`, refused as well.
# What helps: one way to write names, held by a test that gives the page to promtool.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q prometheus=2.42.0+ds-5+deb12u1 >/dev/null 2>&1
dpkg -x prometheus_*.deb .
npm install --silent --no-audit --no-fund --before=2026-11-30 @opentelemetry/api@1.9.1 @opentelemetry/sdk-metrics@2.12.1 @opentelemetry/exporter-prometheus@0.223.0 >/dev/null
cat >probe.js <<'JS'
const { MeterProvider } = require('@opentelemetry/sdk-metrics');
const { PrometheusExporter } = require('@opentelemetry/exporter-prometheus');
const exporter = new PrometheusExporter({ preventServerStart: true });
const meter = new MeterProvider({ readers: [exporter] }).getMeter('jobs');
if (process.argv[2] === 'attributes') {
  meter.createCounter('runs', { description: 'x' }).add(1, { 'job.id': 'a', job_id: 'b' });
} else {
  meter.createCounter('jobs', { description: 'x' }).add(1);
  meter.createCounter('jobs.total', { description: 'x' }).add(2);
}
exporter.getMetricsRequestHandler({}, { setHeader() {}, end(page) { process.stdout.write(page); } });
JS
check()
{
    node probe.js "$1" >page
    grep -v -e '^#' -e '^target_info' page
    usr/bin/promtool check metrics <page 2>&1 | head -n 1 | sed 's/.*text format parsing error in line [0-9]*: //' || true
}
got="$(check attributes)
$(check counters)"
printf '%s\n' "$got"
[ "$got" = 'runs_total{job_id="a",job_id="b",otel_scope_name="jobs"} 1
duplicate label names for metric "runs_total"
jobs_total{otel_scope_name="jobs"} 1
jobs_total{otel_scope_name="jobs"} 2
second HELP line for metric name "jobs_total"' ]
