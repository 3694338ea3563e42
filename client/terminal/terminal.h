/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TERMINAL_H
#define WAITD_TERMINAL_H

/*
 * What a descriptor can show: how wide it is, in which characters, in colours
 * or not, and whether what was written can be written over.  terminfo describes
 * the terminal, the locale of the characters.
 *
 * Not re-entrant: terminfo has a state of its own while terminal_open() runs.
 */

#include <stdbool.h>

#include "client/base/bytes.h"

/* Where nothing says so. */
#define TERMINAL_COLUMNS 80
#define TERMINAL_ROWS    24

/* Longer sequences count as missing. */
#define TERMINAL_SEQUENCE_MAX 32

/* As terminals number them. */
enum terminal_color {
    TERMINAL_BLACK,
    TERMINAL_RED,
    TERMINAL_GREEN,
    TERMINAL_YELLOW,
    TERMINAL_BLUE,
    TERMINAL_MAGENTA,
    TERMINAL_CYAN,
    TERMINAL_WHITE,
    TERMINAL_GREY, /* a shade between black and white, where there is one */
    TERMINAL_COLORS,
};

struct terminal {
    int fd;
    bool is_terminal;
    bool is_utf8;           /* else ASCII alone is to be written */
    bool can_redraw;        /* the cursor can move up, and what follows it can be erased */
    bool has_colors;        /* by terminfo; whether they are wanted is for the caller to say */
    unsigned columns, rows; /* at least 1 */
    /* Empty for none. */
    char up[TERMINAL_SEQUENCE_MAX]; /* by one line */
    char erase_line[TERMINAL_SEQUENCE_MAX], erase_below[TERMINAL_SEQUENCE_MAX];
    char hide[TERMINAL_SEQUENCE_MAX], show[TERMINAL_SEQUENCE_MAX]; /* the cursor */
    char bold[TERMINAL_SEQUENCE_MAX], reset[TERMINAL_SEQUENCE_MAX];
    char color[TERMINAL_COLORS][TERMINAL_SEQUENCE_MAX];
};

/* Looks at the descriptor, TERM, COLUMNS, LINES and the locale's variables. */
void terminal_open(struct terminal *terminal, int fd);

/* How wide the terminal is that fd is of; 0 for what is none, or does not know. */
unsigned terminal_columns(int fd);

/* Reads the size anew, as after SIGWINCH: of the terminal, and where there is
 * none, or it does not know, what COLUMNS and LINES say.  Returns whether it is
 * another one. */
bool terminal_measure(struct terminal *terminal);

/* Whether what is drawn there disturbs nobody: not so in the background, where the
 * shell, or what runs in front, has the terminal. */
bool terminal_is_ours(int fd);

/* Puts sequences of the common kind where terminfo has none, for colours that
 * are asked for whatever the terminal. */
void terminal_force_colors(struct terminal *terminal);

/* A part of terminal_open(): what terminfo knows of the terminal. */
void terminal_info_read(struct terminal *terminal);

#endif
