/* SPDX-License-Identifier: ISC */

/* Jobs, `defaults`, and what is in them. */

#include "proto/request.h"

#include <string.h>

#include "proto/request_flat.h"
#include "proto/request_internal.h"
#include "proto/scan.h"

/* What a plan holds for an element, a step and a name waited for, roughly. */
#define ELEMENT_BYTES 24
#define DETAIL_BYTES  160
#define STEP_BYTES    32
#define AFTER_BYTES   24

enum {
    NAME,
    WAIT,
    COMPUTE,
    STEPS,
    REPEAT,
    COUNT,
    AFTER,
    TIMEOUT,
    FAIL,
    RETRIES,
    BACKOFF,
    DATA,
    N_MEMBERS
};

/* 0, or -1 with the request dropped. */
static int keep_text(struct request_reading *reading, const struct lexer_token *token,
                     plan_text_ref *ref)
{
    if (reading->plan == NULL)
        return -1;
    if (plan_add_text(reading->plan, token->text, token->len, ref) != PLAN_OK) {
        request_no_memory(reading);
        return -1;
    }
    reading->kept_bytes += token->len + sizeof(*ref);
    return 0;
}

/* ---- Names ----------------------------------------------------------------------------- */

/* A name is kept even in a request at fault: others may wait for it, and must
 * not be told that nobody bears it. */
static void read_name(struct request_reading *reading, const struct lexer_token *token)
{
    if (!request_string(reading, token))
        return;
    reading->name_escaped = token->escaped;
    if (token->escaped) {
        if (request_reserve(reading, &reading->name, token->len) != 0)
            return;
        reading->name.len = lexer_decode(token->text, token->len, reading->name.bytes);
    }
    if (keep_text(reading, token, &reading->spec.name) == 0)
        reading->spec.set |= JOB_NAME;
}

static bool too_many_afters(struct request_reading *reading, const struct lexer_token *token)
{
    uint64_t most = reading->limits->max_dependencies;
    if (most == 0 || plan_n_afters(reading->plan) < most)
        return false;
    request_fault(reading, FAULT_TOO_LARGE, token->offset,
                  "\"after\" takes at most %llu names in all of a request (max-dependencies), and "
                  "this is one more",
                  (unsigned long long)most);
    request_drop(reading);
    return true;
}

/* `where` tells, besides the offset, whether the name stands in an array. */
static void add_after(struct request_reading *reading, const struct lexer_token *token,
                      bool in_array)
{
    const char *name;
    size_t len;
    if (token->kind != LEXER_STRING) {
        request_wrong(reading, token,
                      in_array ? "the name of a job" : "a name or an array of names");
        return;
    }
    if (reading->plan == NULL || !request_fits(reading, token) || too_many_afters(reading, token) ||
        request_decode(reading, token, &name, &len) != 0)
        return;
    if (plan_add_after(reading->plan, name, len, token->offset << 1 | in_array) != PLAN_OK) {
        request_no_memory(reading);
        return;
    }
    reading->spec.n_afters++;
    reading->kept_bytes += len + AFTER_BYTES;
}

static void read_after_element(struct request_reading *reading, const struct lexer_token *token)
{
    add_after(reading, token, true);
}

static const struct request_context after_array = {.element = read_after_element};

static void read_after(struct request_reading *reading, const struct lexer_token *token)
{
    reading->spec.set |= JOB_AFTER;
    reading->spec.first_after = plan_n_afters(reading->plan);
    if (token->kind == LEXER_ARRAY_BEGIN)
        request_push(reading, &after_array);
    else
        add_after(reading, token, false);
}

/* ---- Steps ----------------------------------------------------------------------------- */

void request_add_step(struct request_reading *reading)
{
    if (!request_keeps(reading))
        return;
    if (plan_add_step(reading->plan, &reading->step) != PLAN_OK) {
        request_no_memory(reading);
        return;
    }
    reading->spec.n_steps++;
    reading->kept_bytes += STEP_BYTES;
}

/* Refuses a second one of members that exclude each other. */
static bool is_alone(struct request_reading *reading, const struct lexer_token *token,
                     uint32_t exclusive, const char *rule)
{
    const struct request_frame *frame = request_frame(reading);
    const struct request_member *members = frame->context->members;
    uint32_t others = frame->seen & exclusive & ~(1u << (frame->member - members));
    if (others == 0)
        return true;
    request_fault(reading, FAULT_INVALID_REQUEST, token->offset,
                  "%s, and \"%s\" stands beside \"%s\"", rule, frame->member->name,
                  members[__builtin_ctz(others)].name);
    request_pass(reading, token);
    return false;
}

/* Returns whether the length is known; if not, it is a law being read, or at fault. */
static bool read_length(struct request_reading *reading, const struct lexer_token *token,
                        enum step_kind kind)
{
    reading->step.kind = kind;
    if (token->kind == LEXER_OBJECT_BEGIN) {
        reading->law.valid = 0;
        request_push(reading, &request_law_object);
        return false;
    }
    reading->step.length = (struct dist){.kind = DIST_CONSTANT};
    if (token->kind == LEXER_NUMBER || token->kind == LEXER_STRING)
        return request_duration(reading, token, &reading->step.length.a_ns);
    request_wrong(reading, token, REQUEST_DURATION ", or an object with \"dist\"");
    return false;
}

static void read_only_step(struct request_reading *reading, const struct lexer_token *token,
                           enum step_kind kind)
{
    if (!is_alone(reading, token, 1u << WAIT | 1u << COMPUTE | 1u << STEPS,
                  "a job takes at most one of wait, compute and steps"))
        return;
    reading->spec.set |= JOB_STEPS;
    reading->spec.first_step = plan_n_steps(reading->plan);
    reading->step.note = 0;
    if (read_length(reading, token, kind))
        request_add_step(reading);
}

static void read_wait(struct request_reading *reading, const struct lexer_token *token)
{
    read_only_step(reading, token, STEP_WAIT);
}

static void read_compute(struct request_reading *reading, const struct lexer_token *token)
{
    read_only_step(reading, token, STEP_COMPUTE);
}

enum { STEP_WAIT_MEMBER, STEP_COMPUTE_MEMBER, NOTE, N_STEP_MEMBERS };
#define STEP_LENGTHS (1u << STEP_WAIT_MEMBER | 1u << STEP_COMPUTE_MEMBER)

static void read_step_wait(struct request_reading *reading, const struct lexer_token *token)
{
    if (is_alone(reading, token, STEP_LENGTHS, "a step takes one of wait and compute"))
        read_length(reading, token, STEP_WAIT);
}

static void read_step_compute(struct request_reading *reading, const struct lexer_token *token)
{
    if (is_alone(reading, token, STEP_LENGTHS, "a step takes one of wait and compute"))
        read_length(reading, token, STEP_COMPUTE);
}

static void read_note(struct request_reading *reading, const struct lexer_token *token)
{
    if (request_string(reading, token) && request_keeps(reading))
        keep_text(reading, token, &reading->step.note);
}

static void close_step(struct request_reading *reading, const struct lexer_token *token)
{
    if ((request_frame(reading)->seen & STEP_LENGTHS) == 0)
        request_fault(reading, FAULT_INVALID_REQUEST, token->offset,
                      "a step takes wait or compute, and this one has neither");
    request_add_step(reading);
}

static const struct request_member step_members[N_STEP_MEMBERS] = {
    [STEP_WAIT_MEMBER] = REQUEST_MEMBER("wait", read_step_wait, 0),
    [STEP_COMPUTE_MEMBER] = REQUEST_MEMBER("compute", read_step_compute, 0),
    [NOTE] = REQUEST_MEMBER("note", read_note, 0),
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

static void read_steps(struct request_reading *reading, const struct lexer_token *token)
{
    if (!is_alone(reading, token, 1u << WAIT | 1u << COMPUTE | 1u << STEPS,
                  "a job takes at most one of wait, compute and steps"))
        return;
    if (token->kind != LEXER_ARRAY_BEGIN) {
        request_wrong(reading, token, "an array of steps");
        return;
    }
    reading->spec.set |= JOB_STEPS;
    reading->spec.first_step = plan_n_steps(reading->plan);
    request_push(reading, &steps_array);
}

/* ---- Numbers of things ------------------------------------------------------------------ */

static uint64_t multiply(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t add(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static bool in_defaults(struct request_reading *reading)
{
    return request_frame(reading)->context == &request_defaults_object;
}

static void read_repeat(struct request_reading *reading, const struct lexer_token *token)
{
    if (request_integer(reading, token, 1, &reading->spec.repeat))
        reading->spec.set |= JOB_REPEAT;
}

static void read_count(struct request_reading *reading, const struct lexer_token *token)
{
    uint64_t most = reading->limits->plan.max_jobs;
    if (!request_integer(reading, token, 1, &reading->spec.count))
        return;
    if (reading->spec.count <= most || in_defaults(reading)) {
        reading->spec.set |= JOB_COUNT;
    } else {
        request_wrong_count(reading, token, "jobs", most);
        reading->spec.count = 1;
    }
}

static void read_retries(struct request_reading *reading, const struct lexer_token *token)
{
    uint64_t most = reading->limits->plan.max_steps;
    if (!request_integer(reading, token, 0, &reading->spec.retries))
        return;
    reading->spec.set |= JOB_RETRIES;
    if (reading->spec.retries >= most && !in_defaults(reading))
        request_wrong_count(reading, token, "steps (jobs x steps x repeat x (1 + retries))", most);
}

/* ---- The rest ----------------------------------------------------------------------------- */

static void read_timeout(struct request_reading *reading, const struct lexer_token *token)
{
    if (request_duration(reading, token, &reading->spec.timeout_ns))
        reading->spec.set |= JOB_TIMEOUT;
}

static void read_fail(struct request_reading *reading, const struct lexer_token *token)
{
    double fail = token->kind == LEXER_TRUE ? 1 : token->kind == LEXER_FALSE ? 0 : -1;
    if (token->kind == LEXER_NUMBER && !request_number(reading, token, &fail))
        return;
    if (fail >= 0 && fail <= 1) {
        reading->spec.fail = fail;
        reading->spec.set |= JOB_FAIL;
    } else {
        request_wrong(reading, token, "true, false or a probability from 0 to 1");
    }
}

static void read_backoff(struct request_reading *reading, const struct lexer_token *token)
{
    if (token->kind != LEXER_OBJECT_BEGIN) {
        request_wrong(reading, token, "an object with \"initial\"");
        return;
    }
    reading->spec.set |= JOB_BACKOFF;
    request_push(reading, &request_backoff_object);
}

static bool data_fits(struct request_reading *reading, uint64_t offset, uint64_t bytes)
{
    uint64_t most = reading->limits->max_data;
    if (most == 0 || bytes <= most)
        return true;
    request_too_long(reading, offset, bytes, "JSON", "max-data", most);
    return false;
}

/* Appends to what is copied.  False if that is at its end by a fault: its rest
 * is passed over. */
static bool append_data(struct request_reading *reading, const char *text, size_t len)
{
    reading->copied += len;
    if (!data_fits(reading, reading->copy_offset, reading->copied)) {
        (void)plan_text_close(reading->plan);
        reading->copying = false;
        return false;
    }
    if (plan_text_append(reading->plan, text, len) != PLAN_OK) {
        request_no_memory(reading);
        return false;
    }
    reading->kept_bytes += len;
    return true;
}

static void read_data(struct request_reading *reading, const struct lexer_token *token)
{
    if (!request_keeps(reading)) {
        request_pass(reading, token);
        return;
    }
    reading->spec.set |= JOB_DATA;
    if (token->kind != LEXER_OBJECT_BEGIN && token->kind != LEXER_ARRAY_BEGIN) {
        if (data_fits(reading, token->offset, token->len))
            keep_text(reading, token, &reading->spec.data);
        return;
    }
    if (plan_text_open(reading->plan) != PLAN_OK) {
        request_no_memory(reading);
        return;
    }
    reading->copying = true;
    reading->copy_depth = token->depth;
    reading->copy_comma = false;
    reading->copied = 0;
    reading->copy_offset = token->offset;
    append_data(reading, token->kind == LEXER_OBJECT_BEGIN ? "{" : "[", 1);
}

void request_copy(struct request_reading *reading, const struct lexer_token *token)
{
    static const char brackets[] = {[LEXER_OBJECT_BEGIN] = '{',
                                    [LEXER_OBJECT_END] = '}',
                                    [LEXER_ARRAY_BEGIN] = '[',
                                    [LEXER_ARRAY_END] = ']'};
    bool closes = token->kind == LEXER_OBJECT_END || token->kind == LEXER_ARRAY_END;
    bool opens = token->kind == LEXER_OBJECT_BEGIN || token->kind == LEXER_ARRAY_BEGIN;
    bool ends = closes && token->depth == reading->copy_depth;
    const char *text = opens || closes ? &brackets[token->kind] : token->text;
    size_t len = opens || closes ? 1 : token->len;
    if ((reading->copy_comma && !closes && !append_data(reading, ",", 1)) ||
        !append_data(reading, text, len) ||
        (token->kind == LEXER_KEY && !append_data(reading, ":", 1))) {
        if (!ends)
            request_pass_next(reading, reading->copy_depth);
        return;
    }
    reading->copy_comma = token->kind != LEXER_KEY && !opens;
    if (ends) {
        reading->copying = false;
        reading->spec.data = plan_text_close(reading->plan);
    }
}

/* ---- The whole ----------------------------------------------------------------------------- */

static const struct request_member job_members[N_MEMBERS] = {
    [NAME] = REQUEST_MEMBER("name", read_name, 0),
    [WAIT] = REQUEST_MEMBER("wait", read_wait, 0),
    [COMPUTE] = REQUEST_MEMBER("compute", read_compute, 0),
    [STEPS] = REQUEST_MEMBER("steps", read_steps, 0),
    [REPEAT] = REQUEST_MEMBER("repeat", read_repeat, 0),
    [COUNT] = REQUEST_MEMBER("count", read_count, 0),
    [AFTER] = REQUEST_MEMBER("after", read_after, 0),
    [TIMEOUT] = REQUEST_MEMBER("timeout", read_timeout, 0),
    [FAIL] = REQUEST_MEMBER("fail", read_fail, 0),
    [RETRIES] = REQUEST_MEMBER("retries", read_retries, 0),
    [BACKOFF] = REQUEST_MEMBER("backoff", read_backoff, 0),
    [DATA] = REQUEST_MEMBER("data", read_data, 0),
};

static void begin_job(struct request_reading *reading, const struct request_context *context)
{
    reading->spec = (struct job_spec){
        .repeat = 1, .count = 1, .timeout_ns = -1, .backoff = {.factor = 2, .max_ns = -1}};
    reading->name_escaped = false;
    request_push(reading, context);
}

/* The steps of the request so far, by what jobs set themselves. */
static void count_steps(struct request_reading *reading, const struct lexer_token *token)
{
    const struct job_spec *spec = &reading->spec;
    struct request_frame *frame = request_frame(reading);
    uint64_t most = reading->limits->plan.max_steps;
    uint64_t attempt = multiply(spec->n_steps, spec->repeat);
    if (attempt > most) {
        frame->member = &frame->context->members[REPEAT];
        request_too_many_steps(reading, token->offset, attempt);
        frame->member = NULL;
    }
    attempt = multiply(attempt > 0 ? attempt : 1, add(spec->retries, 1));
    reading->steps = add(reading->steps, multiply(attempt, spec->count));
    if (reading->steps > most)
        request_too_many_steps(reading, token->offset, reading->steps);
}

static void check_backoff(struct request_reading *reading)
{
    const struct request_frame *frame = request_frame(reading);
    unsigned both = JOB_BACKOFF | JOB_RETRIES;
    if ((reading->spec.set & both) == both &&
        request_backoff_overflows(&reading->spec.backoff, reading->spec.retries))
        request_fault_member(reading, BACKOFF, FAULT_INVALID_REQUEST, frame->offsets[BACKOFF],
                             REQUEST_BACKOFF_OVERFLOWS);
}

/* What the plan is to know of the job: all, or in a request at fault only
 * what a fault that is found later and stands earlier may depend on. */
static void strip_job(struct request_reading *reading)
{
    if (reading->fault.code != FAULT_NONE)
        reading->spec.set &= (unsigned)(JOB_NAME | JOB_AFTER);
}

static const char *plain_name(const struct request_reading *reading)
{
    return reading->name_escaped && (reading->spec.set & JOB_NAME) != 0 ? reading->name.bytes
                                                                        : NULL;
}

static void close_job(struct request_reading *reading, const struct lexer_token *token)
{
    const struct job_spec *spec = &reading->spec;
    uint64_t most = reading->limits->plan.max_jobs;
    count_steps(reading, token);
    check_backoff(reading);
    strip_job(reading);
    if (reading->fault.code == FAULT_NONE) {
        reading->whole_elements++;
        reading->whole_end = token->offset;
    }
    reading->jobs = add(reading->jobs, spec->count);
    if (reading->jobs > most) {
        request_too_many_jobs(reading, token->offset, reading->jobs);
        request_drop(reading);
        return;
    }
    if (plan_add_element(reading->plan, spec, plain_name(reading), reading->name.len) != PLAN_OK) {
        request_no_memory(reading);
        return;
    }
    bool plain = (spec->set & ~(unsigned)(JOB_NAME | JOB_STEPS)) == 0 && spec->n_steps <= 1;
    reading->kept_bytes += plain ? ELEMENT_BYTES : ELEMENT_BYTES + DETAIL_BYTES;
}

static void close_defaults(struct request_reading *reading, const struct lexer_token *token)
{
    check_backoff(reading);
    strip_job(reading);
    if (reading->fault.code == FAULT_NONE)
        reading->whole_end = token->offset;
    if (plan_set_defaults(reading->plan, &reading->spec, plain_name(reading), reading->name.len) !=
        PLAN_OK)
        request_no_memory(reading);
}

/* The room that is left below a limit. */
static uint64_t left_of(uint64_t most, uint64_t taken)
{
    return taken < most ? most - taken : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Does for a flat job what close_job() and all before it would. */
static int add_flat(struct request_reading *reading, const struct request_flat *job)
{
    if (plan_add_plain(reading->plan, job->name, job->name_len, job->wait_ns) != PLAN_OK)
        return -1;
    reading->kept_bytes += ELEMENT_BYTES;
    if (job->name != NULL)
        reading->kept_bytes += job->name_len + sizeof(plan_text_ref);
    if (job->wait_ns >= 0)
        reading->kept_bytes += STEP_BYTES;
    return 0;
}

size_t request_take_flat(struct request_reading *reading, size_t most)
{
    const struct plan_limits *limits = &reading->limits->plan;
    uint64_t max_string = reading->limits->max_string;
    const struct request_flat_limits flat = {.max_wait_ns = limits->max_wait_ns,
                                             .max_name = max_string > 0 ? max_string : UINT64_MAX};
    struct request_frame *frame = request_frame(reading);
    struct lexer_window window;
    struct request_flat job;
    size_t n = 0;
    if (!lexer_elements(reading->lexer, &window))
        return 0;
    /* One job more than may be is left to who refuses it; one for which there is
     * no memory, too. */
    most = least(most, least(left_of(limits->max_jobs, reading->jobs),
                             left_of(limits->max_steps, reading->steps)));
    const char *done = window.at;
    for (; n < most; n++) {
        const char *at = scan_blanks(done, window.end);
        if (window.comma) {
            if (at == window.end || *at != ',')
                break;
            at = scan_blanks(at + 1, window.end);
        }
        at = request_flat_scan(at, window.end, &flat, &job);
        if (at == NULL || add_flat(reading, &job) != 0)
            break;
        done = at;
        window.comma = true;
    }
    if (n == 0)
        return 0;
    lexer_pass(reading->lexer, done);
    frame->index += n - !frame->has_index;
    frame->has_index = true;
    reading->jobs += n;
    reading->steps += n;
    reading->whole_elements += (uint32_t)n;
    reading->whole_end = lexer_offset(reading->lexer) - 1;
    return n;
}

const struct request_context request_job_object = {
    .noun = "a job",
    .members = job_members,
    .n_members = N_MEMBERS,
    .close = close_job,
};

const struct request_context request_defaults_object = {
    .noun = "a job",
    .members = job_members,
    .n_members = N_MEMBERS,
    .close = close_defaults,
};

static void read_job(struct request_reading *reading, const struct lexer_token *token)
{
    if (token->kind == LEXER_OBJECT_BEGIN)
        begin_job(reading, &request_job_object);
    else
        request_wrong(reading, token, "an object");
}

void request_begin_defaults(struct request_reading *reading)
{
    begin_job(reading, &request_defaults_object);
}

const struct request_context request_jobs_array = {.element = read_job};
