/* SPDX-License-Identifier: ISC */
#include "tests/scenario/cluster_simulation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/cluster_rules.h"

#define NODES    3
#define BATCHES  2
#define CANCELS  24 /* of a batch, at most */
#define MESSAGES 4096
#define FLIGHTS  64
#define GRACE_NS INT64_C(1000000000)
#define STEP_NS  (GRACE_NS / 40)
#define STEPS    480
#define QUIET    240 /* steps at the end without faults */
#define EPOCH_NS INT64_C(1700000000000000000)

struct message {
    int64_t stamp_ns, floor_ns, was_ns; /* was_ns: 0 for its own */
    int batch;                          /* -1: a tick */
    int node;
    uint64_t number; /* of a tick; a cancel's nonce */
    bool is_there;
};

struct flight {
    struct message message;
    int64_t arrives_ns;
    bool is_used;
};

/* A cancel as somebody knows it. */
struct fall {
    uint64_t nonce;
    int64_t stamp_ns, floor_ns, fall_ns;
};

struct falls {
    struct fall of[CANCELS];
    int n;
    struct cluster_cancels cancels;
};

struct batch {
    struct falls known, lost; /* lost: what is to be put back */
    int64_t sent_ns;          /* everything due up to there was sent */
};

struct node {
    struct cluster_rules rules;
    struct batch batches[BATCHES];
    uint64_t next; /* sequence that it reads next */
    int64_t cut_until_ns;
    bool was_cut, tick_wanted, restores;
    uint64_t wanted[BATCHES]; /* the nonce of a cancel that it waits for; 0: none */
    int64_t wanted_floor_ns[BATCHES], retry_ns[BATCHES];
};

struct simulation {
    uint64_t random;
    int64_t now_ns, clock_ns, top_ns; /* the server's clock, and as if it was never set back */
    struct message stream[MESSAGES];  /* sequence - 1 */
    uint64_t last;
    struct falls oracle[BATCHES];
    struct flight flights[FLIGHTS];
    struct node nodes[NODES];
    uint64_t next_nonce;
    bool steps_far, rolls_back, was_rolled_back, is_quiet;
    struct cluster_simulation_tally *tally;
    char *fault;
};

/* splitmix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014). */
static uint64_t chance(struct simulation *simulation, uint64_t n)
{
    uint64_t z = simulation->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % n;
}

static bool fail(struct simulation *simulation, const char *what, int64_t a, int64_t b)
{
    snprintf(simulation->fault, 200, "at step %" PRId64 ": %s (%" PRId64 ", %" PRId64 ")",
             simulation->now_ns / STEP_NS, what, a, b);
    return false;
}

/* ---- The server ------------------------------------------------------------- */

static void clear(struct falls *falls)
{
    falls->n = 0;
    falls->cancels = (struct cluster_cancels){GRACE_NS, INT64_MIN};
}

static const struct fall *add_fall(struct falls *falls, const struct message *message)
{
    struct fall *fall = &falls->of[falls->n++];

    fall->nonce = message->number;
    fall->stamp_ns = message->was_ns > 0 ? message->was_ns : message->stamp_ns;
    fall->floor_ns = message->floor_ns;
    fall->fall_ns = cluster_cancels_fall(&falls->cancels, fall->stamp_ns, fall->floor_ns);
    return fall;
}

static bool has_nonce(const struct falls *falls, uint64_t nonce)
{
    for (int i = 0; i < falls->n; i++)
        if (falls->of[i].nonce == nonce)
            return true;
    return false;
}

static void store(struct simulation *simulation, struct message message)
{
    if (simulation->last == MESSAGES)
        return;
    if (message.batch >= 0) {
        struct falls *oracle = &simulation->oracle[message.batch];

        if (oracle->n == CANCELS || has_nonce(oracle, message.number))
            return; /* its subject has a message already */
    }
    for (uint64_t i = 0; message.batch < 0 && i < simulation->last; i++)
        if (simulation->stream[i].batch < 0 && simulation->stream[i].node == message.node)
            simulation->stream[i].is_there = false; /* ticks replace one another */
    message.stamp_ns = simulation->clock_ns;
    message.is_there = true;
    simulation->stream[simulation->last++] = message;
    if (message.batch >= 0)
        (void)add_fall(&simulation->oracle[message.batch], &message);
}

static bool is_cut(const struct simulation *simulation, const struct node *node)
{
    return simulation->now_ns < node->cut_until_ns;
}

static void send(struct simulation *simulation, struct message message)
{
    struct flight *free_flight = NULL;

    for (int i = 0; i < FLIGHTS; i++)
        if (!simulation->flights[i].is_used)
            free_flight = &simulation->flights[i];
    if (free_flight == NULL || is_cut(simulation, &simulation->nodes[message.node]) ||
        (!simulation->is_quiet && chance(simulation, 12) == 0)) {
        simulation->tally->lost++;
        return;
    }
    *free_flight = (struct flight){
        message, simulation->now_ns + (int64_t)chance(simulation, GRACE_NS / 5), true};
}

static void arrive(struct simulation *simulation)
{
    for (int i = 0; i < FLIGHTS; i++) {
        struct flight *flight = &simulation->flights[i];

        if (!flight->is_used || flight->arrives_ns > simulation->now_ns)
            continue;
        flight->is_used = false;
        store(simulation, flight->message);
    }
}

/* ---- Nodes ------------------------------------------------------------------ */

static void begin_reading(struct simulation *simulation, struct node *node)
{
    node->next = cluster_rules_begin(&node->rules, simulation->now_ns);
    node->tick_wanted = true;
}

/* What it has sent is to stay true: its cancels are put back if they are gone. */
static void read_anew(struct simulation *simulation, struct node *node)
{
    for (int i = 0; i < BATCHES; i++) {
        struct batch *batch = &node->batches[i];

        for (int j = 0; j < batch->known.n; j++)
            if (!has_nonce(&batch->lost, batch->known.of[j].nonce))
                batch->lost.of[batch->lost.n++] = batch->known.of[j];
        clear(&batch->known);
    }
    node->restores = true;
    cluster_rules_forget(&node->rules);
    begin_reading(simulation, node);
}

static bool read_cancel(struct simulation *simulation, struct node *node,
                        const struct message *message)
{
    struct batch *batch = &node->batches[message->batch];
    const struct falls *oracle = &simulation->oracle[message->batch];
    const struct fall *fall = add_fall(&batch->known, message);

    if (batch->known.n > oracle->n || oracle->of[batch->known.n - 1].nonce != fall->nonce ||
        oracle->of[batch->known.n - 1].fall_ns != fall->fall_ns)
        return fail(simulation, "a node has another cancel than the stream", fall->fall_ns,
                    oracle->of[batch->known.n - 1].fall_ns);
    if (batch->known.n > 1 && fall->fall_ns < fall[-1].fall_ns)
        return fail(simulation, "a cancel falls before one above it", fall->fall_ns,
                    fall[-1].fall_ns);
    if (node->wanted[message->batch] == fall->nonce)
        node->wanted[message->batch] = 0;
    for (int i = 0; i < batch->lost.n; i++)
        if (batch->lost.of[i].nonce == fall->nonce && batch->lost.of[i].fall_ns != fall->fall_ns)
            return fail(simulation, "a cancel that was put back falls at another instant",
                        fall->fall_ns, batch->lost.of[i].fall_ns);
    if (fall->fall_ns < batch->sent_ns && !has_nonce(&batch->lost, fall->nonce)) {
        if (!simulation->steps_far && !simulation->was_rolled_back)
            return fail(simulation, "a cancel falls below what was sent", fall->fall_ns,
                        batch->sent_ns);
        simulation->tally->contradicted++;
        batch->sent_ns = fall->fall_ns; /* its watches are suspended, and begin anew */
    }
    return true;
}

/* Reads the next message, if there is one. */
static bool read_one(struct simulation *simulation, int index)
{
    struct node *node = &simulation->nodes[index];
    const struct message *message;
    struct cluster_message_facts facts;

    while (node->next <= simulation->last && !simulation->stream[node->next - 1].is_there)
        node->next++;
    if (node->next > simulation->last)
        return true;
    message = &simulation->stream[node->next - 1];
    facts = (struct cluster_message_facts){
        .sequence = node->next++,
        .stamp_ns = message->stamp_ns,
        .is_tick = message->batch < 0,
        .own_tick = message->batch < 0 && message->node == index ? message->number : 0};
    switch (cluster_rules_read(&node->rules, &facts, simulation->now_ns)) {
    case CLUSTER_NEW:
        return message->batch < 0 || read_cancel(simulation, node, message);
    case CLUSTER_KNOWN:
        break;
    case CLUSTER_ROLLED_BACK:
        if (!simulation->was_rolled_back)
            return fail(simulation, "a rollback is seen where none was", (int64_t)facts.sequence,
                        0);
        read_anew(simulation, node);
        break;
    }
    return true;
}

/* One at a time, in their order. */
static void restore(struct simulation *simulation, int index)
{
    struct node *node = &simulation->nodes[index];
    bool is_done = node->rules.is_caught_up;

    for (int i = 0; i < BATCHES && node->rules.is_caught_up; i++) {
        struct batch *batch = &node->batches[i];

        for (int j = 0; j < batch->lost.n; j++) {
            const struct fall *fall = &batch->lost.of[j];

            if (has_nonce(&batch->known, fall->nonce))
                continue;
            is_done = false;
            if (simulation->now_ns >= node->retry_ns[i])
                send(simulation, (struct message){.batch = i,
                                                  .node = index,
                                                  .number = fall->nonce,
                                                  .floor_ns = fall->floor_ns,
                                                  .was_ns = fall->stamp_ns});
            if (simulation->now_ns >= node->retry_ns[i])
                node->retry_ns[i] = simulation->now_ns + GRACE_NS / 2;
            break;
        }
    }
    if (!is_done)
        return;
    for (int i = 0; i < BATCHES; i++) {
        simulation->tally->restored += (uint64_t)node->batches[i].lost.n;
        clear(&node->batches[i].lost);
    }
    node->restores = false;
}

static void put_tick(struct simulation *simulation, int index)
{
    struct node *node = &simulation->nodes[index];

    node->tick_wanted = false;
    simulation->tally->ticks++;
    send(simulation,
         (struct message){.batch = -1,
                          .node = index,
                          .number = cluster_rules_put_tick(&node->rules, simulation->now_ns)});
}

static void cancel(struct simulation *simulation, int index)
{
    struct node *node = &simulation->nodes[index];
    int i = (int)chance(simulation, BATCHES);

    if (node->wanted[i] == 0 && !simulation->is_quiet && !simulation->was_rolled_back &&
        chance(simulation, 60) == 0) {
        node->wanted[i] = ++simulation->next_nonce;
        node->wanted_floor_ns[i] = node->rules.greatest_ns;
        node->retry_ns[i] = 0;
        simulation->tally->cancels++;
    }
    if (node->wanted[i] == 0 || simulation->now_ns < node->retry_ns[i])
        return;
    node->retry_ns[i] = simulation->now_ns + GRACE_NS / 2;
    send(simulation, (struct message){.batch = i,
                                      .node = index,
                                      .number = node->wanted[i],
                                      .floor_ns = node->wanted_floor_ns[i]});
}

static void serve(struct simulation *simulation, struct node *node)
{
    int64_t until_ns = cluster_rules_horizon(&node->rules) + GRACE_NS / 2;
    int64_t time_ns = cluster_rules_time(&node->rules, simulation->now_ns);

    if (until_ns > time_ns)
        until_ns = time_ns;
    for (int i = 0; i < BATCHES; i++)
        if (!node->restores && until_ns > node->batches[i].sent_ns)
            node->batches[i].sent_ns = until_ns;
}

/* Whoever was cut off begins again; the stream's end shows it a rollback, too. */
static void come_back(struct simulation *simulation, struct node *node)
{
    node->was_cut = false;
    simulation->tally->resets++;
    begin_reading(simulation, node);
    if (!cluster_rules_may_end(&node->rules, simulation->last))
        read_anew(simulation, node);
}

static bool step_node(struct simulation *simulation, int index)
{
    struct node *node = &simulation->nodes[index];
    uint64_t most = simulation->is_quiet ? 50 : chance(simulation, 6);

    if (is_cut(simulation, node)) {
        node->was_cut = true;
    } else {
        if (node->was_cut)
            come_back(simulation, node);
        for (uint64_t i = 0; i < most; i++)
            if (!read_one(simulation, index))
                return false;
        if (node->restores)
            restore(simulation, index);
        if (node->tick_wanted || cluster_rules_tick_due(&node->rules) <= simulation->now_ns)
            put_tick(simulation, index);
        cancel(simulation, index);
    }
    serve(simulation, node);
    return true;
}

/* ---- What befalls them ------------------------------------------------------ */

static void start_node(struct simulation *simulation, struct node *node)
{
    cluster_rules_fini(&node->rules);
    memset(node, 0, sizeof(*node));
    cluster_rules_init(&node->rules, GRACE_NS);
    for (int i = 0; i < BATCHES; i++) {
        clear(&node->batches[i].known);
        clear(&node->batches[i].lost);
    }
    begin_reading(simulation, node);
}

static void roll_back(struct simulation *simulation)
{
    uint64_t n = 1 + chance(simulation, 40);

    simulation->rolls_back = false;
    simulation->was_rolled_back = true;
    simulation->last = n < simulation->last ? simulation->last - n : 0;
    simulation->tally->rollbacks++;
    for (int i = 0; i < BATCHES; i++)
        clear(&simulation->oracle[i]);
    for (uint64_t i = 0; i < simulation->last; i++)
        if (simulation->stream[i].batch >= 0)
            (void)add_fall(&simulation->oracle[simulation->stream[i].batch],
                           &simulation->stream[i]);
    memset(simulation->flights, 0, sizeof(simulation->flights));
    for (int i = 0; i < NODES; i++) { /* all lose their connection */
        struct node *node = &simulation->nodes[i];

        memset(node->wanted, 0, sizeof(node->wanted));
        node->was_cut = true;
        node->cut_until_ns = simulation->now_ns + (int64_t)chance(simulation, 2 * GRACE_NS);
    }
}

static void befall(struct simulation *simulation)
{
    struct node *node = &simulation->nodes[chance(simulation, NODES)];
    uint64_t what = chance(simulation, 1000);

    if (what < 15) {
        simulation->tally->partitions++;
        node->cut_until_ns = simulation->now_ns + (int64_t)chance(simulation, 4 * GRACE_NS);
    } else if (what < 25) {
        node->was_cut = true;
    } else if (what < 30 && !simulation->was_rolled_back) {
        simulation->tally->crashes++;
        start_node(simulation, node);
    } else if (what < 36 && simulation->clock_ns == simulation->top_ns) {
        simulation->tally->steps_back++;
        simulation->clock_ns -=
            (int64_t)chance(simulation, simulation->steps_far ? 3 * GRACE_NS : GRACE_NS / 2);
    } else if (what < 42 && simulation->rolls_back && simulation->last > 20) {
        roll_back(simulation);
    }
}

/* ---- What has to hold ------------------------------------------------------- */

/* Of each node: it is not ahead of the stream, and no cancel that it has not read falls below
 * what it has sent. */
static bool check(struct simulation *simulation)
{
    for (int i = 0; i < NODES; i++) {
        const struct node *node = &simulation->nodes[i];
        int64_t time_ns = cluster_rules_time(&node->rules, simulation->now_ns);

        if (node->rules.greatest_ns > 0 && time_ns > simulation->top_ns)
            return fail(simulation, "a node is ahead of the stream", time_ns, simulation->top_ns);
        for (int j = 0; j < BATCHES; j++) {
            const struct falls *oracle = &simulation->oracle[j];
            const struct batch *batch = &node->batches[j];

            if (batch->known.n < oracle->n && !simulation->steps_far &&
                !simulation->was_rolled_back && oracle->of[batch->known.n].fall_ns < batch->sent_ns)
                return fail(simulation, "an unread cancel falls below what was sent",
                            oracle->of[batch->known.n].fall_ns, batch->sent_ns);
        }
    }
    return true;
}

/* Once all is quiet all know the same, nothing is left to put back, and time goes on. */
static bool check_end(struct simulation *simulation)
{
    for (int i = 0; i < NODES; i++) {
        const struct node *node = &simulation->nodes[i];

        if (node->restores)
            return fail(simulation, "what was lost is not put back", i, 0);
        for (int j = 0; j < BATCHES; j++) {
            if (node->batches[j].known.n != simulation->oracle[j].n)
                return fail(simulation, "a node does not know all cancels",
                            node->batches[j].known.n, simulation->oracle[j].n);
            if (node->batches[j].sent_ns < simulation->clock_ns - GRACE_NS)
                return fail(simulation, "a node has not gone on", node->batches[j].sent_ns,
                            simulation->clock_ns);
        }
    }
    return true;
}

static void set_up(struct simulation *simulation, uint64_t seed)
{
    simulation->random = seed * 2654435761;
    simulation->clock_ns = simulation->top_ns = EPOCH_NS;
    simulation->now_ns = STEP_NS;
    simulation->steps_far = seed % 5 == 3;
    simulation->rolls_back = seed % 5 == 4;
    for (int i = 0; i < BATCHES; i++)
        clear(&simulation->oracle[i]);
    for (int i = 0; i < NODES; i++)
        start_node(simulation, &simulation->nodes[i]);
}

static bool run(struct simulation *simulation)
{
    for (int step = 0; step < STEPS + QUIET; step++) {
        simulation->is_quiet = step >= STEPS;
        simulation->now_ns += STEP_NS;
        simulation->clock_ns += STEP_NS;
        simulation->top_ns += STEP_NS;
        if (!simulation->is_quiet)
            befall(simulation);
        arrive(simulation);
        for (int i = 0; i < NODES; i++)
            if (!step_node(simulation, i))
                return false;
        if (!check(simulation))
            return false;
    }
    return check_end(simulation);
}

bool cluster_simulation_run(uint64_t seed, struct cluster_simulation_tally *tally, char fault[200])
{
    struct simulation *simulation = calloc(1, sizeof(*simulation));
    bool is_well;

    if (simulation == NULL) {
        snprintf(fault, 200, "out of memory");
        return false;
    }
    simulation->tally = tally;
    simulation->fault = fault;
    set_up(simulation, seed);
    is_well = run(simulation);
    for (int i = 0; i < NODES; i++)
        cluster_rules_fini(&simulation->nodes[i].rules);
    free(simulation);
    return is_well;
}
