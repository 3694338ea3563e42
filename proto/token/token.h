/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TOKEN_H
#define WAITD_TOKEN_H

/*
 * Tokens, by which clients prove who they are.  A token is
 *
 *     NAME.SECRET     the name of `A-Z a-z 0-9 . _ -`, the secret without a point,
 *                     both of what RFC 6750 lets stand behind `Bearer`
 *
 * and the daemon keeps a line of it, from which nobody finds the secret:
 *
 *     NAME:HASH       the secret's hash by yescrypt, as crypt(5) writes it
 *
 * The name says which line a token belongs to, so that a wrong one costs one hash and not
 * one for each line.  Hashing takes tens of milliseconds and 16 MiB by design: not for a
 * thread that others wait for.  Re-entrant.
 *
 * Built without libcrypt there are none: see token_is_there().
 */

#include <stdbool.h>
#include <stddef.h>

#define TOKEN_NAME_MAX 64
#define TOKEN_MAX      255 /* bytes of a token */
#define TOKEN_HASH_MAX 383 /* of a hash */
#define TOKEN_LINE_MAX (TOKEN_NAME_MAX + 1 + TOKEN_HASH_MAX)

/* Whether this build has them. */
bool token_is_there(void);

bool token_is_name(const char *name, size_t len);

/* Whether a text has the form of a token, and how long its name is. */
bool token_split(const char *token, size_t len, size_t *name_len);

/* NULL for a hash that token_matches() can compare with; else the end of a sentence that
 * begins with what it is. */
const char *token_check_hash(const char *hash);

/* Whether the hash is the secret's.  Takes its time, as long for a wrong secret as for the right
 * one.  False when out of memory, too. */
bool token_matches(const char *hash, const char *secret);

/*
 * Draws a new secret of 256 bits for the name: the token, and its line without a line feed.
 * 0, or -1 and errno.
 */
int token_make(const char *name, char token[TOKEN_MAX + 1], char line[TOKEN_LINE_MAX + 1]);

/* Whether two texts of one length are the same, in a time that does not depend on where they
 * differ. */
bool token_is_equal(const void *a, const void *b, size_t len);

#endif
