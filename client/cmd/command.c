/* SPDX-License-Identifier: ISC */
#include "client/cmd/command.h"

#include <stdint.h>
#include <string.h>

#include "client/cmd/cmd.h"

const struct command command_table[COMMANDS] = {
    [COMMAND_SUBMIT] = {"submit", "[FILE...]", "send the requests in files or standard input", 0,
                        SIZE_MAX, cmd_submit},
    [COMMAND_RUN] = {"run", "DURATION...", "wait so long, as a batch made up on the spot", 1,
                     SIZE_MAX, cmd_run},
    [COMMAND_COMPARE] = {"compare", "FILE", "one batch sequential, blocking and concurrent", 1, 1,
                         cmd_compare},
    [COMMAND_FORECAST] = {"forecast", "FILE", "how long one batch will take, over many runs", 1, 1,
                          cmd_forecast},
    [COMMAND_WATCH] = {"watch", "REF", "show the events of a detached batch", 1, 1, cmd_watch},
    [COMMAND_LIST] = {"list", "", "list the detached batches", 0, 0, cmd_list},
    [COMMAND_CANCEL] = {"cancel", "REF [JOB]", "cancel a detached batch, or one job of it", 1, 2,
                        cmd_cancel},
    [COMMAND_FORGET] = {"forget", "REF", "remove a detached batch that has ended", 1, 1,
                        cmd_forget},
    [COMMAND_REPORT] = {"report", "[FILE]", "show events that were saved", 0, 1, cmd_report},
    [COMMAND_IMPORT] = {"import", "FORMAT [FILE...]", "make a batch of what a program has recorded",
                        1, SIZE_MAX, cmd_import},
    [COMMAND_PING] = {"ping", "", "see whether the daemon answers", 0, 0, cmd_ping},
    [COMMAND_STATS] = {"stats", "", "show the daemon's figures", 0, 0, cmd_stats},
    [COMMAND_TOP] = {"top", "", "watch the daemon's figures", 0, 0, cmd_top},
    [COMMAND_TOKEN] = {"token", "new NAME", "make a token, for the daemon's --token-file", 2, 2,
                       cmd_token},
    [COMMAND_HELP] = {"help", "[COMMAND]", "show help, on a command or on all", 0, 1, cmd_help},
};

enum command_id command_find(const char *name)
{
    unsigned id = 0;

    while (id < COMMANDS && strcmp(command_table[id].name, name) != 0)
        id++;
    return (enum command_id)id;
}
