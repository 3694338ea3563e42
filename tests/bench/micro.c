/* SPDX-License-Identifier: ISC */

/*
 * What the parts cost, each by itself: the lexer, the job reader, the queues
 * of due times and the writer of events, in nanoseconds of processor time an
 * item.  Each is done several times and the least is reported, which other work
 * on the machine disturbs least.  jansson's tree of the same text is there to
 * compare with.
 *
 * `micro' prints a table in Markdown, `micro --json' one JSON object a line.
 */

#include <err.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "engine/dueq.h"
#include "engine/timerq.h"
#include "proto/event.h"
#include "proto/event_done.h"
#include "proto/lexer.h"
#include "proto/request.h"
#include "tests/bench/probe.h"

#define REPEATS 5
#define JOBS    100000
#define PIECE   65536

static bool as_json;

static void *need(void *memory)
{
    if (memory == NULL)
        errx(2, "out of memory");
    return memory;
}

/* xorshift64, by G. Marsaglia (2003). */
static uint64_t draw(void)
{
    static uint64_t state = 88172645463325252;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* ---- Measuring ----------------------------------------------------------- */

/* One way of doing n items; returns something that depends on all of them. */
typedef uint64_t work_of(const void *what, uint32_t n);

static volatile uint64_t sink;

static double least_ns(work_of *work, const void *what, uint32_t n)
{
    int64_t least = INT64_MAX;

    for (int i = 0; i < REPEATS; i++) {
        int64_t began_ns = probe_cpu_ns(0), took_ns;

        sink += work(what, n);
        took_ns = probe_cpu_ns(0) - began_ns;
        if (took_ns < least)
            least = took_ns;
    }
    return (double)least / n;
}

static void print_row(const char *part, const char *what, uint32_t n, double each_ns)
{
    if (as_json)
        printf("{\"part\":\"%s\",\"item\":\"%s\",\"n\":%" PRIu32 ",\"ns\":%.2f}\n", part, what, n,
               each_ns);
    else
        printf("| %-12s | %-44s | %8" PRIu32 " | %7.1f |\n", part, what, n, each_ns);
    fflush(stdout);
}

/* ---- Texts --------------------------------------------------------------- */

struct text {
    char *bytes;
    size_t len;
};

enum shape { FLAT, FLAT_DECIMAL, FLAT_NAMED, RICH, SHAPES };

static const char *const shape_names[SHAPES] = {
    [FLAT] = "{wait: 1}",
    [FLAT_DECIMAL] = "{wait: 1.234567}",
    [FLAT_NAMED] = "{name: j1, wait: 0}",
    [RICH] = "{name, two steps, note, retries, data}",
};

static int write_job(char *out, enum shape shape, uint32_t i)
{
    switch (shape) {
    case FLAT:
        return sprintf(out, "{\"wait\":1}");
    case FLAT_DECIMAL:
        return sprintf(out, "{\"wait\":%u.%06u}", (unsigned)(1 + draw() % 10),
                       (unsigned)(draw() % 1000000));
    case FLAT_NAMED:
        return sprintf(out, "{\"name\":\"j%" PRIu32 "\",\"wait\":0}", i);
    case RICH:
        return sprintf(out,
                       "{\"name\":\"upload %" PRIu32 "\",\"steps\":[{\"wait\":\"250ms\"},"
                       "{\"compute\":0.1,\"note\":\"packing\"}],\"retries\":3,"
                       "\"data\":{\"of\":[%" PRIu32 ",true]}}",
                       i, i);
    case SHAPES:
        break;
    }
    abort();
}

static struct text make_text(enum shape shape)
{
    struct text text = {.bytes = need(malloc((size_t)JOBS * 160))};
    char *out = text.bytes + sprintf(text.bytes, "{\"jobs\":[");

    for (uint32_t i = 0; i < JOBS; i++) {
        if (i > 0)
            *out++ = ',';
        out += write_job(out, shape, i);
    }
    out += sprintf(out, "]}\n");
    text.len = (size_t)(out - text.bytes);
    return text;
}

/* ---- Reading ------------------------------------------------------------- */

static uint64_t lex(const void *what, uint32_t n)
{
    const struct text *text = what;
    struct lexer *lexer = need(lexer_new(1 << 30, 128));
    struct lexer_token token;
    uint64_t tokens = 0;

    (void)n;
    for (size_t at = 0; at < text->len; at += PIECE) {
        lexer_feed(lexer, text->bytes + at, text->len - at < PIECE ? text->len - at : PIECE);
        while (lexer_next(lexer, &token) != LEXER_MORE)
            tokens++;
    }
    lexer_free(lexer);
    return tokens;
}

static uint64_t read_request(const void *what, uint32_t n)
{
    static const struct request_limits limits = {
        .max_bytes = 1 << 30,
        .max_depth = 128,
        .plan = {.max_jobs = 10000000, .max_steps = 1000000000, .max_wait_ns = INT64_MAX / 2}};
    static const uint8_t key[16] = {1};
    const struct text *text = what;
    struct request_reader *reader = need(request_reader_new(&limits, key));
    enum request_result result = REQUEST_MORE;
    struct request request;
    struct fault fault;
    uint32_t jobs = 0;

    for (size_t at = 0; at < text->len; at += PIECE) {
        request_feed(reader, text->bytes + at, text->len - at < PIECE ? text->len - at : PIECE);
        while ((result = request_read(reader, 4096, &request, &fault)) != REQUEST_MORE) {
            if (result == REQUEST_READY) {
                jobs = plan_n_jobs(request.plan);
                plan_free(request.plan);
            } else if (result != REQUEST_BUSY) {
                errx(2, "a text of the benchmark is refused: %s", fault.message);
            }
        }
    }
    request_reader_free(reader);
    if (jobs != n)
        errx(2, "%" PRIu32 " jobs were read, not %" PRIu32, jobs, n);
    return jobs;
}

static uint64_t make_tree(const void *what, uint32_t n)
{
    const struct text *text = what;
    json_t *tree = need(json_loadb(text->bytes, text->len, JSON_REJECT_DUPLICATES, NULL));
    uint64_t jobs = json_array_size(json_object_get(tree, "jobs"));

    (void)n;
    json_decref(tree);
    return jobs;
}

static void measure_reading(void)
{
    for (enum shape shape = FLAT; shape < SHAPES; shape++) {
        struct text text = make_text(shape);

        print_row("lexer", shape_names[shape], JOBS, least_ns(lex, &text, JOBS));
        print_row("job reader", shape_names[shape], JOBS, least_ns(read_request, &text, JOBS));
        print_row("jansson tree", shape_names[shape], JOBS, least_ns(make_tree, &text, JOBS));
        free(text.bytes);
    }
}

/* ---- Queues -------------------------------------------------------------- */

/* A batch's queue: everything is pushed, then taken in order. */
static uint64_t queue_batch(const void *what, uint32_t n)
{
    const int64_t *due_ns = what;
    const struct dueq_entry *first;
    struct dueq queue;
    uint64_t sum = 0;
    size_t shown;

    if (dueq_init(&queue, n) != 0)
        errx(2, "out of memory");
    for (uint32_t i = 0; i < n; i++)
        dueq_push(&queue, &(struct dueq_entry){.due_ns = due_ns[i], .id = i});
    while ((first = dueq_look(&queue, n, &shown)) != NULL) {
        for (size_t i = 0; i < shown; i++)
            sum += first[i].id ^ (uint64_t)first[i].due_ns;
        (void)dueq_take(&queue, shown);
    }
    dueq_fini(&queue);
    return sum;
}

static void fill_heap(struct timerq *queue, const int64_t *due_ns, uint32_t n)
{
    if (timerq_init(queue, n) != 0 || timerq_reserve(queue, n) != 0)
        errx(2, "out of memory");
    for (uint32_t i = 0; i < n; i++)
        timerq_set(queue, i, due_ns[i], 0);
}

/* The indexed heap, the same way. */
static uint64_t queue_heap(const void *what, uint32_t n)
{
    const struct timerq_entry *first;
    struct timerq queue;
    uint64_t sum = 0;

    fill_heap(&queue, what, n);
    while ((first = timerq_first(&queue)) != NULL) {
        sum += first->id ^ (uint64_t)first->due_ns;
        timerq_remove(&queue, first->id);
    }
    timerq_fini(&queue);
    return sum;
}

/* Everything is put in, and taken out again in the order in which it came. */
static uint64_t cancel_heap(const void *what, uint32_t n)
{
    struct timerq queue;
    uint64_t sum = 0;

    fill_heap(&queue, what, n);
    for (uint32_t i = 0; i < n; i++) {
        sum += timerq_first(&queue)->id;
        timerq_remove(&queue, i);
    }
    timerq_fini(&queue);
    return sum;
}

static void measure_queues(void)
{
    for (uint32_t n = 1000; n <= 1000000; n *= 10) {
        int64_t *equal = need(malloc(n * sizeof(int64_t)));
        int64_t *random = need(malloc(n * sizeof(int64_t)));

        for (uint32_t i = 0; i < n; i++) {
            equal[i] = 1000000000;
            random[i] = (int64_t)(draw() % 10000000000);
        }
        print_row("due queue", "in and out, equal waits", n, least_ns(queue_batch, equal, n));
        print_row("due queue", "in and out, random waits", n, least_ns(queue_batch, random, n));
        print_row("indexed heap", "in and out, equal waits", n, least_ns(queue_heap, equal, n));
        print_row("indexed heap", "in and out, random waits", n, least_ns(queue_heap, random, n));
        print_row("indexed heap", "in, and cancelled, random waits", n,
                  least_ns(cancel_heap, random, n));
        free(equal);
        free(random);
    }
}

/* ---- Events -------------------------------------------------------------- */

static char lines[PIECE + EVENT_LINE_MAX];

static uint64_t write_single(const void *what, uint32_t n)
{
    struct occurrence occurrence = {.kind = OCCURRED_DONE, .status = JOB_OK};
    struct event_job job = {.batch = 17, .at_ns = 1000177833};
    char *out = lines;

    (void)what;
    for (uint32_t i = 0; i < n; i++) {
        occurrence.job = i;
        out = event_write_occurrence(out > lines + PIECE ? lines : out, &job, &occurrence);
    }
    return (uint64_t)lines[100];
}

static uint64_t write_block(const void *what, uint32_t n)
{
    const struct event_text *name = what;
    struct event_text nothing = {NULL, 0};
    struct event_done done;
    char *out = lines;

    event_done_begin(&done, 17, JOB_OK, 1000177833);
    for (uint32_t i = 0; i < n; i++)
        out = event_done_write(out > lines + PIECE ? lines : out, &done, i,
                               name != NULL ? *name : nothing, nothing);
    return (uint64_t)lines[100];
}

static void measure_events(void)
{
    static const struct event_text name = {"\"j1234\"", 7};

    print_row("event writer", "a `done' by the block", JOBS, least_ns(write_block, NULL, JOBS));
    print_row("event writer", "a named `done' by the block", JOBS,
              least_ns(write_block, &name, JOBS));
    print_row("event writer", "a `done' by itself", JOBS, least_ns(write_single, NULL, JOBS));
}

int main(int argc, char **argv)
{
    as_json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !as_json)
        errx(2, "usage: micro [--json]");
    if (!as_json)
        printf("| %-12s | %-44s | %8s | %7s |\n| ------------ | "
               "-------------------------------------------- | -------: | ------: |\n",
               "part", "item", "n", "ns each");
    measure_reading();
    measure_queues();
    measure_events();
    return 0;
}
