/* SPDX-License-Identifier: ISC */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/caller.h"
#include "tests/bench/probe.h"

#define READ_BYTES (256 * 1024)

/* No line of what is asked for is half as long. */
#define LINE_BYTES 4096

/* A batch of more jobs is judged when nobody waits for a reply any more. */
#define JOBS_TO_JUDGE_AT_ONCE 10000

static void connect_now(struct caller *caller)
{
    const struct sockaddr *address = (const struct sockaddr *)caller->address;

    if (connect(caller->fd, address, sizeof(*caller->address)) != 0 && errno != EINPROGRESS)
        watch_fault(&caller->watch, "cannot connect: %s", strerror(errno));
    caller->is_connected = true;
}

void caller_init(struct caller *caller, struct group *group, uint32_t number,
                 const struct sockaddr_in *address)
{
    int yes = 1;

    *caller =
        (struct caller){.group = group, .address = address, .is_unread = group->unread_ns > 0};
    watch_init(&caller->watch, group->name, number, group_work(group, number));
    caller->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (caller->fd < 0)
        err(2, "connection %u", (unsigned)number);
    if (!group->is_storm)
        connect_now(caller);
    setsockopt(caller->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    fcntl(caller->fd, F_SETFL, O_NONBLOCK);
}

void caller_fini(struct caller *caller)
{
    close(caller->fd);
    free(caller->kept);
    watch_fini(&caller->watch);
}

void caller_begin(struct caller *caller)
{
    int64_t now_ns = probe_now_ns();

    if (!caller->is_connected)
        connect_now(caller);
    if (caller->group->begun_ns == 0)
        caller->group->begun_ns = now_ns;
    watch_begin(&caller->watch, now_ns);
    caller->sent = 0;
    caller_send(caller);
}

bool caller_send(struct caller *caller)
{
    const struct work *work = caller->watch.work;

    while (caller->sent < work->len) {
        int64_t now_ns = probe_now_ns();
        ssize_t n =
            send(caller->fd, work->text + caller->sent, work->len - caller->sent, MSG_NOSIGNAL);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return false;
        if (n < 0)
            watch_fault(&caller->watch, "cannot send: %s", strerror(errno));
        caller->sent += (size_t)n;
        caller->watch.sent_ns = now_ns;
    }
    return true;
}

static bool wants_another(const struct caller *caller, bool others_are_done, int64_t now_ns)
{
    const struct group *group = caller->group;

    if (group->batches > 0)
        return caller->finished < group->batches;
    if (group->duration_ns > 0)
        return now_ns - group->begun_ns < group->duration_ns;
    return !others_are_done;
}

static void finish(struct caller *caller, bool others_are_done, int64_t now_ns)
{
    struct group *group = caller->group;

    caller->finished++;
    group->jobs += caller->watch.work->order.jobs;
    group->finished_ns = now_ns;
    caller->is_done = !wants_another(caller, others_are_done, now_ns);
    caller->wants_judgement =
        caller->is_done && caller->watch.work->order.jobs > JOBS_TO_JUDGE_AT_ONCE;
    if (!caller->wants_judgement)
        watch_judge(&caller->watch, group->late, group->reply);
    if (!caller->is_done)
        caller_begin(caller);
}

static void hear(struct caller *caller, const char *line, size_t len, bool others_are_done,
                 int64_t now_ns)
{
    switch (watch_hear(&caller->watch, line, len, now_ns)) {
    case WATCH_NOTHING:
        caller->group->has_done = true;
        break;
    case WATCH_WAS_ACCEPTED:
        histogram_add(caller->group->accept, now_ns - caller->watch.sent_ns);
        if (!caller->was_accepted) {
            caller->was_accepted = true;
            caller->group->accepted++;
            caller->group->accepted_ns = now_ns;
        }
        break;
    case WATCH_WAS_FINISHED:
        finish(caller, others_are_done, now_ns);
        break;
    }
}

static void keep(struct caller *caller, const char *begin, size_t len)
{
    if (len > LINE_BYTES)
        watch_fault(&caller->watch, "a line is longer than %d bytes", LINE_BYTES);
    if (len > 0 && caller->kept == NULL) {
        caller->kept = malloc(LINE_BYTES);
        if (caller->kept == NULL)
            err(2, "a connection");
    }
    if (len > 0)
        memcpy(caller->kept, begin, len);
    caller->n_kept = len;
}

size_t caller_receive(struct caller *caller, bool others_are_done)
{
    static char buffer[LINE_BYTES + READ_BYTES];
    const char *begin = buffer, *end, *feed;
    int64_t now_ns;
    ssize_t n;

    if (caller->n_kept > 0)
        memcpy(buffer, caller->kept, caller->n_kept);
    n = recv(caller->fd, buffer + caller->n_kept, READ_BYTES, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n < 0)
        watch_fault(&caller->watch, "cannot receive: %s", strerror(errno));
    if (n == 0 && (!caller->is_done || caller->n_kept > 0))
        watch_fault(&caller->watch, "the server has closed too early");
    caller->is_closed = n == 0;
    now_ns = probe_now_ns();
    end = buffer + caller->n_kept + n;
    while ((feed = memchr(begin, '\n', (size_t)(end - begin))) != NULL) {
        hear(caller, begin, (size_t)(feed - begin), others_are_done, now_ns);
        begin = feed + 1;
    }
    keep(caller, begin, (size_t)(end - begin));
    return (size_t)n;
}

void caller_half_close(struct caller *caller)
{
    if (caller->wants_judgement)
        watch_judge(&caller->watch, caller->group->late, caller->group->reply);
    caller->wants_judgement = false;
    shutdown(caller->fd, SHUT_WR);
}
