/* SPDX-License-Identifier: ISC */

/*
 * A whole conversation, bytes in and bytes out in virtual time.  The input is
 * a script for the channel's driver: an octet below 0x20, but the blanks of
 * JSON, is an order (see obey()); all else is what the client sends.  What the
 * client is sent must keep the contract's promises, and when all is over the
 * counts are zero again.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/session/channel.h"
#include "daemon/session/stats.h"
#include "proto/due.h"
#include "tests/support/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a fuzzer may make the channel do in one script. */
#define CALLS_MAX 3000

#define REQUEST_TIMEOUT_NS INT64_C(5000000000)

struct stage {
    struct limits limits;
    struct ledger ledger;
    struct channel_env env;
    struct channel *channel;
    struct witness witness;
    int64_t now_ns;
    int64_t request_due_ns; /* of the request in progress; 0 for none */
    unsigned calls;
    uint64_t running; /* batches, by the channel events */
    uint64_t pending; /* jobs, when last looked at */
    bool stopping;
    bool cancelled_all;
};

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void snapshot(void *context, int64_t now_ns, struct event_stats *stats)
{
    const struct stage *stage = context;

    stats->uptime_ns = now_ns;
    stats_sum(&(struct stats *){stage->env.stats}, 1, now_ns, stats);
}

/* What is let in, with whatever limits there are now. */
static void on_channel_event(void *context, uint64_t number, const struct channel_event *event)
{
    struct stage *stage = context;
    uint64_t most = stage->limits.max_batches;

    (void)number;
    if (event->kind == CHANNEL_FINISHED)
        stage->running--;
    if (event->kind != CHANNEL_ACCEPTED)
        return;
    stage->running++;
    demand(!stage->stopping, "a batch is accepted while the daemon stops");
    demand(most == 0 || stage->running <= most, "more batches run than may");
    demand(event->jobs <= stage->limits.max_jobs, "a batch has more jobs than it may");
}

static void open_stage(struct stage *stage, unsigned choice)
{
    *stage = (struct stage){
        .limits = {.max_connections = 1,
                   .max_jobs = (choice & 1) != 0 ? 3 : 200,
                   .max_pending = (choice & 2) != 0 ? 5 : 400,
                   .max_steps = 5000,
                   .max_request = (choice & 4) != 0 ? 60 : 1 << 20,
                   .max_backlog = (choice & 8) != 0 ? 300 : 1 << 20,
                   .max_depth = (choice & 16) != 0 ? 8 : 64,
                   .max_wait_ns = INT64_C(2592000000000000)},
    };
    if ((choice & 32) != 0)
        stage->limits.request_timeout_ns = REQUEST_TIMEOUT_NS;
    if ((choice & 64) != 0) {
        stage->limits.max_text = 6000;
        stage->limits.max_text_per_connection = 5000;
        stage->limits.max_pending_per_connection = 7;
    }
    if ((choice & 128) != 0) {
        stage->limits.max_string = 4;
        stage->limits.max_data = 9;
        stage->limits.max_dependencies = 3;
        stage->limits.max_batches = 2;
    }
    atomic_store(&stage->ledger.next_batch, 1);
    stage->env = (struct channel_env){
        .limits = &stage->limits,
        .ledger = &stage->ledger,
        .stats = stats_new(),
        .version = "0",
        .instance = "0123456789abcdef",
        .snapshot = snapshot,
        .snapshot_context = stage,
        .report = on_channel_event,
        .report_context = stage,
    };
    witness_init(&stage->witness);
    stage->channel = channel_new(&stage->env, NULL);
    demand(stage->env.stats != NULL && stage->channel != NULL, "no memory");
}

static void hear(struct stage *stage, size_t room)
{
    char out[4096];
    size_t n = channel_render(stage->channel, stage->now_ns, out, room);

    demand(n <= room, "more was rendered than there was room for");
    demand(n > 0 || !channel_has_output(stage->channel), "there is output and none comes");
    demand(witness_hear(&stage->witness, out, n, stage->now_ns), stage->witness.diagnostic);
}

/* Refuses a request that is not complete in time, as a driver does after each
 * turn; the time that it has never shrinks while it is being read. */
static void keep_time(struct stage *stage)
{
    int64_t due_ns = channel_request_due(stage->channel, stage->now_ns);

    if (due_ns == DUE_NEVER) {
        stage->request_due_ns = 0;
        return;
    }
    demand(stage->limits.request_timeout_ns > 0, "a request has a time that none was set for");
    demand(channel_wants_input(stage->channel), "a request is late that is not read");
    demand(due_ns <= stage->now_ns + REQUEST_TIMEOUT_NS, "a request has too much time");
    demand(stage->request_due_ns == 0 || due_ns >= stage->request_due_ns,
           "a request has less time than before");
    stage->request_due_ns = due_ns;
    if (due_ns > stage->now_ns)
        return;
    channel_refuse_late(stage->channel);
    demand(channel_input_ended(stage->channel), "a late request does not end the input");
    demand(!channel_wants_input(stage->channel), "input is wanted after its end");
    demand(channel_request_due(stage->channel, stage->now_ns) == DUE_NEVER,
           "a request is late twice");
    demand(channel_has_output(stage->channel), "a late request is not answered");
}

/* What is kept of requests belongs to what is being read or runs, or has
 * events that nobody took yet. */
static void check_counts(struct stage *stage)
{
    uint64_t pending = atomic_load(&stage->ledger.pending);
    uint64_t text = atomic_load(&stage->ledger.text);
    uint64_t share = stage->limits.max_pending_per_connection;

    /* Above a limit that was lowered nothing more is taken. */
    demand(pending <= stage->limits.max_pending || pending <= stage->pending,
           "more jobs are pending than may be");
    demand(share == 0 || pending <= share, "more jobs are pending on a connection than may be");
    demand(stage->limits.max_text == 0 || text <= 5000, "more text is kept than may be");
    demand(atomic_load(&stage->ledger.batches) == stage->running, "batches are not counted");
    stage->pending = pending;
    if (channel_is_idle(stage->channel) && !channel_has_output(stage->channel)) {
        demand(pending == 0, "jobs are pending where nothing runs");
        demand(atomic_load(&stage->ledger.text) == 0, "text is kept where nothing runs");
    }
}

static void work(struct stage *stage, size_t budget)
{
    if (channel_next_due(stage->channel) <= stage->now_ns)
        channel_work(stage->channel, stage->now_ns, budget);
}

/* Asked for a moment before anything is due, work is none. */
static void work_early(struct stage *stage)
{
    int64_t due_ns = channel_next_due(stage->channel);
    bool had_output = channel_has_output(stage->channel);

    if (due_ns <= stage->now_ns)
        return;
    if (due_ns != DUE_NEVER && due_ns < INT64_MAX / 2)
        stage->now_ns = due_ns - 1;
    channel_work(stage->channel, stage->now_ns, 100);
    demand(channel_next_due(stage->channel) == due_ns, "something was done before it was due");
    demand(channel_has_output(stage->channel) == had_output, "something was reported too early");
}

/* Moves on to the next due time if there is one within reach. */
static bool move_on(struct stage *stage, int64_t by_ns)
{
    int64_t due_ns = channel_next_due(stage->channel);

    if (due_ns == DUE_NEVER || due_ns > INT64_MAX / 2)
        return false;
    if (due_ns > stage->now_ns)
        stage->now_ns = due_ns;
    stage->now_ns += by_ns;
    return true;
}

static void obey(struct stage *stage, unsigned order)
{
    switch (order) {
    case 0x01:
        work(stage, 1);
        break;
    case 0x02:
        work(stage, 100);
        break;
    case 0x03:
        hear(stage, 7);
        break;
    case 0x04:
        hear(stage, 4096);
        break;
    case 0x05:
        (void)move_on(stage, 0);
        break;
    case 0x06:
        (void)move_on(stage, 1500000000);
        break;
    case 0x07:
        channel_end_input(stage->channel, stage->now_ns);
        break;
    case 0x08:
        channel_refuse_batches(stage->channel);
        stage->stopping = true;
        break;
    case 0x0b:
        channel_cancel_all(stage->channel, stage->now_ns);
        stage->cancelled_all = true;
        break;
    case 0x0c:
        stage->pending = atomic_load(&stage->ledger.pending);
        stage->limits.max_backlog = stage->limits.max_backlog == 300 ? 5000 : 300;
        stage->limits.max_pending = stage->limits.max_pending == 5 ? 400 : 5;
        channel_limits_changed(stage->channel);
        break;
    case 0x0e:
        stage->now_ns += 1000000000;
        break;
    case 0x0f:
        stage->limits.request_timeout_ns ^= REQUEST_TIMEOUT_NS;
        break;
    case 0x10:
        work_early(stage);
        break;
    default: /* a piece ends here */
        break;
    }
    keep_time(stage);
    check_counts(stage);
}

static bool is_order(unsigned octet)
{
    return octet < 0x20 && octet != '\t' && octet != '\n' && octet != '\r';
}

/* Gives a piece to the channel, from a block of just its size, as it takes it. */
static void send_piece(struct stage *stage, const uint8_t *bytes, size_t len)
{
    while (len > 0 && ++stage->calls < CALLS_MAX && !channel_input_ended(stage->channel)) {
        char *copy;
        size_t n;

        if (!channel_wants_input(stage->channel)) {
            work(stage, 50);
            hear(stage, 4096);
            if (!channel_wants_input(stage->channel) && channel_next_due(stage->channel) > 0)
                return; /* the input was ended by an order */
            continue;
        }
        copy = malloc(len);
        demand(copy != NULL, "no memory");
        memcpy(copy, bytes, len);
        n = channel_feed(stage->channel, stage->now_ns, copy, len);
        free(copy);
        demand(n <= len, "more was taken than was given");
        demand(n > 0 || !channel_wants_input(stage->channel), "input is wanted and not taken");
        bytes += n;
        len -= n;
    }
}

/* Lets everything come to its end; a batch that takes for ever is let be. */
static void wind_up(struct stage *stage)
{
    bool moves = true;

    if (stage->calls % 2 == 0)
        channel_end_input(stage->channel, stage->now_ns);
    while (moves && ++stage->calls < 20 * CALLS_MAX) {
        work(stage, 200);
        while (channel_has_output(stage->channel))
            hear(stage, 4096);
        moves = move_on(stage, 0);
    }
    demand(stage->calls < 20 * CALLS_MAX, "it does not come to an end");
    if (channel_is_drained(stage->channel))
        demand(witness_is_settled(&stage->witness), "drained with a batch unfinished");
    if (channel_is_idle(stage->channel))
        demand(atomic_load(&stage->ledger.pending) == 0, "jobs are pending in an idle channel");
}

static void close_stage(struct stage *stage)
{
    struct event_stats sum = {0};
    uint64_t ended = 0;

    channel_free(stage->channel);
    demand(atomic_load(&stage->ledger.pending) == 0, "pending jobs are left");
    demand(atomic_load(&stage->ledger.batches) == 0, "running batches are left");
    demand(atomic_load(&stage->ledger.text) == 0, "text is still taken");
    stats_sum(&stage->env.stats, 1, stage->now_ns, &sum);
    for (int status = 0; status < JOB_STATUSES; status++)
        ended += sum.ended[status];
    demand(ended == sum.accepted, "jobs accepted and ended do not add up");
    stats_free(stage->env.stats);
    witness_fini(&stage->witness);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stage stage;

    if (size == 0)
        return 0;
    open_stage(&stage, data[0]);
    for (size_t at = 1; at < size;) {
        size_t len = 0;

        while (at + len < size && !is_order(data[at + len]))
            len++;
        send_piece(&stage, data + at, len);
        at += len;
        if (at < size)
            obey(&stage, data[at++]);
    }
    wind_up(&stage);
    close_stage(&stage);
    return 0;
}
