/* SPDX-License-Identifier: ISC */
#include "proto/names.h"

#include <stdlib.h>
#include <string.h>

#include "proto/block.h"
#include "proto/hash.h"

struct name {
    const char *text;
    size_t len;
};

struct names {
    uint8_t key[16];
    struct name *list; /* by number */
    struct hash by_text;
    uint32_t n;
};

struct names *names_new(uint32_t room, const uint8_t key[16])
{
    struct names *names = calloc(1, sizeof(*names));

    if (names == NULL)
        return NULL;
    memcpy(names->key, key, sizeof(names->key));
    names->list = calloc(1, block_size((room > 0 ? room : 1) * sizeof(*names->list)));
    if (names->list == NULL || hash_reserve(&names->by_text, room) != 0) {
        names_free(names);
        return NULL;
    }
    return names;
}

void names_free(struct names *names)
{
    if (names == NULL)
        return;
    hash_fini(&names->by_text);
    free(names->list);
    free(names);
}

bool names_free_some(struct names *names, size_t *budget)
{
    if (!block_free_some(&names->by_text.slots, budget) || !block_free_some(&names->list, budget))
        return false;
    names_free(names);
    return true;
}

/* Of a text that is longer than this, as many bytes at either end count as make it up, and the
 * length: to hash 30 MB would take 17 ms, in which nobody else is served. */
static uint64_t hash_of_text(const struct names *names, const char *text, size_t len)
{
    const size_t half = NAMES_HASHED_BYTES / 2;
    uint64_t ends[3];

    if (len <= NAMES_HASHED_BYTES)
        return hash_bytes(names->key, text, len);
    ends[0] = hash_bytes(names->key, text, half);
    ends[1] = hash_bytes(names->key, text + len - half, half);
    ends[2] = len;
    return hash_bytes(names->key, ends, sizeof(ends));
}

static uint64_t hash_of_name(const void *context, uint32_t number)
{
    const struct names *names = context;

    return hash_of_text(names, names->list[number].text, names->list[number].len);
}

void names_begin_lookup(const struct names *names, struct names_lookup *lookup, const char *text,
                        size_t len)
{
    *lookup = (struct names_lookup){
        .text = text, .len = len, .hash = hash_of_text(names, text, len), .number = NAMES_NONE};
}

/* Whether they are equal as far as the budget goes.  Those before the one that is being compared
 * are known to differ. */
static bool may_be(const void *context, uint32_t number, const void *key)
{
    const struct name *name = &((const struct names *)context)->list[number];
    struct names_lookup *lookup = *(struct names_lookup *const *)key;
    size_t n = lookup->len - lookup->compared;

    if (name->len != lookup->len || (lookup->number != NAMES_NONE && lookup->number != number))
        return false;
    n = n < *lookup->budget ? n : *lookup->budget;
    *lookup->budget -= n;
    if (memcmp(name->text + lookup->compared, lookup->text + lookup->compared, n) != 0) {
        lookup->number = NAMES_NONE;
        lookup->compared = 0;
        return false;
    }
    lookup->number = number;
    lookup->compared += n;
    return true;
}

bool names_look_up(const struct names *names, struct names_lookup *lookup, size_t *budget)
{
    lookup->budget = budget;
    return hash_find(&names->by_text, lookup->hash, may_be, names, &lookup) == HASH_NONE ||
           lookup->compared == lookup->len;
}

uint32_t names_add_looked_up(struct names *names, const struct names_lookup *lookup)
{
    names->list[names->n] = (struct name){.text = lookup->text, .len = lookup->len};
    (void)hash_add(&names->by_text, lookup->hash, names->n, hash_of_name, names); /* has room */
    return names->n++;
}

static struct names_lookup look_up_whole(const struct names *names, const char *text, size_t len)
{
    struct names_lookup lookup;
    size_t budget = SIZE_MAX;

    names_begin_lookup(names, &lookup, text, len);
    (void)names_look_up(names, &lookup, &budget);
    return lookup;
}

uint32_t names_add(struct names *names, const char *text, size_t len)
{
    struct names_lookup lookup = look_up_whole(names, text, len);

    return lookup.number != NAMES_NONE ? lookup.number : names_add_looked_up(names, &lookup);
}

uint32_t names_find(const struct names *names, const char *text, size_t len)
{
    return look_up_whole(names, text, len).number;
}

uint32_t names_count(const struct names *names)
{
    return names->n;
}
