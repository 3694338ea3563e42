/* SPDX-License-Identifier: ISC */

/*
 * Clients that each submit one detached batch after another: N SECONDS PORT...  Connects N times,
 * to the ports in turn, sends each a batch of one job, and the next as soon as it is accepted.
 * Prints one JSON object: how many were accepted in so many seconds, and how long that took
 * each.  What is refused is an error.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/histogram.h"
#include "tests/bench/probe.h"

#define EVENTS_MAX 64
#define GUARD_MS   30000
#define ROOM       4096

static const char request[] = "{\"detach\":true,\"events\":\"none\",\"jobs\":[{}]}";
static const char accepted[] = "{\"event\":\"accepted\"";
static const char finished[] = "{\"event\":\"finished\"";

struct submitter {
    int fd;
    int64_t sent_ns;
    size_t len; /* of the beginning of a line */
    char line[ROOM];
};

static void fail(const char *what)
{
    fprintf(stderr, "submitters: %s: %s\n", what, errno ? strerror(errno) : "not as expected");
    exit(1);
}

static int connect_to(const char *port)
{
    int fd = probe_connect(port);

    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)) != 0)
        fail("connect");
    return fd;
}

static void submit(struct submitter *submitter)
{
    submitter->sent_ns = probe_now_ns();
    if (send(submitter->fd, request, sizeof(request) - 1, 0) != sizeof(request) - 1)
        fail("send");
}

static bool begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* The number of batches that were accepted. */
static unsigned take_lines(struct submitter *submitter, struct histogram *took)
{
    char *line = submitter->line, *end;
    unsigned n = 0;

    while ((end = strchr(line, '\n')) != NULL) {
        *end = '\0';
        if (begins(line, accepted)) {
            histogram_add(took, probe_now_ns() - submitter->sent_ns);
            n++;
            submit(submitter);
        } else if (!begins(line, finished)) {
            errno = 0;
            fail(line);
        }
        line = end + 1;
    }
    submitter->len -= (size_t)(line - submitter->line);
    memmove(submitter->line, line, submitter->len + 1);
    return n;
}

static unsigned take(struct submitter *submitter, struct histogram *took)
{
    ssize_t n = recv(submitter->fd, submitter->line + submitter->len, ROOM - 1 - submitter->len, 0);

    if (n <= 0)
        fail("receive");
    submitter->len += (size_t)n;
    submitter->line[submitter->len] = '\0';
    return take_lines(submitter, took);
}

static struct submitter *begin(int n, char **ports, int n_ports, int epoll)
{
    struct submitter *submitters = calloc((size_t)n, sizeof(*submitters));

    if (submitters == NULL || epoll < 0)
        fail("begin");
    for (int i = 0; i < n; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &submitters[i]};

        submitters[i].fd = connect_to(ports[i % n_ports]);
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, submitters[i].fd, &event) != 0)
            fail("epoll");
    }
    for (int i = 0; i < n; i++)
        submit(&submitters[i]);
    return submitters;
}

int main(int argc, char **argv)
{
    static struct histogram took;
    struct epoll_event events[EVENTS_MAX];
    int n = argc > 3 ? atoi(argv[1]) : 0, epoll = epoll_create1(0);
    int64_t begun_ns = probe_now_ns(),
            until_ns = begun_ns + (argc > 3 ? (int64_t)(atof(argv[2]) * 1e9) : 0);
    struct submitter *submitters;
    unsigned long total = 0;
    double seconds;

    if (n <= 0)
        fail("takes N SECONDS PORT...");
    submitters = begin(n, argv + 3, argc - 3, epoll);
    while (probe_now_ns() < until_ns) {
        int ready = epoll_wait(epoll, events, EVENTS_MAX, GUARD_MS);

        if (ready <= 0)
            fail("waiting");
        for (int i = 0; i < ready; i++)
            total += take(events[i].data.ptr, &took);
    }
    seconds = (double)(probe_now_ns() - begun_ns) / 1e9;
    printf("{\"accepted\":%lu,\"seconds\":%.6f,\"p50\":%.9f,\"p99\":%.9f}\n", total, seconds,
           (double)histogram_percentile_ns(&took, 0.5) / 1e9,
           (double)histogram_percentile_ns(&took, 0.99) / 1e9);
    free(submitters);
    return 0;
}
