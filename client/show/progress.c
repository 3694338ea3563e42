/* SPDX-License-Identifier: ISC */
#include "client/show/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/terminal/terminal.h"

#define BAR_MIN 8
#define BAR_MAX 40

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

static double share_of(const struct progress_figures *figures)
{
    double total_ns = (double)figures->elapsed_ns + (double)figures->left_ns;

    if (figures->is_exact && figures->left_ns >= 0)
        return total_ns > 0 ? (double)figures->elapsed_ns / total_ns : 0;
    return figures->jobs > 0 ? (double)figures->done / (double)figures->jobs : 0;
}

static size_t render_bar(char *out, const struct progress_figures *figures, unsigned width)
{
    double share = share_of(figures);
    unsigned filled = share >= 1 ? width : (unsigned)(share * width);

    out[0] = '[';
    memset(out + 1, '=', filled);
    memset(out + 1 + filled, ' ', width - filled);
    if (filled < width)
        out[1 + filled] = '>';
    memcpy(out + 1 + width, "] ", 2);
    return width + 3;
}

/* What is behind the bar. */
static size_t render_text(char *out, size_t room, const struct progress_figures *figures,
                          bool with_in_flight)
{
    char elapsed[40], left[40];
    size_t len;

    print_time(elapsed, sizeof elapsed, figures->elapsed_ns);
    snprintf(out, room, "%" PRIu64 "/%" PRIu64 "  %s", figures->done, figures->jobs, elapsed);
    if (figures->left_ns >= 0) {
        print_time(left, sizeof left, figures->left_ns);
        len = strlen(out);
        snprintf(out + len, room - len, "  ETA %s%s", figures->is_exact ? "" : "~", left);
    }
    len = strlen(out);
    if (with_in_flight && figures->has_in_flight)
        snprintf(out + len, room - len, "  %" PRIu64 " in flight", figures->in_flight);
    return strlen(out);
}

size_t progress_render(char out[PROGRESS_MAX], const struct progress_figures *figures,
                       unsigned columns)
{
    char text[200];
    size_t len = 0, text_len;

    if (columns >= PROGRESS_MAX)
        columns = PROGRESS_MAX - 1;
    text_len = render_text(text, sizeof text, figures, true);
    if (text_len + BAR_MIN + 3 > columns)
        text_len = render_text(text, sizeof text, figures, false);
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

bool progress_is_possible(void)
{
    const char *terminal = getenv("TERM");

    return isatty(STDERR_FILENO) && terminal != NULL && terminal[0] != '\0' &&
           strcmp(terminal, "dumb") != 0;
}

void progress_init(struct progress *progress, bool wanted, int64_t now_ns)
{
    *progress = (struct progress){.is_on = wanted && progress_is_possible(), .next_ns = now_ns};
}

static void put(const char *text, size_t len)
{
    if (write(STDERR_FILENO, text, len) < 0) {
        /* Nothing is written to a terminal that went away. */
    }
}

static unsigned measure(void)
{
    unsigned columns = terminal_columns(STDERR_FILENO);

    return columns > 0 ? columns : TERMINAL_COLUMNS;
}

/* Moves to where the line that is drawn begins.  Most terminals that are made
 * narrower break it into several, and leave the cursor at the end of it. */
static void go_to_start(const struct progress *progress, unsigned columns)
{
    size_t rows = progress->drawn > 0 ? (progress->drawn - 1) / columns : 0;

    put("\r", 1);
    while (rows-- > 0)
        put("\033[A", 3);
}

void progress_draw(struct progress *progress, const struct progress_figures *figures)
{
    char line[PROGRESS_MAX + 8];
    unsigned columns = measure();

    if (!progress->is_on || !terminal_is_ours(STDERR_FILENO))
        return;
    go_to_start(progress, columns);
    /* A line that reaches the last column would wrap on some terminals. */
    progress->drawn = progress_render(line, figures, columns - 1);
    memcpy(line + progress->drawn, "\033[J", 3);
    put(line, progress->drawn + 3);
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn == 0)
        return;
    go_to_start(progress, measure());
    put("\033[J", 3);
    progress->drawn = 0;
}
