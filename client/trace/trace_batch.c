/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdlib.h>

#include "client/trace/trace_internal.h"

static const struct trace_kind batch_kinds[TRACE_OUTCOMES] = {
    [TRACE_OK] = TRACE_KIND("batch", "good"),
    [TRACE_FAILED] = TRACE_KIND("batch", "terrible"),
    [TRACE_TIMED_OUT] = TRACE_KIND("batch", "bad"),
    [TRACE_OTHER] = TRACE_KIND("batch", "grey"),
};

static const struct trace_kind path_kind = TRACE_KIND_PLAIN("critical path");

static struct event_text text_of(const struct bytes *bytes)
{
    return (struct event_text){bytes_at(bytes), bytes_len(bytes)};
}

void trace_batch_name(struct bytes *out, const struct trace_batch *trace, const char *mode,
                      const char *label, struct event_text id)
{
    struct bytes name = {0};

    bytes_add_string(&name, mode != NULL ? mode : label);
    if (id.len >= 2 && id.text[0] == '"') {
        id.text++;
        id.len -= 2;
    }
    if (id.len > 0) {
        bytes_add_string(&name, ": ");
        bytes_add(&name, id.text, id.len);
    }
    trace_writer_process(out, trace_of_batch(trace), text_of(&name), trace->process == 1);
    trace_writer_thread(out, trace_of_batch(trace), event_text_of("batch"));
    bytes_fini(&name);
}

void trace_batch_end(struct bytes *out, const struct trace_batch *trace,
                     const struct event_read *event)
{
    struct event_text status = event != NULL ? event->status : event_text_of("unfinished");
    struct trace_what what = {.name = status, .kind = &batch_kinds[trace_outcome(status)]};
    int64_t end_ns =
        event != NULL && event->elapsed_ns > trace->now_ns ? event->elapsed_ns : trace->now_ns;

    trace_writer_slice(out, trace_of_batch(trace), &what, 0, end_ns);
    trace_writer_batch_args(out, status);
    if (event == NULL) {
        trace_writer_close_args(out);
        return;
    }
    trace_writer_count(out, "jobs", event->jobs);
    trace_writer_count(out, "ok", event->ok);
    trace_writer_count(out, "failed", event->failed);
    trace_writer_count(out, "timed_out", event->timed_out);
    trace_writer_count(out, "cancelled", event->cancelled);
    trace_writer_count(out, "skipped", event->skipped);
    trace_writer_seconds(out, "elapsed", event->elapsed_ns);
    trace_writer_seconds(out, "predicted", event->predicted_ns);
    trace_writer_seconds(out, "sequential", event->sequential_ns);
    trace_writer_seconds(out, "critical_path", event->critical_path_ns);
    trace_writer_close_args(out);
}

/* ---- The critical path ------------------------------------------------------------- */

static void write_link(struct bytes *out, const struct trace_batch *trace,
                       const struct chain_job *job, struct event_text name)
{
    struct trace_what what = {.name = name, .job = job->job, .kind = &path_kind};

    trace_writer_slice(out, trace_of_batch(trace), &what, job->start_ns, job->end_ns);
    trace_writer_args(out, job->job, (struct event_text){NULL, 0});
    trace_writer_close_args(out);
}

void trace_batch_path(struct bytes *out, const struct trace_batch *trace, const struct plan *plan)
{
    size_t n = trace->chain != NULL ? chain_jobs(trace->chain, NULL, 0) : 0;
    struct chain_job *jobs = malloc((n > 0 ? n : 1) * sizeof *jobs);

    if (jobs == NULL) {
        out->failed = true;
        return;
    }
    if (n > 0)
        chain_jobs(trace->chain, jobs, n);
    for (size_t i = n; i-- > 0;) {
        struct event_text name = {NULL, 0};

        name.text = plan_names_text(plan, jobs[i].job, &name.len);
        write_link(out, trace, &jobs[i], name);
    }
    free(jobs);
}
