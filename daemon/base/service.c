/* SPDX-License-Identifier: ISC */
#include "daemon/base/service.h"

#ifdef HAVE_SYSTEMD

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <systemd/sd-daemon.h>

/* Where in the source a line was logged is nothing to the journal's readers. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#define FIELD_MAX 1100

static void free_names(char **names, int n)
{
    for (int i = 0; names && i < n; i++)
        free(names[i]);
    free(names);
}

int service_sockets(struct service_socket **sockets, const char **problem)
{
    struct service_socket *taken;
    char **names = NULL;
    int n = sd_listen_fds_with_names(1, &names);

    *sockets = NULL;
    if (n <= 0) {
        *problem = "the sockets handed over cannot be taken";
        return n < 0 ? -1 : 0;
    }
    taken = calloc((size_t)n, sizeof(*taken));
    for (int i = 0; taken && i < n; i++) {
        taken[i].fd = SD_LISTEN_FDS_START + i;
        snprintf(taken[i].name, sizeof(taken[i].name), "%s", names[i]);
        if (sd_is_socket(taken[i].fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
            *problem = "a descriptor handed over is no listening stream socket";
            free(taken);
            free_names(names, n);
            return -1;
        }
    }
    free_names(names, n);
    if (!taken) {
        *problem = "out of memory";
        return -1;
    }
    *sockets = taken;
    return n;
}

void service_ready(void)
{
    sd_notify(0, "READY=1");
}

void service_reloading(int64_t now_ns)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now_ns / 1000);
}

bool service_is_listening(void)
{
    return getenv("NOTIFY_SOCKET") != NULL;
}

void service_status(const char *line)
{
    sd_notifyf(0, "STATUS=%s", line);
}

void service_stopping(int64_t longest_ns)
{
    sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64, longest_ns / 1000);
}

int64_t service_watchdog_ns(void)
{
    uint64_t limit_us;

    if (sd_watchdog_enabled(0, &limit_us) <= 0 || limit_us > INT64_MAX / 1000)
        return 0;
    return (int64_t)limit_us * 1000 / 2;
}

void service_alive(void)
{
    sd_notify(0, "WATCHDOG=1");
}

bool service_journal(int priority, const char *line, uint64_t connection, uint64_t batch)
{
    char fields[5][FIELD_MAX];
    struct iovec parts[5];
    int n = 0;

    snprintf(fields[n++], FIELD_MAX, "MESSAGE=%s", line);
    snprintf(fields[n++], FIELD_MAX, "PRIORITY=%d", priority);
    snprintf(fields[n++], FIELD_MAX, "SYSLOG_IDENTIFIER=waitd");
    if (connection)
        snprintf(fields[n++], FIELD_MAX, "WAITD_CONNECTION=%" PRIu64, connection);
    if (batch)
        snprintf(fields[n++], FIELD_MAX, "WAITD_BATCH=%" PRIu64, batch);
    for (int i = 0; i < n; i++)
        parts[i] = (struct iovec){.iov_base = fields[i], .iov_len = strlen(fields[i])};
    return sd_journal_sendv(parts, n) == 0;
}

#else

#include <stddef.h>

int service_sockets(struct service_socket **sockets, const char **problem)
{
    *sockets = NULL;
    *problem = NULL;
    return 0;
}

void service_ready(void)
{
}

void service_reloading(int64_t now_ns)
{
    (void)now_ns;
}

bool service_is_listening(void)
{
    return false;
}

void service_status(const char *line)
{
    (void)line;
}

void service_stopping(int64_t longest_ns)
{
    (void)longest_ns;
}

int64_t service_watchdog_ns(void)
{
    return 0;
}

void service_alive(void)
{
}

bool service_journal(int priority, const char *line, uint64_t connection, uint64_t batch)
{
    (void)priority;
    (void)line;
    (void)connection;
    (void)batch;
    return false;
}

#endif
