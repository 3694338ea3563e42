/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CHANNEL_LOG_H
#define WAITD_CHANNEL_LOG_H

/*
 * Logs what channels report: batches that begin and end at level
 * debug, requests that are refused at level info and rarely, however many
 * there are.  For one loop's thread.
 */

#include "daemon/session/channel.h"
#include "daemon/base/log.h"

/* Both are borrowed. */
struct channel_log {
    struct log *log;
    struct log_rate *refusals; /* of all loops together */
};

/* context is a struct channel_log, as struct channel_env has it. */
void channel_log_report(void *context, uint64_t connection, const struct channel_event *event);

#endif
