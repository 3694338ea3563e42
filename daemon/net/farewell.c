/* SPDX-License-Identifier: ISC */
#include "daemon/net/farewell.h"

#include <linux/sockios.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Lingering ends when the client has taken nothing more for this long, or when
 * it has sent this much that nobody wants. */
#define LINGER_NS        INT64_C(2000000000)
#define LINGER_MAX_BYTES (UINT64_C(64) << 20)
#define LINGER_CHECK_NS  INT64_C(10000000) /* while the daemon stops */

void farewell_begin(struct farewell *farewell, int fd, int64_t now_ns, bool hurried)
{
    shutdown(fd, SHUT_WR);
    farewell->discarded = 0;
    farewell->unsent = INT32_MAX;
    farewell->until_ns = hurried ? now_ns : now_ns + LINGER_NS;
    farewell->end_ns = now_ns + LINGER_NS;
}

const char *farewell_discarded(struct farewell *farewell, uint64_t bytes)
{
    farewell->discarded += bytes;
    return farewell->discarded > LINGER_MAX_BYTES ? "the client sends on" : NULL;
}

const char *farewell_check(struct farewell *farewell, int fd, int64_t now_ns, bool hurried)
{
    int unsent;

    if (now_ns < farewell->until_ns)
        return NULL;
    if (ioctl(fd, SIOCOUTQ, &unsent) != 0)
        unsent = 0;
    if (unsent == 0 && hurried)
        return "the client has everything";
    if (now_ns < farewell->end_ns) {
        farewell->until_ns = hurried ? now_ns + LINGER_CHECK_NS : farewell->end_ns;
        return NULL;
    }
    if (unsent == 0 || unsent >= farewell->unsent)
        return "the client does not close";
    /* It is still taking what was sent: a reset now might destroy it. */
    farewell->unsent = unsent;
    farewell->until_ns = farewell->end_ns = now_ns + LINGER_NS;
    return NULL;
}
