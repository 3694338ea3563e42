/* SPDX-License-Identifier: ISC */

/* A build of ninja's: its log, and which job waits for which as its graph has it. */

#include <stdlib.h>

#include "client/import/import_internal.h"
#include "client/import/ninja_graph.h"
#include "client/import/ninja_log.h"

#define NS_PER_MS 1000000

/* How many of the entries are of one job, from this one on. */
static size_t outputs_of(const struct ninja_log *log, size_t first)
{
    size_t n = 1;

    while (first + n < log->n && log->entries[first + n].job == log->entries[first].job)
        n++;
    return n;
}

static int add_tasks(struct import *import, const struct import_text *file,
                     const struct ninja_log *log)
{
    for (size_t i = 0; i < log->n; i += outputs_of(log, i)) {
        const struct ninja_entry *entry = &log->entries[i];

        if (import_check_room(import, file, entry->line) < 0)
            return -1;
        recording_add_task(&import->recording, entry->output.text, entry->output.len,
                           entry->start_ms * NS_PER_MS, entry->end_ms * NS_PER_MS);
    }
    return 0;
}

/* Adds what a job needs, to the recording and to the order of jobs.  first_task: the
 * task of the log's job 0. */
static int add_needs_of(struct import *import, const struct ninja_entry *entry,
                        const uint32_t *needs, size_t n, size_t first_task, struct digraph *order)
{
    if (n > RECORDING_AFTER_MAX - import->recording.n_after)
        return import_refuse(import, import->side, 0,
                             "jobs wait for others more than %d times in all, which is the most",
                             RECORDING_AFTER_MAX);
    for (size_t i = 0; i < n; i++) {
        struct digraph_arc arc = {.from = needs[i], .to = entry->job, .line = entry->line};

        recording_add_dependency(&import->recording, first_task + entry->job,
                                 first_task + needs[i]);
        if (digraph_add(order, arc) < 0)
            return import_no_memory(import);
    }
    return 0;
}

/* Files that the graph has in order may be of one job by the log, and then need what needs
 * them. */
static int check_order(struct import *import, const struct import_text *file,
                       const struct ninja_log *log, struct digraph *order)
{
    struct digraph_arc arc;

    switch (digraph_sort(order, (uint32_t)log->n_jobs, &arc)) {
    case DIGRAPH_OK:
        return 0;
    case DIGRAPH_CYCLE:
        return import_refuse(import, file, arc.line,
                             "by the graph the job of this entry needs itself: the log and the "
                             "graph are not of one build");
    case DIGRAPH_NOMEM:
        break;
    }
    return import_no_memory(import);
}

static int add_needs(struct import *import, const struct import_text *file,
                     const struct ninja_log *log, struct ninja_graph *graph, size_t first_task)
{
    uint32_t *needs = malloc((log->n_jobs + 1) * sizeof *needs);
    struct digraph order = {0};
    int result = needs != NULL ? 0 : import_no_memory(import);

    for (size_t i = 0, n; i < log->n && result == 0; i += n) {
        n = outputs_of(log, i);
        result =
            add_needs_of(import, &log->entries[i], needs,
                         ninja_graph_needs(graph, &log->entries[i], n, needs), first_task, &order);
    }
    if (result == 0)
        result = check_order(import, file, log, &order);
    digraph_fini(&order);
    free(needs);
    return result;
}

static int add_graph(struct import *import, const struct import_text *file,
                     const struct ninja_log *log, size_t first_task)
{
    struct ninja_graph graph = {0};
    int result = -1;

    if (import->recording.failed)
        return import_no_memory(import);
    if (ninja_graph_read(&graph, import, import->side) == 0 &&
        ninja_graph_enter_jobs(&graph, import, log) == 0)
        result = add_needs(import, file, log, &graph, first_task);
    ninja_graph_fini(&graph);
    return result;
}

int import_ninja_read(struct import *import, const struct import_text *file)
{
    size_t first_task = import->recording.n_tasks;
    struct ninja_log log = {0};
    int result = ninja_log_read(&log, import, file);

    if (result == 0)
        result = add_tasks(import, file, &log);
    if (result == 0 && import->side != NULL)
        result = add_graph(import, file, &log, first_task);
    else if (result == 0 && log.n_jobs > 1)
        import->remarks.count[REMARK_NO_GRAPH] = 1;
    ninja_log_fini(&log);
    return result;
}
