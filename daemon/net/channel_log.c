/* SPDX-License-Identifier: ISC */
#include "daemon/net/channel_log.h"

#include <inttypes.h>

#include "daemon/base/clock.h"

void channel_log_report(void *context, uint64_t connection, const struct channel_event *news)
{
    struct channel_log *channel_log = context;
    struct log_about about = {.connection = connection, .batch = news->batch};

    switch (news->kind) {
    case CHANNEL_ACCEPTED:
        log_write_about(channel_log->log, LOG_LEVEL_DEBUG, about, "accepted, %" PRIu64 " jobs",
                        news->jobs);
        break;
    case CHANNEL_FINISHED:
        log_write_about(channel_log->log, LOG_LEVEL_DEBUG, about, "finished, %s",
                        event_batch_status_name(news->status));
        break;
    case CHANNEL_REFUSED:
        log_write_rarely(channel_log->log, channel_log->refusals, clock_now_ns(), LOG_LEVEL_INFO,
                         about, "request refused: %s: %s%s%s", fault_code_name(news->fault->code),
                         news->fault->path, news->fault->path[0] ? ": " : "", news->fault->message);
        break;
    }
}
