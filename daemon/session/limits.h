/* SPDX-License-Identifier: ISC */
#ifndef WAITD_LIMITS_H
#define WAITD_LIMITS_H

/* Every limit of the daemon, as configured.  Plain values; copied freely. */

#include <stdbool.h>
#include <stdint.h>

struct limits {
    uint64_t max_connections;             /* in all */
    uint64_t max_connections_per_address; /* of one peer, 0 for any number */
    uint64_t max_batches;                 /* running on one connection, 0 for any number */
    uint64_t max_jobs;                    /* of a batch, after `count`; at most UINT32_MAX - 1 */
    uint64_t max_pending;                 /* jobs not yet terminal, in all */
    uint64_t max_pending_per_connection;  /* the same of one connection, 0 for as many */
    uint64_t max_steps;                   /* of a batch: jobs x steps x repeat x (1 + retries) */
    uint64_t max_request;                 /* bytes of one request, at most 2^31 */
    uint64_t max_text; /* bytes that requests are kept in, being read or running; 0 for any */
    uint64_t max_text_per_connection; /* the same of one connection, 0 for as many */
    uint64_t max_string;              /* bytes of a name, a note, an id; 0 for any */
    uint64_t max_data;                /* bytes of a job's data, 0 for any */
    uint64_t max_dependencies;        /* names in the `after` of a batch, 0 for any */
    unsigned max_pools;               /* of a batch, at most PLAN_MAX_POOLS; 0 for that */
    unsigned max_runs;                /* of a forecast; 0: 1,000,000 */
    unsigned max_summaries;           /* names that a report lists one by one; 0: 1,000 */
    uint64_t max_detached;            /* batches that are kept, 0 for any number */
    uint64_t max_state;               /* bytes of their requests, 0 for any */
    uint64_t max_replays;             /* that run at a time; 1 or more */
    int64_t retain_ns;                /* how long a batch is kept after its end, by default */
    int64_t max_retain_ns;            /* and at most */
    bool no_restart;                  /* batches go on at other daemons: no `on_restart` */
    uint64_t max_backlog;             /* bytes that a client may leave unread */
    unsigned max_depth;               /* of nesting in a request */
    int64_t max_wait_ns;
    int64_t request_timeout_ns; /* from a request's first byte to its last, 0 for off */
    int64_t client_timeout_ns;  /* a client that reads nothing, 0 for off */
    int64_t idle_timeout_ns;    /* nothing running, nothing sent, 0 for off */
    int64_t drain_timeout_ns;
    /* Of those who have to prove who they are and have not yet: */
    uint64_t max_unauthenticated; /* connections of them */
    uint64_t max_auth_bytes;      /* that one may send */
    uint64_t max_auth_failures;   /* of one peer within a minute, 0 for any number */
    int64_t auth_timeout_ns;
    int64_t timer_slack_ns; /* the most that a loop may be late to handle more together, 0: never */
};

#endif
