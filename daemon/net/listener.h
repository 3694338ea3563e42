/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LISTENER_H
#define WAITD_LISTENER_H

/*
 * A listening socket on a loop: accepts clients, a bounded number at a time, and
 * hands them to its owner.  Short of descriptors or memory it pauses for a
 * while and leaves the clients in the kernel's queue.  For the loop's thread.
 */

#include <stdbool.h>

#include "proto/address.h"

struct event_base;
struct listener;
struct log;

struct listener_env {
    struct event_base *base;
    struct log *log;
    /* Takes over a client's socket: non-blocking, set up for use; and where it
     * is from. */
    void (*accepted)(void *context, int fd, const struct address *from);
    void *context;
};

/*
 * Binds to an address and listens.  any: it is the IPv6 wildcard and is used
 * for IPv4 too; where there is no IPv6 the IPv4 wildcard alone is bound.  A
 * Unix socket that nobody answers on any more is replaced.  Clients are
 * accepted after listener_start().  NULL and errno; the env is borrowed.
 */
struct listener *listener_open(const struct listener_env *env, const struct address *address,
                               bool any);

/* Takes a socket over that listens already; NULL and errno: it stays the caller's. */
struct listener *listener_take(const struct listener_env *env, int fd);

/* 0, or -1 when out of memory. */
int listener_start(struct listener *listener);

/* Where it listens, with the real port. */
const struct address *listener_address(const struct listener *listener);

/* Stops listening; a Unix socket that listener_open() made is unlinked. */
void listener_free(struct listener *listener);

#endif
