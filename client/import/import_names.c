/* SPDX-License-Identifier: ISC */
#include "client/import/import_names.h"

#include <string.h>
#include <sys/random.h>

struct names *import_names_new(size_t room)
{
    uint8_t key[16];

    if (room >= UINT32_MAX)
        return NULL;
    /* Without randomness a file can make the table slow, and no more than that. */
    if (getrandom(key, sizeof key, GRND_NONBLOCK) != (ssize_t)sizeof key)
        memset(key, 0, sizeof key);
    return names_new((uint32_t)room, key);
}
