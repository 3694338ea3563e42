/* SPDX-License-Identifier: ISC */
#include "daemon/server.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/arrivals.h"
#include "daemon/identity.h"
#include "daemon/session/ledger.h"
#include "daemon/base/random.h"
#include "daemon/base/clock.h"
#include "daemon/net/descriptors.h"
#include "daemon/listening.h"
#include "daemon/net/loop.h"
#include "daemon/net/http.h"
#include "daemon/net/http_services.h"
#include "daemon/net/tls.h"
#include "daemon/watchdog.h"
#include "daemon/base/service.h"
#include "daemon/snapshot.h"
#include "daemon/state.h"
#include "proto/saturate.h"

/* How long a client may take to fetch its last events once all is cancelled. */
#define FLUSH_NS INT64_C(2000000000)

#define SIGNALS 3

struct worker {
    struct server *server;
    struct loop *loop;
    pthread_t thread;
    bool running;
};

struct server {
    const struct server_config *config;
    struct log *log;
    struct ledger ledger;
    struct identity identity;
    struct arrivals *arrivals;
    struct tls *tls; /* NULL without certificates */
    struct channel_env env;
    struct snapshot_source snapshot;
    struct limits limits;   /* as in force: max_connections is known */
    struct stats **stats;   /* of each loop */
    struct worker *workers; /* the first is this thread's */
    unsigned n_workers;
    _Atomic unsigned n_running; /* threads beside this one */
    struct http_site http;
    struct listening *listening;
    struct event *signals[SIGNALS];
    struct event *stage_event;
    int64_t stage_ends_ns;
    struct loop **loops;       /* of each worker */
    struct store *store;       /* of detached batches */
    struct store_port **ports; /* of each loop */
    struct watchdog *watchdog;
    enum life_stage stage;
    struct log_rate refused_requests, auth_failures;
};

static struct event_base *base_of(const struct server *server)
{
    return loop_base(server->workers[0].loop);
}

/* ---- Life ----------------------------------------------------------------- */

static void pass_stage_on(struct server *server, enum life_stage stage)
{
    server->stage = stage;
    for (unsigned i = 0; i < server->n_workers; i++)
        mailbox_post_stage(loop_mailbox(server->workers[i].loop), stage);
}

static void wait_for_stage_end(struct server *server, int64_t now_ns)
{
    struct timeval in = clock_timeval(server->stage_ends_ns - now_ns);

    event_add(server->stage_event, &in);
}

static void end_stage_in(struct server *server, int64_t in_ns)
{
    int64_t now_ns = clock_now_ns();

    server->stage_ends_ns = saturate_add_ns(now_ns, in_ns);
    wait_for_stage_end(server, now_ns);
}

static void cancel_running(struct server *server)
{
    pass_stage_on(server, LIFE_CANCELLING);
    end_stage_in(server, FLUSH_NS);
}

static void on_stage_over(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;
    int64_t now_ns = clock_now_ns();

    (void)fd;
    (void)what;
    /* The clock of libevent's timers goes in ticks: one may be over some of them early. */
    if (now_ns < server->stage_ends_ns) {
        wait_for_stage_end(server, now_ns);
    } else if (server->stage == LIFE_DRAINING) {
        log_write(server->log, LOG_LEVEL_INFO, "drain-timeout is over: cancelling what runs");
        cancel_running(server);
    } else {
        pass_stage_on(server, LIFE_OVER);
    }
}

static void on_stop(evutil_socket_t signal_number, short what, void *context)
{
    struct server *server = context;
    int64_t timeout_ns = server->limits.drain_timeout_ns;

    (void)what;
    if (server->stage == LIFE_SERVING) {
        log_write(server->log, LOG_LEVEL_INFO, "stopping (SIG%s)",
                  signal_number == SIGINT ? "INT" : "TERM");
        service_stopping(timeout_ns + 2 * FLUSH_NS);
        watchdog_stopping(server->watchdog);
        listening_stop(server->listening);
        pass_stage_on(server, LIFE_DRAINING);
        arrivals_drain(server->arrivals);
        end_stage_in(server, timeout_ns);
    } else if (server->stage == LIFE_DRAINING) {
        log_write(server->log, LOG_LEVEL_INFO, "second signal: cancelling what runs");
        cancel_running(server);
    }
}

static void limit_store(struct server *server)
{
    atomic_store_explicit(&server->store->max_kept, server->limits.max_detached,
                          memory_order_relaxed);
    atomic_store_explicit(&server->store->max_bytes, server->limits.max_state,
                          memory_order_relaxed);
    atomic_store_explicit(&server->store->contact_timeout_ns, server->limits.client_timeout_ns,
                          memory_order_relaxed);
}

static void put_limits_in_force(struct server *server)
{
    uint64_t allowed = descriptors_for_connections(descriptors_raise(), server->n_workers,
                                                   listening_sockets(server->listening));

    server->limits = server->config->options->limits;
    server->limits.no_restart = server->store->is_cluster;
    limit_store(server);
    if (server->limits.max_connections == 0)
        server->limits.max_connections = allowed;
    else if (server->limits.max_connections > allowed)
        log_write(server->log, LOG_LEVEL_WARNING,
                  "max-connections is %" PRIu64 ", but descriptors allow for %" PRIu64 " only",
                  server->limits.max_connections, allowed);
}

static struct tls_files tls_files(const struct options *options)
{
    return (struct tls_files){.cert = option_text(&options->tls_cert),
                              .key = option_text(&options->tls_key),
                              .client_ca = option_text(&options->tls_client_ca)};
}

/* Certificates are read again whether or not the files have other names now. */
static void reload_tls(struct server *server)
{
    struct tls_files files = tls_files(server->config->options);
    char problem[TLS_PROBLEM_MAX];

    if (server->tls && files.cert && tls_reload(server->tls, &files, problem) != 0)
        log_write(server->log, LOG_LEVEL_ERROR, "certificates left as they were: %s", problem);
}

/* 0, with NULL where no certificate is configured; -1 with the reason in the log. */
static int open_tls(struct tls **tls, const struct options *options, struct log *log)
{
    struct tls_files files = tls_files(options);
    char problem[TLS_PROBLEM_MAX];

    *tls = NULL;
    if (!files.cert)
        return 0;
    *tls = tls_new(&files, log, problem);
    if (!*tls)
        log_write(log, LOG_LEVEL_ERROR, "%s", problem);
    return *tls ? 0 : -1;
}

int server_check(const struct options *options, struct log *log)
{
    struct identity identity = {0};
    struct tls *tls;
    int result = state_check_directory(options, log);

    if (result == 0 && open_tls(&tls, options, log) != 0)
        result = 1;
    else if (result == 0)
        tls_free(tls);
    if (result == 0)
        result = identity_open(&identity, options, log);
    identity_close(&identity);
    return result == 0 ? listening_check(options, log) : result;
}

static void log_reload(const struct server *server, const char *fixed)
{
    const struct options *options = server->config->options;
    char from[OPTIONS_PROBLEM_MAX];

    if (options->file)
        snprintf(from, sizeof(from), "configuration read again from %s", options->file);
    else
        snprintf(from, sizeof(from),
                 "configuration read again: there is no %s, the flags alone count",
                 options->missing_file ? options->missing_file : "file");
    if (fixed)
        log_write(server->log, LOG_LEVEL_WARNING, "%s; what it says of %s takes a restart", from,
                  fixed);
    else
        log_write(server->log, LOG_LEVEL_INFO, "%s", from);
}

static void reload(struct server *server)
{
    const struct server_config *config = server->config;
    char problem[OPTIONS_PROBLEM_MAX];
    struct options changed;
    const char *fixed;

    if (config->reread(config->context, &changed, problem) != OPTIONS_RUN) {
        log_write(server->log, LOG_LEVEL_ERROR, "configuration left as it was: %s", problem);
        return;
    }
    fixed = options_update(config->options, &changed);
    options_fini(&changed);
    log_set_level(server->log, config->options->log_level);
    put_limits_in_force(server);
    reload_tls(server);
    identity_reload(&server->identity);
    arrivals_reload(server->arrivals);
    for (unsigned i = 0; i < server->n_workers; i++)
        mailbox_post_limits(loop_mailbox(server->workers[i].loop), &server->limits);
    log_reload(server, fixed);
}

static void on_reload(evutil_socket_t signal_number, short what, void *context)
{
    struct server *server = context;

    (void)signal_number;
    (void)what;
    if (server->stage != LIFE_SERVING)
        return;
    service_reloading(clock_now_ns());
    reload(server);
    service_ready();
}

/* ---- Beginning ------------------------------------------------------------ */

static unsigned count_processors(void)
{
    cpu_set_t set;
    int n = 0;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        n = CPU_COUNT(&set);
    else
        n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

static int make_loops(struct server *server)
{
    const struct server_config *config = server->config;
    unsigned n = config->options->threads ? config->options->threads : count_processors();
    struct loop_config loop_config = {.limits = &server->limits,
                                      .env = &server->env,
                                      .http = &server->http,
                                      .store = server->store,
                                      .log = server->log,
                                      .refusals = &server->refused_requests,
                                      .auth_failures = &server->auth_failures,
                                      .credentials = server->identity.credentials,
                                      .verifier = server->identity.verifier,
                                      .n_loops = n,
                                      .max_refused = descriptors_for_refused(descriptors_raise())};

    server->stats = calloc(n, sizeof(struct stats *));
    server->loops = calloc(n, sizeof(struct loop *));
    server->ports = calloc(n, sizeof(struct store_port *));
    server->workers = calloc(n, sizeof(*server->workers));
    if (!server->stats || !server->loops || !server->ports || !server->workers)
        return -1;
    server->http.stats = server->stats;
    server->http.n_loops = n;
    for (unsigned i = 0; i < n; i++) {
        struct worker *worker = &server->workers[i];

        worker->server = server;
        loop_config.index = i;
        worker->loop = loop_new(&loop_config);
        if (!worker->loop)
            return -1;
        server->stats[i] = loop_stats(worker->loop);
        server->loops[i] = worker->loop;
        server->ports[i] = loop_store_port(worker->loop);
        server->n_workers++;
    }
    server->snapshot.stats = server->stats;
    server->snapshot.n_stats = n;
    return 0;
}

static int make_http(struct server *server)
{
    const struct options *options = server->config->options;

    server->http = (struct http_site){
        .hosts = options->http_host.text,
        .n_hosts = options->http_host.n,
        .origins = options->http_origin.text,
        .n_origins = options->http_origin.n,
        .max_header_bytes = options->http_max_header,
        .header_timeout_ns = options->http_header_timeout_ns,
        .store = server->store,
        .services = http_services_new(options->service.text, options->service.n),
    };
    return server->http.services ? 0 : -1;
}

static int make_events(struct server *server)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    struct event_base *base = base_of(server);

    for (int i = 0; i < SIGNALS; i++) {
        server->signals[i] =
            evsignal_new(base, numbers[i], numbers[i] == SIGHUP ? on_reload : on_stop, server);
        if (!server->signals[i] || event_add(server->signals[i], NULL) != 0)
            return -1;
    }
    server->stage_event = evtimer_new(base, on_stage_over, server);
    server->watchdog = watchdog_new(&(struct watchdog_config){
        .base = base,
        .loops = server->loops,
        .n_loops = server->n_workers,
        .snapshot = &server->snapshot,
    });
    return server->stage_event && server->watchdog ? 0 : -1;
}

static int make_arrivals(struct server *server)
{
    server->arrivals = arrivals_new(&(struct arrivals_config){
        .identity = &server->identity,
        .limits = &server->limits,
        .ledger = &server->ledger,
        .log = server->log,
        .loops = server->loops,
        .n_loops = server->n_workers,
        .tls = server->tls,
    });
    return server->arrivals ? 0 : -1;
}

/* Clients of one kind. */
static struct listener_env listener_env(const struct server *server,
                                        void (*accepted)(void *, int, const struct address *))
{
    return (struct listener_env){.base = base_of(server),
                                 .log = server->log,
                                 .accepted = accepted,
                                 .context = server->arrivals};
}

static int make_listening(struct server *server)
{
    server->listening = listening_new(&(struct listening_config){
        .options = server->config->options,
        .log = server->log,
        .clients = listener_env(server, arrivals_client),
        .tls_clients = listener_env(server, arrivals_tls_client),
        .http = listener_env(server, arrivals_http),
        .tls_http = listener_env(server, arrivals_tls_http),
        .monitors = listener_env(server, arrivals_monitor),
    });
    return server->listening ? 0 : -1;
}

static void *run_worker(void *context)
{
    struct worker *worker = context;
    struct server *server = worker->server;

    while (!loop_is_over(worker->loop))
        loop_iterate(worker->loop);
    atomic_fetch_sub(&server->n_running, 1);
    mailbox_wake(loop_mailbox(server->workers[0].loop));
    return NULL;
}

/* Signals are for this thread: the others are born with all of them blocked. */
static int start_workers(struct server *server)
{
    sigset_t all, before;
    int error = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 1; i < server->n_workers && !error; i++) {
        struct worker *worker = &server->workers[i];

        error = pthread_create(&worker->thread, NULL, run_worker, worker);
        if (!error) {
            worker->running = true;
            atomic_fetch_add(&server->n_running, 1);
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return error ? -1 : 0;
}

static int begin(struct server *server)
{
    int result;

    server->store = state_open(server->config->options, server->config->instance, server->log);
    if (!server->store || open_tls(&server->tls, server->config->options, server->log) != 0 ||
        identity_open(&server->identity, server->config->options, server->log) != 0)
        return 1;
    if (make_http(server) != 0 || make_loops(server) != 0 || make_events(server) != 0 ||
        make_arrivals(server) != 0 || make_listening(server) != 0) {
        log_write(server->log, LOG_LEVEL_ERROR, "cannot make the event loops: %s", strerror(errno));
        return 1;
    }
    result = listening_open(server->listening);
    if (result != 0)
        return result;
    put_limits_in_force(server);
    if (server->limits.max_connections == 0) {
        log_write(server->log, LOG_LEVEL_ERROR,
                  "the limit of descriptors allows for no connection");
        return 1;
    }
    for (unsigned i = 0; i < server->n_workers; i++)
        mailbox_post_limits(loop_mailbox(server->workers[i].loop), &server->limits);
    store_start(server->store, server->ports, server->n_workers);
    if (start_workers(server) != 0) {
        log_write(server->log, LOG_LEVEL_ERROR, "cannot start threads: %s", strerror(errno));
        return 1;
    }
    return listening_start(server->listening);
}

/* ---- Ending --------------------------------------------------------------- */

static void finish(struct server *server)
{
    listening_free(server->listening);
    if (server->stage < LIFE_OVER)
        pass_stage_on(server, LIFE_OVER);
    for (unsigned i = 1; i < server->n_workers; i++)
        if (server->workers[i].running)
            pthread_join(server->workers[i].thread, NULL);
    for (int i = 0; i < SIGNALS; i++)
        if (server->signals[i])
            event_free(server->signals[i]);
    if (server->stage_event)
        event_free(server->stage_event);
    watchdog_free(server->watchdog);
    store_free(server->store);
    identity_close(&server->identity); /* whose answers are the loops' to free */
    for (unsigned i = 0; i < server->n_workers; i++)
        loop_free(server->workers[i].loop);
    arrivals_free(server->arrivals);
    tls_free(server->tls);
    http_services_free(server->http.services);
    free(server->workers);
    free(server->stats);
    free(server->loops);
    free(server->ports);
}

static void prepare(struct server *server, const struct server_config *config)
{
    memset(server, 0, sizeof(*server));
    server->config = config;
    server->log = config->log;
    server->limits = config->options->limits;
    atomic_init(&server->ledger.next_batch, 1);
    server->snapshot.started_ns = config->started_ns;
    server->snapshot.ledger = &server->ledger;
    server->env.ledger = &server->ledger;
    server->env.version = config->version;
    server->env.instance = config->instance;
    memcpy(server->env.hash_key, config->hash_key, sizeof(server->env.hash_key));
    server->env.real_time_ns = clock_real_ns;
    server->env.draw_seed = random_seed;
    server->env.snapshot = snapshot_take;
    server->env.snapshot_context = &server->snapshot;
}

int server_run(const struct server_config *config)
{
    struct server server;
    int result;

    prepare(&server, config);
    result = begin(&server);
    if (result == 0) {
        service_ready();
        watchdog_start(server.watchdog);
        while (!loop_is_over(server.workers[0].loop) || atomic_load(&server.n_running) > 0)
            loop_iterate(server.workers[0].loop);
    }
    finish(&server);
    return result;
}
