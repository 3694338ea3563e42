/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DRAW_EXACT_H
#define WAITD_DRAW_EXACT_H

/*
 * The draws that the mathematical library does not decide: the same formulas in
 * as many digits as it takes.  For draw.c alone.
 *
 * Uses libmpfr, which ends the process when it is out of memory; a draw takes
 * some kilobytes, all of them released again.  Re-entrant where libmpfr is
 * built with thread-local storage, as distributions build it.
 */

#include <stdint.h>

#include "proto/plan.h"

/* Draws by `dist`, which is exponential, normal or lognormal.  u_bits and v_bits
 * are below 2^53: u and v times that.  Within [0, max_ns]. */
int64_t draw_exact_length(const struct dist *dist, uint64_t u_bits, uint64_t v_bits,
                          int64_t max_ns);

#endif
