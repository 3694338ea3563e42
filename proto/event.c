/* SPDX-License-Identifier: ISC */
#include "proto/event.h"

#include <string.h>

#include "proto/event_internal.h"
#include "proto/linebreak.h"
#include "proto/saturate.h"
#include "proto/utc.h"
#include "proto/utf8.h"

/* How much of a line an error's message may take once it is escaped. */
#define ERROR_MESSAGE_ROOM 560

static const char *const job_status_names[JOB_STATUSES] = {
    [JOB_OK] = "ok",
    [JOB_FAILED] = "failed",
    [JOB_TIMED_OUT] = "timed_out",
    [JOB_CANCELLED] = "cancelled",
    [JOB_SKIPPED] = "skipped",
};

static const char *const batch_status_names[] = {
    [BATCH_OK] = "ok",
    [BATCH_FAILED] = "failed",
    [BATCH_TIMED_OUT] = "timed_out",
    [BATCH_CANCELLED] = "cancelled",
};

const char *event_job_status_name(enum job_status status)
{
    return job_status_names[status];
}

const char *event_batch_status_name(enum batch_status status)
{
    return batch_status_names[status];
}

static char *put_speedup(char *out, int64_t sequential_ns, int64_t elapsed_ns)
{
    return elapsed_ns > 0 ? event_put_ratio(out, (uint64_t)sequential_ns, (uint64_t)elapsed_ns)
                          : EVENT_PUT(out, "1");
}

char *event_write_accepted(char *out, const struct event_accepted *accepted)
{
    out = decimal_put(EVENT_PUT(out, "{\"event\":\"accepted\",\"batch\":"), accepted->batch);
    out = event_put_id(out, accepted->id);
    out = decimal_put(EVENT_PUT(out, ",\"jobs\":"), accepted->jobs);
    if (accepted->seed != NULL)
        out = event_put_signed(EVENT_PUT(out, ",\"seed\":"), *accepted->seed);
    if (accepted->time_ns != NULL)
        out = EVENT_PUT(utc_put(EVENT_PUT(out, ",\"time\":\""), *accepted->time_ns), "\"");
    out = event_put_string(EVENT_PUT(out, ",\"instance\":\""), accepted->instance);
    return EVENT_PUT(out, "\"}\n");
}

/* What the events of a job begin with. */
static char *put_job(char *out, const struct event_job *job, uint32_t index)
{
    if (job->ref == NULL) {
        out = decimal_put(EVENT_PUT(out, ",\"batch\":"), job->batch);
    } else {
        out = event_put_string(EVENT_PUT(out, ",\"ref\":\""), job->ref);
        out = decimal_put(EVENT_PUT(out, "\",\"seq\":"), job->seq);
    }
    out = decimal_put(EVENT_PUT(out, ",\"job\":"), index);
    return event_put_text(out, ",\"name\":", job->name);
}

static char *put_status(char *out, enum job_status status)
{
    out = event_put_string(EVENT_PUT(out, ",\"status\":\""), job_status_names[status]);
    return EVENT_PUT(out, "\"");
}

static char *put_at(char *out, const struct event_job *job)
{
    return event_put_seconds(EVENT_PUT(out, ",\"at\":"), job->at_ns);
}

static char *put_started(char *out, const struct event_job *job, const struct occurrence *o)
{
    out = put_job(EVENT_PUT(out, "{\"event\":\"started\""), job, o->job);
    out = decimal_put(EVENT_PUT(out, ",\"attempt\":"), o->ordinal);
    return put_at(out, job);
}

static char *put_step(char *out, const struct event_job *job, const struct occurrence *o)
{
    out = put_job(EVENT_PUT(out, "{\"event\":\"step\""), job, o->job);
    out = decimal_put(EVENT_PUT(out, ",\"step\":"), o->ordinal);
    out = o->step_kind == STEP_WAIT ? EVENT_PUT(out, ",\"kind\":\"wait\"")
                                    : EVENT_PUT(out, ",\"kind\":\"compute\"");
    out = event_put_text(out, ",\"note\":", job->note);
    out = event_put_seconds(EVENT_PUT(out, ",\"duration\":"), o->span_ns);
    return put_at(out, job);
}

/* `due` is when the next attempt starts: `at` and `delay` do not add up to it
 * in a real run, where `at` is measured. */
static char *put_retry(char *out, const struct event_job *job, const struct occurrence *o)
{
    int64_t next_ns = saturate_add_ns(o->due_ns, o->span_ns);

    out = put_job(EVENT_PUT(out, "{\"event\":\"retry\""), job, o->job);
    out = decimal_put(EVENT_PUT(out, ",\"attempt\":"), o->ordinal);
    out = put_status(out, (enum job_status)o->status);
    out = event_put_seconds(EVENT_PUT(out, ",\"delay\":"), o->span_ns);
    out = put_at(out, job);
    return event_put_seconds(EVENT_PUT(out, ",\"due\":"), next_ns);
}

static char *put_done(char *out, const struct event_job *job, const struct occurrence *o)
{
    out = put_job(EVENT_PUT(out, "{\"event\":\"done\""), job, o->job);
    out = put_at(put_status(out, (enum job_status)o->status), job);
    if (job->with_due)
        out = event_put_seconds(EVENT_PUT(out, ",\"due\":"), o->due_ns);
    if (o->ordinal > 1)
        out = decimal_put(EVENT_PUT(out, ",\"attempts\":"), o->ordinal);
    if (o->status == JOB_SKIPPED)
        out = decimal_put(EVENT_PUT(out, ",\"cause\":"), o->cause);
    return event_put_text(out, ",\"data\":", job->data);
}

void event_job_texts(struct event_job *job, const struct plan *plan,
                     const struct occurrence *occurrence)
{
    plan_text_ref name, data;

    plan_job_text(plan, occurrence->job, &name, &data);
    job->name = event_plan_text(plan, name);
    if (occurrence->kind == OCCURRED_STEP)
        job->note =
            event_plan_text(plan, plan_job_note(plan, occurrence->job, occurrence->ordinal));
    if (occurrence->kind == OCCURRED_DONE)
        job->data = event_plan_text(plan, data);
}

char *event_write_occurrence(char *out, const struct event_job *job,
                             const struct occurrence *occurrence)
{
    switch ((enum occurrence_kind)occurrence->kind) {
    case OCCURRED_STARTED:
        return event_put_end(put_started(out, job, occurrence));
    case OCCURRED_STEP:
        return event_put_end(put_step(out, job, occurrence));
    case OCCURRED_RETRY:
        return event_put_end(put_retry(out, job, occurrence));
    case OCCURRED_DONE:
        return event_put_end(put_done(out, job, occurrence));
    }
    return out;
}

char *event_write_finished(char *out, uint64_t batch, struct event_text id, uint32_t jobs,
                           int64_t elapsed_ns, const struct batch_result *result)
{
    out = decimal_put(EVENT_PUT(out, "{\"event\":\"finished\",\"batch\":"), batch);
    return event_finished_rest(event_put_id(out, id), jobs, elapsed_ns, result);
}

char *event_finished_rest(char *out, uint32_t jobs, int64_t elapsed_ns,
                          const struct batch_result *result)
{
    out = event_put_string(EVENT_PUT(out, ",\"status\":\""), batch_status_names[result->status]);
    out = decimal_put(EVENT_PUT(out, "\",\"jobs\":"), jobs);
    out = decimal_put(EVENT_PUT(out, ",\"ok\":"), result->counts[JOB_OK]);
    out = decimal_put(EVENT_PUT(out, ",\"failed\":"), result->counts[JOB_FAILED]);
    out = decimal_put(EVENT_PUT(out, ",\"timed_out\":"), result->counts[JOB_TIMED_OUT]);
    out = decimal_put(EVENT_PUT(out, ",\"cancelled\":"), result->counts[JOB_CANCELLED]);
    out = decimal_put(EVENT_PUT(out, ",\"skipped\":"), result->counts[JOB_SKIPPED]);
    out = event_put_seconds(EVENT_PUT(out, ",\"elapsed\":"), elapsed_ns);
    out = event_put_seconds(EVENT_PUT(out, ",\"predicted\":"), result->predicted_ns);
    out = event_put_seconds(EVENT_PUT(out, ",\"sequential\":"), result->sequential_ns);
    out = put_speedup(EVENT_PUT(out, ",\"speedup\":"), result->sequential_ns, elapsed_ns);
    out = event_put_seconds(EVENT_PUT(out, ",\"critical_path\":"), result->critical_path_ns);
    return event_put_end(out);
}

/* Writes one character, at most 12 bytes, as a JSON string has it. */
static char *put_escaped(char *out, const char *character, size_t len)
{
    const unsigned char *s = (const unsigned char *)character;

    if (len == 0)
        return EVENT_PUT(out, "\\ufffd");
    if (utf8_surrogate(character, len) != 0)
        return event_put_unicode_escape(out, utf8_surrogate(character, len));
    if (linebreak_is(character, len))
        return event_put_bytes(out, linebreak_escape(character), LINEBREAK_ESCAPE_SIZE);
    if (s[0] == '"' || s[0] == '\\')
        *out++ = '\\';
    else if (s[0] == '\n')
        return EVENT_PUT(out, "\\n");
    else if (s[0] == '\t')
        return EVENT_PUT(out, "\\t");
    else if (s[0] < 0x20)
        return event_put_unicode_escape(out, s[0]);
    return event_put_bytes(out, character, len);
}

/* Writes text as a JSON string of at most `room` bytes between its quotes. */
static char *put_quoted(char *out, const char *text, size_t room)
{
    const char *end = text + strlen(text);
    const char *stop;
    char piece[12];

    *out++ = '"';
    stop = out + room;
    while (text < end) {
        size_t left = (size_t)(end - text);
        size_t len = utf8_surrogate(text, left) != 0 ? 3 : utf8_length(text, left);
        size_t piece_len = (size_t)(put_escaped(piece, text, len) - piece);

        if (piece_len > (size_t)(stop - out))
            break;
        out = event_put_bytes(out, piece, piece_len);
        text += len > 0 ? len : 1;
    }
    *out++ = '"';
    return out;
}

char *event_write_error(char *out, const struct fault *fault, struct event_text id)
{
    out = event_put_string(EVENT_PUT(out, "{\"event\":\"error\",\"code\":\""),
                           fault_code_name(fault->code));
    out = put_quoted(EVENT_PUT(out, "\",\"message\":"), fault->message, ERROR_MESSAGE_ROOM);
    if (fault->path[0] != '\0')
        out = put_quoted(EVENT_PUT(out, ",\"path\":"), fault->path, FAULT_PATH_ESCAPED_MAX);
    return event_put_end(event_put_id(out, id));
}

char *event_write_pong(char *out, struct event_text id, const char *version, const char *instance)
{
    out = event_put_id(EVENT_PUT(out, "{\"event\":\"pong\""), id);
    out = event_put_string(EVENT_PUT(out, ",\"version\":\""), version);
    out = event_put_string(EVENT_PUT(out, "\",\"protocol\":1,\"instance\":\""), instance);
    return EVENT_PUT(out, "\"}\n");
}

char *event_write_authenticated(char *out, struct event_text id, const char *principal)
{
    out = event_put_id(EVENT_PUT(out, "{\"event\":\"authenticated\""), id);
    return event_put_end(
        put_quoted(EVENT_PUT(out, ",\"principal\":"), principal, 2 * strlen(principal) + 2));
}

char *event_write_cancelled(char *out, struct event_text id, uint64_t batch, uint32_t jobs)
{
    out = event_put_id(EVENT_PUT(out, "{\"event\":\"cancelled\""), id);
    out = decimal_put(EVENT_PUT(out, ",\"batch\":"), batch);
    out = decimal_put(EVENT_PUT(out, ",\"jobs\":"), jobs);
    return event_put_end(out);
}

char *event_write_stats(char *out, struct event_text id, const struct event_stats *stats)
{
    out = event_put_id(EVENT_PUT(out, "{\"event\":\"stats\""), id);
    out = event_put_seconds(EVENT_PUT(out, ",\"uptime\":"), stats->uptime_ns);
    out = decimal_put(EVENT_PUT(out, ",\"connections\":"), stats->connections);
    out = decimal_put(EVENT_PUT(out, ",\"batches\":"), stats->batches);
    out = decimal_put(EVENT_PUT(out, ",\"pending\":"), stats->pending);
    out = decimal_put(EVENT_PUT(out, ",\"accepted\":"), stats->accepted);
    for (unsigned i = 0; i < JOB_STATUSES; i++) {
        out = event_put_string(EVENT_PUT(out, ",\""), job_status_names[i]);
        out = decimal_put(EVENT_PUT(out, "\":"), stats->ended[i]);
    }
    out = decimal_put(EVENT_PUT(out, ",\"events\":"), stats->events);
    out = decimal_put(EVENT_PUT(out, ",\"bytes_in\":"), stats->bytes_in);
    out = decimal_put(EVENT_PUT(out, ",\"bytes_out\":"), stats->bytes_out);
    out = event_put_seconds(EVENT_PUT(out, ",\"late_p50\":"), stats->late_p50_ns);
    out = event_put_seconds(EVENT_PUT(out, ",\"late_p99\":"), stats->late_p99_ns);
    out = event_put_seconds(EVENT_PUT(out, ",\"late_max\":"), stats->late_max_ns);
    out = decimal_put(EVENT_PUT(out, ",\"rss\":"), stats->rss_bytes);
    return event_put_end(out);
}
