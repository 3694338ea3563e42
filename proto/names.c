/* SPDX-License-Identifier: ISC */
#include "proto/names.h"

#include <stdlib.h>
#include <string.h>

#include "proto/block.h"

struct name {
    const char *text;
    size_t len;
};

struct names {
    uint8_t key[16];
    struct name *list; /* by number */
    uint32_t *slots;   /* a number plus 1, or 0 */
    uint64_t mask;     /* slots less 1, a power of two less 1 */
    uint32_t n;
};

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

uint64_t names_siphash(const uint8_t key[16], const char *bytes, size_t len)
{
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

struct names *names_new(uint32_t room, const uint8_t key[16])
{
    struct names *names = calloc(1, sizeof(*names));
    uint64_t slots = 8;

    if (names == NULL)
        return NULL;
    while (slots < 2 * (uint64_t)room)
        slots *= 2;
    memcpy(names->key, key, sizeof(names->key));
    names->mask = slots - 1;
    names->slots = calloc(slots, sizeof(*names->slots));
    names->list = calloc(room > 0 ? room : 1, sizeof(*names->list));
    if (names->slots == NULL || names->list == NULL) {
        names_free(names);
        return NULL;
    }
    return names;
}

void names_free(struct names *names)
{
    if (names == NULL)
        return;
    free(names->slots);
    free(names->list);
    free(names);
}

bool names_free_some(struct names *names, size_t *budget)
{
    if (!block_free_some(&names->slots, budget) || !block_free_some(&names->list, budget))
        return false;
    names_free(names);
    return true;
}

/* The slot that holds the name, or the empty one where it would go. */
static uint32_t *seek(const struct names *names, const char *text, size_t len)
{
    uint64_t at = names_siphash(names->key, text, len) & names->mask;

    while (names->slots[at] != 0) {
        const struct name *name = &names->list[names->slots[at] - 1];

        if (name->len == len && memcmp(name->text, text, len) == 0)
            break;
        at = (at + 1) & names->mask;
    }
    return &names->slots[at];
}

uint32_t names_add(struct names *names, const char *text, size_t len)
{
    uint32_t *slot = seek(names, text, len);

    if (*slot == 0) {
        names->list[names->n] = (struct name){.text = text, .len = len};
        *slot = ++names->n;
    }
    return *slot - 1;
}

uint32_t names_find(const struct names *names, const char *text, size_t len)
{
    uint32_t slot = *seek(names, text, len);

    return slot == 0 ? NAMES_NONE : slot - 1;
}

uint32_t names_count(const struct names *names)
{
    return names->n;
}
