/* SPDX-License-Identifier: ISC */
#include "daemon/net/lingering.h"

#include <stddef.h>

/* Lingering ends when the client has taken nothing more for this long, or when
 * it has sent this much that nobody wants. */
#define LINGER_NS        INT64_C(2000000000)
#define LINGER_MAX_BYTES (UINT64_C(64) << 20)
#define LINGER_CHECK_NS  INT64_C(10000000) /* while the daemon stops */

void lingering_begin(struct lingering *lingering, int64_t now_ns, bool hurried)
{
    lingering->discarded = 0;
    lingering->unsent = INT64_MAX;
    lingering->until_ns = hurried ? now_ns : now_ns + LINGER_NS;
    lingering->end_ns = now_ns + LINGER_NS;
}

const char *lingering_discarded(struct lingering *lingering, uint64_t bytes)
{
    lingering->discarded += bytes;
    return lingering->discarded > LINGER_MAX_BYTES ? "the client sends on" : NULL;
}

const char *lingering_check(struct lingering *lingering, int64_t unsent, int64_t now_ns,
                            bool hurried)
{
    if (unsent == 0 && hurried)
        return "the client has everything";
    if (now_ns < lingering->end_ns) {
        lingering->until_ns = hurried ? now_ns + LINGER_CHECK_NS : lingering->end_ns;
        return NULL;
    }
    if (unsent == 0 || unsent >= lingering->unsent)
        return "the client does not close";
    /* It is still taking what was sent: a reset now might destroy it. */
    lingering->unsent = unsent;
    lingering->until_ns = lingering->end_ns = now_ns + LINGER_NS;
    return NULL;
}
