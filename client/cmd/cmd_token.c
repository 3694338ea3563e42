/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/base/say.h"
#include "client/cmd/arguments.h"
#include "proto/token/token.h"

/*
 * A new token: the line for the daemon's file, and then the token itself, which is to be seen
 * this once.  Nothing of it is kept.
 */

static enum status print(const char *token, const char *line)
{
    printf("%s\n%s\n", line, token);
    if (!say_output())
        return STATUS_NOT_OK;
    if (isatty(STDOUT_FILENO))
        fputs("The first line is for the daemon's --token-file.  The second one is the token,\n"
              "which is shown this once: keep it in a file of mode 600 for waitctl --token-file.\n",
              stderr);
    return STATUS_OK;
}

enum status cmd_token(const struct arguments *arguments)
{
    const char *verb = arguments->operands[0], *name = arguments->operands[1];
    char token[TOKEN_MAX + 1], line[TOKEN_LINE_MAX + 1];
    enum status status = STATUS_REFUSED;

    if (strcmp(verb, "new") != 0) {
        say("'%s' is not known of tokens: waitctl token new NAME makes one", verb);
    } else if (!token_is_there()) {
        say("this waitctl was built without libcrypt, and makes no tokens");
    } else if (!token_is_name(name, strlen(name))) {
        say("'%s' is no name of a token, which is 1 to %d of A-Z a-z 0-9 . _ -", name,
            TOKEN_NAME_MAX);
    } else if (token_make(name, token, line) != 0) {
        say("cannot make a token: %s", strerror(errno));
        status = STATUS_NOT_OK;
    } else {
        status = print(token, line);
        explicit_bzero(token, sizeof token);
    }
    return status;
}
