/* SPDX-License-Identifier: ISC */

/* The members of a request, and what each operation takes. */

#include "proto/request.h"

#include <string.h>

#include "proto/linebreak.h"
#include "proto/request_internal.h"
#include "proto/saturate.h"

/* Runs of a forecast, where no limit says so. */
#define MAX_RUNS 1000000

/* The operations that take a member. */
#define TO(op) (1u << REQUEST_##op)
#define TO_RUN (TO(SUBMIT) | TO(FORECAST))
#define TO_REF (TO(WATCH) | TO(UNWATCH) | TO(BATCHES) | TO(FORGET))
#define TO_ALL (TO_RUN | TO_REF | TO(PING) | TO(CANCEL) | TO(STATS) | TO(QUIT) | TO(AUTH))
#define N_OPS  11

static const char *const op_names[N_OPS] = {
    [REQUEST_SUBMIT] = "submit", [REQUEST_PING] = "ping",       [REQUEST_CANCEL] = "cancel",
    [REQUEST_STATS] = "stats",   [REQUEST_QUIT] = "quit",       [REQUEST_FORECAST] = "forecast",
    [REQUEST_WATCH] = "watch",   [REQUEST_UNWATCH] = "unwatch", [REQUEST_BATCHES] = "batches",
    [REQUEST_FORGET] = "forget", [REQUEST_AUTH] = "auth",
};

/* ---- id -------------------------------------------------------------------------- */

bool request_is_id_key(struct request_reading *reading, const struct lexer_token *key)
{
    const char *name;
    size_t len;
    return request_may_be_word(key) && request_decode(reading, key, &name, &len) == 0 && len == 2 &&
           memcmp(name, "id", 2) == 0;
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

int request_begin_id(struct request_reading *reading, size_t len)
{
    size_t head = sizeof(struct request_id);
    bool has_room = request_reserve(reading, &reading->id, head + len) == 0;
    reading->id.len = has_room ? head : 0;
    return has_room ? 0 : -1;
}

int request_append_id(struct request_reading *reading, const char *at, const char *end)
{
    struct request_text *id = &reading->id;
    for (;;) {
        const char *found = linebreak_find(at, end);
        size_t len = (size_t)(found - at);
        if (request_reserve(reading, id, id->len + len + LINEBREAK_ESCAPE_SIZE) != 0) {
            id->len = 0;
            return -1;
        }
        memcpy(id->bytes + id->len, at, len);
        id->len += len;
        if (found == end)
            return 0;
        memcpy(id->bytes + id->len, linebreak_escape(found), LINEBREAK_ESCAPE_SIZE);
        id->len += LINEBREAK_ESCAPE_SIZE;
        at = found + LINEBREAK_SIZE;
    }
}

void request_keep_id(struct request_reading *reading, const struct lexer_token *token)
{
    if (request_begin_id(reading, token->len) == 0)
        (void)request_append_id(reading, token->text, token->text + token->len);
}

static void read_id(struct request_reading *reading, const struct lexer_token *token)
{
    if (reading->staging.keeps == REQUEST_KEEPS_ID)
        return; /* a long one is kept already */
    if (request_is_id(token)) {
        if (request_fits(reading, token))
            request_keep_id(reading, token);
    } else
        request_wrong(reading, token, "a string or an integer");
}

/* ---- Members ----------------------------------------------------------------------- */

static void read_op(struct request_reading *reading, const struct lexer_token *token)
{
    unsigned op;
    if (!request_choice(reading, token, op_names, N_OPS, &op))
        return;
    reading->op = (enum request_op)op;
    reading->op_known = true;
}

static void read_protocol(struct request_reading *reading, const struct lexer_token *token)
{
    if (token->kind != LEXER_NUMBER || token->len != 1 || token->text[0] != '0' + REQUEST_PROTOCOL)
        request_wrong(reading, token, "1, the version that is spoken here");
}

static void read_jobs(struct request_reading *reading, const struct lexer_token *token)
{
    if (token->kind != LEXER_ARRAY_BEGIN)
        request_wrong(reading, token, "an array of jobs");
    else if (request_plan(reading) != NULL)
        request_push(reading, &request_jobs_array);
}

static void read_mode(struct request_reading *reading, const struct lexer_token *token)
{
    static const char *const names[] = {
        [PLAN_CONCURRENT] = "concurrent",
        [PLAN_SEQUENTIAL] = "sequential",
        [PLAN_BLOCKING] = "blocking",
    };
    unsigned choice;
    if (request_choice(reading, token, names, 3, &choice))
        reading->options.mode = (enum plan_mode)choice;
}

static void read_until(struct request_reading *reading, const struct lexer_token *token)
{
    static const char *const names[] = {
        [PLAN_UNTIL_ALL] = "all",
        [PLAN_UNTIL_FIRST_DONE] = "first_done",
        [PLAN_UNTIL_FIRST_FAILED] = "first_failed",
    };
    unsigned choice;
    if (request_choice(reading, token, names, 3, &choice))
        reading->options.until = (enum plan_until)choice;
}

static void read_clock(struct request_reading *reading, const struct lexer_token *token)
{
    static const char *const names[] = {
        [PLAN_CLOCK_REAL] = "real",
        [PLAN_CLOCK_VIRTUAL] = "virtual",
    };
    unsigned choice;
    if (!request_choice(reading, token, names, 2, &choice))
        return;
    reading->options.clock = (enum plan_clock)choice;
    reading->clock_known = true;
}

static void read_events(struct request_reading *reading, const struct lexer_token *token)
{
    static const char *const names[] = {"all", "done", "none"};
    static const enum plan_events events[] = {PLAN_EVENTS_ALL, PLAN_EVENTS_DONE, PLAN_EVENTS_NONE};
    unsigned choice;
    if (request_choice(reading, token, names, 3, &choice))
        reading->options.events = events[choice];
}

/* A limit beyond any number of jobs is none. */
static void read_concurrency(struct request_reading *reading, const struct lexer_token *token)
{
    uint64_t n;
    if (request_integer(reading, token, 1, &n))
        reading->options.concurrency = n < PLAN_UNLIMITED ? (uint32_t)n : PLAN_UNLIMITED;
}

static void read_workers(struct request_reading *reading, const struct lexer_token *token)
{
    request_integer(reading, token, 1, &reading->options.workers);
}

static void read_timeout(struct request_reading *reading, const struct lexer_token *token)
{
    request_duration(reading, token, &reading->options.timeout_ns);
}

static void read_seed(struct request_reading *reading, const struct lexer_token *token)
{
    request_seed(reading, token, &reading->options.seed, &reading->options.random_seed);
}

static void read_defaults(struct request_reading *reading, const struct lexer_token *token)
{
    if (token->kind != LEXER_OBJECT_BEGIN)
        request_wrong(reading, token, "an object with members of a job");
    else if (request_plan(reading) != NULL)
        request_begin_defaults(reading);
}

static void read_report(struct request_reading *reading, const struct lexer_token *token)
{
    if (token->kind == LEXER_TRUE || token->kind == LEXER_FALSE)
        reading->options.report = token->kind == LEXER_TRUE;
    else
        request_wrong(reading, token, "true or false");
}

static void read_batch(struct request_reading *reading, const struct lexer_token *token)
{
    reading->has_batch = request_integer(reading, token, 0, &reading->batch);
}

static void read_job(struct request_reading *reading, const struct lexer_token *token)
{
    /* One letter from another member, which takes an array: a typo, most likely. */
    if (token->kind == LEXER_ARRAY_BEGIN)
        request_wrong(reading, token,
                      "an integer of 0 or more, without fraction or exponent (did you mean "
                      "\"jobs\"?)");
    else
        reading->has_job = request_integer(reading, token, 0, &reading->job);
}

static void read_runs(struct request_reading *reading, const struct lexer_token *token)
{
    uint64_t n, most = reading->limits->max_runs > 0 ? reading->limits->max_runs : MAX_RUNS;
    reading->runs_offset = token->offset;
    if (!request_integer(reading, token, 1, &n))
        return;
    reading->runs = (uint32_t)(n < most ? n : most);
    if (n > most)
        request_wrong_count(reading, token, "runs (max-runs)", most);
}

void request_check_runs(struct request_reading *reading)
{
    uint64_t most = reading->limits->plan.max_steps;
    uint64_t steps = saturate_multiply(reading->runs, plan_all_steps(reading->plan));
    if (steps > most && fault_set(&reading->fault, FAULT_TOO_LARGE, reading->runs_offset,
                                  "\"runs\" makes it %llu steps (runs x jobs x steps x repeat x (1 "
                                  "+ retries)), and a forecast takes at most %llu (max-steps)",
                                  (unsigned long long)steps, (unsigned long long)most))
        strcpy(reading->fault.path, "runs");
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
    POOLS,
    REPORT,
    RUNS,
    BATCH,
    JOB,
    DETACH,
    KEY,
    RETAIN,
    ON_RESTART,
    HEARTBEAT,
    REF,
    FROM,
    ORDER,
    STATE,
    LIMIT,
    AFTER,
    TOKEN,
    N_MEMBERS
};

static const struct request_member members[N_MEMBERS] = {
    [OP] = REQUEST_MEMBER("op", read_op, TO_ALL),
    [ID] = REQUEST_TEXT_MEMBER("id", read_id, TO_ALL, REQUEST_KEEPS_ID),
    [PROTOCOL] = REQUEST_MEMBER("protocol", read_protocol, TO_ALL),
    [JOBS] = REQUEST_MEMBER("jobs", read_jobs, TO_RUN),
    [MODE] = REQUEST_MEMBER("mode", read_mode, TO_RUN),
    [CONCURRENCY] = REQUEST_MEMBER("concurrency", read_concurrency, TO_RUN),
    [WORKERS] = REQUEST_MEMBER("workers", read_workers, TO_RUN),
    [UNTIL] = REQUEST_MEMBER("until", read_until, TO_RUN),
    [TIMEOUT] = REQUEST_MEMBER("timeout", read_timeout, TO_RUN),
    [CLOCK] = REQUEST_MEMBER("clock", read_clock, TO_RUN),
    [EVENTS] = REQUEST_MEMBER("events", read_events, TO_RUN),
    [SEED] = REQUEST_MEMBER("seed", read_seed, TO_RUN),
    [DEFAULTS] = REQUEST_MEMBER("defaults", read_defaults, TO_RUN),
    [POOLS] = REQUEST_MEMBER("pools", request_read_pools, TO_RUN),
    [REPORT] = REQUEST_MEMBER("report", read_report, TO(SUBMIT)),
    [RUNS] = REQUEST_MEMBER("runs", read_runs, TO(FORECAST)),
    [BATCH] = REQUEST_MEMBER("batch", read_batch, TO(CANCEL)),
    [JOB] = REQUEST_MEMBER("job", read_job, TO(CANCEL)),
    [DETACH] = REQUEST_MEMBER("detach", request_read_detach, TO(SUBMIT)),
    [KEY] = REQUEST_MEMBER("key", request_read_key, TO(SUBMIT)),
    [RETAIN] = REQUEST_MEMBER("retain", request_read_retain, TO(SUBMIT)),
    [ON_RESTART] = REQUEST_MEMBER("on_restart", request_read_on_restart, TO(SUBMIT)),
    [HEARTBEAT] = REQUEST_MEMBER("heartbeat", request_read_heartbeat, TO(SUBMIT)),
    [REF] = REQUEST_MEMBER("ref", request_read_ref,
                           TO(WATCH) | TO(UNWATCH) | TO(CANCEL) | TO(BATCHES) | TO(FORGET)),
    [FROM] = REQUEST_MEMBER("from", request_read_from, TO(WATCH)),
    [ORDER] = REQUEST_MEMBER("order", request_read_order, TO(BATCHES)),
    [STATE] = REQUEST_MEMBER("state", request_read_state, TO(BATCHES)),
    [LIMIT] = REQUEST_MEMBER("limit", request_read_limit, TO(BATCHES)),
    [AFTER] = REQUEST_MEMBER("after", request_read_after, TO(BATCHES)),
    [TOKEN] = REQUEST_MEMBER("token", request_read_token, TO(AUTH)),
};

static bool has(const struct request_frame *frame, unsigned place)
{
    return (frame->seen & 1u << place) != 0;
}

/* Whether there are members that the operation does not take. */
static bool has_misplaced(const struct request_reading *reading, const struct request_frame *frame)
{
    for (uint32_t left = frame->seen; left != 0; left &= left - 1)
        if ((members[__builtin_ctz(left)].mask & 1u << reading->op) == 0)
            return true;
    return false;
}

/* The members that one of those operations takes. */
static uint32_t taken_by(uint32_t ops)
{
    uint32_t taken = 0;
    for (unsigned i = 0; i < N_MEMBERS; i++)
        taken |= (uint32_t)((members[i].mask & ops) != 0) << i;
    return taken;
}

const char *request_op_so_far(struct request_reading *reading, uint32_t *taken)
{
    const struct request_frame *frame = request_frame(reading);
    bool known = has(frame, OP);
    *taken = taken_by(known ? 1u << reading->op : has(frame, JOBS) ? TO_RUN : TO_ALL);
    return known ? op_names[reading->op] : NULL;
}

/* Members that the operation does not take. */
static void refuse_misplaced(struct request_reading *reading, struct request_frame *frame)
{
    if (!has_misplaced(reading, frame))
        return; /* and no list is made, which takes longer than a small request */
    uint32_t taken = taken_by(1u << reading->op);
    struct request_list list;
    request_list_members(&list, &request_top, taken);
    for (unsigned i = 0; i < N_MEMBERS; i++) {
        if (has(frame, i) && (taken & 1u << i) == 0)
            request_fault_member(reading, i, FAULT_INVALID_REQUEST, frame->offsets[i],
                                 "a \"%s\" request takes %s, and no \"%s\"", op_names[reading->op],
                                 list.text, members[i].name);
    }
}

/* In `blocking` a job holds a whole worker from its start to its end: pools would have
 * no meaning there.  An empty object declares none. */
static void check_pools(struct request_reading *reading, const struct request_frame *frame)
{
    if (reading->options.mode == PLAN_BLOCKING && reading->plan != NULL &&
        plan_n_pools(reading->plan) > 0)
        request_fault_member(reading, POOLS, FAULT_INVALID_REQUEST, frame->offsets[POOLS],
                             "\"pools\" takes the mode \"concurrent\" or \"sequential\", not "
                             "\"blocking\", where each job holds a worker from its start to its "
                             "end");
}

/* What a forecast needs; it runs on the virtual clock alone. */
static void check_forecast(struct request_reading *reading, const struct request_frame *frame,
                           const struct lexer_token *token)
{
    if (reading->clock_known && reading->options.clock == PLAN_CLOCK_REAL)
        request_fault_member(reading, CLOCK, FAULT_INVALID_REQUEST, frame->offsets[CLOCK],
                             "a \"forecast\" request runs on the \"clock\" \"virtual\", not on "
                             "\"real\"");
    if (!has(frame, JOBS))
        request_fault(reading, FAULT_INVALID_REQUEST, token->offset,
                      "a \"forecast\" request takes \"jobs\", an array, and this one has none");
    if (!has(frame, RUNS))
        request_fault(reading, FAULT_INVALID_REQUEST, token->offset,
                      "a \"forecast\" request takes \"runs\", how many there are to be, and this "
                      "one has none");
}

/* What a batch that is the daemon's takes and one that is its connection's does not. */
static void check_detached(struct request_reading *reading, const struct request_frame *frame)
{
    static const unsigned detached_only[] = {KEY, RETAIN, ON_RESTART};
    if (reading->detached.detach && reading->options.clock == PLAN_CLOCK_VIRTUAL)
        request_fault_member(reading, CLOCK, FAULT_INVALID_REQUEST, frame->offsets[CLOCK],
                             "\"clock\" takes \"real\" with \"detach\", not \"virtual\"");
    for (unsigned i = 0; i < 3 && !reading->detached.detach; i++)
        if (has(frame, detached_only[i]))
            request_fault_member(reading, detached_only[i], FAULT_INVALID_REQUEST,
                                 frame->offsets[detached_only[i]],
                                 "\"%s\" goes with \"detach\":true, and this batch is not detached",
                                 members[detached_only[i]].name);
    reading->capture.id_key = has(frame, ID) ? frame->offsets[ID] : 0;
    reading->capture.key_key = has(frame, KEY) ? frame->offsets[KEY] : 0;
}

/* The key that was given beside the request is its own, and so is what belongs to it. */
static void take_expected_key(struct request_reading *reading, const struct request_frame *frame,
                              const struct lexer_token *token)
{
    const struct request_expectation *expected = reading->expected;
    struct request_detached *detached = &reading->detached;
    if (expected->key == NULL || reading->op != REQUEST_SUBMIT)
        return;
    size_t len = strlen(expected->key);
    if (!detached->detach)
        request_fault(reading, FAULT_INVALID_REQUEST, token->offset,
                      "\"%s\" goes with \"detach\":true, and this batch is not detached",
                      expected->key_name);
    if (detached->has_key &&
        (detached->key_len != len || memcmp(detached->key, expected->key, len) != 0))
        request_fault_member(reading, KEY, FAULT_INVALID_REQUEST, frame->offsets[KEY],
                             "\"key\" takes what \"%s\" says where both are there, and not "
                             "another",
                             expected->key_name);
    if (has(frame, KEY))
        return;
    memcpy(detached->key, expected->key, len);
    detached->key_len = (uint16_t)len;
    detached->has_key = true;
}

/* Which batch a request is about. */
static void check_named(struct request_reading *reading, const struct request_frame *frame,
                        const struct lexer_token *token)
{
    if (reading->op == REQUEST_CANCEL && !has(frame, BATCH) && !has(frame, REF) &&
        (!has(frame, ID) || has(frame, JOB)))
        request_fault(
            reading, FAULT_INVALID_REQUEST, token->offset,
            "a \"cancel\" request takes \"batch\", the number of a batch, \"ref\", the ref "
            "of a detached one, or the \"id\" of a forecast, and this one has neither "
            "\"batch\" nor \"ref\"");
    if (reading->op == REQUEST_CANCEL && has(frame, BATCH) && has(frame, REF)) {
        unsigned second = frame->offsets[BATCH] > frame->offsets[REF] ? BATCH : REF;
        request_fault_member(reading, second, FAULT_INVALID_REQUEST, frame->offsets[second],
                             "a \"cancel\" request takes \"batch\" or \"ref\", and not both");
    }
    if ((reading->op == REQUEST_WATCH || reading->op == REQUEST_UNWATCH ||
         reading->op == REQUEST_FORGET) &&
        !has(frame, REF))
        request_fault(reading, FAULT_INVALID_REQUEST, token->offset,
                      "a \"%s\" request takes \"ref\", the ref of a detached batch, and this one "
                      "has none",
                      op_names[reading->op]);
}

static void close_request(struct request_reading *reading, const struct lexer_token *token)
{
    struct request_frame *frame = request_frame(reading);
    if (has(frame, OP) && !reading->op_known)
        return; /* it was refused */
    if (!has(frame, OP) && !has(frame, JOBS) && reading->op == REQUEST_SUBMIT) {
        request_fault(reading, FAULT_INVALID_REQUEST, token->offset,
                      "a request takes \"op\" or \"jobs\", and this one has neither");
        return;
    }
    refuse_misplaced(reading, frame);
    check_pools(reading, frame);
    check_detached(reading, frame);
    take_expected_key(reading, frame, token);
    if (reading->op == REQUEST_SUBMIT && !has(frame, JOBS))
        request_fault(reading, FAULT_INVALID_REQUEST, token->offset,
                      "a \"submit\" request takes \"jobs\", an array, and this one has none");
    if (reading->op == REQUEST_FORECAST)
        check_forecast(reading, frame, token);
    check_named(reading, frame, token);
    if (reading->op == REQUEST_AUTH && !has(frame, TOKEN))
        request_fault(reading, FAULT_INVALID_REQUEST, token->offset,
                      "an \"auth\" request takes \"token\", and this one has none");
}

const struct request_context request_top = {
    .noun = "a request",
    .members = members,
    .n_members = N_MEMBERS,
    .close = close_request,
};
