/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ARGUMENTS_INTERNAL_H
#define WAITD_ARGUMENTS_INTERNAL_H

/*
 * The command line, shared by the files that make it up:
 *
 *     arguments.c        reading it, and what goes together
 *     arguments_table.c  the table of flags
 *     arguments_help.c   help
 */

#include "client/cmd/arguments.h"

/* The trait of a flag that a command takes. */
#define ARGUMENTS_ON(command) (1u << (OPTION_OWN_TRAITS + (command)))
#define ARGUMENTS_ALL         (~0u << OPTION_OWN_TRAITS)

/* The values of -o that a command takes, or with COMMANDS some command, as a list for people. */
const char *arguments_shows(enum command_id command);

#endif
