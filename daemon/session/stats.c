/* SPDX-License-Identifier: ISC */
#include "daemon/session/stats.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Lateness is kept in 10 s windows, of which the last seven, the current one
 * included, are read: they cover the last 60 to 70 s.  The eighth is the one that may be
 * cleared while others are read. */
#define WINDOW_NS     INT64_C(10000000000)
#define WINDOWS       8
#define WINDOWS_SHOWN 7

/* Values below 8 have a bucket each; above, eight to each power of two. */
#define BUCKET_BITS 3
#define BUCKETS     ((64 - BUCKET_BITS) << BUCKET_BITS)

struct window {
    _Atomic int64_t number; /* since the clock's zero; -1 for none yet */
    _Atomic int64_t max_ns;
    _Atomic uint32_t buckets[BUCKETS];
};

const int64_t stats_bounds_ns[STATS_BOUNDS] = {
    50000,    100000,   250000,   500000,    1000000,   2500000,   5000000,
    10000000, 25000000, 50000000, 100000000, 250000000, 500000000, 1000000000,
};

struct histogram {
    _Atomic uint64_t counts[STATS_BOUNDS + 1];
    _Atomic uint64_t sum_ns;
};

struct stats {
    _Atomic uint64_t connections;
    _Atomic uint64_t batches_accepted;
    _Atomic uint64_t batches[STATS_BATCH_STATUSES];
    _Atomic uint64_t refused[STATS_FAULT_CODES];
    struct histogram late, iterations, slack;
    _Atomic uint64_t accepted;
    _Atomic uint64_t resumed; /* jobs from before the last restart */
    _Atomic uint64_t ended[JOB_STATUSES];
    _Atomic uint64_t events, bytes_in, bytes_out;
    struct window *current;
    int64_t current_end_ns;
    struct window windows[WINDOWS];
};

/* One thread writes: no need for an atomic read-modify-write. */
static void add(_Atomic uint64_t *count, uint64_t n)
{
    uint64_t seen = atomic_load_explicit(count, memory_order_relaxed);

    atomic_store_explicit(count, seen + n, memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

struct stats *stats_new(void)
{
    struct stats *stats = calloc(1, sizeof(*stats));

    if (!stats)
        return NULL;
    for (unsigned i = 0; i < WINDOWS; i++)
        atomic_init(&stats->windows[i].number, -1);
    stats->current_end_ns = INT64_MIN;
    return stats;
}

void stats_free(struct stats *stats)
{
    free(stats);
}

void stats_accepted(struct stats *stats, uint64_t jobs)
{
    add(&stats->batches_accepted, 1);
    add(&stats->accepted, jobs);
}

void stats_batch(struct stats *stats, enum batch_status status)
{
    add(&stats->batches[status], 1);
}

void stats_refused(struct stats *stats, enum fault_code code)
{
    add(&stats->refused[code], 1);
}

void stats_connection(struct stats *stats)
{
    add(&stats->connections, 1);
}

static void observe(struct histogram *histogram, int64_t value_ns, uint32_t times)
{
    unsigned i = 0;

    while (i < STATS_BOUNDS && value_ns > stats_bounds_ns[i])
        i++;
    add(&histogram->counts[i], times);
    add(&histogram->sum_ns, (uint64_t)value_ns * times);
}

void stats_iteration(struct stats *stats, int64_t took_ns)
{
    observe(&stats->iterations, took_ns, 1);
}

void stats_slack(struct stats *stats, int64_t slack_ns)
{
    observe(&stats->slack, slack_ns, 1);
}

void stats_resumed(struct stats *stats, uint64_t jobs)
{
    add(&stats->resumed, jobs);
}

void stats_ended(struct stats *stats, enum job_status status, uint64_t jobs)
{
    uint64_t seen = get(&stats->ended[status]);

    atomic_store_explicit(&stats->ended[status], seen + jobs, memory_order_release);
}

void stats_events(struct stats *stats, uint64_t lines)
{
    add(&stats->events, lines);
}

void stats_bytes(struct stats *stats, uint64_t in, uint64_t out)
{
    add(&stats->bytes_in, in);
    add(&stats->bytes_out, out);
}

static unsigned bucket_of(uint64_t value)
{
    unsigned log2;

    if (value < 1 << BUCKET_BITS)
        return (unsigned)value;
    log2 = 63 - (unsigned)__builtin_clzll(value);
    return ((log2 - BUCKET_BITS + 1) << BUCKET_BITS) +
           (unsigned)((value >> (log2 - BUCKET_BITS)) & ((1 << BUCKET_BITS) - 1));
}

/* The highest value that falls into a bucket. */
static int64_t bucket_top(unsigned bucket)
{
    unsigned shift;
    uint64_t low;

    if (bucket < 2 << BUCKET_BITS)
        return bucket;
    shift = (bucket >> BUCKET_BITS) - 1;
    low = (1u << BUCKET_BITS) + (bucket & ((1 << BUCKET_BITS) - 1));
    return (int64_t)(((low + 1) << shift) - 1);
}

/* Makes the window that holds now_ns the current one, cleared if it was
 * another's. */
static void start_window(struct stats *stats, int64_t now_ns)
{
    int64_t number = now_ns / WINDOW_NS;
    struct window *window = &stats->windows[(uint64_t)number % WINDOWS];

    if (atomic_load_explicit(&window->number, memory_order_relaxed) != number) {
        /* Not shown to readers while it is neither the old nor the new one. */
        atomic_store_explicit(&window->number, -1, memory_order_release);
        for (unsigned i = 0; i < BUCKETS; i++)
            atomic_store_explicit(&window->buckets[i], 0, memory_order_relaxed);
        atomic_store_explicit(&window->max_ns, 0, memory_order_relaxed);
        atomic_store_explicit(&window->number, number, memory_order_release);
    }
    stats->current = window;
    stats->current_end_ns = (number + 1) * WINDOW_NS;
}

void stats_late(struct stats *stats, int64_t now_ns, int64_t late_ns, uint32_t jobs)
{
    struct window *window;
    _Atomic uint32_t *bucket;

    if (late_ns < 0)
        late_ns = 0;
    observe(&stats->late, late_ns, jobs);
    if (now_ns >= stats->current_end_ns)
        start_window(stats, now_ns);
    window = stats->current;
    bucket = &window->buckets[bucket_of((uint64_t)late_ns)];
    atomic_store_explicit(bucket, atomic_load_explicit(bucket, memory_order_relaxed) + jobs,
                          memory_order_relaxed);
    if (late_ns > atomic_load_explicit(&window->max_ns, memory_order_relaxed))
        atomic_store_explicit(&window->max_ns, late_ns, memory_order_relaxed);
}

/* What the windows shown hold, over all loops. */
struct lateness {
    uint64_t total;
    int64_t max_ns;
    uint64_t buckets[BUCKETS];
};

static void add_windows(const struct stats *stats, int64_t now_ns, struct lateness *late)
{
    int64_t newest = now_ns / WINDOW_NS;

    for (unsigned w = 0; w < WINDOWS; w++) {
        const struct window *window = &stats->windows[w];
        int64_t number = atomic_load_explicit(&window->number, memory_order_acquire);
        int64_t max_ns;

        if (number < 0 || number <= newest - WINDOWS_SHOWN)
            continue;
        for (unsigned i = 0; i < BUCKETS; i++) {
            uint32_t n = atomic_load_explicit(&window->buckets[i], memory_order_relaxed);

            late->buckets[i] += n;
            late->total += n;
        }
        max_ns = atomic_load_explicit(&window->max_ns, memory_order_relaxed);
        if (max_ns > late->max_ns)
            late->max_ns = max_ns;
    }
}

/* The smallest value that at least `percent` % of the values do not exceed. */
static int64_t percentile(const struct lateness *late, unsigned percent)
{
    uint64_t rank = late->total / 100 * percent + (late->total % 100 * percent + 99) / 100;
    uint64_t seen = 0;

    if (late->total == 0)
        return 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += late->buckets[i];
        if (seen >= rank)
            return bucket_top(i) < late->max_ns ? bucket_top(i) : late->max_ns;
    }
    return late->max_ns;
}

/* No job ends before it is accepted, and those ended are read first: none is missing
 * among the accepted. */
static void sum_jobs(const struct stats *stats, struct event_stats *sum)
{
    uint64_t accepted, ended = 0;

    for (unsigned s = 0; s < JOB_STATUSES; s++) {
        uint64_t n = atomic_load_explicit(&stats->ended[s], memory_order_acquire);

        sum->ended[s] += n;
        ended += n;
    }
    accepted = get(&stats->accepted);
    sum->accepted += accepted;
    sum->pending += accepted + get(&stats->resumed) - ended;
}

void stats_sum(struct stats *const *all, unsigned n, int64_t now_ns, struct event_stats *sum)
{
    struct lateness late;

    memset(&late, 0, sizeof(late));
    for (unsigned i = 0; i < n; i++) {
        const struct stats *stats = all[i];

        sum_jobs(stats, sum);
        sum->events += get(&stats->events);
        sum->bytes_in += get(&stats->bytes_in);
        sum->bytes_out += get(&stats->bytes_out);
        add_windows(stats, now_ns, &late);
    }
    sum->late_p50_ns = percentile(&late, 50);
    sum->late_p99_ns = percentile(&late, 99);
    sum->late_max_ns = late.max_ns;
}

static void add_histogram(struct stats_histogram *sum, const struct histogram *histogram)
{
    for (unsigned i = 0; i <= STATS_BOUNDS; i++)
        sum->counts[i] += get(&histogram->counts[i]);
    sum->sum_ns += get(&histogram->sum_ns);
}

void stats_totals(struct stats *const *all, unsigned n, struct stats_totals *sum)
{
    memset(sum, 0, sizeof(*sum));
    for (unsigned i = 0; i < n; i++) {
        const struct stats *stats = all[i];

        sum->connections += get(&stats->connections);
        sum->batches_accepted += get(&stats->batches_accepted);
        for (unsigned s = 0; s < STATS_BATCH_STATUSES; s++)
            sum->batches[s] += get(&stats->batches[s]);
        for (unsigned c = 0; c < STATS_FAULT_CODES; c++)
            sum->refused[c] += get(&stats->refused[c]);
        add_histogram(&sum->late, &stats->late);
        add_histogram(&sum->iterations, &stats->iterations);
        add_histogram(&sum->slack, &stats->slack);
    }
}
