/* SPDX-License-Identifier: ISC */
#include "daemon/session/store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Asks ----------------------------------------------------------------------------- */

struct store_query *store_query_new(enum store_kind kind, struct store_port *port, void *context)
{
    size_t page = kind == STORE_LIST ? STORE_PAGE_MAX * sizeof(struct stored_batch *) : 0;
    struct store_query *query = calloc(1, sizeof(*query) + page);

    if (query == NULL)
        return NULL;
    query->kind = kind;
    query->port = port;
    query->context = context;
    return query;
}

void store_query_free(struct store_query *query)
{
    if (query == NULL)
        return;
    for (uint32_t i = 0; i < query->n_page; i++)
        stored_release(query->page[i]);
    stored_release(query->batch);
    stored_text_release(query->text);
    principal_release(query->requester);
    free(query);
}

void store_query(struct store *store, struct store_query *query)
{
    store->ops->query(store, query);
}

/* ---- Ports ---------------------------------------------------------------------------- */

void store_post(struct store_port *port, struct store_query *query)
{
    struct store_query *newest = atomic_load_explicit(&port->newest, memory_order_relaxed);

    do
        query->next = newest;
    while (!atomic_compare_exchange_weak(&port->newest, &newest, query));
    /* Else whoever posted the one before wakes.  The loop says first that it waits and looks for
     * posts then; here one is posted first: one of the two sees the other. */
    if (newest == NULL && !atomic_load(&port->is_attended))
        port->wake(port->context);
}

void store_port_attend(struct store_port *port)
{
    atomic_store_explicit(&port->is_attended, true, memory_order_relaxed);
}

bool store_port_rest(struct store_port *port)
{
    atomic_store(&port->is_attended, false);
    return atomic_load(&port->newest) == NULL;
}

struct store_query *store_fetch(struct store_port *port)
{
    struct store_query *newest =
        atomic_exchange_explicit(&port->newest, NULL, memory_order_acquire);
    struct store_query *oldest = NULL;

    while (newest != NULL) {
        struct store_query *next = newest->next;

        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

void store_ring(struct store *store)
{
    for (unsigned i = 0; i < store->n_ports; i++)
        store->ports[i]->wake(store->ports[i]->context);
}

void store_announce(struct store *store, enum store_kind kind, struct stored_batch *batch)
{
    for (unsigned i = 0; i < store->n_ports; i++) {
        struct store_port *port = store->ports[i];
        struct store_query *notice = store_query_new(kind, port, NULL);

        if (notice == NULL) {
            atomic_store_explicit(&port->recheck, true, memory_order_release);
            port->wake(port->context);
            continue;
        }
        notice->batch = batch != NULL ? stored_hold(batch) : NULL;
        store_post(port, notice);
    }
}

/* ---- The store itself ------------------------------------------------------------------ */

void store_init(struct store *store, const struct store_ops *ops, enum stored_durable durable)
{
    *store = (struct store){.ops = ops, .durable = durable};
    atomic_init(&store->horizon_ns, STORED_NO_HORIZON);
    atomic_init(&store->is_ready, true);
}

void store_start(struct store *store, struct store_port **ports, unsigned n_ports)
{
    store->ports = ports;
    store->n_ports = n_ports;
    store->ops->start(store);
}

void store_free(struct store *store)
{
    if (store != NULL)
        store->ops->free(store);
}

int64_t store_now(const struct store *store, int64_t boot_ns)
{
    return boot_ns + atomic_load_explicit(&store->ahead_ns, memory_order_acquire);
}

/* ---- Answers ---------------------------------------------------------------------------- */

void store_done(struct store_query *query)
{
    query->answer = STORE_DONE;
    store_post(query->port, query);
}

void store_refuse(struct store_query *query, enum fault_code code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(query->message, sizeof(query->message), format, arguments);
    va_end(arguments);
    query->answer = STORE_REFUSED;
    query->code = code;
    store_post(query->port, query);
}
