/* SPDX-License-Identifier: ISC */
#include "client/timeline/timeline_axis.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/duration.h"

#define MINUTE (60 * DURATION_SECOND_NS)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* What is quiet to look at: so many columns between two texts at least, and a
 * text in so many columns on the average, but not too few nor too many. */
#define BETWEEN_COLUMNS 3
#define QUIET_COLUMNS   10
#define FEW_TICKS       4
#define MANY_TICKS      12

struct unit {
    int64_t ns;
    const char *name;
};

static const struct unit units[] = {
    {1, "ns"},       {1000, "us"}, {1000000, "ms"}, {DURATION_SECOND_NS, "s"},
    {MINUTE, "min"}, {HOUR, "h"},  {DAY, "d"},
};
#define N_UNITS (sizeof units / sizeof units[0])

/* Round steps between a minute and a month; below are 1, 2 and 5 with noughts. */
static const int64_t long_steps[] = {
    MINUTE,  2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
    HOUR,    2 * HOUR,   3 * HOUR,   6 * HOUR,    12 * HOUR,   DAY,
    2 * DAY, 5 * DAY,    10 * DAY,   20 * DAY,    50 * DAY,    100 * DAY,
};

/* The least round step of at least so much. */
static int64_t round_step(int64_t least_ns)
{
    static const int factors[] = {1, 2, 5};
    int64_t step_ns;

    for (int64_t unit = 1; unit <= 10 * DURATION_SECOND_NS; unit *= 10)
        for (size_t i = 0; i < 3; i++)
            if (unit * factors[i] >= least_ns && unit * factors[i] <= 20 * DURATION_SECOND_NS)
                return unit * factors[i];
    if (least_ns <= 30 * DURATION_SECOND_NS)
        return 30 * DURATION_SECOND_NS;
    for (size_t i = 0; i < sizeof long_steps / sizeof long_steps[0]; i++)
        if (long_steps[i] >= least_ns)
            return long_steps[i];
    for (step_ns = 200 * DAY; step_ns < least_ns && step_ns <= INT64_MAX / 2;)
        step_ns *= 2;
    return step_ns;
}

/* The largest that is not above the step; up to seconds not above the span, so
 * that 0.5 s is beside 1 s. */
static const struct unit *choose_unit(int64_t step_ns, int64_t span_ns)
{
    const struct unit *chosen = &units[0];

    for (size_t i = 0; i < N_UNITS; i++)
        if (units[i].ns <= (units[i].ns <= DURATION_SECOND_NS ? span_ns : step_ns))
            chosen = &units[i];
    return chosen;
}

static void write_text(char out[TIMELINE_TICK_TEXT], int64_t at_ns, int64_t step_ns,
                       const struct unit *unit)
{
    int64_t scale = unit->ns;
    size_t len;

    len = (size_t)snprintf(out, TIMELINE_TICK_TEXT, "%" PRId64, at_ns / unit->ns);
    /* Longer units than seconds are stepped by in whole ones. */
    if (at_ns > 0 && unit->ns <= DURATION_SECOND_NS && step_ns % scale != 0)
        out[len++] = '.';
    while (at_ns > 0 && unit->ns <= DURATION_SECOND_NS && step_ns % scale != 0 &&
           len + 5 < TIMELINE_TICK_TEXT) {
        scale /= 10;
        out[len++] = (char)('0' + at_ns / scale % 10);
    }
    snprintf(out + len, TIMELINE_TICK_TEXT - len, " %s", unit->name);
}

/* The step between ticks: the least round one whose texts have room. */
static int64_t choose_step(unsigned columns, int64_t span_ns, const struct unit **unit)
{
    double column_ns = (double)span_ns / columns;
    unsigned ticks = columns / QUIET_COLUMNS;
    int64_t step_ns;
    char last[TIMELINE_TICK_TEXT];

    ticks = ticks < FEW_TICKS ? FEW_TICKS : ticks > MANY_TICKS ? MANY_TICKS : ticks;
    step_ns = round_step(span_ns / ticks);
    for (;;) {
        *unit = choose_unit(step_ns, span_ns);
        write_text(last, span_ns / step_ns * step_ns, step_ns, *unit);
        if ((double)step_ns >= (double)(strlen(last) + BETWEEN_COLUMNS) * column_ns ||
            step_ns >= span_ns)
            return step_ns;
        step_ns = round_step(step_ns + 1);
    }
}

void timeline_axis_make(struct timeline_axis *axis, unsigned columns, int64_t span_ns)
{
    const struct unit *unit;
    int64_t step_ns;

    if (span_ns < 1)
        span_ns = 1;
    step_ns = choose_step(columns, span_ns, &unit);
    axis->n = 0;
    for (int64_t at_ns = 0; axis->n < TIMELINE_TICKS_MAX && at_ns <= span_ns; at_ns += step_ns) {
        struct timeline_tick *tick = &axis->ticks[axis->n];
        double column = (double)at_ns * columns / (double)span_ns;

        if (column >= columns)
            return;
        tick->at_ns = at_ns;
        tick->column = (unsigned)column;
        write_text(tick->text, at_ns, step_ns, unit);
        axis->n++;
        if (at_ns > INT64_MAX - step_ns)
            return;
    }
}
