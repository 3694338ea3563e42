/* SPDX-License-Identifier: ISC */
#include "client/cmd/top_batches.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/base/text.h"
#include "client/terminal/terminal_text.h"

#define NAME_LEAST 8
#define NAME_MOST  32
#define BAR_LEAST  8
#define BAR_MOST   40

/* Columns of the share that has ended, and of the other figures, with blanks in front. */
#define SHARE           7
#define JOBS_COLUMNS    17
#define ELAPSED_COLUMNS 11
#define FIGURES         (2 + JOBS_COLUMNS + 2 + ELAPSED_COLUMNS)

const char top_batches_request[] = "{\"op\":\"batches\",\"id\":" TOP_BATCHES_ID
                                   ",\"state\":\"running\",\"order\":\"newest\",\"limit\":64}\n";

static void add(struct top_batches_list *list, const struct event_read *event)
{
    struct event_text name = event->key.text != NULL ? event->key : event->ref;
    struct top_batch *batch = &list->batches[list->n];
    struct bytes safe = {0};

    if (list->n == TOP_BATCHES_MAX)
        return;
    *batch = (struct top_batch){
        .jobs = event->jobs, .pending = event->pending, .elapsed_ns = event->elapsed_ns};
    text_append_safe(&safe, name.text, name.len, TOP_BATCHES_NAME_MAX);
    batch->name_len = bytes_len(&safe);
    if (batch->name_len > 0)
        memcpy(batch->name, bytes_at(&safe), batch->name_len);
    bytes_fini(&safe);
    list->n++;
}

void top_batches_take(struct top_batches *batches, const struct event_read *event)
{
    if (event->kind == EVENT_BATCH) {
        add(&batches->lists[!batches->complete], event);
    } else if (event->kind == EVENT_BATCHES) {
        batches->complete = !batches->complete;
        batches->lists[!batches->complete].n = 0;
    }
}

void top_batches_clear(struct top_batches *batches)
{
    batches->lists[0].n = batches->lists[1].n = 0;
}

/* ---- The rows ---------------------------------------------------------------------- */

struct columns {
    unsigned name, bar; /* 0 where there is no room for one */
    bool has_figures;
};

static struct columns divide(unsigned columns)
{
    unsigned left = columns > SHARE ? columns - SHARE : 0;
    struct columns divided = {.has_figures = left >= NAME_LEAST + FIGURES};

    if (divided.has_figures)
        left -= FIGURES;
    divided.name = left < NAME_MOST ? left : NAME_MOST;
    if (left < NAME_LEAST + 2 + BAR_LEAST)
        return divided;
    divided.name = left / 2 < NAME_MOST ? left / 2 : NAME_MOST;
    divided.bar = left - divided.name - 2 < BAR_MOST ? left - divided.name - 2 : BAR_MOST;
    return divided;
}

static void append_bar(double share, unsigned width, bool is_utf8, struct bytes *out)
{
    unsigned filled = (unsigned)(share * width);

    bytes_add_string(out, "  ");
    for (unsigned i = 0; i < width; i++)
        bytes_add_string(out, is_utf8      ? i < filled ? "\xe2\x96\x88" : "\xe2\x96\x91"
                              : i < filled ? "#"
                                           : ".");
}

static void append_row(const struct top_batch *batch, const struct columns *columns, bool is_utf8,
                       struct bytes *out)
{
    uint64_t done = batch->jobs > batch->pending ? batch->jobs - batch->pending : 0;
    double share = batch->jobs > 0 ? (double)done / (double)batch->jobs : 1;
    char jobs[48], elapsed[TEXT_SECONDS_MAX];

    terminal_text_append(out, batch->name, batch->name_len, columns->name, is_utf8);
    if (columns->bar > 0)
        append_bar(share, columns->bar, is_utf8, out);
    bytes_add_format(out, "  %3d %%", (int)(share * 100));
    if (columns->has_figures) {
        snprintf(jobs, sizeof jobs, "%" PRIu64 "/%" PRIu64, done, batch->jobs);
        bytes_add_format(out, "  %*s  %*s", JOBS_COLUMNS, jobs, ELAPSED_COLUMNS,
                         text_span(elapsed, batch->elapsed_ns));
    }
    bytes_add_char(out, '\n');
}

static void append_heading(const struct columns *columns, bool is_utf8, struct bytes *out)
{
    static const char heading[] = "detached batches";
    unsigned bar = columns->bar > 0 ? 2 + columns->bar : 0;

    terminal_text_append(out, heading, sizeof heading - 1, columns->name, is_utf8);
    if (columns->has_figures)
        bytes_add_format(out, "%*s  %*s  %*s", (int)bar + SHARE, "", JOBS_COLUMNS, "jobs ended",
                         ELAPSED_COLUMNS, "running for");
    bytes_add_char(out, '\n');
}

static void append_rest(size_t shown, size_t n, unsigned columns, struct bytes *out)
{
    char line[80];

    snprintf(line, sizeof line, "and %s%zu more: see waitctl list",
             n == TOP_BATCHES_MAX ? "at least " : "", n - shown);
    bytes_add(out, line, strlen(line) < columns ? strlen(line) : columns);
    bytes_add_char(out, '\n');
}

void top_batches_draw(const struct top_batches *batches, unsigned columns, unsigned rows,
                      bool is_utf8, struct bytes *out)
{
    const struct top_batches_list *list = &batches->lists[batches->complete];
    struct columns divided = divide(columns);
    size_t shown;

    if (list->n == 0 || rows < (list->n == 1 ? 3 : 4)) /* a blank, the heading, one and the rest */
        return;
    rows -= 2;
    shown = list->n <= rows ? list->n : rows - 1;
    bytes_add_char(out, '\n');
    append_heading(&divided, is_utf8, out);
    for (size_t i = 0; i < shown; i++)
        append_row(&list->batches[i], &divided, is_utf8, out);
    if (shown < list->n)
        append_rest(shown, list->n, columns, out);
}
