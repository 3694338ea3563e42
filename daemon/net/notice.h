/* SPDX-License-Identifier: ISC */
#ifndef WAITD_NOTICE_H
#define WAITD_NOTICE_H

/*
 * Puts what channels tell of into the log: batches that come and go at level
 * debug, requests that are refused at level info and rarely, however many
 * there are.  For one loop's thread.
 */

#include "daemon/session/channel.h"
#include "daemon/base/log.h"

/* Both are borrowed. */
struct notice {
    struct log *log;
    struct log_rate *refusals; /* of all loops together */
};

/* context is a struct notice, as struct channel_env has it. */
void notice_tell(void *context, uint64_t connection, const struct channel_news *news);

#endif
