/* SPDX-License-Identifier: ISC */
#include "client/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR_MIN         8
#define BAR_MAX         40
#define DEFAULT_COLUMNS 80

/* Tenths of seconds, or above a minute minutes and seconds. */
static void print_time(char *out, size_t room, int64_t ns)
{
    int64_t seconds = ns / 1000000000;

    if (seconds >= 3600)
        snprintf(out, room, "%" PRId64 "h%02dm%02ds", seconds / 3600, (int)(seconds / 60 % 60),
                 (int)(seconds % 60));
    else if (seconds >= 60)
        snprintf(out, room, "%dm%02ds", (int)(seconds / 60), (int)(seconds % 60));
    else
        snprintf(out, room, "%d.%d s", (int)seconds, (int)(ns / 100000000 % 10));
}

/* What is left if it goes on as it went so far; -1 for no idea. */
static int64_t estimate(const struct progress_figures *figures)
{
    double left;

    if (figures->done == 0 || figures->done >= figures->jobs)
        return -1;
    left = (double)figures->elapsed_ns / (double)figures->done *
           (double)(figures->jobs - figures->done);
    return left < 9e18 ? (int64_t)left : -1;
}

static size_t render_bar(char *out, const struct progress_figures *figures, unsigned width)
{
    double share = figures->jobs > 0 ? (double)figures->done / (double)figures->jobs : 0;
    unsigned filled = share >= 1 ? width : (unsigned)(share * width);

    out[0] = '[';
    memset(out + 1, '=', filled);
    memset(out + 1 + filled, ' ', width - filled);
    if (filled < width)
        out[1 + filled] = '>';
    memcpy(out + 1 + width, "] ", 2);
    return width + 3;
}

size_t progress_render(char out[PROGRESS_MAX], const struct progress_figures *figures,
                       unsigned columns)
{
    char text[160], elapsed[40], left[40];
    int64_t left_ns = estimate(figures);
    size_t len = 0, text_len;

    print_time(elapsed, sizeof elapsed, figures->elapsed_ns);
    snprintf(text, sizeof text, "%" PRIu64 "/%" PRIu64 "  %s", figures->done, figures->jobs,
             elapsed);
    if (left_ns >= 0) {
        print_time(left, sizeof left, left_ns);
        strcat(strcat(text, "  ETA about "), left);
    }
    if (columns >= PROGRESS_MAX)
        columns = PROGRESS_MAX - 1;
    text_len = strlen(text);
    if (columns >= text_len + BAR_MIN + 3) {
        unsigned width = columns - (unsigned)text_len - 3;

        len = render_bar(out, figures, width < BAR_MAX ? width : BAR_MAX);
    }
    if (text_len > columns - len)
        text_len = columns - len;
    memcpy(out + len, text, text_len);
    out[len + text_len] = '\0';
    return len + text_len;
}

void progress_init(struct progress *progress, bool wanted, int64_t now_ns)
{
    const char *terminal = getenv("TERM");

    *progress = (struct progress){
        .is_on = wanted && isatty(STDERR_FILENO) && terminal != NULL && terminal[0] != '\0' &&
                 strcmp(terminal, "dumb") != 0,
        .started_ns = now_ns,
        .next_ns = now_ns,
    };
}

static void put(const char *text, size_t len)
{
    if (write(STDERR_FILENO, text, len) < 0) {
        /* A terminal that went away is not to be told. */
    }
}

void progress_draw(struct progress *progress, uint64_t jobs, uint64_t done, int64_t now_ns)
{
    struct progress_figures figures = {jobs, done, now_ns - progress->started_ns};
    char line[PROGRESS_MAX + 8] = "\r";
    struct winsize size;
    unsigned columns = DEFAULT_COLUMNS;
    size_t len;

    if (!progress->is_on)
        return;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        columns = size.ws_col;
    /* A line that reaches the last column would wrap on some terminals. */
    len = 1 + progress_render(line + 1, &figures, columns - 1);
    memcpy(line + len, "\033[K", 3);
    put(line, len + 3);
    progress->is_drawn = true;
}

void progress_clear(struct progress *progress)
{
    if (progress->is_drawn)
        put("\r\033[K", 4);
    progress->is_drawn = false;
}
