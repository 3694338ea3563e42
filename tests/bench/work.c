/* SPDX-License-Identifier: ISC */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/work.h"

/* The longest job: a name of 11 characters, a wait of 17. */
#define JOB_MAX 64

/* SplitMix64, by G. L. Steele, D. Lea and C. H. Flood (2014). */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void draw_waits(struct work *work, uint64_t seed)
{
    const struct work_order *order = &work->order;
    uint64_t span_us = (uint64_t)(order->wait_max_ns - order->wait_min_ns) / 1000;

    work->wait_ns = malloc(order->jobs * sizeof(int64_t));
    if (work->wait_ns == NULL)
        err(2, "a batch of %" PRIu32 " jobs", order->jobs);
    for (uint32_t i = 0; i < order->jobs; i++)
        work->wait_ns[i] = order->wait_min_ns + (int64_t)(draw(&seed) % (span_us + 1)) * 1000;
}

/* Seconds to the microsecond, without idle digits. */
static int write_seconds(char *out, int64_t time_ns)
{
    int64_t whole = time_ns / 1000000000, micros = time_ns / 1000 % 1000000;
    int len;

    if (micros == 0)
        return sprintf(out, "%" PRId64, whole);
    len = sprintf(out, "%" PRId64 ".%06" PRId64, whole, micros);
    while (out[len - 1] == '0')
        len--;
    return len;
}

/* Those that are one spec. */
static void make_short(struct work *work)
{
    const struct work_order *order = &work->order;
    const char *parameters = order->drawn != NULL && strcmp(order->drawn, "uniform") == 0
                                 ? "\"min\":0.1,\"max\":1"
                                 : "\"mean\":1";
    int len;

    if (order->spins > 0)
        len = asprintf(&work->text,
                       "{\"clock\":\"virtual\",\"events\":\"none\",\"jobs\":[{\"count\":%" PRIu32
                       ",\"steps\":[{\"wait\":0}],\"repeat\":%" PRIu32 "}]}\n",
                       order->jobs, order->spins);
    else if (order->drawn != NULL)
        len = asprintf(&work->text,
                       "{\"clock\":\"virtual\",\"events\":\"none\",\"concurrency\":1000,\"jobs\":"
                       "[{\"count\":%" PRIu32 ",\"wait\":{\"dist\":\"%s\",%s}}]}\n",
                       order->jobs, order->drawn, parameters);
    else
        len = asprintf(&work->text,
                       "{\"events\":\"none\",\"jobs\":[{\"count\":%" PRIu32 ",\"wait\":%.6f}]}\n",
                       order->jobs, (double)order->wait_min_ns / 1e9);
    if (len < 0)
        err(2, "a batch of %" PRIu32 " jobs", work->order.jobs);
    work->len = (size_t)len;
}

void work_make(struct work *work, const struct work_order *order, uint64_t seed)
{
    char *out;

    *work = (struct work){.order = *order};
    if (order->spins > 0 || order->drawn != NULL || order->counted) {
        make_short(work);
        return;
    }
    if (order->wait_min_ns != order->wait_max_ns)
        draw_waits(work, seed);
    out = work->text = malloc((size_t)order->jobs * JOB_MAX + JOB_MAX);
    if (out == NULL)
        err(2, "a batch of %" PRIu32 " jobs", order->jobs);
    out += sprintf(out, "{%s\"jobs\":[", order->silent ? "\"events\":\"none\"," : "");
    for (uint32_t i = 0; i < order->jobs; i++) {
        out += sprintf(out, i == 0 ? "{" : ",{");
        if (order->named)
            out += sprintf(out, "\"name\":\"j%" PRIu32 "\",", i);
        out += sprintf(out, "\"wait\":");
        out += write_seconds(out, work_wait_ns(work, i));
        *out++ = '}';
    }
    out += sprintf(out, "]}\n");
    work->len = (size_t)(out - work->text);
    out = realloc(work->text, work->len);
    if (out != NULL)
        work->text = out;
}

void work_drop(struct work *work)
{
    free(work->wait_ns);
    free(work->text);
    *work = (struct work){0};
}
