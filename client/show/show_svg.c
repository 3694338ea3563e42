/* SPDX-License-Identifier: ISC */
#include "client/show/show.h"

#include <stdlib.h>

#include "client/base/moment.h"
#include "client/timeline/timeline_picture.h"
#include "client/timeline/timeline_svg.h"

/*
 * The timelines of all batches as one SVG document, each drawn when its batch is
 * over.  How high the document is is in its first line, so it is written at the
 * end; until then the drawings are kept.
 */

struct document {
    struct bytes pictures;
    unsigned y; /* below the last one */
};

struct svg_batch {
    struct timeline_picture *picture;
    struct failures *failures;
    struct bytes pools; /* lines of its report */
    bool is_named;
};

static void begin(struct show_run *run)
{
    struct document *document = calloc(1, sizeof *document);

    run->own = document;
    if (document == NULL)
        run->out->failed = true;
    else
        document->y = TIMELINE_SVG_GAP;
}

/* ---- Batches ---------------------------------------------------------------------- */

static void free_batch(struct svg_batch *batch)
{
    if (batch == NULL)
        return;
    timeline_picture_free(batch->picture);
    failures_free(batch->failures);
    bytes_fini(&batch->pools);
    free(batch);
}

static struct svg_batch *new_batch(const struct show_run *run, const struct event_read *accepted)
{
    struct svg_batch *batch = calloc(1, sizeof *batch);
    unsigned tracks =
        accepted->jobs <= TIMELINE_PICTURE_ROWS ? TIMELINE_PICTURE_ROWS : TIMELINE_PICTURE_LANES;
    struct bytes name = {0};

    if (batch == NULL)
        return NULL;
    if (accepted->id.text != NULL)
        show_id(&name, accepted->id);
    batch->is_named = bytes_len(&name) > 0;
    bytes_add_char(&name, '\0');
    if (!name.failed)
        batch->picture = timeline_picture_new(accepted->jobs, bytes_at(&name),
                                              run->batch->request.plan, tracks, moment_now());
    batch->failures = failures_new();
    bytes_fini(&name);
    if (batch->picture != NULL && batch->failures != NULL)
        return batch;
    free_batch(batch);
    return NULL;
}

/* finished: NULL for a batch of which no more is heard. */
static void draw(struct show_run *run, struct svg_batch *batch, const struct event_read *finished)
{
    char label[BATCHES_LABEL_MAX];
    struct document *document = run->own;
    struct show_run text = {.out = &(struct bytes){0}};

    bytes_add(text.out, bytes_at(&batch->pools), bytes_len(&batch->pools));
    if (finished != NULL) {
        show_totals_parts(&text, finished, " ");
        bytes_add_char(text.out, '\n');
        failures_add_list(batch->failures, " ", text.out);
    }
    bytes_add_char(text.out, '\0');
    if (!batch->is_named && run->batches > 1)
        timeline_picture_label(batch->picture, batches_label(run->batch, label));
    document->y =
        timeline_picture_svg(batch->picture, bytes_at(text.out), document->y, &document->pictures) +
        TIMELINE_SVG_GAP;
    run->out->failed |= text.out->failed || document->pictures.failed;
    bytes_fini(text.out);
}

/* ---- Events ------------------------------------------------------------------------- */

static void take(struct show_run *run, const struct event_read *event)
{
    struct svg_batch *batch;

    if (run->own == NULL || run->kept == NULL)
        return;
    if (event->kind == EVENT_ACCEPTED)
        *run->kept = new_batch(run, event);
    batch = *run->kept;
    if (batch == NULL || timeline_picture_take(batch->picture, event) < 0) {
        run->out->failed = true;
        return;
    }
    if (event->kind == EVENT_DONE)
        failures_take(batch->failures, event);
    if (event->kind == EVENT_POOL)
        show_report(&(struct show_run){.out = &batch->pools}, event);
    if (event->kind != EVENT_FINISHED)
        return;
    draw(run, batch, event);
    free_batch(batch);
    *run->kept = NULL;
}

static void forget(struct show_run *run)
{
    struct svg_batch *batch = *run->kept;

    if (batch != NULL)
        draw(run, batch, NULL);
    free_batch(batch);
    *run->kept = NULL;
}

static void end(struct show_run *run)
{
    struct document *document = run->own;

    if (document == NULL)
        return;
    timeline_svg_begin(run->out, document->y);
    bytes_add(run->out, bytes_at(&document->pictures), bytes_len(&document->pictures));
    timeline_svg_end(run->out);
    bytes_fini(&document->pictures);
    free(document);
    run->own = NULL;
}

const struct show show_svg = {
    .name = "svg",
    .has_progress = true,
    .needs_all = true,
    .needs_plan = true,
    .events =
        SHOW_KIND(EVENT_ACCEPTED) | SHOW_JOBS | SHOW_KIND(EVENT_FINISHED) | SHOW_KIND(EVENT_POOL),
    .begin = begin,
    .event = take,
    .forget = forget,
    .end = end,
};
