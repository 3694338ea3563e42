/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TLS_BRIDGE_H
#define WAITD_TLS_BRIDGE_H

/*
 * TLS for what reads and writes a socket by itself: carries bytes between a client's socket,
 * by TLS (daemon/net/tls.h), and a local pair of sockets without.
 *
 *     client ◄── TLS ──► transport ◄──► bridge ◄──► local socket ◄──► HTTP
 *
 * It holds one piece each way; a side that does not receive it makes the other wait.  A half-close
 * is relayed either way.  The local socket hears of the client's first bytes once TLS is open.
 *
 * On a loop, for its thread; it frees nothing within a callback.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/net/transport.h"

struct event_base;
struct tls;
struct tls_bridge;

/* Takes the client's socket over, and gives the local one in *local, which is the caller's.  NULL
 * and errno: the socket stays the caller's. */
struct tls_bridge *tls_bridge_new(struct event_base *base, struct tls *tls, int fd, uint64_t number,
                                  int *local);

/* Whoever has the local socket has closed it, or is about to: what it wrote last still goes out,
 * for a few seconds.  over: called when that is over; must not free it. */
void tls_bridge_leave(struct tls_bridge *bridge, void (*over)(void *context), void *context);

/* Once left: whether it is over, and to be freed. */
bool tls_bridge_is_over(const struct tls_bridge *bridge);

void tls_bridge_free(struct tls_bridge *bridge); /* drops what is left; NULL is fine */

/* Who the client has proved to be, as the transport's identify() has it. */
enum transport_identity tls_bridge_identify(struct tls_bridge *bridge, char *name, size_t size);

#endif
