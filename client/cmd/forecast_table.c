/* SPDX-License-Identifier: ISC */
#include "client/cmd/forecast_table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/base/text.h"

#define NAME_MAX_BYTES 200

/* The histogram: so many bars at most, and as long as there is room for. */
#define BARS      15
#define BAR_LEAST 1
#define BAR_MOST  60

static const char *time_text(char out[TEXT_SECONDS_MAX], int64_t ns)
{
    return text_time(out, ns);
}

/* ---- The figures --------------------------------------------------------------- */

static void append_ends(const struct forecast_figures *figures, struct bytes *out)
{
    const struct {
        uint32_t n;
        const char *name;
    } ends[] = {
        {figures->ok, "ok"}, {figures->failed, "failed"}, {figures->timed_out, "timed_out"}};
    const char *separator = ":";

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (ends[i].n == 0)
            continue;
        bytes_add_format(out, "%s %" PRIu32 " %s", separator, ends[i].n, ends[i].name);
        separator = ",";
    }
}

static void append_title(const struct forecast_table *table, const struct forecast_figures *figures,
                         struct bytes *out)
{
    text_append_safe(out, table->title, strlen(table->title), NAME_MAX_BYTES);
    bytes_add_format(out, ": %" PRIu32 " run%s of %" PRIu32 " job%s", figures->runs,
                     figures->runs == 1 ? "" : "s", figures->jobs, figures->jobs == 1 ? "" : "s");
}

/* The columns of the table: that of the names, and those of each time with the blanks in front. */
#define NAME_COLUMNS 10
#define TIME_COLUMNS 18

/* How many of the times there is room for. */
static unsigned count_times(const struct forecast_table *table)
{
    unsigned n = table->columns > NAME_COLUMNS ? (table->columns - NAME_COLUMNS) / TIME_COLUMNS : 0;

    return n < 1 ? 1 : n < FORECAST_TIMES ? n : FORECAST_TIMES;
}

static void append_times(const struct forecast_table *table, const struct forecast_figures *figures,
                         struct bytes *out)
{
    static const char *const names[FORECAST_TIMES] = {
        [FORECAST_ELAPSED] = "elapsed",
        [FORECAST_CRITICAL_PATH] = "critical path",
        [FORECAST_SEQUENTIAL] = "one by one",
    };
    unsigned n = count_times(table);
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
        {"min", offsetof(struct forecast_times, min_ns)},
        {"p05", offsetof(struct forecast_times, p05_ns)},
        {"p25", offsetof(struct forecast_times, p25_ns)},
        {"p50", offsetof(struct forecast_times, p50_ns)},
        {"p75", offsetof(struct forecast_times, p75_ns)},
        {"p90", offsetof(struct forecast_times, p90_ns)},
        {"p95", offsetof(struct forecast_times, p95_ns)},
        {"p99", offsetof(struct forecast_times, p99_ns)},
        {"max", offsetof(struct forecast_times, max_ns)},
        {"mean", offsetof(struct forecast_times, mean_ns)},
        {"std. dev.", offsetof(struct forecast_times, stddev_ns)},
    };

    bytes_add_format(out, "%*s", NAME_COLUMNS, "");
    for (unsigned time = 0; time < n; time++)
        bytes_add_format(out, "%*s", TIME_COLUMNS, names[time]);
    bytes_add_char(out, '\n');
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bytes_add_format(out, "%-*s", NAME_COLUMNS, rows[i].name);
        for (unsigned time = 0; time < n; time++) {
            char text[TEXT_SECONDS_MAX];
            int64_t ns;

            memcpy(&ns, (const char *)&figures->times[time] + rows[i].offset, sizeof ns);
            bytes_add_format(out, "%*s", TIME_COLUMNS, time_text(text, ns));
        }
        bytes_add_char(out, '\n');
    }
}

/* ---- The histogram -------------------------------------------------------------- */

struct histogram {
    int64_t min_ns, width_ns; /* of a bar */
    unsigned n;
    uint32_t counts[BARS];
    uint32_t most;
};

static struct histogram count(const struct forecast_figures *figures,
                              const struct forecast_run *runs)
{
    const struct forecast_times *elapsed = &figures->times[FORECAST_ELAPSED];
    struct histogram histogram = {.min_ns = elapsed->min_ns,
                                  .width_ns = (elapsed->max_ns - elapsed->min_ns) / BARS + 1};

    histogram.n = (unsigned)((elapsed->max_ns - elapsed->min_ns) / histogram.width_ns) + 1;
    for (uint32_t i = 0; i < figures->runs; i++) {
        uint32_t *n =
            &histogram.counts[(runs[i].elapsed_ns - histogram.min_ns) / histogram.width_ns];

        if (++*n > histogram.most)
            histogram.most = *n;
    }
    return histogram;
}

/* A bar of so many eighths of a column. */
static void append_bar(uint64_t eighths, bool is_utf8, struct bytes *out)
{
    for (; eighths >= 8; eighths -= 8)
        bytes_add_string(out, is_utf8 ? "\xe2\x96\x88" : "#");
    if (eighths > 0 && is_utf8)
        bytes_add_format(out, "\xe2\x96%c", (char)(0x90 - eighths));
    else if (eighths >= 4)
        bytes_add_char(out, '#');
}

static void append_histogram(const struct forecast_table *table,
                             const struct forecast_figures *figures,
                             const struct forecast_run *runs, struct bytes *out)
{
    const unsigned others = 32; /* columns of the times and counts */
    struct histogram histogram = count(figures, runs);
    unsigned room = table->columns > others + BAR_LEAST ? table->columns - others : BAR_LEAST;
    char from[TEXT_SECONDS_MAX];

    if (room > BAR_MOST)
        room = BAR_MOST;
    bytes_add_string(out, "\nelapsed, from\n");
    for (unsigned i = 0; i < histogram.n; i++) {
        uint32_t n = histogram.counts[i];

        bytes_add_format(out, "%16s  %8" PRIu32 "  ",
                         time_text(from, histogram.min_ns + (int64_t)i * histogram.width_ns), n);
        assert(histogram.most > 0); /* there is a run */
        append_bar((uint64_t)n * room * 8 / histogram.most, table->is_utf8, out);
        bytes_add_char(out, '\n');
    }
}

/* ---- What was critical ------------------------------------------------------------ */

/* A JSON string token, less its quotes: as it was written, shown safely. */
static void append_name(const struct plan *plan, plan_text_ref name, struct bytes *out)
{
    size_t len;
    const char *token;

    if (name == 0) {
        bytes_add_string(out, "(without a name)");
        return;
    }
    token = plan_text(plan, name, &len);
    text_append_safe(out, token + 1, len - 2, NAME_MAX_BYTES);
}

static void append_critical(const struct plan *plan, const struct forecast_figures *figures,
                            struct bytes *out)
{
    if (figures->n_critical == 0)
        return;
    bytes_add_string(out, "\non the longest chain, of all runs\n");
    for (uint32_t i = 0; i < figures->n_critical; i++) {
        bytes_add_format(out, "%14.1f %%  ",
                         100.0 * (double)figures->critical[i].runs / (double)figures->runs);
        append_name(plan, figures->critical[i].name, out);
        bytes_add_char(out, '\n');
    }
}

void forecast_table_append(const struct forecast_table *table, const struct plan *plan,
                           const struct forecast_figures *figures, const struct forecast_run *runs,
                           struct bytes *out)
{
    append_title(table, figures, out);
    append_ends(figures, out);
    bytes_add_char(out, '\n');
    append_times(table, figures, out);
    append_histogram(table, figures, runs, out);
    append_critical(plan, figures, out);
}

/* ---- Rows of what varies ------------------------------------------------------------ */

static void append_label(const struct vary *vary, struct bytes *out)
{
    text_append_safe(out, vary->name, vary->name_len, NAME_MAX_BYTES);
}

/* The columns, each with the width from which on it is shown. */
enum { COLUMN_VALUE, COLUMN_P50, COLUMN_P95, COLUMN_MAX, COLUMN_LESS, COLUMN_OK, COLUMNS };

static void append_row(const struct forecast_table *table, const char *const cells[COLUMNS],
                       struct bytes *out)
{
    static const struct {
        int width;
        unsigned least;
    } columns[COLUMNS] = {
        [COLUMN_VALUE] = {10, 0}, [COLUMN_P50] = {16, 0},   [COLUMN_P95] = {16, 64},
        [COLUMN_MAX] = {16, 80},  [COLUMN_LESS] = {12, 38}, [COLUMN_OK] = {10, 48},
    };

    for (unsigned i = 0; i < COLUMNS; i++)
        if (table->columns >= columns[i].least)
            bytes_add_format(out, "%*s", columns[i].width, cells[i]);
    bytes_add_char(out, '\n');
}

void forecast_table_begin_rows(const struct forecast_table *table, const struct vary *vary,
                               const struct forecast_figures *figures, struct bytes *out)
{
    append_title(table, figures, out);
    bytes_add_string(out, " for each value of ");
    append_label(vary, out);
    bytes_add_char(out, '\n');
    append_row(table,
               (const char *const[]){[COLUMN_VALUE] = "value",
                                     [COLUMN_P50] = "p50",
                                     [COLUMN_P95] = "p95",
                                     [COLUMN_MAX] = "max",
                                     [COLUMN_LESS] = "less",
                                     [COLUMN_OK] = "ok"},
               out);
}

void forecast_table_append_row(const struct forecast_table *table, const struct vary *vary,
                               size_t i, const struct forecast_figures *figures, struct bytes *out)
{
    const struct forecast_times *elapsed = &figures[i].times[FORECAST_ELAPSED];
    char p50[TEXT_SECONDS_MAX], p95[TEXT_SECONDS_MAX], max[TEXT_SECONDS_MAX];
    char less[32] = "", value[16], ok[32];

    if (i > 0 && figures[i - 1].times[FORECAST_ELAPSED].p50_ns > 0)
        snprintf(less, sizeof less, "%.1f %%",
                 100.0 - 100.0 * (double)elapsed->p50_ns /
                             (double)figures[i - 1].times[FORECAST_ELAPSED].p50_ns);
    snprintf(value, sizeof value, "%" PRIu32, vary->values[i]);
    snprintf(ok, sizeof ok, "%.1f %%", 100.0 * (double)figures[i].ok / (double)figures[i].runs);
    append_row(table,
               (const char *const[]){[COLUMN_VALUE] = value,
                                     [COLUMN_P50] = time_text(p50, elapsed->p50_ns),
                                     [COLUMN_P95] = time_text(p95, elapsed->p95_ns),
                                     [COLUMN_MAX] = time_text(max, elapsed->max_ns),
                                     [COLUMN_LESS] = less,
                                     [COLUMN_OK] = ok},
               out);
}

void forecast_table_end_rows(const struct vary *vary, const struct forecast_figures *figures,
                             struct bytes *out)
{
    int64_t p50_ns[VARY_VALUES_MAX];
    size_t knee;

    for (size_t i = 0; i < vary->n; i++)
        p50_ns[i] = figures[i].times[FORECAST_ELAPSED].p50_ns;
    knee = vary_knee(p50_ns, vary->n);
    if (vary->n < 2)
        return;
    append_label(vary, out);
    if (knee < vary->n)
        bytes_add_format(out, ": from %" PRIu32 " on, more brings less than 5 %%\n",
                         vary->values[knee]);
    else
        bytes_add_format(out, ": up to %" PRIu32 ", more brings 5 %% or more\n",
                         vary->values[vary->n - 1]);
}
