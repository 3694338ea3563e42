/* SPDX-License-Identifier: ISC */
#include "proto/request_fast.h"

#include <string.h>

#include "proto/duration_fast.h"
#include "proto/scan.h"

/* Both keys with their quotes have this many bytes. */
#define KEY_SIZE 6

const char *request_fast_wait(const char *at, const char *end, int64_t *wait_ns)
{
    if (*at != '"')
        return duration_fast_number(at, end, wait_ns);
    at = duration_fast_string(at + 1, end, wait_ns);
    return at != NULL && at < end && *at == '"' ? at + 1 : NULL;
}

/* From behind a key: to its value, or NULL. */
static inline const char *pass_colon(const char *at, const char *end)
{
    at = scan_blanks(at, end);
    if (at == end || *at != ':')
        return NULL;
    at = scan_blanks(at + 1, end);
    return at < end ? at : NULL;
}

/* Each reads a value that begins at `at` < end and returns its end, or NULL. */
static inline const char *read_name(const char *at, const char *end, struct request_fast *job)
{
    if (*at != '"')
        return NULL;
    const char *quote = scan_unescaped(at + 1, end);
    if (quote == end || *quote != '"')
        return NULL;
    job->name = at;
    job->name_len = (size_t)(quote + 1 - at);
    return quote + 1;
}

static inline const char *read_wait(const char *at, const char *end, struct request_fast *job)
{
    const char *stop = request_fast_wait(at, end, &job->wait_ns);
    job->wait = at;
    job->wait_len = stop != NULL ? (size_t)(stop - at) : 0;
    return stop;
}

/* Reads the member that begins at `at`. */
static inline const char *read_member(const char *at, const char *end, struct request_fast *job)
{
    if (end - at < KEY_SIZE)
        return NULL;
    const char *value = pass_colon(at + KEY_SIZE, end);
    if (value == NULL)
        return NULL;
    if (memcmp(at, "\"name\"", KEY_SIZE) == 0)
        return job->name == NULL ? read_name(value, end, job) : NULL;
    if (memcmp(at, "\"wait\"", KEY_SIZE) == 0)
        return job->wait_ns < 0 ? read_wait(value, end, job) : NULL;
    return NULL;
}

const char *request_fast_scan(const char *at, const char *end,
                              const struct request_fast_limits *limits, struct request_fast *job)
{
    *job = (struct request_fast){.wait_ns = -1};
    if (at == end || *at != '{')
        return NULL;
    at = scan_blanks(at + 1, end);
    if (at < end && *at == '}')
        return at + 1;
    for (;;) {
        at = read_member(at, end, job);
        if (at == NULL)
            return NULL;
        at = scan_blanks(at, end);
        if (at == end)
            return NULL;
        if (*at == '}')
            break;
        if (*at != ',')
            return NULL; /* the rest of a number that is not short among them */
        at = scan_blanks(at + 1, end);
    }
    if (job->wait_ns > limits->max_wait_ns ||
        (job->name != NULL && job->name_len - 2 > limits->max_name))
        return NULL;
    return at + 1;
}
