/* SPDX-License-Identifier: ISC */
#include "client/show/failures.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/text.h"

/* Of each kind so many are named. */
#define FIRST 5

/* Behind their cause jobs are skipped in one instant, in which others may end. */
#define RECENT 64

/* Longer names are cut. */
#define NAME_MAX_BYTES 40

struct ended {
    uint64_t job;
    const char *how; /* as in `link failed`; NULL: nothing yet */
    struct bytes name;
};

struct list {
    struct ended first[FIRST];
    uint64_t n; /* of all */
};

struct failures {
    struct list failed, timed_out;
    struct ended recent[RECENT];
    size_t next;
};

struct failures *failures_new(void)
{
    return calloc(1, sizeof(struct failures));
}

static void free_names(struct ended *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bytes_fini(&jobs[i].name);
}

void failures_free(struct failures *failures)
{
    if (failures == NULL)
        return;
    free_names(failures->failed.first, FIRST);
    free_names(failures->timed_out.first, FIRST);
    free_names(failures->recent, RECENT);
    free(failures);
}

static void note(struct ended *ended, const struct event_read *done, const char *how)
{
    ended->job = done->job;
    ended->how = how;
    bytes_consume(&ended->name, bytes_len(&ended->name));
    if (done->name.len > 0)
        text_append_safe(&ended->name, done->name.text, done->name.len, NAME_MAX_BYTES);
}

static void add(struct list *list, const struct event_read *done, const char *how)
{
    if (list->n < FIRST)
        note(&list->first[list->n], done, how);
    list->n++;
}

void failures_take(struct failures *failures, const struct event_read *done)
{
    const char *how = event_reader_is(done->status, "failed")      ? "failed"
                      : event_reader_is(done->status, "timed_out") ? "timed out"
                      : event_reader_is(done->status, "skipped")   ? "was skipped"
                                                                   : "was cancelled";

    if (event_reader_is(done->status, "ok"))
        return;
    if (event_reader_is(done->status, "failed"))
        add(&failures->failed, done, how);
    else if (event_reader_is(done->status, "timed_out"))
        add(&failures->timed_out, done, how);
    note(&failures->recent[failures->next++ % RECENT], done, how);
}

static void add_job(const struct ended *ended, struct bytes *out)
{
    bytes_add_format(out, "#%" PRIu64, ended->job);
    if (bytes_len(&ended->name) > 0)
        bytes_add_char(out, ' ');
    bytes_add(out, bytes_at(&ended->name), bytes_len(&ended->name));
}

void failures_add_cause(const struct failures *failures, uint64_t job, struct bytes *out)
{
    for (size_t i = 0; i < RECENT; i++) {
        const struct ended *ended = &failures->recent[i];

        if (ended->how == NULL || ended->job != job)
            continue;
        add_job(ended, out);
        bytes_add_format(out, " %s", ended->how);
        return;
    }
    bytes_add_format(out, "#%" PRIu64, job);
}

static void add_list(const struct list *list, const char *kind, const char *between,
                     struct bytes *out)
{
    uint64_t named = list->n < FIRST ? list->n : FIRST;

    if (list->n == 0)
        return;
    bytes_add_format(out, "%s:", kind);
    for (uint64_t i = 0; i < named; i++) {
        bytes_add_string(out, between);
        add_job(&list->first[i], out);
        if (i + 1 < named)
            bytes_add_char(out, ',');
    }
    if (list->n > named)
        bytes_add_format(out, "%sand %" PRIu64 " more", between, list->n - named);
}

bool failures_add_list(const struct failures *failures, const char *between, struct bytes *out)
{
    bool has_failed = failures->failed.n > 0, has_timed_out = failures->timed_out.n > 0;

    add_list(&failures->failed, "failed", between, out);
    if (has_failed && has_timed_out)
        bytes_add_format(out, ";%s", between);
    add_list(&failures->timed_out, "timed out", between, out);
    return has_failed || has_timed_out;
}
