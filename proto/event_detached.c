/* SPDX-License-Identifier: ISC */
#include "proto/event_detached.h"

#include <string.h>

#include "proto/event_internal.h"
#include "proto/utc.h"

static char *put_time(char *out, const char *key, int64_t ns)
{
    return event_put_seconds(event_put_string(out, key), ns);
}

static char *put_quoted(char *out, const char *key, const char *word)
{
    return EVENT_PUT(event_put_string(event_put_string(out, key), word), "\"");
}

/* How an answer about a batch begins. */
static char *put_answer(char *out, const char *begin, struct event_text id, const char *ref)
{
    return put_quoted(event_put_id(event_put_string(out, begin), id), ",\"ref\":\"", ref);
}

char *event_detached_accepted(char *out, const struct event_detached_accepted *accepted)
{
    out = put_quoted(out, "{\"event\":\"accepted\",\"ref\":\"", accepted->ref);
    out = event_put_id(event_put_string(out, ",\"seq\":1"), accepted->id);
    if (accepted->existing)
        out = event_put_string(out, ",\"existing\":true");
    out = event_put_count(out, ",\"jobs\":", accepted->jobs);
    if (accepted->seed != NULL)
        out = event_put_signed(EVENT_PUT(out, ",\"seed\":"), *accepted->seed);
    out = put_quoted(out, ",\"durable\":\"", accepted->durable);
    out = utc_put(event_put_string(out, ",\"time\":\""), accepted->time_ns);
    return event_put_string(out, "\"}\n");
}

char *event_detached_finished(char *out, const char *ref, uint64_t seq, uint32_t jobs,
                              const struct batch_result *result)
{
    out = put_quoted(out, "{\"event\":\"finished\",\"ref\":\"", ref);
    out = event_put_count(out, ",\"seq\":", seq);
    return event_finished_rest(out, jobs, result->predicted_ns, result);
}

char *event_detached_unwatched(char *out, struct event_text id, const char *ref, uint64_t last)
{
    out = put_answer(out, "{\"event\":\"unwatched\"", id, ref);
    return event_put_end(event_put_count(out, ",\"last\":", last));
}

char *event_detached_cancelled(char *out, struct event_text id, const char *ref, int64_t at_ns,
                               uint32_t jobs)
{
    out = put_answer(out, "{\"event\":\"cancelled\"", id, ref);
    out = put_time(out, ",\"at\":", at_ns);
    return event_put_end(event_put_count(out, ",\"jobs\":", jobs));
}

char *event_detached_forgotten(char *out, struct event_text id, const char *ref)
{
    return event_put_end(put_answer(out, "{\"event\":\"forgotten\"", id, ref));
}

char *event_detached_batches(char *out, struct event_text id, uint64_t count)
{
    out = event_put_id(event_put_string(out, "{\"event\":\"batches\""), id);
    return event_put_end(event_put_count(out, ",\"count\":", count));
}

char *event_detached_suspended(char *out, const char *ref, uint64_t last)
{
    out = put_quoted(out, "{\"event\":\"suspended\",\"ref\":\"", ref);
    return event_put_end(event_put_count(out, ",\"last\":", last));
}

char *event_detached_heartbeat(char *out, uint64_t batch, const char *ref, int64_t at_ns,
                               uint32_t pending)
{
    if (ref == NULL)
        out = event_put_count(out, "{\"event\":\"heartbeat\",\"batch\":", batch);
    else
        out = put_quoted(out, "{\"event\":\"heartbeat\",\"ref\":\"", ref);
    out = put_time(out, ",\"at\":", at_ns);
    return event_put_end(event_put_count(out, ",\"pending\":", pending));
}

/* A decoded string, which is UTF-8 but for lone surrogates. */
char *event_detached_text(char *out, const char *begin, const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;

    out = event_put_string(out, begin);
    for (size_t i = 0; i < len; i++) {
        bool surrogate = i + 2 < len && s[i] == 0xed && s[i + 1] >= 0xa0;
        bool separator =
            i + 2 < len && s[i] == 0xe2 && s[i + 1] == 0x80 && (s[i + 2] & 0xfe) == 0xa8;
        unsigned code = s[i];

        if (surrogate || separator)
            code = (unsigned)(s[i] & 0xf) << 12 | (s[i + 1] & 0x3fu) << 6 | (s[i + 2] & 0x3fu);
        if (s[i] >= 0x20 && !surrogate && !separator) {
            if (s[i] == '"' || s[i] == '\\')
                *out++ = '\\';
            *out++ = text[i];
            continue;
        }
        out = event_put_unicode_escape(out, code);
        i += surrogate || separator ? 2 : 0;
    }
    *out++ = '"';
    return out;
}

char *event_detached_batch(char *out, const struct event_listed *listed)
{
    out = put_answer(out, "{\"event\":\"batch\"", listed->id, listed->ref);
    if (listed->key_len > 0)
        out = event_detached_text(out, ",\"key\":\"", listed->key, listed->key_len);
    out = put_quoted(out, ",\"state\":\"", listed->state);
    if (listed->status != NULL)
        out = put_quoted(out, ",\"status\":\"", listed->status);
    out = event_put_count(out, ",\"jobs\":", listed->jobs);
    if (listed->has_progress)
        out = event_put_count(out, ",\"pending\":", listed->pending);
    out = utc_put(event_put_string(out, ",\"time\":\""), listed->time_ns);
    *out++ = '"';
    if (listed->has_progress) {
        out = put_time(out, ",\"elapsed\":", listed->elapsed_ns);
        out = put_time(out, ",\"late\":", listed->late_ns);
        out = event_put_count(out, ",\"last\":", listed->last);
    }
    out = put_quoted(out, ",\"durable\":\"", listed->durable);
    return event_put_end(
        event_detached_text(out, ",\"owner\":\"", listed->owner, strlen(listed->owner)));
}
