/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ACCOUNT_H
#define WAITD_ACCOUNT_H

/*
 * What one connection has taken of what the daemon has to give: jobs and
 * memory for the text of requests.  Each is held against the connection's own
 * share and against the limit of all the daemon; what is taken from the one is
 * taken from the other.
 *
 * For the thread of the connection; the daemon's counts are atomic.
 */

#include <stdint.h>

#include "daemon/session/admission.h"
#include "daemon/session/limits.h"

struct account {
    const struct limits *limits;
    struct admission *admission;
    uint64_t pending; /* jobs */
    uint64_t text;    /* bytes */
};

enum account_answer {
    ACCOUNT_TAKEN,
    ACCOUNT_NO_SHARE, /* it would pass the share of the connection */
    ACCOUNT_NO_ROOM,  /* it would pass the limit of all the daemon */
};

/* Take jobs or bytes, or nothing. */
enum account_answer account_take_jobs(struct account *account, uint64_t n);
enum account_answer account_take_text(struct account *account, uint64_t bytes);

/* Release what was taken. */
void account_give_jobs(struct account *account, uint64_t n);
void account_give_text(struct account *account, uint64_t bytes);

/* Takes jobs that have to run, whatever the limits. */
void account_force_jobs(struct account *account, uint64_t n);

/* What one account has taken is another's from now on. */
void account_move(struct account *from, struct account *to, uint64_t jobs, uint64_t text);

#endif
