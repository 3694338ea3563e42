/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <jansson.h>

#include "client/import/recording.h"
#include "proto/duration.h"

/* A decimal of 15 digits is the same after it was a double (DBL_DIG). */
#define EXACT_DIGITS 15
#define EXACT_NS     INT64_C(1000000000000000)

/* A number of seconds; where a double is not exact, text such as "2592000.123456789s". */
static json_t *seconds(int64_t ns)
{
    if (ns % DURATION_SECOND_NS == 0)
        return json_integer(ns / DURATION_SECOND_NS);
    if (ns < EXACT_NS)
        return json_real((double)ns / DURATION_SECOND_NS);
    return json_sprintf("%" PRId64 ".%09" PRId64 "s", ns / DURATION_SECOND_NS,
                        ns % DURATION_SECOND_NS);
}

static json_t *string(struct recording_text text)
{
    return json_stringn(text.text, text.len);
}

static json_t *step(const struct recording_step *step)
{
    return json_pack("{s:o, s:o}", "compute", seconds(step->compute_ns), "note",
                     string(step->note));
}

/* Each returns -1 when memory ran out. */
static int set_steps(json_t *job, const struct recording *recording,
                     const struct recording_task *task)
{
    json_t *steps = json_array();
    int result = json_object_set_new(job, "steps", steps);

    for (size_t i = 0; i < task->n_steps && result == 0; i++)
        result = json_array_append_new(steps, step(&recording->steps[task->first_step + i]));
    return result;
}

static int set_after(json_t *job, const struct recording *recording,
                     const struct recording_task *task)
{
    json_t *after = json_array();
    int result = json_object_set_new(job, "after", after);

    for (size_t i = 0; i < task->n_after && result == 0; i++)
        result = json_array_append_new(after, string(recording->after[task->first_after + i]));
    return result;
}

static json_t *job(const struct recording *recording, const struct recording_task *task)
{
    json_t *job = json_object();

    if (json_object_set_new(job, "name", string(task->name)) == 0 &&
        (task->n_steps > 0 ? set_steps(job, recording, task)
                           : json_object_set_new(job, "compute", seconds(task->compute_ns))) == 0 &&
        (task->n_after == 0 || set_after(job, recording, task) == 0) &&
        (!task->fails || json_object_set_new(job, "fail", json_true()) == 0))
        return job;
    json_decref(job);
    return NULL;
}

static int append(const char *text, size_t len, void *out)
{
    bytes_add(out, text, len);
    return ((const struct bytes *)out)->failed ? -1 : 0;
}

int recording_write(const struct recording *recording, size_t workers, struct bytes *out)
{
    json_t *jobs = json_array();
    json_t *batch = json_pack("{s:I, s:o}", "workers", (json_int_t)workers, "jobs", jobs);
    int result = batch == NULL || recording->failed ? -1 : 0;

    for (size_t i = 0; i < recording->n_tasks && result == 0; i++)
        result = json_array_append_new(jobs, job(recording, &recording->tasks[i]));
    if (result == 0)
        result = json_dump_callback(batch, append, out,
                                    JSON_INDENT(2) | JSON_REAL_PRECISION(EXACT_DIGITS));
    json_decref(batch);
    bytes_add_char(out, '\n');
    return result < 0 || out->failed ? -1 : 0;
}
