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
    names->list = calloc(room > 0 ? room : 1, sizeof(*names->list));
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

static bool is_name(const void *context, uint32_t number, const void *key)
{
    const struct name *name = &((const struct names *)context)->list[number], *other = key;

    return name->len == other->len && memcmp(name->text, other->text, other->len) == 0;
}

/* Of a text that is longer than twice as many bytes, as many at either end count, and the length:
 * to hash 30 MB would take 17 ms, in which nobody else is served.  A request has a thousand such
 * texts at most, so however alike a client makes them, to look one up takes a thousand comparisons
 * of so many bytes. */
#define HASHED_BYTES ((size_t)32 << 10)

static uint64_t hash_of_text(const struct names *names, const char *text, size_t len)
{
    uint64_t ends[3];

    if (len <= 2 * HASHED_BYTES)
        return hash_bytes(names->key, text, len);
    ends[0] = hash_bytes(names->key, text, HASHED_BYTES);
    ends[1] = hash_bytes(names->key, text + len - HASHED_BYTES, HASHED_BYTES);
    ends[2] = len;
    return hash_bytes(names->key, ends, sizeof(ends));
}

static uint64_t hash_of_name(const void *context, uint32_t number)
{
    const struct names *names = context;

    return hash_of_text(names, names->list[number].text, names->list[number].len);
}

uint32_t names_add(struct names *names, const char *text, size_t len)
{
    const struct name name = {.text = text, .len = len};
    uint64_t h = hash_of_text(names, text, len);
    uint32_t number = hash_find(&names->by_text, h, is_name, names, &name);

    if (number != HASH_NONE)
        return number;
    names->list[names->n] = name;
    (void)hash_add(&names->by_text, h, names->n, hash_of_name, names); /* there is room */
    return names->n++;
}

uint32_t names_find(const struct names *names, const char *text, size_t len)
{
    const struct name name = {.text = text, .len = len};

    return hash_find(&names->by_text, hash_of_text(names, text, len), is_name, names, &name);
}

uint32_t names_count(const struct names *names)
{
    return names->n;
}
