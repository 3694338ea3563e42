/* SPDX-License-Identifier: ISC */
#include "tests/support/rig.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "proto/due.h"

const struct limits rig_limits = {.max_connections = 100,
                                  .max_jobs = 1000000,
                                  .max_pending = 10000000,
                                  .max_steps = 1000000000,
                                  .max_request = 64 << 20,
                                  .max_backlog = 1 << 20,
                                  .max_depth = 128,
                                  .max_replays = 16,
                                  .retain_ns = INT64_C(3600000000000),
                                  .max_retain_ns = INT64_C(3600000000000),
                                  .max_wait_ns = INT64_C(2592000000000000)};

void rig_sum(const struct channel_env *env, int64_t now_ns, struct event_stats *stats)
{
    struct stats *const all[] = {env->stats};

    stats->uptime_ns = now_ns;
    stats->batches = atomic_load(&env->ledger->batches);
    stats_sum(all, 1, now_ns, stats);
}

static void snapshot(void *context, int64_t now_ns, struct event_stats *stats)
{
    const struct rig *rig = context;

    stats->connections = 1;
    rig_sum(&rig->env, now_ns, stats);
}

void rig_init(struct rig *rig)
{
    *rig = (struct rig){.limits = rig_limits};
    atomic_store(&rig->ledger.next_batch, 1);
    rig->env = (struct channel_env){
        .limits = &rig->limits,
        .ledger = &rig->ledger,
        .stats = stats_new(),
        .version = "0.0",
        .instance = "0123456789abcdef",
        .snapshot = snapshot,
        .snapshot_context = rig,
    };
    rig->out_size = 1 << 16;
    rig->out = calloc(1, rig->out_size);
    ck_assert_ptr_nonnull(rig->env.stats);
    ck_assert_ptr_nonnull(rig->out);
}

void rig_open(struct rig *rig)
{
    rig->channel = channel_new(&rig->env, NULL);
    ck_assert_ptr_nonnull(rig->channel);
}

void rig_fini(struct rig *rig)
{
    channel_free(rig->channel);
    ck_assert_uint_eq(atomic_load(&rig->ledger.pending), 0);
    ck_assert_uint_eq(atomic_load(&rig->ledger.batches), 0);
    ck_assert_uint_eq(atomic_load(&rig->ledger.text), 0);
    stats_free(rig->env.stats);
    free(rig->out);
}

void rig_render(struct rig *rig)
{
    while (channel_has_output(rig->channel)) {
        if (rig->out_size - rig->out_len < 4096) {
            rig->out_size *= 2;
            rig->out = realloc(rig->out, rig->out_size);
            ck_assert_ptr_nonnull(rig->out);
        }
        rig->out_len += channel_render(rig->channel, rig->now_ns, rig->out + rig->out_len,
                                       rig->out_size - rig->out_len - 1);
        rig->out[rig->out_len] = '\0';
    }
}

static void work(struct rig *rig)
{
    while (channel_next_due(rig->channel) <= rig->now_ns) {
        channel_work(rig->channel, rig->now_ns, 100);
        rig_render(rig);
    }
}

void rig_send_pieces(struct rig *rig, const char *text, size_t len, size_t piece)
{
    while (len > 0) {
        size_t n = piece < len ? piece : len;
        /* A copy of just this size, so that reading past its end is caught. */
        char *copy = malloc(n);

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, text, n);
        n = channel_feed(rig->channel, rig->now_ns, copy, n);
        free(copy);
        text += n;
        len -= n;
        work(rig);
        rig_render(rig);
    }
}

void rig_send(struct rig *rig, const char *text)
{
    rig_send_pieces(rig, text, strlen(text), strlen(text));
}

void rig_end_input(struct rig *rig)
{
    channel_end_input(rig->channel, rig->now_ns);
    work(rig);
    rig_render(rig);
}

void rig_advance(struct rig *rig, int64_t time_ns)
{
    int64_t due_ns;

    while ((due_ns = channel_next_due(rig->channel)) <= time_ns) {
        if (due_ns > rig->now_ns)
            rig->now_ns = due_ns;
        work(rig);
        rig_render(rig);
    }
    rig->now_ns = time_ns;
}

void rig_finish(struct rig *rig)
{
    while (channel_next_due(rig->channel) != DUE_NEVER)
        rig_advance(rig, channel_next_due(rig->channel) > rig->now_ns
                             ? channel_next_due(rig->channel)
                             : rig->now_ns);
}

void rig_expect(struct rig *rig, const char *text)
{
    rig_render(rig);
    ck_assert_str_eq(rig->out, text);
    rig->out_len = 0;
    rig->out[0] = '\0';
}

size_t rig_count(const struct rig *rig, const char *needle)
{
    size_t n = 0;

    for (const char *at = rig->out; (at = strstr(at, needle)) != NULL; at += strlen(needle))
        n++;
    return n;
}
