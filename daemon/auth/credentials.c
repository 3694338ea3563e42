/* SPDX-License-Identifier: ISC */
#include "daemon/auth/credentials.h"

#include <pthread.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct credentials {
    uint8_t key[64]; /* of digests: a whole block of SHA-256 */
    pthread_mutex_t lock;
    struct tokens *tokens; /* NULL for none */
    char *admins; /* their names, a NUL behind each and another behind the last; NULL for none */
};

struct credentials *credentials_new(void)
{
    struct credentials *credentials = calloc(1, sizeof(*credentials));

    if (credentials == NULL)
        return NULL;
    if (getrandom(credentials->key, sizeof(credentials->key), 0) !=
            (ssize_t)sizeof(credentials->key) ||
        pthread_mutex_init(&credentials->lock, NULL) != 0) {
        free(credentials);
        return NULL;
    }
    return credentials;
}

void credentials_free(struct credentials *credentials)
{
    if (credentials == NULL)
        return;
    tokens_free(credentials->tokens);
    free(credentials->admins);
    pthread_mutex_destroy(&credentials->lock);
    explicit_bzero(credentials->key, sizeof(credentials->key));
    free(credentials);
}

/* ---- Reading anew --------------------------------------------------------- */

int credentials_read_tokens(struct credentials *credentials, const char *path,
                            char problem[TOKENS_PROBLEM_MAX])
{
    struct tokens *tokens = tokens_read(path, problem), *before;
    int n;

    if (tokens == NULL)
        return -1;
    n = (int)tokens->n;
    pthread_mutex_lock(&credentials->lock);
    before = credentials->tokens;
    if (before != NULL)
        tokens_inherit(tokens, before);
    credentials->tokens = tokens;
    pthread_mutex_unlock(&credentials->lock);
    tokens_free(before);
    return n;
}

int credentials_set_admins(struct credentials *credentials, char *const *names, unsigned n)
{
    size_t size = 1;
    char *admins, *end, *before;

    for (unsigned i = 0; i < n; i++)
        size += strlen(names[i]) + 1;
    admins = malloc(size);
    if (admins == NULL)
        return -1;
    end = admins;
    for (unsigned i = 0; i < n; i++)
        end = stpcpy(end, names[i]) + 1;
    *end = '\0';
    pthread_mutex_lock(&credentials->lock);
    before = credentials->admins;
    credentials->admins = admins;
    pthread_mutex_unlock(&credentials->lock);
    free(before);
    return 0;
}

/* ---- Who it is ------------------------------------------------------------ */

/* With the lock held. */
static bool is_admin(const struct credentials *credentials, const char *name)
{
    const char *admin = credentials->admins;

    for (; admin != NULL && *admin != '\0'; admin += strlen(admin) + 1)
        if (strcmp(admin, name) == 0)
            return true;
    return false;
}

struct principal *credentials_principal(struct credentials *credentials, const char *name)
{
    bool admin;

    pthread_mutex_lock(&credentials->lock);
    admin = is_admin(credentials, name);
    pthread_mutex_unlock(&credentials->lock);
    return principal_new(name, admin);
}

/* The principal that a token's name stands for. */
static struct principal *principal_of(struct credentials *credentials, const char *token,
                                      size_t name_len)
{
    char name[sizeof("token:") + TOKEN_NAME_MAX];

    snprintf(name, sizeof(name), "token:%.*s", (int)name_len, token);
    return credentials_principal(credentials, name);
}

/* Keyed by what stands before the secret: nobody else can compute it, or go on from it, since
 * it is never shown. */
static void digest(const struct credentials *credentials, const char *token, size_t len,
                   uint8_t out[TOKENS_DIGEST_MAX])
{
    SHA2_CTX context;

    SHA256Init(&context);
    SHA256Update(&context, credentials->key, sizeof(credentials->key));
    SHA256Update(&context, (const uint8_t *)token, len);
    SHA256Final(out, &context);
    explicit_bzero(&context, sizeof(context));
}

struct principal *credentials_recall(struct credentials *credentials, const char *token, size_t len)
{
    uint8_t made[TOKENS_DIGEST_MAX];
    const struct tokens_line *line = NULL;
    size_t name_len;
    bool is_known;

    if (!token_split(token, len, &name_len))
        return NULL;
    digest(credentials, token, len, made);
    pthread_mutex_lock(&credentials->lock);
    if (credentials->tokens != NULL)
        line = tokens_find(credentials->tokens, token, name_len);
    is_known = line != NULL && line->is_proved && token_is_equal(line->digest, made, sizeof(made));
    pthread_mutex_unlock(&credentials->lock);
    return is_known ? principal_of(credentials, token, name_len) : NULL;
}

/* The hash to compare with: the name's, or another's where there is none of that name, so that
 * it takes as long.  Whether it is the name's; false, and an empty hash, without any. */
static bool find_hash(struct credentials *credentials, const char *token, size_t name_len,
                      char hash[TOKEN_HASH_MAX + 1])
{
    const struct tokens_line *line = NULL, *any = NULL;

    hash[0] = '\0';
    pthread_mutex_lock(&credentials->lock);
    if (credentials->tokens != NULL && credentials->tokens->n > 0) {
        any = &credentials->tokens->lines[0];
        line = tokens_find(credentials->tokens, token, name_len);
        memcpy(hash, (line != NULL ? line : any)->hash, TOKEN_HASH_MAX + 1);
    }
    pthread_mutex_unlock(&credentials->lock);
    return line != NULL;
}

/* The secret is right of that hash; false if another has taken its place meanwhile. */
static bool remember(struct credentials *credentials, const char *token, size_t len,
                     size_t name_len, const char *hash)
{
    uint8_t made[TOKENS_DIGEST_MAX];
    struct tokens_line *line = NULL;

    digest(credentials, token, len, made);
    pthread_mutex_lock(&credentials->lock);
    if (credentials->tokens != NULL)
        line = tokens_find(credentials->tokens, token, name_len);
    if (line != NULL && strcmp(line->hash, hash) != 0)
        line = NULL;
    if (line != NULL) {
        memcpy(line->digest, made, sizeof(made));
        line->is_proved = true;
    }
    pthread_mutex_unlock(&credentials->lock);
    return line != NULL;
}

struct principal *credentials_verify(struct credentials *credentials, const char *token, size_t len)
{
    char hash[TOKEN_HASH_MAX + 1], secret[TOKEN_MAX + 1];
    bool is_right = false, has_line;
    size_t name_len;

    if (!token_split(token, len, &name_len))
        return NULL;
    has_line = find_hash(credentials, token, name_len, hash);
    memcpy(secret, token + name_len + 1, len - name_len - 1);
    secret[len - name_len - 1] = '\0';
    if (hash[0] != '\0')
        is_right = token_matches(hash, secret);
    explicit_bzero(secret, sizeof(secret));
    if (!has_line || !is_right || !remember(credentials, token, len, name_len, hash))
        return NULL;
    return principal_of(credentials, token, name_len);
}
