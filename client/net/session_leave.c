/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/base/say.h"
#include "client/net/dial.h"
#include "client/net/session_internal.h"

/* ---- What becomes of detached batches when this command ends ------------------ */

/* Says how to watch a batch again, from its event `next`; 0: to the first. */
static void say_left(const struct session *session, const char *ref, uint64_t next)
{
    const char *server = session->setup->peer.name;
    bool is_default = strcmp(server, DIAL_DEFAULT) == 0;
    char from[32] = "";

    if (next > 1)
        snprintf(from, sizeof from, " --from %" PRIu64, next);
    say("batch %s goes on; to come back: waitctl watch %s%s%s%s", ref, ref, from,
        is_default ? "" : " --server ", is_default ? "" : server);
}

void session_leave_said(const struct session *session, const struct event_read *unwatched)
{
    char ref[BATCHES_REF_MAX] = "";

    if (unwatched->ref.len < sizeof ref)
        memcpy(ref, unwatched->ref.text, unwatched->ref.len);
    say_left(session, ref, unwatched->last + 1);
}

void session_leave_all(const struct session *session)
{
    const struct watch *watch = session->setup->watch;
    const struct active_batch *batch;

    if (session->output->is_closed)
        return;
    if (watch != NULL) {
        if (session->is_interrupted && !watch->is_over)
            say_left(session, watch->ref, watch->next);
        return;
    }
    for (size_t place = 0; (batch = batches_next(&session->fanout->batches, &place)) != NULL;)
        if (batch->ref[0] != '\0')
            say_left(session, batch->ref, 0);
}
