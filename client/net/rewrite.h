/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REWRITE_H
#define WAITD_REWRITE_H

/*
 * Requests on their way to the daemon: one input's bytes go in, in pieces, and
 * what is to be sent comes out.  The requests are counted, so that the client
 * knows how many answers to expect, and members given as flags replace those
 * of each submit.
 *
 * The text is rewritten token by token, never as a document: digits, escapes
 * and the client's `data` stay what they are, and an input of any size takes
 * no memory to speak of.  Without changes it is copied byte for byte.  What
 * is no submit is left alone, and so is a forecast, unless all requests are made
 * forecasts (OVERRIDE_OP); and what is no JSON is sent as it is, for the daemon to
 * refuse in its own words.  Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/base/bytes.h"
#include "client/net/overrides.h"

enum rewrite_state {
    REWRITE_GOING,
    REWRITE_QUIT,   /* a `quit` went through: the daemon discards what follows */
    REWRITE_BROKEN, /* no JSON: the daemon reads nothing more */
    REWRITE_NOMEM,
};

struct rewrite;

/*
 * overrides: NULL or an empty one for none.  levels: NULL, or every batch is sent with
 * "events":"all", and for each request that will be answered a byte is appended there:
 * the enum plan_events that it, or the flag in the overrides, asks for.  Both are
 * borrowed for the rewriter's life.  NULL when out of memory.
 */
struct rewrite *rewrite_new(const struct overrides *overrides, struct bytes *levels);
void rewrite_free(struct rewrite *rewrite); /* NULL is fine */

/* Takes a piece and appends what is to be sent for it.  After REWRITE_GOING
 * has passed nothing more is to be fed. */
enum rewrite_state rewrite_feed(struct rewrite *rewrite, const char *piece, size_t len,
                                struct bytes *out);

/* Says that the input is over. */
enum rewrite_state rewrite_finish(struct rewrite *rewrite, struct bytes *out);

/* Complete requests so far that will be answered; `quit` will not. */
uint64_t rewrite_requests(const struct rewrite *rewrite);

/* Whether the output so far ends between two requests. */
bool rewrite_is_between(const struct rewrite *rewrite);

/* Whether the last complete request was a submit. */
bool rewrite_was_submit(const struct rewrite *rewrite);

/* Whether it was a forecast; and whether there was a member `runs` in it. */
bool rewrite_was_forecast(const struct rewrite *rewrite);
bool rewrite_had_runs(const struct rewrite *rewrite);

#endif
