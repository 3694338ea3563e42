/* SPDX-License-Identifier: ISC */
#include "daemon/session/principal.h"

#include <stdlib.h>
#include <string.h>

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

bool principal_is_name(const char *text)
{
    static const char *const kinds[] = {"unix:", "token:", "cert:"};
    size_t len = strlen(text);

    if (strcmp(text, "local") == 0)
        return true;
    if (len > PRINCIPAL_NAME_MAX || !is_printable(text))
        return false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t kind_len = strlen(kinds[i]);

        if (strncmp(text, kinds[i], kind_len) == 0)
            return len > kind_len &&
                   (i > 0 || strspn(text + kind_len, "0123456789") == len - kind_len);
    }
    return false;
}

struct principal *principal_new(const char *name, bool is_admin)
{
    size_t size = strlen(name) + 1;
    struct principal *principal = malloc(sizeof(*principal) + size);

    if (principal == NULL)
        return NULL;
    atomic_init(&principal->holders, 1);
    principal->is_admin = is_admin;
    memcpy(principal->name, name, size);
    return principal;
}

struct principal *principal_hold(struct principal *principal)
{
    if (principal != NULL)
        atomic_fetch_add_explicit(&principal->holders, 1, memory_order_relaxed);
    return principal;
}

void principal_release(struct principal *principal)
{
    if (principal != NULL &&
        atomic_fetch_sub_explicit(&principal->holders, 1, memory_order_acq_rel) == 1)
        free(principal);
}

static bool is_same(const struct principal *a, const struct principal *b)
{
    return a == b || strcmp(a->name, b->name) == 0;
}

bool principal_may_see(const struct principal *asker, const struct principal *owner)
{
    return asker == NULL || asker->is_admin || is_same(asker, owner);
}
