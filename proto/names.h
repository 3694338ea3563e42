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

#include "proto/lookup.h"

#define NAMES_NONE HASH_NONE

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

/* The same in steps (lookup.h): once it is done, names_add_looked_up() gives a number to a name
 * that has none. */
void names_begin_lookup(const struct names *names, struct lookup *lookup, const char *name,
                        size_t len);
bool names_look_up(const struct names *names, struct lookup *lookup, size_t *budget);
uint32_t names_add_looked_up(struct names *names, const struct lookup *lookup);

uint32_t names_count(const struct names *names);

#endif
