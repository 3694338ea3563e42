/* SPDX-License-Identifier: ISC */

/*
 * A load generator for waitd and for servers that speak a part of its
 * protocol.  It measures, and it checks as it measures: see watch.h.
 *
 * All connections are made first, but those of a storm.  Then every group begins at once, and
 * when all have ended each connection is half-closed and has to be closed by the
 * server without another word.  Prints one JSON object.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/bench/caller.h"
#include "tests/bench/probe.h"

#define GROUPS_MAX 8
#define TURN_MAX   256
#define STORM_MOST 8 /* connections to make between two looks at what has come */
#define SECOND_NS  INT64_C(1000000000)

struct load {
    struct sockaddr_in address;
    pid_t pid; /* of the server; 0: not to be looked at */
    int64_t sample_ns, timeout_ns;
    struct group groups[GROUPS_MAX];
    int n_groups;
    struct caller *callers;
    uint32_t n_callers, n_busy; /* busy: in groups that end by themselves */
    int epoll;
    int64_t begun_ns, heard_ns; /* heard: when anything last came or went */
    bool no_memory, is_sampled;
    int64_t memory_before, memory_connected, memory_pending, memory_peak;
    int64_t server_cpu_ns, own_cpu_ns;
};

static const char usage[] =
    "usage: load --connect ADDRESS:PORT [OPTION]... GROUP [+ GROUP]...\n"
    "\n"
    "  --connect ADDRESS:PORT  where the server listens (IPv4)\n"
    "  --pid PID               print the server's processor time and memory\n"
    "  --sample SECONDS        look at its memory so long after all first batches were accepted,\n"
    "                          or once a job is done (0.1); before an unread group reads\n"
    "  --no-memory             leave its memory alone, since looking takes it time\n"
    "  --timeout SECONDS       without any event it has failed (60)\n"
    "  --help                  this text\n"
    "\n";

/* ---- Command line -------------------------------------------------------- */

static void read_address(struct load *load, char *text)
{
    char *colon = strrchr(text, ':');

    load->address.sin_family = AF_INET;
    if (colon != NULL)
        *colon = '\0';
    if (colon == NULL || inet_pton(AF_INET, text, &load->address.sin_addr) != 1 ||
        atoi(colon + 1) <= 0 || atoi(colon + 1) > 65535)
        errx(2, "--connect takes ADDRESS:PORT");
    load->address.sin_port = htons((uint16_t)atoi(colon + 1));
}

static int64_t read_seconds(const char *name, const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (*text == '\0' || *end != '\0' || !(value >= 0 && value < 1e6))
        errx(2, "%s takes seconds", name);
    return (int64_t)(value * 1e9);
}

static void read_options(struct load *load, int argc, char **argv)
{
    static const struct option options[] = {{"connect", required_argument, NULL, 'c'},
                                            {"pid", required_argument, NULL, 'p'},
                                            {"sample", required_argument, NULL, 's'},
                                            {"timeout", required_argument, NULL, 't'},
                                            {"no-memory", no_argument, NULL, 'm'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option;

    load->sample_ns = SECOND_NS / 10;
    load->timeout_ns = 60 * SECOND_NS;
    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        if (option == 'c')
            read_address(load, optarg);
        else if (option == 'p')
            load->pid = (pid_t)atoi(optarg);
        else if (option == 's')
            load->sample_ns = read_seconds("--sample", optarg);
        else if (option == 'm')
            load->no_memory = true;
        else if (option == 't')
            load->timeout_ns = read_seconds("--timeout", optarg);
        else {
            fputs(usage, option == 'h' ? stdout : stderr);
            fputs(group_help, option == 'h' ? stdout : stderr);
            exit(option == 'h' ? 0 : 2);
        }
    }
    if (load->address.sin_port == 0)
        errx(2, "--connect is missing (see load --help)");
    for (int i = optind; load->n_groups == 0 || i < argc; i++) {
        if (load->n_groups == GROUPS_MAX)
            errx(2, "more than %d groups", GROUPS_MAX);
        i += group_parse(&load->groups[load->n_groups++], argv + i, argc - i);
    }
}

/* ---- Connections --------------------------------------------------------- */

static void register_caller(struct load *load, struct caller *caller, int how)
{
    struct epoll_event event = {.data.ptr = caller};

    if (caller_has_more_to_send(caller))
        event.events |= EPOLLOUT;
    if (!caller->is_unread)
        event.events |= EPOLLIN;
    if (epoll_ctl(load->epoll, how, caller->fd, &event) != 0)
        err(2, "epoll_ctl");
}

static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void connect_all(struct load *load)
{
    uint32_t next = 0;

    raise_descriptors();
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < load->n_groups; i++)
        load->n_callers += load->groups[i].connections;
    load->callers = calloc(load->n_callers, sizeof(struct caller));
    if (load->epoll < 0 || load->callers == NULL)
        err(2, "connections");
    for (int i = 0; i < load->n_groups; i++) {
        struct group *group = &load->groups[i];

        for (uint32_t k = 0; k < group->connections; k++)
            caller_init(&load->callers[next++], group, k, &load->address);
        if (!group_accompanies(group))
            load->n_busy += group->connections;
    }
}

/* ---- Turns --------------------------------------------------------------- */

static int64_t memory(const struct load *load)
{
    return load->pid != 0 && !load->no_memory ? probe_memory_bytes(load->pid) : -1;
}

/* When memory is to be looked at, or an unread group is to be read from. */
static int64_t next_date_ns(struct load *load)
{
    int64_t date_ns = 0;
    bool all_accepted = true, has_done = false;

    for (int i = 0; i < load->n_groups; i++) {
        struct group *group = &load->groups[i];

        if (group->unread_ns > 0)
            return group->begun_ns + group->unread_ns;
        all_accepted = all_accepted && group->accepted == group->connections;
        has_done = has_done || group->has_done;
        if (group->accepted_ns + load->sample_ns > date_ns)
            date_ns = group->accepted_ns + load->sample_ns;
    }
    if (!all_accepted || load->is_sampled)
        return INT64_MAX;
    return has_done ? 0 : date_ns; /* before more than a few are done */
}

static void keep_date(struct load *load)
{
    if (!load->is_sampled)
        load->memory_pending = memory(load);
    load->is_sampled = true;
    for (uint32_t i = 0; i < load->n_callers; i++)
        if (load->callers[i].is_unread) {
            load->callers[i].is_unread = false;
            register_caller(load, &load->callers[i], EPOLL_CTL_MOD);
        }
    for (int i = 0; i < load->n_groups; i++)
        load->groups[i].unread_ns = 0;
}

static void serve(struct load *load, struct caller *caller, uint32_t events)
{
    bool had_more_to_send = caller_has_more_to_send(caller), was_done = caller->is_done;

    if ((events & EPOLLIN) != 0)
        caller_receive(caller, load->n_busy == 0);
    else if ((events & (EPOLLERR | EPOLLHUP)) != 0)
        watch_fault(&caller->watch, "the connection is broken");
    if (caller_has_more_to_send(caller))
        caller_send(caller);
    if (caller->is_closed)
        epoll_ctl(load->epoll, EPOLL_CTL_DEL, caller->fd, NULL);
    else if (caller_has_more_to_send(caller) != had_more_to_send)
        register_caller(load, caller, EPOLL_CTL_MOD);
    if (!was_done && caller->is_done && !group_accompanies(caller->group))
        load->n_busy--;
}

static void turn(struct load *load, int64_t longest_ns)
{
    struct epoll_event events[TURN_MAX];
    int64_t now_ns = probe_now_ns(), date_ns = next_date_ns(load), end_ns;
    int n;

    if (now_ns >= date_ns) {
        keep_date(load);
        return;
    }
    end_ns = load->heard_ns + load->timeout_ns;
    if (date_ns < end_ns)
        end_ns = date_ns;
    if (longest_ns < end_ns - now_ns)
        end_ns = now_ns + longest_ns;
    n = epoll_wait(load->epoll, events, TURN_MAX, (int)((end_ns - now_ns + 999999) / 1000000));
    if (n < 0 && errno != EINTR)
        err(2, "epoll_wait");
    for (int i = 0; i < n; i++)
        serve(load, events[i].data.ptr, events[i].events);
    now_ns = probe_now_ns();
    if (n > 0)
        load->heard_ns = now_ns;
}

/* Turns until `is_over` holds for every connection. */
static void turn_until(struct load *load, bool (*is_over)(const struct caller *))
{
    uint32_t i = 0;

    load->heard_ns = probe_now_ns();
    while (i < load->n_callers) {
        if (is_over(&load->callers[i])) {
            i++;
            continue;
        }
        turn(load, INT64_MAX);
        if (probe_now_ns() - load->heard_ns >= load->timeout_ns)
            watch_fault(&load->callers[i].watch,
                        "nothing has come for %.1f s, and %" PRIu32 " jobs of %" PRIu32 " are done",
                        (double)load->timeout_ns / 1e9, load->callers[i].watch.done,
                        load->callers[i].watch.work->order.jobs);
    }
}

static bool is_done(const struct caller *caller)
{
    return caller->is_done;
}

static bool is_closed(const struct caller *caller)
{
    return caller->is_closed;
}

static void begin_all(struct load *load)
{
    for (uint32_t i = 0; i < load->n_callers; i++) {
        caller_begin(&load->callers[i]);
        register_caller(load, &load->callers[i], EPOLL_CTL_ADD);
        if (load->callers[i].group->is_storm && i % STORM_MOST == 0)
            turn(load, 0);
    }
}

static void run(struct load *load)
{
    int64_t server_ns, own_ns;

    load->memory_before = memory(load);
    connect_all(load);
    load->memory_connected = memory(load);
    server_ns = load->pid != 0 ? probe_cpu_ns(load->pid) : 0;
    own_ns = probe_cpu_ns(0);
    begin_all(load);
    turn_until(load, is_done);
    load->own_cpu_ns = probe_cpu_ns(0) - own_ns;
    load->server_cpu_ns = load->pid != 0 ? probe_cpu_ns(load->pid) - server_ns : 0;
    load->memory_peak = load->pid != 0 ? probe_memory_peak_bytes(load->pid) : -1;
    for (uint32_t i = 0; i < load->n_callers; i++)
        caller_half_close(&load->callers[i]);
    turn_until(load, is_closed);
}

/* ---- Results ------------------------------------------------------------- */

static void print(const struct load *load)
{
    uint64_t jobs = 0;

    printf("{\"groups\":[");
    for (int i = 0; i < load->n_groups; i++) {
        if (i > 0)
            putchar(',');
        group_print(&load->groups[i], stdout);
        jobs += load->groups[i].jobs;
    }
    printf("],\"jobs\":%" PRIu64 ",\"generator_cpu\":%.9f", jobs, (double)load->own_cpu_ns / 1e9);
    if (load->pid != 0) {
        printf(",\"server_cpu\":%.9f", (double)load->server_cpu_ns / 1e9);
        printf(",\"memory\":{\"before\":%" PRId64 ",\"connected\":%" PRId64 ",\"pending\":%" PRId64
               ",\"peak\":%" PRId64 "}",
               load->memory_before, load->memory_connected, load->memory_pending,
               load->memory_peak);
    }
    puts("}");
}

int main(int argc, char **argv)
{
    static struct load load;

    read_options(&load, argc, argv);
    run(&load);
    print(&load);
    for (uint32_t i = 0; i < load.n_callers; i++)
        caller_fini(&load.callers[i]);
    free(load.callers);
    for (int i = 0; i < load.n_groups; i++)
        group_fini(&load.groups[i]);
    close(load.epoll);
    return 0;
}
