/* SPDX-License-Identifier: ISC */

/* waitctl: talks to waitd.  See waitctl(1). */

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "client/cmd/arguments.h"
#include "client/cmd/command.h"
#include "client/net/interrupt.h"
#include "client/base/say.h"

/* A standard descriptor that is closed must not become a socket's: it is
 * opened so that using it is an error. */
static void fill_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDONLY);
        if (fd == STDIN_FILENO) {
            close(fd);
            fd = open("/dev/null", O_WRONLY);
        }
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static enum status act(int argc, char **argv, struct arguments *arguments)
{
    char problem[ARGUMENTS_PROBLEM_MAX];

    switch (arguments_parse(argc, argv, arguments, problem)) {
    case ARGUMENTS_RUN:
        return command_table[arguments->command].run(arguments);
    case ARGUMENTS_HELP:
        arguments_help(stdout, arguments->command);
        break;
    case ARGUMENTS_VERSION:
        puts("waitctl " PACKAGE_VERSION);
        break;
    case ARGUMENTS_WRONG:
        say("%s", problem);
        return STATUS_REFUSED;
    }
    return say_output() ? STATUS_OK : STATUS_NOT_OK;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    enum status status;

    fill_standard_descriptors();
    interrupt_init();
    status = act(argc, argv, &arguments);
    arguments_fini(&arguments);
    return (int)status;
}
