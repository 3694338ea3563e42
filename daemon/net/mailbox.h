/* SPDX-License-Identifier: ISC */
#ifndef WAITD_MAILBOX_H
#define WAITD_MAILBOX_H

/*
 * How threads talk to a loop: what they leave here the loop finds when it is
 * woken by the mailbox's descriptor (an eventfd).  Sockets queue up; of
 * limits and of the stage of life only the latest counts.
 */

#include <pthread.h>
#include <stdbool.h>

#include "daemon/net/arrival.h"
#include "daemon/session/limits.h"

/* A daemon's life, in order; never backwards. */
enum life_stage {
    LIFE_SERVING,
    LIFE_DRAINING,   /* no new batches; whoever has nothing running is closed */
    LIFE_CANCELLING, /* what runs is cancelled and its events are flushed */
    LIFE_OVER,       /* whatever is still open is dropped */
};

/* What has been left. */
struct mail {
    struct arrival *sockets; /* the reader's to use and to free */
    unsigned n_sockets, room;
    bool has_limits;
    struct limits limits;
    enum life_stage stage;
};

struct mailbox {
    pthread_mutex_t lock;
    struct mail mail;
    int wake_fd; /* readable when something was left; for edge-triggered use */
};

/* 0, or -1 and errno. */
int mailbox_init(struct mailbox *mailbox);

/* Closes the sockets that nobody fetched. */
void mailbox_fini(struct mailbox *mailbox);

/* From any thread.  -1 when out of memory: the socket stays the caller's. */
int mailbox_take_socket(struct mailbox *mailbox, struct arrival socket);
void mailbox_give_limits(struct mailbox *mailbox, const struct limits *limits);
void mailbox_give_stage(struct mailbox *mailbox, enum life_stage stage);
void mailbox_wake(struct mailbox *mailbox);

/* By the loop's thread: moves what was left to *mail. */
void mailbox_fetch(struct mailbox *mailbox, struct mail *mail);

#endif
