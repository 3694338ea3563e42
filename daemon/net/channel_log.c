/* SPDX-License-Identifier: ISC */
#include "daemon/net/channel_log.h"

#include <inttypes.h>

#include "daemon/base/clock.h"

void channel_log_report(void *context, uint64_t connection, const struct channel_event *event)
{
    struct channel_log *channel_log = context;
    struct log_about about = {.connection = connection, .batch = event->batch};

    switch (event->kind) {
    case CHANNEL_ACCEPTED:
        log_write_about(channel_log->log, LOG_LEVEL_DEBUG, about, "accepted, %" PRIu64 " jobs",
                        event->jobs);
        break;
    case CHANNEL_FINISHED:
        log_write_about(channel_log->log, LOG_LEVEL_DEBUG, about, "finished, %s",
                        event_batch_status_name(event->status));
        break;
    case CHANNEL_REFUSED:
        log_write_rarely(channel_log->log, channel_log->refusals, clock_now_ns(), LOG_LEVEL_INFO,
                         about, "request refused: %s: %s%s%s", fault_code_name(event->fault->code),
                         event->fault->path, event->fault->path[0] ? ": " : "",
                         event->fault->message);
        break;
    }
}
