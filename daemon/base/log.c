/* SPDX-License-Identifier: ISC */
#include "daemon/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/service.h"

#define LINE_MAX_BYTES 1024
#define QUIET_NS       INT64_C(10000000000)

/* Standard error is the journal's stream if it is the file that
 * JOURNAL_STREAM names; it may have been redirected since. */
static bool is_journal(struct stat *status)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;

    if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
        return false;
    return fstat(STDERR_FILENO, status) == 0 && status->st_dev == device && status->st_ino == inode;
}

void log_init(struct log *log, enum log_level level)
{
    struct stat status;

    atomic_init(&log->level, (int)level);
    log->to_journal = is_journal(&status);
    log->has_fields = log->to_journal && S_ISSOCK(status.st_mode);
}

void log_set_level(struct log *log, enum log_level level)
{
    atomic_store_explicit(&log->level, (int)level, memory_order_relaxed);
}

bool log_takes(struct log *log, enum log_level level)
{
    return (int)level <= atomic_load_explicit(&log->level, memory_order_relaxed);
}

static const int priorities[] = {3, 4, 6, 7};

/* A line as it is made: text[0..len), without its line feed. */
struct line {
    size_t len;
    size_t start; /* of the message, behind what tells its level */
    char text[LINE_MAX_BYTES];
};

static void append(struct line *line, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Appends what fits, and leaves room for the line feed. */
static void append(struct line *line, const char *format, va_list arguments)
{
    size_t start = line->len;

    if (vsnprintf(line->text + start, sizeof(line->text) - start - 1, format, arguments) < 0)
        return;
    line->len = start + strlen(line->text + start);
    for (size_t i = start; i < line->len; i++)
        if ((unsigned char)line->text[i] < 0x20 || line->text[i] == 0x7f)
            line->text[i] = '?';
}

static void append_text(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append_text(struct line *line, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(line, format, arguments);
    va_end(arguments);
}

static void begin(struct line *line, const struct log *log, enum log_level level,
                  struct log_about about)
{
    static const char *const words[] = {"waitd: error: ", "waitd: warning: ", "", "waitd: debug: "};

    line->len = 0;
    if (log->to_journal)
        append_text(line, "<%d>", priorities[level]);
    else
        append_text(line, "%s", words[level]);
    line->start = line->len;
    if (about.connection)
        append_text(line, "connection %" PRIu64 "%s", about.connection, about.batch ? ", " : ": ");
    if (about.batch)
        append_text(line, "batch %" PRIu64 ": ", about.batch);
}

static void put(struct line *line, const struct log *log, enum log_level level,
                struct log_about about)
{
    ssize_t written;

    if (log->has_fields &&
        service_journal(priorities[level], line->text + line->start, about.connection, about.batch))
        return;
    line->text[line->len++] = '\n';
    do
        written = write(STDERR_FILENO, line->text, line->len);
    while (written < 0 && errno == EINTR);
}

static void write_line(struct log *log, enum log_level level, struct log_about about,
                       const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));

static void write_line(struct log *log, enum log_level level, struct log_about about,
                       const char *format, va_list arguments)
{
    struct line line;

    if (!log_takes(log, level))
        return;
    begin(&line, log, level, about);
    append(&line, format, arguments);
    put(&line, log, level, about);
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line(log, level, (struct log_about){0, 0}, format, arguments);
    va_end(arguments);
}

void log_write_about(struct log *log, enum log_level level, struct log_about about,
                     const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line(log, level, about, format, arguments);
    va_end(arguments);
}

void log_announce(struct log *log, const char *format, ...)
{
    struct line line;
    va_list arguments;

    begin(&line, log, LOG_LEVEL_INFO, (struct log_about){0, 0});
    va_start(arguments, format);
    append(&line, format, arguments);
    va_end(arguments);
    put(&line, log, LOG_LEVEL_INFO, (struct log_about){0, 0});
}

void log_write_rarely(struct log *log, struct log_rate *rate, int64_t now_ns, enum log_level level,
                      struct log_about about, const char *format, ...)
{
    struct line line;
    va_list arguments;

    if (!log_takes(log, level))
        return;
    if (now_ns < rate->quiet_until_ns) {
        rate->left_out++;
        return;
    }
    begin(&line, log, level, about);
    va_start(arguments, format);
    append(&line, format, arguments);
    va_end(arguments);
    if (rate->left_out > 0)
        append_text(&line, " (and %" PRIu64 " times before)", rate->left_out);
    put(&line, log, level, about);
    rate->quiet_until_ns = now_ns + QUIET_NS;
    rate->left_out = 0;
}
