/* SPDX-License-Identifier: ISC */
#ifndef WAITD_NAMES_H
#define WAITD_NAMES_H

/*
 * The set of names that a batch's jobs wait for: each distinct name gets a
 * number, from 0.  A hash table under a key that clients do not know, so that no
 * choice of names makes it slow.
 *
 * The table keeps pointers to the names' bytes, which the caller keeps in place.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAMES_NONE UINT32_MAX /* HASH_NONE */

struct names;

/* A set that takes up to `room` names.  NULL when out of memory. */
struct names *names_new(uint32_t room, const uint8_t key[16]);
void names_free(struct names *names);

/* The same, but no more at a time than *budget bytes, from which it takes what was
 * freed.  Returns whether it is gone; until then nothing else may be done with it. */
bool names_free_some(struct names *names, size_t *budget);

/* The number of the name, given to it now if it is new; there is room for it. */
uint32_t names_add(struct names *names, const char *name, size_t len);

/* The number of the name, or NAMES_NONE. */
uint32_t names_find(const struct names *names, const char *name, size_t len);

/*
 * The same in steps, since names may be of any length: names_begin_lookup() hashes at most
 * NAMES_HASHED_BYTES of one; names_look_up() compares at most *budget bytes, takes what it did
 * from that, and returns whether it is done: the lookup's number is that of the name then, or
 * NAMES_NONE, and names_add_looked_up() gives one to a name that has none.  Until then, nothing
 * is added.
 */
#define NAMES_HASHED_BYTES ((size_t)64 << 10)

struct names_lookup {
    const char *text;
    size_t len;
    uint64_t hash;
    uint32_t number; /* until it is done: the one that is being compared, or NAMES_NONE */
    size_t compared; /* bytes of that one, all equal */
    size_t *budget;
};

void names_begin_lookup(const struct names *names, struct names_lookup *lookup, const char *name,
                        size_t len);
bool names_look_up(const struct names *names, struct names_lookup *lookup, size_t *budget);
uint32_t names_add_looked_up(struct names *names, const struct names_lookup *lookup);

uint32_t names_count(const struct names *names);

#endif
