/* SPDX-License-Identifier: ISC */
#include "daemon/net/descriptors.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

/* Beside the connections: for each loop, for refused clients (one in so many of
 * all, within bounds) and for all the rest (the standard ones, libevent's for
 * signals, the configuration file, slack). */
#define A_LOOP      4
#define REST        16
#define A_REFUSED   16
#define REFUSED_MIN 4
#define REFUSED_MAX 1024

#define ROOM_MOST 65536

uint64_t descriptors_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        rlim_t soft = limit.rlim_cur;

        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            limit.rlim_cur = soft;
    }
    return limit.rlim_cur < INT32_MAX ? limit.rlim_cur : INT32_MAX;
}

void descriptors_make_room(uint64_t all)
{
    int room = all < ROOM_MOST ? (int)all : ROOM_MOST;
    int fd = eventfd(0, EFD_CLOEXEC);
    int last = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, room - 1) : -1;

    /* Where it fails, the table grows as it is needed. */
    if (last >= 0)
        close(last);
    if (fd >= 0)
        close(fd);
}

unsigned descriptors_for_refused(uint64_t all)
{
    uint64_t n = all / A_REFUSED;

    return n < REFUSED_MIN ? REFUSED_MIN : n > REFUSED_MAX ? REFUSED_MAX : (unsigned)n;
}

uint64_t descriptors_for_connections(uint64_t all, unsigned n_loops, unsigned n_listeners)
{
    uint64_t others =
        REST + descriptors_for_refused(all) + n_listeners + (uint64_t)n_loops * A_LOOP;

    return all > others ? all - others : 0;
}
