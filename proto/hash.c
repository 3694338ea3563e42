/* SPDX-License-Identifier: ISC */
#include "proto/hash.h"

#include <stdlib.h>
#include <string.h>

#include "proto/block.h"

#define SLOTS_LEAST 8

/* Slots of the old table that a change moves.  It is empty before the new one is half full,
 * which takes a change for each two of them. */
#define MOVED_A_CHANGE 8

/* ---- SipHash ------------------------------------------------------------------- */

static uint64_t load64(const void *from)
{
    uint8_t b[8];
    uint64_t value = 0;

    memcpy(b, from, sizeof(b));
    for (int i = 7; i >= 0; i--)
        value = value << 8 | b[i];
    return value;
}

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static void mix(uint64_t v[4], int rounds)
{
    for (int i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32) + v[3];
        v[2] += v[1];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

static void absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    mix(v, 2);
    v[0] ^= word;
}

uint64_t hash_bytes(const uint8_t key[16], const void *from, size_t len)
{
    const uint8_t *bytes = from;
    uint64_t k0 = load64(key), k1 = load64(key + 8);
    uint64_t v[4] = {
        k0 ^ UINT64_C(0x736f6d6570736575),
        k1 ^ UINT64_C(0x646f72616e646f6d),
        k0 ^ UINT64_C(0x6c7967656e657261),
        k1 ^ UINT64_C(0x7465646279746573),
    };
    uint8_t tail[8] = {0};
    size_t whole = len & ~(size_t)7;

    for (size_t i = 0; i < whole; i += 8)
        absorb(v, load64(bytes + i));
    if (len > whole)
        memcpy(tail, bytes + whole, len - whole);
    tail[7] = (uint8_t)len;
    absorb(v, load64(tail));
    v[2] ^= 0xff;
    mix(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- The table ----------------------------------------------------------------- */

void hash_fini(struct hash *hash)
{
    free(hash->slots);
    free(hash->old);
    memset(hash, 0, sizeof(*hash));
}

static int make(struct hash *hash, size_t n_slots)
{
    uint32_t *slots = calloc(1, block_size(n_slots * sizeof(*slots)));

    if (slots == NULL)
        return -1;
    hash->slots = slots;
    hash->mask = n_slots - 1;
    return 0;
}

int hash_reserve(struct hash *hash, uint32_t n)
{
    size_t n_slots = SLOTS_LEAST;

    while (n_slots < 2 * (size_t)n)
        n_slots *= 2;
    return make(hash, n_slots);
}

static void put(uint32_t *slots, size_t mask, uint64_t h, uint32_t slot)
{
    size_t at = h & mask;

    while (slots[at] != 0)
        at = (at + 1) & mask;
    slots[at] = slot;
}

/* Empties a slot, and moves those behind it forward unless that would put them before the
 * place that their hash asks for. */
static void close_gap(uint32_t *slots, size_t mask, size_t gap, hash_of *of, const void *context)
{
    for (size_t i = (gap + 1) & mask; slots[i] != 0; i = (i + 1) & mask) {
        size_t home = of(context, slots[i] - 1) & mask;

        if (((i - home) & mask) >= ((i - gap) & mask)) {
            slots[gap] = slots[i];
            gap = i;
        }
    }
    slots[gap] = 0;
}

/* Moves some of the old table.  What is moved leaves a gap that others may close, so a slot is
 * looked at until it is empty. */
static void move_some(struct hash *hash, size_t most, hash_of *of, const void *context)
{
    if (hash->old == NULL)
        return;
    while (most > 0 && hash->moved <= hash->old_mask) {
        uint32_t slot = hash->old[hash->moved];

        most--;
        if (slot == 0) {
            hash->moved++;
            continue;
        }
        close_gap(hash->old, hash->old_mask, hash->moved, of, context);
        put(hash->slots, hash->mask, of(context, slot - 1), slot);
    }
    if (hash->moved > hash->old_mask) {
        free(hash->old);
        hash->old = NULL;
    }
}

static int grow(struct hash *hash, hash_of *of, const void *context)
{
    uint32_t *old = hash->slots;
    size_t old_mask = hash->mask;

    move_some(hash, SIZE_MAX, of, context); /* nothing is left by now */
    if (make(hash, old == NULL ? SLOTS_LEAST : 2 * (old_mask + 1)) != 0)
        return -1;
    hash->old = old;
    hash->old_mask = old_mask;
    hash->moved = 0;
    return 0;
}

int hash_add(struct hash *hash, uint64_t h, uint32_t item, hash_of *of, const void *context)
{
    if ((hash->slots == NULL || 2 * (size_t)hash->n >= hash->mask + 1) &&
        grow(hash, of, context) != 0)
        return -1;
    move_some(hash, MOVED_A_CHANGE, of, context);
    put(hash->slots, hash->mask, h, item + 1);
    hash->n++;
    return 0;
}

/* The slot of an item, or a mask plus 1. */
static size_t seek(const uint32_t *slots, size_t mask, uint64_t h, uint32_t slot)
{
    size_t at = h & mask;

    while (slots[at] != 0 && slots[at] != slot)
        at = (at + 1) & mask;
    return slots[at] == slot ? at : mask + 1;
}

void hash_remove(struct hash *hash, uint32_t item, hash_of *of, const void *context)
{
    uint64_t h = of(context, item);
    size_t at = seek(hash->slots, hash->mask, h, item + 1);

    if (at <= hash->mask)
        close_gap(hash->slots, hash->mask, at, of, context);
    else {
        at = seek(hash->old, hash->old_mask, h, item + 1);
        close_gap(hash->old, hash->old_mask, at, of, context);
    }
    hash->n--;
    move_some(hash, MOVED_A_CHANGE, of, context);
}
