/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LINGERING_H
#define WAITD_LINGERING_H

/*
 * A lingering close: the end of a transport whose side of ours is shut.  To close a
 * socket with something unread in it is a reset, which destroys what the client
 * has not taken yet; so its input is read and discarded until the client closes, has
 * taken everything where the daemon cannot wait, or does neither for too long.
 * Pure.
 */

#include <stdbool.h>
#include <stdint.h>

/* Embedded by its owner. */
struct lingering {
    int64_t until_ns;   /* when to check again */
    int64_t end_ns;     /* when it ends if nothing more is taken by then */
    uint64_t discarded; /* bytes */
    int64_t unsent;     /* what the client had not taken at the last check */
};

/* hurried: the daemon stops, so that a client that has everything is not waited for. */
void lingering_begin(struct lingering *lingering, int64_t now_ns, bool hurried);

/* That many more bytes were received.  Why it is over, or NULL for not yet. */
const char *lingering_discarded(struct lingering *lingering, uint64_t bytes);

/* Whether lingering_check() is due. */
static inline bool lingering_is_due(const struct lingering *lingering, int64_t now_ns)
{
    return now_ns >= lingering->until_ns;
}

/* Checks whether it is over; unsent: bytes that the client has not taken.  Why, or NULL. */
const char *lingering_check(struct lingering *lingering, int64_t unsent, int64_t now_ns,
                            bool hurried);

#endif
