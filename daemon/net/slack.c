/* SPDX-License-Identifier: ISC */
#include "daemon/net/slack.h"

void slack_note(struct slack *slack, int64_t began_ns, int64_t ended_ns)
{
    int64_t waited_ns = began_ns - slack->ended_ns;
    int64_t took_ns = ended_ns - began_ns;

    /* Within bounds at each step: a machine may have slept in between. */
    if (waited_ns > SLACK_CREDIT_NS + SLACK_MAX_NS)
        waited_ns = SLACK_CREDIT_NS + SLACK_MAX_NS;
    if (took_ns > SLACK_CREDIT_NS)
        took_ns = SLACK_CREDIT_NS;
    slack->owed_ns -= waited_ns;
    if (slack->owed_ns < -SLACK_CREDIT_NS)
        slack->owed_ns = -SLACK_CREDIT_NS;
    slack->owed_ns += SLACK_FACTOR * took_ns;
    if (slack->owed_ns > SLACK_MAX_NS)
        slack->owed_ns = SLACK_MAX_NS;
    slack->ended_ns = ended_ns;
}

int64_t slack_until(const struct slack *slack)
{
    return slack->owed_ns > 0 ? slack->ended_ns + slack->owed_ns : slack->ended_ns;
}
