/* SPDX-License-Identifier: ISC */
#ifndef WAITD_IDENTITY_H
#define WAITD_IDENTITY_H

/*
 * By what the daemon identifies its clients, as its options say: the tokens that it accepts,
 * its administrators, and which clients have to prove who they are at all.  For the first
 * loop's thread, but for what it lends to the loops.
 */

#include <stdbool.h>

#include "daemon/base/log.h"
#include "daemon/options.h"
#include "proto/address.h"

struct credentials;
struct verifier;

/* Embedded by its owner; all zero is a closed one. */
struct identity {
    const struct options *options; /* which may change: identity_reload() */
    struct log *log;
    struct credentials *credentials; /* for loops, while it is open */
    struct verifier *verifier;       /* the same; NULL without a file of tokens */
};

/* 0; or 1 with the reason in the log. */
int identity_open(struct identity *identity, const struct options *options, struct log *log);
void identity_close(struct identity *identity);

/* The options have changed, or the file of tokens: counts for those who come from now on.  What
 * cannot be read stays as it was, with the reason in the log. */
void identity_reload(struct identity *identity);

/* Whether a client by TCP has to prove who it is: where there are any credentials to ask for,
 * unless it comes by loopback and that is trusted.  by_certificate: TLS asks it for one. */
bool identity_is_asked_for(const struct identity *identity, const struct address *from,
                           bool by_certificate);

#endif
