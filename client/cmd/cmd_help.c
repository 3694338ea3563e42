/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <stdio.h>

#include "client/cmd/arguments.h"
#include "client/base/say.h"

enum status cmd_help(const struct arguments *arguments)
{
    enum command_id command = COMMANDS;
    char problem[ARGUMENTS_PROBLEM_MAX];

    if (arguments->n_operands > 0) {
        command = command_find(arguments->operands[0]);
        if (command == COMMANDS) {
            arguments_unknown_command(problem, arguments->operands[0]);
            say("%s", problem);
            return STATUS_REFUSED;
        }
    }
    arguments_help(stdout, command);
    return say_output() ? STATUS_OK : STATUS_NOT_OK;
}
