/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PEERS_H
#define WAITD_PEERS_H

/*
 * How many connections each client's address has: an IPv4 address, the /64
 * that an IPv6 address lies in, which is what one customer of a network
 * controls, or the user at the other end of a Unix socket.
 *
 * One thread finds peers and lets connections join; any may say that one has
 * left.  Peers without connections are forgotten gradually, once their failures to prove who
 * they are have been forgiven, so that there are never many more of them than connections.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/address.h"

struct failures;
struct peers;
struct peer;

struct peers *peers_new(void);        /* NULL when out of memory */
void peers_free(struct peers *peers); /* whatever connections there are; NULL is fine */

/* The peer of a connected socket whose other end has this address.  Valid until
 * the next call, or as long as a connection has joined.  NULL when out of
 * memory. */
struct peer *peers_find(struct peers *peers, const struct address *from, int fd);

/* Counts one more connection unless there are `most` already (0: any number).
 * Whether it did. */
bool peers_join(struct peer *peer, uint64_t most);

/* From any thread, once for each that has joined; NULL is fine. */
void peers_leave(struct peer *peer);

/* Its clients' failures to prove who they are; valid as long as the peer. */
struct failures *peers_failures(struct peer *peer);

/* How many are known, with and without connections; for tests. */
size_t peers_known(const struct peers *peers);

/* Whether it is the user at the other end of a Unix socket, and who. */
bool peers_user(const struct peer *peer, uint32_t *uid);

/* What its connections have in common: `address`, `/64 network`, `user`. */
const char *peers_noun(const struct peer *peer);

#endif
