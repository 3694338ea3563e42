/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TLS_H
#define WAITD_TLS_H

/*
 * TLS 1.3 over a client's socket, as a transport (RFC 8446, by OpenSSL).
 *
 * Half a close is `close_notify`, either way.  An end of file without it may be an
 * attacker's, so it counts as a reset.  A client that does not speak TLS is
 * answered so in plain text.
 *
 * Built without OpenSSL there is none of it: see tls_is_there().
 */

#include <stdint.h>

#include "daemon/base/log.h"
#include "daemon/net/transport.h"

/* Whether this build has it. */
bool tls_is_there(void);

/* What proves who we are, and who clients are. */
struct tls_files {
    const char *cert;      /* PEM: ours, and behind it what leads to a known authority */
    const char *key;       /* PEM: its private key */
    const char *client_ca; /* PEM: authorities for clients, who must show a certificate;
                              NULL: everybody is served */
};

#define TLS_PROBLEM_MAX 384

/* A server's side of TLS: certificates and what follows from them.  Shared by threads. */
struct tls;

/* Reads the files.  NULL, and in problem why (one line that names the file). */
struct tls *tls_new(const struct tls_files *files, struct log *log, char problem[TLS_PROBLEM_MAX]);

/* Once no transport of it is left; NULL is fine. */
void tls_free(struct tls *tls);

/* Reads files anew: those who connect from now on get what they say, those who are here
 * keep what they have.  0; or -1 with why in problem, and nothing has changed. */
int tls_reload(struct tls *tls, const struct tls_files *files, char problem[TLS_PROBLEM_MAX]);

/*
 * A transport over a connected non-blocking socket, which stays the caller's.
 * Whenever the socket is ready for anything the owner sets both `readable` and
 * `writable`: to receive may take a send, and to send a receive.  `is_opening` until the
 * handshake is done; it knows by its certificate who the client is.  number: the connection's, for
 * the log.  NULL when out of memory.
 */
struct transport *tls_open(struct tls *tls, int fd, uint64_t number);
void tls_close(struct transport *transport); /* NULL is fine */

#endif
