/* SPDX-License-Identifier: ISC */
#include "client/net/simulator_forecast.h"

#include <stdlib.h>
#include <string.h>

#include "proto/event.h"

/* Bytes of lines that are to be taken before there are more. */
#define LINES_ENOUGH 65536

static struct event_text id_of(const struct simulator_forecast *one)
{
    return (struct event_text){one->id, one->id_len};
}

static void end_line(struct simulator_forecast *one, const char *line, const char *end)
{
    bytes_commit(one->lines, (size_t)(end - line));
    ++*one->events;
}

void simulator_forecast_fini(struct simulator_forecast *one)
{
    forecast_free(one->forecast);
    plan_free(one->plan);
    free(one->id);
    *one = (struct simulator_forecast){.plan = NULL};
}

void simulator_forecast_begin(struct simulator_forecast *one, const struct request *request,
                              struct bytes *lines, uint64_t *events)
{
    size_t id_len = request->id != NULL ? request->id_len : 0;

    *one = (struct simulator_forecast){.plan = request->plan,
                                       .forecast = forecast_new(request->plan, request->runs),
                                       .id = id_len > 0 ? malloc(id_len) : NULL,
                                       .id_len = id_len,
                                       .lines = lines,
                                       .events = events};
    if (one->forecast == NULL || (id_len > 0 && one->id == NULL)) {
        lines->failed = true;
        simulator_forecast_fini(one);
        return;
    }
    if (id_len > 0)
        memcpy(one->id, request->id, id_len);
    forecast_extend(one->forecast, 0, request->runs);
}

static void write_run(struct simulator_forecast *one, const struct forecast_run *run)
{
    char *line;

    if (plan_options_of(one->plan)->events != PLAN_EVENTS_ALL)
        return;
    line = bytes_reserve(one->lines, EVENT_LINE_MAX + one->id_len);
    if (line != NULL)
        end_line(one, line, event_write_run(line, id_of(one), run));
}

static void write_figures(struct simulator_forecast *one, const struct forecast_figures *figures)
{
    const struct plan_options *options = plan_options_of(one->plan);
    const int64_t *seed = options->random_seed ? &options->seed : NULL;
    char *line = bytes_reserve(one->lines, event_forecast_size(figures, one->plan) + one->id_len);

    if (line != NULL)
        end_line(one, line, event_write_forecast(line, id_of(one), seed, figures, one->plan));
}

/* Goes on until a run is over or the budget is spent.  Whether it is to be gone on with. */
static bool go_on(struct simulator_forecast *one, size_t budget, size_t *spent)
{
    struct forecast_figures figures;
    struct forecast_run run;

    switch (forecast_work(one->forecast, budget, spent, &run)) {
    case FORECAST_MORE:
        break;
    case FORECAST_RUN:
        write_run(one, &run);
        break;
    case FORECAST_READY:
        if (!forecast_conclude(one->forecast, budget, spent, &figures))
            break;
        write_figures(one, &figures);
        simulator_forecast_fini(one);
        return false;
    case FORECAST_NOMEM:
        one->lines->failed = true;
        break;
    }
    return !one->lines->failed && bytes_len(one->lines) < LINES_ENOUGH;
}

size_t simulator_forecast_work(struct simulator_forecast *one, size_t budget)
{
    size_t spent = 0;

    while (spent < budget && go_on(one, budget - spent, &spent))
        continue;
    return spent + 1;
}

void simulator_forecast_cancel(struct simulator_forecast *one)
{
    struct fault fault = {0};
    char *line;

    if (one->plan == NULL)
        return;
    (void)fault_set(&fault, FAULT_CANCELLED, 0, "the forecast was cancelled by request");
    line = bytes_reserve(one->lines, EVENT_LINE_MAX + one->id_len);
    if (line != NULL)
        end_line(one, line, event_write_error(line, &fault, id_of(one)));
    simulator_forecast_fini(one);
}
