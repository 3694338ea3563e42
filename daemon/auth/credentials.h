/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CREDENTIALS_H
#define WAITD_CREDENTIALS_H

/*
 * What the daemon knows clients by: the tokens that it accepts, and who of all principals are
 * administrators.  Both may be read anew at any time.  For any thread.
 *
 * A secret that was found right once is known again by its digest, which is keyed by a key
 * that is drawn at the start and leaves the process nowhere: so a token costs its hash
 * once, and a fast digest from then on.
 */

#include <stddef.h>

#include "daemon/auth/tokens.h"
#include "daemon/session/principal.h"

struct credentials;

/* There are no tokens, and no administrators.  NULL when out of memory, or of random bytes. */
struct credentials *credentials_new(void);
void credentials_free(struct credentials *credentials); /* NULL is fine */

/* Reads a file of tokens, which replace those that there are; they keep what was found right of
 * them as long as their lines stay as they are.  How many there are; or -1 and why (one
 * line), and nothing has changed. */
int credentials_read_tokens(struct credentials *credentials, const char *path,
                            char problem[TOKENS_PROBLEM_MAX]);

/* Sets the names of the administrators, copied.  0, or -1 when out of memory: they stay. */
int credentials_set_admins(struct credentials *credentials, char *const *names, unsigned n);

/* The principal of a name, an administrator if it is one by now.  NULL when out of memory. */
struct principal *credentials_principal(struct credentials *credentials, const char *name);

/* Who shows a token that was found right before; NULL where that has to be found out. */
struct principal *credentials_recall(struct credentials *credentials, const char *token,
                                     size_t len);

/* Finds out who shows a token: takes tens of milliseconds, as long for a name that there is not.
 * NULL: nobody, or out of memory. */
struct principal *credentials_verify(struct credentials *credentials, const char *token,
                                     size_t len);

#endif
