/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TUNNEL_H
#define WAITD_TUNNEL_H

/*
 * TLS 1.3 to a daemon (RFC 8446, by OpenSSL): a thread of its own carries bytes between a
 * connected socket that speaks TLS and a local one that does not, so that all else in the
 * client reads, writes and polls a plain socket.
 *
 *     client ◄──► local socket ◄──► thread ◄──► TLS ◄──► daemon
 *
 * Half a close is passed on as `close_notify`, either way.  Where TLS breaks, the reason
 * is said on standard error and the local socket ends.
 */

#include <stdbool.h>
#include <stdint.h>

/* Files in PEM, each NULL where it was not given. */
struct tunnel_files {
    const char *ca;         /* authorities for the daemon; NULL: the system's */
    const char *cert, *key; /* the client's own, for daemons that ask for it */
};

/* Whether this build has it. */
bool tunnel_is_there(void);

/*
 * Agrees with the daemon at the other end of fd, a connected non-blocking socket, until
 * deadline_ns of moment_now(); its certificate has to be for host, a name or an IP
 * address.  Returns the local socket, non-blocking; or -1, and in *problem why not (a
 * static text).  fd is the tunnel's from then on, in any case.
 */
int tunnel_open(int fd, const char *host, const struct tunnel_files *files, int64_t deadline_ns,
                const char **problem);

#endif
