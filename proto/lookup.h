/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LOOKUP_H
#define WAITD_LOOKUP_H

/*
 * Looking up a text in a hash table (hash.h) of texts, in steps, since texts may be of any length:
 * lookup_begin() hashes at most LOOKUP_HASHED_BYTES, and each lookup_step() compares no more
 * than it is allowed.  Until it is done, nothing is added, and the text stays in its place.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/hash.h"

#define LOOKUP_HASHED_BYTES ((size_t)64 << 10)

struct lookup {
    const char *text;
    size_t len;
    uint64_t hash;
    uint32_t number; /* until it is done: the one that is being compared, or HASH_NONE */
    size_t compared; /* bytes of that one, all equal */
};

/* The text of an item that is in the table.  context: the owner's, as it is passed. */
typedef const char *lookup_text(const void *context, uint32_t number, size_t *len);

/* The hash that texts have in the table. */
uint64_t lookup_hash(const uint8_t key[16], const char *text, size_t len);

void lookup_begin(struct lookup *lookup, const uint8_t key[16], const char *text, size_t len);

/* Compares at most *budget bytes, and takes what it did from that.  Whether it is done:
 * lookup->number is that of the item then, or HASH_NONE. */
bool lookup_step(struct lookup *lookup, const struct hash *table, lookup_text *text_of,
                 const void *context, size_t *budget);

#endif
