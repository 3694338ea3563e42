/* SPDX-License-Identifier: ISC */
#include "client/show/tally.h"

void tally_count(struct tally *tally, enum event_kind kind)
{
    tally->answers += kind == EVENT_PONG || kind == EVENT_STATS || kind == EVENT_CANCELLED ||
                      kind == EVENT_FORECAST || kind == EVENT_BATCHES || kind == EVENT_FORGOTTEN ||
                      kind == EVENT_UNWATCHED;
    tally->cancels += kind == EVENT_CANCELLED;
    tally->done += kind == EVENT_DONE;
    tally->has_unknown |= kind == EVENT_UNKNOWN;
    tally->kinds |= 1u << kind;
}

void tally_take(struct tally *tally, const struct event_read *event)
{
    if (event->kind == EVENT_ACCEPTED) {
        tally->answers++;
        tally->accepted++;
        tally->jobs += event->jobs;
    } else if (event->kind == EVENT_FINISHED) {
        tally->not_ok |= !event_reader_is(event->status, "ok");
        tally->cancelled |= event->ref.text == NULL && event_reader_is(event->status, "cancelled");
    } else if (event->kind == EVENT_ERROR) {
        tally->answers++;
        tally->refused = true;
        tally->has_stopped_reading |=
            event_reader_is(event->code, "bad_json") || event_reader_is(event->code, "too_large");
    }
}
