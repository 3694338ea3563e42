/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BENCH_PROBE_H
#define WAITD_BENCH_PROBE_H

/* What time it is, what a process has used, and connections to it. */

#include <stdint.h>
#include <sys/types.h>

/* The monotonic clock, which all processes share. */
int64_t probe_now_ns(void);

/* The processor time of all threads, ended ones included, that the process has
 * used; pid 0 is the caller.  -1 if there is no such process. */
int64_t probe_cpu_ns(pid_t pid);

/* What is in memory on the process's own account, shared pages in equal parts
 * (PSS); or the most that ever was (RSS).  -1 if that cannot be read. */
int64_t probe_memory_bytes(pid_t pid);
int64_t probe_memory_peak_bytes(pid_t pid);

/* A connection to that port of this machine; -1, with errno, if there is none. */
int probe_connect(const char *port);

#endif
