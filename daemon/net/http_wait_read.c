/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_wait_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/decimal_digits.h"
#include "proto/duration.h"

#define BYTES_MAX  (INT64_C(1) << 40)
#define VALUES_MAX 10000

enum parameter {
    WAIT,
    MIN,
    MAX,
    MEAN,
    STDDEV,
    P50,
    P99,
    DURATIONS, /* those before it */
    DIST = DURATIONS,
    VALUES,
    FAIL,
    FAIL_STATUS,
    STATUS,
    BYTES,
    CHUNKS,
    SEED,
    N,
    POOL,
};

const struct http_parameter http_wait_parameters[HTTP_WAIT_PARAMETERS] = {
    [WAIT] = {.name = "wait"},     [MIN] = {.name = "min"},
    [MAX] = {.name = "max"},       [MEAN] = {.name = "mean"},
    [STDDEV] = {.name = "stddev"}, [P50] = {.name = "p50"},
    [P99] = {.name = "p99"},       [DIST] = {.name = "dist"},
    [VALUES] = {.name = "values"}, [FAIL] = {.name = "fail"},
    [STATUS] = {.name = "status"}, [FAIL_STATUS] = {.name = "fail_status"},
    [BYTES] = {.name = "bytes"},   [CHUNKS] = {.name = "chunks"},
    [SEED] = {.name = "seed"},     [N] = {.name = "n"},
    [POOL] = {.name = "pool"},
};

/* The state of a request while it is being read. */
struct reading {
    struct http_wait_spec *spec;
    const struct http_services *services;
    struct fault *fault;
    int64_t max_ns;
    int64_t ns[DURATIONS];    /* -1 where one is not set, or has been used */
    const char *const *texts; /* of each parameter, or NULL */
    const char *dist;         /* its word, in what was read, or NULL */
    const char *values;       /* likewise */
};

static bool refuse(struct reading *reading, const char *name, const char *takes, const char *got)
{
    char member[FAULT_QUOTE_SIZE], quote[FAULT_QUOTE_SIZE];

    (void)fault_quote(member, name, strlen(name));
    if (got)
        (void)fault_set(reading->fault, FAULT_INVALID_REQUEST, 0, "\"%s\" takes %s, not \"%s\"",
                        member, takes, fault_quote(quote, got, strlen(got)));
    else
        (void)fault_set(reading->fault, FAULT_INVALID_REQUEST, 0, "\"%s\" %s", member, takes);
    memcpy(reading->fault->path, member, strlen(member) + 1);
    return false;
}

/* ---- Values --------------------------------------------------------------------- */

static bool read_duration(struct reading *reading, const char *name, const char *text, int64_t *ns)
{
    switch (duration_from_text(text, strlen(text), reading->max_ns, ns)) {
    case DURATION_OK:
        return true;
    case DURATION_TOO_LONG:
        return refuse(reading, name, "a duration of at most max-wait", text);
    case DURATION_NEGATIVE:
    case DURATION_MALFORMED:
        break;
    }
    return refuse(reading, name, "a duration such as 250ms or 1.5", text);
}

static bool read_integer(struct reading *reading, const char *name, const char *text, int64_t min,
                         int64_t max, int64_t *out)
{
    bool negative = text[0] == '-';
    const char *digits = text + negative;
    int64_t value = 0;
    bool fits = *digits != '\0';

    for (; *digits && fits; digits++)
        fits = *digits >= '0' && *digits <= '9' && !__builtin_mul_overflow(value, 10, &value) &&
               !(negative ? __builtin_sub_overflow(value, *digits - '0', &value)
                          : __builtin_add_overflow(value, *digits - '0', &value));
    if (!fits || value < min || value > max) {
        char takes[80];

        snprintf(takes, sizeof(takes), "an integer from %lld to %lld", (long long)min,
                 (long long)max);
        return refuse(reading, name, takes, text);
    }
    *out = value;
    return true;
}

static bool read_status(struct reading *reading, const char *name, const char *text,
                        unsigned *status)
{
    int64_t value;

    if (!read_integer(reading, name, text, 200, 599, &value))
        return false;
    *status = (unsigned)value;
    return true;
}

/* Whether text is a number as JSON has it: RFC 8259, section 6. */
static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || (digits > 1 && text[0] == '0'))
        return false;
    text += digits;
    if (*text == '.') {
        digits = strspn(text + 1, "0123456789");
        if (digits == 0)
            return false;
        text += 1 + digits;
    }
    if (*text == 'e' || *text == 'E') {
        text += 1 + (text[1] == '+' || text[1] == '-');
        digits = strspn(text, "0123456789");
        if (digits == 0)
            return false;
        text += digits;
    }
    return *text == '\0';
}

static bool read_share(struct reading *reading, const char *name, const char *text, uint64_t *below)
{
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
        *below = text[0] == 't' ? PLAN_FAIL_ALWAYS : 0;
        return true;
    }
    if (!is_number(text) || !decimal_digits_probability(text, strlen(text), below))
        return refuse(reading, name, "a probability from 0 to 1", text);
    return true;
}

static bool read_count(struct reading *reading, const char *name, const char *text, int64_t min,
                       uint64_t *out)
{
    int64_t value;

    if (!read_integer(reading, name, text, min, BYTES_MAX, &value))
        return false;
    *out = (uint64_t)value;
    return true;
}

static bool read_pool(struct reading *reading, const char *text)
{
    char quote[FAULT_QUOTE_SIZE];

    reading->spec->pool = http_services_find(reading->services, text);
    if (reading->spec->pool >= 0)
        return true;
    (void)fault_set(reading->fault, FAULT_NOT_FOUND, 0,
                    "\"pool\" takes the name of a service, and there is none named \"%s\"",
                    fault_quote(quote, text, strlen(text)));
    memcpy(reading->fault->path, "pool", sizeof("pool"));
    return false;
}

/* ---- Members -------------------------------------------------------------------- */

static bool set(struct reading *reading, enum parameter parameter, const char *text)
{
    const char *name = http_wait_parameters[parameter].name;
    struct http_wait_spec *spec = reading->spec;

    switch (parameter) {
    case DIST:
        reading->dist = text;
        return true;
    case VALUES:
        reading->values = text;
        return true;
    case FAIL:
        return read_share(reading, name, text, &spec->fail_below);
    case FAIL_STATUS:
        return read_status(reading, name, text, &spec->fail_status);
    case STATUS:
        return read_status(reading, name, text, &spec->status);
    case BYTES:
        return read_count(reading, name, text, 0, &spec->bytes);
    case CHUNKS:
        return read_count(reading, name, text, 1, &spec->chunks);
    case SEED:
        return read_integer(reading, name, text, INT64_MIN, INT64_MAX, &spec->seed);
    case N:
        return read_integer(reading, name, text, 0, UINT32_MAX - 1, &spec->n);
    case POOL:
        return read_pool(reading, text);
    case WAIT:
    case MIN:
    case MAX:
    case MEAN:
    case STDDEV:
    case P50:
    case P99:
        break;
    }
    if (reading->ns[parameter] >= 0)
        return refuse(reading, name, "is there twice", NULL);
    return read_duration(reading, name, text, &reading->ns[parameter]);
}

/* ---- Distributions --------------------------------------------------------------- */

/* Which durations each takes; WAIT: none. */
struct distribution {
    const char *word;
    enum dist_kind kind;
    enum parameter a, b;
};

static const struct distribution distributions[] = {
    {"uniform", DIST_UNIFORM, MIN, MAX},   {"exponential", DIST_EXPONENTIAL, MEAN, WAIT},
    {"normal", DIST_NORMAL, MEAN, STDDEV}, {"lognormal", DIST_LOGNORMAL, P50, P99},
    {"trace", DIST_TRACE, WAIT, WAIT},
};

static bool take_duration(struct reading *reading, enum parameter parameter, int64_t *out)
{
    *out = 0;
    if (parameter == WAIT)
        return true;
    if (reading->ns[parameter] < 0)
        return refuse(reading, http_wait_parameters[parameter].name,
                      "is to be there, as \"dist\" takes it", NULL);
    *out = reading->ns[parameter];
    reading->ns[parameter] = -1;
    return true;
}

/* `10ms,20ms`: draw n has value n modulo how many there are. */
static bool take_values(struct reading *reading)
{
    struct http_wait_spec *spec = reading->spec;
    const char *at = reading->values;
    int64_t n = 1;

    if (!at)
        return refuse(reading, "values", "is to be there, as \"dist\" takes it", NULL);
    for (const char *c = at; *c; c++)
        n += *c == ',';
    if (n > VALUES_MAX)
        return refuse(reading, "values", "takes at most 10000 durations", NULL);
    spec->values = calloc((size_t)n, sizeof(*spec->values));
    if (!spec->values)
        return refuse(reading, "values", "cannot be kept: out of memory", NULL);
    for (int64_t i = 0; i < n; i++) {
        size_t len = strcspn(at, ",");

        if (duration_from_text(at, len, reading->max_ns, &spec->values[i]) != DURATION_OK)
            return refuse(reading, "values", "durations of at most max-wait, with commas between",
                          at);
        at += len + 1;
    }
    spec->length.b_ns = n;
    reading->values = NULL;
    return true;
}

static bool check_distribution(struct reading *reading)
{
    const struct dist *dist = &reading->spec->length;

    if (dist->kind == DIST_UNIFORM && dist->a_ns > dist->b_ns)
        return refuse(reading, "max", "a duration of at least \"min\"", reading->texts[MAX]);
    if (dist->kind == DIST_LOGNORMAL && dist->a_ns == 0)
        return refuse(reading, "p50", "a duration above 0", reading->texts[P50]);
    if (dist->kind == DIST_LOGNORMAL && dist->a_ns > dist->b_ns)
        return refuse(reading, "p99", "a duration of at least \"p50\"", reading->texts[P99]);
    return true;
}

static bool take_dist(struct reading *reading)
{
    struct dist *dist = &reading->spec->length;

    for (size_t i = 0; i < sizeof(distributions) / sizeof(distributions[0]); i++) {
        if (strcmp(reading->dist, distributions[i].word) != 0)
            continue;
        dist->kind = distributions[i].kind;
        if (dist->kind == DIST_TRACE)
            return take_values(reading);
        return take_duration(reading, distributions[i].a, &dist->a_ns) &&
               take_duration(reading, distributions[i].b, &dist->b_ns) &&
               check_distribution(reading);
    }
    return refuse(reading, "dist", "uniform, exponential, normal, lognormal or trace",
                  reading->dist);
}

/* What is still there belongs to no distribution, or to another. */
static bool check_rest(struct reading *reading)
{
    for (int i = WAIT + 1; i < DURATIONS; i++)
        if (reading->ns[i] >= 0)
            return refuse(reading, http_wait_parameters[i].name, "does not go with this \"dist\"",
                          NULL);
    if (reading->values)
        return refuse(reading, "values", "does not go with this \"dist\"", NULL);
    if (reading->spec->bytes < reading->spec->chunks)
        return refuse(reading, "bytes", "at least one for each of \"chunks\"",
                      reading->texts[BYTES] ? reading->texts[BYTES] : "0");
    if (reading->spec->chunks == 0)
        reading->spec->chunks = 1;
    return true;
}

static bool take_length(struct reading *reading)
{
    if (reading->dist && reading->ns[WAIT] >= 0)
        return refuse(reading, "dist", "does not go with a fixed wait", NULL);
    if (reading->dist)
        return take_dist(reading) && check_rest(reading);
    if (reading->ns[WAIT] < 0)
        return refuse(reading, "wait",
                      "is to be there, in the path (/wait/100ms) or the query, or \"dist\"", NULL);
    reading->spec->length = (struct dist){.kind = DIST_CONSTANT, .a_ns = reading->ns[WAIT]};
    return check_rest(reading);
}

bool http_wait_read(struct http_wait_spec *spec, const char *path, const char *const *values,
                    int64_t max_ns, const struct http_services *services, struct fault *fault)
{
    struct reading reading = {
        .spec = spec, .services = services, .fault = fault, .max_ns = max_ns, .texts = values};
    bool well = true;

    *spec = (struct http_wait_spec){.status = 200, .fail_status = 503, .n = -1, .pool = -1};
    for (int i = 0; i < DURATIONS; i++)
        reading.ns[i] = -1;
    if (*path)
        well = set(&reading, WAIT, path);
    for (int i = 0; i < HTTP_WAIT_PARAMETERS && well; i++)
        if (values[i])
            well = set(&reading, (enum parameter)i, values[i]);
    if (well && take_length(&reading))
        return true;
    free(spec->values);
    spec->values = NULL;
    return false;
}
