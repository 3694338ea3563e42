/* SPDX-License-Identifier: ISC */

/*
 * What sending takes here by itself: a process that does nothing but sleep to an instant and
 * send to some clients, on one processor, with their reader on the last one.  No server that is as
 * punctual takes less.  Prints one JSON object: the processor time of each send, in seconds; of
 * each wake-up where there is nobody to send to.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/probe.h"

#define CLIENTS_MAX 20
#define BYTES_MAX   1000
#define LENGTH_NS   INT64_C(1000000000)
#define SECOND_NS   INT64_C(1000000000)

/* So many bytes to each of so many clients, every so often. */
struct work {
    const char *name;
    int clients, bytes;
    int64_t every_ns;
};

/* What the scenarios `pending' and `spread' send: 100,000 jobs a second to ten clients, and 20,000
 * to a hundred, of which a client has hardly two at a time. */
static const struct work works[] = {
    {"pending 1 ms", 10, 700, 1000000}, {"spread 0.2 ms", 4, 70, 200000},
    {"spread 0.3 ms", 6, 70, 300000},   {"spread 0.4 ms", 8, 70, 400000},
    {"spread 1 ms", 20, 70, 1000000},   {"nothing 0.3 ms", 0, 0, 300000},
};
#define WORKS (sizeof(works) / sizeof(*works))

static int listen_locally(struct sockaddr_in *address)
{
    socklen_t len = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)address, len) != 0 || listen(fd, CLIENTS_MAX) != 0 ||
        getsockname(fd, (struct sockaddr *)address, &len) != 0)
        err(2, "socket");
    return fd;
}

static void move_to_last_processor(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)sysconf(_SC_NPROCESSORS_ONLN) - 1, &set);
    if (sched_setaffinity(0, sizeof(set), &set) != 0)
        err(2, "sched_setaffinity");
}

/* Reads whatever comes, until it is killed. */
static void read_all(int listener, int clients)
{
    static char bytes[65536];
    struct epoll_event ready[CLIENTS_MAX];
    int epoll = epoll_create1(0);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    move_to_last_processor();
    for (int i = 0; i < clients; i++) {
        struct epoll_event event = {.events = EPOLLIN};

        event.data.fd = accept(listener, NULL, NULL);
        if (event.data.fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event) != 0)
            err(2, "accept");
    }
    for (;;) {
        int n = epoll_wait(epoll, ready, CLIENTS_MAX, -1);

        for (int i = 0; i < n; i++)
            if (recv(ready[i].data.fd, bytes, sizeof(bytes), MSG_DONTWAIT) == 0)
                _exit(0);
    }
}

static void connect_all(int *fds, const struct work *work, const struct sockaddr_in *address)
{
    int on = 1;

    for (int i = 0; i < work->clients; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (fds[i] < 0 ||
            connect(fds[i], (const struct sockaddr *)address, sizeof(*address)) != 0 ||
            setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
            err(2, "connect");
    }
}

static void sleep_until(int64_t at_ns)
{
    struct timespec at = {.tv_sec = at_ns / SECOND_NS, .tv_nsec = at_ns % SECOND_NS};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        continue;
}

/* Returns the processor time that a send took, or a wake-up without one, in seconds. */
static double send_to_all(const int *fds, const struct work *work)
{
    static const char bytes[BYTES_MAX];
    int64_t at_ns = probe_now_ns(), end_ns = at_ns + LENGTH_NS, cpu_ns = probe_cpu_ns(0), n = 0;

    for (; at_ns < end_ns; at_ns += work->every_ns) {
        sleep_until(at_ns);
        for (int i = 0; i < work->clients; i++)
            if (send(fds[i], bytes, (size_t)work->bytes, MSG_NOSIGNAL) < 0)
                err(2, "send");
        n += work->clients > 0 ? work->clients : 1;
    }
    return (double)(probe_cpu_ns(0) - cpu_ns) / (double)n / 1e9;
}

static double measure(const struct work *work)
{
    struct sockaddr_in address;
    int fds[CLIENTS_MAX], listener = listen_locally(&address);
    pid_t reader = fork();
    double cpu;

    if (reader < 0)
        err(2, "fork");
    if (reader == 0)
        read_all(listener, work->clients);
    connect_all(fds, work, &address);
    cpu = send_to_all(fds, work);
    kill(reader, SIGKILL);
    for (int i = 0; i < work->clients; i++)
        close(fds[i]);
    close(listener);
    return cpu;
}

int main(void)
{
    for (size_t i = 0; i < WORKS; i++)
        printf("%s\"%s\":%.9f", i == 0 ? "{" : ",", works[i].name, measure(&works[i]));
    puts("}");
    return 0;
}
