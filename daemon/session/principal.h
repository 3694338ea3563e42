/* SPDX-License-Identifier: ISC */
#ifndef WAITD_PRINCIPAL_H
#define WAITD_PRINCIPAL_H

/*
 * Who a client is, as far as it has proved it.  Its name is printable ASCII:
 *
 *     local          nobody in particular: a client without credentials
 *     unix:UID       the user at the other end of a Unix socket
 *     token:NAME     who has shown the secret of that name
 *     cert:SUBJECT   who has shown a certificate of that subject (RFC 4514)
 *
 * Detached batches belong to the principal that submitted them: nobody else learns
 * whether they exist, but for those who are administrators.  What a name was proved
 * by is not known here.
 *
 * Never changed once it is made, and reference-counted.  For any thread.
 */

#include <stdatomic.h>
#include <stdbool.h>

/* Bytes of a name, at most. */
#define PRINCIPAL_NAME_MAX 255

struct principal {
    _Atomic unsigned holders;
    bool is_admin; /* sees, cancels and forgets what others own */
    char name[];
};

/* Whether a text names a principal: one of the four forms above. */
bool principal_is_name(const char *text);

/* name: as above, copied.  With one holder.  NULL when out of memory. */
struct principal *principal_new(const char *name, bool is_admin);
struct principal *principal_hold(struct principal *principal); /* NULL is fine, and returned */
void principal_release(struct principal *principal);           /* NULL is fine */

/* Whether the asker may learn of what that owner has.  asker: NULL for the daemon itself. */
bool principal_may_see(const struct principal *asker, const struct principal *owner);

#endif
