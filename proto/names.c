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

static const char *text_of(const void *context, uint32_t number, size_t *len)
{
    const struct name *name = &((const struct names *)context)->list[number];

    *len = name->len;
    return name->text;
}

static uint64_t hash_of_name(const void *context, uint32_t number)
{
    const struct names *names = context;

    return lookup_hash(names->key, names->list[number].text, names->list[number].len);
}

void names_begin_lookup(const struct names *names, struct lookup *lookup, const char *text,
                        size_t len)
{
    lookup_begin(lookup, names->key, text, len);
}

bool names_look_up(const struct names *names, struct lookup *lookup, size_t *budget)
{
    return lookup_step(lookup, &names->by_text, text_of, names, budget);
}

uint32_t names_add_looked_up(struct names *names, const struct lookup *lookup)
{
    names->list[names->n] = (struct name){.text = lookup->text, .len = lookup->len};
    (void)hash_add(&names->by_text, lookup->hash, names->n, hash_of_name, names); /* has room */
    return names->n++;
}

static struct lookup look_up_whole(const struct names *names, const char *text, size_t len)
{
    struct lookup lookup;
    size_t budget = SIZE_MAX;

    names_begin_lookup(names, &lookup, text, len);
    (void)names_look_up(names, &lookup, &budget);
    return lookup;
}

uint32_t names_add(struct names *names, const char *text, size_t len)
{
    struct lookup lookup = look_up_whole(names, text, len);

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
