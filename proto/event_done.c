/* SPDX-License-Identifier: ISC */
#include "proto/event_done.h"

#include <string.h>

#include "proto/decimal.h"
#include "proto/duration.h"

static char *put_string(char *out, const char *string)
{
    size_t len = strlen(string);

    memcpy(out, string, len);
    return out + len;
}

/* The shortest texts, which are what names are, in two pieces that may overlap:
 * a call of memcpy() costs more than its work. */
static char *put_text(char *out, struct event_text text)
{
    const char *from = text.text;
    size_t len = text.len;

    if (len >= 8 && len <= 16) {
        memcpy(out, from, 8);
        memcpy(out + len - 8, from + len - 8, 8);
    } else if (len >= 4 && len < 8) {
        memcpy(out, from, 4);
        memcpy(out + len - 4, from + len - 4, 4);
    } else {
        memcpy(out, from, len);
    }
    return out + len;
}

static void begin_tail(struct event_done *done, enum job_status status, int64_t at_ns)
{
    char *out = put_string(done->tail, ",\"status\":\"");
    out = put_string(out, event_job_status_name(status));
    out = put_string(out, "\",\"at\":");
    out += duration_print(out, at_ns);
    done->tail_len = (unsigned)(out - done->tail);
}

void event_done_begin(struct event_done *done, uint64_t batch, enum job_status status,
                      int64_t at_ns)
{
    char *out = put_string(done->head, "{\"event\":\"done\",\"batch\":");

    out = put_string(decimal_put(out, batch), ",\"job\":");
    done->head_len = (unsigned)(out - done->head);
    done->index_end = 0;
    begin_tail(done, status, at_ns);
}

void event_done_begin_ref(struct event_done *done, const char *ref, enum job_status status,
                          int64_t at_ns)
{
    char *out = put_string(done->head, "{\"event\":\"done\",\"ref\":\"");

    out = put_string(put_string(out, ref), "\",\"seq\":");
    done->head_len = (unsigned)(out - done->head);
    begin_tail(done, status, at_ns);
}

/* What follows the index. */
static inline char *put_rest(char *out, const struct event_done *done, struct event_text name,
                             struct event_text data)
{
    if (name.len > 0) {
        memcpy(out, ",\"name\":", 8);
        out = put_text(out + 8, name);
    }
    memcpy(out, done->tail, EVENT_DONE_TAIL); /* whole, past its end: no call */
    out += done->tail_len;
    if (data.len > 0) {
        memcpy(out, ",\"data\":", 8);
        out = put_text(out + 8, data);
    }
    memcpy(out, "}\n", 2);
    return out + 2;
}

char *event_done_write_seq(char *out, const struct event_done *done, uint64_t seq, uint32_t job,
                           struct event_text name, struct event_text data)
{
    memcpy(out, done->head, done->head_len);
    out = decimal_put(out + done->head_len, seq);
    memcpy(out, ",\"job\":", 7);
    out = decimal_put(out + 7, job);
    return put_rest(out, done, name, data);
}

/* Has the head end in this index. */
static inline void set_index(struct event_done *done, uint32_t job)
{
    char *last = done->head + done->index_end - 1;

    if (done->index_end > 0 && job == done->job + 1 && *last != '9')
        ++*last;
    else
        done->index_end = (unsigned)(decimal_put(done->head + done->head_len, job) - done->head);
    done->job = job;
}

char *event_done_write(char *out, struct event_done *done, uint32_t job, struct event_text name,
                       struct event_text data)
{
    set_index(done, job);
    /* Copied whole, past their ends: lengths known to the compiler are no call. */
    memcpy(out, done->head, EVENT_DONE_HEAD);
    return put_rest(out + done->index_end, done, name, data);
}
