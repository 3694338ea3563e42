/* SPDX-License-Identifier: ISC */

/*
 * Many HTTP requests that wait at once: PORT PID N MIN_MS MAX_MS.  Connects N times, sends
 * `GET /wait/MSms` on each, with waits spread evenly over the range and mixed among the
 * connections, a few every two milliseconds, and prints one JSON object: how late the answers
 * were, beyond the wait since the request was sent, by when the kernel had them; how many came too
 * early; and the server's memory for each that waits.  MIN_MS is to be longer than sending takes.
 * What is answered otherwise than 200 is an error.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/histogram.h"
#include "tests/bench/probe.h"

#define EVENTS_MAX 256
#define GUARD_MS   30000
#define AT_ONCE    8
#define PAUSE_NS   2000000
#define SECOND_NS  INT64_C(1000000000)
/* Numbers that have no divisor in common with those of connections that are asked for. */
#define STRIDE 7919

struct waiter {
    int fd;
    int64_t due_ns;
};

static void fail(const char *what)
{
    fprintf(stderr, "waiters: %s: %s\n", what, errno ? strerror(errno) : "not as expected");
    exit(1);
}

static int connect_to(const char *port)
{
    int fd = probe_connect(port);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &(int){1}, sizeof(int)) != 0)
        fail("connect");
    return fd;
}

/* Sends the request; the connection is watched from then on. */
static void ask(struct waiter *waiter, int epoll, int64_t ms)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = waiter};
    char text[128];
    int len = snprintf(text, sizeof(text), "GET /wait/%lldms HTTP/1.1\r\nHost: localhost\r\n\r\n",
                       (long long)ms);

    waiter->due_ns = probe_now_ns() + ms * 1000000;
    if (send(waiter->fd, text, (size_t)len, 0) != len ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, waiter->fd, &event) != 0)
        fail("send");
}

/* The monotonic time of a wall clock's, of little ago. */
static int64_t monotonic_ns(const struct timespec *wall)
{
    struct timespec now;
    int64_t ago_ns;

    clock_gettime(CLOCK_REALTIME, &now);
    ago_ns = (now.tv_sec - wall->tv_sec) * SECOND_NS + now.tv_nsec - wall->tv_nsec;
    return probe_now_ns() - ago_ns;
}

/* Receives, and says when the kernel did: however late this process is. */
static ssize_t receive(int fd, char *text, size_t room, int64_t *when_ns)
{
    union {
        char room[CMSG_SPACE(sizeof(struct timespec))];
        struct cmsghdr align;
    } control;
    struct iovec vec = {text, room};
    struct msghdr message = {.msg_iov = &vec,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    ssize_t n = recvmsg(fd, &message, 0);
    struct cmsghdr *head = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;

    *when_ns = probe_now_ns();
    if (head && head->cmsg_type == SCM_TIMESTAMPNS) {
        struct timespec wall;

        memcpy(&wall, CMSG_DATA(head), sizeof(wall));
        *when_ns = monotonic_ns(&wall);
    }
    return n;
}

static void take(const struct waiter *waiter, struct histogram *late, long *early)
{
    int64_t now_ns;
    char text[1024];
    ssize_t n = receive(waiter->fd, text, sizeof(text) - 1, &now_ns);

    text[n > 0 ? n : 0] = '\0';
    errno = 0;
    if (strncmp(text, "HTTP/1.1 200 ", 13) != 0 || !strstr(text, "\r\n\r\n"))
        fail("an answer");
    *early += now_ns < waiter->due_ns;
    histogram_add(late, now_ns - waiter->due_ns);
    close(waiter->fd);
}

static void take_all(int epoll, long n, struct histogram *late, long *early)
{
    struct epoll_event events[EVENTS_MAX];

    while (n > 0) {
        int ready = epoll_wait(epoll, events, EVENTS_MAX, GUARD_MS);

        if (ready <= 0)
            fail("waiting");
        for (int i = 0; i < ready; i++)
            take(events[i].data.ptr, late, early);
        n -= ready;
    }
}

int main(int argc, char **argv)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_NS};
    static struct histogram late;
    int epoll = epoll_create1(0);
    long n = argc == 6 ? atol(argv[3]) : 0, min = n ? atol(argv[4]) : 0,
         max = n ? atol(argv[5]) : 0;
    struct waiter *waiters = calloc((size_t)n + 1, sizeof(*waiters));
    struct rlimit files;
    int64_t before, waiting;
    long early = 0;

    if (n <= 0 || max < min || !waiters || epoll < 0)
        fail("takes PORT PID N MIN_MS MAX_MS");
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    before = probe_memory_bytes(atoi(argv[2]));
    for (long i = 0; i < n; i++)
        waiters[i].fd = connect_to(argv[1]);
    for (long i = 0; i < n; i++) {
        ask(&waiters[i], epoll, min + (max - min) * (i * STRIDE % n) / n);
        if (i % AT_ONCE == AT_ONCE - 1)
            nanosleep(&pause, NULL);
    }
    waiting = probe_memory_bytes(atoi(argv[2]));
    take_all(epoll, n, &late, &early);
    printf("{\"early\":%ld,\"p50\":%.9f,\"p99\":%.9f,\"max\":%.9f,\"memory\":%.1f}\n", early,
           (double)histogram_percentile_ns(&late, 0.5) / 1e9,
           (double)histogram_percentile_ns(&late, 0.99) / 1e9, (double)late.max_ns / 1e9,
           (double)(waiting - before) / (double)n);
    free(waiters);
    return 0;
}
