/* SPDX-License-Identifier: ISC */
#include "daemon/net/rest.h"

void rest_note(struct rest *rest, int64_t began_ns, int64_t ended_ns)
{
    int64_t waited_ns = began_ns - rest->ended_ns;
    int64_t took_ns = ended_ns - began_ns;

    /* Within bounds at each step: a machine may have slept in between. */
    if (waited_ns > REST_CREDIT_NS + REST_MAX_NS)
        waited_ns = REST_CREDIT_NS + REST_MAX_NS;
    if (took_ns > REST_CREDIT_NS)
        took_ns = REST_CREDIT_NS;
    rest->owed_ns -= waited_ns;
    if (rest->owed_ns < -REST_CREDIT_NS)
        rest->owed_ns = -REST_CREDIT_NS;
    rest->owed_ns += REST_FACTOR * took_ns;
    if (rest->owed_ns > REST_MAX_NS)
        rest->owed_ns = REST_MAX_NS;
    rest->ended_ns = ended_ns;
}

int64_t rest_until(const struct rest *rest)
{
    return rest->owed_ns > 0 ? rest->ended_ns + rest->owed_ns : rest->ended_ns;
}
