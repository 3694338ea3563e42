/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REPLAY_H
#define WAITD_REPLAY_H

/*
 * A stream of events that was saved, or that another program writes, shown as if
 * it were received just now.
 */

#include "client/show/fanout.h"

/*
 * Reads fd to its end and ends the fanout.  name: the stream's, for messages.
 * Lines that are no events are passed over, and what goes wrong is said on
 * standard error.  Blocks SIGINT and SIGTERM for good.  Returns what the client
 * would have that received the stream: STATUS_LOST where batches have not come
 * to their end.
 */
enum status replay_run(int fd, const char *name, struct fanout *fanout);

#endif
