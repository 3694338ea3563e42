/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_FAMINE_H
#define WAITD_TESTS_FAMINE_H

/*
 * Allocations that fail on demand, and an account of what was allocated and
 * not freed.  For programs linked with --wrap (famine_flags in
 * tests/local.mk), sanitizers or not: malloc(), calloc(), realloc() and free()
 * of the code under test come through here.
 *
 * All of it concerns the stretches of code between famine_watch(true) and
 * famine_watch(false) alone; Check, which may be linked in and allocates, must
 * not be called there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Never failing. */
#define FAMINE_NONE (-1)

void famine_watch(bool watch);

/* From now on n allocations succeed and the next `length` ones fail. */
void famine_after(long n, long length);

/* Whether any has failed since the last call of famine_after(). */
bool famine_struck(void);

/* Blocks allocated less blocks freed, while watching, since the start. */
long famine_live(void);

#endif
