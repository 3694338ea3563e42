/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "client/base/moment.h"
#include "client/base/say.h"
#include "client/net/backoff.h"
#include "client/net/dial.h"
#include "client/net/session_internal.h"

bool session_is_replayable(const struct session *session)
{
    return session->setup->has_key && session->setup->has_target &&
           session->fanout->tally.answers == 0 && !session->sent.failed;
}

static bool may_reconnect(const struct session *session)
{
    const struct watch *watch = session->setup->watch;

    if (session->is_interrupted || session->is_cut_short || session->is_foreign ||
        session->fanout->no_memory || session->lines.partial.failed)
        return false;
    return watch != NULL ? !watch->is_over : session_is_replayable(session);
}

/* Without random numbers there is no jitter, only the shortest delay. */
static uint32_t random_u32(void)
{
    uint32_t random = 0;

    return getrandom(&random, sizeof random, GRND_NONBLOCK) == (ssize_t)sizeof random ? random : 0;
}

static void try_later(struct session *session)
{
    session->retry_ns = moment_after(backoff_pause_ns(++session->failures, random_u32()));
}

/* Whether a retry may succeed. */
static bool is_transient_error(struct event_text code)
{
    return event_reader_is(code, "overloaded") || event_reader_is(code, "shutting_down") ||
           event_reader_is(code, "unavailable");
}

bool session_is_retryable(struct session *session, const char *line, size_t len)
{
    enum event_kind kind = event_reader_kind(line, len);
    struct event_read event;

    if (!may_reconnect(session))
        return false;
    if (kind == EVENT_SUSPENDED && session->setup->watch != NULL) {
        snprintf(session->retry_reason, sizeof session->retry_reason, "suspended");
        return true;
    }
    if (kind != EVENT_ERROR || !session->is_resumed ||
        event_reader_read(session->fanout->reader, line, len, &event) != 0 ||
        !is_transient_error(event.code))
        return false;
    snprintf(session->retry_reason, sizeof session->retry_reason, "%.*s", (int)event.code.len,
             event.code.text);
    return true;
}

static void say_lost(const struct session *session)
{
    const char *peer = session->setup->peer.name;

    if (session->retry_reason[0] != '\0')
        say("%s: the daemon has answered \"%s\"; connecting again until interrupted", peer,
            session->retry_reason);
    else
        say("%s: the connection was lost (%s); connecting again until interrupted", peer,
            session->error != 0 ? strerror(session->error) : "closed");
}

void session_schedule_reconnect(struct session *session)
{
    if (!may_reconnect(session))
        return;
    if (session->failures == 0)
        say_lost(session);
    session->retry_reason[0] = '\0';
    close(session->setup->peer.fd);
    session->setup->peer.fd = -1;
    /* An event that was cut off is sent again, whole. */
    lines_fini(&session->lines);
    session->lines = (struct lines){0};
    session->read_closed = session->write_closed = false;
    session->answer_by_ns = session->deadline_ns = 0;
    session->error = 0;
    try_later(session);
}

/* Before what is still to be sent. */
static void send_again(struct session *session)
{
    struct bytes again = session->sent;

    bytes_add(&again, bytes_at(&session->outgoing), bytes_len(&session->outgoing));
    bytes_fini(&session->outgoing);
    session->outgoing = again;
    session->sent = (struct bytes){0};
}

void session_resume_try(struct session *session)
{
    struct session_setup *setup = session->setup;
    const char *problem;

    if (session->retry_ns == 0 || moment_now() < session->retry_ns)
        return;
    setup->peer.fd = dial(&setup->target, setup->answer_timeout_ns, &problem);
    if (setup->peer.fd < 0) {
        try_later(session);
        return;
    }
    session->retry_ns = 0;
    session->is_resumed = true;
    if (setup->watch == NULL) {
        send_again(session);
        return;
    }
    bytes_consume(&session->outgoing, bytes_len(&session->outgoing));
    watch_append_request(setup->watch, &session->outgoing);
}
