/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DIAL_H
#define WAITD_DIAL_H

/*
 * Where the daemon is, in the words of --server, and how to get there: an address as
 * proto/address.h has it, or `tls:` and one that is no Unix socket's, to be reached by TLS.
 */

#include <stdbool.h>
#include <stdint.h>

#include "client/net/credential.h"
#include "client/net/tunnel.h"
#include "proto/address.h"

#define DIAL_DEFAULT "127.0.0.1:9248"

struct dial_target {
    struct address_spec address;
    bool is_tls;
    struct tunnel_files files; /* for TLS; the caller's to fill in */
    char token[TOKEN_MAX + 1]; /* by which we prove who we are; the caller's to fill in, else "" */
    char refusal[FAULT_MESSAGE_MAX]; /* of the token, by the daemon */
};

/* Takes text apart.  NULL, or what is wrong with it, as the end of a sentence
 * (`has no port`); *target is written on success only.  Pure. */
const char *dial_parse(const char *text, struct dial_target *target);

/*
 * Connects, trying one address after another, for at most timeout_ns in all, the
 * handshake of TLS included, and proves who we are where there is a token.
 * Returns a non-blocking socket, or -1 and in *problem why not (a static text, or the target's
 * refusal, with errno EKEYREJECTED); of a Unix socket also in errno, EACCES where it is not for
 * this user.
 */
int dial(struct dial_target *target, int64_t timeout_ns, const char **problem);

#endif
