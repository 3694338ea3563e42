/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/cmd/batch_file.h"
#include "client/cmd/conversation.h"
#include "client/net/requests.h"
#include "client/net/simulator.h"
#include "client/base/say.h"
#include "client/base/text.h"

/*
 * The batch is sent once in each mode, over one connection.  The daemon answers
 * requests in their order, which assigns the answers to them.  A batch with pools is
 * not run in `blocking`, which has none.  A random seed is drawn here, once: with one for
 * each mode it would not be the same batch.
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

/* ---- Events -------------------------------------------------------------- */

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

/* From so many columns on the critical path is shown, and what elapsed in proportion to it. */
#define PATH_COLUMNS  52
#define SHARE_COLUMNS 68

static bool has_room(const struct show_run *run, unsigned columns)
{
    return run->columns == 0 || run->columns >= columns;
}

/* What elapsed in proportion to the critical path. */
static void show_share(struct show_run *run, const struct event_read *totals)
{
    if (totals->critical_path_ns > 0)
        bytes_add_format(run->out, "  %14.2f",
                         (double)totals->elapsed_ns / (double)totals->critical_path_ns);
    else
        bytes_add_format(run->out, "  %14s", "-");
}

static void show_row(struct show_run *run, const char *mode, const struct result *result,
                     bool with_status)
{
    const struct event_read *totals = &result->totals;
    char elapsed[TEXT_SECONDS_MAX], path[TEXT_SECONDS_MAX];

    bytes_add_format(run->out, "%-10s  %14s  %8.1f", mode,
                     text_seconds_fine(elapsed, totals->elapsed_ns), totals->speedup);
    if (has_room(run, PATH_COLUMNS))
        bytes_add_format(run->out, "  %14s", text_seconds_fine(path, totals->critical_path_ns));
    if (has_room(run, SHARE_COLUMNS))
        show_share(run, totals);
    if (with_status) {
        struct event_text status = {result->status, strlen(result->status)};

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

static void show_heading(struct show_run *run, bool with_status)
{
    bytes_add_format(run->out, "%-10s  %14s  %8s", "mode", "elapsed", "speed-up");
    if (has_room(run, PATH_COLUMNS))
        bytes_add_format(run->out, "  %14s", "critical path");
    if (has_room(run, SHARE_COLUMNS))
        bytes_add_format(run->out, "  %14s", "elapsed / path");
    bytes_add_string(run->out, with_status ? "  status\n" : "\n");
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
        show_heading(run, with_status);
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

/* What is to be sent. */
struct batch_requests {
    const struct arguments *arguments;
    const struct batch_file *file;
    char seed[24]; /* for all modes, where the batch wants a random one; else empty */
};

/* The overrides of one of the modes. */
static int choose_overrides(const struct arguments *arguments, const char *mode, const char *seed,
                            struct overrides *overrides)
{
    const char *clock = arguments->real ? "real" : "virtual";
    const char *events = arguments->real ? "done" : "none"; /* for the progress bar */

    return overrides_copy(overrides, &arguments->overrides) == 0 &&
                   overrides_set(overrides, OVERRIDE_MODE, mode) == NULL &&
                   overrides_set(overrides, OVERRIDE_CLOCK, clock) == NULL &&
                   overrides_set(overrides, OVERRIDE_EVENTS, events) == NULL &&
                   (*seed == '\0' || overrides_set(overrides, OVERRIDE_SEED, seed) == NULL)
               ? 0
               : -1;
}

/* Appends the batch in one mode.  0, or -1 when out of memory. */
static int append_mode(const struct batch_requests *in, const char *mode, struct bytes *out)
{
    struct overrides overrides = {{NULL}};
    int result = choose_overrides(in->arguments, mode, in->seed, &overrides);

    if (result == 0)
        result = batch_file_append(in->file, &overrides, out);
    overrides_fini(&overrides);
    return result;
}

/* Chooses the modes of a batch that is in order, and the seed of all of them. */
static void look_at_batch(struct batch_requests *in, const struct bytes *batch,
                          const struct show_modes **modes)
{
    const char *path = source_display(*in->file->path);
    struct fault ignored;
    struct plan *plan = requests_plan(bytes_at(batch), bytes_len(batch), &ignored);

    if (plan != NULL && plan_n_pools(plan) > 0) {
        *modes = &modes_with_pools;
        say("%s: blocking is left out, since the batch has pools, and there a job holds a whole "
            "worker",
            path);
    }
    if (plan != NULL && plan_options_of(plan)->random_seed) {
        snprintf(in->seed, sizeof in->seed, "%" PRId64, simulator_draw_seed());
        say("%s: the seed %s was drawn for all modes", path, in->seed);
    }
    plan_free(plan);
}

/* Makes the requests out of one.  0, or -1 when out of memory. */
static int make_requests(const struct arguments *arguments, const struct batch_file *file,
                         struct bytes *out, const struct show_modes **modes)
{
    struct batch_requests in = {.arguments = arguments, .file = file};
    int result = append_mode(&in, "concurrent", out);

    if (file->is_broken) /* once will do */
        return result;
    if (result == 0)
        look_at_batch(&in, out, modes);
    bytes_consume(out, bytes_len(out));
    for (size_t i = 0; i < (*modes)->n && result == 0; i++)
        result = append_mode(&in, (*modes)->names[i], out);
    return result;
}

/* Says so where the batch in the file is not. */
static bool is_to_be_run(const struct batch_file *file)
{
    if (file->is_forecast)
        say("%s: the request in it is a forecast, which waitctl forecast and submit take",
            source_display(*file->path));
    return !file->is_forecast;
}

static struct source *make_source(const struct arguments *arguments,
                                  const struct show_modes **modes)
{
    struct source *source = NULL;
    struct batch_file file;
    struct bytes out = {0};

    if (batch_file_read(&file, arguments->operands) == 0 && is_to_be_run(&file)) {
        if (make_requests(arguments, &file, &out, modes) == 0)
            source = source_new_text(&out);
        if (source == NULL)
            say("%s", strerror(ENOMEM));
        else
            source_set_origin(source, source_display(*file.path), &file.text,
                              &arguments->overrides);
    }
    batch_file_fini(&file);
    bytes_fini(&out);
    return source;
}

/* The way of showing them that stands in for the one that is asked for. */
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
