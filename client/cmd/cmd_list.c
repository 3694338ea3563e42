/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <inttypes.h>

#include "client/base/text.h"
#include "client/cmd/conversation.h"

/*
 * The detached batches, in the order in which they were accepted: a line each as it
 * comes, in columns that are wide enough for what a daemon writes.
 *
 *     REF      STATE     JOBS  PENDING  ELAPSED    ACCEPTED              OWNER  KEY
 *     1b2c-17  running      3        1  2m 5.000s  2026-11-30T04:00:12Z  local  nightly
 */

/* Longer keys and owners are cut. */
#define KEY_SHOWN   80
#define OWNER_SHOWN 40

#define REF_COLUMNS   26
#define OWNER_COLUMNS 12

/* The time of acceptance to the second. */
#define DATE_LEN (sizeof "2026-11-30T04:00:12" - 1)

static void begin(struct show_run *run)
{
    bytes_add_format(run->out, "%-*s  %-9s  %9s  %9s  %-12s  %-*s  %-*s  KEY\n", REF_COLUMNS, "REF",
                     "STATE", "JOBS", "PENDING", "ELAPSED", (int)DATE_LEN + 1, "ACCEPTED",
                     OWNER_COLUMNS, "OWNER");
}

static void pad(struct bytes *out, size_t len, size_t columns)
{
    for (; len < columns; len++)
        bytes_add_char(out, ' ');
    bytes_add_string(out, "  ");
}

/* When it was accepted, whose it is, and its key. */
static void show_origin(struct show_run *run, const struct event_read *event)
{
    size_t before;

    bytes_add_string(run->out, "  ");
    text_append_safe(run->out, event->time.text,
                     event->time.len < DATE_LEN ? event->time.len : DATE_LEN, DATE_LEN);
    bytes_add_string(run->out, "Z  ");
    before = bytes_len(run->out);
    text_append_safe(run->out, event->owner.text, event->owner.len, OWNER_SHOWN);
    if (event->key.text == NULL)
        return;
    pad(run->out, bytes_len(run->out) - before, OWNER_COLUMNS);
    text_append_safe(run->out, event->key.text, event->key.len, KEY_SHOWN);
}

static void show_batch_line(struct show_run *run, const struct event_read *event)
{
    bool has_ended = event->status.text != NULL;
    struct event_text state = has_ended ? event->status : event->state;
    bool is_seen = !event_reader_is(event->state, "foreign");
    char time[TEXT_SECONDS_MAX];

    text_append_safe(run->out, event->ref.text, event->ref.len, BATCHES_REF_MAX);
    pad(run->out, event->ref.len, REF_COLUMNS);
    if (has_ended)
        show_status(run, state, 9);
    else
        text_append_safe(run->out, state.text, state.len, 9);
    pad(run->out, has_ended ? 9 : state.len, 9);
    bytes_add_format(run->out, "%9" PRIu64 "  ", event->jobs);
    if (is_seen)
        bytes_add_format(run->out, "%9" PRIu64 "  %-12s", event->pending,
                         text_time(time, event->elapsed_ns));
    else
        bytes_add_format(run->out, "%9s  %-12s", "-", "-");
    show_origin(run, event);
    bytes_add_char(run->out, '\n');
}

static const struct show list_for_people = {
    .name = "human",
    .events = SHOW_KIND(EVENT_BATCH),
    .begin = begin,
    .event = show_batch_line,
};

enum status cmd_list(const struct arguments *arguments)
{
    struct bytes request = {0};

    bytes_add_string(&request, "{\"op\":\"batches\"");
    if (arguments->state != NULL)
        bytes_add_format(&request, ",\"state\":\"%s\"", arguments->state);
    if (arguments->limit > 0)
        bytes_add_format(&request, ",\"order\":\"newest\",\"limit\":%" PRIu64, arguments->limit);
    bytes_add_string(&request, "}\n");
    return conversation_ask(arguments, &request, EVENT_BATCHES, &list_for_people, NULL);
}
