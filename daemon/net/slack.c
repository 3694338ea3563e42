/* SPDX-License-Identifier: ISC */
#include "daemon/net/slack.h"

static int64_t least(int64_t a_ns, int64_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

void slack_note(struct slack *slack, int64_t began_ns, int64_t ended_ns, int64_t fresh_ns,
                int64_t most_ns)
{
    int64_t waited_ns = began_ns - slack->ended_ns;
    int64_t took_ns = least(ended_ns - began_ns, SLACK_CREDIT_NS + most_ns);
    int64_t again_ns = took_ns > fresh_ns ? took_ns - fresh_ns : 0;

    if (took_ns > 0)
        again_ns = again_ns * again_ns / took_ns;
    /* Within bounds at each step: a machine may have slept in between. */
    slack->owed_ns -= least(waited_ns, SLACK_CREDIT_NS + most_ns);
    if (slack->owed_ns < -SLACK_CREDIT_NS)
        slack->owed_ns = -SLACK_CREDIT_NS;
    slack->owed_ns += SLACK_FACTOR * (SLACK_WAKE_NS + again_ns);
    slack->owed_ns = least(slack->owed_ns, most_ns);
    slack->ended_ns = ended_ns;
}

int64_t slack_until(const struct slack *slack)
{
    return slack->owed_ns > 0 ? slack->ended_ns + slack->owed_ns : slack->ended_ns;
}
