/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REQUESTS_H
#define WAITD_REQUESTS_H

/*
 * The contents of the requests that are sent.  The text on its way to the daemon is
 * read by the reader that the daemon itself reads it with, so what is known here is
 * the daemon's own plan of each batch, and nothing else decides what a
 * request means.  Nothing is judged: a request that waitd would refuse is pending
 * without a plan, since another server may take it.  Pure.
 */

#include "client/base/bytes.h"
#include "client/show/pending.h"
#include "proto/fault.h"

struct requests;

/* NULL with errno set: out of memory, or there are no random numbers. */
struct requests *requests_new(void);
void requests_free(struct requests *requests); /* NULL is fine */

/*
 * Takes text in any pieces.  levels: the enum plan_events that the user has of each
 * request that will be answered, a byte each, in the place of what the text says;
 * those used are taken away.  NULL where the text says it itself.
 */
void requests_feed(struct requests *requests, const char *text, size_t len, struct bytes *levels);

/*
 * The plan of the one batch in a text, which is then the caller's.  NULL with *fault
 * where waitd would refuse it; fault->code is FAULT_NONE when there is another request
 * in it, none at all, or no memory for it.
 */
struct plan *requests_plan(const char *text, size_t len, struct fault *fault);

/* The same of the one forecast in a text, and in *runs how many runs it is to be of. */
struct plan *requests_forecast(const char *text, size_t len, uint32_t *runs, struct fault *fault);

/* Those read so far, to be taken from there as they are answered. */
struct pending_queue *requests_pending(struct requests *requests);

#endif
