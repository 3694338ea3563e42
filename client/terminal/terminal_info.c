/* SPDX-License-Identifier: ISC */
#include "client/terminal/terminal.h"

#include <stdio.h>
#include <string.h>

/* The latter defines macros of such names as `columns`, which is why this file
 * has nothing else in it. */
#include <curses.h>
#include <term.h>

/* Copies a sequence less the pauses ($<5>) that terminals of metal needed. */
static void copy_sequence(char out[TERMINAL_SEQUENCE_MAX], const char *sequence)
{
    size_t len = 0;

    out[0] = '\0';
    /* tigetstr() answers -1 for what is no string. */
    if (sequence == NULL || sequence == (char *)-1)
        return;
    while (*sequence != '\0' && len + 1 < TERMINAL_SEQUENCE_MAX) {
        const char *end = strncmp(sequence, "$<", 2) == 0 ? strchr(sequence, '>') : NULL;

        if (end != NULL)
            sequence = end + 1;
        else
            out[len++] = *sequence++;
    }
    out[*sequence == '\0' ? len : 0] = '\0';
}

static char *find_sequence(const char *name)
{
    char copy[8];

    /* Its declaration lacks a const. */
    snprintf(copy, sizeof copy, "%s", name);
    return tigetstr(copy);
}

static int find_number(const char *name)
{
    char copy[8];

    snprintf(copy, sizeof copy, "%s", name);
    return tigetnum(copy);
}

static void read_colors(struct terminal *terminal)
{
    char *set = find_sequence("setaf");
    int colors = find_number("colors");

    if (set == NULL || set == (char *)-1 || colors < 8)
        return;
    for (int i = TERMINAL_BLACK; i <= TERMINAL_WHITE; i++)
        copy_sequence(terminal->color[i], tparm(set, (long)i, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L));
    if (colors >= 16)
        copy_sequence(terminal->color[TERMINAL_GREY],
                      tparm(set, 8L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L));
    else
        copy_sequence(terminal->color[TERMINAL_GREY], find_sequence("dim"));
    terminal->has_colors = terminal->reset[0] != '\0' && terminal->color[TERMINAL_RED][0] != '\0';
}

void terminal_info_read(struct terminal *terminal)
{
    const struct {
        const char *name;
        char *out;
    } sequences[] = {
        {"cuu1", terminal->up},    {"el", terminal->erase_line}, {"ed", terminal->erase_below},
        {"civis", terminal->hide}, {"cnorm", terminal->show},    {"bold", terminal->bold},
        {"sgr0", terminal->reset},
    };
    int found;

    if (setupterm(NULL, terminal->fd, &found) != OK)
        return;
    for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++)
        copy_sequence(sequences[i].out, find_sequence(sequences[i].name));
    read_colors(terminal);
    del_curterm(cur_term);
    terminal->can_redraw = terminal->is_terminal && terminal->up[0] != '\0' &&
                           terminal->erase_line[0] != '\0' && terminal->erase_below[0] != '\0';
    if (terminal->show[0] == '\0')
        terminal->hide[0] = '\0';
}
