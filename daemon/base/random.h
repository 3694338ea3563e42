/* SPDX-License-Identifier: ISC */
#ifndef WAITD_RANDOM_H
#define WAITD_RANDOM_H

/*
 * The kernel's random numbers, for what nobody is to foresee or is to repeat by
 * accident.  Re-entrant.
 */

#include <stdint.h>

/* A seed for a batch's draws, in [0, 2^53): every reader of JSON keeps it as it is. */
int64_t random_seed(void);

/* A key for hash tables of what clients choose (proto/hash.h). */
void random_key(uint8_t key[16]);

#endif
