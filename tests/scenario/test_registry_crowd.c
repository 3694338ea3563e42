/* SPDX-License-Identifier: ISC */

/*
 * Crowds of clients and detached batches from a seed: they submit, watch from anywhere, leave,
 * cancel, forget, hang up and do not read, on a loop whose limits are narrow and whose clock
 * jumps.  Whoever reads an event of a batch reads the same bytes under the same number, each
 * watch goes on without a gap, and in the end every batch that is kept is reported in full.
 * WAITD_TEST_SEED and WAITD_TEST_SEEDS choose the seeds.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/loop_rig.h"

#define SEEDS 150
#define STEPS 120
#define REFS  64
#define LINES 400
#define MS    INT64_C(1000000)

/* A batch, and what was heard of it. */
struct batch {
    char ref[STORED_REF_MAX + 1];
    char *lines[LINES];              /* by seq - 1 */
    unsigned n_lines;                /* the highest seq heard */
    unsigned next[LOOP_RIG_CLIENTS]; /* of each client's watch; 0: not known */
};

static struct loop_rig rig;
static struct batch batches[REFS];
static unsigned n_batches;
static uint64_t seed, state;

static unsigned draw(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % n;
}

/* ---- Hearing ------------------------------------------------------------------------------ */

static struct batch *batch_of(const char *line)
{
    char ref[STORED_REF_MAX + 1];

    loop_rig_member(line, "ref", ref, sizeof(ref));
    for (unsigned i = 0; i < n_batches; i++)
        if (strcmp(batches[i].ref, ref) == 0)
            return &batches[i];
    ck_assert_uint_lt(n_batches, REFS);
    memcpy(batches[n_batches].ref, ref, sizeof(ref));
    return &batches[n_batches++];
}

/* The same bytes for all, under its number; the answer to a submit says more. */
static void hear_numbered(struct batch *batch, const char *line, unsigned seq)
{
    char **slot = &batch->lines[seq - 1];

    if (strstr(line, "\"id\":") != NULL)
        return;
    if (*slot == NULL)
        *slot = strdup(line);
    ck_assert_msg(strcmp(*slot, line) == 0, "seed %llu: %s is not %s", (unsigned long long)seed,
                  line, *slot);
    if (seq > batch->n_lines)
        batch->n_lines = seq;
}

static void hear(unsigned client, const char *line)
{
    bool numbered = strstr(line, "\"seq\":") != NULL;
    bool unwatched = strncmp(line, "{\"event\":\"unwatched\"", 20) == 0;
    struct batch *batch;
    unsigned seq;

    if (!numbered && !unwatched)
        return;
    batch = batch_of(line);
    seq = (unsigned)loop_rig_number(line, numbered ? "seq" : "last");
    ck_assert_uint_le(seq, LINES);
    if (strstr(line, "\"existing\":true") != NULL)
        return; /* what there is, which may be watched already */
    if (numbered) {
        if (batch->next[client] > 0)
            ck_assert_msg(seq == batch->next[client], "seed %llu, client %u: %s, not %u",
                          (unsigned long long)seed, client, line, batch->next[client]);
        batch->next[client] = seq + 1;
        hear_numbered(batch, line, seq);
        if (strncmp(line, "{\"event\":\"finished\"", 19) == 0)
            batch->next[client] = 0;
        return;
    }
    if (batch->next[client] > 0)
        ck_assert_uint_eq(seq + 1, batch->next[client]);
    batch->next[client] = 0;
}

static void hear_all(void)
{
    const char *line;

    for (unsigned client = 0; client < LOOP_RIG_CLIENTS; client++)
        while ((line = loop_rig_line(&rig, client)) != NULL)
            hear(client, line);
}

/* ---- Doing -------------------------------------------------------------------------------- */

static void say(unsigned client, const char *text)
{
    /* A client whose output waits is not read from. */
    if (channel_wants_input(rig.clients[client].channel))
        loop_rig_send(&rig, client, text);
}

static void submit(unsigned client)
{
    static const char *const levels[] = {"all", "done", "none"};
    char text[512], key[32] = "";

    if (n_batches + LOOP_RIG_CLIENTS >= REFS)
        return;
    if (draw(4) == 0)
        snprintf(key, sizeof(key), "\"key\":\"%u\",", draw(3));
    snprintf(text, sizeof(text),
             "{\"id\":1,\"detach\":true,%s\"events\":\"%s\",\"seed\":%u,\"concurrency\":%u,"
             "\"jobs\":[{\"count\":%u,\"name\":\"n\",\"wait\":{\"dist\":\"exponential\","
             "\"mean\":0.1},\"fail\":0.2,\"retries\":1},{\"after\":\"n\",\"wait\":0.05}]}",
             key, levels[draw(3)], draw(3), 1 + draw(4), 1 + draw(20));
    say(client, text);
}

static void ask_about(unsigned client, const char *op, const char *more)
{
    char text[160];

    if (n_batches == 0)
        return;
    snprintf(text, sizeof(text), "{\"op\":\"%s\",\"ref\":\"%s\"%s}", op,
             batches[draw(n_batches)].ref, more);
    say(client, text);
}

static void watch(unsigned client)
{
    char from[32];

    snprintf(from, sizeof(from), ",\"from\":%u", 1 + draw(draw(2) ? 3 : 40));
    ask_about(client, "watch", from);
}

static void cancel(unsigned client)
{
    char job[32] = "";

    if (draw(2))
        snprintf(job, sizeof(job), ",\"job\":%u", draw(8));
    ask_about(client, "cancel", job);
}

static void hang_up(unsigned client)
{
    loop_rig_hang_up(&rig, client);
    for (unsigned i = 0; i < n_batches; i++)
        batches[i].next[client] = 0;
}

static void step(void)
{
    unsigned client = draw(LOOP_RIG_CLIENTS);

    switch (draw(12)) {
    case 0:
    case 1:
        submit(client);
        break;
    case 2:
    case 3:
    case 4:
        watch(client);
        break;
    case 5:
        ask_about(client, "unwatch", "");
        break;
    case 6:
        cancel(client);
        break;
    case 7:
        if (draw(3) == 0)
            ask_about(client, "forget", "");
        break;
    case 8:
        if (draw(4) == 0)
            hang_up(client);
        break;
    case 9:
        rig.clients[client].is_slow = draw(2);
        break;
    case 10:
        rig.now_ns += draw(300) * MS; /* nothing is run meanwhile */
        break;
    default:
        loop_rig_advance(&rig, rig.now_ns + draw(200) * MS);
        break;
    }
    if (draw(2))
        loop_rig_work(&rig);
    hear_all();
}

/* ---- The end ------------------------------------------------------------------------------ */

/* Each is there from its first event to its last, or was forgotten. */
static void watch_in_full(const struct batch *batch)
{
    char text[160];
    const char *line;
    unsigned heard = 0;

    snprintf(text, sizeof(text), "{\"op\":\"watch\",\"ref\":\"%s\"}", batch->ref);
    hang_up(0);
    loop_rig_send(&rig, 0, text);
    loop_rig_finish(&rig);
    while ((line = loop_rig_line(&rig, 0)) != NULL) {
        if (strstr(line, "\"code\":\"gone\"") != NULL)
            return;
        ck_assert_msg(strstr(line, "\"seq\":") != NULL, "seed %llu: %s", (unsigned long long)seed,
                      line);
        ck_assert_uint_eq((unsigned)loop_rig_number(line, "seq"), ++heard);
        hear(0, line);
    }
    ck_assert_msg(heard > 0 && strncmp(batch->lines[heard - 1], "{\"event\":\"finished\"", 19) == 0,
                  "seed %llu: %s ends behind %u", (unsigned long long)seed, batch->ref, heard);
    ck_assert_uint_eq(heard, batch->n_lines);
}

static void live(void)
{
    state = seed * 2654435769u + 1;
    loop_rig_init(&rig);
    rig.limits.max_backlog = draw(2) ? 1 << 20 : 500 + draw(4000);
    rig.limits.max_replays = 1 + draw(3);
    rig.budget = 3 + draw(draw(2) ? 20 : 1000);
    loop_rig_open(&rig);
    for (unsigned i = 0; i < STEPS; i++)
        step();
    for (unsigned client = 0; client < LOOP_RIG_CLIENTS; client++)
        rig.clients[client].is_slow = false;
    loop_rig_finish(&rig);
    hear_all();
    for (unsigned i = 0; i < n_batches; i++)
        watch_in_full(&batches[i]);
    loop_rig_fini(&rig);
    for (unsigned i = 0; i < n_batches; i++)
        for (unsigned seq = 0; seq < LINES; seq++)
            free(batches[i].lines[seq]);
    memset(batches, 0, sizeof(batches));
    n_batches = 0;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

START_TEST(all_hear_the_same)
{
    uint64_t first = setting("WAITD_TEST_SEED", 1), n = setting("WAITD_TEST_SEEDS", SEEDS);

    for (seed = first; seed < first + n; seed++)
        live();
}
END_TEST

START_TEST(seeds_that_once_failed)
{
    static const uint64_t seeds[] = {1088, 1615};

    for (size_t i = 0; i < N(seeds); i++) {
        seed = seeds[i];
        live();
    }
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {all_hear_the_same, 1},
        {seeds_that_once_failed, 1},
    };
    Suite *suite = suite_create("registry_crowd");

    tcase_set_timeout(check_case(suite, "registry_crowd", NULL, NULL, tests, N(tests)), 120);
    return suite;
}
