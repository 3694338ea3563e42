/* SPDX-License-Identifier: ISC */
#include "proto/token/token.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char name_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

bool token_is_name(const char *name, size_t len)
{
    if (len == 0 || len > TOKEN_NAME_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] == '\0' || strchr(name_letters, name[i]) == NULL)
            return false;
    return true;
}

bool token_split(const char *token, size_t len, size_t *name_len)
{
    const char *point = len <= TOKEN_MAX ? memrchr(token, '.', len) : NULL;

    if (point == NULL || point + 1 == token + len || memchr(token, '\0', len) != NULL ||
        !token_is_name(token, (size_t)(point - token)))
        return false;
    *name_len = (size_t)(point - token);
    return true;
}

bool token_is_equal(const void *a, const void *b, size_t len)
{
    const volatile unsigned char *x = a, *y = b;
    unsigned char difference = 0;

    for (size_t i = 0; i < len; i++)
        difference |= x[i] ^ y[i];
    return difference == 0;
}

#ifdef HAVE_CRYPT

#include <crypt.h>
#include <sys/random.h>

/* Of crypt(5)'s: memory-hard, and its default is what Debian hashes passwords by. */
#define METHOD "$y$"

#define SECRET_BYTES 32

/* Of the hash itself, which has 256 bits too. */
#define HASH_LETTERS 43

bool token_is_there(void)
{
    return true;
}

/* `$y$`, parameters, `$`, a salt, `$` and the hash itself: more than a setting, which is what
 * crypt_checksalt() looks at. */
static bool is_whole(const char *hash)
{
    const char *last = strrchr(hash, '$');
    unsigned n = 0;

    for (const char *at = hash; *at != '\0'; at++)
        n += *at == '$';
    return n == 4 && strlen(last + 1) == HASH_LETTERS;
}

const char *token_check_hash(const char *hash)
{
    if (strncmp(hash, METHOD, strlen(METHOD)) != 0)
        return "is no hash by yescrypt, which begins with " METHOD;
    if (strlen(hash) > TOKEN_HASH_MAX || !is_whole(hash) || crypt_checksalt(hash) != CRYPT_SALT_OK)
        return "is no hash by yescrypt that is whole";
    return NULL;
}

/* What crypt(3) needs for a call, wiped out and freed again: it has held the secret. */
struct scratch {
    void *bytes;
    int size;
};

static void drop(struct scratch *scratch)
{
    if (scratch->bytes != NULL)
        explicit_bzero(scratch->bytes, (size_t)scratch->size);
    free(scratch->bytes);
}

bool token_matches(const char *hash, const char *secret)
{
    struct scratch scratch = {0};
    const char *made = crypt_ra(secret, hash, &scratch.bytes, &scratch.size);
    size_t len = strlen(hash);
    bool matches = made != NULL && strlen(made) == len && token_is_equal(made, hash, len);

    drop(&scratch);
    return matches;
}

/* base64url without padding (RFC 4648). */
static void put_letters(char *out, const uint8_t *bytes, size_t n)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    for (size_t bit = 0; bit < 8 * n; bit += 6) {
        unsigned pair = (unsigned)bytes[bit / 8] << 8;

        if (bit / 8 + 1 < n)
            pair |= bytes[bit / 8 + 1];
        *out++ = letters[pair >> (10 - bit % 8) & 63];
    }
    *out = '\0';
}

int token_make(const char *name, char token[TOKEN_MAX + 1], char line[TOKEN_LINE_MAX + 1])
{
    struct scratch scratch = {0};
    uint8_t drawn[SECRET_BYTES];
    char *setting, *hash = NULL;
    int at;

    if (getrandom(drawn, sizeof(drawn), 0) != (ssize_t)sizeof(drawn))
        return -1;
    at = snprintf(token, TOKEN_MAX + 1, "%s.", name);
    put_letters(token + at, drawn, sizeof(drawn));
    explicit_bzero(drawn, sizeof(drawn));
    setting = crypt_gensalt_ra(METHOD, 0, NULL, 0);
    if (setting != NULL)
        hash = crypt_ra(token + at, setting, &scratch.bytes, &scratch.size);
    if (hash != NULL)
        snprintf(line, TOKEN_LINE_MAX + 1, "%s:%s", name, hash);
    drop(&scratch);
    free(setting);
    return hash != NULL ? 0 : -1;
}

#else

bool token_is_there(void)
{
    return false;
}

const char *token_check_hash(const char *hash)
{
    (void)hash;
    return "cannot be compared with: this program was built without libcrypt";
}

bool token_matches(const char *hash, const char *secret)
{
    (void)hash;
    (void)secret;
    return false;
}

int token_make(const char *name, char token[TOKEN_MAX + 1], char line[TOKEN_LINE_MAX + 1])
{
    (void)name;
    token[0] = line[0] = '\0';
    errno = ENOSYS;
    return -1;
}

#endif
