/* SPDX-License-Identifier: ISC */
#include "daemon/session/forecasts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/forecast.h"
#include "proto/due.h"
#include "proto/event.h"
#include "proto/lexer.h"

/* How long to wait before trying again when out of memory. */
#define RETRY_NS INT64_C(10000000)

struct forecasting {
    struct forecasting *next;
    struct account *account;
    uint64_t bytes; /* taken from the account */
    struct plan *plan;
    struct forecast *forecast;
    bool reports_runs;
    bool unreported; /* a run is over, and there was no memory to report it */
    bool ready;      /* all are */
    struct forecast_run run;
    struct forecast_figures figures;
    struct request_id *id; /* held; NULL for none */
};

/* Ids are a client's own strings or integers, as they were written. */
static bool is_id(const struct forecasting *one, const struct request_id *id)
{
    if (one->id == NULL)
        return false;
    if (one->id->text[0] != '"' || id->text[0] != '"')
        return id->len == one->id->len && memcmp(id->text, one->id->text, id->len) == 0;
    return lexer_same_string(id->text, id->len, one->id->text, one->id->len);
}

static void free_one(struct forecasting *one, struct outbox *outbox)
{
    request_id_release(one->id, &outbox->unused_ids);
    ledger_release_jobs(one->account, plan_n_jobs(one->plan));
    ledger_release_text(one->account, one->bytes);
    forecast_free(one->forecast);
    plan_free(one->plan);
    free(one);
}

static void append(struct forecasts *forecasts, struct forecasting *one)
{
    one->next = NULL;
    if (forecasts->last != NULL)
        forecasts->last->next = one;
    else
        forecasts->first = one;
    forecasts->last = one;
}

static struct forecasting *pop_first(struct forecasts *forecasts)
{
    struct forecasting *one = forecasts->first;

    assert(one != NULL);
    forecasts->first = one->next;
    if (forecasts->first == NULL)
        forecasts->last = NULL;
    return one;
}

int forecasts_add_take(struct forecasts *forecasts, struct account *account,
                       struct request *request, uint64_t bytes)
{
    struct forecasting *one = calloc(1, sizeof(*one));

    if (one == NULL)
        return -1;
    one->forecast = forecast_new(request->plan, request->runs);
    if (one->forecast == NULL) {
        free(one);
        return -1;
    }
    forecast_extend(one->forecast, 0, request->runs);
    one->account = account;
    one->bytes = bytes;
    one->plan = request->plan;
    request->plan = NULL;
    one->reports_runs = plan_options_of(one->plan)->events == PLAN_EVENTS_ALL;
    one->id = request_id_hold(request->id);
    append(forecasts, one);
    forecasts->n++;
    return 0;
}

/* ---- Work --------------------------------------------------------------------------- */

/* False when out of memory. */
static bool report_run(struct forecasting *one, struct outbox *outbox)
{
    char *line = outbox_line_room(outbox, EVENT_LINE_MAX, one->id);

    one->unreported = line == NULL;
    if (line == NULL)
        return false;
    outbox_line_commit(outbox, event_write_run(line, outbox_id(one->id), &one->run));
    return true;
}

static bool report_figures(const struct forecasting *one, struct outbox *outbox)
{
    const struct plan_options *options = plan_options_of(one->plan);
    const int64_t *seed = options->random_seed ? &options->seed : NULL;
    size_t size = event_forecast_size(&one->figures, one->plan);
    char *line = outbox_line_room(outbox, size, one->id);

    if (line == NULL)
        return false;
    outbox_line_commit(
        outbox, event_write_forecast(line, outbox_id(one->id), seed, &one->figures, one->plan));
    return true;
}

/* Continues its runs, until all are over or the budget is spent.  False when out of
 * memory. */
static bool work_runs(struct forecasting *one, struct outbox *outbox, size_t budget, size_t *worked)
{
    if (one->unreported && !report_run(one, outbox))
        return false;
    while (!one->ready && *worked < budget) {
        switch (forecast_work(one->forecast, budget - *worked, worked, &one->run)) {
        case FORECAST_MORE:
            break;
        case FORECAST_RUN:
            if (one->reports_runs && !report_run(one, outbox))
                return false;
            break;
        case FORECAST_READY:
            one->ready = true;
            break;
        case FORECAST_NOMEM:
            return false;
        }
    }
    return true;
}

size_t forecasts_work(struct forecasts *forecasts, struct outbox *outbox, int64_t now_ns,
                      size_t budget)
{
    struct forecasting *one = pop_first(forecasts);
    size_t worked = 0;
    bool fed = work_runs(one, outbox, budget, &worked), is_reported = false;

    if (fed && one->ready && worked < budget &&
        forecast_conclude(one->forecast, budget - worked, &worked, &one->figures))
        fed = is_reported = report_figures(one, outbox);
    if (is_reported) {
        forecasts->n--;
        free_one(one, outbox);
    } else {
        append(forecasts, one);
    }
    forecasts->retry_ns = fed ? 0 : now_ns + RETRY_NS;
    return worked > 0 ? worked : 1;
}

int64_t forecasts_next_due(const struct forecasts *forecasts)
{
    return forecasts->n > 0 ? forecasts->retry_ns : DUE_NEVER;
}

/* ---- Ends ------------------------------------------------------------------------------ */

static void report_end(const struct forecasting *one, struct outbox *outbox, enum fault_code code,
                       const char *message)
{
    char *line = outbox_line_room(outbox, EVENT_LINE_MAX, one->id);
    struct fault fault = {0};

    if (line == NULL)
        return;
    (void)fault_set(&fault, code, 0, "%s", message);
    outbox_line_commit(outbox, event_write_error(line, &fault, outbox_id(one->id)));
}

uint32_t forecasts_end(struct forecasts *forecasts, struct outbox *outbox,
                       const struct request_id *id, enum fault_code code, const char *message)
{
    uint32_t n = forecasts->n, ended = 0;

    for (uint32_t i = 0; i < n; i++) {
        struct forecasting *one = pop_first(forecasts);
        bool ends = id == NULL || is_id(one, id);

        if (!ends) {
            append(forecasts, one);
            continue;
        }
        report_end(one, outbox, code, message);
        free_one(one, outbox);
        forecasts->n--;
        ended++;
    }
    return ended;
}

bool forecasts_discard(struct forecasts *forecasts, struct outbox *outbox, size_t most)
{
    for (; forecasts->n > 0 && most > 0; most--) {
        free_one(pop_first(forecasts), outbox);
        forecasts->n--;
    }
    return forecasts->n == 0;
}
