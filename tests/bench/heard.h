/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BENCH_HEARD_H
#define WAITD_BENCH_HEARD_H

/*
 * A line that a server sent, read by code that shares nothing with the
 * servers under test.  Members may come in any order and unknown ones are
 * passed over; the order that waitd and the peers write is the fast one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum heard_event { HEARD_OTHER, HEARD_ACCEPTED, HEARD_DONE, HEARD_FINISHED };

struct heard {
    enum heard_event event;
    int64_t batch, job, jobs, ok; /* -1 where absent */
    int64_t at_ns;                /* -1 where absent */
    const char *name;             /* in the line, without quotes; NULL where absent */
    size_t name_len;
    bool status_is_ok;
};

/* Reads a line without its line feed.  False if it is not a flat JSON object. */
bool heard_read(struct heard *heard, const char *line, size_t len);

#endif
