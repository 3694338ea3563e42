/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HASH_H
#define WAITD_HASH_H

/*
 * A hash table of numbers: an index over items that their owner keeps under numbers of its
 * own (positions of an array, slots.h).  Open addressing with linear probing, at most half
 * full; removal moves the items behind forward and leaves no marks (D. E. Knuth, The Art of
 * Computer Programming 3, 6.4, algorithm R).
 *
 * A full table is replaced by one twice as large, into which the old one is moved a few items
 * at each change (as W. Litwin's "Linear hashing", 1980, spreads its growth), so that no
 * single call takes time in proportion to what is there; but for a zeroed block of memory.
 *
 * The owner computes the hashes, of keys and of items alike.  Where clients choose the keys,
 * by hash_bytes() with a key that they do not know.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_NONE UINT32_MAX /* no item's number */

/* Embedded by its owner; all zero is an empty one. */
struct hash {
    uint32_t *slots; /* a number plus 1, or 0 */
    uint32_t *old;   /* the same, being moved; NULL for none */
    size_t mask, old_mask;
    size_t moved; /* slots of the old one: those before are empty */
    uint32_t n;   /* items */
};

/* The hash of an item that is in the table.  context: the owner's, as it is passed. */
typedef uint64_t hash_of(const void *context, uint32_t item);

/* Whether an item has this key. */
typedef bool hash_is(const void *context, uint32_t item, const void *key);

/* Makes room for n items in an empty table, so that adding these allocates nothing.  0, or -1
 * when out of memory. */
int hash_reserve(struct hash *hash, uint32_t n);

void hash_fini(struct hash *hash);

/* Enters an item whose hash is h and whose key is not there.  0, or -1 when out of memory. */
int hash_add(struct hash *hash, uint64_t h, uint32_t item, hash_of *of, const void *context);

/* Removes an item that is there, and still has its key. */
void hash_remove(struct hash *hash, uint32_t item, hash_of *of, const void *context);

/* The item of that key, whose hash is h; HASH_NONE for none. */
static inline uint32_t hash_find(const struct hash *hash, uint64_t h, hash_is *is,
                                 const void *context, const void *key)
{
    const uint32_t *slots = hash->slots;
    size_t mask = hash->mask;

    for (int table = 0; slots != NULL && table < 2; table++) {
        for (size_t at = h & mask; slots[at] != 0; at = (at + 1) & mask)
            if (is(context, slots[at] - 1, key))
                return slots[at] - 1;
        slots = hash->old;
        mask = hash->old_mask;
    }
    return HASH_NONE;
}

/* SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein, 2012). */
uint64_t hash_bytes(const uint8_t key[16], const void *bytes, size_t len);

#endif
