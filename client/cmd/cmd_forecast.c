/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/moment.h"
#include "client/base/say.h"
#include "client/base/text.h"
#include "client/cmd/batch_file.h"
#include "client/cmd/conversation.h"
#include "client/cmd/forecast_table.h"
#include "client/cmd/forecast_trials.h"
#include "client/net/interrupt.h"
#include "client/net/refusal.h"
#include "client/net/requests.h"
#include "client/net/simulator.h"
#include "client/terminal/terminal.h"
#include "proto/event.h"

/*
 * The batch is run many times on the virtual clock, in this process, and the results
 * are shown: of the batch as it is, or of one for each value of what varies.  The
 * file's request is made the forecast that a daemon would be asked for, and is read by
 * the same reader, so the same is refused and the limits are those of a daemon.
 */

/* Runs where neither the command line nor the file says how many. */
#define RUNS "1000"

struct study {
    const struct arguments *arguments;
    const struct vary *vary;
    struct batch_file file;
    struct overrides overrides;       /* what the file's request becomes */
    struct plan *plan;                /* of the batch as it is */
    uint32_t n_runs;                  /* of each forecast */
    size_t n;                         /* forecasts: 1, or one for each value */
    struct forecast_figures *figures; /* of each */
    struct forecast_run *runs;        /* of the one in progress */
    struct forecast_table table;
    const int64_t *seed; /* where it was drawn, for all of them; else NULL */
    int64_t drawn_seed;
    struct progress progress;
    int64_t started_ns;
    int signals;
    bool is_json;
};

/* ---- Plans ------------------------------------------------------------------------ */

/* Says why the batch is refused, as if a daemon had done so. */
static void say_refused(struct study *study, struct bytes *sent, const struct fault *fault)
{
    const char *code = fault_code_name(fault->code);
    struct event_read error = {
        .kind = EVENT_ERROR,
        .code = {code, strlen(code)},
        .message = {fault->message, strlen(fault->message)},
        .path = {fault->path, strlen(fault->path)},
    };
    struct source *source = source_new_text(sent);

    if (source == NULL) {
        say("%s", strerror(ENOMEM));
        return;
    }
    source_set_origin(source, source_display(*study->file.path), &study->file.text,
                      &study->overrides);
    refusal_say(source, 0, &error, true);
    source_free(source);
}

/* The plan of the batch with these overrides; NULL when an error was reported. */
static struct plan *read_plan(struct study *study, const struct overrides *overrides)
{
    struct fault fault = {.code = FAULT_NONE};
    struct plan *plan = NULL;
    struct bytes text = {0};

    if (batch_file_append(&study->file, overrides, &text) == 0)
        plan = requests_forecast(bytes_at(&text), bytes_len(&text), &study->n_runs, &fault);
    if (plan == NULL && fault.code != FAULT_NONE)
        say_refused(study, &text, &fault);
    else if (plan == NULL)
        say("%s", strerror(ENOMEM));
    bytes_fini(&text);
    if (plan != NULL && plan_options_of(plan)->random_seed) {
        plan_options(plan)->seed = study->drawn_seed;
        study->seed = &study->drawn_seed;
    }
    return plan;
}

/* Makes the file's request a forecast, with all that the flags put in and without what is
 * ignored in a file.  0, or -1 when out of memory. */
static int make_forecast(struct study *study)
{
    static const enum override ignored[] = {OVERRIDE_CLOCK, OVERRIDE_REPORT, OVERRIDE_ID};
    const struct arguments *arguments = study->arguments;
    char runs[24] = RUNS;

    if (overrides_copy(&study->overrides, &arguments->overrides) < 0 ||
        overrides_set(&study->overrides, OVERRIDE_OP, "forecast") != NULL)
        return -1;
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        if (overrides_leave_out(&study->overrides, ignored[i]) < 0)
            return -1;
    if (arguments->runs > 0)
        snprintf(runs, sizeof runs, "%" PRIu64, arguments->runs);
    else if (study->file.has_runs)
        return 0;
    return overrides_set(&study->overrides, OVERRIDE_RUNS, runs) == NULL ? 0 : -1;
}

/* The plan for value i of what varies. */
static struct plan *vary_plan(struct study *study, size_t i)
{
    struct overrides overrides = {{NULL}};
    struct plan *plan = NULL;
    const char *problem = "out of memory";

    if (overrides_copy(&overrides, &study->overrides) == 0)
        problem = vary_override(study->vary, i, study->plan, &overrides);
    if (problem != NULL)
        say("--vary %.*s: %s", (int)study->vary->name_len, study->vary->name, problem);
    else
        plan = read_plan(study, &overrides);
    overrides_fini(&overrides);
    return plan;
}

/* ---- What is printed ----------------------------------------------------------------- */

/* The line, which ends in a brace and a line feed, with the value that was tried. */
static void append_varied(const struct study *study, size_t i, struct bytes *out)
{
    if (study->vary->member == VARY_NOTHING)
        return;
    out->end -= 2;
    bytes_add_string(out, ",\"vary\":{");
    text_append_json(out, study->vary->name, study->vary->name_len);
    bytes_add_format(out, ":%u}}\n", study->vary->values[i]);
}

static void append_events(const struct study *study, const struct plan *plan, size_t i,
                          struct bytes *out)
{
    const struct event_text none = {NULL, 0};
    const struct forecast_figures *figures = &study->figures[i];
    bool wants_runs = plan_options_of(plan)->events == PLAN_EVENTS_ALL;
    char *line;

    for (uint32_t run = 0; wants_runs && run < figures->runs; run++) {
        line = bytes_reserve(out, EVENT_LINE_MAX);
        if (line == NULL)
            return;
        bytes_commit(out, (size_t)(event_write_run(line, none, &study->runs[run]) - line));
        append_varied(study, i, out);
    }
    line = bytes_reserve(out, event_forecast_size(figures, plan));
    if (line == NULL)
        return;
    bytes_commit(out,
                 (size_t)(event_write_forecast(line, none, study->seed, figures, plan) - line));
    append_varied(study, i, out);
}

static void append_forecast(const struct study *study, const struct plan *plan, size_t i,
                            struct bytes *out)
{
    if (study->is_json) {
        append_events(study, plan, i, out);
    } else if (study->vary->member == VARY_NOTHING) {
        forecast_table_append(&study->table, plan, &study->figures[i], study->runs, out);
    } else {
        if (i == 0)
            forecast_table_begin_rows(&study->table, study->vary, study->figures, out);
        forecast_table_append_row(&study->table, study->vary, i, study->figures, out);
        if (i + 1 == study->n)
            forecast_table_end_rows(study->vary, study->figures, out);
    }
}

static enum status print(struct study *study, const struct plan *plan, size_t i)
{
    struct bytes out = {0};

    append_forecast(study, plan, i, &out);
    progress_clear(&study->progress);
    if (out.failed)
        say("%s", strerror(ENOMEM));
    else
        fwrite(bytes_at(&out), bytes_len(&out), 1, stdout);
    bytes_fini(&out);
    return !out.failed && say_output() ? STATUS_OK : STATUS_NOT_OK;
}

/* ---- Forecasts ---------------------------------------------------------------------- */

static enum status forecast(struct study *study, const struct plan *plan, size_t i)
{
    uint64_t runs = study->n_runs;
    const struct forecast_trials trials = {
        .plan = plan,
        .runs = (uint32_t)runs,
        .signals = study->signals,
        .progress = &study->progress,
        .started_ns = study->started_ns,
        .runs_before = i * runs,
        .runs_in_all = study->n * runs,
        .results = study->runs,
    };

    switch (forecast_trials_run(&trials, &study->figures[i])) {
    case FORECAST_TRIALS_DONE:
        return print(study, plan, i);
    case FORECAST_TRIALS_STOPPED:
        return STATUS_INTERRUPTED;
    case FORECAST_TRIALS_FAILED:
        say("%s", strerror(errno));
        break;
    }
    return STATUS_NOT_OK;
}

static enum status forecast_all(struct study *study)
{
    enum status status = STATUS_OK;

    if (study->vary->member == VARY_NOTHING)
        return forecast(study, study->plan, 0);
    for (size_t i = 0; i < study->n && status == STATUS_OK; i++) {
        struct plan *plan = vary_plan(study, i);

        status = plan != NULL ? forecast(study, plan, i) : STATUS_REFUSED;
        plan_free(plan);
    }
    return status;
}

static enum status run(struct study *study)
{
    struct terminal terminal;
    enum status status = STATUS_NOT_OK;

    terminal_open(&terminal, STDOUT_FILENO);
    study->table = (struct forecast_table){.title = source_display(*study->file.path),
                                           .columns = terminal.columns,
                                           .is_utf8 = terminal.is_utf8};
    study->signals = interrupt_open();
    study->figures = calloc(study->n, sizeof study->figures[0]);
    study->runs = calloc(study->n_runs, sizeof study->runs[0]);
    study->started_ns = moment_now();
    progress_init(&study->progress, true, moment_after(PROGRESS_INTERVAL_NS));
    if (study->signals < 0 || study->figures == NULL || study->runs == NULL)
        say("%s", strerror(errno));
    else
        status = forecast_all(study);
    progress_clear(&study->progress);
    free(study->figures);
    free(study->runs);
    if (study->signals >= 0)
        close(study->signals);
    return status;
}

enum status cmd_forecast(const struct arguments *arguments)
{
    struct study study = {.arguments = arguments,
                          .vary = &arguments->vary,
                          .n = arguments->vary.n > 0 ? arguments->vary.n : 1,
                          .drawn_seed = simulator_draw_seed(),
                          .is_json = conversation_show(arguments) == &show_json};
    enum status status = STATUS_REFUSED;

    if (batch_file_read(&study.file, arguments->operands) == 0) {
        if (make_forecast(&study) == 0)
            study.plan = read_plan(&study, &study.overrides);
        else
            say("%s", strerror(ENOMEM));
    }
    if (study.plan != NULL)
        status = run(&study);
    plan_free(study.plan);
    overrides_fini(&study.overrides);
    batch_file_fini(&study.file);
    return status;
}
