/* SPDX-License-Identifier: ISC */

/* Drawn durations (`dist`) and back-offs. */

#include "proto/request.h"

#include <stdio.h>

#include "proto/duration.h"
#include "proto/request_internal.h"

/* ---- Drawn durations ----------------------------------------------------------------- */

enum { DIST, MIN, MAX, MEAN, STDDEV, P50, P99, VALUES, N_MEMBERS };

/* The distributions, what each takes besides `dist`, and which of it are a and b. */
#define N_DISTRIBUTIONS 5
static const char *const distribution_names[N_DISTRIBUTIONS] = {"uniform", "exponential", "normal",
                                                                "lognormal", "trace"};
static const struct {
    enum dist_kind kind;
    unsigned a, b; /* places; the same when there is one alone */
} distributions[N_DISTRIBUTIONS] = {
    {DIST_UNIFORM, MIN, MAX},   {DIST_EXPONENTIAL, MEAN, MEAN}, {DIST_NORMAL, MEAN, STDDEV},
    {DIST_LOGNORMAL, P50, P99}, {DIST_TRACE, VALUES, VALUES},
};

static void read_dist(struct request_reading *reading, const struct lexer_token *token)
{
    if (request_choice(reading, token, distribution_names, N_DISTRIBUTIONS,
                       &reading->distribution.kind))
        reading->distribution.valid |= 1u << DIST;
}

static void read_parameter(struct request_reading *reading, const struct lexer_token *token)
{
    const struct request_frame *frame = request_frame(reading);
    size_t place = (size_t)(frame->member - frame->context->members);
    struct request_distribution *distribution = &reading->distribution;
    int64_t ns;
    if (!request_duration(reading, token, &ns))
        return;
    if (place == P50 && ns == 0) {
        request_wrong(reading, token, "a duration above 0");
        return;
    }
    distribution->ns[place] = ns;
    distribution->valid |= 1u << place;
}

static void read_value(struct request_reading *reading, const struct lexer_token *token)
{
    int64_t ns;
    if (!request_duration(reading, token, &ns) || !request_keeps(reading))
        return;
    if (plan_add_trace(reading->plan, ns) != PLAN_OK) {
        request_no_memory(reading);
        return;
    }
    reading->distribution.n_values++;
    reading->kept_bytes += sizeof(ns);
}

static void close_values(struct request_reading *reading, const struct lexer_token *token)
{
    if (reading->distribution.n_values == 0)
        request_fault(reading, FAULT_INVALID_REQUEST, token->offset,
                      "\"values\" takes one duration or more, and this one is empty");
    reading->distribution.valid |= 1u << VALUES;
}

static const struct request_context values_array = {.element = read_value, .close = close_values};

static void read_values(struct request_reading *reading, const struct lexer_token *token)
{
    if (token->kind != LEXER_ARRAY_BEGIN) {
        request_wrong(reading, token, "an array of durations");
        return;
    }
    reading->distribution.first_value = plan_n_traces(reading->plan);
    reading->distribution.n_values = 0;
    request_push(reading, &values_array);
}

/* Refuses what the distribution needs and does not have, or has and does not know. */
static void check_members(struct request_reading *reading, const struct lexer_token *token,
                          const struct request_frame *frame, uint32_t taken)
{
    const char *name = distribution_names[reading->distribution.kind];
    for (unsigned i = 0; i < N_MEMBERS; i++) {
        const char *member = request_distribution_object.members[i].name;
        bool given = (frame->seen & 1u << i) != 0, takes = (taken & 1u << i) != 0;
        if (given == takes)
            continue;
        uint64_t offset = takes ? token->offset : frame->offsets[i];
        struct request_list list;
        if (request_has_earlier_fault(reading, offset))
            continue;
        request_list_members(&list, &request_distribution_object, taken & ~(1u << DIST));
        if (takes) {
            char with[sizeof list.text + 48], lacks[16];
            snprintf(with, sizeof with, "%s with a \"dist\" of \"%s\"", list.text, name);
            snprintf(lacks, sizeof lacks, "no \"%s\"", member);
            request_lacks(reading, token, with, lacks);
        } else {
            request_fault_member(reading, i, FAULT_INVALID_REQUEST, offset,
                                 "a dist of \"%s\" takes %s, and no \"%s\"", name, list.text,
                                 member);
        }
    }
}

/* Refuses bounds that are the wrong way round, at the second of them. */
static void check_order(struct request_reading *reading, const struct request_frame *frame,
                        unsigned low, unsigned high)
{
    const struct request_distribution *distribution = &reading->distribution;
    uint32_t both = 1u << low | 1u << high;
    if ((distribution->valid & both) != both || distribution->ns[low] <= distribution->ns[high])
        return;
    const struct request_member *table = frame->context->members;
    uint64_t offset =
        frame->offsets[low] > frame->offsets[high] ? frame->offsets[low] : frame->offsets[high];
    char least[DURATION_PRINT_MAX], got[DURATION_PRINT_MAX];
    int least_len = (int)duration_print(least, distribution->ns[low]);
    int got_len = (int)duration_print(got, distribution->ns[high]);
    request_fault_member(reading, high, FAULT_INVALID_REQUEST, offset,
                         "\"%s\" takes a duration of at least \"%s\", which is %.*s s, not %.*s s",
                         table[high].name, table[low].name, least_len, least, got_len, got);
}

static void close_distribution(struct request_reading *reading, const struct lexer_token *token)
{
    const struct request_frame *frame = request_frame(reading);
    struct request_distribution *distribution = &reading->distribution;
    if ((frame->seen & 1u << DIST) == 0 && !request_has_earlier_fault(reading, token->offset)) {
        struct request_list list;
        char takes[sizeof list.text + 24];
        request_list_words(&list, distribution_names, N_DISTRIBUTIONS);
        snprintf(takes, sizeof takes, "a \"dist\", which is %s", list.text);
        request_lacks(reading, token, takes, "none");
    }
    if ((distribution->valid & 1u << DIST) == 0)
        return;
    unsigned a = distributions[distribution->kind].a, b = distributions[distribution->kind].b;
    check_members(reading, token, frame, 1u << DIST | 1u << a | 1u << b);
    enum dist_kind kind = distributions[distribution->kind].kind;
    if (kind == DIST_UNIFORM || kind == DIST_LOGNORMAL)
        check_order(reading, frame, a, b);
    *distribution->into =
        (struct dist){.kind = kind, .a_ns = distribution->ns[a], .b_ns = distribution->ns[b]};
    if (kind == DIST_EXPONENTIAL)
        distribution->into->b_ns = 0;
    if (kind == DIST_TRACE) {
        distribution->into->a_ns = distribution->first_value;
        distribution->into->b_ns = distribution->n_values;
    }
    /* A job's own `wait` or `compute` is a step by itself; in `steps` the
     * step's object is still open. */
    if (distribution->into == &reading->step.length &&
        reading->frames[reading->n_frames - 2].context != &request_step_object)
        request_add_step(reading);
}

static const struct request_member distribution_members[N_MEMBERS] = {
    [DIST] = REQUEST_MEMBER("dist", read_dist, 0),
    [MIN] = REQUEST_MEMBER("min", read_parameter, 0),
    [MAX] = REQUEST_MEMBER("max", read_parameter, 0),
    [MEAN] = REQUEST_MEMBER("mean", read_parameter, 0),
    [STDDEV] = REQUEST_MEMBER("stddev", read_parameter, 0),
    [P50] = REQUEST_MEMBER("p50", read_parameter, 0),
    [P99] = REQUEST_MEMBER("p99", read_parameter, 0),
    [VALUES] = REQUEST_MEMBER("values", read_values, 0),
};

const struct request_context request_distribution_object = {
    .noun = "a drawn duration",
    .members = distribution_members,
    .n_members = N_MEMBERS,
    .close = close_distribution,
};

/* ---- Back-offs ------------------------------------------------------------------------- */

enum { INITIAL, FACTOR, LONGEST, JITTER, N_BACKOFF };

static void read_initial(struct request_reading *reading, const struct lexer_token *token)
{
    request_duration(reading, token, &reading->spec.backoff.initial_ns);
}

static void read_longest(struct request_reading *reading, const struct lexer_token *token)
{
    request_duration(reading, token, &reading->spec.backoff.max_ns);
}

static void read_factor(struct request_reading *reading, const struct lexer_token *token)
{
    request_factor(reading, token, &reading->spec.backoff.factor);
}

static void read_jitter(struct request_reading *reading, const struct lexer_token *token)
{
    static const char *const names[] = {"none", "full"};
    unsigned choice;
    if (request_choice(reading, token, names, 2, &choice))
        reading->spec.backoff.full_jitter = choice == 1;
}

static void close_backoff(struct request_reading *reading, const struct lexer_token *token)
{
    if ((request_frame(reading)->seen & 1u << INITIAL) == 0)
        request_lacks(reading, token, "an \"initial\" duration", "none");
}

static const struct request_member backoff_members[N_BACKOFF] = {
    [INITIAL] = REQUEST_MEMBER("initial", read_initial, 0),
    [FACTOR] = REQUEST_MEMBER("factor", read_factor, 0),
    [LONGEST] = REQUEST_MEMBER("max", read_longest, 0),
    [JITTER] = REQUEST_MEMBER("jitter", read_jitter, 0),
};

const struct request_context request_backoff_object = {
    .noun = "a back-off",
    .members = backoff_members,
    .n_members = N_BACKOFF,
    .close = close_backoff,
};
