/* SPDX-License-Identifier: ISC */
#ifndef WAITD_FAREWELL_H
#define WAITD_FAREWELL_H

/*
 * The end of a connection whose side is shut.  To close a socket with something
 * unread in it is a reset, which destroys what the client has not taken yet; so
 * its input is read and discarded until the client closes, has taken
 * everything where the daemon cannot wait, or does neither for too long.
 */

#include <stdbool.h>
#include <stdint.h>

/* Embedded by its owner. */
struct farewell {
    int64_t until_ns;   /* when to look again */
    int64_t end_ns;     /* when it ends if nothing more is taken by then */
    uint64_t discarded; /* bytes */
    int unsent;         /* what the client had not taken at the last look */
};

/* Shuts our side.  hurried: the daemon stops, so that whoever has everything is
 * let go. */
void farewell_begin(struct farewell *farewell, int fd, int64_t now_ns, bool hurried);

/* That many more bytes have come.  Why it is over, or NULL for not yet. */
const char *farewell_discarded(struct farewell *farewell, uint64_t bytes);

/* Looks whether it is over.  As above. */
const char *farewell_check(struct farewell *farewell, int fd, int64_t now_ns, bool hurried);

#endif
