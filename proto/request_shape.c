/* SPDX-License-Identifier: ISC */
#include "proto/request_shape.h"

#include <string.h>

#include "proto/scan.h"

#define WORDS (REQUEST_SHAPE_TEXT / 8)

/* ---- Learning -------------------------------------------------------------- */

/* False if it is too long. */
static bool set_text(struct request_shape_text *text, const char *from, const char *to)
{
    char bytes[REQUEST_SHAPE_TEXT] = {0}, counts[REQUEST_SHAPE_TEXT] = {0};
    size_t len = (size_t)(to - from);
    text->len = len <= REQUEST_SHAPE_TEXT ? len : 0;
    if (len > REQUEST_SHAPE_TEXT)
        return false;
    memcpy(bytes, from, len);
    memset(counts, 0xFF, len);
    memcpy(text->words, bytes, sizeof(bytes));
    memcpy(text->masks, counts, sizeof(counts));
    return true;
}

/* Where a value begins and ends; of a name, without its quotes. */
struct span {
    const char *from, *to;
};

static struct span name_of(const struct request_fast *job)
{
    return (struct span){job->name + 1, job->name + job->name_len - 1};
}

static struct span wait_of(const struct request_fast *job)
{
    return (struct span){job->wait, job->wait + job->wait_len};
}

/* Puts the job's values, as many as there are, in the order of the text. */
static unsigned order(struct request_shape *shape, const struct request_fast *job,
                      struct span values[2])
{
    bool name_first = job->wait == NULL || (job->name != NULL && job->name < job->wait);
    unsigned n = 0;
    for (unsigned i = 0; i < 2; i++) {
        bool is_name = name_first == (i == 0);
        if ((is_name ? job->name : job->wait) == NULL)
            continue;
        shape->values[n] = is_name ? REQUEST_SHAPE_NAME : REQUEST_SHAPE_WAIT;
        values[n++] = is_name ? name_of(job) : wait_of(job);
    }
    return n;
}

void request_shape_learn(struct request_shape *shape, const char *comma, const char *end,
                         const struct request_fast *job)
{
    struct span values[2];
    const char *from = comma, *before_wait = comma;
    shape->known = false;
    if (shape->misses == REQUEST_SHAPE_MISSES)
        return;
    shape->misses++;
    shape->values[0] = shape->values[1] = REQUEST_SHAPE_NONE;
    shape->again.len = 0;
    unsigned n = order(shape, job, values);
    shape->known = n > 0;
    for (unsigned i = 0; i < n; i++) {
        shape->known &= set_text(&shape->parts[i], from, values[i].from);
        if (shape->values[i] == REQUEST_SHAPE_WAIT)
            before_wait = from;
        from = values[i].to;
    }
    shape->known &= set_text(&shape->parts[2], from, end);
    if (job->wait == NULL)
        return;
    bool wait_is_last = shape->values[n - 1] == REQUEST_SHAPE_WAIT;
    shape->wait_ns = job->wait_ns;
    (void)set_text(&shape->again, before_wait, wait_is_last ? end : job->name + 1);
}

/* ---- Predicting -------------------------------------------------------------- */

static inline uint64_t difference(const struct request_shape_text *text, const char *at,
                                  unsigned word)
{
    uint64_t bytes;
    memcpy(&bytes, at + 8 * (size_t)word, sizeof(bytes));
    return (bytes ^ text->words[word]) & text->masks[word];
}

/* Whether it stands at `at`, behind which there are words to look at. */
static inline bool stands(const struct request_shape_text *text, const char *at)
{
    if ((difference(text, at, 0) | difference(text, at, 1)) != 0)
        return false;
    return text->len <= 16 || (difference(text, at, 2) | difference(text, at, 3)) == 0;
}

_Static_assert(WORDS == 4, "stands() looks at four words");

/* The place behind a text; NULL where it does not stand, or may not as far as can be seen. */
static inline const char *pass(const struct request_shape_text *text, const char *at,
                               const char *end)
{
    return end - at >= REQUEST_SHAPE_TEXT && stands(text, at) ? at + text->len : NULL;
}

/* Passes a name, which the text behind it has to end. */
static inline const char *pass_name(const char *at, const char *end, struct request_fast *job)
{
    const char *quote = scan_unescaped(at, end);
    job->name = at - 1;
    job->name_len = (size_t)(quote + 2 - at);
    return quote;
}

/* Passes the wait as it was learnt, with what stood before and behind it. */
static inline const char *pass_again(const struct request_shape *shape, const char *at,
                                     const char *end, struct request_fast *job)
{
    if (shape->again.len == 0)
        return NULL;
    job->wait_ns = shape->wait_ns;
    return pass(&shape->again, at, end);
}

static inline const char *pass_value(const struct request_shape *shape, unsigned i, const char *at,
                                     const char *end, struct request_fast *job)
{
    at = pass(&shape->parts[i], at, end);
    if (at == NULL || shape->values[i] == REQUEST_SHAPE_NAME)
        return at != NULL ? pass_name(at, end, job) : NULL;
    return request_fast_wait(at, end, &job->wait_ns);
}

/* What is behind the first value, of a job with two. */
static inline const char *pass_second(const struct request_shape *shape, const char *at,
                                      const char *end, struct request_fast *job)
{
    const char *behind = NULL;
    if (shape->values[1] == REQUEST_SHAPE_WAIT)
        behind = pass_again(shape, at, end, job);
    if (behind != NULL)
        return behind;
    at = pass_value(shape, 1, at, end, job);
    return at != NULL ? pass(&shape->parts[2], at, end) : NULL;
}

static inline const char *pass_job(const struct request_shape *shape, const char *at,
                                   const char *end, struct request_fast *job)
{
    bool has_second = shape->values[1] != REQUEST_SHAPE_NONE;
    const char *behind = NULL;
    if (shape->values[0] == REQUEST_SHAPE_WAIT)
        behind = pass_again(shape, at, end, job);
    if (behind != NULL)
        return has_second ? pass(&shape->parts[2], pass_name(behind, end, job), end) : behind;
    at = pass_value(shape, 0, at, end, job);
    if (at == NULL)
        return NULL;
    return has_second ? pass_second(shape, at, end, job) : pass(&shape->parts[2], at, end);
}

const char *request_shape_scan(const struct request_shape *shape, const char *comma,
                               const char *end, const struct request_fast_limits *limits,
                               struct request_fast *job)
{
    job->name = NULL;
    job->wait_ns = -1;
    const char *at = pass_job(shape, comma, end, job);
    if (at == NULL || job->wait_ns > limits->max_wait_ns ||
        (job->name != NULL && job->name_len - 2 > limits->max_name))
        return NULL;
    return at;
}
