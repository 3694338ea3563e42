/* SPDX-License-Identifier: ISC */
#ifndef WAITD_FAILURES_H
#define WAITD_FAILURES_H

/*
 * The jobs of one batch that ended otherwise than ok: the first that failed or
 * timed out, for the totals, and the last ones of any kind, which is where the
 * cause of a skipped job is, since a job is skipped at the instant at which its
 * cause ends.  Memory: some dozens of names, however many jobs there are.  Pure.
 */

#include "client/base/bytes.h"
#include "proto/event_reader.h"

struct failures;

/* NULL when out of memory. */
struct failures *failures_new(void);
void failures_free(struct failures *failures); /* NULL is fine */

/* Takes the end of a job. */
void failures_take(struct failures *failures, const struct event_read *done);

/* Appends `#7 manual failed`, or `#7` where its end is not known any more. */
void failures_add_cause(const struct failures *failures, uint64_t job, struct bytes *out);

/* Appends `failed: #7 manual, #9 link and 3 more` and the same of those that timed
 * out; nothing if there are none.  between: what to separate the parts by.  Returns
 * whether there was anything. */
bool failures_add_list(const struct failures *failures, const char *between, struct bytes *out);

#endif
