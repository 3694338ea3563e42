/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DIAL_H
#define WAITD_DIAL_H

/*
 * Where the daemon is, in the words of --server, and how to get there:
 *
 *     HOST:PORT    a host's name or an IPv4 address
 *     [V6]:PORT    an IPv6 address
 *     :PORT        this machine
 *     PORT         127.0.0.1
 *     unix:PATH    a Unix stream socket; unix:@NAME in the abstract name space
 *     tls:...      one of the others, but for unix:PATH, by TLS
 */

#include <stdbool.h>
#include <stdint.h>

#include "client/net/tunnel.h"

#define DIAL_DEFAULT  "127.0.0.1:9248"
#define DIAL_HOST_MAX 256

struct dial_target {
    bool is_unix, is_tls;
    char host[DIAL_HOST_MAX]; /* or the path; empty for this machine */
    char port[6];
    struct tunnel_files files; /* for TLS; the caller's to fill in */
};

/* Takes text apart.  NULL, or what is wrong with it, as the end of a sentence
 * (`has no port`); *target is written on success only.  Pure. */
const char *dial_parse(const char *text, struct dial_target *target);

/*
 * Connects, trying one address after another, for at most timeout_ns in all, the
 * handshake of TLS included.
 * Returns a non-blocking socket, or -1 and in *problem why not (a static text).
 */
int dial(const struct dial_target *target, int64_t timeout_ns, const char **problem);

#endif
