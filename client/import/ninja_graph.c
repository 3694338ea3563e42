/* SPDX-License-Identifier: ISC */
#include "client/import/ninja_graph.h"

#include <stdlib.h>
#include <string.h>

#include "client/import/import_names.h"
#include "client/import/rows.h"

void ninja_graph_fini(struct ninja_graph *graph)
{
    digraph_fini(&graph->arrows);
    names_free(graph->ids);
    names_free(graph->files);
    free(graph->file_nodes);
    free(graph->nodes);
    free(graph->stack);
    free(graph->visitor);
    bytes_fini(&graph->path);
    *graph = (struct ninja_graph){0};
}

/* ---- Lines -------------------------------------------------------------------- */

/* Takes the text from the front of the line.  Returns whether it is there. */
static bool skip(struct rows_field *line, const char *text)
{
    size_t len = strlen(text);

    if (!rows_begins(*line, text))
        return false;
    line->text += len;
    line->len -= len;
    return true;
}

/* Takes it from the end. */
static bool chop(struct rows_field *line, const char *text)
{
    size_t len = strlen(text);

    if (line->len < len || memcmp(line->text + line->len - len, text, len) != 0)
        return false;
    line->len -= len;
    return true;
}

/* Reads up to the next quotation mark, and the mark. */
static bool take_id(struct rows_field *line, struct rows_field *id)
{
    const char *mark = memchr(line->text, '"', line->len);

    if (mark == NULL)
        return false;
    *id = (struct rows_field){.text = line->text, .len = (size_t)(mark - line->text)};
    line->len -= id->len + 1;
    line->text = mark + 1;
    return true;
}

static uint32_t node_of(struct ninja_graph *graph, struct rows_field id)
{
    return names_add(graph->ids, id.text, id.len);
}

/* A path is printed as it is, quotation marks included. */
static bool take_label(struct ninja_graph *graph, struct rows_field line, uint32_t node)
{
    uint32_t known = names_count(graph->files);

    if (chop(&line, "\", shape=ellipse]"))
        return true;
    if (!chop(&line, "\"]"))
        return false;
    if (names_add(graph->files, line.text, line.len) == known)
        graph->file_nodes[known] = node;
    return true;
}

/* Reads a line that describes a node or an arrow.  1, or 0 where it does not, or -1 when
 * memory ran out. */
static int take_line(struct ninja_graph *graph, struct rows_field line, size_t number)
{
    struct rows_field id, other;

    if (!skip(&line, "\"") || !take_id(&line, &id))
        return 0;
    if (skip(&line, " [label=\""))
        return take_label(graph, line, node_of(graph, id));
    if (!skip(&line, " -> \"") || !take_id(&line, &other) ||
        (line.len > 0 && !(skip(&line, " [") && chop(&line, "]"))))
        return 0;
    return digraph_add(&graph->arrows, (struct digraph_arc){.from = node_of(graph, id),
                                                            .to = node_of(graph, other),
                                                            .line = number}) < 0
               ? -1
               : 1;
}

static int read_lines(struct ninja_graph *graph, struct import *import,
                      const struct import_text *file)
{
    struct rows rows = rows_of(file->text, file->len);
    bool is_closed = false;

    if (!rows_next(&rows) || !rows_is(rows.line, "digraph ninja {"))
        return import_refuse(import, file, 1,
                             "not what `ninja -t graph` prints, whose first line is \"digraph "
                             "ninja {\"");
    while (rows_next(&rows)) {
        int taken = is_closed ? 0 : take_line(graph, rows.line, rows.number);

        if (taken < 0)
            return import_no_memory(import);
        if (taken > 0 || rows_begins(rows.line, "rankdir=") || rows_begins(rows.line, "node [") ||
            rows_begins(rows.line, "edge ["))
            continue;
        if (is_closed || !rows_is(rows.line, "}"))
            return import_refuse(import, file, rows.number,
                                 "neither a node nor an arrow of a graph of ninja's");
        is_closed = true;
    }
    if (!is_closed)
        return import_refuse(import, file, rows.number, "the graph ends before its \"}\"");
    return 0;
}

/* At most so many nodes: a line describes two. */
static size_t count_nodes(const struct import_text *file)
{
    size_t n = 2;

    for (const char *at = file->text, *end = at + file->len;
         (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        n += 2;
    return n;
}

int ninja_graph_read(struct ninja_graph *graph, struct import *import,
                     const struct import_text *file)
{
    size_t room = count_nodes(file);
    struct digraph_arc arc = {0};

    graph->ids = import_names_new(room);
    graph->files = import_names_new(room);
    graph->file_nodes = malloc(room * sizeof *graph->file_nodes);
    graph->nodes = malloc(room * sizeof *graph->nodes);
    graph->stack = malloc(room * sizeof *graph->stack);
    if (graph->ids == NULL || graph->files == NULL || graph->file_nodes == NULL ||
        graph->nodes == NULL || graph->stack == NULL)
        return import_no_memory(import);
    if (read_lines(graph, import, file) < 0)
        return -1;
    switch (digraph_sort(&graph->arrows, names_count(graph->ids), &arc)) {
    case DIGRAPH_OK:
        return 0;
    case DIGRAPH_CYCLE:
        return import_refuse(import, file, arc.line,
                             "this arrow closes a cycle: nothing on it could ever be made");
    case DIGRAPH_NOMEM:
        break;
    }
    return import_no_memory(import);
}

/* ---- Jobs --------------------------------------------------------------------- */

/* The node of a file, or NAMES_NONE.  In the graph a backslash is a slash. */
static uint32_t find_file(struct ninja_graph *graph, struct rows_field output)
{
    uint32_t file = names_find(graph->files, output.text, output.len);

    if (file == NAMES_NONE && memchr(output.text, '\\', output.len) != NULL) {
        bytes_consume(&graph->path, bytes_len(&graph->path));
        bytes_add(&graph->path, output.text, output.len);
        for (size_t i = graph->path.start; i < graph->path.end; i++)
            if (graph->path.data[i] == '\\')
                graph->path.data[i] = '/';
        file = names_find(graph->files, bytes_at(&graph->path), bytes_len(&graph->path));
    }
    return file == NAMES_NONE ? NAMES_NONE : graph->file_nodes[file];
}

/* Finds out where it is of use to look for jobs. */
static void mark_made(struct ninja_graph *graph)
{
    const struct digraph *arrows = &graph->arrows;

    for (uint32_t i = 0; i < arrows->n_nodes; i++) {
        uint32_t node = arrows->order[i];
        struct ninja_graph_node *made = &graph->nodes[node];

        made->is_made = made->job != NINJA_GRAPH_NO_JOB;
        for (size_t k = arrows->first[node]; k < arrows->first[node + 1]; k++)
            made->is_made |= graph->nodes[arrows->arcs[k].from].is_made;
    }
}

int ninja_graph_enter_jobs(struct ninja_graph *graph, struct import *import,
                           const struct ninja_log *log)
{
    size_t n_found = 0, last = SIZE_MAX;

    graph->visitor = malloc((log->n_jobs + 1) * sizeof *graph->visitor);
    if (graph->visitor == NULL)
        return import_no_memory(import);
    for (size_t i = 0; i < log->n_jobs; i++)
        graph->visitor[i] = NINJA_GRAPH_NO_JOB;
    for (uint32_t i = 0; i < names_count(graph->ids); i++)
        graph->nodes[i] =
            (struct ninja_graph_node){.job = NINJA_GRAPH_NO_JOB, .visitor = NINJA_GRAPH_NO_JOB};
    for (size_t i = 0; i < log->n; i++) {
        uint32_t node = find_file(graph, log->entries[i].output);

        if (node == NAMES_NONE)
            continue;
        graph->nodes[node].job = log->entries[i].job;
        n_found += log->entries[i].job != last;
        last = log->entries[i].job;
    }
    if (graph->path.failed)
        return import_no_memory(import);
    mark_made(graph);
    remarks_add(&import->remarks, REMARK_NOT_IN_GRAPH, log->n_jobs - n_found);
    return 0;
}

static int compare_jobs(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

/* Puts the nodes before this one on the stack that the job has not been at. */
static size_t push_before(struct ninja_graph *graph, uint32_t node, uint32_t job, size_t n)
{
    const struct digraph *arrows = &graph->arrows;

    for (size_t k = arrows->first[node]; k < arrows->first[node + 1]; k++) {
        uint32_t before = arrows->arcs[k].from;

        if (graph->nodes[before].visitor == job || !graph->nodes[before].is_made)
            continue;
        graph->nodes[before].visitor = job;
        graph->stack[n++] = before;
    }
    return n;
}

size_t ninja_graph_needs(struct ninja_graph *graph, const struct ninja_entry *outputs,
                         size_t n_outputs, uint32_t *jobs)
{
    uint32_t job = outputs[0].job;
    size_t n = 0, n_waiting = 0;

    for (size_t i = 0; i < n_outputs; i++) {
        uint32_t node = find_file(graph, outputs[i].output);

        if (node != NAMES_NONE)
            n_waiting = push_before(graph, node, job, n_waiting);
    }
    while (n_waiting > 0) {
        uint32_t node = graph->stack[--n_waiting], made_by = graph->nodes[node].job;

        if (made_by == NINJA_GRAPH_NO_JOB) {
            n_waiting = push_before(graph, node, job, n_waiting);
        } else if (made_by != job && graph->visitor[made_by] != job) {
            graph->visitor[made_by] = job;
            jobs[n++] = made_by;
        }
    }
    qsort(jobs, n, sizeof *jobs, compare_jobs);
    return n;
}
