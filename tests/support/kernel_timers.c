/* SPDX-License-Identifier: ISC */
/*
 * To be preloaded before libfaketime 0.9.10, which shifts every absolute timer of a timerfd by the
 * jump of the wall clock, one on CLOCK_MONOTONIC too: the kernel gets the timer as it was set.
 */
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old)
{
    return (int)syscall(SYS_timerfd_settime, fd, flags, value, old);
}
