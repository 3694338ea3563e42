/* SPDX-License-Identifier: ISC */

/* The events of reports and forecasts. */

#include "proto/event.h"

#include "proto/event_internal.h"

/* A member that is a time in seconds. */
struct figure {
    const char *key;
    int64_t ns;
};

static char *put_figures(char *out, const char *key, const struct figure *figures, unsigned n)
{
    out = event_put_string(out, key);
    for (unsigned i = 0; i < n; i++) {
        out =
            event_put_string(i > 0 ? EVENT_PUT(out, ",\"") : EVENT_PUT(out, "\""), figures[i].key);
        out = event_put_seconds(EVENT_PUT(out, "\":"), figures[i].ns);
    }
    return EVENT_PUT(out, "}");
}

static char *put_report_times(char *out, const char *key, const struct report_times *times)
{
    const struct figure figures[] = {
        {"min", times->min_ns}, {"mean", times->mean_ns}, {"p50", times->p50_ns},
        {"p90", times->p90_ns}, {"p95", times->p95_ns},   {"p99", times->p99_ns},
        {"max", times->max_ns},
    };

    return times->known ? put_figures(out, key, figures, 7) : out;
}

static char *put_subject(char *out, struct event_subject subject)
{
    if (subject.ref == NULL)
        return event_put_count(out, ",\"batch\":", subject.batch);
    out = event_put_string(EVENT_PUT(out, ",\"ref\":\""), subject.ref);
    return event_put_count(out, "\",\"seq\":", subject.seq);
}

static char *put_summary(char *out, struct event_subject subject, const struct report_line *line,
                         struct event_text name)
{
    out = put_subject(EVENT_PUT(out, "{\"event\":\"summary\""), subject);
    out = line->others > 0 ? event_put_count(out, ",\"others\":", line->others)
                           : event_put_text(out, ",\"name\":", name);
    out = event_put_count(out, ",\"jobs\":", line->jobs);
    for (unsigned status = 0; status < JOB_STATUSES; status++) {
        out =
            event_put_string(EVENT_PUT(out, ",\""), event_job_status_name((enum job_status)status));
        out = event_put_count(out, "\":", line->counts[status]);
    }
    out = event_put_count(out, ",\"attempts\":", line->attempts);
    out = put_report_times(out, ",\"latency\":{", &line->latency);
    out = put_report_times(out, ",\"queued\":{", &line->queued);
    return EVENT_PUT(out, "}\n");
}

static char *put_pool(char *out, struct event_subject subject, const struct report_line *line,
                      struct event_text name)
{
    event_wide whole = (event_wide)line->workers * (uint64_t)line->predicted_ns;

    out = put_subject(EVENT_PUT(out, "{\"event\":\"pool\""), subject);
    out = event_put_text(out, ",\"pool\":", name);
    out = event_put_count(out, ",\"workers\":", line->workers);
    out = event_put_count(out, ",\"granted\":", line->granted);
    out = event_put_seconds(EVENT_PUT(out, ",\"busy\":"), line->busy_ns);
    out = EVENT_PUT(out, ",\"utilization\":");
    out = whole > 0 ? event_put_ratio(out, (uint64_t)line->busy_ns, whole) : EVENT_PUT(out, "0");
    out = event_put_count(out, ",\"queue_max\":", line->queue_max);
    out = put_report_times(out, ",\"queued\":{", &line->queued);
    return EVENT_PUT(out, "}\n");
}

char *event_write_report(char *out, struct event_subject subject, const struct report_line *line,
                         struct event_text name)
{
    return line->kind == REPORT_SUMMARY ? put_summary(out, subject, line, name)
                                        : put_pool(out, subject, line, name);
}

/* ---- Forecasts --------------------------------------------------------------------- */

char *event_write_run(char *out, struct event_text id, const struct forecast_run *run)
{
    out = event_put_text(EVENT_PUT(out, "{\"event\":\"run\""), ",\"id\":", id);
    out = event_put_count(out, ",\"run\":", run->run);
    out = event_put_signed(EVENT_PUT(out, ",\"seed\":"), run->seed);
    out = event_put_string(EVENT_PUT(out, ",\"status\":\""), event_batch_status_name(run->status));
    out = event_put_seconds(EVENT_PUT(out, "\",\"elapsed\":"), run->elapsed_ns);
    out = event_put_seconds(EVENT_PUT(out, ",\"critical_path\":"), run->critical_path_ns);
    return EVENT_PUT(out, "}\n");
}

static char *put_forecast_times(char *out, const char *key, const struct forecast_times *times)
{
    const struct figure figures[] = {
        {"min", times->min_ns}, {"mean", times->mean_ns}, {"stddev", times->stddev_ns},
        {"p05", times->p05_ns}, {"p25", times->p25_ns},   {"p50", times->p50_ns},
        {"p75", times->p75_ns}, {"p90", times->p90_ns},   {"p95", times->p95_ns},
        {"p99", times->p99_ns}, {"max", times->max_ns},
    };

    return put_figures(out, key, figures, 11);
}

static char *put_critical(char *out, const struct forecast_figures *figures,
                          const struct plan *plan)
{
    out = EVENT_PUT(out, ",\"critical\":[");
    for (uint32_t i = 0; i < figures->n_critical; i++) {
        const struct forecast_critical *critical = &figures->critical[i];
        struct event_text name = event_plan_text(plan, critical->name);

        out = event_put_text(i > 0 ? EVENT_PUT(out, ",{") : EVENT_PUT(out, "{"), "\"name\":", name);
        out = name.len > 0 ? EVENT_PUT(out, ",\"share\":") : EVENT_PUT(out, "\"share\":");
        out = EVENT_PUT(event_put_ratio(out, critical->runs, figures->runs), "}");
    }
    return EVENT_PUT(out, "]");
}

size_t event_forecast_size(const struct forecast_figures *figures, const struct plan *plan)
{
    size_t size = EVENT_FORECAST_MAX;

    for (uint32_t i = 0; i < figures->n_critical; i++)
        size += event_plan_text(plan, figures->critical[i].name).len;
    return size;
}

char *event_write_forecast(char *out, struct event_text id, const int64_t *seed,
                           const struct forecast_figures *figures, const struct plan *plan)
{
    out = event_put_text(EVENT_PUT(out, "{\"event\":\"forecast\""), ",\"id\":", id);
    out = event_put_count(out, ",\"runs\":", figures->runs);
    if (seed != NULL)
        out = event_put_signed(EVENT_PUT(out, ",\"seed\":"), *seed);
    out = event_put_count(out, ",\"jobs\":", figures->jobs);
    out = event_put_count(out, ",\"ok\":", figures->ok);
    out = event_put_count(out, ",\"failed\":", figures->failed);
    out = event_put_count(out, ",\"timed_out\":", figures->timed_out);
    out = put_forecast_times(out, ",\"elapsed\":{", &figures->times[FORECAST_ELAPSED]);
    out = put_forecast_times(out, ",\"critical_path\":{", &figures->times[FORECAST_CRITICAL_PATH]);
    out = put_forecast_times(out, ",\"sequential\":{", &figures->times[FORECAST_SEQUENTIAL]);
    out = put_critical(out, figures, plan);
    return EVENT_PUT(out, "}\n");
}
