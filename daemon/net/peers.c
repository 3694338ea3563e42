/* SPDX-License-Identifier: ISC */
#include "daemon/net/peers.h"

#include <netinet/in.h>
#include <search.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* There are this many before any is forgotten. */
#define PEERS_LEAST 64

struct peer {
    enum { PEER_V4, PEER_V6, PEER_USER } kind;
    uint64_t key;
    _Atomic uint64_t connections;
};

struct peers {
    void *by_key; /* a tree, see tsearch(3) */
    struct peer **all;
    size_t n, room;
};

struct peers *peers_new(void)
{
    struct peers *peers = calloc(1, sizeof(*peers));

    if (!peers)
        return NULL;
    peers->room = PEERS_LEAST;
    peers->all = calloc(peers->room, sizeof(struct peer *));
    if (!peers->all) {
        free(peers);
        return NULL;
    }
    return peers;
}

static int compare(const void *a, const void *b)
{
    const struct peer *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->key > y->key) - (x->key < y->key);
}

static void forget(struct peers *peers, size_t at)
{
    struct peer *peer = peers->all[at];

    peers->all[at] = peers->all[--peers->n];
    tdelete(peer, &peers->by_key, compare);
    free(peer);
}

void peers_free(struct peers *peers)
{
    if (!peers)
        return;
    while (peers->n > 0)
        forget(peers, peers->n - 1);
    free(peers->all);
    free(peers);
}

/* Makes room for another one: forgets those without connections, and grows
 * unless that were half of them. */
static int make_room(struct peers *peers)
{
    struct peer **grown;

    for (size_t at = peers->n; at-- > 0;)
        if (atomic_load_explicit(&peers->all[at]->connections, memory_order_acquire) == 0)
            forget(peers, at);
    if (peers->n <= peers->room / 2)
        return 0;
    grown = realloc(peers->all, 2 * peers->room * sizeof(struct peer *));
    if (!grown)
        return peers->n < peers->room ? 0 : -1;
    peers->all = grown;
    peers->room *= 2;
    return 0;
}

static struct peer identify(const struct address *from, int fd)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)&from->room;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&from->room;
    struct peer who = {.kind = PEER_USER};
    uint32_t v4;

    if (from->any.sa_family == AF_INET) {
        who.kind = PEER_V4;
        who.key = in->sin_addr.s_addr;
    } else if (from->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
        who.kind = PEER_V4;
        memcpy(&v4, &in6->sin6_addr.s6_addr[12], sizeof(v4));
        who.key = v4;
    } else if (from->any.sa_family == AF_INET6) {
        who.kind = PEER_V6;
        memcpy(&who.key, in6->sin6_addr.s6_addr, sizeof(who.key));
    } else {
        struct ucred credentials = {.uid = (uid_t)-1};
        socklen_t len = sizeof(credentials);

        (void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len);
        who.key = credentials.uid;
    }
    return who;
}

struct peer *peers_find(struct peers *peers, const struct address *from, int fd)
{
    struct peer who = identify(from, fd), *made;
    void *found = tfind(&who, &peers->by_key, compare);

    if (found)
        return *(struct peer **)found;
    if (peers->n == peers->room && make_room(peers) != 0)
        return NULL;
    made = malloc(sizeof(*made));
    if (!made)
        return NULL;
    *made = who;
    if (!tsearch(made, &peers->by_key, compare)) {
        free(made);
        return NULL;
    }
    peers->all[peers->n++] = made;
    return made;
}

size_t peers_known(const struct peers *peers)
{
    return peers->n;
}

bool peers_join(struct peer *peer, uint64_t most)
{
    /* Only this thread raises it. */
    if (most > 0 && atomic_load_explicit(&peer->connections, memory_order_relaxed) >= most)
        return false;
    atomic_fetch_add_explicit(&peer->connections, 1, memory_order_relaxed);
    return true;
}

void peers_leave(struct peer *peer)
{
    if (peer)
        atomic_fetch_sub_explicit(&peer->connections, 1, memory_order_release);
}

const char *peers_noun(const struct peer *peer)
{
    static const char *const nouns[] = {
        [PEER_V4] = "address", [PEER_V6] = "/64 network", [PEER_USER] = "user"};

    return nouns[peer->kind];
}

bool peers_user(const struct peer *peer, uint32_t *uid)
{
    *uid = (uint32_t)peer->key;
    return peer->kind == PEER_USER;
}
