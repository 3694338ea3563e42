/* SPDX-License-Identifier: ISC */
#include "client/net/simulator.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "client/base/moment.h"
#include "daemon/session/channel.h"
#include "daemon/session/stats.h"
#include "proto/request.h"

/* In one call: units of the engine's work (see batch_run()), and requests. */
#define WORK_UNITS    65536
#define READ_REQUESTS 8

/* No request is read while this many bytes of output or jobs are pending.  One request alone has
 * no more jobs, so reading it to its end is never delayed by its own. */
#define BACKLOG_BYTES    ((uint64_t)1 << 20)
#define MAX_PENDING_JOBS 1000000

struct simulator {
    struct channel *channel;
    struct channel_env env;
    struct limits limits;
    struct ledger ledger;
    char instance[17];
    bool is_interrupted; /* see simulator_interrupt() */
    int64_t started_ns;
};

/* waitd's default request limits, without quotas: this process has one client. */
static struct limits choose_limits(void)
{
    const struct request_limits *defaults = &request_default_limits;

    return (struct limits){.max_jobs = defaults->plan.max_jobs,
                           .max_steps = defaults->plan.max_steps,
                           .max_wait_ns = defaults->plan.max_wait_ns,
                           .max_request = defaults->max_bytes,
                           .max_string = defaults->max_string,
                           .max_data = defaults->max_data,
                           .max_dependencies = defaults->max_dependencies,
                           .max_retain_ns = defaults->max_retain_ns,
                           .max_depth = defaults->max_depth,
                           .max_pending = UINT64_MAX,
                           .max_backlog = BACKLOG_BYTES};
}

static void snapshot(void *context, int64_t now_ns, struct event_stats *stats)
{
    struct simulator *simulator = context;
    struct rusage usage;

    stats_sum(&simulator->env.stats, 1, now_ns, stats);
    stats->uptime_ns = now_ns - simulator->started_ns;
    stats->connections = 1;
    stats->batches = atomic_load(&simulator->ledger.batches);
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        stats->rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

struct simulator *simulator_new(void)
{
    struct simulator *simulator = calloc(1, sizeof *simulator);
    uint64_t instance;

    if (simulator == NULL)
        return NULL;
    simulator->limits = choose_limits();
    atomic_store(&simulator->ledger.next_batch, 1);
    simulator->started_ns = moment_now();
    simulator->env = (struct channel_env){
        .limits = &simulator->limits,
        .ledger = &simulator->ledger,
        .stats = stats_new(),
        .version = PACKAGE_VERSION,
        .instance = simulator->instance,
        .draw_seed = simulator_draw_seed,
        .no_detached = "there are no detached batches on the virtual clock",
        .snapshot = snapshot,
        .snapshot_context = simulator,
    };
    if (simulator->env.stats != NULL &&
        getrandom(simulator->env.hash_key, sizeof simulator->env.hash_key, 0) ==
            (ssize_t)sizeof simulator->env.hash_key &&
        getrandom(&instance, sizeof instance, 0) == (ssize_t)sizeof instance) {
        snprintf(simulator->instance, sizeof simulator->instance, "%016" PRIx64, instance);
        simulator->channel = channel_new(&simulator->env, NULL);
    }
    if (simulator->channel != NULL)
        return simulator;
    simulator_free(simulator);
    return NULL;
}

void simulator_free(struct simulator *simulator)
{
    if (simulator == NULL)
        return;
    channel_free(simulator->channel);
    stats_free(simulator->env.stats);
    free(simulator);
}

int64_t simulator_draw_seed(void)
{
    uint64_t bits = 0;

    while (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
        continue;
    return (int64_t)(bits >> 11);
}

/* ---- Text --------------------------------------------------------------------------------- */

bool simulator_wants_text(const struct simulator *simulator)
{
    if (channel_input_ended(simulator->channel))
        return true; /* which is discarded, as a daemon does */
    return channel_wants_input(simulator->channel) &&
           channel_n_forecasts(simulator->channel) == 0 &&
           (simulator->is_interrupted ||
            atomic_load(&simulator->ledger.pending) <= MAX_PENDING_JOBS);
}

/* Line by line, which is how requests are sent: a piece may have many that are large. */
size_t simulator_feed(struct simulator *simulator, const char *text, size_t len)
{
    size_t taken = 0;

    for (int n = 0; n < READ_REQUESTS && taken < len && simulator_wants_text(simulator); n++) {
        const char *at = text + taken, *line_feed = memchr(at, '\n', len - taken);
        size_t line = line_feed != NULL ? (size_t)(line_feed + 1 - at) : len - taken;

        taken += channel_feed(simulator->channel, moment_now(), at, line);
    }
    stats_bytes(simulator->env.stats, taken, 0);
    return taken;
}

void simulator_end_text(struct simulator *simulator)
{
    channel_end_input(simulator->channel, moment_now());
}

void simulator_interrupt(struct simulator *simulator)
{
    simulator->is_interrupted = true;
    channel_cancel_forecasts(simulator->channel);
}

/* ---- Lines -------------------------------------------------------------------------------- */

size_t simulator_read(struct simulator *simulator, char *out, size_t room)
{
    size_t len;

    if (!channel_has_output(simulator->channel))
        channel_work(simulator->channel, moment_now(), WORK_UNITS);
    len = channel_render(simulator->channel, moment_now(), out, room);
    stats_bytes(simulator->env.stats, 0, len);
    return len;
}

bool simulator_is_ready(const struct simulator *simulator)
{
    return channel_has_output(simulator->channel) || simulator_is_drained(simulator) ||
           channel_next_due(simulator->channel) <= moment_now();
}

bool simulator_is_drained(const struct simulator *simulator)
{
    return channel_is_drained(simulator->channel);
}
