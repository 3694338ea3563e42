/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <inttypes.h>

#include "client/cmd/conversation.h"
#include "client/base/moment.h"
#include "client/base/text.h"

struct ping {
    const char *server;
    int64_t sent_ns;
};

static void begin(struct show_run *run)
{
    struct ping *ping = run->own;

    ping->sent_ns = moment_now();
}

static void show_pong(struct show_run *run, const struct event_read *event)
{
    const struct ping *ping = run->own;

    bytes_add_format(run->out, "pong from %s in %.3f ms: waitd ", ping->server,
                     (double)(moment_now() - ping->sent_ns) / 1e6);
    text_append_safe(run->out, event->version.text, event->version.len, 64);
    bytes_add_format(run->out, ", protocol %" PRIu64 ", instance ", event->protocol);
    text_append_safe(run->out, event->instance.text, event->instance.len, 64);
    bytes_add_char(run->out, '\n');
}

static const struct show pong_for_people = {
    .name = "human",
    .events = SHOW_KIND(EVENT_PONG),
    .begin = begin,
    .event = show_pong,
};

enum status cmd_ping(const struct arguments *arguments)
{
    struct ping ping = {
        .server = arguments->local ? "waitd --stdio" : conversation_server(arguments),
    };
    struct bytes request = {0};

    bytes_add_string(&request, "{\"op\":\"ping\"}\n");
    return conversation_ask(arguments, &request, EVENT_PONG, &pong_for_people, &ping);
}
