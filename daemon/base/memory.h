/* SPDX-License-Identifier: ISC */
#ifndef WAITD_MEMORY_H
#define WAITD_MEMORY_H

/*
 * What the C library's allocator keeps of what was freed.  On other libraries
 * than glibc nothing is done.
 */

/* To be called once, before there are threads: large blocks go back to the system
 * when they are freed, and no past size makes the heap keep more. */
void memory_tune(void);

/* Releases what is free: in all heaps, and the end of the calling thread's.  Takes
 * about as long as there are pages to release; for quiet times, in any thread. */
void memory_release_unused(void);

#endif
