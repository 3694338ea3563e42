/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CREDENTIAL_H
#define WAITD_CREDENTIAL_H

/*
 * The token by which we prove to a daemon who we are: read from a file, since a command line
 * is for everybody to see, and shown before anything else is said.
 */

#include <stdint.h>

#include "proto/fault.h"
#include "proto/token/token.h"

/* Reads the first line of a file that is a token.  NULL, or what is wrong, as the end of a
 * sentence that begins with the file's name. */
const char *credential_read(const char *path, char token[TOKEN_MAX + 1]);

/*
 * Shows it on a connected non-blocking socket, until deadline_ns of moment_now().  0 once the
 * daemon knows who we are; -1 and errno, which is EKEYREJECTED where it does not: refusal is in
 * its words then.
 */
int credential_show(int fd, const char *token, int64_t deadline_ns,
                    char refusal[FAULT_MESSAGE_MAX]);

#endif
