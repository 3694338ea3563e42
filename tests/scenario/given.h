/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TEST_GIVEN_H
#define WAITD_TEST_GIVEN_H

/*
 * A test's batch, described line by line, and the events that it must give: "given
 * a wait of 5 and a compute of 3, …".  The batch runs through the engine and through
 * the naive model, on the virtual clock, and both must agree.
 *
 * One batch at a time; given_open() and given_close() are the fixture.
 */

#include "tests/scenario/story.h"

extern struct description given_batch; /* its options may be set directly */
extern struct story given_story;       /* of the last run */
extern int64_t given_unit_ns;          /* what is 1 in the text; 1 unless set */

void given_open(void);
void given_close(void);

/* Add a job: without steps, with one wait, with one compute. */
struct description_element *given_job(void);
struct description_element *given_wait(int64_t length_ns);
struct description_element *given_compute(int64_t length_ns);

/* Set a member of a job and return it. */
struct description_element *given_named(struct description_element *job, const char *name);
struct description_element *given_after(struct description_element *job, const char *name);
struct description_element *given_repeat(struct description_element *job, uint32_t times);
struct description_element *given_timeout(struct description_element *job, int64_t timeout_ns);
struct description_element *given_failing(struct description_element *job, uint32_t retries);
struct description_element *given_backoff(struct description_element *job, int64_t initial_ns,
                                          double factor, int64_t max_ns);

/* Events of the level "done". */
void given_ends_only(void);

/* Runs the batch; the same with a job (or STORY_WHOLE) cancelled at at_ns. */
void given_runs(void);
void given_cancelled_runs(int64_t at_ns, uint32_t job);

/* Each runs it and compares the text; or how long it took. */
void given_gives(const char *text);
void given_cancelled_gives(int64_t at_ns, uint32_t job, const char *text);
void given_takes(int64_t ns);

/* The first two, with events of the level "done". */
void given_ends(const char *text);
void given_cancelled_ends(int64_t at_ns, uint32_t job, const char *text);

#endif
