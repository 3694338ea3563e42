/* SPDX-License-Identifier: ISC */

/* Jobs, `defaults`, and what is in them. */

#include "proto/request.h"

#include "proto/saturate.h"
#include "proto/linebreak.h"
#include "proto/request_internal.h"

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
    POOL,
    PRIORITY,
    START,
    EVERY,
    N_MEMBERS
};

/* ---- Names ----------------------------------------------------------------------------- */

/* Keeps a name's decoded text, where it differs from its token's.  0, or -1 with the
 * request dropped. */
static int keep_decoded_name(struct request_reading *reading, const struct lexer_token *token)
{
    const struct request_staging *staged = request_staged(reading, token);
    const char *end = token->text + token->len, *name;
    size_t len;
    if (staged != NULL) {
        reading->decoded_name = staged->decoded;
        return 0;
    }
    if (!token->escaped && linebreak_find(token->text, end) == end)
        return 0;
    if (request_decode(reading, token, &name, &len) != 0)
        return -1;
    if (plan_add_text(reading->plan, name, len, &reading->decoded_name) != PLAN_OK) {
        request_no_memory(reading);
        return -1;
    }
    reading->kept_bytes += len + sizeof(plan_text_ref);
    return 0;
}

/* A name is kept even in a request at fault: others may wait for it, and must
 * not be refused as one that nobody has. */
static void read_name(struct request_reading *reading, const struct lexer_token *token)
{
    if (!request_string(reading, token))
        return;
    if (request_keep_text(reading, token, &reading->spec.name) != 0 ||
        keep_decoded_name(reading, token) != 0)
        return;
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

/* Keeps the decoded text of a name waited for.  0, or -1 with the request dropped. */
static int keep_after(struct request_reading *reading, const struct lexer_token *token,
                      plan_text_ref *ref)
{
    const struct request_staging *staged = request_staged(reading, token);
    const char *name;
    size_t len;
    if (staged != NULL) {
        *ref = staged->decoded;
        return 0;
    }
    if (request_decode(reading, token, &name, &len) != 0)
        return -1;
    if (plan_add_text(reading->plan, name, len, ref) != PLAN_OK) {
        request_no_memory(reading);
        return -1;
    }
    return 0;
}

/* `where` says, besides the offset, whether the name is in an array. */
static void add_after(struct request_reading *reading, const struct lexer_token *token,
                      bool in_array)
{
    plan_text_ref name;
    size_t len;
    if (token->kind != LEXER_STRING) {
        request_wrong(reading, token,
                      in_array ? "the name of a job" : "a name or an array of names");
        return;
    }
    if (reading->plan == NULL || !request_fits(reading, token) || too_many_afters(reading, token) ||
        keep_after(reading, token, &name) != 0)
        return;
    if (plan_add_after(reading->plan, name, token->offset << 1 | in_array) != PLAN_OK) {
        request_no_memory(reading);
        return;
    }
    reading->spec.n_afters++;
    (void)plan_text(reading->plan, name, &len);
    reading->kept_bytes += len + REQUEST_AFTER_BYTES;
}

static void read_after_element(struct request_reading *reading, const struct lexer_token *token)
{
    add_after(reading, token, true);
}

static const struct request_context after_array = {.element = read_after_element,
                                                   .keeps = REQUEST_KEEPS_DECODED};

static void read_after(struct request_reading *reading, const struct lexer_token *token)
{
    reading->spec.set |= JOB_AFTER;
    reading->spec.first_after = plan_n_afters(reading->plan);
    if (token->kind == LEXER_ARRAY_BEGIN)
        request_push(reading, &after_array);
    else
        add_after(reading, token, false);
}

/* ---- Numbers of things ------------------------------------------------------------------ */

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
    uint64_t below = token->kind == LEXER_TRUE ? PLAN_FAIL_ALWAYS : 0;
    if (token->kind != LEXER_TRUE && token->kind != LEXER_FALSE &&
        !request_probability(reading, token, &below))
        return;
    reading->spec.fail_below = below;
    reading->spec.set |= JOB_FAIL;
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

/* ---- The class ------------------------------------------------------------------------------ */

static void read_pool(struct request_reading *reading, const struct lexer_token *token)
{
    reading->spec.set |= JOB_POOL;
    request_use_pool(reading, token, &reading->job_class.pool);
}

static void read_priority(struct request_reading *reading, const struct lexer_token *token)
{
    if (request_signed_32(reading, token, &reading->job_class.priority))
        reading->spec.set |= JOB_PRIORITY;
}

static void read_start(struct request_reading *reading, const struct lexer_token *token)
{
    reading->spec.set |= JOB_START;
    request_read_length(reading, token, &reading->job_class.start);
}

static void read_every(struct request_reading *reading, const struct lexer_token *token)
{
    reading->spec.set |= JOB_EVERY;
    request_read_length(reading, token, &reading->job_class.every);
}

/* Keeps what the job, or `defaults`, sets of a class. */
static bool keep_class(struct request_reading *reading)
{
    struct job_spec *spec = &reading->spec;
    reading->job_class.set = spec->set & JOB_CLASS;
    if (reading->job_class.set == 0)
        return true;
    if (plan_add_class(reading->plan, &reading->job_class, &spec->class_ref) != PLAN_OK) {
        request_no_memory(reading);
        return false;
    }
    reading->kept_bytes += REQUEST_CLASS_BYTES;
    return true;
}

/* ---- The whole ----------------------------------------------------------------------------- */

/* Of members with this mask an object takes one. */
#define EXCLUSIVE 1u

static const struct request_member job_members[N_MEMBERS] = {
    [NAME] = REQUEST_TEXT_MEMBER("name", read_name, 0, REQUEST_KEEPS_TEXT | REQUEST_KEEPS_DECODED),
    [WAIT] = REQUEST_MEMBER("wait", request_read_wait, EXCLUSIVE),
    [COMPUTE] = REQUEST_MEMBER("compute", request_read_compute, EXCLUSIVE),
    [STEPS] = REQUEST_MEMBER("steps", request_read_steps, EXCLUSIVE),
    [REPEAT] = REQUEST_MEMBER("repeat", read_repeat, 0),
    [COUNT] = REQUEST_MEMBER("count", read_count, 0),
    [AFTER] = REQUEST_TEXT_MEMBER("after", read_after, 0, REQUEST_KEEPS_DECODED),
    [TIMEOUT] = REQUEST_MEMBER("timeout", read_timeout, 0),
    [FAIL] = REQUEST_MEMBER("fail", read_fail, 0),
    [RETRIES] = REQUEST_MEMBER("retries", read_retries, 0),
    [BACKOFF] = REQUEST_MEMBER("backoff", read_backoff, 0),
    [DATA] = REQUEST_TEXT_MEMBER("data", request_read_data, 0, REQUEST_KEEPS_TEXT),
    [POOL] = REQUEST_TEXT_MEMBER("pool", read_pool, 0, REQUEST_KEEPS_POOL),
    [PRIORITY] = REQUEST_MEMBER("priority", read_priority, 0),
    [START] = REQUEST_MEMBER("start", read_start, 0),
    [EVERY] = REQUEST_MEMBER("every", read_every, 0),
};

static void begin_job(struct request_reading *reading, const struct request_context *context)
{
    reading->spec = (struct job_spec){.repeat = 1,
                                      .count = 1,
                                      .timeout_ns = -1,
                                      .backoff = {.factor = PLAN_FACTOR_2, .max_ns = -1}};
    reading->job_class = (struct job_class){.set = 0};
    reading->decoded_name = 0;
    request_push(reading, context);
}

/* The steps of the request so far, by what jobs set themselves. */
static void count_steps(struct request_reading *reading, const struct lexer_token *token)
{
    const struct job_spec *spec = &reading->spec;
    struct request_frame *frame = request_frame(reading);
    uint64_t most = reading->limits->plan.max_steps;
    uint64_t attempt = saturate_multiply(spec->n_steps, spec->repeat);
    if (attempt > most) {
        frame->member = &frame->context->members[spec->n_steps > most ? STEPS : REPEAT];
        request_too_many_steps(reading, token->offset, attempt);
        frame->member = NULL;
    }
    attempt = saturate_multiply(attempt > 0 ? attempt : 1, saturate_add(spec->retries, 1));
    reading->steps = saturate_add(reading->steps, saturate_multiply(attempt, spec->count));
    if (reading->steps > most)
        request_too_many_steps(reading, token->offset, reading->steps);
}

/* What the plan is to know of the job: all, or in a request at fault only
 * what a fault that is found later and is earlier in the text may depend on. */
static void strip_job(struct request_reading *reading)
{
    if (reading->fault.code != FAULT_NONE)
        reading->spec.set = (reading->spec.set & (unsigned)(JOB_NAME | JOB_AFTER)) | JOB_STRIPPED;
}

static plan_text_ref decoded_name(const struct request_reading *reading)
{
    return (reading->spec.set & JOB_NAME) != 0 ? reading->decoded_name : 0;
}

static void close_job(struct request_reading *reading, const struct lexer_token *token)
{
    const struct job_spec *spec = &reading->spec;
    uint64_t most = reading->limits->plan.max_jobs;
    count_steps(reading, token);
    plan_takes_defaults(reading->plan, spec->set);
    strip_job(reading);
    if (reading->fault.code == FAULT_NONE) {
        reading->whole_elements++;
        reading->whole_end = token->offset;
    }
    reading->jobs = saturate_add(reading->jobs, spec->count);
    if (reading->jobs > most) {
        request_too_many_jobs(reading, token->offset, reading->jobs);
        request_drop(reading);
        return;
    }
    if (!keep_class(reading))
        return;
    if (plan_add_element(reading->plan, spec, decoded_name(reading)) != PLAN_OK) {
        request_no_memory(reading);
        return;
    }
    bool fits_spec =
        (spec->set & ~(unsigned)(JOB_NAME | JOB_STEPS | JOB_STRIPPED)) == 0 && spec->n_steps <= 1;
    reading->kept_bytes +=
        fits_spec ? REQUEST_ELEMENT_BYTES : REQUEST_ELEMENT_BYTES + REQUEST_DETAIL_BYTES;
}

static void close_defaults(struct request_reading *reading, const struct lexer_token *token)
{
    strip_job(reading);
    if (reading->fault.code == FAULT_NONE)
        reading->whole_end = token->offset;
    if (!keep_class(reading))
        return;
    plan_set_defaults(reading->plan, &reading->spec, decoded_name(reading));
}

static const struct request_context job_object = {
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
        begin_job(reading, &job_object);
    else
        request_wrong(reading, token, "an object");
}

void request_begin_defaults(struct request_reading *reading)
{
    begin_job(reading, &request_defaults_object);
}

const struct request_context request_jobs_array = {.element = read_job};
