/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_ALLOC_FAULTS_H
#define WAITD_TESTS_ALLOC_FAULTS_H

/*
 * Allocations that fail on demand, and an account of what was allocated and
 * not freed.  For programs linked with --wrap (alloc_faults_flags in
 * tests/local.mk), sanitizers or not: malloc(), calloc(), realloc() and free()
 * of the code under test come through here.
 *
 * All of it concerns the stretches of code between alloc_faults_watch(true) and
 * alloc_faults_watch(false) alone; Check, which may be linked in and allocates, must
 * not be called there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Never failing. */
#define ALLOC_FAULTS_NONE (-1)

void alloc_faults_watch(bool watch);

/* From now on n allocations succeed and the next `length` ones fail. */
void alloc_faults_after(long n, long length);

/* Whether any has failed since the last call of alloc_faults_after(). */
bool alloc_faults_struck(void);

/* Blocks allocated less blocks freed, while watching, since the start. */
long alloc_faults_live(void);

#endif
