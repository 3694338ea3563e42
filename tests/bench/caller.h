/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BENCH_CALLER_H
#define WAITD_BENCH_CALLER_H

/* A connection of a group: sends its batches one after another and has what
 * comes back watched.  Never blocks. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/group.h"
#include "tests/bench/watch.h"

struct caller {
    struct group *group;
    struct watch watch;
    const struct sockaddr_in *address; /* of the server */
    int fd;
    size_t sent;          /* bytes of the batch in progress */
    uint32_t finished;    /* batches */
    bool is_connected;    /* or about to be */
    bool is_done;         /* no more batches will be sent */
    bool is_unread;       /* it is not to be read from yet */
    bool is_closed;       /* the server has closed after our half-close */
    bool was_accepted;    /* its first batch was */
    bool wants_judgement; /* its finished batch is to be judged at the end */
    char *kept;           /* the beginning of a line */
    size_t n_kept;
};

/* Connects, unless that is for its beginning, which may take as long as the server lets it
 * wait. */
void caller_init(struct caller *caller, struct group *group, uint32_t number,
                 const struct sockaddr_in *address);
void caller_fini(struct caller *caller);

/* Begins the next batch; the first of a storm connects. */
void caller_begin(struct caller *caller);

/* Sends what the socket takes.  Whether all of the batch has gone. */
bool caller_send(struct caller *caller);
static inline bool caller_has_more_to_send(const struct caller *caller)
{
    return caller->watch.state != WATCH_IDLE && caller->sent < caller->watch.work->len;
}

/* Reads once, and goes on to the next batch where one has finished and the
 * group wants more.  The number of bytes read. */
size_t caller_receive(struct caller *caller, bool others_are_done);

/* Says that nothing more comes.  Whatever the server still sends is a fault. */
void caller_half_close(struct caller *caller);

#endif
