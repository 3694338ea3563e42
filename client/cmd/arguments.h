/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ARGUMENTS_H
#define WAITD_ARGUMENTS_H

/*
 * The command line.  One table of flags (proto/options/option_table.h) serves parsing, --help and
 * the checks of the manual; flags may be before or after the command and its operands.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "client/cmd/command.h"
#include "client/cmd/vary.h"
#include "client/net/overrides.h"
#include "client/net/tunnel.h"
#include "proto/options/option_flags.h"
#include "proto/options/option_value.h"

struct show;

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct arguments {
    enum command_id command; /* COMMANDS for none */
    char **operands;         /* in argv, put there in a row */
    size_t n_operands;
    const char *server; /* NULL where it was not given */
    bool local;
    struct tunnel_files tls; /* --tls-ca, --tls-cert, --tls-key */
    const char *token_file;  /* --token-file, or NULL */
    int64_t connect_timeout_ns;
    const struct show *show; /* NULL for the default */
    enum color color;
    struct overrides overrides;
    uint64_t count;               /* -n; 0 if it is not given */
    const char *name;             /* --name, or NULL */
    bool real;                    /* --real */
    int64_t interval_ns;          /* --interval */
    uint64_t runs;                /* --runs; 0 if it is not given */
    struct vary vary;             /* --vary */
    const char *request;          /* --request, or NULL */
    uint64_t from;                /* --from; 1 if it is not given */
    uint64_t limit;               /* --limit; 0 for none */
    const char *state;            /* --state, or NULL */
    const char *example;          /* --example, or NULL */
    const char *graph, *workflow; /* files of import, or NULL */
    /* Files, `-` for standard output; NULL for none. */
    const char *trace, *joblog, *svg;
};

enum arguments_result {
    ARGUMENTS_RUN,
    ARGUMENTS_HELP,
    ARGUMENTS_VERSION,
    ARGUMENTS_WRONG, /* see `problem` */
};

#define ARGUMENTS_PROBLEM_MAX OPTION_FLAGS_PROBLEM_MAX

/* Every flag, in the order of the help. */
extern const struct option_table arguments_table;

/*
 * Reads argv, whose order it changes.  *arguments is set in any case and to be
 * released.  Uses getopt and its variables: not re-entrant.
 */
enum arguments_result arguments_parse(int argc, char **argv, struct arguments *arguments,
                                      char problem[ARGUMENTS_PROBLEM_MAX]);
void arguments_fini(struct arguments *arguments);

/* Whether the command that was given takes a flag of this name. */
bool arguments_take(const struct arguments *arguments, const char *flag);

/* Words the problem that a command is none. */
void arguments_unknown_command(char problem[ARGUMENTS_PROBLEM_MAX], const char *word);

/* Writes the help text, of one command or with COMMANDS of all. */
void arguments_help(FILE *out, enum command_id command);

#endif
