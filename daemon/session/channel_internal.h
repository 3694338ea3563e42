/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CHANNEL_INTERNAL_H
#define WAITD_CHANNEL_INTERNAL_H

/*
 * A channel, shared by the files that make it up:
 *
 *     channel.c          what its driver calls: input, work, output, the ends
 *     channel_request.c  what each request does, and answers
 *     channel_detached.c what is asked of the store of detached batches, and answered
 *     channel_inquiry.c  one such request, while the store is asked
 *     channel_follow.c   those that are watched
 *     channel_admit.c    what the request in progress reserves
 *     channel_one.c      where the whole input is one request
 */

#include "daemon/session/ledger.h"
#include "daemon/session/channel.h"
#include "daemon/session/forecasts.h"
#include "daemon/session/outbox.h"
#include "daemon/session/registry.h"
#include "daemon/session/runs.h"
#include "proto/hash.h"
#include "proto/request.h"
#include "proto/slots.h"

/* What a run may do before another run of the same client is served. */
#define CHANNEL_SLICE 1024

/* Where the whole input is one request. */
struct channel_one {
    struct request_expectation expected;
    bool is_there;          /* it is complete: */
    struct request request; /* its id, plan and text are the channel's */
};

struct channel {
    const struct channel_env *env;
    struct principal *principal; /* its client; held, NULL where nothing can be detached */
    uint64_t number;
    struct request_reader *reader; /* NULL while there is nothing to read, */
    struct lexer_place place;      /* to continue from there */
    struct outbox outbox;

    struct runs runs;
    struct forecasts forecasts;
    struct account account;

    struct channel_inquiry *inquiries; /* requests that wait for the store */
    unsigned n_inquiries;
    struct slots followers;             /* of detached batches that are watched */
    struct hash followed;               /* the same, by ref */
    struct channel_follower *replaying; /* the one that has a replay */
    bool follow_due;                    /* one of them wants to be looked at */
    int64_t follow_ns;                  /* when it is time to look at them */
    void (*wake)(void *context);
    void *wake_context;

    int64_t opened_ns; /* when the request in progress was first asked for; -1 for not yet */
    uint64_t reserved; /* jobs that the account has reserved for the request being read */
    uint64_t text;     /* bytes that it has reserved for it */
    uint64_t answered; /* and for long answers that nobody has taken yet */
    bool busy;         /* a request is complete but for work in slices */
    bool ending;       /* the driver said that input has ended */
    bool input_ended;
    bool refuse_batches;
    bool has_begun; /* something was requested, other than to know that somebody is there */
    struct channel_one *one; /* of channel_expect_one_request(); else NULL */
    struct channel_verdict verdict;
};

/* ---- channel.c --------------------------------------------------------------- */

/* Input has ended: what was read of a request is dropped. */
void channel_stop_reading(struct channel *channel);

/* Releases what a request that was read has handed over. */
void channel_release_request(struct channel *channel, struct request *request);

/* Lets go of a client whose answer there is no memory for. */
void channel_fail(struct channel *channel);

/* Works on a run for a service slice.  Returns what it spent. */
size_t channel_work_run(struct channel *channel, struct run *run, int64_t now_ns, size_t budget);

/* There is something to do or to render that the driver does not know of. */
void channel_woken(const struct channel *channel);

/* The client has too much to read: nothing more is done for it meanwhile. */
bool channel_is_held(const struct channel *channel);

/* Reports to the driver's owner, if it wants to know. */
void channel_report(const struct channel *channel, struct channel_event event);

/* ---- channel_request.c --------------------------------------------------------- */

/* Does what a request asks for; takes its plan where it is run. */
void channel_do(struct channel *channel, struct request *request, int64_t now_ns);

/* Room for the line of an answer, as outbox_line_room() has it; NULL when out of memory: the
 * channel has failed then. */
char *channel_answer_room(struct channel *channel, size_t size, struct request_id *id);

/* Answers with an error; what the request took is released. */
void channel_refuse(struct channel *channel, const struct request *request,
                    const struct fault *fault);
void channel_refuse_with(struct channel *channel, const struct request *request,
                         enum fault_code code, const char *message);

/* The same for what is at "ref" in the request. */
void channel_refuse_ref(struct channel *channel, const struct request *request,
                        enum fault_code code, const char *message);

/* ---- channel_one.c -------------------------------------------------------------- */

/* Whether the one request is complete, and waits for the end of the input. */
static inline bool channel_has_one(const struct channel *channel)
{
    return channel->one != NULL && channel->one->is_there;
}

/* Keeps the request for the end of the input, or refuses it if it is no submit. */
void channel_keep_one(struct channel *channel, struct request *request);

/* Looks at what follows it: refuses it unless that is white space. */
void channel_scan_rest(struct channel *channel, const char *bytes, size_t len);

/* The input has ended: does it.  Or drops it. */
void channel_do_one(struct channel *channel, int64_t now_ns);
void channel_drop_one(struct channel *channel);

/* ---- channel_detached.c -------------------------------------------------------- */

/* The most requests that wait for the store at a time. */
#define CHANNEL_INQUIRIES_MAX 256

/* Takes the request's plan and text, or refuses it. */
void channel_submit_detached(struct channel *channel, struct request *request, int64_t now_ns);

/* watch, unwatch, batches, forget, and cancel by ref. */
void channel_do_detached(struct channel *channel, const struct request *request);

/* Lists go on, once the client has read and it is time; and when that is. */
void channel_list_on(struct channel *channel, int64_t now_ns);
int64_t channel_list_due(const struct channel *channel);

/* The channel is about to be freed: what is not answered yet continues without it. */
void channel_leave_inquiries(struct channel *channel);

/* ---- channel_follow.c ----------------------------------------------------------- */

/* Watches from the event `from` on, or refuses with the id.  charged: the batch's jobs count
 * against the limits of pending ones meanwhile. */
void channel_follow(struct channel *channel, struct registry_entry *entry, struct request_id *id,
                    uint64_t from, bool charged);
bool channel_is_following(const struct channel *channel, const char *ref);

/* Whether it did; returns the last event that was sent. */
bool channel_unfollow(struct channel *channel, const char *ref, uint64_t *last);
void channel_leave_followers(struct channel *channel);

/* A watch that was read to its end. */
void channel_follow_passed(struct channel *channel, struct outbox_watch *watch);

size_t channel_follow_work(struct channel *channel, int64_t now_ns, size_t budget);

/* While the client has too much to read, others may replay. */
void channel_yield_replay(struct channel *channel);
int64_t channel_follow_next_due(const struct channel *channel);

/* Writes a `batch` event (EVENT_LISTED_MAX). */
char *channel_write_listed(char *line, const struct registry *registry,
                           const struct stored_batch *batch, const struct request_id *id);

/* ---- channel_admit.c ------------------------------------------------------------ */

/*
 * Takes the jobs of the request in progress, so far.  False, with why in
 * message, if they are too many beside those that are pending.
 */
bool channel_admit_jobs(struct channel *channel, uint64_t jobs, char message[FAULT_MESSAGE_MAX]);

/* The same for the memory that it is kept in. */
bool channel_admit_text(struct channel *channel, uint64_t bytes, char message[FAULT_MESSAGE_MAX]);

/* Release what it took. */
void channel_release_jobs(struct channel *channel);
void channel_release_text(struct channel *channel);

/*
 * An answer that echoes a long `id` is text of the client's as well: what the
 * request reserved for it stays reserved until the client has the answer.
 */
void channel_keep_answer(struct channel *channel, uint64_t bytes);
void channel_release_answers(struct channel *channel);

/* Hold what has been read of it against the limits, and refuse it there. */
void channel_admit_jobs_so_far(struct channel *channel);
void channel_admit_text_so_far(struct channel *channel);

#endif
