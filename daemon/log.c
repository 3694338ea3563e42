/* SPDX-License-Identifier: ISC */
#include "daemon/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024
#define QUIET_NS       INT64_C(10000000000)

/* Standard error is the journal's stream if it is the file that
 * JOURNAL_STREAM names; it may have been redirected since. */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;

    if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
        return false;
    return fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

void log_init(struct log *log, enum log_level level)
{
    atomic_init(&log->level, (int)level);
    log->to_journal = is_journal();
}

void log_set_level(struct log *log, enum log_level level)
{
    atomic_store_explicit(&log->level, (int)level, memory_order_relaxed);
}

bool log_takes(struct log *log, enum log_level level)
{
    return (int)level <= atomic_load_explicit(&log->level, memory_order_relaxed);
}

static const char *prefix(const struct log *log, enum log_level level)
{
    static const char *const words[] = {"error: ", "warning: ", "", "debug: "};
    static const char *const priorities[] = {"<3>", "<4>", "<6>", "<7>"};

    return log->to_journal ? priorities[level] : words[level];
}

/* A line as it is made: text[0..len), without its line feed. */
struct line {
    size_t len;
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

static void append_count(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append_count(struct line *line, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(line, format, arguments);
    va_end(arguments);
}

static void begin(struct line *line, const struct log *log, enum log_level level)
{
    line->len = strlen(strcpy(line->text, prefix(log, level)));
}

static void put(struct line *line)
{
    ssize_t written;

    line->text[line->len++] = '\n';
    do
        written = write(STDERR_FILENO, line->text, line->len);
    while (written < 0 && errno == EINTR);
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    struct line line;
    va_list arguments;

    if (!log_takes(log, level))
        return;
    begin(&line, log, level);
    va_start(arguments, format);
    append(&line, format, arguments);
    va_end(arguments);
    put(&line);
}

void log_announce(struct log *log, const char *format, ...)
{
    struct line line;
    va_list arguments;

    begin(&line, log, LOG_LEVEL_INFO);
    va_start(arguments, format);
    append(&line, format, arguments);
    va_end(arguments);
    put(&line);
}

void log_write_rarely(struct log *log, struct log_rate *rate, int64_t now_ns, enum log_level level,
                      const char *format, ...)
{
    struct line line;
    va_list arguments;

    if (!log_takes(log, level))
        return;
    if (now_ns < rate->quiet_until_ns) {
        rate->left_out++;
        return;
    }
    begin(&line, log, level);
    va_start(arguments, format);
    append(&line, format, arguments);
    va_end(arguments);
    if (rate->left_out > 0)
        append_count(&line, " (and %" PRIu64 " times before)", rate->left_out);
    put(&line);
    rate->quiet_until_ns = now_ns + QUIET_NS;
    rate->left_out = 0;
}
