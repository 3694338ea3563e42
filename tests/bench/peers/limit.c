/* SPDX-License-Identifier: ISC */

/*
 * How far there is to go: a server that knows beforehand what it will be
 * asked, and so neither parses nor formats.  `limit JOBS WAIT named|unnamed'
 * takes whatever ends in a line feed for a batch of JOBS jobs that wait WAIT
 * seconds, and answers with lines that were made at the start.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024 /* descriptors */

struct answer {
    char *text;
    size_t accepted, len; /* bytes of `accepted', bytes of all */
};

static struct answer answers[2]; /* of odd and even batches, whose numbers differ */
static int64_t wait_ns;
static int poller, timer;

static struct connection {
    int64_t due_ns; /* of the rest of the answer; 0: no batch is running */
    size_t sent;
    unsigned turn;
} connections[CONNECTIONS_MAX];

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void make_answer(struct answer *answer, int batch, long jobs, const char *wait, int named)
{
    char *out = answer->text = malloc((size_t)jobs * 100 + 1000);

    if (out == NULL)
        err(1, "malloc");
    out += sprintf(out, "{\"event\":\"accepted\",\"batch\":%d,\"jobs\":%ld}\n", batch, jobs);
    answer->accepted = (size_t)(out - answer->text);
    for (long i = 0; i < jobs; i++) {
        out += sprintf(out, "{\"event\":\"done\",\"batch\":%d,\"job\":%ld", batch, i);
        if (named)
            out += sprintf(out, ",\"name\":\"j%ld\"", i);
        out += sprintf(out, ",\"status\":\"ok\",\"at\":%s}\n", wait);
    }
    out += sprintf(out,
                   "{\"event\":\"finished\",\"batch\":%d,\"status\":\"ok\",\"jobs\":%ld,\"ok\":%ld,"
                   "\"elapsed\":%s}\n",
                   batch, jobs, jobs, wait);
    answer->len = (size_t)(out - answer->text);
}

static void watch(int how, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    if (epoll_ctl(poller, how, fd, &event) != 0)
        err(1, "epoll_ctl");
}

/* Sends as much as may go: `accepted' at once, the rest when it is due. */
static void answer(int fd)
{
    struct connection *connection = &connections[fd];
    const struct answer *text = &answers[connection->turn % 2];
    size_t end = now_ns() >= connection->due_ns ? text->len : text->accepted;

    while (connection->sent < end) {
        ssize_t n = send(fd, text->text + connection->sent, end - connection->sent, MSG_NOSIGNAL);

        if (n < 0) {
            watch(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLOUT);
            return;
        }
        connection->sent += (size_t)n;
    }
    watch(EPOLL_CTL_MOD, fd, EPOLLIN);
    if (connection->sent == text->len)
        *connection = (struct connection){.turn = connection->turn + 1};
}

/* All wait as long, so the first to ask is the first to be due. */
static void set_timer(void)
{
    struct itimerspec due = {0};
    int64_t first_ns = INT64_MAX;

    for (int fd = 0; fd < CONNECTIONS_MAX; fd++)
        if (connections[fd].due_ns > now_ns() && connections[fd].due_ns < first_ns)
            first_ns = connections[fd].due_ns;
    if (first_ns == INT64_MAX)
        return;
    due.it_value.tv_sec = first_ns / 1000000000;
    due.it_value.tv_nsec = first_ns % 1000000000;
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &due, NULL);
}

static void tick(void)
{
    uint64_t times;

    if (read(timer, &times, sizeof(times)) != sizeof(times))
        return;
    for (int fd = 0; fd < CONNECTIONS_MAX; fd++)
        if (connections[fd].due_ns != 0 && connections[fd].due_ns <= now_ns())
            answer(fd);
    set_timer();
}

static void take(int fd)
{
    static char buffer[256 * 1024];
    ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

    if (n > 0 && buffer[n - 1] == '\n') {
        connections[fd].due_ns = now_ns() + wait_ns;
        answer(fd);
        if (wait_ns > 0)
            set_timer();
    } else if (n == 0 || (n < 0 && errno != EAGAIN)) {
        connections[fd] = (struct connection){0};
        close(fd);
    }
}

static void greet(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0 || fd >= CONNECTIONS_MAX)
        errx(1, "too many connections");
    watch(EPOLL_CTL_ADD, fd, EPOLLIN);
}

static int listen_anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, 4096) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        err(1, "listen");
    fprintf(stderr, "listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    return fd;
}

int main(int argc, char **argv)
{
    struct epoll_event events[64];
    int listener;

    if (argc != 4)
        errx(2, "usage: limit JOBS WAIT named|unnamed");
    wait_ns = (int64_t)(atof(argv[2]) * 1e9);
    for (int i = 0; i < 2; i++)
        make_answer(&answers[i], i + 1, atol(argv[1]), argv[2], strcmp(argv[3], "named") == 0);
    poller = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    listener = listen_anywhere();
    watch(EPOLL_CTL_ADD, listener, EPOLLIN);
    watch(EPOLL_CTL_ADD, timer, EPOLLIN);
    for (;;) {
        int n = epoll_wait(poller, events, 64, -1);

        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;

            if (fd == listener)
                greet(listener);
            else if (fd == timer)
                tick();
            else if ((events[i].events & EPOLLOUT) != 0)
                answer(fd);
            else
                take(fd);
        }
    }
}
