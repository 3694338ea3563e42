/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <inttypes.h>
#include <string.h>

#include "client/base/say.h"
#include "client/base/text.h"
#include "client/cmd/conversation.h"

/* The text of a request about a batch, but for its end. */
static void begin_request(struct bytes *out, const char *ref)
{
    bytes_add_string(out, "{\"op\":\"cancel\",\"ref\":");
    text_append_json(out, ref, strlen(ref));
}

static bool is_index(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits > 0 && text[digits] == '\0' && (text[0] != '0' || digits == 1);
}

static void show_cancelled(struct show_run *run, const struct event_read *event)
{
    char time[TEXT_SECONDS_MAX];

    bytes_add_format(run->out, "%" PRIu64 " job%s cancelled at %s\n", event->jobs,
                     event->jobs == 1 ? "" : "s", text_time(time, event->at_ns));
}

static const struct show cancelled_for_people = {
    .name = "human",
    .events = SHOW_KIND(EVENT_CANCELLED),
    .event = show_cancelled,
};

enum status cmd_cancel(const struct arguments *arguments)
{
    const char *job = arguments->n_operands > 1 ? arguments->operands[1] : NULL;
    struct bytes request = {0};

    if (job != NULL && !is_index(job)) {
        say("JOB is the index of a job, from 0, and not '%s'", job);
        return STATUS_REFUSED;
    }
    begin_request(&request, arguments->operands[0]);
    if (job != NULL)
        bytes_add_format(&request, ",\"job\":%s", job);
    bytes_add_string(&request, "}\n");
    return conversation_ask(arguments, &request, EVENT_CANCELLED, &cancelled_for_people, NULL);
}
