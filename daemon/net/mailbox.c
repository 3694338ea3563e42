/* SPDX-License-Identifier: ISC */
#include "daemon/net/mailbox.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/session/principal.h"

int mailbox_init(struct mailbox *mailbox)
{
    memset(mailbox, 0, sizeof(*mailbox));
    mailbox->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (mailbox->wake_fd < 0)
        return -1;
    errno = pthread_mutex_init(&mailbox->lock, NULL);
    if (errno) {
        close(mailbox->wake_fd);
        return -1;
    }
    return 0;
}

void mailbox_fini(struct mailbox *mailbox)
{
    for (unsigned i = 0; i < mailbox->messages.n_sockets; i++) {
        principal_release(mailbox->messages.sockets[i].principal);
        close(mailbox->messages.sockets[i].fd);
    }
    free(mailbox->messages.sockets);
    pthread_mutex_destroy(&mailbox->lock);
    close(mailbox->wake_fd);
}

/* Edge-triggered: each write wakes, whether or not the counter is ever read.
 * It cannot reach its limit in a process's life. */
void mailbox_wake(struct mailbox *mailbox)
{
    uint64_t one = 1;

    while (write(mailbox->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
}

int mailbox_post_socket(struct mailbox *mailbox, struct arrival socket)
{
    struct messages *messages = &mailbox->messages;
    int result = -1;

    pthread_mutex_lock(&mailbox->lock);
    if (messages->n_sockets == messages->room) {
        unsigned room = messages->room ? 2 * messages->room : 64;
        struct arrival *grown = realloc(messages->sockets, room * sizeof(*grown));

        if (grown) {
            messages->sockets = grown;
            messages->room = room;
        }
    }
    if (messages->n_sockets < messages->room) {
        messages->sockets[messages->n_sockets++] = socket;
        result = 0;
    }
    pthread_mutex_unlock(&mailbox->lock);
    if (result == 0)
        mailbox_wake(mailbox);
    return result;
}

void mailbox_post_limits(struct mailbox *mailbox, const struct limits *limits)
{
    pthread_mutex_lock(&mailbox->lock);
    mailbox->messages.limits = *limits;
    mailbox->messages.has_limits = true;
    pthread_mutex_unlock(&mailbox->lock);
    mailbox_wake(mailbox);
}

void mailbox_post_stage(struct mailbox *mailbox, enum life_stage stage)
{
    pthread_mutex_lock(&mailbox->lock);
    if (stage > mailbox->messages.stage)
        mailbox->messages.stage = stage;
    pthread_mutex_unlock(&mailbox->lock);
    mailbox_wake(mailbox);
}

void mailbox_fetch(struct mailbox *mailbox, struct messages *messages)
{
    pthread_mutex_lock(&mailbox->lock);
    *messages = mailbox->messages;
    mailbox->messages.sockets = NULL;
    mailbox->messages.n_sockets = mailbox->messages.room = 0;
    mailbox->messages.has_limits = false;
    pthread_mutex_unlock(&mailbox->lock);
}
