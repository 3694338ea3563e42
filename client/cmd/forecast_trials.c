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
    int wake; /* an eventfd that is written to by each thread at its end */
    _Atomic uint32_t done;
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

/* Runs a part to its end.  Whether it got there. */
static bool run_part(struct part *part)
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

static void *work(void *context)
{
    struct part *part = context;
    uint64_t one = 1;

    if (!run_part(part)) {
        atomic_store(&part->crew->failed, true);
        atomic_store(&part->crew->stops, true);
    }
    if (write(part->crew->wake, &one, sizeof one) < 0) {
        /* The counter of an eventfd does not come to its limit. */
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

/* Makes the parts, each with so many of the runs as any other, or one more. */
static int make_parts(struct crew *crew, struct part *parts, unsigned n)
{
    const struct forecast_trials *trials = crew->trials;
    uint32_t first = 0;

    for (unsigned i = 0; i < n; i++) {
        uint32_t runs = trials->runs / n + (i < trials->runs % n);

        parts[i] = (struct part){.crew = crew, .forecast = forecast_new(trials->plan, first, runs)};
        if (parts[i].forecast == NULL)
            return -1;
        first += runs;
    }
    return 0;
}

static enum forecast_trials_end run_parts(struct crew *crew, struct part *parts, unsigned n)
{
    unsigned begun = 0;
    bool goes_on;

    while (begun < n && pthread_create(&parts[begun].thread, NULL, work, &parts[begun]) == 0)
        begun++;
    if (begun < n) { /* this thread is there in any case */
        for (unsigned i = begun; i < n && !atomic_load(&crew->failed); i++)
            atomic_store(&crew->failed, !run_part(&parts[i]));
    }
    goes_on = await(crew, begun);
    for (unsigned i = 0; i < begun; i++)
        pthread_join(parts[i].thread, NULL);
    errno = ENOMEM;
    return !goes_on                     ? FORECAST_TRIALS_STOPPED
           : atomic_load(&crew->failed) ? FORECAST_TRIALS_FAILED
                                        : FORECAST_TRIALS_DONE;
}

static enum forecast_trials_end conclude(struct part *parts, unsigned n,
                                         struct forecast_figures *figures)
{
    size_t worked = 0;

    for (unsigned i = 1; i < n; i++)
        if (forecast_merge(parts[0].forecast, parts[i].forecast) < 0) {
            errno = ENOMEM;
            return FORECAST_TRIALS_FAILED;
        }
    while (!forecast_conclude(parts[0].forecast, SLICE_UNITS, &worked, figures))
        continue;
    return FORECAST_TRIALS_DONE;
}

enum forecast_trials_end forecast_trials_run(const struct forecast_trials *trials,
                                             struct forecast_figures *figures)
{
    struct crew crew = {.trials = trials, .wake = eventfd(0, EFD_CLOEXEC)};
    unsigned n = count_processors();
    struct part *parts;
    enum forecast_trials_end end = FORECAST_TRIALS_FAILED;

    if (n > trials->runs)
        n = trials->runs;
    parts = calloc(n, sizeof *parts);
    if (crew.wake >= 0 && parts != NULL && make_parts(&crew, parts, n) == 0)
        end = run_parts(&crew, parts, n);
    if (end == FORECAST_TRIALS_DONE)
        end = conclude(parts, n, figures);
    for (unsigned i = 0; parts != NULL && i < n; i++)
        forecast_free(parts[i].forecast);
    free(parts);
    if (crew.wake >= 0)
        close(crew.wake);
    return end;
}
