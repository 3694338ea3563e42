/* SPDX-License-Identifier: ISC */
#include "daemon/listening.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/address.h"
#include "daemon/base/log.h"
#include "daemon/base/service.h"

#define CLIENTS_MAX  256
#define MONITORS_MAX 16

struct listening {
    struct listening_config config;
    struct listener *clients[CLIENTS_MAX];
    unsigned n_clients;
    struct http *http;                       /* NULL without monitors */
    struct listener *monitors[MONITORS_MAX]; /* what it serves */
    unsigned n_monitors;
};

struct listening *listening_new(const struct listening_config *config)
{
    struct listening *listening = calloc(1, sizeof(*listening));

    if (listening)
        listening->config = *config;
    return listening;
}

void listening_free(struct listening *listening)
{
    if (!listening)
        return;
    listening_stop(listening);
    http_free(listening->http);
    while (listening->n_monitors > 0)
        listener_free(listening->monitors[--listening->n_monitors]);
    free(listening);
}

unsigned listening_sockets(const struct listening *listening)
{
    return listening->n_clients + listening->n_monitors;
}

/* ---- Keeping what was opened ---------------------------------------------- */

static int keep_clients(struct listening *listening, struct listener *listener)
{
    if (listening->n_clients == CLIENTS_MAX) {
        listener_free(listener);
        log_write(listening->config.log, LOG_LEVEL_ERROR, "more than %d addresses to listen on",
                  CLIENTS_MAX);
        return 1;
    }
    listening->clients[listening->n_clients++] = listener;
    return 0;
}

/* A listener for metrics: HTTP's server has a descriptor of its own for it. */
static int keep_monitor(struct listening *listening, struct listener *listener)
{
    int fd = -1;

    if (!listening->http)
        listening->http = http_new(&listening->config.metrics);
    if (listening->http && listening->n_monitors < MONITORS_MAX)
        fd = fcntl(listener_fd(listener), F_DUPFD_CLOEXEC, 0);
    if (fd < 0 || http_serve(listening->http, fd) != 0) {
        if (fd >= 0)
            close(fd);
        listener_free(listener);
        log_write(listening->config.log, LOG_LEVEL_ERROR, "cannot serve metrics: %s",
                  http_is_there() ? strerror(errno) : "built without them");
        return 1;
    }
    listening->monitors[listening->n_monitors++] = listener;
    return 0;
}

/* ---- Opening -------------------------------------------------------------- */

static bool is_absent(int error)
{
    return error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

static int refuse_open(struct log *log, const char *text)
{
    log_write(log, LOG_LEVEL_ERROR,
              "will not listen on %s: other machines can reach it, and would be served without a "
              "question (--insecure allows it)",
              text);
    return 2;
}

/* Listens on all the addresses that text stands for.  A host's name may have
 * some that this machine lacks, such as ::1 where there is no IPv6. */
static int listen_on(struct listening *listening, const char *text,
                     int (*keep)(struct listening *listening, struct listener *listener))
{
    struct address found[ADDRESS_MAX];
    struct address_spec spec;
    const char *problem = address_parse(text, &spec);
    int n = problem ? -1 : address_resolve(&spec, found, &problem);
    int bound = 0, error = EADDRNOTAVAIL;

    if (n < 0) {
        log_write(listening->config.log, LOG_LEVEL_ERROR, "cannot listen on %s: %s", text, problem);
        return 1;
    }
    for (int i = 0; i < n; i++)
        if (!listening->config.options->insecure && !address_is_loopback(&found[i]))
            return refuse_open(listening->config.log, text);
    for (int i = 0; i < n; i++) {
        struct listener *listener =
            listener_open(&listening->config.clients, &found[i], spec.kind == ADDRESS_ANY);

        if (listener) {
            bound++;
            if (keep(listening, listener) != 0)
                return 1;
        } else {
            error = errno;
            if (!is_absent(error))
                break;
        }
    }
    if (bound == 0 || !is_absent(error)) {
        log_write(listening->config.log, LOG_LEVEL_ERROR, "cannot listen on %s: %s", text,
                  strerror(error));
        return 1;
    }
    return 0;
}

static int check_all(const struct option_texts *texts, struct log *log)
{
    for (unsigned i = 0; i < texts->n; i++) {
        struct address_spec spec;

        if (!address_parse(texts->text[i], &spec) && address_spec_is_open(&spec))
            return refuse_open(log, texts->text[i]);
    }
    return 0;
}

int listening_check(const struct options *options, struct log *log)
{
    int result = options->insecure ? 0 : check_all(&options->listen, log);

    return options->insecure || result != 0 ? result : check_all(&options->metrics, log);
}

static int take_handed_over(struct listening *listening, struct service_socket *sockets, int n)
{
    char text[ADDRESS_PRINT_MAX];
    bool is_monitor;

    for (int i = 0; i < n; i++) {
        struct listener *listener = listener_take(&listening->config.clients, sockets[i].fd);

        if (!listener) {
            log_write(listening->config.log, LOG_LEVEL_ERROR,
                      "cannot use the socket %s handed over: %s", sockets[i].name, strerror(errno));
            return 1;
        }
        is_monitor = strcmp(sockets[i].name, "metrics") == 0;
        if ((is_monitor ? keep_monitor : keep_clients)(listening, listener) != 0)
            return 1;
        if (!address_is_loopback(listener_address(listener)))
            log_write(listening->config.log, LOG_LEVEL_WARNING,
                      "%s was handed over (%s): other machines can reach it and are served "
                      "without a question",
                      address_print(listener_address(listener), text), sockets[i].name);
    }
    return 0;
}

int listening_open(struct listening *listening)
{
    const struct option_texts *listen = &listening->config.options->listen;
    const struct option_texts *metrics = &listening->config.options->metrics;
    struct service_socket *sockets;
    const char *problem;
    int n = service_sockets(&sockets, &problem), result = 0;

    if (n < 0) {
        log_write(listening->config.log, LOG_LEVEL_ERROR, "%s", problem);
        return 1;
    }
    if (n > 0)
        result = take_handed_over(listening, sockets, n);
    /* What was handed over of a kind takes the place of what is configured. */
    if (listening->n_clients == 0)
        for (unsigned i = 0; i < listen->n && result == 0; i++)
            result = listen_on(listening, listen->text[i], keep_clients);
    if (listening->n_monitors == 0)
        for (unsigned i = 0; i < metrics->n && result == 0; i++)
            result = listen_on(listening, metrics->text[i], keep_monitor);
    free(sockets);
    return result;
}

/* ---- Accepting ------------------------------------------------------------ */

int listening_start(struct listening *listening)
{
    char text[ADDRESS_PRINT_MAX];

    for (unsigned i = 0; i < listening->n_clients; i++) {
        if (listener_start(listening->clients[i]) != 0) {
            log_write(listening->config.log, LOG_LEVEL_ERROR, "memory is short");
            return 1;
        }
    }
    for (unsigned i = 0; i < listening->n_clients; i++)
        log_announce(listening->config.log, "listening on %s",
                     address_print(listener_address(listening->clients[i]), text));
    for (unsigned i = 0; i < listening->n_monitors; i++)
        log_announce(listening->config.log, "metrics on %s",
                     address_print(listener_address(listening->monitors[i]), text));
    return 0;
}

void listening_stop(struct listening *listening)
{
    while (listening->n_clients > 0)
        listener_free(listening->clients[--listening->n_clients]);
}
