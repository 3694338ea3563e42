/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DRAW_WIDE_H
#define WAITD_DRAW_WIDE_H

/*
 * Draws in long doubles, for draw.c: they decide most of what doubles do not,
 * at a twentieth of libmpfr's price.  Re-entrant.
 */

#include <stdbool.h>
#include <stdint.h>

#include "proto/plan.h"

/* As draw_exact_length(), but returns false where the rounding stays in doubt;
 * always, where a long double is not the x87's. */
bool draw_wide_length(const struct dist *dist, uint64_t u_bits, uint64_t v_bits, int64_t max_ns,
                      int64_t *ns);

#endif
