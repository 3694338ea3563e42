/* SPDX-License-Identifier: ISC */
#include "daemon/net/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/net/connection.h"
#include "daemon/net/detached.h"
#include "daemon/base/memory.h"
#include "daemon/net/http.h"
#include "daemon/net/channel_log.h"
#include "daemon/net/peers.h"
#include "daemon/session/agenda.h"
#include "daemon/session/principal.h"
#include "daemon/net/slack.h"
#include "daemon/net/wakeup.h"
#include "proto/due.h"
#include "proto/event.h"

/* What all slices of a round take together, about, and the least and the most
 * that one of them takes.  A connection may use its slice up three times: to read, to
 * work and to write. */
#define ROUND_NS     INT64_C(1000000)
#define SLICE_MIN_NS INT64_C(50000)
#define SLICE_MAX_NS PUMP_SLICE_NS

/* After this long an iteration looks for events and due times again. */
#define ITERATION_NS INT64_C(1000000)

/* Memory is released to the system in the first second with hardly any service
 * slices, if there were many before: the heap keeps what was freed. */
#define TIDY_NS      INT64_C(1000000000)
#define TIDY_SLICES  64
#define QUIET_SLICES 16

struct loop {
    struct connection_host host;
    struct agenda connections; /* with when each is to be served without being ready */
    uint32_t n_refused, max_refused;
    uint64_t next_number; /* of a connection; in steps, so that loops share none */
    unsigned number_step;
    enum life_stage stage;
    struct wakeup wakeup; /* set to what is due first */
    struct slack slack;   /* of that */
    struct event *mail_event;
    struct mailbox mailbox;
    struct channel_log channel_log;
    struct detached detached;
    struct verifier_port verifier_port;
    bool has_mail;
    int64_t fresh_ns; /* of this iteration: see slack_note() */
    const struct http_site *site;
    struct http *http;                           /* from the first client on that speaks it */
    uint64_t slices, tidied_slices, seen_slices; /* in all, when last tidied, when last seen */
    int64_t tidy_ns; /* when to see whether it is quiet, DUE_NEVER for not */
    _Atomic uint64_t iterations;
};

/* ---- Connections ---------------------------------------------------------- */

/* Releases the place of one that was to be served. */
static void release_place(struct loop *loop, struct arrival client)
{
    struct ledger *ledger = loop->host.pumps.env.ledger;

    if (client.via == ARRIVAL_MONITOR)
        return;
    ledger_release_connection(ledger);
    if (!client.principal)
        ledger_release_unauthenticated(ledger);
}

/* refused: why, NULL for one that is served. */
static void add(struct loop *loop, struct arrival client, const struct fault *refused)
{
    struct connection *made = NULL;
    uint64_t number = loop->next_number;

    if (agenda_reserve(&loop->connections) == 0)
        made = refused ? connection_new_refused(&loop->host, &client, number, refused)
                       : connection_new(&loop->host, &client, number);
    if (made) {
        loop->next_number += loop->number_step;
        loop->n_refused += refused != NULL;
        connection_set_slot(made, agenda_add(&loop->connections, made));
    } else {
        log_write(loop->host.pumps.log, LOG_LEVEL_WARNING,
                  "a connection is dropped: out of memory");
        close(client.fd);
        peers_leave(client.peer);
        if (!refused)
            release_place(loop, client);
        return;
    }
    if (loop->stage >= LIFE_DRAINING)
        connection_drain(made);
}

/* Whether there is HTTP now; else the client is let go. */
static bool has_http(struct loop *loop, struct arrival client)
{
    struct connection_host *host = &loop->host;

    if (loop->http)
        return true;
    loop->http = http_new(&(struct http_env){.base = host->base,
                                             .site = loop->site,
                                             .gates = &host->gates,
                                             .auth_failures = host->auth_failures,
                                             .limits = &host->pumps.limits,
                                             .env = &host->pumps.env,
                                             .log = host->pumps.log,
                                             .scratch = host->pumps.in});
    if (loop->http && loop->stage >= LIFE_DRAINING)
        http_drain(loop->http);
    if (loop->http)
        return true;
    log_write(host->pumps.log, LOG_LEVEL_WARNING, "a connection is dropped: no HTTP: %s",
              strerror(errno));
    close(client.fd);
    return false;
}

/* What is taken over of it is held anew. */
static void adopt(struct loop *loop, struct arrival client)
{
    if (client.via == ARRIVAL_SOCKET) {
        add(loop, client, NULL);
        return;
    }
    if (has_http(loop, client)) {
        http_adopt(loop->http, client, loop->next_number);
        loop->next_number += loop->number_step;
        return;
    }
    peers_leave(client.peer);
    release_place(loop, client);
}

void loop_adopt(struct loop *loop, struct arrival client)
{
    adopt(loop, client);
    principal_release(client.principal);
}

void loop_refuse(struct loop *loop, struct arrival client, const struct fault *fault,
                 bool by_address)
{
    char line[EVENT_LINE_MAX], *end;
    int fd = client.fd;

    principal_release(client.principal);
    client.principal = NULL;
    if (client.via != ARRIVAL_SOCKET) {
        if (client.tls) /* a handshake for a word is too much now */
            close(fd);
        else if (has_http(loop, client))
            http_refuse(loop->http, fd, fault, by_address);
        return;
    }
    client.peer = NULL; /* which it has not joined, or has left */
    if (loop->n_refused < loop->max_refused) {
        add(loop, client, fault);
        return;
    }
    if (client.tls) { /* a handshake for a word is too much now */
        close(fd);
        return;
    }
    end = event_write_error(line, fault, (struct event_text){NULL, 0});
    /* The socket's buffer is empty and takes it whole.  Were it closed with
     * something unread, it would be lost. */
    (void)!send(fd, line, (size_t)(end - line), MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    (void)!recv(fd, loop->host.pumps.in, PUMP_BUFFER_BYTES, 0);
    close(fd);
}

static void reap(struct loop *loop, struct connection *c)
{
    if (connection_was_refused(c))
        loop->n_refused--;
    else
        ledger_release_connection(loop->host.pumps.env.ledger);
    agenda_remove(&loop->connections, connection_slot(c));
    connection_free(c);
}

static void for_all(struct loop *loop, void (*order)(struct connection *c))
{
    for (uint32_t slot = 0; slot < loop->connections.slots.n; slot++)
        if (loop->connections.slots.items[slot])
            order(loop->connections.slots.items[slot]);
}

static void reap_all(struct loop *loop)
{
    for (uint32_t slot = 0; slot < loop->connections.slots.n; slot++)
        if (loop->connections.slots.items[slot])
            reap(loop, loop->connections.slots.items[slot]);
}

/* ---- Mail ----------------------------------------------------------------- */

static void advance(struct loop *loop, enum life_stage stage)
{
    if (stage >= LIFE_DRAINING && loop->stage < LIFE_DRAINING) {
        loop->host.pumps.draining = loop->host.pumps.hurried = true;
        if (loop->detached.registry)
            registry_drain(loop->detached.registry);
        for_all(loop, connection_drain);
        if (loop->http)
            http_drain(loop->http);
    }
    if (stage >= LIFE_CANCELLING && loop->stage < LIFE_CANCELLING) {
        if (loop->detached.registry)
            registry_cancel_all(loop->detached.registry);
        for_all(loop, connection_cancel);
        if (loop->http)
            http_cancel(loop->http);
    }
    loop->stage = stage;
}

static void read_mail(struct loop *loop)
{
    struct messages messages;

    loop->has_mail = false;
    mailbox_fetch(&loop->mailbox, &messages);
    if (messages.has_limits) {
        loop->host.pumps.limits = messages.limits;
        for_all(loop, connection_limits_changed);
        if (loop->http)
            http_limits_changed(loop->http);
    }
    for (unsigned i = 0; i < messages.n_sockets; i++)
        loop_adopt(loop, messages.sockets[i]);
    free(messages.sockets);
    if (loop->detached.registry)
        registry_receive(loop->detached.registry);
    verifier_receive(&loop->verifier_port);
    advance(loop, messages.stage);
}

/* ---- Making --------------------------------------------------------------- */

static void on_mail(evutil_socket_t fd, short what, void *context)
{
    struct loop *loop = context;

    (void)fd;
    (void)what;
    loop->has_mail = true;
}

static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config &&
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV) == 0)
        base = event_base_new_with_config(config);
    if (config)
        event_config_free(config);
    return base;
}

static int open_mail(struct loop *loop)
{
    /* Edge-triggered: it need not be read. */
    loop->mail_event = event_new(loop->host.base, loop->mailbox.wake_fd,
                                 EV_READ | EV_ET | EV_PERSIST, on_mail, loop);
    return loop->mail_event ? event_add(loop->mail_event, NULL) : -1;
}

static void wake(void *context)
{
    struct loop *loop = context;

    mailbox_wake(&loop->mailbox);
}

static int open_registry(struct loop *loop, struct store *store)
{
    struct pump_host *host = &loop->host.pumps;
    struct registry_config config = {.store = store,
                                     .limits = &host->limits,
                                     .ledger = host->env.ledger,
                                     .stats = host->env.stats};

    memcpy(config.hash_key, host->env.hash_key, sizeof(config.hash_key));
    if (detached_open(&loop->detached, loop->host.base, &config, wake, loop) != 0)
        return -1;
    host->env.registry = loop->detached.registry;
    return 0;
}

static void fill_gates(struct loop *loop, const struct loop_config *config)
{
    struct gate_env *gates = &loop->host.gates;

    loop->verifier_port = (struct verifier_port){.wake = wake, .context = loop};
    loop->host.auth_failures = config->auth_failures;
    *gates = (struct gate_env){.limits = &loop->host.pumps.limits,
                               .version = config->env->version,
                               .instance = config->env->instance,
                               .verifier = config->verifier,
                               .credentials = config->credentials,
                               .port = &loop->verifier_port};
    memcpy(gates->hash_key, config->env->hash_key, sizeof(gates->hash_key));
}

static int fill(struct loop *loop, struct store *store)
{
    struct pump_host *host = &loop->host.pumps;

    loop->host.base = make_base();
    host->in = malloc(PUMP_BUFFER_BYTES);
    host->out = malloc(PUMP_BUFFER_BYTES);
    host->env.limits = &host->limits;
    host->env.stats = stats_new();
    host->env.report = channel_log_report;
    host->env.report_context = &loop->channel_log;
    if (!loop->host.base || !host->in || !host->out || !host->env.stats ||
        wakeup_open(&loop->wakeup, loop->host.base, CLOCK_MONOTONIC) != 0 || open_mail(loop) != 0)
        return -1;
    return store ? open_registry(loop, store) : 0;
}

struct loop *loop_new(const struct loop_config *config)
{
    struct loop *loop = calloc(1, sizeof(*loop));

    if (!loop)
        return NULL;
    loop->host.pumps.limits = *config->limits;
    loop->host.pumps.env = *config->env;
    loop->host.pumps.log = config->log;
    loop->channel_log = (struct channel_log){.log = config->log, .refusals = config->refusals};
    loop->site = config->http;
    fill_gates(loop, config);
    loop->max_refused = config->max_refused;
    loop->next_number = config->index + 1;
    loop->number_step = config->n_loops;
    loop->tidy_ns = DUE_NEVER;
    if (mailbox_init(&loop->mailbox) != 0) {
        free(loop);
        return NULL;
    }
    if (fill(loop, config->store) != 0) {
        int error = errno;

        loop_free(loop);
        errno = error;
        return NULL;
    }
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    reap_all(loop);
    http_free(loop->http);
    detached_close(&loop->detached);
    verifier_port_fini(&loop->verifier_port);
    agenda_fini(&loop->connections);
    wakeup_close(&loop->wakeup);
    if (loop->mail_event)
        event_free(loop->mail_event);
    mailbox_fini(&loop->mailbox);
    if (loop->host.base)
        event_base_free(loop->host.base);
    stats_free(loop->host.pumps.env.stats);
    free(loop->host.pumps.in);
    free(loop->host.pumps.out);
    free(loop);
}

/* ---- Iterations ----------------------------------------------------------- */

/* Sets the timers to what is due first, with the slack that there is. */
static void arm(struct loop *loop)
{
    int64_t due_ns = due_earlier(agenda_next_due(&loop->connections), loop->tidy_ns);
    int64_t not_before_ns = slack_until(&loop->slack);

    if (loop->http)
        due_ns = due_earlier(due_ns, http_next_due(loop->http));
    detached_arm(&loop->detached, not_before_ns);
    if (due_ns < not_before_ns) {
        stats_slack(loop->host.pumps.env.stats, not_before_ns - due_ns);
        due_ns = not_before_ns;
    }
    wakeup_set(&loop->wakeup, due_ns);
}

static void tidy(struct loop *loop, int64_t now_ns)
{
    if (loop->slices - loop->seen_slices > QUIET_SLICES) {
        loop->seen_slices = loop->slices;
        loop->tidy_ns = now_ns + TIDY_NS;
        return;
    }
    loop->tidied_slices = loop->slices;
    loop->tidy_ns = DUE_NEVER;
    memory_release_unused();
}

/* Makes those ready whose due time is past. */
static void wake_due(struct loop *loop, int64_t now_ns)
{
    struct connection *c;

    while ((c = agenda_first_due(&loop->connections, now_ns)) != NULL) {
        agenda_set(&loop->connections, connection_slot(c), DUE_NEVER);
        connection_is_ready(c, READY_DUE);
    }
}

/* Sets when one that has been served is to be served again.  It is ready if a slice was not
 * enough for what was due by now_ns, and is queued behind those that are due. */
static void set_due(struct loop *loop, const struct connection *c, int64_t now_ns)
{
    int64_t due_ns = connection_due(c);

    if (due_ns <= now_ns && connection_is_queued(c))
        due_ns = DUE_NEVER;
    agenda_set(&loop->connections, connection_slot(c), due_ns);
}

/* Gives a connection its slice.  Returns the time.  No callback runs meanwhile, so
 * that one that is found dead can be freed at once. */
static int64_t serve(struct loop *loop, struct connection *c, int64_t began_ns, int64_t slice_ns)
{
    int64_t now_ns;

    if (!connection_is_dead(c)) {
        now_ns = connection_serve(c, slice_ns);
        if (!connection_is_dead(c)) {
            set_due(loop, c, now_ns);
            if (!connection_note_served(c, loop_iterations(loop) + 1))
                loop->fresh_ns += now_ns - began_ns;
            return now_ns;
        }
    }
    if (connection_discard(c))
        reap(loop, c);
    else
        connection_is_ready(c, READY_UNFINISHED);
    return clock_now_ns();
}

static int64_t slice_of(const struct loop *loop)
{
    unsigned n = ready_count(&loop->host.ready);
    int64_t slice_ns = n > 0 ? ROUND_NS / n : SLICE_MAX_NS;

    if (slice_ns < SLICE_MIN_NS)
        return SLICE_MIN_NS;
    return slice_ns < SLICE_MAX_NS ? slice_ns : SLICE_MAX_NS;
}

/* Serves those that are ready until the round is over or the iteration has
 * taken long enough.  Returns the time. */
static int64_t serve_ready(struct loop *loop, int64_t now_ns)
{
    int64_t until_ns = now_ns + ITERATION_NS, slice_ns = slice_of(loop);
    struct connection *c;

    loop->fresh_ns = 0;
    while (now_ns < until_ns && (c = connection_next(&loop->host)) != NULL) {
        now_ns = serve(loop, c, now_ns, slice_ns);
        loop->slices++;
    }
    if (loop->tidy_ns == DUE_NEVER && loop->slices - loop->tidied_slices >= TIDY_SLICES)
        loop->tidy_ns = now_ns + TIDY_NS;
    return now_ns;
}

static void drop_all(struct loop *loop)
{
    reap_all(loop);
    if (loop->http)
        http_drop(loop->http);
}

void loop_iterate(struct loop *loop)
{
    int flags = EVLOOP_ONCE;
    int64_t began_ns, ended_ns;

    if (ready_count(&loop->host.ready) > 0 || detached_is_due(&loop->detached) ||
        (loop->http && http_next_due(loop->http) <= 0) || !detached_rest(&loop->detached))
        flags |= EVLOOP_NONBLOCK;
    else
        arm(loop);
    event_base_loop(loop->host.base, flags);
    (void)detached_tick(&loop->detached);
    if (loop->has_mail)
        read_mail(loop);
    detached_receive(&loop->detached);
    began_ns = clock_now_ns();
    if (loop->tidy_ns <= began_ns)
        tidy(loop, began_ns);
    wake_due(loop, began_ns);
    ended_ns = serve_ready(loop, detached_serve(&loop->detached, began_ns));
    if (loop->http) {
        http_work(loop->http, ended_ns);
        ended_ns = clock_now_ns();
    }
    if (loop->stage == LIFE_OVER)
        drop_all(loop);
    slack_note(&loop->slack, began_ns, ended_ns, loop->fresh_ns,
               loop->host.pumps.limits.timer_slack_ns);
    stats_iteration(loop->host.pumps.env.stats, ended_ns - began_ns);
    atomic_fetch_add_explicit(&loop->iterations, 1, memory_order_relaxed);
}

bool loop_is_over(const struct loop *loop)
{
    if (loop->stage < LIFE_DRAINING || slots_used(&loop->connections.slots) > 0 ||
        (loop->http && !http_is_empty(loop->http)))
        return false;
    return loop->stage == LIFE_OVER || !loop->detached.registry ||
           registry_is_idle(loop->detached.registry);
}

struct store_port *loop_store_port(struct loop *loop)
{
    return &loop->detached.port;
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->host.base;
}

struct mailbox *loop_mailbox(struct loop *loop)
{
    return &loop->mailbox;
}

struct stats *loop_stats(struct loop *loop)
{
    return loop->host.pumps.env.stats;
}

uint64_t loop_iterations(const struct loop *loop)
{
    return atomic_load_explicit(&loop->iterations, memory_order_relaxed);
}
