/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DESCRIPTORS_H
#define WAITD_DESCRIPTORS_H

/*
 * How the descriptors that a process may have are shared out.  Re-entrant, but
 * the limit is the process's.
 */

#include <stdint.h>

/* Raises the limit as far as possible and returns it, at most INT32_MAX; 0 if
 * it is not known. */
uint64_t descriptors_raise(void);

/* Has the process's table of descriptors made as long as `all` of them take, within bounds (512 KiB
 * of the kernel's memory).  To be called before there are threads: later on each doubling of the
 * table waits until all processors have seen it, and accepting a client waits with it:
 * 10 ms at 256, 512, 1,024 connections and so on. */
void descriptors_make_room(uint64_t all);

/* How many of `all` descriptors to keep for clients that are refused. */
unsigned descriptors_for_refused(uint64_t all);

/* How many connections `all` descriptors allow beside everything else; 0 if not one. */
uint64_t descriptors_for_connections(uint64_t all, unsigned n_loops, unsigned n_listeners);

#endif
