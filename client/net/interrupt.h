/* SPDX-License-Identifier: ISC */
#ifndef WAITD_INTERRUPT_H
#define WAITD_INTERRUPT_H

/*
 * SIGINT and SIGTERM, SIGWINCH and SIGTSTP.  At first the first two end the
 * process at once; from interrupt_open() on all are read from a descriptor, so that
 * batches can be cancelled before it ends, and what is drawn over again and again
 * can be taken away before it stops.
 */

#include <stdbool.h>

/* To be called first of all; also ignores SIGPIPE. */
void interrupt_init(void);

/* A non-blocking descriptor, readable (POLLIN) after a signal; -1 with errno set. */
int interrupt_open(void);

/* The signals since the last time. */
struct interrupts {
    int n; /* signals that end the process */
    bool is_resized;
    bool is_to_stop; /* see interrupt_stop() */
};

struct interrupts interrupt_take(int fd);

/* Does what SIGTSTP does by itself, and returns when the process is continued; the
 * terminal may be of another size then. */
void interrupt_stop(void);

#endif
