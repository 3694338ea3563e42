/* SPDX-License-Identifier: ISC */
#include "proto/event_done.h"

#include <stdbool.h>
#include <string.h>

#include "proto/event_internal.h"

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
    char *out = event_put_string(done->tail, ",\"status\":\"");
    out = event_put_string(out, event_job_status_name(status));
    out = event_put_string(out, "\",\"at\":");
    out += duration_print(out, at_ns);
    done->tail_len = (unsigned)(out - done->tail);
    done->seq = done->job = (struct event_done_number){0}; /* none was written yet */
}

void event_done_begin(struct event_done *done, uint64_t batch, enum job_status status,
                      int64_t at_ns)
{
    char *out = event_put_string(done->head, "{\"event\":\"done\",\"batch\":");

    out = event_put_string(decimal_put(out, batch), ",\"job\":");
    done->head_len = (unsigned)(out - done->head);
    begin_tail(done, status, at_ns);
}

void event_done_begin_ref(struct event_done *done, const char *ref, enum job_status status,
                          int64_t at_ns)
{
    char *out = event_put_string(done->head, "{\"event\":\"done\",\"ref\":\"");

    out = event_put_string(event_put_string(out, ref), "\",\"seq\":");
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

/* Where the last digit of so many is in a word whose bytes they are, and the one before it. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LAST_DIGIT(len)     (8 * ((len)-1))
#define DIGIT_BEFORE(shift) ((shift)-8)
#else
#define LAST_DIGIT(len)     (8 * (8 - (len)))
#define DIGIT_BEFORE(shift) ((shift) + 8)
#endif

/* Adds 1 to the digits.  False where more than two of them change. */
static inline bool advance(struct event_done_number *number)
{
    unsigned last = LAST_DIGIT(number->len), before;

    if ((number->digits >> last & 0xff) != '9') {
        number->digits += UINT64_C(1) << last;
        return true;
    }
    before = DIGIT_BEFORE(last);
    if (number->len < 2 || (number->digits >> before & 0xff) == '9')
        return false;
    number->digits += (UINT64_C(1) << before) - (UINT64_C(9) << last);
    return true;
}

static char *put_anew(char *out, struct event_done_number *number, uint64_t value)
{
    char *end = decimal_put(out, value);
    size_t len = (size_t)(end - out);

    number->value = value;
    number->len = len <= sizeof(number->digits) ? (unsigned)len : 0;
    memcpy(&number->digits, out, number->len);
    return end;
}

static inline char *put_number(char *out, struct event_done_number *number, uint64_t value)
{
    if (number->len == 0 || value != number->value + 1 || !advance(number))
        return put_anew(out, number, value);
    number->value = value;
    memcpy(out, &number->digits, sizeof(number->digits));
    return out + number->len;
}

char *event_done_write_seq(char *out, struct event_done *done, uint64_t seq, uint32_t job,
                           struct event_text name, struct event_text data)
{
    /* Copied whole, past their ends: lengths known to the compiler are no call. */
    memcpy(out, done->head, EVENT_DONE_HEAD);
    if (done->head_len > EVENT_DONE_HEAD)
        memcpy(out + EVENT_DONE_HEAD, done->head + EVENT_DONE_HEAD, EVENT_DONE_HEAD);
    out = put_number(out + done->head_len, &done->seq, seq);
    memcpy(out, ",\"job\":", 7);
    return put_rest(put_number(out + 7, &done->job, job), done, name, data);
}

char *event_done_write(char *out, struct event_done *done, uint32_t job, struct event_text name,
                       struct event_text data)
{
    memcpy(out, done->head, EVENT_DONE_HEAD);
    return put_rest(put_number(out + done->head_len, &done->job, job), done, name, data);
}
