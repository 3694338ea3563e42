/* SPDX-License-Identifier: ISC */
#include <err.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/heard.h"
#include "tests/bench/watch.h"

void watch_fault(const struct watch *watch, const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    fprintf(stderr, "load: %s, connection %" PRIu32 ": ", watch->group, watch->connection);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

void watch_init(struct watch *watch, const char *group, uint32_t connection,
                const struct work *work)
{
    *watch = (struct watch){.group = group, .connection = connection, .work = work, .batch = -1};
    watch->arrived_ns = calloc(work->order.jobs, sizeof(int64_t));
    if (watch->arrived_ns == NULL)
        err(2, "a batch of %" PRIu32 " jobs", work->order.jobs);
}

void watch_fini(struct watch *watch)
{
    free(watch->arrived_ns);
    watch->arrived_ns = NULL;
}

void watch_begin(struct watch *watch, int64_t now_ns)
{
    watch->state = WATCH_SENT;
    watch->done = 0;
    watch->begun_ns = watch->sent_ns = now_ns;
    watch->zero_ns = INT64_MAX;
}

static void hear_accepted(struct watch *watch, const struct heard *heard, int64_t now_ns)
{
    uint32_t jobs = watch->work->order.jobs;

    if (watch->state == WATCH_IDLE)
        watch_fault(watch, "a batch that was not sent is accepted");
    if (watch->state == WATCH_ACCEPTED)
        watch_fault(watch, "batch %" PRId64 " is accepted twice", watch->batch);
    if (heard->batch < 0 || heard->batch == watch->batch)
        watch_fault(watch, "two batches have the number %" PRId64, heard->batch);
    if (heard->jobs != jobs)
        watch_fault(watch, "%" PRId64 " jobs are accepted, not %" PRIu32, heard->jobs, jobs);
    watch->state = WATCH_ACCEPTED;
    watch->batch = heard->batch;
    watch->zero_ns = now_ns;
}

static void check_name(const struct watch *watch, const struct heard *heard)
{
    char expected[16];
    size_t len = 0;

    if (!watch->work->order.named) {
        if (heard->name != NULL)
            watch_fault(watch, "job %" PRId64 " has got a name", heard->job);
        return;
    }
    for (uint32_t rest = (uint32_t)heard->job; len == 0 || rest > 0; rest /= 10)
        expected[sizeof(expected) - ++len] = (char)('0' + rest % 10);
    expected[sizeof(expected) - ++len] = 'j';
    if (heard->name == NULL || heard->name_len != len ||
        memcmp(heard->name, expected + sizeof(expected) - len, len) != 0)
        watch_fault(watch, "job %" PRId64 " does not come by its name", heard->job);
}

static void hear_done(struct watch *watch, const struct heard *heard, int64_t now_ns)
{
    int64_t wait_ns;

    if (watch->state != WATCH_ACCEPTED || heard->batch != watch->batch)
        watch_fault(watch, "a job of batch %" PRId64 ", which is not running, is done",
                    heard->batch);
    if (heard->job < 0 || heard->job >= watch->work->order.jobs)
        watch_fault(watch, "job %" PRId64 ", which was not sent, is done", heard->job);
    if (watch->arrived_ns[heard->job] != 0)
        watch_fault(watch, "job %" PRId64 " is done twice", heard->job);
    if (!heard->status_is_ok)
        watch_fault(watch, "job %" PRId64 " is not ok", heard->job);
    check_name(watch, heard);
    wait_ns = work_wait_ns(watch->work, (uint32_t)heard->job);
    if (now_ns - watch->sent_ns < wait_ns)
        watch_fault(watch, "job %" PRId64 " is done %.6f s early", heard->job,
                    (double)(wait_ns - (now_ns - watch->sent_ns)) / 1e9);
    if (heard->at_ns < wait_ns)
        watch_fault(watch, "job %" PRId64 " says that it was done before its time", heard->job);
    watch->arrived_ns[heard->job] = now_ns;
    watch->done++;
    if (now_ns - heard->at_ns < watch->zero_ns)
        watch->zero_ns = now_ns - heard->at_ns;
}

static void hear_finished(struct watch *watch, const struct heard *heard)
{
    uint32_t jobs = watch->work->order.jobs;

    if (watch->state != WATCH_ACCEPTED || heard->batch != watch->batch)
        watch_fault(watch, "batch %" PRId64 ", which is not running, is finished", heard->batch);
    if (watch->done < jobs && !watch->work->order.silent)
        watch_fault(watch, "batch %" PRId64 " is finished and %" PRIu32 " jobs are not done",
                    watch->batch, jobs - watch->done);
    if (!heard->status_is_ok)
        watch_fault(watch, "batch %" PRId64 " is not ok", watch->batch);
    if (heard->jobs != jobs || heard->ok != jobs)
        watch_fault(watch, "the counts of batch %" PRId64 " do not agree", watch->batch);
    watch->state = WATCH_IDLE;
}

enum watch_outcome watch_hear(struct watch *watch, const char *line, size_t len, int64_t now_ns)
{
    struct heard heard;

    if (!heard_read(&heard, line, len))
        watch_fault(watch, "this is no event: %.*s", (int)(len < 200 ? len : 200), line);
    switch (heard.event) {
    case HEARD_DONE:
        hear_done(watch, &heard, now_ns);
        return WATCH_NOTHING;
    case HEARD_ACCEPTED:
        hear_accepted(watch, &heard, now_ns);
        return WATCH_WAS_ACCEPTED;
    case HEARD_FINISHED:
        hear_finished(watch, &heard);
        return WATCH_WAS_FINISHED;
    case HEARD_OTHER:
        break;
    }
    watch_fault(watch, "this was not asked for: %.*s", (int)(len < 200 ? len : 200), line);
}

void watch_judge(struct watch *watch, struct histogram *late, struct histogram *reply)
{
    int64_t zero_ns = watch->zero_ns;

    /* No batch is accepted before it has been sent, whatever `at` says. */
    if (zero_ns < watch->sent_ns)
        zero_ns = watch->sent_ns;
    if (watch->work->order.silent)
        return;
    for (uint32_t i = 0; i < watch->work->order.jobs; i++) {
        int64_t due_ns = work_wait_ns(watch->work, i);

        histogram_add(late, watch->arrived_ns[i] - zero_ns - due_ns);
        histogram_add(reply, watch->arrived_ns[i] - watch->sent_ns - due_ns);
        watch->arrived_ns[i] = 0;
    }
}
