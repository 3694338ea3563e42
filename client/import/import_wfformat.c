/* SPDX-License-Identifier: ISC */

/*
 * WfCommons' WfFormat (https://wfcommons.org/format).  In 1.4 a task has its runtime and
 * the names of its parents; in 1.5 and 1.6 what a task is is in `specification`, with
 * the ids of its parents, and how it ran in `execution`, under its id.
 */

#include <stdio.h>
#include <string.h>

#include "client/import/digraph.h"
#include "client/import/import_internal.h"
#include "client/import/import_names.h"
#include "proto/duration.h"

#define PATH_MAX_BYTES 96

struct instance {
    struct import *import;
    struct import_json json;
    const char *key;      /* the member that tasks are known by: "name" or "id" */
    const char *where;    /* the path of the tasks */
    json_t *tasks;        /* borrowed, as all of these */
    json_t *runs;         /* how they ran, an array; NULL where the tasks themselves say */
    struct names *names;  /* of the tasks */
    struct names *ran;    /* the ids in `runs` */
    struct digraph order; /* of names */
};

static const char *path_of(const struct instance *instance, char path[PATH_MAX_BYTES], size_t task,
                           const char *member)
{
    snprintf(path, PATH_MAX_BYTES, "%s[%zu]%s", instance->where, task, member);
    return path;
}

/* ---- The parts of the file -------------------------------------------------------- */

static int find_tasks(struct instance *instance)
{
    json_t *workflow = json_object_get(instance->json.root, "workflow");
    json_t *specification = json_object_get(workflow, "specification");
    json_t *execution = json_object_get(workflow, "execution");

    if (strcmp(instance->key, "name") == 0) {
        instance->where = "workflow.tasks";
        instance->tasks = json_object_get(workflow, "tasks");
    } else {
        instance->where = "workflow.specification.tasks";
        instance->tasks = json_object_get(specification, "tasks");
        instance->runs = json_object_get(execution, "tasks");
        if (execution != NULL && !json_is_array(instance->runs))
            return import_json_refuse(instance->import, &instance->json, "workflow.execution.tasks",
                                      "an execution has an array of tasks");
    }
    if (!json_is_array(instance->tasks))
        return import_json_refuse(instance->import, &instance->json, instance->where,
                                  "a workflow has an array of tasks");
    return 0;
}

static int check_version(struct instance *instance)
{
    const json_t *root = instance->json.root;
    const char *version = json_string_value(json_object_get(root, "schemaVersion"));

    if (!json_is_object(root) || version == NULL || json_object_get(root, "workflow") == NULL)
        return import_json_refuse(instance->import, &instance->json, "",
                                  "not WfFormat, which is an object with \"schemaVersion\" and "
                                  "\"workflow\"");
    if (strcmp(version, "1.4") == 0)
        instance->key = "name";
    else if (strcmp(version, "1.5") == 0 || strcmp(version, "1.6") == 0)
        instance->key = "id";
    else
        return import_json_refuse(instance->import, &instance->json, "schemaVersion",
                                  "the version \"%.*s\" of WfFormat, where 1.4, 1.5 and 1.6 can "
                                  "be read",
                                  IMPORT_QUOTE_MAX, version);
    return find_tasks(instance);
}

/* Enters the keys of an array of tasks.  shares: whether several may have the same. */
static int enter_keys(struct instance *instance, const json_t *tasks, const char *where,
                      struct names **names)
{
    bool shares = strcmp(instance->key, "name") == 0;

    *names = import_names_new(json_array_size(tasks));
    if (*names == NULL)
        return import_no_memory(instance->import);
    for (size_t i = 0; i < json_array_size(tasks); i++) {
        const json_t *key = json_object_get(json_array_get(tasks, i), instance->key);
        char path[PATH_MAX_BYTES];
        uint32_t known = names_count(*names);

        snprintf(path, sizeof path, "%s[%zu]", where, i);
        if (!json_is_string(key))
            return import_json_refuse(instance->import, &instance->json, path,
                                      "a task is an object whose \"%s\" is text", instance->key);
        if (names_add(*names, json_string_value(key), json_string_length(key)) == known)
            continue;
        if (!shares)
            return import_json_refuse(instance->import, &instance->json, path,
                                      "an earlier task has the id \"%.*s\" already",
                                      IMPORT_QUOTE_MAX, json_string_value(key));
        import_remark(instance->import, REMARK_SHARED_NAMES);
    }
    return 0;
}

/* ---- A task ------------------------------------------------------------------------ */

/* Reads a runtime: 0 where there is none.  Returns whether it is one. */
static bool read_runtime(struct import *import, const json_t *task, int64_t *ns)
{
    const json_t *runtime = json_object_get(task, "runtimeInSeconds");
    char text[40];
    size_t len;

    if (runtime == NULL)
        runtime = json_object_get(task, "runtime");
    *ns = 0;
    if (runtime == NULL || json_is_null(runtime)) {
        import_remark(import, REMARK_NO_RUNTIME);
        return true;
    }
    if (!json_is_number(runtime))
        return false;
    len = (size_t)snprintf(text, sizeof text, "%.17g", json_number_value(runtime));
    return duration_from_number(text, len, INT64_MAX / 4, ns) == DURATION_OK;
}

static int add_task(struct instance *instance, size_t i)
{
    const json_t *task = json_array_get(instance->tasks, i), *run = task;
    const json_t *key = json_object_get(task, instance->key);
    const char *where = instance->where;
    char path[PATH_MAX_BYTES];
    size_t place = i;
    int64_t runtime_ns;

    if (instance->ran != NULL) {
        uint32_t at = names_find(instance->ran, json_string_value(key), json_string_length(key));

        run = at != NAMES_NONE ? json_array_get(instance->runs, at) : NULL;
        place = at;
        where = "workflow.execution.tasks";
    } else if (strcmp(instance->key, "id") == 0) {
        run = NULL;
    }
    if (!read_runtime(instance->import, run, &runtime_ns)) {
        snprintf(path, sizeof path, "%s[%zu].runtimeInSeconds", where, place);
        return import_json_refuse(instance->import, &instance->json, path,
                                  "a runtime is a number of seconds, 0 or more");
    }
    recording_add_task(&instance->import->recording, json_string_value(key),
                       json_string_length(key), 0, runtime_ns);
    return 0;
}

static int add_parent(struct instance *instance, size_t i, size_t k, const json_t *parent)
{
    const json_t *key = json_object_get(json_array_get(instance->tasks, i), instance->key);
    struct recording *recording = &instance->import->recording;
    char path[PATH_MAX_BYTES], member[40];
    const char *text = json_string_value(parent);
    uint32_t name;

    snprintf(member, sizeof member, ".parents[%zu]", k);
    if (text == NULL)
        return import_json_refuse(instance->import, &instance->json,
                                  path_of(instance, path, i, member), "a parent is text");
    name = names_find(instance->names, text, json_string_length(parent));
    if (name == NAMES_NONE)
        return import_json_refuse(instance->import, &instance->json,
                                  path_of(instance, path, i, member), "no task has the %s \"%.*s\"",
                                  instance->key, IMPORT_QUOTE_MAX, text);
    if (recording->n_after == RECORDING_AFTER_MAX)
        return import_json_refuse(
            instance->import, &instance->json, path_of(instance, path, i, member),
            "more than %d parents in all, which is the most", RECORDING_AFTER_MAX);
    recording_add_after(recording, text, json_string_length(parent));
    if (digraph_add(&instance->order,
                    (struct digraph_arc){.from = name,
                                         .to = names_find(instance->names, json_string_value(key),
                                                          json_string_length(key)),
                                         .line = i}) < 0)
        return import_no_memory(instance->import);
    return 0;
}

static int add_parents(struct instance *instance, size_t i)
{
    const json_t *parents = json_object_get(json_array_get(instance->tasks, i), "parents");
    char path[PATH_MAX_BYTES];
    int result = 0;

    if (parents != NULL && !json_is_array(parents))
        return import_json_refuse(instance->import, &instance->json,
                                  path_of(instance, path, i, ".parents"), "parents are an array");
    for (size_t k = 0; k < json_array_size(parents) && result == 0; k++)
        result = add_parent(instance, i, k, json_array_get(parents, k));
    return result;
}

/* ---- The whole ---------------------------------------------------------------------- */

static int check_order(struct instance *instance)
{
    struct digraph_arc arc = {0};
    char path[PATH_MAX_BYTES];

    switch (digraph_sort(&instance->order, names_count(instance->names), &arc)) {
    case DIGRAPH_OK:
        return 0;
    case DIGRAPH_CYCLE:
        return import_json_refuse(instance->import, &instance->json,
                                  path_of(instance, path, arc.line, ".parents"),
                                  "a cycle: the task waits for what waits for it");
    case DIGRAPH_NOMEM:
        break;
    }
    return import_no_memory(instance->import);
}

static int read_instance(struct instance *instance)
{
    size_t n;
    int result = 0;

    if (check_version(instance) < 0)
        return -1;
    n = json_array_size(instance->tasks);
    if (n > RECORDING_TASKS_MAX - instance->import->recording.n_tasks)
        return import_json_refuse(instance->import, &instance->json, instance->where,
                                  "more than %d tasks, which is the most", RECORDING_TASKS_MAX);
    if (enter_keys(instance, instance->tasks, instance->where, &instance->names) < 0 ||
        (instance->runs != NULL &&
         enter_keys(instance, instance->runs, "workflow.execution.tasks", &instance->ran) < 0))
        return -1;
    for (size_t i = 0; i < n && result == 0; i++) {
        result = add_task(instance, i);
        if (result == 0)
            result = add_parents(instance, i);
    }
    return result < 0 ? -1 : check_order(instance);
}

int import_wfformat_read(struct import *import, const struct import_text *file)
{
    struct instance instance = {.import = import, .json = {.file = file}};
    int result = import_json_next(import, &instance.json);

    if (result > 0)
        result = read_instance(&instance);
    if (result == 0 && import_json_next(import, &instance.json) != 0)
        result = import->fault.message[0] != '\0'
                     ? -1
                     : import_json_refuse(import, &instance.json, "",
                                          "a file has one instance, and another one follows");
    import_json_fini(&instance.json);
    names_free(instance.names);
    names_free(instance.ran);
    digraph_fini(&instance.order);
    return result;
}
