/* SPDX-License-Identifier: ISC */
#include "daemon/net/peers.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/auth/failures.h"
#include "daemon/base/random.h"
#include "daemon/base/clock.h"
#include "proto/hash.h"
#include "proto/slots.h"

/* There are this many before any is forgotten. */
#define PEERS_LEAST 64

/* Of those whose failures are not forgiven yet so many are remembered, about. */
#define PEERS_FAILED_MOST 65536

struct peer {
    enum { PEER_V4, PEER_V6, PEER_USER } kind;
    uint64_t key;
    _Atomic uint64_t connections;
    struct failures failures;
};

struct peers {
    uint8_t hash_key[16];
    struct hash by_key; /* slots */
    struct slots all;
    uint32_t most; /* before those without connections are forgotten */
};

struct peers *peers_new(void)
{
    struct peers *peers = calloc(1, sizeof(*peers));

    if (!peers)
        return NULL;
    peers->most = PEERS_LEAST;
    random_key(peers->hash_key);
    return peers;
}

static struct peer *peer_at(const struct peers *peers, uint32_t slot)
{
    return peers->all.items[slot];
}

static uint64_t hash_of_who(const struct peers *peers, const struct peer *who)
{
    const uint64_t key[2] = {who->kind, who->key};

    return hash_bytes(peers->hash_key, key, sizeof(key));
}

static uint64_t hash_of_peer(const void *peers, uint32_t slot)
{
    return hash_of_who(peers, peer_at(peers, slot));
}

static bool is_peer(const void *peers, uint32_t slot, const void *key)
{
    const struct peer *peer = peer_at(peers, slot), *who = key;

    return peer->kind == who->kind && peer->key == who->key;
}

static void forget(struct peers *peers, uint32_t slot)
{
    struct peer *peer = peer_at(peers, slot);

    hash_remove(&peers->by_key, slot, hash_of_peer, peers);
    slots_remove(&peers->all, slot);
    free(peer);
}

void peers_free(struct peers *peers)
{
    if (!peers)
        return;
    for (uint32_t slot = 0; slot < peers->all.n; slot++)
        free(peers->all.items[slot]);
    slots_fini(&peers->all);
    hash_fini(&peers->by_key);
    free(peers);
}

/* Forgets those without connections, and lets more in unless they were half of all. */
static void forget_some(struct peers *peers)
{
    int64_t now_ns = clock_now_ns();

    for (uint32_t slot = 0; slot < peers->all.n; slot++) {
        const struct peer *peer = peer_at(peers, slot);

        if (peer && atomic_load_explicit(&peer->connections, memory_order_acquire) == 0 &&
            (failures_are_over(&peer->failures, now_ns) ||
             slots_used(&peers->all) > PEERS_FAILED_MOST))
            forget(peers, slot);
    }
    if (slots_used(&peers->all) > peers->most / 2)
        peers->most *= 2;
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
    uint64_t h = hash_of_who(peers, &who);
    uint32_t slot = hash_find(&peers->by_key, h, is_peer, peers, &who);

    if (slot != HASH_NONE)
        return peer_at(peers, slot);
    if (slots_used(&peers->all) >= peers->most)
        forget_some(peers);
    made = slots_reserve(&peers->all) == 0 ? malloc(sizeof(*made)) : NULL;
    if (!made)
        return NULL;
    *made = who;
    slot = slots_add(&peers->all, made);
    if (hash_add(&peers->by_key, h, slot, hash_of_peer, peers) != 0) {
        slots_remove(&peers->all, slot);
        free(made);
        return NULL;
    }
    return made;
}

size_t peers_known(const struct peers *peers)
{
    return slots_used(&peers->all);
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

struct failures *peers_failures(struct peer *peer)
{
    return &peer->failures;
}
