/* SPDX-License-Identifier: ISC */
#include "proto/options/option_flags.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define OPERAND   1    /* what getopt_long() returns for a word that is no flag */
#define LONG_FLAG 1000 /* and for a long flag, plus its row */

/* A flag that is short for more than these is answered without their names. */
#define NAMES_MOST 6

void option_flags_begin(struct option_flags *flags, const struct option_table *table, int argc,
                        char *const argv[])
{
    char *letter = flags->letters;

    memset(flags, 0, sizeof(*flags));
    flags->table = table;
    flags->argc = argc;
    flags->argv = argv;
    *letter++ = '-'; /* operands are returned in their order among the flags */
    *letter++ = ':'; /* a missing value differs from an unknown flag */
    for (unsigned i = 0; i < table->n; i++) {
        const struct option_row *row = &table->rows[i];

        flags->flags[i].name = row->name;
        flags->flags[i].has_arg = row->argument ? required_argument : no_argument;
        flags->flags[i].val = LONG_FLAG + (int)i;
        if (!row->letter)
            continue;
        *letter++ = (char)row->letter;
        if (row->argument)
            *letter++ = ':';
    }
    opterr = 0;
    optind = 0; /* begin anew, in the GNU library's words */
}

/* The row that a value of getopt_long() means, or of its optopt. */
static const struct option_row *row_of(const struct option_table *table, int value)
{
    if (value >= LONG_FLAG)
        return &table->rows[value - LONG_FLAG];
    for (unsigned i = 0; i < table->n; i++)
        if (table->rows[i].letter && table->rows[i].letter == value)
            return &table->rows[i];
    return NULL;
}

/* ---- Errors ------------------------------------------------------------ */

static bool is_short_for(const struct option_row *row, const char *name, size_t len)
{
    return !(row->traits & OPTION_HIDDEN) && strncmp(row->name, name, len) == 0;
}

/* A long flag that is none, or short for several. */
static void describe_long(const struct option_table *table, const char *name, size_t len,
                          char problem[OPTION_FLAGS_PROBLEM_MAX])
{
    const char *meant = option_table_nearest(table, name, len, 0);
    unsigned n = 0, of = 0;
    size_t used;

    for (unsigned i = 0; i < table->n; i++)
        of += is_short_for(&table->rows[i], name, len);
    if (of > NAMES_MOST) {
        snprintf(problem, OPTION_FLAGS_PROBLEM_MAX, "--%.*s is short for %u flags; see %s --help",
                 (int)len, name, of, table->program);
    } else if (of > 1) {
        used = (size_t)snprintf(problem, OPTION_FLAGS_PROBLEM_MAX, "--%.*s may be", (int)len, name);
        for (unsigned i = 0; i < table->n; i++)
            if (is_short_for(&table->rows[i], name, len) && used < OPTION_FLAGS_PROBLEM_MAX) {
                n++;
                used += (size_t)snprintf(problem + used, OPTION_FLAGS_PROBLEM_MAX - used,
                                         "%s --%s%s", n == of ? " or" : "", table->rows[i].name,
                                         n + 1 < of ? "," : "");
            }
        if (used < OPTION_FLAGS_PROBLEM_MAX)
            snprintf(problem + used, OPTION_FLAGS_PROBLEM_MAX - used, "; see %s --help",
                     table->program);
    } else if (meant) {
        snprintf(problem, OPTION_FLAGS_PROBLEM_MAX,
                 "unknown flag --%.*s (did you mean --%s?); see %s --help", (int)len, name, meant,
                 table->program);
    } else {
        snprintf(problem, OPTION_FLAGS_PROBLEM_MAX, "unknown flag --%.*s; see %s --help", (int)len,
                 name, table->program);
    }
}

/* What is quoted may hold control characters, and the problem is one line. */
static void make_one_line(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

/* A long flag that the table has, with a value too many or too few, or a letter. */
static void describe_known(const struct option_table *table, int value,
                           char problem[OPTION_FLAGS_PROBLEM_MAX])
{
    const struct option_row *row = row_of(table, optopt);
    char letter[2] = {(char)optopt, '\0'};

    if (!row)
        snprintf(problem, OPTION_FLAGS_PROBLEM_MAX, "unknown flag -%s; see %s --help", letter,
                 table->program);
    else if (value == ':')
        snprintf(problem, OPTION_FLAGS_PROBLEM_MAX, "%s%s needs a value; see %s --help",
                 optopt < LONG_FLAG ? "-" : "--", optopt < LONG_FLAG ? letter : row->name,
                 table->program);
    else
        snprintf(problem, OPTION_FLAGS_PROBLEM_MAX, "--%s takes no value; see %s --help", row->name,
                 table->program);
}

/* What getopt_long() objects to, by its optopt: 0 for a long flag that it does not know. */
static void describe(const struct option_flags *flags, int value,
                     char problem[OPTION_FLAGS_PROBLEM_MAX])
{
    const char *word = flags->argv[optind - 1];
    size_t len = strcspn(word, "=");

    if (optopt != 0)
        describe_known(flags->table, value, problem);
    else
        describe_long(flags->table, word + 2, (len < 66 ? len : 66) - 2, problem);
    make_one_line(problem);
}

enum option_flags_result option_flags_next(struct option_flags *flags,
                                           const struct option_row **row, char **value,
                                           char problem[OPTION_FLAGS_PROBLEM_MAX])
{
    int found = -1;

    if (!flags->is_past_flags)
        found = getopt_long(flags->argc, flags->argv, flags->letters, flags->flags, NULL);
    if (found == -1) {
        flags->is_past_flags = true;
        if (optind >= flags->argc)
            return OPTION_FLAGS_END;
        *value = flags->argv[optind++];
        return OPTION_FLAGS_OPERAND;
    }
    *value = optarg;
    if (found == OPERAND)
        return OPTION_FLAGS_OPERAND;
    if (found == '?' || found == ':') {
        describe(flags, found, problem);
        return OPTION_FLAGS_WRONG;
    }
    *row = row_of(flags->table, found);
    assert(*row); /* getopt_long() knows the table's alone */
    if (((*row)->traits & OPTION_ONCE) && flags->given[*row - flags->table->rows]) {
        snprintf(problem, OPTION_FLAGS_PROBLEM_MAX, "--%s is given twice, and takes one value",
                 (*row)->name);
        return OPTION_FLAGS_WRONG;
    }
    flags->given[*row - flags->table->rows] = true;
    return OPTION_FLAGS_FLAG;
}
