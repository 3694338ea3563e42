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
    struct verifier_query *first, **end;
    uint64_t n; /* of them */
    bool is_stopping;
};

/* ---- Asks ----------------------------------------------------------------- */

struct verifier_query *verifier_query_new(struct verifier_port *port, const char *token, size_t len)
{
    struct verifier_query *query = malloc(sizeof(*query));

    if (query == NULL)
        return NULL;
    *query = (struct verifier_query){.port = port, .len = len};
    memcpy(query->token, token, len);
    return query;
}

void verifier_query_free(struct verifier_query *query)
{
    if (query == NULL)
        return;
    principal_release(query->principal);
    explicit_bzero(query->token, sizeof(query->token));
    free(query);
}

bool verifier_query(struct verifier *verifier, struct verifier_query *query, uint64_t most)
{
    bool has_room;

    query->next = NULL;
    pthread_mutex_lock(&verifier->lock);
    has_room = verifier->n < most;
    if (has_room) {
        *verifier->end = query;
        verifier->end = &query->next;
        verifier->n++;
        pthread_cond_signal(&verifier->wake);
    }
    pthread_mutex_unlock(&verifier->lock);
    return has_room;
}

/* ---- Answers -------------------------------------------------------------- */

static void post(struct verifier_query *query)
{
    struct verifier_port *port = query->port;
    struct verifier_query *newest = atomic_load_explicit(&port->newest, memory_order_relaxed);

    do
        query->next = newest;
    while (!atomic_compare_exchange_weak_explicit(&port->newest, &newest, query,
                                                  memory_order_release, memory_order_relaxed));
    port->wake(port->context);
}

void verifier_receive(struct verifier_port *port)
{
    struct verifier_query *query =
        atomic_exchange_explicit(&port->newest, NULL, memory_order_acquire);
    struct verifier_query *next;

    for (; query != NULL; query = next) {
        next = query->next;
        query->answered(query);
    }
}

void verifier_port_fini(struct verifier_port *port)
{
    struct verifier_query *query =
        atomic_exchange_explicit(&port->newest, NULL, memory_order_acquire);
    struct verifier_query *next;

    for (; query != NULL; query = next) {
        next = query->next;
        verifier_query_free(query);
    }
}

/* ---- The thread ----------------------------------------------------------- */

/* The next query; NULL when it is to stop. */
static struct verifier_query *await(struct verifier *verifier)
{
    struct verifier_query *query = NULL;

    pthread_mutex_lock(&verifier->lock);
    while (verifier->first == NULL && !verifier->is_stopping)
        pthread_cond_wait(&verifier->wake, &verifier->lock);
    if (!verifier->is_stopping) {
        query = verifier->first;
        verifier->first = query->next;
        verifier->n--;
        if (verifier->first == NULL)
            verifier->end = &verifier->first;
    }
    pthread_mutex_unlock(&verifier->lock);
    return query;
}

static void *work(void *context)
{
    struct verifier *verifier = context;
    struct verifier_query *query;

    while ((query = await(verifier)) != NULL) {
        /* Two who come with a new token one behind the other cost one hash. */
        query->principal = credentials_recall(verifier->credentials, query->token, query->len);
        if (query->principal == NULL)
            query->principal = credentials_verify(verifier->credentials, query->token, query->len);
        explicit_bzero(query->token, sizeof(query->token));
        post(query);
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
    struct verifier_query *next;

    if (verifier == NULL)
        return;
    pthread_mutex_lock(&verifier->lock);
    verifier->is_stopping = true;
    pthread_cond_signal(&verifier->wake);
    pthread_mutex_unlock(&verifier->lock);
    pthread_join(verifier->thread, NULL);
    for (struct verifier_query *query = verifier->first; query != NULL; query = next) {
        next = query->next;
        verifier_query_free(query);
    }
    pthread_cond_destroy(&verifier->wake);
    pthread_mutex_destroy(&verifier->lock);
    free(verifier);
}
