/* SPDX-License-Identifier: ISC */
#include "proto/request.h"

#include <stdlib.h>
#include <string.h>

#include "proto/block.h"
#include "proto/request_internal.h"

/* About how many tokens a job has, to count them against the budget of jobs. */
#define TOKENS_PER_JOB 8

/* How many steps of a long string are done in one call: 64 KiB of it. */
#define STAGE_STEPS_A_READ 2
/* And how many bytes. */
#define BYTES_PER_JOB 32

/* How much of what nobody wants any more is freed in one call. */
#define FREE_BYTES_A_READ ((size_t)512 << 10)

const struct request_limits request_default_limits = {
    .max_bytes = UINT64_C(64) << 20,
    .max_depth = 128,
    .max_string = UINT64_C(64) << 20,
    .max_data = UINT64_C(64) << 20,
    .max_dependencies = 10000000,
    .max_retain_ns = INT64_C(7) * 86400 * 1000000000,
    .plan = {.max_jobs = 1000000,
             .max_steps = 1000000000,
             .max_wait_ns = INT64_C(30) * 86400 * 1000000000},
};

/* What lasts from request to request, as long as there is input. */
struct request_reader {
    struct lexer *lexer;
    struct request_limits limits;
    struct request_limits next_limits; /* from the next request on */
    uint8_t hash_key[16];
    struct request_expectation expected;
    struct request_reading *reading; /* the request in progress, or NULL */
    struct request_reading *spare;   /* for the next one, while input is there */
    struct plan *discarded;          /* of a request that is refused; NULL for none */
    char *discarded_text;            /* of one that was not to be kept; NULL for none */
    bool starved;                    /* one is in progress without, memory being short */
    bool broken;                     /* a fault has ended the stream, */
    bool ended;                      /* or by request_end() */
    uint64_t jobs;                   /* of the request that the last call returned */
    const char *piece;               /* as it was fed, from this offset of the stream on */
    uint64_t piece_begin;
};

struct request_reader *request_reader_new(const struct request_limits *limits,
                                          const uint8_t hash_key[16])
{
    struct request_reader *reader = malloc(sizeof(*reader));
    if (reader == NULL)
        return NULL;
    *reader = (struct request_reader){.limits = *limits, .next_limits = *limits};
    reader->lexer = lexer_new(limits->max_bytes, limits->max_depth);
    if (reader->lexer == NULL) {
        free(reader);
        return NULL;
    }
    memcpy(reader->hash_key, hash_key, sizeof(reader->hash_key));
    return reader;
}

static void empty(struct request_text *text)
{
    free(text->bytes);
    *text = (struct request_text){NULL, 0, 0};
}

void request_reader_expect(struct request_reader *reader,
                           const struct request_expectation *expected)
{
    reader->expected = *expected;
}

void request_reader_continue(struct request_reader *reader, const struct lexer_place *place)
{
    lexer_continue(reader->lexer, place);
}

/* A plan that nobody wants is freed in the next calls. */
static void discard_plan(struct request_reader *reader, struct plan *plan)
{
    plan_free(reader->discarded);
    reader->discarded = plan;
}

/* So is the text of a request. */
static void discard_text(struct request_reader *reader, struct request_text *text)
{
    free(reader->discarded_text);
    reader->discarded_text = text->bytes;
    *text = (struct request_text){NULL, 0, 0};
}

/* Whether they are gone. */
static bool is_discarded(struct request_reader *reader)
{
    size_t budget = FREE_BYTES_A_READ;
    if (!block_free_some(&reader->discarded_text, &budget))
        return false;
    if (reader->discarded != NULL && !plan_free_some(reader->discarded, &budget))
        return false;
    reader->discarded = NULL;
    return true;
}

/* Lets go of the request in progress; where it is followed by another at once, as
 * many short ones are, that one needs no memory of its own. */
static void let_go(struct request_reader *reader)
{
    struct request_reading *reading = reader->reading;
    reader->starved = false;
    if (reading == NULL)
        return;
    discard_plan(reader, reading->plan);
    empty(&reading->id);
    empty(&reading->scratch);
    discard_text(reader, &reading->capture.text);
    reader->spare = reading;
    reader->reading = NULL;
}

static void free_spare(struct request_reader *reader)
{
    if (reader->spare != NULL)
        request_forget_token(reader->spare);
    free(reader->spare);
    reader->spare = NULL;
}

void request_reader_free(struct request_reader *reader)
{
    if (reader == NULL)
        return;
    let_go(reader);
    free_spare(reader);
    plan_free(reader->discarded);
    free(reader->discarded_text);
    lexer_free(reader->lexer);
    free(reader);
}

static void take_up_limits(struct request_reader *reader)
{
    reader->limits = reader->next_limits;
    lexer_limit(reader->lexer, reader->limits.max_bytes, reader->limits.max_depth);
}

void request_reader_limit(struct request_reader *reader, const struct request_limits *limits)
{
    reader->next_limits = *limits;
    if (!request_is_open(reader))
        take_up_limits(reader);
}

/* What has been looked at of the piece is kept where it may be needed, once. */
static void keep_piece(struct request_reader *reader)
{
    uint64_t offset = lexer_offset(reader->lexer);
    if (reader->reading == NULL || reader->piece == NULL)
        return;
    request_text_keep(reader->reading, reader->piece, reader->piece_begin, offset);
    reader->piece += offset - reader->piece_begin;
    reader->piece_begin = offset;
}

void request_feed(struct request_reader *reader, const char *piece, size_t len)
{
    keep_piece(reader);
    reader->piece = len > 0 ? piece : NULL;
    reader->piece_begin = lexer_offset(reader->lexer);
    lexer_feed(reader->lexer, piece, len);
}

void request_finish(struct request_reader *reader)
{
    lexer_finish(reader->lexer);
}

size_t request_rest(const struct request_reader *reader)
{
    return lexer_rest(reader->lexer);
}

uint64_t request_jobs(const struct request_reader *reader)
{
    return reader->reading != NULL ? reader->reading->jobs : reader->jobs;
}

bool request_is_open(const struct request_reader *reader)
{
    return reader->reading != NULL || reader->starved ||
           (!reader->broken && !reader->ended && lexer_is_inside(reader->lexer));
}

bool request_reader_rests(const struct request_reader *reader, struct lexer_place *place)
{
    if (request_is_open(reader) || request_rest(reader) > 0 || reader->discarded != NULL ||
        reader->discarded_text != NULL)
        return false;
    *place = lexer_place(reader->lexer);
    return true;
}

size_t request_held(const struct request_reader *reader)
{
    const struct request_reading *reading = reader->reading;
    size_t held = lexer_held(reader->lexer);
    if (reading == NULL)
        return held;
    return held + reading->id.room + reading->capture.text.len + reading->scratch.room +
           reading->kept_bytes + reading->staging.held;
}

void request_refuse(struct request_reader *reader, enum fault_code code, const char *message)
{
    struct request_reading *reading = reader->reading;
    if (reading == NULL)
        return;
    fault_set(&reading->fault, code, lexer_offset(reader->lexer), "%s", message);
    request_drop(reading);
    empty(&reading->scratch);
    empty(&reading->capture.text);
}

void request_end(struct request_reader *reader)
{
    let_go(reader);
    free_spare(reader);
    reader->jobs = 0;
    lexer_skip(reader->lexer, true); /* and drops the token in progress */
    reader->ended = true;
}

/* ---- The beginning of a request --------------------------------------------- */

static void begin(struct request_reader *reader, const struct lexer_token *token)
{
    struct request_reading *reading = reader->spare;
    reader->spare = NULL;
    if (reading != NULL)
        request_forget_token(reading);
    else
        reading = malloc(sizeof(*reading));
    if (reading == NULL) {
        reader->starved = true;
        lexer_skip(reader->lexer, true);
        return;
    }
    memset(reading, 0, REQUEST_READING_ZEROS);
    reading->fault.code = FAULT_NONE;
    reading->lexer = reader->lexer;
    reading->limits = &reader->limits;
    reading->hash_key = reader->hash_key;
    reading->expected = &reader->expected;
    reading->op = reader->expected.op;
    reading->options =
        (struct plan_options){.concurrency = PLAN_UNLIMITED, .workers = 1, .timeout_ns = -1};
    memset(&reading->detached, 0, offsetof(struct request_detached, key));
    reading->detached.retain_ns = -1;
    reading->detached.from = 1;
    reading->detached.ref[0] = reading->detached.after[0] = '\0';
    reader->reading = reading;
    if (token->kind == LEXER_OBJECT_BEGIN && !reader->limits.keeps_no_text)
        request_text_begin(reading, token->offset);
    request_begin(reading, token);
}

/* ---- The end of a request --------------------------------------------------- */

/* The id of the request in progress, which is now its receiver's. */
static struct request_id *take_id(struct request_reading *reading)
{
    struct request_id *id = (void *)reading->id.bytes;
    if (reading->id.len == 0)
        return NULL;
    *id = (struct request_id){.uses = 1, .len = reading->id.len - sizeof(*id)};
    reading->id = (struct request_text){NULL, 0, 0};
    return id;
}

/* Hands the request in progress over and drops it. */
static enum request_result hand_over(struct request_reader *reader, enum request_result result,
                                     struct request *request)
{
    struct request_reading *reading = reader->reading;
    if (reading == NULL) {
        *request = (struct request){.id = NULL};
        reader->starved = false;
        return result;
    }
    *request = (struct request){.op = reading->op,
                                .id = take_id(reading),
                                .detached = &reading->detached,
                                .token = reading->token,
                                .token_len = reading->token_len,
                                .heartbeat_ns = reading->heartbeat_ns,
                                .batch = reading->batch,
                                .has_batch = reading->has_batch,
                                .runs = reading->runs,
                                .has_job = reading->has_job,
                                .job = reading->job};
    if (result == REQUEST_READY && reading->plan != NULL) {
        request->plan = reading->plan;
        request->held =
            REQUEST_BATCH_BYTES + reading->kept_bytes + request_id_text(request->id).len;
        reader->jobs = plan_n_jobs(reading->plan);
        reading->plan = NULL;
    }
    if (result == REQUEST_READY && reading->capture.condensing) {
        request->text = request_text_take(reading, &request->text_len);
    }
    let_go(reader);
    return result;
}

/* Hands over the request that has just ended. */
static enum request_result conclude(struct request_reader *reader, struct request *request,
                                    struct fault *fault)
{
    const struct request_reading *reading = reader->reading;
    bool refused = reading == NULL || reading->fault.code != FAULT_NONE;
    lexer_skip(reader->lexer, false);
    fault->code = FAULT_NONE;
    if (reading == NULL)
        fault_set(fault, FAULT_OVERLOADED, 0, REQUEST_NO_MEMORY);
    else if (refused)
        *fault = reading->fault;
    hand_over(reader, refused ? REQUEST_REFUSED : REQUEST_READY, request);
    take_up_limits(reader);
    return refused ? REQUEST_REFUSED : REQUEST_READY;
}

/* The plan is complete; the text of what is to be kept is condensed. */
static enum request_result conclude_text(struct request_reader *reader, size_t budget,
                                         struct request *request, struct fault *fault)
{
    struct request_reading *reading = reader->reading;
    if (reading->fault.code == FAULT_NONE && reading->detached.detach) {
        reading->capture.condensing = true;
        if (!request_text_condense(reading, budget * BYTES_PER_JOB))
            return REQUEST_BUSY;
    }
    return conclude(reader, request, fault);
}

static enum request_result seal(struct request_reader *reader, size_t budget,
                                struct request *request, struct fault *fault)
{
    struct request_reading *reading = reader->reading;
    struct plan_limits limits = reader->limits.plan;
    bool at_fault = reading->fault.code != FAULT_NONE;
    bool held = !at_fault;
    /* A fault is known: what is looked for is an earlier one, in `after` or by
     * the totals of the elements before it. */
    if (at_fault && reading->whole_elements > 0 && reading->fault.offset > reading->whole_end) {
        limits.unchecked_from = reading->whole_elements;
        held = true;
    }
    if (!held) {
        limits.max_jobs = UINT64_MAX;
        limits.max_steps = UINT64_MAX;
    }
    if (reading->capture.condensing)
        return conclude_text(reader, budget, request, fault);
    if (reading->plan == NULL ||
        (!held && plan_n_afters(reading->plan) == 0 && !plan_names_pools(reading->plan)))
        return conclude(reader, request, fault);
    switch (plan_seal(reading->plan, &limits, budget, &reading->found)) {
    case PLAN_SEAL_MORE:
        return REQUEST_BUSY;
    case PLAN_SEAL_FAULT:
        request_plan_fault(reading);
        break;
    case PLAN_SEAL_NOMEM:
        request_no_memory(reading);
        break;
    case PLAN_SEALED:
        if (reading->op == REQUEST_FORECAST)
            request_check_runs(reading);
        return conclude_text(reader, budget, request, fault);
    }
    return conclude(reader, request, fault);
}

static enum request_result end(struct request_reader *reader, size_t budget,
                               struct request *request, struct fault *fault)
{
    struct request_reading *reading = reader->reading;
    if (reading == NULL)
        return conclude(reader, request, fault);
    reading->sealing = true;
    if (reading->detached.detach)
        keep_piece(reader);
    else
        request_text_end(reading); /* before the plan takes memory to be completed */
    if (reading->plan != NULL)
        *plan_options(reading->plan) = reading->options;
    return seal(reader, budget, request, fault);
}

/* A fault has ended the stream, whatever else the request had. */
static enum request_result break_off(struct request_reader *reader, enum lexer_token_kind kind,
                                     struct request *request, struct fault *fault)
{
    uint64_t offset = lexer_offset(reader->lexer);
    fault->code = FAULT_NONE;
    if (kind == LEXER_BAD) {
        offset = lexer_diagnostic_offset(reader->lexer);
        fault_set(fault, FAULT_BAD_JSON, offset,
                  "the input is not JSON: %s, at line %llu, column %llu (byte %llu of it)",
                  lexer_diagnostic(reader->lexer),
                  (unsigned long long)lexer_diagnostic_line(reader->lexer),
                  (unsigned long long)lexer_diagnostic_column(reader->lexer),
                  (unsigned long long)offset + 1);
    } else if (kind == LEXER_TOO_LONG) {
        fault_set(fault, FAULT_TOO_LARGE, offset,
                  "a request takes at most %llu bytes, and this one is longer",
                  (unsigned long long)reader->limits.max_bytes);
    } else {
        fault_set(fault, FAULT_TOO_LARGE, offset,
                  "the values of a request nest at most %u deep, and this one's are deeper",
                  reader->limits.max_depth);
    }
    reader->broken = true;
    return hand_over(reader, REQUEST_BROKEN, request);
}

/* ---- Reading ------------------------------------------------------------------ */

/* Takes a token.  Returns whether a request ends with it. */
static bool take(struct request_reader *reader, const struct lexer_token *token)
{
    if (reader->reading != NULL)
        request_take(reader->reading, token);
    else if (!reader->starved)
        begin(reader, token);
    return token->depth == 0 && !lexer_opens(token);
}

/* What to do about a token that is none. */
static enum request_result stop(struct request_reader *reader, enum lexer_token_kind kind,
                                struct request *request, struct fault *fault)
{
    if (kind == LEXER_MORE) {
        free_spare(reader);
        return REQUEST_MORE;
    }
    return kind == LEXER_END ? REQUEST_END : break_off(reader, kind, request, fault);
}

/* Goes on with a long string, which is taken at its end.  Nothing ends with one: it
 * stands in an object or array. */
static void go_on_staging(struct request_reader *reader)
{
    struct request_reading *reading = reader->reading;

    for (unsigned steps = 0; steps < STAGE_STEPS_A_READ; steps++) {
        if (!request_stage_step(reading))
            continue;
        if (reading->staging.keeps != REQUEST_KEEPS_COPY)
            (void)take(reader, &reading->staging.token);
        reading->staging.keeps = 0;
        reading->staging.held = 0; /* its reader has counted it */
        return;
    }
}

static bool is_staging(const struct request_reader *reader)
{
    return reader->reading != NULL && reader->reading->staging.keeps != 0;
}

static enum request_result read_tokens(struct request_reader *reader, size_t budget,
                                       struct request *request, struct fault *fault)
{
    struct lexer_token token;
    size_t left = budget < SIZE_MAX / TOKENS_PER_JOB ? budget * TOKENS_PER_JOB : SIZE_MAX;
    for (; left > 0; left--) {
        if (reader->reading != NULL && request_at_job(reader->reading))
            left -= TOKENS_PER_JOB * request_take_fast(reader->reading, left / TOKENS_PER_JOB);
        if (left == 0 || !lexer_drain(reader->lexer))
            break;
        enum lexer_token_kind kind = lexer_next(reader->lexer, &token);
        if (kind == LEXER_NOMEM) {
            if (reader->reading != NULL)
                request_no_memory(reader->reading);
        } else if (lexer_has_stopped(kind) || kind == LEXER_MORE) {
            return stop(reader, kind, request, fault);
        } else if (reader->reading != NULL && request_stage_begin(reader->reading, &token)) {
            break;
        } else if (take(reader, &token)) {
            return end(reader, (left - 1) / TOKENS_PER_JOB + 1, request, fault);
        }
    }
    return REQUEST_BUSY;
}

enum request_result request_read(struct request_reader *reader, size_t budget,
                                 struct request *request, struct fault *fault)
{
    if (budget == 0)
        budget = 1;
    if (reader->ended) {
        fault->code = FAULT_NONE;
        return hand_over(reader, REQUEST_BROKEN, request);
    }
    if (!is_discarded(reader))
        return REQUEST_BUSY;
    if (is_staging(reader)) {
        go_on_staging(reader);
        return REQUEST_BUSY;
    }
    if (reader->reading != NULL && reader->reading->sealing)
        return seal(reader, budget, request, fault);
    if (reader->reading == NULL && !reader->broken)
        reader->jobs = 0;
    return read_tokens(reader, budget, request, fault);
}
