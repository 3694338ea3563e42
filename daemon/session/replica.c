/* SPDX-License-Identifier: ISC */
#include "daemon/session/replica.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/session/history_report.h"
#include "proto/due.h"
#include "proto/event_detached.h"

/* Occurrences looked at a time: on the stack, and few enough for the nearest cache. */
#define OCCURRENCES 256

/* About how long a line is, but for the client's own text. */
#define LINE_FRAME_BYTES 110

struct replica {
    struct stored_batch *stored;
    const struct plan *plan;
    struct batch *batch; /* NULL once it is over and its result is known */
    struct batch_result result;
    struct history history;
    int64_t reached_ns;
    uint32_t n_cancels;  /* that have fallen */
    uint32_t *cancelled; /* jobs that each of them concerned */
    bool is_silent;
    bool begun;   /* `accepted` is in the history */
    bool starved; /* no memory at the last attempt */
    bool finished;
};

struct replica *replica_new(struct stored_batch *batch, const struct plan *plan)
{
    struct replica *replica = calloc(1, sizeof(*replica));

    if (replica == NULL)
        return NULL;
    replica->batch = batch_new(plan);
    if (replica->batch == NULL) {
        free(replica);
        return NULL;
    }
    replica->stored = batch;
    replica->plan = plan;
    replica->reached_ns = -1;
    replica->is_silent = plan_options_of(plan)->events == PLAN_EVENTS_NONE;
    replica->history.source = history_source_of(plan, LINE_FRAME_BYTES);
    replica->history.source.ref = batch->ref;
    return replica;
}

void replica_free(struct replica *replica)
{
    if (replica == NULL)
        return;
    batch_free(replica->batch);
    history_fini(&replica->history);
    free(replica->cancelled);
    free(replica);
}

struct history *replica_history(struct replica *replica)
{
    return &replica->history;
}

/* ---- Lines ------------------------------------------------------------------------------ */

/* Room for a line, or NULL with *skipped where nobody wants it. */
static char *line_room(struct replica *replica, bool *skipped)
{
    char *line;

    *skipped = !history_is_wanted(&replica->history);
    if (*skipped) {
        history_skip_line(&replica->history);
        return NULL;
    }
    line = history_line_room(&replica->history, EVENT_BATCH_MAX);
    replica->starved = line == NULL;
    return line;
}

static void begin(struct replica *replica)
{
    const struct stored_terms *terms = &replica->stored->terms;
    char *line = line_room(replica, &replica->begun), *end;
    struct event_detached_accepted accepted = {
        .ref = replica->stored->ref,
        .jobs = terms->jobs,
        .seed = plan_options_of(replica->plan)->random_seed ? &terms->seed : NULL,
        .durable = stored_durable_name(replica->stored->durable),
        .time_ns = terms->wall_ns,
    };

    if (line == NULL)
        return;
    end = event_detached_accepted(line, &accepted);
    history_line_commit(&replica->history, (size_t)(end - line));
    replica->begun = true;
}

static void finish(struct replica *replica)
{
    uint64_t seq = replica->history.next_seq + 1;
    char *line = line_room(replica, &replica->finished), *end;

    if (line == NULL && !replica->finished)
        return;
    batch_result(replica->batch, &replica->result);
    if (line != NULL) {
        end = event_detached_finished(line, replica->stored->ref, seq, replica->stored->terms.jobs,
                                      &replica->result);
        history_line_commit(&replica->history, (size_t)(end - line));
        replica->finished = true;
    }
    batch_free(replica->batch);
    replica->batch = NULL;
}

/* Continues the report, if the plan asks for one.  Whether all of it is written. */
static bool write_report(struct replica *replica, size_t budget, size_t *spent)
{
    enum history_report_result result =
        history_report(&replica->history, replica->batch, budget, spent);

    replica->starved = result == HISTORY_REPORT_NOMEM;
    return result == HISTORY_REPORT_DONE;
}

/* ---- Work ------------------------------------------------------------------------------- */

static void measure(const struct replica *replica, const struct replica_meter *meter,
                    const struct occurrence *done, size_t n, struct replica_progress *progress)
{
    int64_t late_ns = meter->elapsed_ns - done->due_ns;

    if (done->status == JOB_CANCELLED || done->due_ns <= replica->stored->handled_ns)
        return;
    stats_late(meter->stats, meter->now_ns, late_ns, (uint32_t)n);
    if (late_ns > progress->late_ns)
        progress->late_ns = late_ns;
}

static void count(const struct replica *replica, const struct replica_meter *meter,
                  const struct occurrence *occurred, size_t n, struct replica_progress *progress)
{
    for (size_t i = 0, same = 1; i < n; i += same) {
        same = 1;
        if (occurred[i].kind != OCCURRED_DONE)
            continue;
        same = occurrence_alike(&occurred[i], n - i);
        progress->ended[occurred[i].status] += same;
        if (meter != NULL)
            measure(replica, meter, &occurred[i], same, progress);
    }
}

static void put(struct replica *replica, const struct replica_meter *meter,
                const struct occurrence *occurred, size_t n, struct replica_progress *progress)
{
    count(replica, meter, occurred, n, progress);
    if (!replica->is_silent)
        history_put(&replica->history, -1, occurred, n);
}

/* Handles what is due up to at_ns.  Whether there is no more of it. */
static bool run_up_to(struct replica *replica, int64_t at_ns, const struct replica_meter *meter,
                      size_t budget, size_t *spent, struct replica_progress *progress)
{
    struct occurrence occurred[OCCURRENCES];

    while (!batch_is_over(replica->batch) && batch_next_due(replica->batch) <= at_ns) {
        size_t room =
            replica->is_silent ? OCCURRENCES : history_reserve(&replica->history, OCCURRENCES);
        size_t worked = 0, n;

        if (*spent >= budget)
            return false;
        replica->starved = room == 0;
        if (replica->starved)
            return false;
        if (room > OCCURRENCES)
            room = OCCURRENCES;
        n = batch_run(replica->batch, at_ns, budget - *spent, occurred, room, &worked);
        put(replica, meter, occurred, n, progress);
        *spent += worked > 0 ? worked : 1;
        replica->starved = batch_is_starved(replica->batch);
        if (replica->starved)
            return false;
    }
    return true;
}

/* Room to note how many jobs the next cancel concerns. */
static int reserve_cancel(struct replica *replica)
{
    uint32_t n = replica->n_cancels;
    uint32_t *cancelled;

    if ((n & (n - 1)) != 0)
        return 0;
    cancelled = realloc(replica->cancelled, (n > 0 ? 2 * (size_t)n : 1) * sizeof(uint32_t));
    if (cancelled == NULL)
        return -1;
    replica->cancelled = cancelled;
    return 0;
}

static void note_cancel(struct replica *replica, const struct stored_cancel *cancel, uint32_t jobs,
                        struct replica_progress *progress)
{
    replica->cancelled[replica->n_cancels++] = jobs;
    if (cancel->at_ns > replica->reached_ns)
        replica->reached_ns = cancel->at_ns;
    progress->cancelled = true;
}

/* A cancel falls, all that is due up to its instant being handled.  False when out of
 * memory: it has not. */
static bool fall(struct replica *replica, const struct stored_cancel *cancel,
                 struct replica_progress *progress)
{
    struct occurrence occurred[BATCH_MIN_ROOM];
    uint32_t jobs = batch_pending(replica->batch);
    size_t n;

    if (reserve_cancel(replica) != 0)
        return false;
    if (!replica->is_silent && history_reserve(&replica->history, BATCH_MIN_ROOM) == 0)
        return false;
    if (cancel->whole) {
        jobs = batch_cancel(replica->batch, cancel->at_ns);
    } else {
        n = batch_cancel_job(replica->batch, cancel->job, cancel->at_ns, occurred, BATCH_MIN_ROOM);
        put(replica, NULL, occurred, n, progress);
        if (n == 0) /* a job's end, of whatever kind, may end all */
            jobs = 0;
        else if (plan_options_of(replica->plan)->until != PLAN_UNTIL_FIRST_DONE)
            jobs = 1;
    }
    note_cancel(replica, cancel, jobs, progress);
    return true;
}

size_t replica_work(struct replica *replica, int64_t until_ns, size_t budget,
                    const struct replica_meter *meter, struct replica_progress *progress)
{
    size_t spent = 1;

    *progress = (struct replica_progress){0};
    if (!replica->begun)
        begin(replica);
    while (replica->begun && replica->batch != NULL) {
        struct stored_cancel cancel = {.at_ns = until_ns};
        bool falls = replica->n_cancels < stored_n_cancels(replica->stored);

        if (falls)
            cancel = stored_cancel_at(replica->stored, replica->n_cancels);
        falls = falls && cancel.at_ns <= until_ns;
        if (!run_up_to(replica, falls ? cancel.at_ns : until_ns, meter, budget, &spent, progress))
            return spent;
        if (batch_is_over(replica->batch)) {
            if (write_report(replica, budget, &spent))
                finish(replica);
            return spent;
        }
        if (!falls) {
            if (until_ns > replica->reached_ns)
                replica->reached_ns = until_ns;
            return spent;
        }
        replica->starved = !fall(replica, &cancel, progress);
        return spent;
    }
    if (replica->batch == NULL && replica->n_cancels < stored_n_cancels(replica->stored) &&
        reserve_cancel(replica) == 0) {
        const struct stored_cancel late = stored_cancel_at(replica->stored, replica->n_cancels);

        note_cancel(replica, &late, 0, progress); /* all is over already */
    }
    return spent;
}

int64_t replica_next_due(const struct replica *replica)
{
    struct stored_cancel cancel;
    int64_t due_ns;

    if (!replica->begun)
        return 0;
    if (replica->n_cancels < stored_n_cancels(replica->stored))
        cancel = stored_cancel_at(replica->stored, replica->n_cancels);
    else
        cancel.at_ns = DUE_NEVER;
    if (replica->batch == NULL)
        return cancel.at_ns;
    due_ns = batch_is_over(replica->batch) ? 0 : batch_next_due(replica->batch);
    return due_ns < cancel.at_ns ? due_ns : cancel.at_ns;
}

int64_t replica_reached(const struct replica *replica)
{
    return replica->reached_ns;
}

uint32_t replica_n_cancels(const struct replica *replica)
{
    return replica->n_cancels;
}

uint32_t replica_cancelled(const struct replica *replica, uint32_t place)
{
    return replica->cancelled[place];
}

bool replica_is_finished(const struct replica *replica)
{
    return replica->finished;
}

bool replica_is_starved(const struct replica *replica)
{
    return replica->starved;
}

uint32_t replica_pending(const struct replica *replica)
{
    return replica->batch != NULL ? batch_pending(replica->batch) : 0;
}

const struct batch_result *replica_result(const struct replica *replica)
{
    return &replica->result;
}
