/* SPDX-License-Identifier: ISC */
#include "client/net/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "client/base/status.h"

static void leave(int number)
{
    (void)number;
    _exit(STATUS_INTERRUPTED);
}

void interrupt_init(void)
{
    struct sigaction action = {.sa_handler = leave};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

int interrupt_open(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGWINCH);
    sigaddset(&signals, SIGTSTP);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
        return -1;
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

struct interrupts interrupt_take(int fd)
{
    struct interrupts taken = {0};
    struct signalfd_siginfo info;

    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo == SIGWINCH)
            taken.is_resized = true;
        else if (info.ssi_signo == SIGTSTP)
            taken.is_to_stop = true;
        else
            taken.n++;
    return taken;
}

void interrupt_stop(void)
{
    sigset_t stop;

    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &stop, NULL); /* it stops here */
    sigprocmask(SIG_BLOCK, &stop, NULL);
}
