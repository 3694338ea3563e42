/* SPDX-License-Identifier: ISC */
#include "daemon/net/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/session/store.h"

static void describe(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP waitd_%s %s\n# TYPE waitd_%s %s\n", name, help, name, type);
}

static void write_count(FILE *out, const char *name, const char *type, const char *help,
                        uint64_t value)
{
    describe(out, name, type, help);
    fprintf(out, "waitd_%s %" PRIu64 "\n", name, value);
}

/* Seconds, exactly. */
static void write_seconds(FILE *out, uint64_t ns)
{
    fprintf(out, "%" PRIu64 ".%09" PRIu64, ns / 1000000000, ns % 1000000000);
}

static void write_histogram(FILE *out, const char *name, const char *help,
                            const struct stats_histogram *histogram)
{
    uint64_t sum = 0;

    describe(out, name, "histogram", help);
    for (unsigned i = 0; i < STATS_BOUNDS; i++) {
        sum += histogram->counts[i];
        fprintf(out, "waitd_%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
                (double)stats_bounds_ns[i] / 1e9, sum);
    }
    sum += histogram->counts[STATS_BOUNDS];
    fprintf(out, "waitd_%s_bucket{le=\"+Inf\"} %" PRIu64 "\nwaitd_%s_sum ", name, sum, name);
    write_seconds(out, histogram->sum_ns);
    fprintf(out, "\nwaitd_%s_count %" PRIu64 "\n", name, sum);
}

static void write_cluster(FILE *out, const struct store *store)
{
    int64_t watermark_ns = atomic_load_explicit(&store->watermark_ns, memory_order_relaxed);
    int64_t age_ns = store_now(store, clock_boot_ns()) - watermark_ns;

    describe(out, "cluster_watermark_age_seconds", "gauge",
             "How long ago the instant was up to which all that came from outside is known; -1: "
             "nothing is known.");
    fputs("waitd_cluster_watermark_age_seconds ", out);
    if (watermark_ns == 0)
        fputs("-1", out);
    else
        write_seconds(out, age_ns > 0 ? (uint64_t)age_ns : 0);
    fputc('\n', out);
    write_count(out, "cluster_requests", "gauge", "Requests of the cluster that are known here.",
                atomic_load_explicit(&store->n_kept, memory_order_relaxed));
    write_count(out, "cluster_races_lost_total", "counter",
                "Submits under a key that another was faster with.",
                atomic_load_explicit(&store->races_lost, memory_order_relaxed));
    write_count(out, "cluster_reconnects_total", "counter",
                "How often a server of the cluster was reached again.",
                atomic_load_explicit(&store->reconnects, memory_order_relaxed));
}

static void write_store(FILE *out, const struct store *store)
{
    if (store == NULL)
        return;
    write_count(out, "detached_batches", "gauge", "Detached batches that are kept.",
                atomic_load_explicit(&store->n_kept, memory_order_relaxed));
    write_count(out, "detached_request_bytes", "gauge", "The length of their requests.",
                atomic_load_explicit(&store->n_bytes, memory_order_relaxed));
    write_count(out, "store_ready", "gauge", "1 if new detached batches can be kept, else 0.",
                atomic_load_explicit(&store->is_ready, memory_order_relaxed));
    if (store->is_cluster)
        write_cluster(out, store);
}

static void write_present(FILE *out, const struct metrics *metrics)
{
    const struct event_stats *stats = &metrics->stats;

    describe(out, "build_info", "gauge", "The version that runs; always 1.");
    fprintf(out, "waitd_build_info{version=\"%s\"} 1\n", metrics->version);
    describe(out, "uptime_seconds", "gauge", "How long the daemon has been running.");
    fputs("waitd_uptime_seconds ", out);
    write_seconds(out, (uint64_t)stats->uptime_ns);
    fputc('\n', out);
    write_count(out, "loops", "gauge", "Event loops.", metrics->n_loops);
    write_count(out, "connections", "gauge", "Connections that are open.", stats->connections);
    write_count(out, "connections_max", "gauge", "The limit of connections.",
                metrics->limits.max_connections);
    write_count(out, "connections_unauthenticated", "gauge",
                "Connections whose clients have yet to prove who they are.",
                metrics->unauthenticated);
    write_count(out, "connections_unauthenticated_max", "gauge", "The limit of those.",
                metrics->limits.max_unauthenticated);
    write_count(out, "batches_running", "gauge", "Batches that run.", stats->batches);
    write_count(out, "jobs_pending", "gauge", "Jobs accepted and not ended.", stats->pending);
    write_count(out, "jobs_pending_max", "gauge", "The limit of pending jobs.",
                metrics->limits.max_pending);
    write_count(out, "request_text_bytes", "gauge",
                "Memory for requests, being read and of batches that have not ended.",
                metrics->text);
    write_count(out, "request_text_bytes_max", "gauge", "The limit of that; 0 for none.",
                metrics->limits.max_text);
    write_store(out, metrics->store);
    write_count(out, "resident_memory_bytes", "gauge", "Memory in use.", stats->rss_bytes);
}

static void write_outcomes(FILE *out, const struct metrics *metrics)
{
    const struct stats_totals *totals = &metrics->totals;

    describe(out, "batches_ended_total", "counter", "Batches that have ended, by outcome.");
    for (unsigned i = 0; i < STATS_BATCH_STATUSES; i++)
        fprintf(out, "waitd_batches_ended_total{status=\"%s\"} %" PRIu64 "\n",
                event_batch_status_name((enum batch_status)i), totals->batches[i]);
    describe(out, "jobs_ended_total", "counter", "Jobs that have ended, by outcome.");
    for (unsigned i = 0; i < JOB_STATUSES; i++)
        fprintf(out, "waitd_jobs_ended_total{status=\"%s\"} %" PRIu64 "\n",
                event_job_status_name((enum job_status)i), metrics->stats.ended[i]);
    describe(out, "refused_total", "counter",
             "Requests and connections that were refused, by code; too_large and overloaded are "
             "limits that were hit.");
    for (unsigned i = FAULT_NONE + 1; i < STATS_FAULT_CODES; i++)
        fprintf(out, "waitd_refused_total{code=\"%s\"} %" PRIu64 "\n",
                fault_code_name((enum fault_code)i), totals->refused[i]);
}

char *metrics_write(const struct metrics *metrics, size_t *len)
{
    const struct stats_totals *totals = &metrics->totals;
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    int failed;

    if (!out)
        return NULL;
    write_present(out, metrics);
    write_count(out, "connections_total", "counter", "Connections that were served.",
                totals->connections);
    write_count(out, "batches_accepted_total", "counter", "Batches that were accepted.",
                totals->batches_accepted);
    write_count(out, "jobs_accepted_total", "counter", "Jobs of accepted batches.",
                metrics->stats.accepted);
    write_outcomes(out, metrics);
    write_count(out, "events_total", "counter", "Events sent to clients.", metrics->stats.events);
    write_count(out, "received_bytes_total", "counter", "Bytes read from clients.",
                metrics->stats.bytes_in);
    write_count(out, "sent_bytes_total", "counter", "Bytes written to clients.",
                metrics->stats.bytes_out);
    write_histogram(out, "lateness_seconds", "How late jobs were handled that fell due.",
                    &totals->late);
    write_histogram(out, "loop_iteration_seconds", "How long an iteration of an event loop took.",
                    &totals->iterations);
    write_histogram(out, "timer_slack_seconds",
                    "How much later timers were set, to handle more together.", &totals->slack);
    failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}
