/* SPDX-License-Identifier: ISC */

/*
 * The jobs of a GitHub Actions run as the REST API gives them: an object with `jobs`, one
 * behind the other or in an array for several pages, or the jobs themselves in an array.
 * Which job waits for which is in the workflow alone.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/array.h"
#include "client/import/import_internal.h"
#include "client/import/timestamp.h"
#include "client/import/workflow.h"

/* The longest path to a job, with room to spare: `[0].jobs[0]`. */
#define PATH_BYTES 128

/* A job of the run. */
struct run_job {
    json_t *job;      /* a reference of its own */
    const char *name; /* the job's own */
    size_t name_len;
    size_t of; /* the workflow's job, or WORKFLOW_NONE */
    int64_t run, attempt;
    int64_t start_ns, end_ns;
    bool is_skipped, fails, is_there;
};

struct run {
    struct import *import;
    struct import_json json;
    struct run_job *jobs;
    size_t n, room;
    int64_t total; /* jobs, as a page says; 0 where none does */
    struct workflow workflow;
    bool *there, *failed; /* by the workflow's job: whether the run has it, and it failed */
};

/* ---- A job ------------------------------------------------------------------------ */

/* Reads a member that is a time.  1, or 0 where it is not there or null, or -1. */
static int read_time(struct run *run, const json_t *object, const char *where, const char *member,
                     int64_t *ns)
{
    char path[3 * PATH_BYTES];
    bool wrong = false;
    size_t len;
    const char *text = import_json_text(object, member, &len, &wrong);

    if (text == NULL && !wrong)
        return 0;
    if (text != NULL && timestamp_read(text, len, ns))
        return 1;
    snprintf(path, sizeof path, "%s.%s", where, member);
    return import_json_refuse(run->import, &run->json, path,
                              "a time is text such as \"2023-08-25T15:57:59Z\"");
}

/* Reads how it ended.  0 or -1. */
static int read_conclusion(struct run *run, const json_t *job, const char *where,
                           struct run_job *read)
{
    char path[2 * PATH_BYTES];
    bool wrong = false;
    size_t len;
    const char *conclusion = import_json_text(job, "conclusion", &len, &wrong);

    snprintf(path, sizeof path, "%s.conclusion", where);
    if (wrong)
        return import_json_refuse(run->import, &run->json, path, "a conclusion is text");
    read->is_skipped = conclusion != NULL && strcmp(conclusion, "skipped") == 0;
    read->fails = conclusion == NULL || (strcmp(conclusion, "success") != 0 && !read->is_skipped);
    return 0;
}

/* Reads a step's times.  1, or 0 where one of them is not there, or -1. */
static int read_step(struct run *run, const json_t *step, const char *where, int64_t *start_ns,
                     int64_t *end_ns)
{
    int has_start = read_time(run, step, where, "started_at", start_ns);
    int has_end = has_start < 0 ? -1 : read_time(run, step, where, "completed_at", end_ns);

    return has_end < 0 ? -1 : has_start > 0 && has_end > 0;
}

/* Whether the steps can be read, while the place of a fault is still known. */
static int check_steps(struct run *run, const json_t *job, const char *where)
{
    const json_t *steps = json_object_get(job, "steps");
    char path[2 * PATH_BYTES];
    int64_t ns;

    snprintf(path, sizeof path, "%s.steps", where);
    if (steps != NULL && !json_is_null(steps) && !json_is_array(steps))
        return import_json_refuse(run->import, &run->json, path, "steps are an array");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);

        snprintf(path, sizeof path, "%s.steps[%zu]", where, i);
        if (!json_is_string(json_object_get(step, "name")))
            return import_json_refuse(run->import, &run->json, path,
                                      "a step is an object whose \"name\" is text");
        if (read_step(run, step, path, &ns, &ns) < 0)
            return -1;
    }
    return 0;
}

/* Reads the job, and looks at its steps.  1, or 0 where it is left out, or -1. */
static int read_job(struct run *run, json_t *job, const char *where, struct run_job *read)
{
    bool wrong = false;
    int has_start, has_end;

    *read = (struct run_job){
        .job = job,
        .of = WORKFLOW_NONE,
        .run = json_integer_value(json_object_get(job, "run_id")),
        .attempt = json_integer_value(json_object_get(job, "run_attempt")),
        .is_there = true,
    };
    read->name = import_json_text(job, "name", &read->name_len, &wrong);
    if (read->name == NULL || (json_object_get(job, "started_at") == NULL &&
                               json_object_get(job, "completed_at") == NULL))
        return import_json_refuse(run->import, &run->json, where,
                                  "a job is an object with \"name\", \"started_at\" and "
                                  "\"completed_at\"%s",
                                  json_object_get(job, "startedAt") != NULL
                                      ? " (as gh api prints it, and not gh run view)"
                                      : "");
    has_end = read_time(run, job, where, "completed_at", &read->end_ns);
    has_start = read_time(run, job, where, "started_at", &read->start_ns);
    if (has_end < 0 || has_start < 0 || read_conclusion(run, job, where, read) < 0 ||
        check_steps(run, job, where) < 0)
        return -1;
    if (has_end == 0) {
        import_remark(run->import, REMARK_JOB_NOT_ENDED);
        return 0;
    }
    if (has_start == 0)
        read->start_ns = read->end_ns;
    return 1;
}

static int add_job(struct run *run, json_t *job, const char *where)
{
    struct run_job *jobs;
    int result;

    if (run->n == RECORDING_TASKS_MAX)
        return import_json_refuse(run->import, &run->json, where,
                                  "more than %d jobs, which is the most", RECORDING_TASKS_MAX);
    jobs = array_reserve(run->jobs, run->n, &run->room, sizeof *jobs);
    if (jobs == NULL)
        return import_no_memory(run->import);
    run->jobs = jobs;
    result = read_job(run, job, where, &run->jobs[run->n]);
    if (result > 0) {
        json_incref(job);
        run->n++;
    }
    return result < 0 ? -1 : 0;
}

/* ---- Pages ------------------------------------------------------------------------ */

static int add_jobs(struct run *run, const json_t *jobs, const char *where)
{
    char path[PATH_BYTES];
    int result = 0;

    for (size_t i = 0; i < json_array_size(jobs) && result == 0; i++) {
        snprintf(path, sizeof path, "%s[%zu]", where, i);
        result = add_job(run, json_array_get(jobs, i), path);
    }
    return result;
}

/* An object with `jobs`. */
static int add_page(struct run *run, const json_t *page, const char *where)
{
    const json_t *jobs = json_object_get(page, "jobs");
    json_int_t total = json_integer_value(json_object_get(page, "total_count"));
    char path[PATH_BYTES / 2];

    snprintf(path, sizeof path, "%s%sjobs", where, where[0] != '\0' ? "." : "");
    if (!json_is_array(jobs))
        return import_json_refuse(run->import, &run->json, path, "a page has an array of jobs");
    if (total > run->total)
        run->total = total;
    return add_jobs(run, jobs, path);
}

static bool is_page(const json_t *value)
{
    return json_object_get(value, "jobs") != NULL;
}

/* Takes one JSON value of the file. */
static int add_value(struct run *run, json_t *value)
{
    char path[PATH_BYTES / 4];
    int result = 0;

    if (is_page(value))
        return add_page(run, value, "");
    if (json_object_get(value, "started_at") != NULL)
        return add_job(run, value, "");
    if (!json_is_array(value))
        return import_json_refuse(run->import, &run->json, "",
                                  "not the jobs of a GitHub Actions run, which are an object with "
                                  "\"jobs\", or an array of them");
    for (size_t i = 0; i < json_array_size(value) && result == 0; i++) {
        json_t *element = json_array_get(value, i);

        snprintf(path, sizeof path, "[%zu]", i);
        result = is_page(element) ? add_page(run, element, path) : add_job(run, element, path);
    }
    return result;
}

static int read_file(struct run *run)
{
    uint64_t left_out = run->import->remarks.count[REMARK_JOB_NOT_ENDED], seen;
    int result;

    while ((result = import_json_next(run->import, &run->json)) > 0)
        if (add_value(run, run->json.root) < 0)
            return -1;
    seen = run->n + run->import->remarks.count[REMARK_JOB_NOT_ENDED] - left_out;
    if (run->total > 0 && (uint64_t)run->total > seen)
        remarks_add(&run->import->remarks, REMARK_OTHER_PAGES, (uint64_t)run->total - seen);
    return result;
}

/* ---- Which jobs count --------------------------------------------------------------- */

/* A job of the same name that a later attempt of the run has counts in its place. */
static int compare_jobs(const void *a, const void *b)
{
    const struct run_job *left = *(const struct run_job *const *)a;
    const struct run_job *right = *(const struct run_job *const *)b;
    int order = strcmp(left->name, right->name);

    if (left->run != right->run)
        return left->run < right->run ? -1 : 1;
    if (order != 0)
        return order;
    return (left->attempt < right->attempt) - (left->attempt > right->attempt);
}

static int leave_out_older(struct run *run)
{
    struct run_job **sorted = malloc((run->n + 1) * sizeof *sorted);
    size_t newest = 0;

    if (sorted == NULL)
        return import_no_memory(run->import);
    for (size_t i = 0; i < run->n; i++)
        sorted[i] = &run->jobs[i];
    qsort(sorted, run->n, sizeof(*sorted), compare_jobs);
    for (size_t i = 1; i < run->n; i++) {
        if (sorted[i]->run != sorted[newest]->run ||
            strcmp(sorted[i]->name, sorted[newest]->name) != 0)
            newest = i;
        sorted[i]->is_there = sorted[i]->attempt == sorted[newest]->attempt;
        remarks_add(&run->import->remarks, REMARK_OLDER_ATTEMPTS, !sorted[i]->is_there);
    }
    free(sorted);
    return 0;
}

/* Finds out which of the workflow's jobs each is of. */
static int read_workflow(struct run *run)
{
    struct workflow *workflow = &run->workflow;

    if (run->import->side == NULL) {
        run->import->remarks.count[REMARK_NO_WORKFLOW] = run->n > 1;
        return 0;
    }
    if (workflow_read(workflow, run->import, run->import->side) < 0)
        return -1;
    run->there = calloc(workflow->n_jobs + 1, sizeof *run->there);
    run->failed = calloc(workflow->n_jobs + 1, sizeof *run->failed);
    if (run->there == NULL || run->failed == NULL)
        return import_no_memory(run->import);
    for (size_t i = 0; i < run->n; i++) {
        struct run_job *job = &run->jobs[i];

        if (!job->is_there)
            continue;
        job->of = workflow_find(workflow, job->name, job->name_len);
        if (job->of == WORKFLOW_NONE) {
            import_remark(run->import, REMARK_NOT_IN_WORKFLOW);
            continue;
        }
        run->there[job->of] = true;
        run->failed[job->of] |= job->fails;
        if (workflow_is_called(workflow, job->of, job->name, job->name_len))
            import_remark(run->import, REMARK_CALLED_WORKFLOW);
    }
    return 0;
}

/* ---- Tasks -------------------------------------------------------------------------- */

static void add_steps(struct run *run, const struct run_job *job)
{
    struct recording *recording = &run->import->recording;
    const json_t *steps = json_object_get(job->job, "steps");
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i), *name = json_object_get(step, "name");
        int64_t start_ns = 0, end_ns = 0;

        if (read_step(run, step, "", &start_ns, &end_ns) == 0) {
            import_remark(run->import, REMARK_STEP_NOT_ENDED);
            continue;
        }
        recording_add_step(recording, json_string_value(name), json_string_length(name),
                           import_span(run->import, start_ns, end_ns));
        n++;
    }
    if (n == 0 && !job->is_skipped)
        import_remark(run->import, REMARK_NO_STEPS);
}

/* needs: room for all of the workflow's jobs. */
static void add_needs(struct run *run, const struct run_job *job, uint32_t *needs)
{
    size_t n = workflow_needs(&run->workflow, job->of, run->there, needs);
    bool needs_failed = false;

    for (size_t i = 0; i < n; i++) {
        const struct workflow_job *need = &run->workflow.jobs[needs[i]];

        recording_add_after(&run->import->recording, need->id, need->id_len);
        needs_failed |= run->failed[needs[i]];
    }
    if (needs_failed && !job->is_skipped)
        import_remark(run->import, REMARK_RAN_ALTHOUGH);
}

static int add_task(struct run *run, const struct run_job *job, uint32_t *needs)
{
    const struct workflow_job *of = job->of != WORKFLOW_NONE ? &run->workflow.jobs[job->of] : NULL;
    int64_t span_ns = import_span(run->import, job->start_ns, job->end_ns);

    if (import_check_room(run->import, run->json.file, 0) < 0)
        return -1;
    recording_add_task(&run->import->recording, of != NULL ? of->id : job->name,
                       of != NULL ? of->id_len : job->name_len, job->start_ns,
                       job->start_ns + span_ns);
    if (job->fails)
        recording_set_fails(&run->import->recording);
    add_steps(run, job);
    if (of != NULL)
        add_needs(run, job, needs);
    if (json_object_get(job->job, "created_at") != NULL)
        run->import->remarks.count[REMARK_QUEUEING] = 1;
    return 0;
}

static int add_tasks(struct run *run)
{
    uint32_t *needs = malloc((run->workflow.n_jobs + 1) * sizeof *needs);
    int result = needs != NULL ? 0 : import_no_memory(run->import);

    for (size_t i = 0; i < run->n && result == 0; i++)
        if (run->jobs[i].is_there)
            result = add_task(run, &run->jobs[i], needs);
    free(needs);
    return result;
}

int import_actions_read(struct import *import, const struct import_text *file)
{
    struct run run = {.import = import, .json = {.file = file}};
    int result = read_file(&run);

    if (result == 0)
        result = leave_out_older(&run);
    if (result == 0)
        result = read_workflow(&run);
    if (result == 0)
        result = add_tasks(&run);
    for (size_t i = 0; i < run.n; i++)
        json_decref(run.jobs[i].job);
    free(run.jobs);
    free(run.there);
    free(run.failed);
    workflow_fini(&run.workflow);
    import_json_fini(&run.json);
    return result;
}
