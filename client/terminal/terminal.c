/* SPDX-License-Identifier: ISC */
#include "client/terminal/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* More columns, or lines, are taken for a mistake. */
#define SIZE_MAX_TAKEN 10000

static bool locale_is_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool is_utf8;

    if (locale == (locale_t)0)
        return false;
    is_utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return is_utf8;
}

/* The number in a variable of the environment, or 0. */
static unsigned variable(const char *name)
{
    const char *text = getenv(name);
    char *end;
    long number;

    if (text == NULL || text[0] < '0' || text[0] > '9')
        return 0;
    number = strtol(text, &end, 10);
    return *end == '\0' && number > 0 && number <= SIZE_MAX_TAKEN ? (unsigned)number : 0;
}

static unsigned choose(unsigned measured, const char *name, unsigned otherwise)
{
    unsigned given = measured == 0 ? variable(name) : 0;

    return measured > 0 ? measured : given > 0 ? given : otherwise;
}

unsigned terminal_columns(int fd)
{
    struct winsize size;

    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool terminal_measure(struct terminal *terminal)
{
    struct winsize size = {0};
    unsigned columns = terminal->columns, rows = terminal->rows;

    if (!terminal->is_terminal || ioctl(terminal->fd, TIOCGWINSZ, &size) < 0)
        size = (struct winsize){0};
    terminal->columns = choose(size.ws_col, "COLUMNS", TERMINAL_COLUMNS);
    terminal->rows = choose(size.ws_row, "LINES", TERMINAL_ROWS);
    return terminal->columns != columns || terminal->rows != rows;
}

void terminal_open(struct terminal *terminal, int fd)
{
    *terminal = (struct terminal){.fd = fd, .is_terminal = isatty(fd)};
    terminal->is_utf8 = locale_is_utf8();
    if (terminal->is_terminal)
        terminal_info_read(terminal);
    terminal_measure(terminal);
}

bool terminal_is_ours(int fd)
{
    pid_t in_front = tcgetpgrp(fd);

    return in_front < 0 || in_front == getpgrp();
}

void terminal_force_colors(struct terminal *terminal)
{
    if (terminal->has_colors)
        return;
    for (int i = TERMINAL_BLACK; i <= TERMINAL_WHITE; i++)
        snprintf(terminal->color[i], TERMINAL_SEQUENCE_MAX, "\033[3%dm", i);
    snprintf(terminal->color[TERMINAL_GREY], TERMINAL_SEQUENCE_MAX, "\033[90m");
    snprintf(terminal->bold, TERMINAL_SEQUENCE_MAX, "\033[1m");
    snprintf(terminal->reset, TERMINAL_SEQUENCE_MAX, "\033[0m");
    terminal->has_colors = true;
}
