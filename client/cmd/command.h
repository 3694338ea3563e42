/* SPDX-License-Identifier: ISC */
#ifndef WAITD_COMMAND_H
#define WAITD_COMMAND_H

/* What waitctl can do: one table, one file for each command. */

#include <stddef.h>

#include "client/base/status.h"

struct arguments;

enum command_id {
    COMMAND_SUBMIT,
    COMMAND_RUN,
    COMMAND_COMPARE,
    COMMAND_FORECAST,
    COMMAND_WATCH,
    COMMAND_LIST,
    COMMAND_CANCEL,
    COMMAND_FORGET,
    COMMAND_REPORT,
    COMMAND_IMPORT,
    COMMAND_PING,
    COMMAND_STATS,
    COMMAND_TOP,
    COMMAND_TOKEN,
    COMMAND_HELP
};
#define COMMANDS 15

struct command {
    const char *name;
    const char *operands; /* as --help has them */
    const char *summary;
    size_t min_operands, max_operands;
    enum status (*run)(const struct arguments *arguments);
};

extern const struct command command_table[COMMANDS]; /* by enum command_id */

/* The command of that name, or COMMANDS. */
enum command_id command_find(const char *name);

#endif
