/* SPDX-License-Identifier: ISC */
#include "client/cmd/forecast_trials.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "client/base/moment.h"
#include "engine/forecast.h"

/* Units of the engine's work between two looks at whether to stop. */
#define SLICE_UNITS 65536

#define PARTS_MAX 1024

/* What the threads of one forecast share. */
struct crew {
    const struct forecast_trials *trials;
    unsigned n; /* threads */
    int wake;   /* an eventfd that is written to by each thread at its end */
    _Atomic uint32_t taken, done;
    _Atomic bool stops, failed;
};

struct part {
    struct crew *crew;
    struct forecast *forecast; /* owned */
    pthread_t thread;
};

static unsigned count_processors(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) < 1)
        return 1;
    return CPU_COUNT(&set) < PARTS_MAX ? (unsigned)CPU_COUNT(&set) : PARTS_MAX;
}

/*
 * Takes some of the runs that nobody has taken: a part of what each thread would get of
 * them, so that all end at about one time however unlike the processors are (guided
 * self-scheduling: C. D. Polychronopoulos, D. J. Kuck, 1987).  False when there are none.
 */
static bool take_runs(struct part *part)
{
    struct crew *crew = part->crew;
    uint32_t first = atomic_load(&crew->taken), runs;

    do {
        runs = (crew->trials->runs - first) / (2 * crew->n);
        if (runs == 0)
            runs = 1;
        if (first == crew->trials->runs)
            return false;
    } while (!atomic_compare_exchange_weak(&crew->taken, &first, first + runs));
    forecast_extend(part->forecast, first, runs);
    return true;
}

/* Continues the runs that a part was given.  Whether they are over, or it is to stop. */
static bool do_runs(struct part *part)
{
    struct crew *crew = part->crew;
    struct forecast_run run;
    size_t worked = 0;

    while (!atomic_load(&crew->stops)) {
        switch (forecast_work(part->forecast, SLICE_UNITS, &worked, &run)) {
        case FORECAST_MORE:
            break;
        case FORECAST_RUN:
            crew->trials->results[run.run] = run;
            atomic_fetch_add(&crew->done, 1);
            break;
        case FORECAST_READY:
            return true;
        case FORECAST_NOMEM:
            return false;
        }
    }
    return true;
}

/* Runs a part until there are no more runs.  Whether it got there. */
static bool run_part(struct part *part)
{
    while (!atomic_load(&part->crew->stops) && take_runs(part))
        if (!do_runs(part))
            return false;
    return true;
}

static void *work(void *context)
{
    struct part *part = context;
    uint64_t one = 1;

    if (!run_part(part)) {
        atomic_store(&part->crew->failed, true);
        atomic_store(&part->crew->stops, true);
    }
    if (write(part->crew->wake, &one, sizeof one) < 0) {
        /* The counter of an eventfd does not reach its limit. */
    }
    return NULL;
}

static void draw(const struct crew *crew, int64_t now_ns)
{
    const struct forecast_trials *trials = crew->trials;
    struct progress_figures figures = {.jobs = trials->runs_in_all,
                                       .done = trials->runs_before + atomic_load(&crew->done),
                                       .elapsed_ns = now_ns - trials->started_ns,
                                       .left_ns = -1};

    if (figures.done > 0)
        figures.left_ns = (int64_t)((double)figures.elapsed_ns / (double)figures.done *
                                    (double)(figures.jobs - figures.done));
    progress_draw(trials->progress, &figures);
    trials->progress->next_ns = now_ns + PROGRESS_INTERVAL_NS;
}

/* Waits for the ends of so many threads. */
static bool await(struct crew *crew, unsigned threads)
{
    const struct forecast_trials *trials = crew->trials;
    struct pollfd pollers[] = {{.fd = crew->wake, .events = POLLIN},
                               {.fd = trials->signals, .events = POLLIN}};
    bool is_stopped = false;
    uint64_t ended = 0, more;

    while (ended < threads) {
        int64_t now_ns = moment_now();
        int timeout = -1;

        if (trials->progress->is_on && now_ns >= trials->progress->next_ns)
            draw(crew, now_ns);
        if (trials->progress->is_on)
            timeout = moment_poll_ms(trials->progress->next_ns - now_ns);
        if (poll(pollers, 2, timeout) < 0)
            continue;
        if (pollers[1].revents != 0) {
            is_stopped = true;
            atomic_store(&crew->stops, true);
            pollers[1].fd = -1;
        }
        if (pollers[0].revents != 0 && read(crew->wake, &more, sizeof more) == sizeof more)
            ended += more;
    }
    return !is_stopped;
}

/* Makes the parts, each with room for all runs, which is used only as they end. */
static int make_parts(struct crew *crew, struct part *parts)
{
    const struct forecast_trials *trials = crew->trials;

    for (unsigned i = 0; i < crew->n; i++) {
        parts[i] =
            (struct part){.crew = crew, .forecast = forecast_new(trials->plan, trials->runs)};
        if (parts[i].forecast == NULL)
            return -1;
    }
    return 0;
}

static enum forecast_trials_end run_parts(struct crew *crew, struct part *parts)
{
    unsigned begun = 0;
    bool goes_on;

    while (begun < crew->n && pthread_create(&parts[begun].thread, NULL, work, &parts[begun]) == 0)
        begun++;
    if (begun == 0) /* this thread is there in any case */
        atomic_store(&crew->failed, !run_part(&parts[0]));
    goes_on = await(crew, begun);
    for (unsigned i = 0; i < begun; i++)
        pthread_join(parts[i].thread, NULL);
    errno = ENOMEM;
    return !goes_on                     ? FORECAST_TRIALS_STOPPED
           : atomic_load(&crew->failed) ? FORECAST_TRIALS_FAILED
                                        : FORECAST_TRIALS_DONE;
}

static enum forecast_trials_end conclude(const struct crew *crew, struct part *parts,
                                         struct forecast_figures *figures)
{
    struct forecast *all = NULL;
    size_t worked = 0;

    for (unsigned i = 0; i < crew->n; i++) {
        if (forecast_runs(parts[i].forecast) == 0)
            continue; /* others were faster */
        if (all == NULL) {
            all = parts[i].forecast;
        } else if (forecast_merge(all, parts[i].forecast) < 0) {
            errno = ENOMEM;
            return FORECAST_TRIALS_FAILED;
        }
    }
    while (!forecast_conclude(all, SLICE_UNITS, &worked, figures))
        continue;
    return FORECAST_TRIALS_DONE;
}

enum forecast_trials_end forecast_trials_run(const struct forecast_trials *trials,
                                             struct forecast_figures *figures)
{
    struct crew crew = {.trials = trials, .n = count_processors(), .wake = eventfd(0, EFD_CLOEXEC)};
    struct part *parts;
    enum forecast_trials_end end = FORECAST_TRIALS_FAILED;

    if (crew.n > trials->runs)
        crew.n = trials->runs;
    parts = calloc(crew.n, sizeof *parts);
    if (crew.wake >= 0 && parts != NULL && make_parts(&crew, parts) == 0)
        end = run_parts(&crew, parts);
    if (end == FORECAST_TRIALS_DONE)
        end = conclude(&crew, parts, figures);
    for (unsigned i = 0; parts != NULL && i < crew.n; i++)
        forecast_free(parts[i].forecast);
    free(parts);
    if (crew.wake >= 0)
        close(crew.wake);
    return end;
}
