/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "client/base/say.h"
#include "client/net/session_internal.h"
#include "client/show/tally.h"

/* The one event that was expected has not arrived. */
static bool is_unanswered(const struct session *session)
{
    const struct tally *tally = &session->fanout->tally;
    enum event_kind expects = session->setup->expects;

    return expects != EVENT_UNKNOWN && !tally->refused && !(tally->kinds & 1u << expects);
}

static bool is_lost(const struct session *session)
{
    const struct source *source = session->setup->source;
    const struct tally *tally = &session->fanout->tally;

    if (session->is_foreign || session->fanout->no_memory || session->lines.partial.failed ||
        is_unanswered(session))
        return true;
    if (session->is_cut_short)
        return false;
    if (session->setup->watch != NULL)
        return !session->setup->watch->is_over;
    return session->fanout->unfinished > 0 ||
           (!tally->has_stopped_reading &&
            (!source_is_over(source) ||
             tally->answers < source_requests(source) + session->cancels));
}

static void say_lost(const struct session *session)
{
    const char *peer = session->setup->peer.name;
    size_t running = session->fanout->unfinished;

    if (session->is_foreign)
        say("%s: what answers there is not waitd", peer);
    else if (session->fanout->no_memory || session->lines.partial.failed)
        say("%s: %s", peer, strerror(ENOMEM));
    else if (running > 0)
        say("%s: the connection was lost (%s) with %zu batch%s running", peer,
            session->error != 0 ? strerror(session->error) : "closed", running,
            running == 1 ? "" : "es");
    else if (is_unanswered(session) &&
             (session->is_cut_short || session->fanout->tally.answers > 0))
        say("%s: the answer has not come", peer);
    else
        say("%s: the connection was lost (%s) before %s", peer,
            session->error != 0 ? strerror(session->error) : "closed",
            source_is_over(session->setup->source) ? "everything was answered"
                                                   : "the end of the input");
}

/* Nobody asked for it: a daemon does that when it shuts down. */
static bool was_drained(const struct session *session)
{
    const struct tally *tally = &session->fanout->tally;

    return tally->cancelled && tally->cancels == 0 && !session->is_interrupted;
}

enum status session_conclude(const struct session *session)
{
    const struct source *source = session->setup->source;
    enum status status = session->fanout->tally.not_ok ? STATUS_NOT_OK : STATUS_OK;

    if (session->is_interrupted)
        return STATUS_INTERRUPTED;
    if (was_drained(session))
        say("%s: the daemon is shutting down, and has cancelled what still ran",
            session->setup->peer.name);
    status = status_worse(status, fanout_conclude(session->fanout));
    if (session->fanout->tally.refused || source_has_failed(source))
        status = STATUS_REFUSED;
    if (is_lost(session) && !session->output->is_closed) {
        say_lost(session);
        return STATUS_LOST;
    }
    if (status != STATUS_REFUSED && source_is_over(source) && source_requests(source) == 0 &&
        !source_is_closed(source)) {
        say("there is no request in the input");
        status = STATUS_REFUSED;
    }
    return status;
}
