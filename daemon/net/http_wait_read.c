/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_wait_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/http_query.h"
#include "proto/decimal_digits.h"
#include "proto/duration.h"

#define BYTES_MAX  (INT64_C(1) << 40)
#define VALUES_MAX 10000

/* The state of a request while it is being read. */
struct reading {
    struct http_wait_spec *spec;
    const struct http_services *services;
    struct fault *fault;
    int64_t max_ns;
    const char *dist; /* its word, in what was read, or NULL */
    int64_t wait_ns;  /* -1 where it is not set, as below */
    int64_t min_ns, max_value_ns, mean_ns, stddev_ns, p50_ns, p99_ns;
    const char *values;
    uint32_t seen; /* of `members` */
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
        return refuse(reading, name, "takes a duration of at most max-wait", NULL);
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

static bool set_duration(struct reading *reading, const char *name, const char *text)
{
    const struct {
        const char *name;
        int64_t *ns;
    } durations[] = {
        {"wait", &reading->wait_ns},     {"min", &reading->min_ns},
        {"max", &reading->max_value_ns}, {"mean", &reading->mean_ns},
        {"stddev", &reading->stddev_ns}, {"p50", &reading->p50_ns},
        {"p99", &reading->p99_ns},
    };

    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        if (strcmp(name, durations[i].name) != 0)
            continue;
        if (*durations[i].ns >= 0)
            return refuse(reading, name, "is there twice", NULL);
        return read_duration(reading, name, text, durations[i].ns);
    }
    return refuse(reading, name, "is no parameter of /wait", NULL);
}

/* Whether a member is there for the first time; what is none is refused elsewhere. */
static bool is_first(struct reading *reading, const char *name)
{
    static const char *const members[] = {
        "dist", "values", "fail", "fail_status", "status", "bytes",  "chunks", "seed", "n",
        "pool", "wait",   "min",  "max",         "mean",   "stddev", "p50",    "p99",
    };

    for (unsigned i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (strcmp(name, members[i]) != 0)
            continue;
        if (reading->seen & UINT32_C(1) << i)
            return refuse(reading, name, "is there twice", NULL);
        reading->seen |= UINT32_C(1) << i;
    }
    return true;
}

static bool set_member(struct reading *reading, const char *name, const char *text)
{
    struct http_wait_spec *spec = reading->spec;

    if (!is_first(reading, name))
        return false;
    if (strcmp(name, "dist") == 0)
        reading->dist = text;
    else if (strcmp(name, "values") == 0)
        reading->values = text;
    else if (strcmp(name, "fail") == 0)
        return read_share(reading, name, text, &spec->fail_below);
    else if (strcmp(name, "fail_status") == 0)
        return read_status(reading, name, text, &spec->fail_status);
    else if (strcmp(name, "status") == 0)
        return read_status(reading, name, text, &spec->status);
    else if (strcmp(name, "bytes") == 0)
        return read_count(reading, name, text, 0, &spec->bytes);
    else if (strcmp(name, "chunks") == 0)
        return read_count(reading, name, text, 1, &spec->chunks);
    else if (strcmp(name, "seed") == 0)
        return read_integer(reading, name, text, INT64_MIN, INT64_MAX, &spec->seed);
    else if (strcmp(name, "n") == 0)
        return read_integer(reading, name, text, 0, UINT32_MAX - 1, &spec->n);
    else if (strcmp(name, "pool") == 0)
        return read_pool(reading, text);
    else
        return set_duration(reading, name, text);
    return true;
}

/* ---- Distributions --------------------------------------------------------------- */

/* Which durations each takes, and what of. */
struct distribution {
    const char *word;
    enum dist_kind kind;
    const char *a, *b; /* their names; NULL for none */
};

static const struct distribution distributions[] = {
    {"uniform", DIST_UNIFORM, "min", "max"},   {"exponential", DIST_EXPONENTIAL, "mean", NULL},
    {"normal", DIST_NORMAL, "mean", "stddev"}, {"lognormal", DIST_LOGNORMAL, "p50", "p99"},
    {"trace", DIST_TRACE, NULL, NULL},
};

static int64_t *duration_of(struct reading *reading, const char *name)
{
    if (strcmp(name, "min") == 0)
        return &reading->min_ns;
    if (strcmp(name, "max") == 0)
        return &reading->max_value_ns;
    if (strcmp(name, "mean") == 0)
        return &reading->mean_ns;
    if (strcmp(name, "stddev") == 0)
        return &reading->stddev_ns;
    return strcmp(name, "p50") == 0 ? &reading->p50_ns : &reading->p99_ns;
}

static bool take_duration(struct reading *reading, const char *name, int64_t *out)
{
    int64_t *ns;

    *out = 0;
    if (!name)
        return true;
    ns = duration_of(reading, name);
    if (*ns < 0)
        return refuse(reading, name, "is to be there, as \"dist\" takes it", NULL);
    *out = *ns;
    *ns = -1;
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
        return refuse(reading, "max", "is to be at least \"min\"", NULL);
    if (dist->kind == DIST_LOGNORMAL && dist->a_ns == 0)
        return refuse(reading, "p50", "is to be above 0", NULL);
    if (dist->kind == DIST_LOGNORMAL && dist->a_ns > dist->b_ns)
        return refuse(reading, "p99", "is to be at least \"p50\"", NULL);
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
    static const char *const names[] = {"min", "max", "mean", "stddev", "p50", "p99"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (*duration_of(reading, names[i]) >= 0)
            return refuse(reading, names[i], "does not go with this \"dist\"", NULL);
    if (reading->values)
        return refuse(reading, "values", "does not go with this \"dist\"", NULL);
    if (reading->spec->bytes < reading->spec->chunks)
        return refuse(reading, "bytes", "is to be at least \"chunks\"", NULL);
    if (reading->spec->chunks == 0)
        reading->spec->chunks = 1;
    return true;
}

static bool take_length(struct reading *reading)
{
    if (reading->dist && reading->wait_ns >= 0)
        return refuse(reading, "dist", "does not go with a fixed wait", NULL);
    if (reading->dist)
        return take_dist(reading) && check_rest(reading);
    if (reading->wait_ns < 0)
        return refuse(reading, "wait",
                      "is to be there, in the path (/wait/100ms) or the query, or \"dist\"", NULL);
    reading->spec->length = (struct dist){.kind = DIST_CONSTANT, .a_ns = reading->wait_ns};
    return check_rest(reading);
}

bool http_wait_read(struct http_wait_spec *spec, const char *path, char *query, int64_t max_ns,
                    const struct http_services *services, struct fault *fault)
{
    struct reading reading = {.spec = spec,
                              .services = services,
                              .fault = fault,
                              .max_ns = max_ns,
                              .wait_ns = -1,
                              .min_ns = -1,
                              .max_value_ns = -1,
                              .mean_ns = -1,
                              .stddev_ns = -1,
                              .p50_ns = -1,
                              .p99_ns = -1};
    const char *name, *value;
    bool well = true;

    *spec = (struct http_wait_spec){.status = 200, .fail_status = 503, .n = -1, .pool = -1};
    if (*path)
        well = read_duration(&reading, "wait", path, &reading.wait_ns);
    while (well && http_query_next(&query, &name, &value))
        well = value ? set_member(&reading, name, value)
                     : refuse(&reading, name, "takes no NUL", NULL);
    if (well && take_length(&reading))
        return true;
    free(spec->values);
    spec->values = NULL;
    return false;
}
