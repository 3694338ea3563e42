/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SERVICE_H
#define WAITD_SERVICE_H

/*
 * The service manager's side of things: sockets that it hands over and what it
 * is notified.  Without a service manager, or built without libsystemd, there are
 * no sockets and notifying does nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#define SERVICE_NAME_MAX 256

/* A listening stream socket that was handed over. */
struct service_socket {
    int fd;
    char name[SERVICE_NAME_MAX]; /* FileDescriptorName= of its unit, or the unit's name */
};

/*
 * Takes over the sockets handed to this process; they are its to close, and
 * are never shutdown(), which would close the manager's copies as well.
 * *sockets is to be freed.  Returns how many; -1 if one of them is no
 * listening stream socket or out of memory, and *problem says why (a static text).
 */
int service_sockets(struct service_socket **sockets, const char **problem);

void service_ready(void);
void service_reloading(int64_t now_ns);

/* Whether there is a manager that listens. */
bool service_is_listening(void);

/* The line that `systemctl status` shows. */
void service_status(const char *line);

/* Stopping, which may take so long. */
void service_stopping(int64_t longest_ns);

/* How often the manager wants to hear service_alive(); 0 for never. */
int64_t service_watchdog_ns(void);
void service_alive(void);

/*
 * Gives a line to the journal, with its priority as in syslog(3) and the
 * numbers, each unless it is 0, in the fields WAITD_CONNECTION and WAITD_BATCH.
 * Returns false if there is no journal to take it.  From any thread.
 */
bool service_journal(int priority, const char *line, uint64_t connection, uint64_t batch);

#endif
