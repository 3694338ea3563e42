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

/* Stages of shutdown; they only increase. */
enum life_stage {
    LIFE_SERVING,
    LIFE_DRAINING,   /* no new batches; connections with nothing running are closed */
    LIFE_CANCELLING, /* what runs is cancelled and its events are flushed */
    LIFE_OVER,       /* whatever is still open is dropped */
};

/* What has been left. */
struct messages {
    struct arrival *sockets; /* once fetched the reader's to close and to free, with their
                              * references to principals */
    unsigned n_sockets, room;
    bool has_limits;
    struct limits limits;
    enum life_stage stage;
};

struct mailbox {
    pthread_mutex_t lock;
    struct messages messages;
    int wake_fd; /* readable when something was left; for edge-triggered use */
};

/* 0, or -1 and errno. */
int mailbox_init(struct mailbox *mailbox);

/* Closes the sockets that nobody fetched. */
void mailbox_fini(struct mailbox *mailbox);

/* From any thread.  On 0 the mailbox owns the socket and its principal reference; -1 when
 * out of memory: they stay the caller's. */
int mailbox_post_socket(struct mailbox *mailbox, struct arrival socket);
void mailbox_post_limits(struct mailbox *mailbox, const struct limits *limits);
void mailbox_post_stage(struct mailbox *mailbox, enum life_stage stage);
void mailbox_wake(struct mailbox *mailbox);

/* By the loop's thread: moves what was left to *messages. */
void mailbox_fetch(struct mailbox *mailbox, struct messages *messages);

#endif
