/* SPDX-License-Identifier: ISC */
#include "client/import/workflow.h"

#include <stdlib.h>
#include <string.h>

#include "client/base/array.h"
#include "client/import/digraph.h"
#include "client/import/import_names.h"

void workflow_fini(struct workflow *workflow)
{
    if (workflow->has_document)
        yaml_document_delete(&workflow->document);
    free(workflow->jobs);
    free(workflow->needs);
    names_free(workflow->ids);
    free(workflow->is_passed);
    free(workflow->stack);
    *workflow = (struct workflow){0};
}

/* ---- YAML --------------------------------------------------------------------- */

/* A line, counted from 0 as libyaml does, where the end of a text may be a line of its own. */
static size_t line_within(const struct import_text *file, size_t line)
{
    size_t n = 1;

    for (size_t i = 0; i + 1 < file->len; i++)
        n += file->text[i] == '\n';
    return line < n ? line + 1 : n;
}

static int load(struct workflow *workflow, struct import *import, const struct import_text *file)
{
    yaml_parser_t parser;
    int result = 0;

    if (!yaml_parser_initialize(&parser))
        return import_no_memory(import);
    yaml_parser_set_input_string(&parser, (const unsigned char *)file->text, file->len);
    workflow->has_document = yaml_parser_load(&parser, &workflow->document) != 0;
    if (!workflow->has_document && parser.error == YAML_MEMORY_ERROR)
        result = import_no_memory(import);
    else if (!workflow->has_document)
        result = import_refuse(import, file, line_within(file, parser.problem_mark.line),
                               "not valid YAML: %s",
                               parser.problem != NULL ? parser.problem : "it cannot be read");
    yaml_parser_delete(&parser);
    return result;
}

static const yaml_node_t *node_at(const struct workflow *workflow, int index)
{
    return yaml_document_get_node((yaml_document_t *)(uintptr_t)&workflow->document, index);
}

static bool is_scalar(const yaml_node_t *node)
{
    return node != NULL && node->type == YAML_SCALAR_NODE;
}

static size_t line_of(const yaml_node_t *node)
{
    return node != NULL ? node->start_mark.line + 1 : 1;
}

static const char *text_of(const yaml_node_t *scalar)
{
    return (const char *)scalar->data.scalar.value;
}

static size_t count_pairs(const yaml_node_t *mapping)
{
    return (size_t)(mapping->data.mapping.pairs.top - mapping->data.mapping.pairs.start);
}

/* The value of a mapping's key, or NULL. */
static const yaml_node_t *member(const struct workflow *workflow, const yaml_node_t *mapping,
                                 const char *key)
{
    if (mapping == NULL || mapping->type != YAML_MAPPING_NODE)
        return NULL;
    for (size_t i = 0; i < count_pairs(mapping); i++) {
        const yaml_node_pair_t *pair = &mapping->data.mapping.pairs.start[i];
        const yaml_node_t *name = node_at(workflow, pair->key);

        if (is_scalar(name) && strcmp(text_of(name), key) == 0)
            return node_at(workflow, pair->value);
    }
    return NULL;
}

/* ---- Jobs --------------------------------------------------------------------- */

static int read_job(struct workflow *workflow, struct import *import,
                    const struct import_text *file, const yaml_node_pair_t *pair)
{
    const yaml_node_t *id = node_at(workflow, pair->key), *job = node_at(workflow, pair->value);
    const yaml_node_t *name = member(workflow, job, "name");
    struct workflow_job *read = &workflow->jobs[workflow->n_jobs];

    if (!is_scalar(id) || job == NULL || job->type != YAML_MAPPING_NODE)
        return import_refuse(import, file, line_of(id), "a job is a mapping under its id");
    if (names_add(workflow->ids, text_of(id), id->data.scalar.length) != workflow->n_jobs)
        return import_refuse(import, file, line_of(id), "the job \"%.*s\" is there twice",
                             IMPORT_QUOTE_MAX, text_of(id));
    if (name != NULL && !is_scalar(name))
        return import_refuse(import, file, line_of(name), "the name of a job is text");
    *read = (struct workflow_job){
        .id = text_of(id), .id_len = id->data.scalar.length, .line = line_of(id)};
    read->name = name != NULL ? text_of(name) : read->id;
    read->name_len = name != NULL ? name->data.scalar.length : read->id_len;
    workflow->n_jobs++;
    return 0;
}

static int add_need(struct workflow *workflow, struct import *import,
                    const struct import_text *file, struct workflow_job *job,
                    const yaml_node_t *need)
{
    uint32_t id, *needs;

    if (!is_scalar(need))
        return import_refuse(import, file, line_of(need), "what a job needs is the id of a job");
    id = names_find(workflow->ids, text_of(need), need->data.scalar.length);
    if (id == NAMES_NONE)
        return import_refuse(import, file, line_of(need),
                             "the job \"%.*s\" needs \"%.*s\", which is no job of the workflow",
                             IMPORT_QUOTE_MAX, job->id, IMPORT_QUOTE_MAX, text_of(need));
    needs = array_reserve(workflow->needs, workflow->n_needs, &workflow->room_needs, sizeof *needs);
    if (needs == NULL)
        return import_no_memory(import);
    workflow->needs = needs;
    workflow->needs[workflow->n_needs++] = id;
    job->n_needs++;
    return 0;
}

static int read_needs(struct workflow *workflow, struct import *import,
                      const struct import_text *file, struct workflow_job *job,
                      const yaml_node_t *needs)
{
    int result = 0;

    job->first_need = workflow->n_needs;
    if (needs == NULL || needs->type != YAML_SEQUENCE_NODE)
        return needs == NULL ? 0 : add_need(workflow, import, file, job, needs);
    for (const yaml_node_item_t *item = needs->data.sequence.items.start;
         item < needs->data.sequence.items.top && result == 0; item++)
        result = add_need(workflow, import, file, job, node_at(workflow, *item));
    return result;
}

static int check_order(const struct workflow *workflow, struct import *import,
                       const struct import_text *file)
{
    struct digraph order = {0};
    struct digraph_arc arc = {0};
    enum digraph_result result = DIGRAPH_OK;

    for (uint32_t i = 0; i < workflow->n_jobs; i++) {
        const struct workflow_job *job = &workflow->jobs[i];

        for (size_t k = job->first_need; k < job->first_need + job->n_needs; k++)
            if (digraph_add(&order, (struct digraph_arc){.from = workflow->needs[k],
                                                         .to = i,
                                                         .line = job->line}) < 0)
                result = DIGRAPH_NOMEM;
    }
    if (result == DIGRAPH_OK)
        result = digraph_sort(&order, (uint32_t)workflow->n_jobs, &arc);
    digraph_fini(&order);
    if (result == DIGRAPH_NOMEM)
        return import_no_memory(import);
    return result == DIGRAPH_OK ? 0
                                : import_refuse(import, file, arc.line,
                                                "a cycle: the job \"%.*s\" needs what needs it",
                                                IMPORT_QUOTE_MAX, workflow->jobs[arc.to].id);
}

static int read_jobs(struct workflow *workflow, struct import *import,
                     const struct import_text *file, const yaml_node_t *jobs)
{
    size_t n = count_pairs(jobs);
    int result = 0;

    workflow->jobs = calloc(n + 1, sizeof *workflow->jobs);
    workflow->ids = import_names_new(n);
    workflow->is_passed = malloc(n + 1);
    workflow->stack = malloc((n + 1) * sizeof *workflow->stack);
    if (workflow->jobs == NULL || workflow->ids == NULL || workflow->is_passed == NULL ||
        workflow->stack == NULL)
        return import_no_memory(import);
    for (size_t i = 0; i < n && result == 0; i++)
        result = read_job(workflow, import, file, &jobs->data.mapping.pairs.start[i]);
    for (size_t i = 0; i < n && result == 0; i++)
        result = read_needs(
            workflow, import, file, &workflow->jobs[i],
            member(workflow, node_at(workflow, jobs->data.mapping.pairs.start[i].value), "needs"));
    return result < 0 ? -1 : check_order(workflow, import, file);
}

int workflow_read(struct workflow *workflow, struct import *import, const struct import_text *file)
{
    const yaml_node_t *root, *jobs;

    if (load(workflow, import, file) < 0)
        return -1;
    root = yaml_document_get_root_node(&workflow->document);
    jobs = member(workflow, root, "jobs");
    if (jobs == NULL || jobs->type != YAML_MAPPING_NODE)
        return import_refuse(import, file, line_of(jobs != NULL ? jobs : root),
                             "not a workflow of GitHub Actions, which has a mapping under "
                             "\"jobs\"");
    return read_jobs(workflow, import, file, jobs);
}

/* ---- Names -------------------------------------------------------------------- */

/* The length of the `${{ ... }}` at the pattern, brackets included; else 0. */
static size_t expression(const char *pattern, size_t len)
{
    const char *end;

    if (len < 5 || memcmp(pattern, "${{", 3) != 0)
        return 0;
    end = memmem(pattern + 3, len - 3, "}}", 2);
    return end != NULL ? (size_t)(end - pattern) + 2 : 0;
}

/* Whether the text is the pattern with something in place of its expressions, and, for a
 * tail that is not empty, the tail and anything behind it. */
static bool matches(const char *pattern, size_t len, const char *tail, const char *text,
                    size_t text_len)
{
    size_t tail_len = strlen(tail), at = 0, in = 0, retry_at = SIZE_MAX, retry_in = 0;

    /* As for `*` in names of files: only the last wildcard has to be tried again. */
    for (;;) {
        size_t skipped = at < len ? expression(pattern + at, len - at) : 0;
        bool is_wild = skipped > 0 || (tail_len > 0 && at == len + tail_len);

        if (is_wild) {
            if (skipped == 0)
                return true;
            at += skipped;
            retry_at = at;
            retry_in = in;
        } else if (at == len + tail_len && in == text_len) {
            return true;
        } else if (at < len + tail_len && in < text_len &&
                   (at < len ? pattern[at] : tail[at - len]) == text[in]) {
            at++;
            in++;
        } else if (retry_at != SIZE_MAX && retry_in < text_len) {
            at = retry_at;
            in = ++retry_in;
        } else {
            return false;
        }
    }
}

static size_t literal_length(const char *pattern, size_t len)
{
    size_t n = 0;

    for (size_t at = 0, skipped; at<len; at += skipped> 0 ? skipped : 1) {
        skipped = expression(pattern + at, len - at);
        n += skipped == 0;
    }
    return n;
}

size_t workflow_find(const struct workflow *workflow, const char *name, size_t len)
{
    size_t found = WORKFLOW_NONE, best = 0;

    for (size_t i = 0; i < workflow->n_jobs; i++) {
        const struct workflow_job *job = &workflow->jobs[i];
        bool is_whole = matches(job->name, job->name_len, "", name, len);
        size_t score = 2 * literal_length(job->name, job->name_len) + is_whole + 1;

        if (score > best && (is_whole || matches(job->name, job->name_len, " (", name, len) ||
                             matches(job->name, job->name_len, " / ", name, len))) {
            best = score;
            found = i;
        }
    }
    return found;
}

bool workflow_is_called(const struct workflow *workflow, size_t job, const char *name, size_t len)
{
    const struct workflow_job *of = &workflow->jobs[job];

    return !matches(of->name, of->name_len, "", name, len) && memmem(name, len, " / ", 3) != NULL;
}

/* ---- Needs -------------------------------------------------------------------- */

size_t workflow_needs(struct workflow *workflow, size_t job, const bool *there, uint32_t *jobs)
{
    size_t n = 0, n_waiting = 1;

    memset(workflow->is_passed, 0, workflow->n_jobs);
    workflow->stack[0] = (uint32_t)job;
    while (n_waiting > 0) {
        const struct workflow_job *at = &workflow->jobs[workflow->stack[--n_waiting]];

        for (size_t k = at->first_need; k < at->first_need + at->n_needs; k++) {
            uint32_t need = workflow->needs[k];

            if (workflow->is_passed[need])
                continue;
            workflow->is_passed[need] = true;
            if (there[need])
                jobs[n++] = need;
            else
                workflow->stack[n_waiting++] = need;
        }
    }
    return n;
}
