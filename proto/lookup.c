/* SPDX-License-Identifier: ISC */
#include "proto/lookup.h"

#include <string.h>

/* Of a text that is longer than this, as many bytes at either end count as make it up, and the
 * length: to hash 30 MB would take 17 ms, in which nobody else is served. */
uint64_t lookup_hash(const uint8_t key[16], const char *text, size_t len)
{
    const size_t half = LOOKUP_HASHED_BYTES / 2;
    uint64_t ends[3];

    if (len <= LOOKUP_HASHED_BYTES)
        return hash_bytes(key, text, len);
    ends[0] = hash_bytes(key, text, half);
    ends[1] = hash_bytes(key, text + len - half, half);
    ends[2] = len;
    return hash_bytes(key, ends, sizeof(ends));
}

void lookup_begin(struct lookup *lookup, const uint8_t key[16], const char *text, size_t len)
{
    *lookup = (struct lookup){
        .text = text, .len = len, .hash = lookup_hash(key, text, len), .number = HASH_NONE};
}

struct step {
    struct lookup *lookup;
    lookup_text *text_of;
    size_t *budget;
};

/* Whether they are equal as far as the budget goes.  Those before the one that is being compared
 * are known to differ. */
static bool may_be(const void *context, uint32_t number, const void *key)
{
    const struct step *step = key;
    struct lookup *lookup = step->lookup;
    size_t len, n = lookup->len - lookup->compared;
    const char *text = step->text_of(context, number, &len);

    if (len != lookup->len || (lookup->number != HASH_NONE && lookup->number != number))
        return false;
    n = n < *step->budget ? n : *step->budget;
    *step->budget -= n;
    if (memcmp(text + lookup->compared, lookup->text + lookup->compared, n) != 0) {
        lookup->number = HASH_NONE;
        lookup->compared = 0;
        return false;
    }
    lookup->number = number;
    lookup->compared += n;
    return true;
}

bool lookup_step(struct lookup *lookup, const struct hash *table, lookup_text *text_of,
                 const void *context, size_t *budget)
{
    const struct step step = {lookup, text_of, budget};

    return hash_find(table, lookup->hash, may_be, context, &step) == HASH_NONE ||
           lookup->compared == lookup->len;
}
