/* SPDX-License-Identifier: ISC */
#include "daemon/arrivals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/auth/credentials.h"
#include "daemon/base/clock.h"
#include "daemon/net/peers.h"
#include "daemon/session/ledger.h"
#include "daemon/session/principal.h"
#include "daemon/session/stats.h"

struct arrivals {
    struct arrivals_config config;
    struct peers *peers;
    struct principal *local; /* a client without credentials; held */
    unsigned next_loop;
    bool draining;
    struct log_rate refused;
};

/* ---- Who it is ------------------------------------------------------------ */

/* Fills in who it is, or that it has to prove that.  Whether there was memory for it. */
static bool identify(const struct arrivals *arrivals, struct arrival *client,
                     const struct address *from)
{
    const struct identity *identity = arrivals->config.identity;
    char name[PRINCIPAL_NAME_MAX + 1];
    uint32_t uid;

    if (peers_user(client->peer, &uid)) {
        snprintf(name, sizeof(name), "unix:%" PRIu32, uid);
        client->principal = credentials_principal(identity->credentials, name);
        return client->principal != NULL;
    }
    if (identity_is_asked_for(identity, from,
                              client->tls != NULL && identity->options->tls_client_ca.n > 0))
        client->failures = peers_failures(client->peer);
    else
        client->principal = principal_hold(arrivals->local);
    return true;
}

/* ---- Its place ------------------------------------------------------------ */

static void refuse(struct arrivals *arrivals, struct arrival client, bool by_address,
                   const char *limit, const char *message)
{
    struct loop *loop = arrivals->config.loops[0];
    struct fault fault = {0};

    log_write_rarely(arrivals->config.log, &arrivals->refused, clock_now_ns(), LOG_LEVEL_WARNING,
                     (struct log_about){0, 0}, "connections are refused: %s", limit);
    stats_refused(loop_stats(loop), FAULT_OVERLOADED);
    (void)fault_set(&fault, FAULT_OVERLOADED, 0, "%s (%s)", message, limit);
    loop_refuse(loop, client, &fault, by_address);
}

/* Refuses it for a limit of all the daemon; it has joined its peer. */
static void refuse_place(struct arrivals *arrivals, struct arrival client, const char *limit,
                         uint64_t most, const char *message)
{
    char text[64];

    snprintf(text, sizeof(text), "%s %" PRIu64, limit, most);
    peers_leave(client.peer);
    refuse(arrivals, client, false, text, message);
}

/* Takes a client's place in the peer's share and in all the daemon.  Refuses
 * it, and returns false, if there is none. */
static bool admit(struct arrivals *arrivals, struct arrival client)
{
    const struct limits *limits = arrivals->config.limits;
    struct ledger *ledger = arrivals->config.ledger;
    char limit[64], message[128];

    if (!peers_join(client.peer, limits->max_connections_per_address)) {
        snprintf(limit, sizeof(limit), "max-connections-per-address %" PRIu64,
                 limits->max_connections_per_address);
        snprintf(message, sizeof(message),
                 "the limit of connections of one %s is reached: try again later",
                 peers_noun(client.peer));
        refuse(arrivals, client, true, limit, message);
        return false;
    }
    if (!ledger_reserve_connection(ledger, limits->max_connections)) {
        refuse_place(arrivals, client, "max-connections", limits->max_connections,
                     "the limit of connections is reached: try again later");
        return false;
    }
    if (client.principal != NULL ||
        ledger_reserve_unauthenticated(ledger, limits->max_unauthenticated))
        return true;
    ledger_release_connection(ledger);
    refuse_place(arrivals, client, "max-unauthenticated", limits->max_unauthenticated,
                 "the limit of clients that have not proved yet who they are is reached: "
                 "try again later");
    return false;
}

static void drop(const struct arrivals *arrivals, struct arrival client)
{
    log_write(arrivals->config.log, LOG_LEVEL_WARNING, "a connection is dropped: out of memory");
    principal_release(client.principal);
    close(client.fd);
}

static void release_place(const struct arrivals *arrivals, struct arrival client)
{
    struct ledger *ledger = arrivals->config.ledger;

    if (client.via == ARRIVAL_MONITOR)
        return;
    ledger_release_connection(ledger);
    if (client.principal == NULL)
        ledger_release_unauthenticated(ledger);
}

/* Gives a client to the next loop. */
static void deal_out(struct arrivals *arrivals, struct arrival client)
{
    struct loop *first = arrivals->config.loops[0];
    struct loop *loop = arrivals->draining ? first : arrivals->config.loops[arrivals->next_loop];

    arrivals->next_loop = (arrivals->next_loop + 1) % arrivals->config.n_loops;
    if (loop == first) {
        loop_adopt(loop, client);
    } else if (mailbox_post_socket(loop_mailbox(loop), client) != 0) {
        release_place(arrivals, client);
        peers_leave(client.peer);
        drop(arrivals, client);
    }
}

/* ---- For listeners -------------------------------------------------------- */

static void take_in(struct arrivals *arrivals, struct arrival client, const struct address *from)
{
    client.peer = peers_find(arrivals->peers, from, client.fd);
    if (client.peer == NULL || !identify(arrivals, &client, from))
        drop(arrivals, client);
    else if (admit(arrivals, client))
        deal_out(arrivals, client);
}

void arrivals_client(void *context, int fd, const struct address *from)
{
    take_in(context, (struct arrival){.fd = fd, .via = ARRIVAL_SOCKET}, from);
}

void arrivals_tls_client(void *context, int fd, const struct address *from)
{
    const struct arrivals *arrivals = context;

    take_in(context, (struct arrival){.fd = fd, .via = ARRIVAL_SOCKET, .tls = arrivals->config.tls},
            from);
}

void arrivals_http(void *context, int fd, const struct address *from)
{
    take_in(context, (struct arrival){.fd = fd, .via = ARRIVAL_HTTP}, from);
}

void arrivals_tls_http(void *context, int fd, const struct address *from)
{
    const struct arrivals *arrivals = context;

    take_in(context, (struct arrival){.fd = fd, .via = ARRIVAL_HTTP, .tls = arrivals->config.tls},
            from);
}

void arrivals_monitor(void *context, int fd, const struct address *from)
{
    struct arrivals *arrivals = context;
    struct arrival client = {.fd = fd, .via = ARRIVAL_MONITOR};

    client.peer = peers_find(arrivals->peers, from, fd);
    if (client.peer == NULL || !identify(arrivals, &client, from)) {
        drop(arrivals, client);
        return;
    }
    (void)peers_join(client.peer, 0);
    deal_out(arrivals, client);
}

/* ---- Life ----------------------------------------------------------------- */

void arrivals_reload(struct arrivals *arrivals)
{
    struct principal *local =
        credentials_principal(arrivals->config.identity->credentials, "local");

    if (local == NULL)
        return;
    principal_release(arrivals->local);
    arrivals->local = local;
}

void arrivals_drain(struct arrivals *arrivals)
{
    arrivals->draining = true;
}

struct arrivals *arrivals_new(const struct arrivals_config *config)
{
    struct arrivals *arrivals = calloc(1, sizeof(*arrivals));

    if (arrivals == NULL)
        return NULL;
    arrivals->config = *config;
    arrivals->peers = peers_new();
    arrivals_reload(arrivals);
    if (arrivals->peers == NULL || arrivals->local == NULL) {
        arrivals_free(arrivals);
        return NULL;
    }
    return arrivals;
}

void arrivals_free(struct arrivals *arrivals)
{
    if (arrivals == NULL)
        return;
    peers_free(arrivals->peers);
    principal_release(arrivals->local);
    free(arrivals);
}
