/* SPDX-License-Identifier: ISC */
#ifndef WAITD_GATE_H
#define WAITD_GATE_H

/*
 * A client that has not proved who it is yet: what it may say before it has, and how it is let
 * in or refused.  It has the protocol's `ping` and `auth` and nothing else, few bytes and
 * little time.
 *
 *     driver:  gate_feed() ──► reader ─► ping, auth ──► verifier ──► gate_output()
 *                                                 └──► OPEN, with a principal
 *
 *     CLOSED ──► OPEN      by a right token, or by gate_admit()
 *        └─────► REFUSED   by anything else: it gets the reason, and is disconnected
 *
 * The bytes behind an `auth` are left to whoever serves the client from then on.  A wrong
 * token is answered late (auth/failures.h).  Nothing of a token is ever in a message.
 *
 * No socket, no clock: now_ns is the driver's monotonic one.  One thread for life.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/auth/failures.h"
#include "daemon/auth/verifier.h"
#include "daemon/session/limits.h"
#include "proto/event.h"
#include "proto/fault.h"

/* What the gates of a loop share.  Borrowed for their lives. */
struct gate_env {
    const struct limits *limits;
    const char *version, *instance; /* for `pong` */
    uint8_t hash_key[16];
    struct verifier *verifier; /* NULL: there are no tokens */
    struct credentials *credentials;
    struct verifier_port *port;
};

struct gate;

enum gate_state { GATE_CLOSED, GATE_OPEN, GATE_REFUSED };

/* env: borrowed.  failures: those of the client's address, which outlive the gate.  wake: called
 * when the verifier has answered; must not call back.  NULL when out of memory. */
struct gate *gate_new(const struct gate_env *env, struct failures *failures, int64_t now_ns,
                      void (*wake)(void *context), void *context);
void gate_free(struct gate *gate); /* NULL is fine */

/* How many of the bytes are used up; fewer than all once it has read an `auth`. */
size_t gate_feed(struct gate *gate, int64_t now_ns, const char *bytes, size_t len);
bool gate_wants_input(const struct gate *gate);

/* The client sends no more. */
void gate_end_input(struct gate *gate, int64_t now_ns);

/* It has proved who it is by other means: a principal's name.  REFUSED with FAULT_OVERLOADED when
 * out of memory. */
void gate_admit(struct gate *gate, const char *name);

/* It is refused for a reason of the driver's: `unauthorized`, and this message. */
void gate_refuse(struct gate *gate, const char *message);

/* When gate_work() is next wanted; DUE_NEVER unless CLOSED. */
int64_t gate_due(const struct gate *gate);
void gate_work(struct gate *gate, int64_t now_ns);

/* What is to be sent, never NULL; how much of it was. */
const char *gate_output(const struct gate *gate, size_t *len);
void gate_sent(struct gate *gate, size_t len);

enum gate_state gate_state(const struct gate *gate);

/* Once OPEN: who it is, borrowed until gate_free(); hold it to keep it. */
struct principal *gate_principal(const struct gate *gate);

/* Once REFUSED: why (FAULT_NONE: closed without a request), and the `id` of what was refused,
 * borrowed; empty for none. */
const struct fault *gate_fault(const struct gate *gate);
struct event_text gate_id(const struct gate *gate);

#endif
