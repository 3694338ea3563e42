/* SPDX-License-Identifier: ISC */
#ifndef WAITD_STDIO_H
#define WAITD_STDIO_H

/*
 * Serves one client on standard input and output.  Each may be a pipe, a
 * socket, a terminal, a regular file or a device such as /dev/null; both are
 * shared with the process that started us, so their flags stay as they are: what could
 * block is asked for its readiness first, and given no more than it then has
 * room for.
 */

#include "daemon/session/channel.h"
#include "daemon/base/log.h"

struct stdio_config {
    const struct channel_env *env; /* borrowed */
    struct log *log;
};

/* Serves until everything is done or a signal ends it.  Returns the exit
 * status: 0; 1 if a batch ended other than ok, or input or output broke;
 * 2 if a request was refused. */
int stdio_serve(const struct stdio_config *config);

#endif
