/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TOKENS_H
#define WAITD_TOKENS_H

/*
 * The file of tokens that the daemon accepts: a line `NAME:HASH` each (proto/token/token.h), blank
 * lines, and comments behind `#`.  Nobody but its owner and that user's group
 * may read it.  What is read of it is never changed, but for which secret was found right.
 *
 * For one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/token/token.h"

/* The most tokens of a file. */
#define TOKENS_MOST 10000

#define TOKENS_PROBLEM_MAX 384
#define TOKENS_DIGEST_MAX  32

struct tokens_line {
    char name[TOKEN_NAME_MAX + 1];
    char hash[TOKEN_HASH_MAX + 1];
    bool is_proved; /* a secret was compared with the hash and is right; this is its digest: */
    uint8_t digest[TOKENS_DIGEST_MAX];
};

struct tokens {
    struct tokens_line *lines; /* in the order of their names */
    size_t n;
};

/* Reads a file.  NULL, and in problem why (one line that names the file, and quotes no hash). */
struct tokens *tokens_read(const char *path, char problem[TOKENS_PROBLEM_MAX]);
void tokens_free(struct tokens *tokens); /* NULL is fine */

/* The line of a name; NULL for none. */
struct tokens_line *tokens_find(const struct tokens *tokens, const char *name, size_t len);

/* What was proved of lines that have not changed is known of the new ones, too. */
void tokens_inherit(struct tokens *tokens, const struct tokens *before);

#endif
