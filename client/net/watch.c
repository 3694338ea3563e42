/* SPDX-License-Identifier: ISC */
#include "client/net/watch.h"

#include <inttypes.h>
#include <string.h>

#include "client/base/text.h"

void watch_append_request(const struct watch *watch, struct bytes *out)
{
    bytes_add_string(out, "{\"op\":\"watch\",\"ref\":");
    text_append_json(out, watch->ref, strlen(watch->ref));
    if (watch->next > 1)
        bytes_add_format(out, ",\"from\":%" PRIu64, watch->next);
    bytes_add_string(out, "}\n");
}

void watch_take(struct watch *watch, const struct event_read *event)
{
    if (event->seq > 0)
        watch->next = event->seq + 1;
    /* In the place of events there are none of, `batch` says how it ended. */
    watch->is_over |=
        event->kind == EVENT_FINISHED || event->kind == EVENT_BATCH || event->kind == EVENT_ERROR;
}
