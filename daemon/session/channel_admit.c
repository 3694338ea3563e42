/* SPDX-License-Identifier: ISC */

/* What the request in progress reserves of the connection's share and of the daemon's quotas. */

#include <inttypes.h>
#include <stdio.h>

#include "daemon/session/channel_internal.h"

/* A request in progress that is kept in this much is not held against the limits
 * of text: a daemon that is full still answers small ones. */
#define TEXT_FREE_BYTES 4096

void channel_release_jobs(struct channel *channel)
{
    ledger_release_jobs(&channel->account, channel->reserved);
    channel->reserved = 0;
}

void channel_release_text(struct channel *channel)
{
    ledger_release_text(&channel->account, channel->text);
    channel->text = 0;
}

void channel_keep_answer(struct channel *channel, uint64_t bytes)
{
    uint64_t moved = bytes < channel->text ? bytes : channel->text;

    if (bytes <= TEXT_FREE_BYTES)
        return;
    channel->text -= moved;
    channel->answered += moved;
}

/* No more is taken than is waiting. */
void channel_release_answers(struct channel *channel)
{
    uint64_t waiting = outbox_backlog(&channel->outbox);

    if (channel->answered <= waiting)
        return;
    ledger_release_text(&channel->account, channel->answered - waiting);
    channel->answered = waiting;
}

bool channel_admit_jobs(struct channel *channel, uint64_t jobs, char message[FAULT_MESSAGE_MAX])
{
    const struct limits *limits = channel->env->limits;
    enum ledger_answer answer = LEDGER_RESERVED;

    if (jobs > channel->reserved)
        answer = ledger_reserve_jobs(&channel->account, jobs - channel->reserved);
    if (answer == LEDGER_RESERVED) {
        if (jobs > channel->reserved)
            channel->reserved = jobs;
        return true;
    }
    if (answer == LEDGER_OVER_SHARE)
        snprintf(message, FAULT_MESSAGE_MAX,
                 "a connection takes at most %" PRIu64 " pending jobs "
                 "(max-pending-per-connection), and this request has %" PRIu64
                 " jobs or more beside those; try again later",
                 limits->max_pending_per_connection, jobs);
    else
        snprintf(message, FAULT_MESSAGE_MAX,
                 "the daemon takes at most %" PRIu64 " pending jobs in all (max-pending), and this "
                 "request has %" PRIu64 " jobs or more beside those; try again later",
                 limits->max_pending, jobs);
    return false;
}

bool channel_admit_text(struct channel *channel, uint64_t bytes, char message[FAULT_MESSAGE_MAX])
{
    const struct limits *limits = channel->env->limits;
    enum ledger_answer answer = LEDGER_RESERVED;

    if (bytes > channel->text)
        answer = ledger_reserve_text(&channel->account, bytes - channel->text);
    else
        ledger_release_text(&channel->account, channel->text - bytes);
    if (answer == LEDGER_RESERVED) {
        channel->text = bytes;
        return true;
    }
    if (answer == LEDGER_OVER_SHARE)
        snprintf(message, FAULT_MESSAGE_MAX,
                 "a connection takes requests of at most %" PRIu64 " bytes at a time "
                 "(max-text-per-connection), and with this one there are more; try again later",
                 limits->max_text_per_connection);
    else
        snprintf(message, FAULT_MESSAGE_MAX,
                 "the daemon takes requests of at most %" PRIu64 " bytes at a time in all "
                 "(max-text), and with this one there are more; try again later",
                 limits->max_text);
    return false;
}

/* Holds the jobs of the request in progress against the limits of pending ones. */
void channel_admit_jobs_so_far(struct channel *channel)
{
    uint64_t jobs = request_jobs(channel->reader);
    char message[FAULT_MESSAGE_MAX];

    if (!request_is_open(channel->reader) || channel_admit_jobs(channel, jobs, message))
        return;
    channel_release_jobs(channel);
    request_refuse(channel->reader, FAULT_OVERLOADED, message);
}

/* What the request in progress is kept in, if that is much. */
static uint64_t held(const struct channel *channel)
{
    size_t bytes = request_is_open(channel->reader) ? request_held(channel->reader) : 0;

    return bytes > TEXT_FREE_BYTES ? bytes : 0;
}

/* Holds that against the limits of text.  A request whose refusal alone does
 * not free it, being one long word, is the last one. */
void channel_admit_text_so_far(struct channel *channel)
{
    const struct request none = {.op = REQUEST_SUBMIT};
    char message[FAULT_MESSAGE_MAX];

    if (channel->input_ended || channel_admit_text(channel, held(channel), message))
        return;
    request_refuse(channel->reader, FAULT_OVERLOADED, message);
    channel_release_jobs(channel);
    if (channel_admit_text(channel, held(channel), message))
        return;
    channel_refuse_with(channel, &none, FAULT_OVERLOADED, message);
    channel_stop_reading(channel);
}
