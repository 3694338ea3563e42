/* SPDX-License-Identifier: ISC */
#include "proto/event_scan.h"

#include <string.h>

#include "proto/duration_fast.h"
#include "proto/scan.h"

/*
 * The cursor is NULL once something was not as expected: the steps can then be
 * written one after another, and looked at once at the end.  The line feed at the
 * line's end stops every loop, since nothing takes one.
 */

/* For literals, whose length the compiler knows. */
#define EXPECT(at, end, literal) expect(at, end, (literal), sizeof(literal) - 1)

static inline const char *expect(const char *at, const char *end, const char *text, size_t len)
{
    return at != NULL && (size_t)(end - at) >= len && memcmp(at, text, len) == 0 ? at + len : NULL;
}

/* A count of a size that cannot overflow, without a zero in front. */
static inline const char *scan_count(const char *at, const char *end, uint64_t *value)
{
    const char *start = at;
    uint64_t number = 0;

    if (at == NULL)
        return NULL;
#ifdef SCAN_DIGITS
    /* Of one digit alone there are many. */
    if (end - at >= SCAN_DIGITS && at[1] >= '0' && at[1] <= '9') {
        uint32_t first;

        at += scan_digits(at, &first);
        number = first;
    }
#endif
    for (; *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (unsigned)(*at - '0');
    *value = number;
    return at > start && at - start <= 18 && (*start != '0' || at - start == 1) ? at : NULL;
}

static inline const char *scan_time(const char *at, const char *end, int64_t *ns)
{
    return at != NULL ? duration_fast_number(at, end, ns) : NULL;
}

/* The rest of a string, behind its first quote. */
static inline const char *scan_string(const char *at, const char *end, struct event_text *string)
{
    const char *start = at;

    if (at == NULL)
        return NULL;
    at = scan_unescaped(at, end);
    if (at == end || *at != '"')
        return NULL;
    *string = (struct event_text){start, (size_t)(at - start)};
    return at + 1;
}

static inline bool is_next(const char *at, const char *end, const char *text, size_t len)
{
    return at != NULL && (size_t)(end - at) >= len && memcmp(at, text, len) == 0;
}

#define IS_NEXT(at, end, literal) is_next(at, end, (literal), sizeof(literal) - 1)

static const char *scan_started(const char *at, const char *end, struct event_read *event)
{
    at = scan_count(EXPECT(at, end, ",\"attempt\":"), end, &event->attempt);
    return scan_time(EXPECT(at, end, ",\"at\":"), end, &event->at_ns);
}

static const char *scan_step(const char *at, const char *end, struct event_read *event)
{
    at = scan_count(EXPECT(at, end, ",\"step\":"), end, &event->step);
    at = scan_string(EXPECT(at, end, ",\"kind\":\""), end, &event->step_kind);
    if (IS_NEXT(at, end, ",\"note\":\""))
        at = scan_string(EXPECT(at, end, ",\"note\":\""), end, &event->note);
    at = scan_time(EXPECT(at, end, ",\"duration\":"), end, &event->duration_ns);
    return scan_time(EXPECT(at, end, ",\"at\":"), end, &event->at_ns);
}

static const char *scan_retry(const char *at, const char *end, struct event_read *event)
{
    at = scan_count(EXPECT(at, end, ",\"attempt\":"), end, &event->attempt);
    at = scan_string(EXPECT(at, end, ",\"status\":\""), end, &event->status);
    at = scan_time(EXPECT(at, end, ",\"delay\":"), end, &event->delay_ns);
    at = scan_time(EXPECT(at, end, ",\"at\":"), end, &event->at_ns);
    event->has_due = true;
    return scan_time(EXPECT(at, end, ",\"due\":"), end, &event->due_ns);
}

static const char *scan_done(const char *at, const char *end, struct event_read *event)
{
    at = scan_string(EXPECT(at, end, ",\"status\":\""), end, &event->status);
    at = scan_time(EXPECT(at, end, ",\"at\":"), end, &event->at_ns);
    event->has_due = IS_NEXT(at, end, ",\"due\":");
    if (event->has_due)
        at = scan_time(EXPECT(at, end, ",\"due\":"), end, &event->due_ns);
    if (IS_NEXT(at, end, ",\"attempts\":"))
        at = scan_count(EXPECT(at, end, ",\"attempts\":"), end, &event->attempts);
    event->has_cause = IS_NEXT(at, end, ",\"cause\":");
    if (event->has_cause)
        at = scan_count(EXPECT(at, end, ",\"cause\":"), end, &event->cause);
    return at;
}

/* Of a size that the compiler does not know, or it would clear it in line by one
 * instruction whose start alone takes longer than all the rest here. */
static inline void clear(void *at, size_t size)
{
    __asm__("" : "+r"(size));
    memset(at, 0, size);
}

/* Reads what is behind the job's name, by the kind. */
static const char *scan_rest(const char *at, const char *end, enum event_kind kind,
                             struct event_read *event)
{
    if (kind == EVENT_DONE)
        return scan_done(at, end, event);
    if (kind == EVENT_STEP)
        return scan_step(at, end, event);
    return kind == EVENT_STARTED ? scan_started(at, end, event) : scan_retry(at, end, event);
}

/* The kind, and behind it; NULL for another kind. */
static const char *scan_kind(const char *at, const char *end, enum event_kind *kind)
{
    if (IS_NEXT(at, end, "done\"")) {
        *kind = EVENT_DONE;
        return at + 5;
    }
    if (IS_NEXT(at, end, "step\"")) {
        *kind = EVENT_STEP;
        return at + 5;
    }
    if (IS_NEXT(at, end, "started\"")) {
        *kind = EVENT_STARTED;
        return at + 8;
    }
    *kind = EVENT_RETRY;
    return EXPECT(at, end, "retry\"");
}

bool event_scan(const char *line, size_t len, struct event_read *event)
{
    const char *end = line + len, *at = EXPECT(line, end, "{\"event\":\"");
    enum event_kind kind;

    at = scan_kind(at, end, &kind);
    if (at == NULL || end[-1] != '\n')
        return false;
    clear(event, sizeof *event);
    event->kind = kind;
    event->has_event = true;
    if (IS_NEXT(at, end, ",\"ref\":\"")) {
        at = scan_string(EXPECT(at, end, ",\"ref\":\""), end, &event->ref);
        at = scan_count(EXPECT(at, end, ",\"seq\":"), end, &event->seq);
    } else {
        at = scan_count(EXPECT(at, end, ",\"batch\":"), end, &event->batch);
    }
    at = scan_count(EXPECT(at, end, ",\"job\":"), end, &event->job);
    if (IS_NEXT(at, end, ",\"name\":\""))
        at = scan_string(EXPECT(at, end, ",\"name\":\""), end, &event->name);
    return EXPECT(scan_rest(at, end, kind, event), end, "}\n") == end;
}
