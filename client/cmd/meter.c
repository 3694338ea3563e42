/* SPDX-License-Identifier: ISC */
#include "client/cmd/meter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/base/text.h"

#define LABEL_WIDTH 16
#define VALUE_WIDTH 11
#define SPARK_LEAST 8
#define SCALE_WIDTH (VALUE_WIDTH + 6) /* `  max 12.3 KiB` */

enum unit { COUNT, BYTES, TIME };

static const struct {
    const char *label;
    enum unit unit;
} figures[METER_FIGURES] = {
    [METER_CONNECTIONS] = {"connections", COUNT}, [METER_BATCHES] = {"batches running", COUNT},
    [METER_PENDING] = {"jobs pending", COUNT},    [METER_COMPLETIONS] = {"completions/s", COUNT},
    [METER_RECEIVED] = {"received/s", BYTES},     [METER_SENT] = {"sent/s", BYTES},
    [METER_LATE_P50] = {"late, median", TIME},    [METER_LATE_P99] = {"late, 99th pct.", TIME},
    [METER_LATE_MAX] = {"late, at most", TIME},   [METER_MEMORY] = {"memory", BYTES},
};

static uint64_t ended(const struct event_read *stats)
{
    return stats->ok + stats->failed + stats->timed_out + stats->cancelled + stats->skipped;
}

static double rate(uint64_t now, uint64_t before, double seconds)
{
    return seconds > 0 && now > before ? (double)(now - before) / seconds : 0;
}

void meter_take(struct meter *meter, const struct event_read *stats)
{
    uint64_t before =
        meter->ok + meter->failed + meter->timed_out + meter->cancelled + meter->skipped;
    double *values = meter->history[meter->samples % METER_HISTORY];
    double seconds = (double)(stats->uptime_ns - meter->uptime_ns) / 1e9;

    if (meter->has_stats && seconds < 0)
        meter->restarts++;
    meter->has_rates = meter->has_stats && seconds > 0;
    if (!meter->has_rates)
        seconds = 0;
    values[METER_CONNECTIONS] = (double)stats->connections;
    values[METER_BATCHES] = (double)stats->batches;
    values[METER_PENDING] = (double)stats->pending;
    values[METER_COMPLETIONS] = rate(ended(stats), before, seconds);
    values[METER_RECEIVED] = rate(stats->bytes_in, meter->bytes_in, seconds);
    values[METER_SENT] = rate(stats->bytes_out, meter->bytes_out, seconds);
    values[METER_LATE_P50] = (double)stats->late_p50_ns;
    values[METER_LATE_P99] = (double)stats->late_p99_ns;
    values[METER_LATE_MAX] = (double)stats->late_max_ns;
    values[METER_MEMORY] = (double)stats->rss;
    meter->has_stats = true;
    meter->uptime_ns = stats->uptime_ns;
    meter->ok = stats->ok;
    meter->failed = stats->failed;
    meter->timed_out = stats->timed_out;
    meter->cancelled = stats->cancelled;
    meter->skipped = stats->skipped;
    meter->bytes_in = stats->bytes_in;
    meter->bytes_out = stats->bytes_out;
    meter->samples++;
}

/* The value of so many samples ago. */
static double value_ago(const struct meter *meter, enum meter_figure figure, uint64_t ago)
{
    return meter->history[(meter->samples - 1 - ago) % METER_HISTORY][figure];
}

double meter_value(const struct meter *meter, enum meter_figure figure)
{
    return meter->samples > 0 ? value_ago(meter, figure, 0) : 0;
}

/* ---- For people ----------------------------------------------------------------- */

static void print_value(char out[TEXT_SECONDS_MAX], enum unit unit, double value)
{
    if (unit == BYTES)
        text_size(out, (uint64_t)value);
    else if (unit == TIME)
        snprintf(out, TEXT_SECONDS_MAX, "%.3f ms", value / 1e6);
    else
        snprintf(out, TEXT_SECONDS_MAX, "%.0f", value);
}

/* The last values, the latest on the right, each as high as it is in proportion
 * to the highest of them, which is returned. */
static double draw_history(const struct meter *meter, enum meter_figure figure, unsigned width,
                           bool is_utf8, struct bytes *out)
{
    static const char ascii[] = "_.:-=+*#";
    uint64_t n = meter->samples < METER_HISTORY ? meter->samples : METER_HISTORY;
    double most = 0;

    if (n > width)
        n = width;
    for (uint64_t ago = 0; ago < n; ago++)
        if (value_ago(meter, figure, ago) > most)
            most = value_ago(meter, figure, ago);
    for (uint64_t ago = n; ago-- > 0;) {
        double share = most > 0 ? value_ago(meter, figure, ago) / most : 0;
        int level = share >= 1 ? 7 : (int)(share * 8);

        if (is_utf8)
            bytes_add_format(out, "\xe2\x96%c", 0x81 + level);
        else
            bytes_add_char(out, ascii[level]);
    }
    return most;
}

static void draw_figure(const struct meter *meter, enum meter_figure figure, unsigned columns,
                        bool is_utf8, struct bytes *out)
{
    char value[TEXT_SECONDS_MAX], line[LABEL_WIDTH + TEXT_SECONDS_MAX];
    unsigned used = LABEL_WIDTH + VALUE_WIDTH + 2;

    print_value(value, figures[figure].unit, meter_value(meter, figure));
    snprintf(line, sizeof line, "%-*s%*s", LABEL_WIDTH, figures[figure].label, VALUE_WIDTH, value);
    bytes_add(out, line, strlen(line) < columns ? strlen(line) : columns);
    if (columns >= used + SPARK_LEAST) {
        unsigned scale = columns >= used + SPARK_LEAST + SCALE_WIDTH ? SCALE_WIDTH : 0;
        double most;

        bytes_add_string(out, "  ");
        most = draw_history(meter, figure, columns - used - scale, is_utf8, out);
        print_value(value, figures[figure].unit, most);
        if (scale > 0)
            bytes_add_format(out, "  max %s", value);
    }
    bytes_add_char(out, '\n');
}

static void draw_totals(const struct meter *meter, unsigned columns, struct bytes *out)
{
    static const char heading[] = "jobs ended:";
    const struct {
        uint64_t n;
        const char *name;
    } totals[] = {{meter->ok, "ok"},
                  {meter->failed, "failed"},
                  {meter->timed_out, "timed_out"},
                  {meter->cancelled, "cancelled"},
                  {meter->skipped, "skipped"}};
    size_t used = sizeof heading - 1;
    char total[48] = "";

    bytes_add(out, heading, used < columns ? used : columns);
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        snprintf(total, sizeof total, "%s %" PRIu64 " %s", i > 0 ? "," : "", totals[i].n,
                 totals[i].name);
        used += strlen(total);
        if (used > columns)
            break; /* what does not fit as a whole is left out */
        bytes_add_string(out, total);
    }
    bytes_add_char(out, '\n');
}

void meter_draw(const struct meter *meter, unsigned columns, unsigned rows, bool is_utf8,
                struct bytes *out)
{
    unsigned n = rows < METER_FIGURES ? rows : METER_FIGURES;

    for (unsigned i = 0; i < n; i++)
        draw_figure(meter, (enum meter_figure)i, columns, is_utf8, out);
    if (rows > METER_FIGURES + 1)
        bytes_add_char(out, '\n');
    if (rows > METER_FIGURES)
        draw_totals(meter, columns, out);
}

static const char *const explanations[] = {
    "connections      clients that are connected",
    "batches running  accepted and not finished",
    "jobs pending     accepted and not ended",
    "completions/s    jobs that end, by whatever status, each second",
    "received/s       bytes of requests",
    "sent/s           bytes of events",
    "late             how long after its due time a job's end was handled,",
    "                 of those of the last minute",
    "memory           that the daemon holds (resident set)",
    "",
    "Behind each figure are its last values, a column a sample, the latest on",
    "the right, in proportion to the highest of them, which is `max`.",
    "",
    "Below are the detached batches that run, the newest first, by their keys or",
    "else their refs: the share of their jobs that has ended, and how long they run.",
};

void meter_explain(unsigned columns, unsigned rows, struct bytes *out)
{
    for (size_t i = 0; i < sizeof explanations / sizeof explanations[0] && i < rows; i++) {
        size_t len = strlen(explanations[i]);

        bytes_add(out, explanations[i], len < columns ? len : columns);
        bytes_add_char(out, '\n');
    }
}

/* ---- As lines ---------------------------------------------------------------------- */

void meter_heading(struct bytes *out)
{
    bytes_add_format(out, "%9s %7s %7s %9s %9s %9s %9s %9s %10s\n", "uptime", "conns", "batches",
                     "pending", "ended/s", "p50 ms", "p99 ms", "max ms", "memory");
}

void meter_line(const struct meter *meter, struct bytes *out)
{
    char memory[TEXT_SECONDS_MAX];

    text_size(memory, (uint64_t)meter_value(meter, METER_MEMORY));
    bytes_add_format(
        out, "%9" PRId64 " %7.0f %7.0f %9.0f %9.0f %9.3f %9.3f %9.3f %10s\n",
        meter->uptime_ns / 1000000000, meter_value(meter, METER_CONNECTIONS),
        meter_value(meter, METER_BATCHES), meter_value(meter, METER_PENDING),
        meter_value(meter, METER_COMPLETIONS), meter_value(meter, METER_LATE_P50) / 1e6,
        meter_value(meter, METER_LATE_P99) / 1e6, meter_value(meter, METER_LATE_MAX) / 1e6, memory);
}
