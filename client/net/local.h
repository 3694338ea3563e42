/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LOCAL_H
#define WAITD_LOCAL_H

/*
 * A daemon of one's own: `waitd --stdio` at the other end of a pair of
 * sockets.  It runs in a process group of its own, so that what the terminal
 * sends to interrupt waitctl does not reach it; it ends when the connection does.
 */

#include <sys/types.h>

struct local {
    pid_t pid;
    int fd; /* non-blocking; the caller's */
};

/* Starts the waitd beside this program's own file (in a build tree: in the
 * daemon's folder), else the one on the PATH.  0, or -1 and in *problem why
 * not (a static text). */
int local_start(struct local *local, const char **problem);

/* Ends it at once, whatever it does. */
void local_kill(struct local *local);

/* Waits for its end, once the connection is closed.  Returns what it exited
 * with, or minus the signal that ended it. */
int local_wait(struct local *local);

#endif
