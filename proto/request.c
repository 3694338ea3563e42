/* SPDX-License-Identifier: ISC */
#include "proto/request.h"

#include <stdlib.h>
#include <string.h>

#include "proto/request_internal.h"

/* About how many tokens a job has, to count them against the budget of jobs. */
#define TOKENS_PER_JOB 8

/* Buffers larger than this are given back between requests. */
#define TEXT_KEPT_BYTES 4096

struct request_reader *request_reader_new(const struct request_limits *limits,
                                          const uint8_t hash_key[16])
{
    struct request_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return NULL;
    reader->lexer = lexer_new(limits->max_bytes, limits->max_depth);
    if (reader->lexer == NULL) {
        free(reader);
        return NULL;
    }
    reader->limits = *limits;
    reader->next_limits = *limits;
    memcpy(reader->hash_key, hash_key, sizeof(reader->hash_key));
    return reader;
}

void request_reader_free(struct request_reader *reader)
{
    if (reader == NULL)
        return;
    plan_free(reader->plan);
    free(reader->id.bytes);
    free(reader->scratch.bytes);
    free(reader->name.bytes);
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

void request_feed(struct request_reader *reader, const char *piece, size_t len)
{
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
    return reader->jobs;
}

bool request_is_open(const struct request_reader *reader)
{
    return reader->phase == REQUEST_READING || reader->phase == REQUEST_SEALING ||
           (reader->phase == REQUEST_IDLE && lexer_is_inside(reader->lexer));
}

size_t request_held(const struct request_reader *reader)
{
    return lexer_held(reader->lexer) + reader->id.room + reader->scratch.room + reader->name.room +
           reader->kept_bytes;
}

static void trim(struct request_text *text)
{
    text->len = 0;
    if (text->room > TEXT_KEPT_BYTES) {
        free(text->bytes);
        text->bytes = NULL;
        text->room = 0;
    }
}

/* Forgets what was handed out by the last call. */
static void forget(struct request_reader *reader)
{
    trim(&reader->id);
    trim(&reader->scratch);
    trim(&reader->name);
    reader->jobs = 0;
    reader->kept_bytes = 0;
}

void request_refuse(struct request_reader *reader, enum fault_code code, const char *message)
{
    if (reader->phase != REQUEST_READING && reader->phase != REQUEST_SEALING)
        return;
    fault_set(&reader->fault, code, lexer_offset(reader->lexer), "%s", message);
    request_drop(reader);
    trim(&reader->scratch);
    trim(&reader->name);
}

void request_end(struct request_reader *reader)
{
    request_drop(reader);
    forget(reader);
    lexer_skip(reader->lexer, true); /* and drops the token under way */
    reader->phase = REQUEST_DEAD;
}

/* ---- Tokens ----------------------------------------------------------------- */

void request_push(struct request_reader *reader, const struct request_context *context)
{
    struct request_frame *frame = &reader->frames[reader->n_frames++];
    frame->context = context;
    frame->member = NULL;
    frame->index = 0;
    frame->has_index = false;
    frame->seen = 0;
}

static bool opens(enum lexer_token_kind kind)
{
    return kind == LEXER_OBJECT_BEGIN || kind == LEXER_ARRAY_BEGIN;
}

static bool closes(enum lexer_token_kind kind)
{
    return kind == LEXER_OBJECT_END || kind == LEXER_ARRAY_END;
}

/* Finds a key among the members that its object takes. */
static const struct request_member *find_member(struct request_reader *reader,
                                                const struct request_context *context,
                                                const struct lexer_token *key)
{
    const char *name = key->text + 1;
    size_t len = key->len - 2;
    if (key->escaped && request_decode(reader, key, &name, &len) != 0)
        return NULL;
    for (unsigned i = 0; i < context->n_members; i++) {
        const struct request_member *member = &context->members[i];
        if (member->len == len && memcmp(member->name, name, len) == 0)
            return member;
    }
    return NULL;
}

static void take_key(struct request_reader *reader, const struct lexer_token *key)
{
    struct request_frame *frame = request_frame(reader);
    frame->member = NULL;
    const struct request_member *member = find_member(reader, frame->context, key);
    if (reader->dropped)
        return;
    if (member == NULL) {
        request_unknown_key(reader, key);
        return;
    }
    size_t place = (size_t)(member - frame->context->members);
    frame->member = member;
    if ((frame->seen & 1u << place) != 0) {
        request_second_key(reader, key);
        return;
    }
    frame->seen |= 1u << place;
    frame->offsets[place] = key->offset;
}

static void take_close(struct request_reader *reader, const struct lexer_token *token)
{
    struct request_frame *frame = request_frame(reader);
    frame->member = NULL;
    frame->has_index = false;
    if (frame->context->close != NULL)
        frame->context->close(reader, token);
    if (!reader->dropped)
        reader->n_frames--;
}

static void take_value(struct request_reader *reader, const struct lexer_token *token)
{
    struct request_frame *frame = request_frame(reader);
    if (frame->context->members != NULL) {
        frame->member->read(reader, token);
        return;
    }
    frame->index += frame->has_index;
    frame->has_index = true;
    frame->context->element(reader, token);
}

/* Looks for `id` in a request that is not kept. */
static void take_dropped(struct request_reader *reader, const struct lexer_token *token)
{
    if (reader->bare || token->depth != 1)
        return;
    if (token->kind == LEXER_KEY) {
        reader->dropped_id =
            reader->id.len == 0 && token->text != NULL && request_is_id_key(reader, token);
        lexer_skip(reader->lexer, !reader->dropped_id);
        return;
    }
    if (reader->dropped_id && request_is_id(token) && request_fits(reader, token))
        request_keep_id(reader, token);
    reader->dropped_id = false;
    lexer_skip(reader->lexer, opens(token->kind));
}

static void take_skipped(struct request_reader *reader, const struct lexer_token *token)
{
    if (token->depth > reader->skip_depth || opens(token->kind))
        return;
    reader->skipping = false;
    lexer_skip(reader->lexer, false);
}

static void begin(struct request_reader *reader, const struct lexer_token *token)
{
    reader->phase = REQUEST_READING;
    reader->n_frames = 0;
    reader->skipping = reader->copying = reader->dropped = reader->dropped_id = false;
    reader->fault.code = FAULT_NONE;
    reader->bare = token->kind == LEXER_ARRAY_BEGIN;
    reader->op_known = false;
    reader->op = REQUEST_SUBMIT;
    reader->options =
        (struct plan_options){.concurrency = PLAN_UNLIMITED, .workers = 1, .timeout_ns = -1};
    reader->has_job = false;
    reader->jobs = reader->steps = 0;
    reader->whole_elements = 0;
    reader->whole_end = 0;
    if (token->text == NULL && !opens(token->kind))
        request_no_memory(reader); /* nothing else loses a text between requests */
    else if (reader->bare && request_plan(reader) != NULL)
        request_push(reader, &request_jobs_array);
    else if (token->kind == LEXER_OBJECT_BEGIN)
        request_push(reader, &request_top);
    else if (!reader->bare)
        request_wrong(reader, token, "an object, or an array of jobs");
}

static void take(struct request_reader *reader, const struct lexer_token *token)
{
    reader->open_depth = token->depth + opens(token->kind);
    if (reader->phase == REQUEST_IDLE)
        begin(reader, token);
    else if (reader->dropped)
        take_dropped(reader, token);
    else if (reader->skipping)
        take_skipped(reader, token);
    else if (reader->copying)
        request_copy(reader, token);
    else if (token->kind == LEXER_KEY)
        take_key(reader, token);
    else if (closes(token->kind))
        take_close(reader, token);
    else
        take_value(reader, token);
}

/* ---- The end of a request --------------------------------------------------- */

struct plan *request_plan(struct request_reader *reader)
{
    if (reader->plan == NULL && !reader->dropped) {
        reader->plan = plan_new(reader->hash_key);
        if (reader->plan == NULL)
            request_no_memory(reader);
    }
    return reader->plan;
}

static enum request_result tell(struct request_reader *reader, enum request_result result,
                                struct request *request, struct fault *fault)
{
    *request = (struct request){.op = reader->op,
                                .id = reader->id.len > 0 ? reader->id.bytes : NULL,
                                .id_len = reader->id.len,
                                .batch = reader->batch,
                                .has_job = reader->has_job,
                                .job = reader->job};
    if (result == REQUEST_READY) {
        request->plan = reader->plan;
        request->held = reader->plan != NULL ? reader->kept_bytes : 0;
    } else {
        *fault = reader->fault;
        plan_free(reader->plan);
        reader->jobs = 0;
    }
    reader->plan = NULL;
    reader->kept_bytes = 0;
    return result;
}

/* Tells of the request whose end has come. */
static enum request_result conclude(struct request_reader *reader, struct request *request,
                                    struct fault *fault)
{
    reader->phase = REQUEST_IDLE;
    lexer_skip(reader->lexer, false);
    take_up_limits(reader);
    if (reader->fault.code != FAULT_NONE)
        return tell(reader, REQUEST_REFUSED, request, fault);
    if (reader->plan != NULL)
        reader->jobs = plan_n_jobs(reader->plan);
    return tell(reader, REQUEST_READY, request, fault);
}

static enum request_result seal(struct request_reader *reader, size_t budget,
                                struct request *request, struct fault *fault)
{
    struct plan_limits limits = reader->limits.plan;
    bool at_fault = reader->fault.code != FAULT_NONE;
    bool held = !at_fault;
    /* A fault is known: what is looked for is an earlier one, in `after` or by
     * what the elements before it come to. */
    if (at_fault && reader->whole_elements > 0 && reader->fault.offset > reader->whole_end) {
        limits.unheld_from = reader->whole_elements;
        held = true;
    }
    if (!held) {
        limits.max_jobs = UINT64_MAX;
        limits.max_steps = UINT64_MAX;
    }
    if (reader->plan == NULL || (!held && plan_n_afters(reader->plan) == 0))
        return conclude(reader, request, fault);
    switch (plan_seal(reader->plan, &limits, budget, &reader->found)) {
    case PLAN_SEAL_MORE:
        return REQUEST_BUSY;
    case PLAN_SEAL_FAULT:
        request_plan_fault(reader);
        break;
    case PLAN_SEAL_NOMEM:
        request_no_memory(reader);
        break;
    case PLAN_SEALED:
        break;
    }
    return conclude(reader, request, fault);
}

static enum request_result end(struct request_reader *reader, size_t budget,
                               struct request *request, struct fault *fault)
{
    reader->phase = REQUEST_SEALING;
    if (reader->plan != NULL)
        *plan_options(reader->plan) = reader->options;
    return seal(reader, budget, request, fault);
}

/* The stream has come to its end by a fault, whatever else the request had. */
static enum request_result break_off(struct request_reader *reader, enum lexer_token_kind kind,
                                     struct request *request, struct fault *fault)
{
    struct fault *told = &reader->fault;
    uint64_t offset = lexer_offset(reader->lexer);
    told->code = FAULT_NONE;
    if (kind == LEXER_BAD) {
        offset = lexer_complaint_offset(reader->lexer);
        fault_set(told, FAULT_BAD_JSON, offset,
                  "the input is not JSON: %s, at line %llu, column %llu (byte %llu of it)",
                  lexer_complaint(reader->lexer),
                  (unsigned long long)lexer_complaint_line(reader->lexer),
                  (unsigned long long)lexer_complaint_column(reader->lexer),
                  (unsigned long long)offset + 1);
    } else if (kind == LEXER_TOO_LONG) {
        fault_set(told, FAULT_TOO_LARGE, offset,
                  "a request takes at most %llu bytes, and this one is longer",
                  (unsigned long long)reader->limits.max_bytes);
    } else {
        fault_set(told, FAULT_TOO_LARGE, offset,
                  "the values of a request nest at most %u deep, and this one's are deeper",
                  reader->limits.max_depth);
    }
    reader->phase = REQUEST_DEAD;
    return tell(reader, REQUEST_BROKEN, request, fault);
}

/* Whether what comes next is an element of `jobs` that is to be kept.  (What is
 * skipped or dropped has been at fault.) */
static bool at_job(struct request_reader *reader)
{
    return reader->n_frames > 0 && request_frame(reader)->context == &request_jobs_array &&
           reader->phase == REQUEST_READING && request_keeps(reader);
}

static enum request_result read_tokens(struct request_reader *reader, size_t budget,
                                       struct request *request, struct fault *fault)
{
    struct lexer_token token;
    size_t left = budget < SIZE_MAX / TOKENS_PER_JOB ? budget * TOKENS_PER_JOB : SIZE_MAX;
    for (; left > 0; left--) {
        if (at_job(reader))
            left -= TOKENS_PER_JOB * request_take_flat(reader, left / TOKENS_PER_JOB);
        if (left == 0)
            break;
        enum lexer_token_kind kind = lexer_next(reader->lexer, &token);
        if (kind >= LEXER_BAD || kind == LEXER_MORE) {
            if (kind == LEXER_MORE)
                return REQUEST_MORE;
            if (kind == LEXER_END)
                return REQUEST_END;
            if (kind != LEXER_NOMEM)
                return break_off(reader, kind, request, fault);
            if (reader->phase == REQUEST_READING)
                request_no_memory(reader);
            continue;
        }
        take(reader, &token);
        if (reader->open_depth == 0)
            return end(reader, (left - 1) / TOKENS_PER_JOB + 1, request, fault);
    }
    return REQUEST_BUSY;
}

enum request_result request_read(struct request_reader *reader, size_t budget,
                                 struct request *request, struct fault *fault)
{
    if (budget == 0)
        budget = 1;
    switch (reader->phase) {
    case REQUEST_DEAD:
        return tell(reader, REQUEST_BROKEN, request, fault);
    case REQUEST_SEALING:
        return seal(reader, budget, request, fault);
    case REQUEST_IDLE:
        forget(reader);
        break;
    case REQUEST_READING:
        break;
    }
    return read_tokens(reader, budget, request, fault);
}
