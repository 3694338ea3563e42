/* SPDX-License-Identifier: ISC */

/*
 * The engine against the naive model on random batches: every occurrence and
 * every result, whatever the budgets, the rooms and the lateness of the calls.
 *
 * WAITD_TEST_SEED (default 1) and WAITD_TEST_BATCHES (default 100000) choose
 * the batches; batch i depends on the seed and i alone.
 */

#include "proto/due.h"
#include "tests/support/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/batch.h"
#include "tests/scenario/naive.h"
#include "tests/scenario/random_batch.h"

#define MAX_CANCELS 2
#define MAX_ROOM    40

/* How the engine is called. */
enum manner {
    VIRTUAL,   /* now is the end of time; cancels fall between any two calls */
    REAL,      /* now moves on, mostly too late; a cancel comes when nothing is overdue */
    HELD_BACK, /* the same, but cancels may come with work overdue */
};

/* What the engine was seen to do. */
struct drive {
    enum manner manner;
    struct occurrence *out;
    size_t n_out, room;
    struct naive_cancel cancels[MAX_CANCELS];
    size_t out_before[MAX_CANCELS];
    int64_t clock_before[MAX_CANCELS];
    bool overdue[MAX_CANCELS]; /* work was, when the cancel came */
    size_t n_cancels;
    uint32_t cancel_chance; /* between two calls, in percent */
    uint32_t n_done;
    struct batch_result result;
    char fault[200]; /* the first rule of batch.h that it broke, else empty */
};

static void note_fault(struct drive *drive, const char *fault)
{
    if (drive->fault[0] == '\0') {
        snprintf(drive->fault, sizeof drive->fault, "%s (after %zu occurrences)", fault,
                 drive->n_out);
    }
}

static void keep(struct drive *drive, const struct occurrence *out, size_t n, int64_t now_ns)
{
    if (drive->room - drive->n_out < n) {
        drive->room = 2 * drive->room + n;
        drive->out = realloc(drive->out, drive->room * sizeof *drive->out);
        ck_assert_ptr_nonnull(drive->out);
    }
    for (size_t i = 0; i < n; i++) {
        bool first = drive->n_out == 0;
        int64_t last_ns = first ? 0 : drive->out[drive->n_out - 1].due_ns;

        if (out[i].due_ns > now_ns)
            note_fault(drive, "something happened before it was due");
        if (out[i].due_ns < last_ns)
            note_fault(drive, "due times went back");
        drive->n_done += out[i].kind == OCCURRED_DONE;
        drive->out[drive->n_out++] = out[i];
    }
}

/* One call of batch_run(), its promises checked. */
static void call(struct drive *drive, struct batch *batch, struct random_batch_source *source,
                 int64_t now_ns, uint32_t n_jobs)
{
    struct occurrence out[MAX_ROOM];
    size_t room = random_batch_chance(source, 50)
                      ? BATCH_MIN_ROOM
                      : BATCH_MIN_ROOM + random_batch_below(source, MAX_ROOM - BATCH_MIN_ROOM + 1);
    size_t budget = 1 + random_batch_below(source, random_batch_chance(source, 60) ? 3 : 50);
    bool is_due = !batch_is_over(batch) && batch_next_due(batch) <= now_ns;
    size_t worked = SIZE_MAX;
    size_t n = batch_run(batch, now_ns, budget, out, room, &worked);

    if (n > room)
        note_fault(drive, "more was written than there was room for");
    else
        keep(drive, out, n, now_ns);
    if (worked > budget + 2)
        note_fault(drive, "more work was done than the budget allows");
    if (is_due && n == 0 && worked == 0)
        note_fault(drive, "work was due and nothing was done");
    if (!is_due && n > 0)
        note_fault(drive, "something happened when nothing was due");
    if (batch_pending(batch) != n_jobs - drive->n_done)
        note_fault(drive, "pending jobs and `done` do not add up");
}

static void cancel_now(struct drive *drive, struct batch *batch, uint32_t job, int64_t now_ns)
{
    struct naive_cancel *cancel = &drive->cancels[drive->n_cancels];
    struct occurrence out[BATCH_MIN_ROOM];
    bool overdue = batch_next_due(batch) <= now_ns;
    size_t n;

    drive->overdue[drive->n_cancels] = overdue;
    drive->clock_before[drive->n_cancels] = batch_clock(batch);
    drive->out_before[drive->n_cancels++] = drive->n_out;
    cancel->job = job;
    /* That of a job falls at the instant that the batch has come to. */
    cancel->now_ns = overdue && job != NAIVE_WHOLE ? batch_clock(batch) : now_ns;
    cancel->unit = NAIVE_BY_TIME;
    if (job == NAIVE_WHOLE) {
        cancel->answer = batch_cancel(batch, now_ns);
    } else {
        n = batch_cancel_job(batch, job, now_ns, out, BATCH_MIN_ROOM);
        cancel->answer = n > 0;
        keep(drive, out, n, now_ns);
    }
}

/* Any job, or one that was heard of lately and so is likely to be in progress. */
static void maybe_cancel(struct drive *drive, struct batch *batch,
                         struct random_batch_source *source, int64_t now_ns, uint32_t n_jobs)
{
    uint32_t job = random_batch_below(source, n_jobs + 1);
    size_t recent = drive->n_out < 8 ? drive->n_out : 8;

    if (drive->n_cancels == MAX_CANCELS || !random_batch_chance(source, drive->cancel_chance))
        return;
    if (recent > 0 && random_batch_chance(source, 60))
        job = drive->out[drive->n_out - 1 - random_batch_below(source, (uint32_t)recent)].job;
    cancel_now(drive, batch, random_batch_chance(source, 8) ? NAIVE_WHOLE : job, now_ns);
}

/* The next time at which the loop would call, early, sharp or late. */
static int64_t next_now(struct batch *batch, struct random_batch_source *source, int64_t now_ns)
{
    static const int64_t lateness_ns[] = {0, 0, 0, 1, 2, 5, 40};
    int64_t due_ns = batch_next_due(batch);

    if (due_ns > now_ns && random_batch_chance(source, 10))
        return now_ns + (due_ns - now_ns) / 2;
    now_ns = due_ns > now_ns ? due_ns : now_ns;
    return saturate_add_ns(now_ns, lateness_ns[random_batch_below(source, 7)]);
}

static void drive_batch(struct drive *drive, struct batch *batch,
                        struct random_batch_source *source, uint32_t n_jobs)
{
    int64_t now_ns = drive->manner == VIRTUAL ? INT64_MAX : 0;
    size_t calls = 0;

    while (!batch_is_over(batch)) {
        if (drive->manner == VIRTUAL)
            maybe_cancel(drive, batch, source, batch_clock(batch), n_jobs);
        else if (drive->manner == HELD_BACK || batch_next_due(batch) > now_ns)
            maybe_cancel(drive, batch, source, now_ns, n_jobs);
        call(drive, batch, source, now_ns, n_jobs);
        if (drive->manner != VIRTUAL &&
            (batch_next_due(batch) > now_ns || random_batch_chance(source, 20)))
            now_ns = batch_is_over(batch) ? now_ns : next_now(batch, source, now_ns);
        if (++calls > 1000000 || drive->fault[0] != '\0') {
            note_fault(drive, "it does not come to an end");
            return;
        }
    }
    if (batch_next_due(batch) != DUE_NEVER)
        note_fault(drive, "something is due after the end");
    batch_result(batch, &drive->result);
}

static void run_engine(const struct description *description, uint64_t seed, struct drive *drive)
{
    struct random_batch_source source = {seed};
    struct plan_fault fault;
    struct plan *plan = description_plan(description, 1 + seed % 7, &fault);
    struct batch *batch;

    memset(drive, 0, sizeof *drive);
    drive->manner = (enum manner)(random_batch_below(&source, 9) / 4);
    drive->cancel_chance = random_batch_chance(&source, 50) ? 25 : 0;
    ck_assert_msg(plan != NULL, "a sound batch was refused");
    batch = batch_new(plan);
    ck_assert_ptr_nonnull(batch);
    drive_batch(drive, batch, &source, plan_n_jobs(plan));
    batch_free(batch);
    plan_free(plan);
}

/* ---- Comparing ------------------------------------------------------------------ */

static bool same_occurrence(const struct occurrence *a, const struct occurrence *b)
{
    bool step = a->kind == OCCURRED_STEP;
    bool retry = a->kind == OCCURRED_RETRY;

    return a->kind == b->kind && a->job == b->job && a->due_ns == b->due_ns &&
           a->ordinal == b->ordinal && (!(step || retry) || a->span_ns == b->span_ns) &&
           (!step || a->step_kind == b->step_kind) &&
           (!(retry || a->kind == OCCURRED_DONE) || a->status == b->status) &&
           (a->kind != OCCURRED_DONE || a->cause == b->cause);
}

static bool same_result(const struct batch_result *a, const struct batch_result *b)
{
    return a->status == b->status && memcmp(a->counts, b->counts, sizeof a->counts) == 0 &&
           a->predicted_ns == b->predicted_ns && a->sequential_ns == b->sequential_ns &&
           a->critical_path_ns == b->critical_path_ns;
}

/* The naive run takes the cancels where `cancels` puts them. */
static bool same_run(const struct drive *drive, const struct naive_cancel *cancels,
                     const struct naive_outcome *outcome)
{
    bool same = drive->n_out == outcome->n_out && same_result(&drive->result, &outcome->result);

    for (size_t i = 0; same && i < drive->n_cancels; i++)
        same = cancels[i].answer == drive->cancels[i].answer;
    for (size_t i = 0; same && i < drive->n_out; i++)
        same = same_occurrence(&drive->out[i], &outcome->out[i]);
    return same;
}

/*
 * Where a cancel between two slices falls, only the engine knows: any place
 * will do at which the naive run had reported as much, if all the rest agrees.
 * Leaves the outcome of the last try.
 */
static bool agree_from(const struct description *batch, const struct drive *drive, size_t n,
                       struct naive_cancel *cancels, struct naive_outcome *outcome)
{
    struct naive_outcome before;
    bool found = false;

    if (n == drive->n_cancels) {
        naive_outcome_fini(outcome);
        naive_run(batch, cancels, n, outcome);
        return same_run(drive, cancels, outcome);
    }
    cancels[n] = drive->cancels[n];
    if (!drive->overdue[n])
        return agree_from(batch, drive, n + 1, cancels, outcome);
    naive_run(batch, cancels, n, &before);
    for (size_t u = n > 0 ? cancels[n - 1].unit : 0; !found && u <= before.n_units; u++) {
        bool as_before = before.out_before[u] == drive->out_before[n] &&
                         before.clock_before[u] == drive->clock_before[n];
        bool at_once =
            n > 0 && u == cancels[n - 1].unit && drive->clock_before[n] == cancels[n - 1].now_ns;

        if (as_before || at_once) {
            cancels[n].unit = u;
            found = agree_from(batch, drive, n + 1, cancels, outcome);
        }
    }
    naive_outcome_fini(&before);
    return found;
}

/* Runs both; *drive and *outcome are the caller's to free. */
static bool agree(const struct description *batch, uint64_t seed, struct drive *drive,
                  struct naive_outcome *outcome)
{
    struct naive_cancel cancels[MAX_CANCELS];

    memset(outcome, 0, sizeof *outcome);
    run_engine(batch, seed, drive);
    if (drive->fault[0] != '\0')
        return false;
    return agree_from(batch, drive, 0, cancels, outcome);
}

/* ---- Reporting a disagreement ------------------------------------------------------ */

static bool still_disagrees(const struct description *batch, uint64_t seed)
{
    struct drive drive;
    struct naive_outcome outcome;
    bool agreed;

    if (!description_is_sound(batch))
        return false;
    agreed = agree(batch, seed, &drive, &outcome);
    free(drive.out);
    naive_outcome_fini(&outcome);
    return !agreed;
}

static bool try_smaller(struct description *batch, const struct description *smaller,
                        uint64_t *seed)
{
    for (uint64_t i = 0; i < 30; i++) {
        if (still_disagrees(smaller, *seed + i)) {
            *seed += i;
            *batch = *smaller;
            return true;
        }
    }
    return false;
}

static bool drop_element(struct description *batch, uint32_t index, uint64_t *seed)
{
    struct description smaller = *batch;

    smaller.n_elements--;
    memmove(&smaller.elements[index], &smaller.elements[index + 1],
            (smaller.n_elements - index) * sizeof smaller.elements[0]);
    memset(&smaller.elements[smaller.n_elements], 0, sizeof smaller.elements[0]);
    return try_smaller(batch, &smaller, seed);
}

static bool drop_member(struct description *batch, uint32_t index, unsigned member, uint64_t *seed)
{
    struct description smaller = *batch;
    struct description_element *element =
        index == DESCRIPTION_ELEMENTS ? &smaller.defaults : &smaller.elements[index];

    if ((element->set & member) == 0)
        return false;
    element->set &= ~member;
    return try_smaller(batch, &smaller, seed);
}

static void minimise(struct description *batch, uint64_t *seed)
{
    bool smaller = true;

    while (smaller) {
        smaller = false;
        for (uint32_t i = batch->n_elements; i-- > 0;)
            smaller = drop_element(batch, i, seed) || smaller;
        for (unsigned member = 1; member <= JOB_EVERY; member <<= 1) {
            smaller = drop_member(batch, DESCRIPTION_ELEMENTS, member, seed) || smaller;
            for (uint32_t i = 0; i < batch->n_elements; i++)
                smaller = drop_member(batch, i, member, seed) || smaller;
        }
    }
}

static void print_occurrence(const struct occurrence *what)
{
    static const char *const kinds[] = {"started", "step", "retry", "done"};
    static const char *const statuses[] = {"ok", "failed", "timed_out", "cancelled", "skipped"};
    bool has_status = what->kind == OCCURRED_DONE || what->kind == OCCURRED_RETRY;
    bool span = what->kind == OCCURRED_STEP || what->kind == OCCURRED_RETRY;

    printf("#   %" PRId64 " job %" PRIu32 " %s %" PRIu32 " %s span %" PRId64 "\n", what->due_ns,
           what->job, kinds[what->kind], what->ordinal, has_status ? statuses[what->status] : "",
           span ? what->span_ns : 0);
}

static void print_result(const struct batch_result *result)
{
    printf("#   status %d, counts %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32
           ", predicted %" PRId64 ", sequential %" PRId64 ", critical path %" PRId64 "\n",
           (int)result->status, result->counts[0], result->counts[1], result->counts[2],
           result->counts[3], result->counts[4], result->predicted_ns, result->sequential_ns,
           result->critical_path_ns);
}

static void report(struct description *batch, uint64_t seed)
{
    static const char *const manners[] = {"virtual", "real", "held back"};
    struct drive drive;
    struct naive_outcome outcome;

    minimise(batch, &seed);
    agree(batch, seed, &drive, &outcome);
    fputs("# ", stdout);
    description_print(batch, stdout);
    printf("# manner: %s; fault: %s\n", manners[drive.manner], drive.fault);
    for (size_t i = 0; i < drive.n_cancels; i++) {
        printf("# cancel of %" PRIu32 " at %" PRId64 " after %zu occurrences, answer %" PRIu32 "\n",
               drive.cancels[i].job, drive.cancels[i].now_ns, drive.out_before[i],
               drive.cancels[i].answer);
    }
    puts("# engine:");
    for (size_t i = 0; i < drive.n_out; i++)
        print_occurrence(&drive.out[i]);
    print_result(&drive.result);
    puts("# naive model:");
    for (size_t i = 0; i < outcome.n_out; i++)
        print_occurrence(&outcome.out[i]);
    print_result(&outcome.result);
    fflush(stdout);
    free(drive.out);
    naive_outcome_fini(&outcome);
}

/* ---- The test ----------------------------------------------------------------------- */

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static bool is_refused(const struct description *batch)
{
    struct plan_fault fault;
    struct plan *plan = description_plan(batch, 3, &fault);

    if (plan == NULL)
        return fault.kind == PLAN_FAULT_UNKNOWN || fault.kind == PLAN_FAULT_CYCLE;
    plan_free(plan);
    return false;
}

static void try_batch(struct description *batch, uint64_t seed, unsigned long *seen)
{
    struct drive drive;
    struct naive_outcome outcome;

    if (!agree(batch, seed, &drive, &outcome)) {
        report(batch, seed);
        ck_abort_msg("the engine and the naive model disagree");
    }
    for (int i = 0; i < NAIVE_SITUATIONS; i++)
        seen[i] += outcome.seen[i];
    free(drive.out);
    naive_outcome_fini(&outcome);
}

START_TEST(random_batches_run_as_the_naive_model_says)
{
    uint64_t seed = setting("WAITD_TEST_SEED", 1);
    uint64_t n = setting("WAITD_TEST_BATCHES", 100000);
    unsigned long seen[NAIVE_SITUATIONS] = {0};
    unsigned long refused = 0;

    printf("# WAITD_TEST_SEED=%" PRIu64 " WAITD_TEST_BATCHES=%" PRIu64 "\n", seed, n);
    fflush(stdout);
    for (uint64_t i = 0; i < n; i++) {
        struct random_batch_source source = {seed * UINT64_C(0x9e3779b97f4a7c15) + i};
        struct description batch;

        random_batch_next(&source);
        random_batch_make(&source, &batch);
        if (description_is_sound(&batch)) {
            try_batch(&batch, random_batch_next(&source), seen);
        } else {
            ck_assert_msg(is_refused(&batch), "batch %" PRIu64 " is not sound, yet accepted", i);
            refused++;
        }
    }
    printf("# %8lu batches refused\n", refused);
    for (int i = 0; i < NAIVE_SITUATIONS; i++)
        printf("# %8lu %s\n", seen[i], naive_situation_names[i]);
    fflush(stdout);
    for (int i = 0; n >= 10000 && i < NAIVE_SITUATIONS; i++)
        ck_assert_msg(seen[i] >= n / 500, "too few %s", naive_situation_names[i]);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {random_batches_run_as_the_naive_model_says, 1},
    };
    Suite *suite = suite_create("schedule");

    tcase_set_timeout(check_case(suite, "schedule", NULL, NULL, tests, N(tests)), 600);
    return suite;
}
