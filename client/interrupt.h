/* SPDX-License-Identifier: ISC */
#ifndef WAITD_INTERRUPT_H
#define WAITD_INTERRUPT_H

/*
 * SIGINT and SIGTERM.  At first they end the process at once; from
 * interrupt_open() on they are read from a descriptor, so that batches can be
 * cancelled before it ends.
 */

/* To be called first of all; also ignores SIGPIPE. */
void interrupt_init(void);

/* A non-blocking descriptor, readable (POLLIN) after a signal; -1 with errno set. */
int interrupt_open(void);

/* Reads how many signals have come. */
int interrupt_take(int fd);

#endif
