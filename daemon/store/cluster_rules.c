/* SPDX-License-Identifier: ISC */
#include "daemon/store/cluster_rules.h"

#include <stdlib.h>
#include <string.h>

#define TRAIL_LEAST 1024

void cluster_rules_init(struct cluster_rules *rules, int64_t grace_ns)
{
    *rules = (struct cluster_rules){.grace_ns = grace_ns, .watermark_ns = CLUSTER_NO_WATERMARK};
}

void cluster_rules_fini(struct cluster_rules *rules)
{
    free(rules->trail);
    rules->trail = NULL;
}

/* ---- The trail ----------------------------------------------------------------------------- */

static struct cluster_trace *trace_at(const struct cluster_rules *rules, size_t i)
{
    return &rules->trail[(rules->oldest + i) & (rules->room - 1)];
}

/* The first whose sequence is at least that; n for none. */
static size_t trace_from(const struct cluster_rules *rules, uint64_t sequence)
{
    size_t low = 0, high = rules->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (trace_at(rules, middle)->sequence < sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct cluster_trace *find_trace(const struct cluster_rules *rules, uint64_t sequence)
{
    size_t i = trace_from(rules, sequence);

    if (i == rules->n || trace_at(rules, i)->sequence != sequence)
        return NULL;
    return trace_at(rules, i);
}

static void drop_oldest(struct cluster_rules *rules)
{
    rules->oldest = (rules->oldest + 1) & (rules->room - 1);
    rules->n--;
}

/* Doubles the room; without memory the trail stays as short as it is. */
static void make_room(struct cluster_rules *rules)
{
    size_t room = rules->room > 0 ? 2 * rules->room : TRAIL_LEAST;
    struct cluster_trace *trail = NULL;

    if (rules->n < rules->room)
        return;
    if (room <= CLUSTER_TRAIL_MAX)
        trail = malloc(room * sizeof(*trail));
    if (trail == NULL) {
        if (rules->n > 0)
            drop_oldest(rules);
        return;
    }
    for (size_t i = 0; i < rules->n; i++)
        trail[i] = *trace_at(rules, i);
    free(rules->trail);
    rules->trail = trail;
    rules->room = room;
    rules->oldest = 0;
}

static void add_trace(struct cluster_rules *rules, const struct cluster_message_facts *message)
{
    while (rules->n > 0 && trace_at(rules, 0)->stamp_ns < rules->greatest_ns - CLUSTER_TRAIL_NS)
        drop_oldest(rules);
    make_room(rules);
    if (rules->n == rules->room)
        return;
    *trace_at(rules, rules->n++) = (struct cluster_trace){.sequence = message->sequence,
                                                          .stamp_ns = message->stamp_ns,
                                                          .may_vanish = message->is_tick,
                                                          .was_seen = true};
}

/* Whether all that was to be read again was. */
static bool is_complete(const struct cluster_rules *rules)
{
    for (size_t i = 0; i < rules->n; i++)
        if (!trace_at(rules, i)->was_seen && !trace_at(rules, i)->may_vanish)
            return false;
    return true;
}

/* ---- Reading -------------------------------------------------------------------------------- */

uint64_t cluster_rules_begin(struct cluster_rules *rules, int64_t now_ns)
{
    rules->is_caught_up = false;
    rules->first_tick = rules->n_ticks + 1;
    rules->put_at = now_ns; /* one is put as soon as the servers let the reading begin */
    rules->begun_sequence = rules->last_sequence;
    if (rules->last_sequence == 0) {
        rules->tick_at = now_ns;
        return 1;
    }
    for (size_t i = 0; i < rules->n; i++)
        trace_at(rules, i)->was_seen = false;
    rules->compares = true;
    return rules->n > 0 ? trace_at(rules, 0)->sequence : rules->last_sequence;
}

void cluster_rules_forget(struct cluster_rules *rules)
{
    rules->n = rules->oldest = 0;
    rules->last_sequence = 0;
    rules->compares = false;
    rules->is_caught_up = false;
    rules->watermark_ns = CLUSTER_NO_WATERMARK;
}

static enum cluster_reading compare(struct cluster_rules *rules,
                                    const struct cluster_message_facts *message)
{
    struct cluster_trace *trace = find_trace(rules, message->sequence);

    if (trace == NULL) /* older than the trail, or what it had no memory for */
        return CLUSTER_KNOWN;
    if (trace->stamp_ns != message->stamp_ns)
        return CLUSTER_ROLLED_BACK;
    trace->was_seen = true;
    return CLUSTER_KNOWN;
}

static void on_tick(struct cluster_rules *rules, const struct cluster_message_facts *message,
                    int64_t now_ns)
{
    rules->tick_at = now_ns;
    if (message->stamp_ns > rules->watermark_ns)
        rules->watermark_ns = message->stamp_ns;
    if (message->own_tick > rules->ticks_read)
        rules->ticks_read = message->own_tick;
    if (message->own_tick >= rules->first_tick)
        rules->is_caught_up = true;
}

enum cluster_reading cluster_rules_read(struct cluster_rules *rules,
                                        const struct cluster_message_facts *message, int64_t now_ns)
{
    if (message->sequence <= rules->last_sequence)
        return compare(rules, message);
    if (rules->compares && !is_complete(rules))
        return CLUSTER_ROLLED_BACK;
    rules->compares = false;
    rules->last_sequence = message->sequence;
    if (message->stamp_ns > rules->greatest_ns) {
        rules->greatest_ns = message->stamp_ns;
        rules->greatest_at = now_ns;
    }
    add_trace(rules, message);
    if (message->is_tick)
        on_tick(rules, message, now_ns);
    return CLUSTER_NEW;
}

void cluster_rules_removed(struct cluster_rules *rules, uint64_t sequence)
{
    struct cluster_trace *trace = find_trace(rules, sequence);

    if (trace != NULL)
        trace->may_vanish = true;
}

bool cluster_rules_may_end(const struct cluster_rules *rules, uint64_t last_sequence)
{
    return last_sequence >= rules->begun_sequence;
}

bool cluster_rules_is_stale(const struct cluster_rules *rules, int64_t now_ns)
{
    return rules->last_sequence > 0 && now_ns - rules->tick_at >= CLUSTER_STALE_NS;
}

/* ---- Ticks ---------------------------------------------------------------------------------- */

int64_t cluster_rules_tick_due(const struct cluster_rules *rules)
{
    int64_t since_ns = rules->put_at;

    if (rules->is_caught_up &&
        rules->tick_at > since_ns) /* until then it has to be one of its own */
        since_ns = rules->tick_at;

    return since_ns + rules->grace_ns / CLUSTER_TICKS_A_GRACE;
}

uint64_t cluster_rules_put_tick(struct cluster_rules *rules, int64_t now_ns)
{
    rules->put_at = now_ns;
    return ++rules->n_ticks;
}

/* ---- What follows ---------------------------------------------------------------------------- */

int64_t cluster_rules_time(const struct cluster_rules *rules, int64_t now_ns)
{
    return rules->greatest_ns + (now_ns - rules->greatest_at);
}

int64_t cluster_rules_horizon(const struct cluster_rules *rules)
{
    return rules->is_caught_up ? rules->watermark_ns : CLUSTER_NO_WATERMARK;
}

int64_t cluster_cancels_fall(struct cluster_cancels *cancels, int64_t stamp_ns, int64_t floor_ns)
{
    int64_t fall_ns = (stamp_ns > floor_ns ? stamp_ns : floor_ns) + cancels->grace_ns;

    if (fall_ns < cancels->last_ns)
        fall_ns = cancels->last_ns;
    cancels->last_ns = fall_ns;
    return fall_ns;
}
