/* SPDX-License-Identifier: ISC */
#include "daemon/net/entry.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"

/* How much is received at a time, and kept at most of what comes behind a token. */
#define PIECE_BYTES 4096

struct entry {
    struct pump_host *host;
    struct transport *transport;
    struct gate *gate;
    bool is_identified; /* the transport was asked who the client is */
    bool is_gone;
    char *unread;
    size_t unread_len;
};

struct entry *entry_new(struct pump_host *host, const struct gate_env *gates,
                        struct transport *transport, struct failures *failures,
                        void (*wake)(void *context), void *context)
{
    struct entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return NULL;
    entry->host = host;
    entry->transport = transport;
    entry->gate = gate_new(gates, failures, clock_now_ns(), wake, context);
    if (entry->gate == NULL) {
        free(entry);
        return NULL;
    }
    return entry;
}

void entry_free(struct entry *entry)
{
    if (entry == NULL)
        return;
    gate_free(entry->gate);
    free(entry->unread);
    free(entry);
}

/* ---- Reading -------------------------------------------------------------- */

/* Once the transport is open: whom it knows the client to be. */
static void identify(struct entry *entry)
{
    struct transport *transport = entry->transport;
    char name[PRINCIPAL_NAME_MAX + 1];

    if (entry->is_identified || transport->is_opening)
        return;
    entry->is_identified = true;
    if (transport->ops->identify == NULL)
        return;
    switch (transport->ops->identify(transport, name, sizeof(name))) {
    case TRANSPORT_KNOWN:
        gate_admit(entry->gate, name);
        break;
    case TRANSPORT_UNNAMEABLE:
        gate_refuse(entry->gate, "the subject of the certificate is longer than a name may be");
        break;
    case TRANSPORT_UNKNOWN:
        break;
    }
}

/* Keeps what comes behind the token. */
static void keep(struct entry *entry, const char *bytes, size_t len)
{
    if (len == 0)
        return;
    entry->unread = malloc(len);
    if (entry->unread == NULL) {
        entry->is_gone = true;
        return;
    }
    memcpy(entry->unread, bytes, len);
    entry->unread_len = len;
}

/* Receives a piece.  Whether there was one, and there may be another. */
static bool read_piece(struct entry *entry, int64_t now_ns)
{
    char *in = entry->host->in;
    ptrdiff_t n = entry->transport->ops->receive(entry->transport, in, PIECE_BYTES);
    size_t used = 0;

    if (n < 0)
        entry->is_gone = true;
    else
        identify(entry);
    if (n <= 0)
        return false;
    stats_bytes(entry->host->env.stats, (uint64_t)n, 0);
    if (gate_wants_input(entry->gate))
        used = gate_feed(entry->gate, now_ns, in, (size_t)n);
    keep(entry, in + used, (size_t)n - used);
    return true;
}

static void read_input(struct entry *entry, int64_t now_ns)
{
    struct transport *transport = entry->transport;

    while (!entry->is_gone && transport->readable && gate_wants_input(entry->gate) &&
           read_piece(entry, now_ns))
        continue;
    if (transport->eof && !entry->is_gone)
        gate_end_input(entry->gate, now_ns);
}

/* ---- Writing -------------------------------------------------------------- */

static void write_output(struct entry *entry)
{
    struct transport *transport = entry->transport;
    size_t len;
    const char *text = gate_output(entry->gate, &len);

    while (len > 0 && !entry->is_gone && transport->writable) {
        ptrdiff_t n = transport->ops->send(transport, text, len);

        if (n < 0)
            entry->is_gone = true;
        if (n <= 0)
            return;
        stats_bytes(entry->host->env.stats, 0, (uint64_t)n);
        gate_sent(entry->gate, (size_t)n);
        text = gate_output(entry->gate, &len);
    }
}

/* ---- Serving -------------------------------------------------------------- */

static enum entry_state state_of(const struct entry *entry)
{
    if (entry->is_gone || entry->host->draining)
        return ENTRY_DEAD;
    switch (gate_state(entry->gate)) {
    case GATE_OPEN:
        return ENTRY_OPEN;
    case GATE_REFUSED:
        return gate_fault(entry->gate)->code != FAULT_NONE ? ENTRY_REFUSED : ENTRY_DEAD;
    case GATE_CLOSED:
        break;
    }
    return ENTRY_WAITING;
}

enum entry_state entry_serve(struct entry *entry, int64_t now_ns)
{
    struct transport *transport = entry->transport;
    enum entry_state state;

    if (transport->eof && transport->ops->is_gone(transport))
        entry->is_gone = true;
    read_input(entry, now_ns);
    gate_work(entry->gate, now_ns);
    write_output(entry);
    state = state_of(entry);
    if (state == ENTRY_DEAD && !entry->is_gone)
        transport->ops->shut(transport); /* without its close_notify TLS would be cut off */
    return state;
}

int64_t entry_due(const struct entry *entry)
{
    return gate_due(entry->gate);
}

/* ---- What comes of it ----------------------------------------------------- */

struct principal *entry_principal(const struct entry *entry)
{
    return gate_principal(entry->gate);
}

const struct fault *entry_fault(const struct entry *entry)
{
    return gate_fault(entry->gate);
}

struct event_text entry_id(const struct entry *entry)
{
    return gate_id(entry->gate);
}

struct event_text entry_unread(const struct entry *entry)
{
    return (struct event_text){entry->unread, entry->unread_len};
}

struct event_text entry_unsent(const struct entry *entry)
{
    size_t len;
    const char *text = gate_output(entry->gate, &len);

    return (struct event_text){text, len};
}
