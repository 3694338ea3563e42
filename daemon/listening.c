/* SPDX-License-Identifier: ISC */
#include "daemon/listening.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/address.h"
#include "daemon/base/log.h"
#include "daemon/base/service.h"
#include "daemon/net/http.h"

#define LISTENERS_MAX 256

/* What is listened for. */
enum kind { KIND_CLIENTS, KIND_HTTP, KIND_MONITORS, KIND_TLS_CLIENTS, KIND_TLS_HTTP, KINDS };

/* Those that have options of their own; addresses by TLS stand among the others. */
#define OPTIONS KIND_TLS_CLIENTS

static bool is_by_tls(enum kind kind)
{
    return kind == KIND_TLS_CLIENTS || kind == KIND_TLS_HTTP;
}

struct listeners {
    struct listener *all[LISTENERS_MAX];
    unsigned n;
};

struct listening {
    struct listening_config config;
    struct listeners listeners[KINDS];
};

struct listening *listening_new(const struct listening_config *config)
{
    struct listening *listening = calloc(1, sizeof(*listening));

    if (listening)
        listening->config = *config;
    return listening;
}

static void stop(struct listeners *listeners)
{
    while (listeners->n > 0)
        listener_free(listeners->all[--listeners->n]);
}

void listening_free(struct listening *listening)
{
    if (!listening)
        return;
    for (unsigned kind = 0; kind < KINDS; kind++)
        stop(&listening->listeners[kind]);
    free(listening);
}

void listening_stop(struct listening *listening)
{
    stop(&listening->listeners[KIND_CLIENTS]);
    stop(&listening->listeners[KIND_TLS_CLIENTS]);
    stop(&listening->listeners[KIND_HTTP]);
    stop(&listening->listeners[KIND_TLS_HTTP]);
}

unsigned listening_sockets(const struct listening *listening)
{
    unsigned n = 0;

    for (unsigned kind = 0; kind < KINDS; kind++)
        n += listening->listeners[kind].n;
    return n;
}

/* Who takes over the clients of a listener of a kind. */
static const struct listener_env *env_of(const struct listening *listening, enum kind kind)
{
    switch (kind) {
    case KIND_HTTP:
        return &listening->config.http;
    case KIND_MONITORS:
        return &listening->config.monitors;
    case KIND_TLS_CLIENTS:
        return &listening->config.tls_clients;
    case KIND_TLS_HTTP:
        return &listening->config.tls_http;
    case KIND_CLIENTS:
    case KINDS:
        break;
    }
    return &listening->config.clients;
}

static int keep(struct listening *listening, enum kind kind, struct listener *listener)
{
    struct listeners *listeners = &listening->listeners[kind];

    if (listeners->n == LISTENERS_MAX ||
        (kind != KIND_CLIENTS && kind != KIND_TLS_CLIENTS && !http_is_there())) {
        listener_free(listener);
        if (listeners->n == LISTENERS_MAX)
            log_write(listening->config.log, LOG_LEVEL_ERROR, "more than %d addresses to listen on",
                      LISTENERS_MAX);
        else
            log_write(listening->config.log, LOG_LEVEL_ERROR,
                      "cannot serve HTTP or metrics: built without them");
        return 1;
    }
    listeners->all[listeners->n++] = listener;
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
              "question (--token-file asks for tokens; tls: with --tls-client-ca asks for "
              "certificates; --insecure allows it)",
              text);
    return 2;
}

/* Whether addresses within others' reach may be listened on: where clients have to
 * prove who they are, or the options say so. */
static bool may_be_open(const struct options *options, bool by_tls)
{
    return options->insecure || options->token_file.n > 0 ||
           (by_tls && options->tls_client_ca.n > 0);
}

/* What a listener beyond loopback, or with no credentials that its clients could show, is
 * announced with. */
static void warn(const struct listening *listening, const struct listener *listener, bool by_tls)
{
    const struct options *options = listening->config.options;
    const struct address *address = listener_address(listener);
    bool is_open = !address_is_loopback(address);
    char text[ADDRESS_PRINT_MAX];

    address_print(address, text);
    if (is_open && !by_tls && options->token_file.n > 0)
        log_write(listening->config.log, LOG_LEVEL_WARNING,
                  "whoever is on the way to %s can read the tokens that are shown there, and use "
                  "them (tls:%s keeps them secret)",
                  text, text);
    if (address->any.sa_family != AF_UNIX && !by_tls && options->tls_client_ca.n > 0 &&
        options->token_file.n == 0 && (is_open || !options->trust_loopback))
        log_write(listening->config.log, LOG_LEVEL_WARNING,
                  "clients of %s have nothing to prove by who they are, and get no further than "
                  "a ping (--token-file gives them tokens%s)",
                  text, is_open ? "" : "; --trust-loopback serves them");
}

/* Listens on all the addresses that text resolves to.  A host's name may have
 * some that this machine lacks, such as ::1 where there is no IPv6. */
static int listen_on(struct listening *listening, const char *text, enum kind kind)
{
    struct address found[ADDRESS_MAX];
    struct address_spec spec;
    const char *by_tls = address_behind_tls(text);
    const char *problem = address_parse(by_tls ? by_tls : text, &spec);
    int n = problem ? -1 : address_resolve(&spec, found, &problem);
    int bound = 0, error = EADDRNOTAVAIL;

    if (n < 0) {
        log_write(listening->config.log, LOG_LEVEL_ERROR, "cannot listen on %s: %s", text, problem);
        return 1;
    }
    for (int i = 0; i < n; i++)
        if (!may_be_open(listening->config.options, by_tls) && !address_is_loopback(&found[i]))
            return refuse_open(listening->config.log, text);
    if (by_tls)
        kind = kind == KIND_HTTP ? KIND_TLS_HTTP : KIND_TLS_CLIENTS;
    for (int i = 0; i < n; i++) {
        struct listener *listener =
            listener_open(env_of(listening, kind), &found[i], spec.kind == ADDRESS_ANY);

        if (listener) {
            bound++;
            if (keep(listening, kind, listener) != 0)
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

static int check_all(const struct options *options, const struct option_texts *texts,
                     struct log *log)
{
    for (unsigned i = 0; i < texts->n; i++) {
        const char *by_tls = address_behind_tls(texts->text[i]);
        struct address_spec spec;

        if (!may_be_open(options, by_tls) &&
            !address_parse(by_tls ? by_tls : texts->text[i], &spec) && address_spec_is_open(&spec))
            return refuse_open(log, texts->text[i]);
    }
    return 0;
}

int listening_check(const struct options *options, struct log *log)
{
    const struct option_texts *const all[OPTIONS] = {&options->listen, &options->http,
                                                     &options->metrics};
    int result = 0;

    for (unsigned kind = 0; kind < OPTIONS && result == 0; kind++)
        result = check_all(options, all[kind], log);
    return result;
}

/* The kind that a socket was handed over for, by its name. */
static enum kind kind_of(const char *name)
{
    if (strcmp(name, "http") == 0)
        return KIND_HTTP;
    if (strcmp(name, "https") == 0)
        return KIND_TLS_HTTP;
    if (strcmp(name, "tls") == 0)
        return KIND_TLS_CLIENTS;
    return strcmp(name, "metrics") == 0 ? KIND_MONITORS : KIND_CLIENTS;
}

static int take_handed_over(struct listening *listening, struct service_socket *sockets, int n)
{
    const struct options *options = listening->config.options;
    char text[ADDRESS_PRINT_MAX];

    for (int i = 0; i < n; i++) {
        enum kind kind = kind_of(sockets[i].name);
        struct listener *listener = listener_take(env_of(listening, kind), sockets[i].fd);

        if (!listener) {
            log_write(listening->config.log, LOG_LEVEL_ERROR,
                      "cannot use the socket %s handed over: %s", sockets[i].name, strerror(errno));
            return 1;
        }
        if (keep(listening, kind, listener) != 0)
            return 1;
        if (is_by_tls(kind) && options->tls_cert.n == 0) {
            log_write(listening->config.log, LOG_LEVEL_ERROR,
                      "cannot use the socket %s handed over: it takes tls-cert and tls-key",
                      sockets[i].name);
            return 2;
        }
        if (!may_be_open(options, is_by_tls(kind)) &&
            !address_is_loopback(listener_address(listener)))
            log_write(listening->config.log, LOG_LEVEL_WARNING,
                      "%s was handed over (%s): other machines can reach it and are served "
                      "without a question",
                      address_print(listener_address(listener), text), sockets[i].name);
    }
    return 0;
}

int listening_open(struct listening *listening)
{
    const struct options *options = listening->config.options;
    const struct option_texts *const all[OPTIONS] = {&options->listen, &options->http,
                                                     &options->metrics};
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
    for (unsigned kind = 0; kind < OPTIONS; kind++) {
        bool handed_over = listening->listeners[kind].n > 0;

        if (kind == KIND_CLIENTS)
            handed_over |= listening->listeners[KIND_TLS_CLIENTS].n > 0;
        if (kind == KIND_HTTP)
            handed_over |= listening->listeners[KIND_TLS_HTTP].n > 0;

        for (unsigned i = 0; i < all[kind]->n && result == 0 && !handed_over; i++)
            result = listen_on(listening, all[kind]->text[i], (enum kind)kind);
    }
    free(sockets);
    return result;
}

/* ---- Accepting ------------------------------------------------------------ */

int listening_start(struct listening *listening)
{
    static const char *const words[KINDS] = {"listening on ", "listening on http://", "metrics on ",
                                             "listening on tls:", "listening on https://"};
    char text[ADDRESS_PRINT_MAX];

    for (unsigned kind = 0; kind < KINDS; kind++) {
        for (unsigned i = 0; i < listening->listeners[kind].n; i++) {
            if (listener_start(listening->listeners[kind].all[i]) != 0) {
                log_write(listening->config.log, LOG_LEVEL_ERROR, "out of memory");
                return 1;
            }
        }
    }
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (unsigned i = 0; i < listening->listeners[kind].n; i++)
            log_announce(listening->config.log, "%s%s", words[kind],
                         address_print(listener_address(listening->listeners[kind].all[i]), text));
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (unsigned i = 0; i < listening->listeners[kind].n; i++)
            warn(listening, listening->listeners[kind].all[i], is_by_tls(kind));
    return 0;
}
