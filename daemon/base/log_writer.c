/* SPDX-License-Identifier: ISC */
#include "daemon/base/log_writer.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"

#define STACK_BYTES 131072

/* A line is kept as it is, but for the room behind its text, and aligned. */
static size_t kept_bytes(const struct log_line *line)
{
    size_t bytes = offsetof(struct log_line, text) + line->len + 1;

    return (bytes + _Alignof(struct log_line) - 1) & ~(_Alignof(struct log_line) - 1);
}

/* ---- The thread ----------------------------------------------------------- */

/* Calls the sink, which may be cancelled in what it waits for, and nothing else may. */
static bool write_line(struct log_writer *writer, const struct log_line *line)
{
    bool result;

    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    result = writer->sink.write(writer->sink.context, line);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    return result;
}

static bool report_lost(struct log_writer *writer, uint64_t lost)
{
    bool result;

    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    result = writer->sink.report_lost(writer->sink.context, lost);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    return result;
}

/* Writes a page's lines in their order.  Returns how many have been lost and not reported. */
static uint64_t write_page(struct log_writer *writer, const struct log_page *page, uint64_t lost)
{
    for (size_t at = 0; at < page->len;) {
        const struct log_line *line = (const struct log_line *)(page->bytes + at);

        if (lost > 0 && report_lost(writer, lost))
            lost = 0;
        lost += !write_line(writer, line);
        at += kept_bytes(line);
        atomic_fetch_add_explicit(&writer->written, 1, memory_order_relaxed);
    }
    lost += page->lost;
    return lost > 0 && report_lost(writer, lost) ? 0 : lost;
}

/* Waits for lines.  The page that has them, or NULL at the end. */
static struct log_page *next_page(struct log_writer *writer)
{
    struct log_page *page = NULL;

    pthread_mutex_lock(&writer->lock);
    while (writer->pages[writer->filling].len == 0 && !writer->is_closing) {
        writer->is_idle = true;
        pthread_cond_broadcast(&writer->changed);
        pthread_cond_wait(&writer->changed, &writer->lock);
    }
    writer->is_idle = false;
    if (writer->pages[writer->filling].len > 0) {
        page = &writer->pages[writer->filling];
        writer->filling ^= 1;
    }
    pthread_mutex_unlock(&writer->lock);
    return page;
}

static void *run(void *context)
{
    struct log_writer *writer = context;
    struct log_page *page;
    uint64_t lost = 0;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    while ((page = next_page(writer)) != NULL) {
        lost = write_page(writer, page, lost);
        pthread_mutex_lock(&writer->lock);
        page->len = 0;
        page->lost = 0;
        pthread_mutex_unlock(&writer->lock);
    }
    pthread_mutex_lock(&writer->lock);
    writer->is_idle = true;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

/* Signals are for other threads. */
static bool start(struct log_writer *writer)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    int error;

    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&writer->thread, &attributes, run, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error == 0;
}

/* ---- Lines ---------------------------------------------------------------- */

void log_writer_init(struct log_writer *writer, const struct log_sink *sink)
{
    pthread_condattr_t attributes;

    memset(writer, 0, sizeof(*writer));
    writer->sink = *sink;
    pthread_mutex_init(&writer->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

static bool has_room(struct log_page *page, size_t bytes)
{
    if (page->bytes == NULL)
        page->bytes = malloc(LOG_WRITER_PAGE_BYTES);
    return page->bytes != NULL && page->lost == 0 && page->len + bytes <= LOG_WRITER_PAGE_BYTES;
}

void log_writer_add(struct log_writer *writer, const struct log_line *line)
{
    size_t bytes = kept_bytes(line);
    struct log_page *page;

    pthread_mutex_lock(&writer->lock);
    page = &writer->pages[writer->filling];
    if (has_room(page, bytes)) {
        memcpy(page->bytes + page->len, line, offsetof(struct log_line, text) + line->len + 1);
        page->len += bytes;
    } else {
        page->lost++;
    }
    if (!writer->is_running)
        writer->is_running = start(writer);
    else if (writer->is_idle)
        pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
}

/* ---- The end -------------------------------------------------------------- */

static bool is_done(const struct log_writer *writer)
{
    return writer->is_idle && writer->pages[0].len == 0 && writer->pages[1].len == 0;
}

void log_writer_fini(struct log_writer *writer, int64_t timeout_ns)
{
    if (writer->is_running) {
        uint64_t written;
        bool has_progress = true, is_stuck;

        pthread_mutex_lock(&writer->lock);
        writer->is_closing = true;
        pthread_cond_broadcast(&writer->changed);
        while (!is_done(writer) && has_progress) {
            struct timespec until = clock_deadline(timeout_ns);

            written = writer->written;
            while (!is_done(writer) && writer->written == written &&
                   pthread_cond_timedwait(&writer->changed, &writer->lock, &until) == 0)
                continue;
            has_progress = writer->written != written;
        }
        is_stuck = !is_done(writer); /* else it ends by itself */
        pthread_mutex_unlock(&writer->lock);
        if (is_stuck)
            pthread_cancel(writer->thread);
        pthread_join(writer->thread, NULL);
    }
    free(writer->pages[0].bytes);
    free(writer->pages[1].bytes);
    pthread_cond_destroy(&writer->changed);
    pthread_mutex_destroy(&writer->lock);
    writer->is_running = false;
}
