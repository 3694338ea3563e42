/* SPDX-License-Identifier: ISC */
#include "daemon/auth/verifier.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct verifier {
    struct credentials *credentials;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct verifier_ask *first, **end;
    uint64_t n; /* of them */
    bool is_stopping;
};

/* ---- Asks ----------------------------------------------------------------- */

struct verifier_ask *verifier_ask_new(struct verifier_port *port, const char *token, size_t len)
{
    struct verifier_ask *ask = malloc(sizeof(*ask));

    if (ask == NULL)
        return NULL;
    *ask = (struct verifier_ask){.port = port, .len = len};
    memcpy(ask->token, token, len);
    return ask;
}

void verifier_ask_free(struct verifier_ask *ask)
{
    if (ask == NULL)
        return;
    principal_release(ask->principal);
    explicit_bzero(ask->token, sizeof(ask->token));
    free(ask);
}

bool verifier_ask(struct verifier *verifier, struct verifier_ask *ask, uint64_t most)
{
    bool has_room;

    ask->next = NULL;
    pthread_mutex_lock(&verifier->lock);
    has_room = verifier->n < most;
    if (has_room) {
        *verifier->end = ask;
        verifier->end = &ask->next;
        verifier->n++;
        pthread_cond_signal(&verifier->wake);
    }
    pthread_mutex_unlock(&verifier->lock);
    return has_room;
}

/* ---- Answers -------------------------------------------------------------- */

static void post(struct verifier_ask *ask)
{
    struct verifier_port *port = ask->port;
    struct verifier_ask *newest = atomic_load_explicit(&port->newest, memory_order_relaxed);

    do
        ask->next = newest;
    while (!atomic_compare_exchange_weak_explicit(&port->newest, &newest, ask, memory_order_release,
                                                  memory_order_relaxed));
    port->wake(port->context);
}

void verifier_receive(struct verifier_port *port)
{
    struct verifier_ask *ask = atomic_exchange_explicit(&port->newest, NULL, memory_order_acquire);
    struct verifier_ask *next;

    for (; ask != NULL; ask = next) {
        next = ask->next;
        ask->answered(ask);
    }
}

void verifier_port_fini(struct verifier_port *port)
{
    struct verifier_ask *ask = atomic_exchange_explicit(&port->newest, NULL, memory_order_acquire);
    struct verifier_ask *next;

    for (; ask != NULL; ask = next) {
        next = ask->next;
        verifier_ask_free(ask);
    }
}

/* ---- The thread ----------------------------------------------------------- */

/* The next ask; NULL when it is to stop. */
static struct verifier_ask *await(struct verifier *verifier)
{
    struct verifier_ask *ask = NULL;

    pthread_mutex_lock(&verifier->lock);
    while (verifier->first == NULL && !verifier->is_stopping)
        pthread_cond_wait(&verifier->wake, &verifier->lock);
    if (!verifier->is_stopping) {
        ask = verifier->first;
        verifier->first = ask->next;
        verifier->n--;
        if (verifier->first == NULL)
            verifier->end = &verifier->first;
    }
    pthread_mutex_unlock(&verifier->lock);
    return ask;
}

static void *work(void *context)
{
    struct verifier *verifier = context;
    struct verifier_ask *ask;

    while ((ask = await(verifier)) != NULL) {
        /* Two who come with a new token one behind the other cost one hash. */
        ask->principal = credentials_recall(verifier->credentials, ask->token, ask->len);
        if (ask->principal == NULL)
            ask->principal = credentials_verify(verifier->credentials, ask->token, ask->len);
        explicit_bzero(ask->token, sizeof(ask->token));
        post(ask);
    }
    return NULL;
}

static int start(struct verifier *verifier)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&verifier->thread, NULL, work, verifier);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct verifier *verifier_new(struct credentials *credentials)
{
    struct verifier *verifier = calloc(1, sizeof(*verifier));

    if (verifier == NULL)
        return NULL;
    verifier->credentials = credentials;
    verifier->end = &verifier->first;
    pthread_mutex_init(&verifier->lock, NULL);
    pthread_cond_init(&verifier->wake, NULL);
    errno = start(verifier);
    if (errno == 0)
        return verifier;
    pthread_cond_destroy(&verifier->wake);
    pthread_mutex_destroy(&verifier->lock);
    free(verifier);
    return NULL;
}

void verifier_free(struct verifier *verifier)
{
    struct verifier_ask *next;

    if (verifier == NULL)
        return;
    pthread_mutex_lock(&verifier->lock);
    verifier->is_stopping = true;
    pthread_cond_signal(&verifier->wake);
    pthread_mutex_unlock(&verifier->lock);
    pthread_join(verifier->thread, NULL);
    for (struct verifier_ask *ask = verifier->first; ask != NULL; ask = next) {
        next = ask->next;
        verifier_ask_free(ask);
    }
    pthread_cond_destroy(&verifier->wake);
    pthread_mutex_destroy(&verifier->lock);
    free(verifier);
}
