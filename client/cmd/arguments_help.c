/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "client/cmd/arguments_internal.h"
#include "proto/options/option_help.h"

#define NAMES_MAX 160

/* Which commands a flag goes with, in brackets. */
static void name_commands(char names[NAMES_MAX], const struct option_row *row)
{
    size_t len = 0;

    for (unsigned i = 0; i < COMMANDS && len < NAMES_MAX; i++)
        if (row->traits & ARGUMENTS_ON(i))
            len += (size_t)snprintf(names + len, NAMES_MAX - len, "%s%s", len == 0 ? "(" : ", ",
                                    command_table[i].name);
    if (len < NAMES_MAX)
        snprintf(names + len, NAMES_MAX - len, ")");
}

/* Whether a flag is one of those that most commands have. */
static bool is_common(const struct option_row *row)
{
    return (row->traits & ARGUMENTS_ON(COMMAND_PING)) != 0;
}

static bool is_of_variants(const struct option_row *row)
{
    return row->traits == (ARGUMENTS_ON(COMMAND_SUBMIT) | ARGUMENTS_ON(COMMAND_RUN) |
                           ARGUMENTS_ON(COMMAND_COMPARE));
}

/* Flags of the commands, common ones or the others. */
static void print_flags(FILE *out, const char *heading, unsigned commands, bool common)
{
    for (size_t i = 0; i < arguments_table.n; i++) {
        const struct option_row *row = &arguments_table.rows[i];
        char names[NAMES_MAX] = "";

        if (!(row->traits & commands) || is_common(row) != common)
            continue;
        fputs(heading, out);
        heading = "";
        if (commands == ARGUMENTS_ALL && !common && !is_of_variants(row))
            name_commands(names, row);
        option_help_print(out, row, names);
    }
}

static void help_on(FILE *out, enum command_id id)
{
    const struct command *command = &command_table[id];

    fprintf(out, "usage: waitctl %s [FLAG...]%s%s\n\nwaitctl %s: %s.\n", command->name,
            command->operands[0] != '\0' ? " " : "", command->operands, command->name,
            command->summary);
    if (id == COMMAND_REPORT)
        fputs("A FILE has what a daemon sent; `-`, or none, is standard input.\n", out);
    if (id == COMMAND_FORECAST)
        fputs("It is computed here, on all processors, without a daemon.\n", out);
    if (id == COMMAND_SUBMIT)
        fputs("A FILE of `-`, or none, is standard input.  Flags override the files.\n", out);
    if (id == COMMAND_IMPORT)
        fputs("A FORMAT is ninja, actions, wfformat or joblog.  A FILE of `-`, or none, is\n"
              "standard input.  Prints one batch of all files, which submit takes.\n",
              out);
    if (id == COMMAND_TOP)
        fputs("A picture on a terminal (? explains it, q quits), else a line a sample.\n", out);
    print_flags(out, "\nflags:\n", ARGUMENTS_ON(id), false);
    print_flags(out, "\nflags that other commands have too:\n", ARGUMENTS_ON(id), true);
}

void arguments_help(FILE *out, enum command_id command)
{
    if (command < COMMANDS) {
        help_on(out, command);
    } else {
        fputs("usage: waitctl COMMAND [FLAG...] [OPERAND...]\n"
              "\n"
              "Talks to waitd, which runs batches of waits.\n"
              "\n"
              "commands:\n",
              out);
        for (unsigned i = 0; i < COMMANDS; i++)
            fprintf(out, "  %-8s %-18s %s\n", command_table[i].name, command_table[i].operands,
                    command_table[i].summary);
        print_flags(out,
                    "\nflags of batches (submit, run and compare, where not said otherwise) and of"
                    "\nsingle commands:\n",
                    ARGUMENTS_ALL, false);
        print_flags(out, "\nflags of every command that talks to a daemon:\n", ARGUMENTS_ALL, true);
    }
    fputs("\nD is a duration: seconds (1, 0.25) or with units (250ms, 1m30s).\n"
          "Exit status: 0 all batches ok, 1 one ended otherwise, 2 usage or a request\n"
          "refused, 3 no connection or one lost, 130 interrupted.  See waitctl(1).\n",
          out);
}
