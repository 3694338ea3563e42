/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REFUSAL_H
#define WAITD_REFUSAL_H

/* Says to people what is wrong with a request, and shows them where. */

#include <stdbool.h>
#include <stdint.h>

#include "client/net/source.h"
#include "proto/event_reader.h"

/*
 * Says on standard error what an `error` says of a request of the source's,
 * counted from 0 among those that are answered; quotes: and shows the line,
 * with a mark under what is wrong, as far as it is at hand.
 */
void refusal_say(const struct source *source, uint64_t request, const struct event_read *error,
                 bool quotes);

#endif
