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

/* The flag -o of one command, with the values that it takes there. */
static void print_output_flag(FILE *out, struct option_row row, enum command_id id)
{
    char help[NAMES_MAX];

    snprintf(help, sizeof help, "%s; human on a terminal, else json", arguments_shows(id));
    row.help = help;
    option_help_print(out, &row, "");
}

/* Flags of one command, or with COMMANDS of all: common ones or the others. */
static void print_flags(FILE *out, const char *heading, enum command_id id, bool common)
{
    unsigned commands = id < COMMANDS ? ARGUMENTS_ON(id) : ARGUMENTS_ALL;

    for (size_t i = 0; i < arguments_table.n; i++) {
        const struct option_row *row = &arguments_table.rows[i];
        char names[NAMES_MAX] = "";

        if (!(row->traits & commands) || is_common(row) != common)
            continue;
        fputs(heading, out);
        heading = "";
        if (id == COMMANDS && !common && !is_of_variants(row))
            name_commands(names, row);
        if (id < COMMANDS && row->letter == 'o')
            print_output_flag(out, *row, id);
        else
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
    print_flags(out, "\nflags:\n", id, false);
    print_flags(out, "\nflags that other commands have too:\n", id, true);
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
                    COMMANDS, false);
        print_flags(out, "\nflags of every command that talks to a daemon:\n", COMMANDS, true);
    }
    fputs("\nD is a duration: seconds (1, 0.25) or with units (250ms, 1m30s).\n"
          "Exit status: 0 all batches ok, 1 one ended otherwise, 2 usage or a request\n"
          "refused, 3 no connection or one lost, 130 interrupted.  See waitctl(1).\n",
          out);
}
