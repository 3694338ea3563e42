/* SPDX-License-Identifier: ISC */
#include "engine/samples.h"

#include <stdlib.h>
#include <string.h>

/* Values in a chunk. */
#define CHUNK 64u

/* ---- Sets ------------------------------------------------------------------------ */

/* Each set has one chunk that is not full, at most. */
static uint64_t chunks_for(uint64_t values, uint32_t sets)
{
    return values / CHUNK + sets + 1;
}

uint64_t samples_bytes(uint64_t values, uint32_t sets)
{
    return chunks_for(values, sets) * (CHUNK * sizeof(int64_t) + sizeof(uint32_t));
}

int samples_init(struct samples *samples, uint64_t values, uint32_t sets)
{
    uint64_t n = chunks_for(values, sets);

    memset(samples, 0, sizeof(*samples));
    if (n >= UINT32_MAX)
        return -1;
    samples->values = malloc(n * CHUNK * sizeof(*samples->values));
    samples->next = malloc(n * sizeof(*samples->next));
    if (samples->values != NULL && samples->next != NULL)
        return 0;
    samples_fini(samples);
    return -1;
}

void samples_fini(struct samples *samples)
{
    free(samples->values);
    free(samples->next);
    memset(samples, 0, sizeof(*samples));
}

static int64_t *chunk_of(const struct samples *samples, uint32_t chunk)
{
    return &samples->values[(size_t)(chunk - 1) * CHUNK];
}

void samples_add(struct samples *samples, struct samples_set *set, int64_t value)
{
    if (set->n % CHUNK == 0) {
        uint32_t chunk = ++samples->used;

        samples->next[chunk - 1] = 0;
        if (set->n == 0) {
            set->first = chunk;
            set->min = set->max = value;
        } else {
            samples->next[set->last - 1] = chunk;
        }
        set->last = chunk;
    }
    chunk_of(samples, set->last)[set->n % CHUNK] = value;
    set->n++;
    set->sum += (uint64_t)value;
    if (value < set->min)
        set->min = value;
    if (value > set->max)
        set->max = value;
}

void samples_add_all(struct samples *samples, struct samples_set *set, const struct samples *from,
                     const struct samples_set *other)
{
    uint32_t chunk = other->first;

    for (uint32_t i = 0; i < other->n; i++) {
        if (i > 0 && i % CHUNK == 0)
            chunk = from->next[chunk - 1];
        samples_add(samples, set, chunk_of(from, chunk)[i % CHUNK]);
    }
}

int64_t samples_mean(const struct samples_set *set)
{
    return (int64_t)((set->sum + set->n / 2) / set->n);
}

/* ---- Percentiles ------------------------------------------------------------------ */

static void begin_pass(struct samples_search *search)
{
    search->chunk = search->set->first;
    search->done = 0;
    search->n_counters = 0;
    for (unsigned i = 0; i < search->n; i++) {
        unsigned same = 0;

        while (same < i && search->found[same] != search->found[i])
            same++;
        search->counter[i] = same < i ? search->counter[same] : search->n_counters++;
    }
    memset(search->counts, 0, search->n_counters * sizeof(search->counts[0]));
}

void samples_search_begin(struct samples_search *search, const struct samples *samples,
                          const struct samples_set *set, const uint8_t *percents, unsigned n)
{
    uint64_t range = (uint64_t)set->max - (uint64_t)set->min;
    int bits = range == 0 ? 0 : 64 - __builtin_clzll(range);

    search->samples = samples;
    search->set = set;
    search->n = n;
    for (unsigned i = 0; i < n; i++) {
        search->rank[i] = ((uint64_t)percents[i] * set->n + 99) / 100;
        search->found[i] = 0;
    }
    search->shift = (bits - 1 + SAMPLES_DIGIT_BITS) / SAMPLES_DIGIT_BITS * SAMPLES_DIGIT_BITS -
                    SAMPLES_DIGIT_BITS;
    if (bits == 0)
        search->shift = -1;
    else
        begin_pass(search);
}

/* The digits above the one that is counted. */
static uint64_t above(uint64_t value, int shift)
{
    return shift + SAMPLES_DIGIT_BITS >= 64 ? 0 : value >> (shift + SAMPLES_DIGIT_BITS);
}

/* Counts the digit of n values in those counters whose ranks they may have. */
static void count(struct samples_search *search, const int64_t *values, uint32_t n)
{
    uint64_t least = (uint64_t)search->set->min, agreed[SAMPLES_PERCENTILES_MAX] = {0};
    int shift = search->shift;

    for (unsigned i = search->n; i-- > 0;)
        agreed[search->counter[i]] = above(search->found[i], shift);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t value = (uint64_t)values[i] - least, head = above(value, shift);

        for (unsigned k = 0; k < search->n_counters; k++)
            if (agreed[k] == head)
                search->counts[k][value >> shift & (SAMPLES_DIGITS - 1)]++;
    }
}

/* Chooses each rank's digit, all values having been counted. */
static void end_pass(struct samples_search *search)
{
    for (unsigned i = 0; i < search->n; i++) {
        const uint32_t *counts = search->counts[search->counter[i]];
        uint64_t digit = 0;

        for (; search->rank[i] > counts[digit]; digit++)
            search->rank[i] -= counts[digit];
        search->found[i] |= digit << search->shift;
    }
    search->shift -= SAMPLES_DIGIT_BITS;
    if (search->shift >= 0)
        begin_pass(search);
}

bool samples_search_work(struct samples_search *search, size_t budget, size_t *worked)
{
    size_t spent = 0;

    while (search->shift >= 0 && spent < budget) {
        uint32_t left = search->set->n - search->done, n = left < CHUNK ? left : CHUNK;

        count(search, chunk_of(search->samples, search->chunk), n);
        search->chunk = search->samples->next[search->chunk - 1];
        search->done += n;
        spent += n;
        if (search->done == search->set->n) {
            end_pass(search);
            spent += SAMPLES_DIGITS / 4;
        }
    }
    *worked += spent;
    return search->shift < 0;
}

int64_t samples_search_value(const struct samples_search *search, unsigned place)
{
    return (int64_t)((uint64_t)search->set->min + search->found[place]);
}
