/* SPDX-License-Identifier: ISC */

/* The members of a request, and what each operation takes. */

#include "proto/request.h"

#include <string.h>

#include "proto/request_internal.h"

/* The operations that take a member. */
#define TO(op) (1u << REQUEST_##op)
#define TO_ALL (TO(SUBMIT) | TO(PING) | TO(CANCEL) | TO(STATS) | TO(QUIT))
#define N_OPS  5

static const char *const op_names[N_OPS] = {
    [REQUEST_SUBMIT] = "submit", [REQUEST_PING] = "ping", [REQUEST_CANCEL] = "cancel",
    [REQUEST_STATS] = "stats",   [REQUEST_QUIT] = "quit",
};

/* ---- id -------------------------------------------------------------------------- */

bool request_is_id_key(struct request_reader *reader, const struct lexer_token *key)
{
    const char *name;
    size_t len;
    return request_decode(reader, key, &name, &len) == 0 && len == 2 && memcmp(name, "id", 2) == 0;
}

bool request_is_id(const struct lexer_token *token)
{
    if (token->kind == LEXER_STRING)
        return token->text != NULL;
    if (token->kind != LEXER_NUMBER || token->text == NULL)
        return false;
    for (size_t i = 0; i < token->len; i++) {
        char c = token->text[i];
        if ((c < '0' || c > '9') && c != '-')
            return false;
    }
    return true;
}

void request_keep_id(struct request_reader *reader, const struct lexer_token *token)
{
    if (request_reserve(reader, &reader->id, token->len) != 0)
        return;
    memcpy(reader->id.bytes, token->text, token->len);
    reader->id.len = token->len;
}

static void read_id(struct request_reader *reader, const struct lexer_token *token)
{
    if (request_is_id(token)) {
        if (request_fits(reader, token))
            request_keep_id(reader, token);
    } else
        request_wrong(reader, token, "a string or an integer");
}

/* ---- Members ----------------------------------------------------------------------- */

static void read_op(struct request_reader *reader, const struct lexer_token *token)
{
    unsigned op;
    if (!request_choice(reader, token, op_names, N_OPS, &op))
        return;
    reader->op = (enum request_op)op;
    reader->op_known = true;
}

static void read_protocol(struct request_reader *reader, const struct lexer_token *token)
{
    if (token->kind != LEXER_NUMBER || token->len != 1 || token->text[0] != '0' + REQUEST_PROTOCOL)
        request_wrong(reader, token, "1, the version that is spoken here");
}

static void read_jobs(struct request_reader *reader, const struct lexer_token *token)
{
    if (token->kind != LEXER_ARRAY_BEGIN)
        request_wrong(reader, token, "an array of jobs");
    else if (request_plan(reader) != NULL)
        request_push(reader, &request_jobs_array);
}

static void read_mode(struct request_reader *reader, const struct lexer_token *token)
{
    static const char *const names[] = {
        [PLAN_CONCURRENT] = "concurrent",
        [PLAN_SEQUENTIAL] = "sequential",
        [PLAN_BLOCKING] = "blocking",
    };
    unsigned choice;
    if (request_choice(reader, token, names, 3, &choice))
        reader->options.mode = (enum plan_mode)choice;
}

static void read_until(struct request_reader *reader, const struct lexer_token *token)
{
    static const char *const names[] = {
        [PLAN_UNTIL_ALL] = "all",
        [PLAN_UNTIL_FIRST_DONE] = "first_done",
        [PLAN_UNTIL_FIRST_FAILED] = "first_failed",
    };
    unsigned choice;
    if (request_choice(reader, token, names, 3, &choice))
        reader->options.until = (enum plan_until)choice;
}

static void read_clock(struct request_reader *reader, const struct lexer_token *token)
{
    static const char *const names[] = {
        [PLAN_CLOCK_REAL] = "real",
        [PLAN_CLOCK_VIRTUAL] = "virtual",
    };
    unsigned choice;
    if (request_choice(reader, token, names, 2, &choice))
        reader->options.clock = (enum plan_clock)choice;
}

static void read_events(struct request_reader *reader, const struct lexer_token *token)
{
    static const char *const names[] = {"all", "done", "none"};
    static const enum plan_events events[] = {PLAN_EVENTS_ALL, PLAN_EVENTS_DONE, PLAN_EVENTS_NONE};
    unsigned choice;
    if (request_choice(reader, token, names, 3, &choice))
        reader->options.events = events[choice];
}

/* A limit beyond any number of jobs is none. */
static void read_slots(struct request_reader *reader, const struct lexer_token *token,
                       uint32_t *slots)
{
    uint64_t n;
    if (request_integer(reader, token, 1, &n))
        *slots = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static void read_concurrency(struct request_reader *reader, const struct lexer_token *token)
{
    read_slots(reader, token, &reader->options.concurrency);
}

static void read_workers(struct request_reader *reader, const struct lexer_token *token)
{
    read_slots(reader, token, &reader->options.workers);
}

static void read_timeout(struct request_reader *reader, const struct lexer_token *token)
{
    request_duration(reader, token, &reader->options.timeout_ns);
}

static void read_seed(struct request_reader *reader, const struct lexer_token *token)
{
    request_signed(reader, token, &reader->options.seed);
}

static void read_defaults(struct request_reader *reader, const struct lexer_token *token)
{
    if (token->kind != LEXER_OBJECT_BEGIN)
        request_wrong(reader, token, "an object with members of a job");
    else if (request_plan(reader) != NULL)
        request_begin_defaults(reader);
}

static void read_batch(struct request_reader *reader, const struct lexer_token *token)
{
    request_integer(reader, token, 0, &reader->batch);
}

static void read_job(struct request_reader *reader, const struct lexer_token *token)
{
    reader->has_job = request_integer(reader, token, 0, &reader->job);
}

/* ---- The whole --------------------------------------------------------------------- */

enum {
    OP,
    ID,
    PROTOCOL,
    JOBS,
    MODE,
    CONCURRENCY,
    WORKERS,
    UNTIL,
    TIMEOUT,
    CLOCK,
    EVENTS,
    SEED,
    DEFAULTS,
    BATCH,
    JOB,
    N_MEMBERS
};

static const struct request_member members[N_MEMBERS] = {
    [OP] = REQUEST_MEMBER("op", read_op, TO_ALL),
    [ID] = REQUEST_MEMBER("id", read_id, TO_ALL),
    [PROTOCOL] = REQUEST_MEMBER("protocol", read_protocol, TO_ALL),
    [JOBS] = REQUEST_MEMBER("jobs", read_jobs, TO(SUBMIT)),
    [MODE] = REQUEST_MEMBER("mode", read_mode, TO(SUBMIT)),
    [CONCURRENCY] = REQUEST_MEMBER("concurrency", read_concurrency, TO(SUBMIT)),
    [WORKERS] = REQUEST_MEMBER("workers", read_workers, TO(SUBMIT)),
    [UNTIL] = REQUEST_MEMBER("until", read_until, TO(SUBMIT)),
    [TIMEOUT] = REQUEST_MEMBER("timeout", read_timeout, TO(SUBMIT)),
    [CLOCK] = REQUEST_MEMBER("clock", read_clock, TO(SUBMIT)),
    [EVENTS] = REQUEST_MEMBER("events", read_events, TO(SUBMIT)),
    [SEED] = REQUEST_MEMBER("seed", read_seed, TO(SUBMIT)),
    [DEFAULTS] = REQUEST_MEMBER("defaults", read_defaults, TO(SUBMIT)),
    [BATCH] = REQUEST_MEMBER("batch", read_batch, TO(CANCEL)),
    [JOB] = REQUEST_MEMBER("job", read_job, TO(CANCEL)),
};

static bool has(const struct request_frame *frame, unsigned place)
{
    return (frame->seen & 1u << place) != 0;
}

/* Members that the operation does not take. */
static void refuse_strangers(struct request_reader *reader, struct request_frame *frame)
{
    uint32_t taken = 0;
    for (unsigned i = 0; i < N_MEMBERS; i++)
        taken |= (uint32_t)((members[i].mask & 1u << reader->op) != 0) << i;
    struct request_list list;
    request_list_members(&list, &request_top, taken);
    for (unsigned i = 0; i < N_MEMBERS; i++) {
        if (has(frame, i) && (taken & 1u << i) == 0)
            request_fault_member(reader, i, FAULT_INVALID_REQUEST, frame->offsets[i],
                                 "a \"%s\" request takes %s, and no \"%s\"", op_names[reader->op],
                                 list.text, members[i].name);
    }
}

static void close_request(struct request_reader *reader, const struct lexer_token *token)
{
    struct request_frame *frame = request_frame(reader);
    if (has(frame, OP) && !reader->op_known)
        return; /* it was refused */
    if (!has(frame, OP) && !has(frame, JOBS)) {
        request_fault(reader, FAULT_INVALID_REQUEST, token->offset,
                      "a request takes \"op\" or \"jobs\", and this one has neither");
        return;
    }
    refuse_strangers(reader, frame);
    if (reader->op == REQUEST_SUBMIT && !has(frame, JOBS))
        request_fault(reader, FAULT_INVALID_REQUEST, token->offset,
                      "a \"submit\" request takes \"jobs\", an array, and this one has none");
    if (reader->op == REQUEST_CANCEL && !has(frame, BATCH))
        request_fault(reader, FAULT_INVALID_REQUEST, token->offset,
                      "a \"cancel\" request takes \"batch\", the number of a batch, and this one "
                      "has none");
}

const struct request_context request_top = {
    .noun = "a request",
    .members = members,
    .n_members = N_MEMBERS,
    .close = close_request,
};
