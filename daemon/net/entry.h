/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ENTRY_H
#define WAITD_ENTRY_H

/*
 * A client that has to prove who it is, at its transport: moves bytes between that and a gate
 * (auth/gate.h), a few at a time, until the gate has decided.  A pump takes over then, with what
 * was received behind and what was not sent yet.
 *
 * Served as a pump is: its owner waits for the transport's readiness and for entry_due().
 */

#include <stdint.h>

#include "daemon/auth/gate.h"
#include "daemon/net/pump.h"
#include "daemon/net/transport.h"

struct entry;

enum entry_state {
    ENTRY_WAITING,
    ENTRY_OPEN,    /* it is let in: entry_principal() */
    ENTRY_REFUSED, /* it is to be sent entry_fault() */
    ENTRY_DEAD,    /* it is gone */
};

/* The rest is borrowed for its life.  wake: see gate_new().  NULL when out of memory. */
struct entry *entry_new(struct pump_host *host, const struct gate_env *gates,
                        struct transport *transport, struct failures *failures,
                        void (*wake)(void *context), void *context);
void entry_free(struct entry *entry); /* NULL is fine */

/* A service slice: a bounded amount of work. */
enum entry_state entry_serve(struct entry *entry, int64_t now_ns);

int64_t entry_due(const struct entry *entry);

struct principal *entry_principal(const struct entry *entry); /* the entry's */
const struct fault *entry_fault(const struct entry *entry);
struct event_text entry_id(const struct entry *entry); /* of the request that was refused */

/* What is left to the pump that takes over: received and not read, written and not sent. */
struct event_text entry_unread(const struct entry *entry);
struct event_text entry_unsent(const struct entry *entry);

#endif
