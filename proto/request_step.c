/* SPDX-License-Identifier: ISC */

/* The steps of a job: `wait` and `compute` alone, or a list. */

#include "proto/request.h"

#include "proto/request_internal.h"

void request_add_step(struct request_reading *reading)
{
    if (!request_keeps(reading))
        return;
    if (plan_add_step(reading->plan, &reading->step) != PLAN_OK) {
        request_no_memory(reading);
        return;
    }
    reading->spec.n_steps++;
    reading->kept_bytes += REQUEST_STEP_BYTES;
}

/* Refuses a second one of members that exclude each other: those with the same
 * mask in their table. */
static bool is_alone(struct request_reading *reading, const struct lexer_token *token,
                     const char *rule)
{
    const struct request_frame *frame = request_frame(reading);
    const struct request_context *context = frame->context;
    for (unsigned i = 0; i < context->n_members; i++) {
        const struct request_member *other = &context->members[i];
        if (other == frame->member || (frame->seen & 1u << i) == 0 ||
            (other->mask & frame->member->mask) == 0)
            continue;
        request_fault(reading, FAULT_INVALID_REQUEST, token->offset,
                      "%s, and \"%s\" stands beside \"%s\"", rule, frame->member->name,
                      other->name);
        request_pass(reading, token);
        return false;
    }
    return true;
}

bool request_read_length(struct request_reading *reading, const struct lexer_token *token,
                         struct dist *into)
{
    if (token->kind == LEXER_OBJECT_BEGIN) {
        reading->distribution.valid = 0;
        reading->distribution.into = into;
        request_push(reading, &request_distribution_object);
        return false;
    }
    *into = (struct dist){.kind = DIST_CONSTANT};
    if (token->kind == LEXER_NUMBER || token->kind == LEXER_STRING)
        return request_duration(reading, token, &into->a_ns);
    request_wrong(reading, token, REQUEST_DURATION ", or an object with \"dist\"");
    return false;
}

static bool read_length(struct request_reading *reading, const struct lexer_token *token,
                        enum step_kind kind)
{
    reading->step.kind = (uint8_t)kind;
    return request_read_length(reading, token, &reading->step.length);
}

static void read_only_step(struct request_reading *reading, const struct lexer_token *token,
                           enum step_kind kind)
{
    if (!is_alone(reading, token, "a job takes at most one of wait, compute and steps"))
        return;
    reading->spec.set |= JOB_STEPS;
    reading->spec.first_step = plan_n_steps(reading->plan);
    reading->step.note = 0;
    reading->step.pool = 0;
    if (read_length(reading, token, kind))
        request_add_step(reading);
}

void request_read_wait(struct request_reading *reading, const struct lexer_token *token)
{
    read_only_step(reading, token, STEP_WAIT);
}

void request_read_compute(struct request_reading *reading, const struct lexer_token *token)
{
    read_only_step(reading, token, STEP_COMPUTE);
}

enum { STEP_WAIT_MEMBER, STEP_COMPUTE_MEMBER, NOTE, STEP_POOL, N_STEP_MEMBERS };
#define STEP_LENGTHS (1u << STEP_WAIT_MEMBER | 1u << STEP_COMPUTE_MEMBER)

static void read_step_wait(struct request_reading *reading, const struct lexer_token *token)
{
    if (is_alone(reading, token, "a step takes one of wait and compute"))
        read_length(reading, token, STEP_WAIT);
}

static void read_step_compute(struct request_reading *reading, const struct lexer_token *token)
{
    if (is_alone(reading, token, "a step takes one of wait and compute"))
        read_length(reading, token, STEP_COMPUTE);
}

static void read_note(struct request_reading *reading, const struct lexer_token *token)
{
    if (request_string(reading, token) && request_keeps(reading))
        request_keep_text(reading, token, &reading->step.note);
}

static void read_step_pool(struct request_reading *reading, const struct lexer_token *token)
{
    request_use_pool(reading, token, &reading->step.pool);
}

static void close_step(struct request_reading *reading, const struct lexer_token *token)
{
    const struct request_frame *frame = request_frame(reading);
    if ((frame->seen & 1u << STEP_WAIT_MEMBER) != 0 && (frame->seen & 1u << STEP_POOL) != 0)
        request_fault_member(reading, STEP_POOL, FAULT_INVALID_REQUEST, frame->offsets[STEP_POOL],
                             "a wait takes no \"pool\", since it holds no worker");
    if ((frame->seen & STEP_LENGTHS) == 0)
        request_lacks(reading, token, "wait or compute", "neither");
    request_add_step(reading);
}

static const struct request_member step_members[N_STEP_MEMBERS] = {
    [STEP_WAIT_MEMBER] = REQUEST_MEMBER("wait", read_step_wait, 1),
    [STEP_COMPUTE_MEMBER] = REQUEST_MEMBER("compute", read_step_compute, 1),
    [NOTE] = REQUEST_TEXT_MEMBER("note", read_note, 0, REQUEST_KEEPS_TEXT),
    [STEP_POOL] = REQUEST_TEXT_MEMBER("pool", read_step_pool, 0, REQUEST_KEEPS_POOL),
};

const struct request_context request_step_object = {
    .noun = "a step",
    .members = step_members,
    .n_members = N_STEP_MEMBERS,
    .close = close_step,
};

static void read_step(struct request_reading *reading, const struct lexer_token *token)
{
    if (token->kind != LEXER_OBJECT_BEGIN) {
        request_wrong(reading, token, "an object with wait or compute");
        return;
    }
    reading->step = (struct step){.note = 0};
    request_push(reading, &request_step_object);
}

static const struct request_context steps_array = {.element = read_step};

void request_read_steps(struct request_reading *reading, const struct lexer_token *token)
{
    if (!is_alone(reading, token, "a job takes at most one of wait, compute and steps"))
        return;
    if (token->kind != LEXER_ARRAY_BEGIN) {
        request_wrong(reading, token, "an array of steps");
        return;
    }
    reading->spec.set |= JOB_STEPS;
    reading->spec.first_step = plan_n_steps(reading->plan);
    request_push(reading, &steps_array);
}
