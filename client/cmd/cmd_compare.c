/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "client/cmd/conversation.h"
#include "client/net/requests.h"
#include "client/net/rewrite.h"
#include "client/base/say.h"
#include "client/base/text.h"

/*
 * The batch is sent once in each mode, over one connection.  The daemon answers
 * requests in their order, which tells whose answer is whose.  A batch with pools is
 * not run in `blocking`, which has none.
 */

static const struct show_modes all_modes = {{"sequential", "blocking", "concurrent"}, 3};
static const struct show_modes modes_with_pools = {{"sequential", "concurrent"}, 2};

struct result {
    uint64_t batch;
    bool is_accepted, is_finished;
    struct event_read totals; /* its strings are not kept */
    char status[16];
    struct bytes json;
};

struct comparison {
    const struct show_modes *modes;
    struct result results[SHOW_MODES_MAX]; /* as in `modes` */
    unsigned answers;
    const char *line; /* being read, with its line feed */
    size_t len;
};

/* ---- What comes ---------------------------------------------------------- */

static void note_line(struct show_run *run, const char *line, size_t len)
{
    struct comparison *comparison = run->own;

    comparison->line = line;
    comparison->len = len;
}

/* The daemon's own line, with the mode put in. */
static void keep_json(struct result *result, const char *mode, const char *line, size_t len)
{
    static const char start[] = "{\"event\":\"finished\"";
    size_t start_len = sizeof start - 1;

    if (len < start_len || memcmp(line, start, start_len) != 0)
        return;
    bytes_add_format(&result->json, "%s,\"mode\":\"%s\"", start, mode);
    bytes_add(&result->json, line + start_len, len - start_len);
}

static void finish(struct comparison *comparison, const struct event_read *event)
{
    for (unsigned i = 0; i < comparison->modes->n; i++) {
        struct result *result = &comparison->results[i];

        if (!result->is_accepted || result->is_finished || result->batch != event->batch)
            continue;
        result->is_finished = true;
        result->totals = *event;
        snprintf(result->status, sizeof result->status, "%.*s", (int)event->status.len,
                 event->status.text != NULL ? event->status.text : "");
        keep_json(result, comparison->modes->names[i], comparison->line, comparison->len);
    }
}

static void take(struct show_run *run, const struct event_read *event)
{
    struct comparison *comparison = run->own;

    if (event->kind == EVENT_FINISHED) {
        finish(comparison, event);
    } else if (comparison->answers < comparison->modes->n) {
        struct result *result = &comparison->results[comparison->answers++];

        result->is_accepted = event->kind == EVENT_ACCEPTED;
        result->batch = event->batch;
    }
}

/* ---- The table ------------------------------------------------------------- */

static void show_row(struct show_run *run, const char *mode, const struct result *result,
                     bool with_status)
{
    const struct event_read *totals = &result->totals;
    char elapsed[TEXT_SECONDS_MAX], path[TEXT_SECONDS_MAX];

    bytes_add_format(run->out, "%-10s  %14s  %8.1f  %14s  ", mode,
                     text_seconds_fine(elapsed, totals->elapsed_ns), totals->speedup,
                     text_seconds_fine(path, totals->critical_path_ns));
    if (totals->critical_path_ns > 0)
        bytes_add_format(run->out, "%14.2f",
                         (double)totals->elapsed_ns / (double)totals->critical_path_ns);
    else
        bytes_add_format(run->out, "%14s", "-");
    if (with_status) {
        struct event_string status = {result->status, strlen(result->status)};

        bytes_add_string(run->out, "  ");
        show_status(run, status, 0);
    }
    bytes_add_char(run->out, '\n');
}

/* Below the table, which has no room for it in 80 columns. */
static void show_not_ok(struct show_run *run, const char *mode, const struct event_read *totals)
{
    if (totals->ok != totals->jobs)
        bytes_add_format(run->out, "%s: %" PRIu64 " of %" PRIu64 " job%s ok\n", mode, totals->ok,
                         totals->jobs, totals->jobs == 1 ? "" : "s");
}

static void show_table(struct show_run *run)
{
    const struct comparison *comparison = run->own;
    bool with_status = false, any = false;

    for (unsigned i = 0; i < comparison->modes->n; i++) {
        const struct result *result = &comparison->results[i];

        any |= result->is_finished;
        with_status |= result->is_finished && result->totals.ok != result->totals.jobs;
    }
    if (any)
        bytes_add_format(run->out, "%-10s  %14s  %8s  %14s  %14s%s\n", "mode", "elapsed",
                         "speed-up", "critical path", "elapsed / path",
                         with_status ? "  status" : "");
    for (unsigned i = 0; i < comparison->modes->n; i++)
        if (comparison->results[i].is_finished)
            show_row(run, comparison->modes->names[i], &comparison->results[i], with_status);
    for (unsigned i = 0; i < comparison->modes->n; i++)
        if (comparison->results[i].is_finished)
            show_not_ok(run, comparison->modes->names[i], &comparison->results[i].totals);
}

static void show_lines(struct show_run *run)
{
    const struct comparison *comparison = run->own;

    for (unsigned i = 0; i < comparison->modes->n; i++)
        bytes_add(run->out, bytes_at(&comparison->results[i].json),
                  bytes_len(&comparison->results[i].json));
}

#define WANTED (SHOW_KIND(EVENT_ACCEPTED) | SHOW_KIND(EVENT_ERROR) | SHOW_KIND(EVENT_FINISHED))

static const struct show table = {
    .name = "human",
    .is_of_one = true,
    .has_progress = true,
    .events = WANTED,
    .line = note_line,
    .event = take,
    .end = show_table,
};

static const struct show lines = {
    .name = "json",
    .is_of_one = true,
    .events = WANTED,
    .line = note_line,
    .event = take,
    .end = show_lines,
};

/* ---- What is sent ------------------------------------------------------------ */

/* Reads all of the file.  0, or -1 when that was told to be impossible. */
static int read_file(char *const *path, struct bytes *text)
{
    struct source *source = source_new_files(path, 1, NULL);
    bool failed;

    if (source == NULL)
        return -1;
    while (!source_is_over(source)) {
        struct pollfd poller = {.fd = source_fd(source), .events = POLLIN};

        if (poller.fd < 0 || poll(&poller, 1, -1) > 0)
            source_read(source, text);
    }
    failed = source_has_failed(source);
    source_free(source);
    return failed ? -1 : 0;
}

/* Appends what is to be sent for the text under these overrides, and tells
 * how many requests there are in it.  Returns how the text ended. */
static enum rewrite_state append_text(const struct bytes *text, const struct overrides *overrides,
                                      struct bytes *out, uint64_t *requests, bool *is_batch)
{
    struct rewrite *rewrite = rewrite_new(overrides, NULL);
    enum rewrite_state state = REWRITE_NOMEM;

    if (rewrite == NULL)
        return state;
    state = rewrite_feed(rewrite, bytes_at(text), bytes_len(text), out);
    if (state == REWRITE_GOING)
        state = rewrite_finish(rewrite, out);
    *requests = rewrite_requests(rewrite);
    *is_batch = rewrite_was_submit(rewrite);
    rewrite_free(rewrite);
    return state;
}

/* The overrides of one of the modes. */
static int choose_overrides(const struct arguments *arguments, const char *mode,
                            struct overrides *overrides)
{
    const char *clock = arguments->real ? "real" : "virtual";
    const char *events = arguments->real ? "done" : "none"; /* for the progress bar */

    return overrides_copy(overrides, &arguments->overrides) == 0 &&
                   overrides_set(overrides, OVERRIDE_MODE, mode) == NULL &&
                   overrides_set(overrides, OVERRIDE_CLOCK, clock) == NULL &&
                   overrides_set(overrides, OVERRIDE_EVENTS, events) == NULL
               ? 0
               : -1;
}

/* Appends the batch in one mode. */
static enum rewrite_state append_mode(const struct arguments *arguments, const struct bytes *text,
                                      const char *mode, struct bytes *out)
{
    enum rewrite_state state = REWRITE_NOMEM;
    struct overrides overrides = {{NULL}};
    uint64_t requests;
    bool is_batch;

    if (choose_overrides(arguments, mode, &overrides) == 0)
        state = append_text(text, &overrides, out, &requests, &is_batch);
    overrides_fini(&overrides);
    return state;
}

/* Whether a batch that is in order has pools of workers. */
static bool has_pools(const struct bytes *batch)
{
    struct requests *requests = requests_new();
    struct pending pending = {.plan = NULL};
    bool has_some;

    if (requests == NULL)
        return false;
    requests_feed(requests, bytes_at(batch), bytes_len(batch), NULL);
    pending_pop(requests_pending(requests), &pending);
    has_some = pending.plan != NULL && plan_n_pools(pending.plan) > 0;
    plan_free(pending.plan);
    requests_free(requests);
    return has_some;
}

/* Makes the requests out of one. */
static enum rewrite_state make_requests(const struct arguments *arguments, const struct bytes *text,
                                        struct bytes *out, const struct show_modes **modes)
{
    const char *path = source_display(arguments->operands[0]);
    enum rewrite_state state = append_mode(arguments, text, "concurrent", out);

    if (state == REWRITE_GOING && has_pools(out)) {
        *modes = &modes_with_pools;
        say("%s: blocking is left out, since the batch has pools, and there a job holds a whole "
            "worker",
            path);
    }
    bytes_consume(out, bytes_len(out));
    for (size_t i = 0; i < (*modes)->n && state == REWRITE_GOING; i++)
        state = append_mode(arguments, text, (*modes)->names[i], out);
    return state;
}

static struct source *make_source(const struct arguments *arguments,
                                  const struct show_modes **modes)
{
    const char *path = source_display(arguments->operands[0]);
    struct bytes text = {0}, out = {0};
    struct source *source = NULL;
    uint64_t requests = 0;
    bool is_batch = false;
    enum rewrite_state state;

    if (read_file(arguments->operands, &text) == 0) {
        state = append_text(&text, NULL, &out, &requests, &is_batch);
        if (state == REWRITE_GOING && requests == 1 && is_batch) {
            bytes_consume(&out, bytes_len(&out));
            state = make_requests(arguments, &text, &out, modes);
        }
        /* What is no JSON is left as it is, for the daemon to say what is wrong with it. */
        if (state == REWRITE_NOMEM)
            say("%s", strerror(ENOMEM));
        else if (state != REWRITE_BROKEN && requests == 1 && !is_batch)
            say("%s: the request in it is no batch to compare", path);
        else if (state != REWRITE_BROKEN && requests != 1)
            say("%s: there are %" PRIu64 " requests in it; compare takes one batch", path,
                requests);
        else if ((source = source_new_text(&out)) == NULL)
            say("%s", strerror(ENOMEM));
        else
            source_set_origin(source, path, &text, &arguments->overrides);
    }
    bytes_fini(&text);
    bytes_fini(&out);
    return source;
}

/* The way of showing them that goes for one that is asked for. */
static const struct show *choose_show(const struct arguments *arguments)
{
    const struct show *show = conversation_show(arguments);

    return show == &show_json ? &lines : show == &show_timeline ? &show_comparison : &table;
}

enum status cmd_compare(const struct arguments *arguments)
{
    const struct show *show = choose_show(arguments);
    struct comparison comparison = {.modes = &all_modes};
    struct source *source = make_source(arguments, &comparison.modes);
    enum status status = STATUS_REFUSED;

    if (source != NULL)
        status = conversation_compare(arguments, source, comparison.modes, show,
                                      show == &show_comparison ? NULL : &comparison);
    for (unsigned i = 0; i < SHOW_MODES_MAX; i++)
        bytes_fini(&comparison.results[i].json);
    source_free(source);
    return status;
}
