/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OPTION_FLAGS_H
#define WAITD_OPTION_FLAGS_H

/*
 * The command line, word by word, by a table of options: getopt_long(3) with the table's names
 * and letters, and errors that say what was probably meant.  As getopt_long() keeps its place
 * in global variables, this is for one thread and one command line at a time.
 */

#include <getopt.h>
#include <stdbool.h>

#include "proto/options/option_table.h"

struct option_flags {
    const struct option_table *table;
    int argc;
    char *const *argv;
    bool given[OPTION_ROWS_MAX]; /* rows that a flag has named */
    bool is_past_flags;
    struct option flags[OPTION_ROWS_MAX + 1];
    char letters[2 * OPTION_ROWS_MAX + 3];
};

enum option_flags_result {
    OPTION_FLAGS_END,
    OPTION_FLAGS_FLAG,    /* *row and its value, NULL for none */
    OPTION_FLAGS_OPERAND, /* the value is the operand */
    OPTION_FLAGS_WRONG,   /* `problem` says why, in one line */
};

#define OPTION_FLAGS_PROBLEM_MAX 256

/* argv is borrowed. */
void option_flags_begin(struct option_flags *flags, const struct option_table *table, int argc,
                        char *const argv[]);

/* The next flag or operand, in their order on the line; behind `--` there are operands
 * alone.  *value is argv's. */
enum option_flags_result option_flags_next(struct option_flags *flags,
                                           const struct option_row **row, char **value,
                                           char problem[OPTION_FLAGS_PROBLEM_MAX]);

#endif
