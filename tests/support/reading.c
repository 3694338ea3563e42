/* SPDX-License-Identifier: ISC */
#include "tests/support/reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The jobs of a plan that are printed; the rest are distinguished by a digest. */
#define JOBS_PRINTED 8

const struct request_limits reading_limits = {
    .max_bytes = 64 << 20,
    .max_depth = 64,
    .plan = {.max_jobs = 1000000, .max_steps = 1000000000, .max_wait_ns = 2592000000000000},
};

size_t reading_whole(void *context)
{
    (void)context;
    return SIZE_MAX;
}

size_t reading_bytes(void *context)
{
    (void)context;
    return 1;
}

uint64_t reading_draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

size_t reading_few(void *context)
{
    return reading_draw(context) % 12;
}

static void print_text(FILE *out, const struct plan *plan, const char *label, plan_text_ref ref)
{
    size_t len;
    if (ref == 0)
        return;
    const char *text = plan_text(plan, ref, &len);
    fprintf(out, "%s%.*s", label, (int)len, text);
}

static void print_step(FILE *out, const struct plan *plan, const struct step *step)
{
    static const char *const distributions[] = {
        [DIST_CONSTANT] = "",
        [DIST_UNIFORM] = "uniform",
        [DIST_EXPONENTIAL] = "exponential",
        [DIST_NORMAL] = "normal",
        [DIST_LOGNORMAL] = "lognormal",
        [DIST_TRACE] = "trace",
    };
    const struct dist *length = &step->length;
    fprintf(out, " %s", step->kind == STEP_WAIT ? "w" : "c");
    if (length->kind == DIST_TRACE) {
        fputs("trace(", out);
        for (int64_t i = 0; i < length->b_ns; i++)
            fprintf(out, "%s%" PRId64, i > 0 ? "," : "",
                    plan_trace(plan, (uint32_t)(length->a_ns + i)));
        fputs(")", out);
    } else if (length->kind == DIST_CONSTANT) {
        fprintf(out, "%" PRId64, length->a_ns);
    } else {
        fprintf(out, "%s(%" PRId64 ",%" PRId64 ")", distributions[length->kind], length->a_ns,
                length->b_ns);
    }
    print_text(out, plan, "/", step->note);
}

static void print_job(FILE *out, const struct plan *plan, uint32_t job)
{
    struct job_spec spec;
    plan_job(plan, job, &spec);
    fprintf(out, " [");
    print_text(out, plan, "name=", spec.name);
    for (uint32_t i = 0; i < spec.n_steps; i++) {
        struct step step = plan_job_step(plan, job, i);
        print_step(out, plan, &step);
    }
    if (spec.repeat != 1)
        fprintf(out, " x%" PRIu64, spec.repeat);
    if (spec.count != 1)
        fprintf(out, " n%" PRIu64, spec.count);
    if (spec.n_afters > 0)
        fprintf(out, " after=%" PRIu32, spec.n_afters);
    if (spec.timeout_ns >= 0)
        fprintf(out, " timeout=%" PRId64, spec.timeout_ns);
    if (spec.fail_below > 0)
        fprintf(out, " fail=%.17g", (double)spec.fail_below * 0x1p-53);
    if (spec.retries > 0)
        fprintf(out, " retries=%" PRIu64, spec.retries);
    if (spec.backoff.initial_ns > 0)
        fprintf(out, " backoff=%" PRId64 "*%.17g<%" PRId64 "%s", spec.backoff.initial_ns,
                spec.backoff.factor.nearest, spec.backoff.max_ns,
                spec.backoff.full_jitter ? "~" : "");
    print_text(out, plan, " data=", spec.data);
    fprintf(out, "]");
}

/* What the jobs say that are not printed, as one number. */
static uint64_t digest_jobs(const struct plan *plan)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (uint32_t i = JOBS_PRINTED; i < plan_n_jobs(plan); i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        print_job(out, plan, i);
        fclose(out);
        for (size_t at = 0; at < len; at++)
            hash = (hash ^ (unsigned char)text[at]) * 0x100000001B3u;
        free(text);
    }
    return hash;
}

static void print_plan(FILE *out, const struct plan *plan)
{
    const struct plan_options *options = plan_options_of(plan);
    fprintf(out, " mode=%d until=%d clock=%d events=%d", (int)options->mode, (int)options->until,
            (int)options->clock, (int)options->events);
    if (options->concurrency != PLAN_UNLIMITED)
        fprintf(out, " concurrency=%" PRIu32, options->concurrency);
    fprintf(out, " workers=%" PRIu64, options->workers);
    if (options->timeout_ns >= 0)
        fprintf(out, " timeout=%" PRId64, options->timeout_ns);
    if (options->seed != 0)
        fprintf(out, " seed=%" PRId64, options->seed);
    fprintf(out, " jobs=%" PRIu32, plan_n_jobs(plan));
    for (uint32_t i = 0; i < plan_n_jobs(plan) && i < JOBS_PRINTED; i++)
        print_job(out, plan, i);
    if (plan_n_jobs(plan) > JOBS_PRINTED)
        fprintf(out, " ... %016" PRIx64, digest_jobs(plan));
}

/* What concerns detached batches, but for the text that is kept. */
static void print_detached(FILE *out, const struct request_detached *detached)
{
    if (detached->detach)
        fprintf(out, " detach retain=%" PRId64 "%s", detached->retain_ns,
                detached->cancel_on_restart ? " cancel_on_restart" : "");
    if (detached->has_key)
        fputs(" key=", out);
    for (uint16_t i = 0; detached->has_key && i < detached->key_len; i++)
        fprintf(out, "%02x", (unsigned char)detached->key[i]);
    if (detached->has_ref || detached->ref[0] != '\0')
        fprintf(out, " ref=%s", detached->ref);
    if (detached->from > 1)
        fprintf(out, " from=%" PRIu64, detached->from);
    if (detached->after[0] != '\0')
        fprintf(out, " after=%s", detached->after);
    if (detached->state != REQUEST_ANY_STATE)
        fprintf(out, " state=%d", (int)detached->state);
    if (detached->newest_first)
        fputs(" newest", out);
    if (detached->has_limit)
        fprintf(out, " limit=%" PRIu64, detached->limit);
}

static void print_request(FILE *out, struct request *request)
{
    static const char *const ops[] = {
        [REQUEST_SUBMIT] = "submit", [REQUEST_PING] = "ping",       [REQUEST_CANCEL] = "cancel",
        [REQUEST_STATS] = "stats",   [REQUEST_QUIT] = "quit",       [REQUEST_FORECAST] = "forecast",
        [REQUEST_WATCH] = "watch",   [REQUEST_UNWATCH] = "unwatch", [REQUEST_BATCHES] = "batches",
        [REQUEST_FORGET] = "forget",
    };
    fprintf(out, "%s", ops[request->op]);
    if (request->id != NULL)
        fprintf(out, " id=%.*s", (int)request->id->len, request->id->text);
    if (request->op == REQUEST_CANCEL)
        fprintf(out, " batch=%" PRIu64, request->batch);
    if (request->has_job)
        fprintf(out, " job=%" PRIu64, request->job);
    if (request->plan != NULL)
        print_plan(out, request->plan);
    if (request->heartbeat_ns > 0)
        fprintf(out, " heartbeat=%" PRId64, request->heartbeat_ns);
    if (request->detached != NULL)
        print_detached(out, request->detached);
    if (request->text != NULL) {
        fputs(" text=", out);
        fwrite(request->text, 1, request->text_len, out);
    }
    fputs("\n", out);
    free(request->text);
    plan_free(request->plan);
    request_id_release(request->id, NULL);
}

/* What is left of a piece that ends there is taken back, and offered again: as a channel does
 * between two service slices. */
static void offer_again(struct request_reader *reader, const char *end)
{
    size_t rest = request_rest(reader);
    request_feed(reader, NULL, 0);
    if (rest > 0)
        request_feed(reader, end - rest, rest);
}

/* Reads until the piece that ends there is used up.  Returns whether more may come. */
static bool drain(FILE *out, struct request_reader *reader, const char *end, size_t budget)
{
    for (;;) {
        struct request request = {.plan = NULL};
        struct fault fault = {.code = FAULT_NONE};
        enum request_result result = request_read(reader, budget, &request, &fault);
        switch (result) {
        case REQUEST_MORE:
            return true;
        case REQUEST_BUSY:
            offer_again(reader, end);
            break;
        case REQUEST_READY:
            print_request(out, &request);
            break;
        case REQUEST_REFUSED:
        case REQUEST_BROKEN:
            fprintf(out, "%s%s|%s|%s", result == REQUEST_BROKEN ? "BROKEN " : "",
                    fault_code_name(fault.code), fault.path, fault.message);
            if (request.id != NULL)
                fprintf(out, "|id=%.*s", (int)request.id->len, request.id->text);
            fputs("\n", out);
            request_id_release(request.id, NULL);
            if (result == REQUEST_BROKEN)
                return false;
            break;
        case REQUEST_END:
            fputs("END\n", out);
            return false;
        }
    }
}

char *reading_cut(const char *text, size_t len, reading_split *split, void *context, size_t *size)
{
    char *piece;
    *size = split(context);
    if (*size > len)
        *size = len;
    piece = malloc(*size > 0 ? *size : 1);
    memcpy(piece, text, *size);
    return piece;
}

char *reading_run(const struct request_limits *limits, const char *text, size_t len,
                  reading_split *split, void *context, size_t budget)
{
    static const uint8_t key[16] = {1, 2, 3};
    struct request_reader *reader = request_reader_new(limits, key);
    char *result = NULL;
    size_t result_len = 0;
    FILE *out = open_memstream(&result, &result_len);
    bool more = true;
    size_t size;
    for (size_t at = 0; more && at < len; at += size) {
        char *piece = reading_cut(text + at, len - at, split, context, &size);
        request_feed(reader, piece, size);
        more = drain(out, reader, piece + size, budget);
        request_feed(reader, NULL, 0); /* which may keep some of it */
        free(piece);
    }
    if (more) {
        request_finish(reader);
        drain(out, reader, NULL, budget);
    }
    request_reader_free(reader);
    fclose(out);
    return result;
}

char *reading_all_ways(const struct request_limits *limits, const char *text, size_t len)
{
    char *whole = reading_run(limits, text, len, reading_whole, NULL, SIZE_MAX);
    for (uint64_t seed = 1; seed <= 4; seed++) {
        uint64_t state = seed;
        reading_split *split = seed == 1 ? reading_bytes : reading_few;
        char *cut = reading_run(limits, text, len, split, &state, seed);
        if (strcmp(whole, cut) != 0) {
            fprintf(stderr, "`%.*s` in pieces, seed %d:\n%s\nbut whole:\n%s\n", (int)len, text,
                    (int)seed, cut, whole);
            abort();
        }
        free(cut);
    }
    return whole;
}
