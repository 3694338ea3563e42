/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CHANNEL_INQUIRY_H
#define WAITD_CHANNEL_INQUIRY_H

/*
 * One request that waits for the store of detached batches.  It belongs to the registry
 * until its answer is there, and outlives a channel that is closed meanwhile.
 */

#include "daemon/session/channel_internal.h"

struct channel_inquiry {
    struct registry_inquiry inquiry; /* first */
    struct channel_inquiry *next, *before;
    struct channel *channel; /* NULL once that is gone */
    struct registry *registry;
    struct request_id *id; /* held, while the channel is there; NULL for none */
    char ref[STORED_REF_MAX + 1];
    uint64_t from; /* WATCH, and of the watch that follows a SUBMIT */

    struct plan *plan; /* SUBMIT */
    int64_t heartbeat_ns;
    uint64_t jobs, text; /* reserved in the registry's account */

    struct registry_cancel cancel; /* CANCEL */
    bool whole;
    uint64_t job;

    struct store_filter filter; /* BATCHES: of the next page */
    uint64_t left, listed;
    bool waits;         /* until the client has read, or until again_ns */
    int64_t again_ns;   /* when it may ask for its page again */
    int64_t give_up_ns; /* until when it waits for batches of another life; 0 before it has */
    bool asks_again;    /* another answer is expected */
};

/* Puts it among the channel's; answer: called with what the store said.  NULL when out of
 * memory. */
struct channel_inquiry *channel_inquiry_new(struct channel *channel, const struct request *request,
                                            void (*answer)(struct registry_inquiry *,
                                                           struct store_query *));

/* It is answered, though the store has its question still: the channel is free of it. */
void channel_inquiry_detach(struct channel_inquiry *inquiry);

/* Releases what it has reserved, and its plan. */
void channel_inquiry_free(struct channel_inquiry *inquiry);

/* The inquiry that the registry knows by its first part. */
struct channel_inquiry *channel_inquiry_of(struct registry_inquiry *inquiry);

/* Asks the store about its ref.  False when out of memory: the inquiry is as it was. */
bool channel_inquiry_query(struct channel_inquiry *inquiry, enum store_kind kind);

/* Answer with an error; while its channel is there. */
void channel_inquiry_refuse(const struct channel_inquiry *inquiry, enum fault_code code,
                            const char *path, const char *message);
void channel_inquiry_refuse_by_store(const struct channel_inquiry *inquiry,
                                     const struct store_query *query, const char *path);

/* Room for a line of `size` bytes beside the id; NULL when out of memory: the channel has
 * failed then.  What was written up to `end` is sent. */
char *channel_inquiry_line(const struct channel_inquiry *inquiry, size_t size);
void channel_inquiry_commit(const struct channel_inquiry *inquiry, const char *end);

#endif
