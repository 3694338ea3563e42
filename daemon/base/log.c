/* SPDX-License-Identifier: ISC */
#include "daemon/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/service.h"

#define QUIET_NS       INT64_C(10000000000)
#define WRITER_END_NS  INT64_C(1000000000)
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* ---- Wording ---------------------------------------------------------------- */

static const int priorities[] = {3, 4, 6, 7};

static void append(struct log_line *line, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Appends what fits, and leaves room for the line feed. */
static void append(struct log_line *line, const char *format, va_list arguments)
{
    size_t start = line->len;

    if (vsnprintf(line->text + start, sizeof(line->text) - start - 1, format, arguments) < 0)
        return;
    line->len = (uint32_t)(start + strlen(line->text + start));
    for (size_t i = start; i < line->len; i++)
        if ((unsigned char)line->text[i] < 0x20 || line->text[i] == 0x7f)
            line->text[i] = '?';
}

static void append_text(struct log_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append_text(struct log_line *line, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(line, format, arguments);
    va_end(arguments);
}

static void begin(struct log_line *line, const struct log *log, enum log_level level,
                  struct log_about about)
{
    static const char *const words[] = {"waitd: error: ", "waitd: warning: ", "", "waitd: debug: "};

    line->priority = priorities[level];
    line->connection = about.connection;
    line->batch = about.batch;
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

static void end(struct log_line *line)
{
    line->text[line->len++] = '\n';
    line->text[line->len] = '\0';
}

/* ---- Where lines go: on the writer's thread -------------------------------- */

/* Writes to standard error, which may be non-blocking: whoever shares it decides. */
static bool write_to_stderr(const char *text, size_t len)
{
    while (len > 0) {
        struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
        ssize_t n = write(STDERR_FILENO, text, len);

        if (n > 0) {
            text += n;
            len -= (size_t)n;
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            (void)poll(&room, 1, -1);
        } else if (n == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool put_line(void *context, const struct log_line *line)
{
    const struct log *log = context;
    char message[LOG_WRITER_LINE_BYTES];
    size_t len = line->len - line->start - 1;

    if (log->has_fields) {
        memcpy(message, line->text + line->start, len);
        message[len] = '\0';
        if (service_journal(line->priority, message, line->connection, line->batch))
            return true;
    }
    return write_to_stderr(line->text, line->len);
}

static bool put_lost(void *context, uint64_t lines)
{
    const struct log *log = context;
    struct log_line line;

    begin(&line, log, LOG_LEVEL_WARNING, (struct log_about){0, 0});
    append_text(&line, "%" PRIu64 " log line%s could not be written in time and %s lost", lines,
                lines == 1 ? "" : "s", lines == 1 ? "is" : "are");
    end(&line);
    return put_line(context, &line);
}

/* ---- Life ------------------------------------------------------------------- */

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

    log_writer_init(&log->writer, &(struct log_sink){put_line, put_lost, log});
    atomic_init(&log->level, (int)level);
    log->to_journal = is_journal(&status);
    /* Without this socket the library says that it has written what is lost. */
    log->has_fields =
        log->to_journal && S_ISSOCK(status.st_mode) && access(JOURNAL_SOCKET, F_OK) == 0;
}

void log_fini(struct log *log)
{
    log_writer_fini(&log->writer, WRITER_END_NS);
}

void log_set_level(struct log *log, enum log_level level)
{
    atomic_store_explicit(&log->level, (int)level, memory_order_relaxed);
}

bool log_takes(struct log *log, enum log_level level)
{
    return (int)level <= atomic_load_explicit(&log->level, memory_order_relaxed);
}

/* ---- Lines ------------------------------------------------------------------ */

static void write_line(struct log *log, enum log_level level, struct log_about about,
                       const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));

static void write_line(struct log *log, enum log_level level, struct log_about about,
                       const char *format, va_list arguments)
{
    struct log_line line;

    begin(&line, log, level, about);
    append(&line, format, arguments);
    end(&line);
    log_writer_add(&log->writer, &line);
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (log_takes(log, level))
        write_line(log, level, (struct log_about){0, 0}, format, arguments);
    va_end(arguments);
}

void log_write_about(struct log *log, enum log_level level, struct log_about about,
                     const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (log_takes(log, level))
        write_line(log, level, about, format, arguments);
    va_end(arguments);
}

void log_announce(struct log *log, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line(log, LOG_LEVEL_INFO, (struct log_about){0, 0}, format, arguments);
    va_end(arguments);
}

/* Whether this one is to be written: one thread wins where several would. */
static bool is_its_time(struct log_rate *rate, int64_t now_ns)
{
    int64_t quiet_until_ns = atomic_load_explicit(&rate->quiet_until_ns, memory_order_relaxed);

    return now_ns >= quiet_until_ns &&
           atomic_compare_exchange_strong(&rate->quiet_until_ns, &quiet_until_ns,
                                          now_ns + QUIET_NS);
}

void log_write_rarely(struct log *log, struct log_rate *rate, int64_t now_ns, enum log_level level,
                      struct log_about about, const char *format, ...)
{
    struct log_line line;
    va_list arguments;
    uint64_t left_out;

    if (!log_takes(log, level))
        return;
    if (!is_its_time(rate, now_ns)) {
        atomic_fetch_add_explicit(&rate->left_out, 1, memory_order_relaxed);
        return;
    }
    left_out = atomic_exchange_explicit(&rate->left_out, 0, memory_order_relaxed);
    begin(&line, log, level, about);
    va_start(arguments, format);
    append(&line, format, arguments);
    va_end(arguments);
    if (left_out > 0)
        append_text(&line, " (and %" PRIu64 " times before)", left_out);
    end(&line);
    log_writer_add(&log->writer, &line);
}
