/* SPDX-License-Identifier: ISC */
#ifndef WAITD_VERIFIER_H
#define WAITD_VERIFIER_H

/*
 * Verifies tokens on a thread of its own, since a hash takes tens of milliseconds: one after
 * another, in the order of the queries.  No more wait than the requester allows, and few of one
 * address (auth/failures.h).
 *
 *     loop ── verifier_query(query) ──► the verifier's thread
 *     loop ◄── wakes ── verifier_receive(port) ──┘
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/auth/credentials.h"

struct verifier;
struct verifier_query;

/* Where a loop finds its answers. */
struct verifier_port {
    _Atomic(struct verifier_query *) newest; /* of a list linked by `next` */
    void (*wake)(void *context);             /* from any thread; must not wait */
    void *context;
};

struct verifier_query {
    struct verifier_query *next; /* its holder's */
    struct verifier_port *port;  /* where the answer goes */
    /* By the loop, with the answer, which is its receiver's to free. */
    void (*answered)(struct verifier_query *query);
    void *context;               /* the requester's; NULL once it is gone */
    struct principal *principal; /* the answer, held; NULL: nobody */
    size_t len;
    char token[TOKEN_MAX];
};

/* Starts the thread.  NULL and errno. */
struct verifier *verifier_new(struct credentials *credentials);

/* Ends it; what waits is freed without an answer.  NULL is fine. */
void verifier_free(struct verifier *verifier);

/* A question about a token of at most TOKEN_MAX bytes.  NULL when out of memory. */
struct verifier_query *verifier_query_new(struct verifier_port *port, const char *token,
                                          size_t len);
void verifier_query_free(struct verifier_query *query); /* and what it holds; NULL is fine */

/* Takes the query over; false where `most` wait already, and it has not. */
bool verifier_query(struct verifier *verifier, struct verifier_query *query, uint64_t most);

/* Hands each answer that has come to its requester, by answered(). */
void verifier_receive(struct verifier_port *port);

/* Frees what nobody received.  Once no verifier is there. */
void verifier_port_fini(struct verifier_port *port);

#endif
