/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/due.h"
#include "tests/scenario/simulation_internal.h"
#include "tests/support/alloc_faults.h"

#define MAX_STEPS 3000000

/* What a client's output may exceed max_backlog by: what one service slice of a run
 * says, or the answers to the requests read at a time. */
#define BACKLOG_SLACK 40000

bool simulation_fail(struct world *world, const char *format, ...)
{
    va_list arguments;

    if (world->fault[0] == '\0') {
        va_start(arguments, format);
        vsnprintf(world->fault, 400, format, arguments);
        va_end(arguments);
    }
    return false;
}

static uint32_t below(struct world *world, uint32_t n)
{
    return random_batch_below(&world->dice, n);
}

static bool chance(struct world *world, uint32_t percent)
{
    return random_batch_chance(&world->dice, percent);
}

void simulation_snapshot(void *context, int64_t now_ns, struct event_stats *stats)
{
    struct world *world = context;
    struct stats *all[LOOPS];

    for (int i = 0; i < LOOPS; i++)
        all[i] = world->env[i].stats;
    stats->uptime_ns = now_ns;
    stats->batches = atomic_load(&world->ledger.batches);
    stats_sum(all, LOOPS, now_ns, stats);
}

/* What a channel reports to its driver: was the batch rightly let in? */
static void on_channel_event(void *context, uint64_t number, const struct channel_event *event)
{
    struct world *world = context;
    struct client *client = &world->clients[number];

    if (event->kind == CHANNEL_FINISHED)
        client->running--;
    if (event->kind != CHANNEL_ACCEPTED)
        return;
    client->running++;
    client->newest = event->batch;
    if (world->stopping)
        simulation_fail(world, "a batch is accepted by a daemon that stops");
    if (world->limits.max_batches > 0 && client->running > world->limits.max_batches)
        simulation_fail(world, "more batches run on a connection than may");
}

/* ---- The beginning --------------------------------------------------------------- */

static void draw_limits(struct world *world)
{
    world->limits.max_backlog = chance(world, 40) ? 1 << 20 : 200 + below(world, 3000);
    world->limits.max_pending = chance(world, 80) ? 1000000 : 5 + below(world, 60);
    world->limits.max_pending_per_connection = chance(world, 80) ? 0 : 5 + below(world, 30);
    world->limits.max_text = chance(world, 80) ? 0 : 100 + below(world, 20000);
    world->limits.max_text_per_connection = chance(world, 80) ? 0 : 50 + below(world, 5000);
    world->limits.max_string = chance(world, 80) ? 0 : 1 + below(world, 20);
    world->limits.max_data = chance(world, 80) ? 0 : 1 + below(world, 20);
    world->limits.max_dependencies = chance(world, 80) ? 0 : 1 + below(world, 6);
    world->limits.max_jobs = chance(world, 80) ? 1000000 : 1 + below(world, 20);
    world->limits.max_batches = chance(world, 80) ? 0 : 1 + below(world, 3);
    world->limits.request_timeout_ns = chance(world, 70) ? 0 : 1 + below(world, 300);
    world->limits.max_request = chance(world, 90) ? 1 << 20 : 100 + below(world, 2000);
}

static bool open_client(struct world *world, struct client *client, bool calm)
{
    *client = (struct client){.tame = calm || chance(world, 50)};
    witness_init(&client->witness);
    script_make(&client->script, &world->dice, client->tame);
    alloc_faults_watch(true);
    client->channel = channel_new(&world->env[below(world, LOOPS)], NULL);
    alloc_faults_watch(false);
    if (client->channel == NULL)
        return simulation_fail(world, "a channel cannot be made");
    channel_set_number(client->channel, (uint64_t)(client - world->clients));
    world->n_open++;
    world->tally->requests += client->script.n_requests;
    return true;
}

static bool open_world(struct world *world)
{
    uint32_t crowd = chance(world, 1) ? 300 : 8;
    bool calm = chance(world, 30);

    world->limits = (struct limits){.max_connections = UINT32_MAX,
                                    .max_steps = 1000000,
                                    .max_depth = 64,
                                    .max_wait_ns = SCRIPT_MAX_WAIT_NS};
    draw_limits(world);
    atomic_store(&world->ledger.next_batch, 1);
    for (int i = 0; i < LOOPS; i++) {
        world->env[i] = (struct channel_env){
            .limits = &world->limits,
            .ledger = &world->ledger,
            .stats = stats_new(),
            .version = "0",
            .instance = "0123456789abcdef",
            .snapshot = simulation_snapshot,
            .snapshot_context = world,
            .report = on_channel_event,
            .report_context = world,
        };
        if (world->env[i].stats == NULL)
            abort();
    }
    world->n_clients = 1 + below(world, crowd);
    world->clients = calloc(world->n_clients, sizeof(struct client));
    if (world->clients == NULL)
        abort();
    for (uint32_t i = 0; i < world->n_clients; i++)
        if (!open_client(world, &world->clients[i], calm))
            return false;
    world->tally->clients += world->n_clients;
    return true;
}

/* ---- What a driver does ------------------------------------------------------------ */

/* Around every call of a channel: the memory of a client that is not tame may be short. */
static void enter(struct world *world, const struct client *client)
{
    if (!client->tame && !world->cancelled_all && chance(world, 8))
        alloc_faults_after(below(world, 4), chance(world, 70) ? 1 : 1 + below(world, 50));
    else
        alloc_faults_after(ALLOC_FAULTS_NONE, 0);
    alloc_faults_watch(true);
}

/* Notes the time of the batches that were accepted in a call. */
static void note_accepted(struct world *world)
{
    uint64_t next = atomic_load(&world->ledger.next_batch);

    if (next > world->room) {
        world->room = 2 * next;
        world->accepted_ns = realloc(world->accepted_ns, world->room * sizeof(int64_t));
        if (world->accepted_ns == NULL)
            abort();
    }
    while (world->n_accepted < next)
        world->accepted_ns[world->n_accepted++] = world->now_ns;
}

/* Above a limit, as after it was lowered, nothing more is taken. */
static void check_limits(struct world *world)
{
    uint64_t pending = atomic_load(&world->ledger.pending);
    uint64_t text = atomic_load(&world->ledger.text);

    if (pending > world->limits.max_pending && pending > world->pending)
        simulation_fail(world, "%" PRIu64 " jobs are pending where %" PRIu64 " may", pending,
                        world->limits.max_pending);
    if (world->limits.max_text > 0 && text > world->limits.max_text && text > world->text)
        simulation_fail(world, "%" PRIu64 " bytes of text are kept where %" PRIu64 " may", text,
                        world->limits.max_text);
    world->pending = pending;
    world->text = text;
}

static void leave(struct world *world, struct client *client)
{
    alloc_faults_watch(false);
    note_accepted(world);
    check_limits(world);
    if (alloc_faults_struck()) {
        world->tally->failed_allocations += !client->starved;
        client->starved = true;
    }
    alloc_faults_after(ALLOC_FAULTS_NONE, 0);
}

static void close_client(struct world *world, struct client *client)
{
    alloc_faults_watch(true);
    channel_free(client->channel);
    alloc_faults_watch(false);
    client->channel = NULL;
    world->n_open--;
}

static void send_some(struct world *world, struct client *client)
{
    size_t left = client->script.len - client->sent, len, taken;
    char *copy;

    if (left == 0 || !channel_wants_input(client->channel))
        return;
    len = 1 + below(world, chance(world, 70) ? 40 : 2000);
    len = len < left ? len : left;
    script_aim(&client->script, client->sent,
               client->running > 0 ? client->newest : atomic_load(&world->ledger.next_batch));
    copy = malloc(len);
    if (copy == NULL)
        abort();
    memcpy(copy, client->script.text + client->sent, len);
    enter(world, client);
    taken = channel_feed(client->channel, world->now_ns, copy, len);
    leave(world, client);
    free(copy);
    if (taken > len)
        simulation_fail(world, "more was taken than was given");
    if (taken == 0 && channel_wants_input(client->channel))
        simulation_fail(world, "input is wanted and not taken");
    client->sent += taken;
}

/* Reads into a room of a random size; what was waiting is bounded. */
static void read_some(struct world *world, struct client *client)
{
    static char out[70000];
    size_t room = chance(world, 30) ? 1 + below(world, 40) : sizeof(out), n;

    if (world->now_ns < client->stalled_until_ns || !channel_has_output(client->channel))
        return;
    enter(world, client);
    n = channel_render(client->channel, world->now_ns, out, room);
    leave(world, client);
    if (n > room)
        simulation_fail(world, "more was rendered than there was room for");
    if (n == 0 && channel_has_output(client->channel) && !client->starved)
        simulation_fail(world, "there is output and none comes");
    if (!witness_hear(&client->witness, out, n, world->now_ns))
        simulation_fail(world, "%s", client->witness.diagnostic);
}

/* Asked for before anything is due, work is none. */
static void work_early(struct world *world, struct client *client)
{
    int64_t due_ns = channel_next_due(client->channel);
    bool had_output = channel_has_output(client->channel);
    int64_t now_ns = due_ns == DUE_NEVER ? world->now_ns : due_ns - 1;

    world->tally->early++;
    alloc_faults_watch(true);
    channel_work(client->channel, now_ns, 100);
    alloc_faults_watch(false);
    if (channel_next_due(client->channel) != due_ns ||
        channel_has_output(client->channel) != had_output)
        simulation_fail(world, "something was done before it was due");
}

static void work_some(struct world *world, struct client *client)
{
    if (channel_next_due(client->channel) > world->now_ns) {
        if (chance(world, 30))
            work_early(world, client);
        return;
    }
    enter(world, client);
    channel_work(client->channel, world->now_ns, 1 + below(world, chance(world, 50) ? 4 : 300));
    leave(world, client);
}

/* As a driver does: a request that takes too long is refused. */
static void refuse_late(struct world *world, struct client *client)
{
    if (channel_request_due(client->channel, world->now_ns) > world->now_ns)
        return;
    client->cut = true;
    world->tally->late++;
    enter(world, client);
    channel_refuse_late(client->channel);
    leave(world, client);
}

static void end_input(struct world *world, struct client *client)
{
    if (client->ended)
        return;
    client->ended = true;
    client->cut = client->sent < client->script.len;
    world->tally->half_closes++;
    enter(world, client);
    channel_end_input(client->channel, world->now_ns);
    leave(world, client);
}

/* ---- What befalls clients ------------------------------------------------------------ */

static void change_limits(struct world *world)
{
    draw_limits(world);
    world->tally->limit_changes++;
    for (uint32_t i = 0; i < world->n_clients; i++)
        if (world->clients[i].channel != NULL)
            channel_limits_changed(world->clients[i].channel);
}

static void stop(struct world *world)
{
    world->stopping = true;
    world->tally->drains++;
    for (uint32_t i = 0; i < world->n_clients; i++)
        if (world->clients[i].channel != NULL)
            channel_refuse_batches(world->clients[i].channel);
}

/* Nothing is waited for any more: what is left to do is to report. */
static void cancel_all(struct world *world)
{
    world->cancelled_all = true;
    for (uint32_t i = 0; i < world->n_clients; i++) {
        struct client *client = &world->clients[i];
        int64_t due_ns;

        if (client->channel == NULL)
            continue;
        alloc_faults_watch(true);
        channel_cancel_all(client->channel, world->now_ns);
        alloc_faults_watch(false);
        due_ns = channel_next_due(client->channel);
        if (due_ns > world->now_ns && due_ns != DUE_NEVER && !client->starved)
            simulation_fail(world, "a batch runs on that was cancelled with all others");
    }
}

static void trouble(struct world *world, struct client *client)
{
    uint32_t kind = below(world, 1000);

    if (kind < 4)
        change_limits(world);
    else if (kind < 5 && !world->stopping)
        stop(world);
    else if (kind < 10 && world->stopping && !world->cancelled_all)
        cancel_all(world);
    else if (kind < 30)
        client->stalled_until_ns = world->now_ns + below(world, 200);
    else if (kind < 40 && !client->tame)
        end_input(world, client);
    else if (kind < 55 && !client->tame) {
        client->was_reset = true;
        world->tally->resets++;
        close_client(world, client);
    }
}

/* ---- Time ------------------------------------------------------------------------------ */

/* When something is due next, past times for now; a client that is read again
 * counts as something. */
static int64_t next_due(const struct world *world)
{
    int64_t due_ns = DUE_NEVER;

    for (uint32_t i = 0; i < world->n_clients; i++) {
        const struct client *client = &world->clients[i];
        int64_t next_ns;

        if (client->channel == NULL)
            continue;
        next_ns = channel_next_due(client->channel);
        if (channel_has_output(client->channel) && client->stalled_until_ns < next_ns)
            next_ns = client->stalled_until_ns;
        due_ns = next_ns < due_ns ? next_ns : due_ns;
    }
    return due_ns;
}

static void pass_time(struct world *world)
{
    int64_t due_ns = next_due(world);

    if (due_ns != DUE_NEVER && due_ns > world->now_ns)
        world->now_ns = due_ns;
    if (chance(world, 20))
        world->now_ns += below(world, 30);
}

/* ---- The end ------------------------------------------------------------------------------ */

static void close_world(struct world *world, long live)
{
    for (uint32_t i = 0; i < world->n_clients; i++)
        if (world->clients[i].channel != NULL)
            close_client(world, &world->clients[i]);
    if (world->fault[0] == '\0')
        simulation_check_counts(world, live);
    for (uint32_t i = 0; i < world->n_clients; i++) {
        witness_fini(&world->clients[i].witness);
        script_fini(&world->clients[i].script);
    }
    for (int i = 0; i < LOOPS; i++)
        stats_free(world->env[i].stats);
    free(world->clients);
    free(world->accepted_ns);
}

/* ---- All together ------------------------------------------------------------------------- */

/* What is waiting in a channel that is read at last, without work in between. */
static void check_backlog(struct world *world, struct client *client)
{
    static char out[70000];
    size_t waiting = 0, n;

    if (world->limits.max_backlog > 3200 || !channel_has_output(client->channel))
        return;
    world->tally->held += !channel_wants_input(client->channel);
    do {
        alloc_faults_watch(true);
        n = channel_render(client->channel, world->now_ns, out, sizeof(out));
        alloc_faults_watch(false);
        waiting += n;
        if (!witness_hear(&client->witness, out, n, world->now_ns))
            simulation_fail(world, "%s", client->witness.diagnostic);
    } while (n > 0);
    if (waiting > BACKLOG_SLACK)
        simulation_fail(world, "%zu bytes were waiting for a client that did not read", waiting);
}

/* One step of a client; chaos until the world winds down. */
static void step_client(struct world *world, struct client *client, bool winding_down)
{
    send_some(world, client);
    refuse_late(world, client);
    if (chance(world, 70))
        work_some(world, client);
    if (chance(world, 60))
        read_some(world, client);
    if (chance(world, 2) && world->now_ns >= client->stalled_until_ns)
        check_backlog(world, client);
    if ((client->sent == client->script.len || client->cut) && (winding_down || chance(world, 5)))
        end_input(world, client);
    if (channel_is_drained(client->channel)) {
        close_client(world, client);
        return;
    }
    if (!winding_down)
        trouble(world, client);
}

static void run_world(struct world *world)
{
    uint64_t chaos = 200 + below(world, 2000), step;

    world->haste = chance(world, 50) ? 100 : 1 + below(world, 20);
    for (step = 0; world->n_open > 0 && world->fault[0] == '\0' && step < MAX_STEPS; step++) {
        struct client *client = &world->clients[below(world, world->n_clients)];

        if (client->channel != NULL)
            step_client(world, client, step > chaos);
        if ((next_due(world) > world->now_ns && chance(world, world->haste)) || chance(world, 5))
            pass_time(world);
    }
    if (step == MAX_STEPS)
        simulation_fail(world, "it does not come to an end");
}

bool simulation_run(uint64_t seed, struct simulation_tally *tally, char fault[400])
{
    struct world world = {
        .dice = {seed * UINT64_C(0x9e3779b97f4a7c15) + 1}, .tally = tally, .fault = fault};
    long live = alloc_faults_live();

    fault[0] = '\0';
    if (open_world(&world))
        run_world(&world);
    for (uint32_t i = 0; fault[0] == '\0' && i < world.n_clients; i++)
        simulation_check_client(&world, &world.clients[i]);
    close_world(&world, live);
    return fault[0] == '\0';
}
