/* SPDX-License-Identifier: ISC */
#include "client/net/graph.h"

#include <stdlib.h>
#include <string.h>

#include "client/base/bytes.h"

/* Jobs of the request in a row that are alike. */
struct entry {
    uint64_t first; /* before graph_seal(): how many there are; then the first one's index */
    uint64_t count; /* of each; 0 for the default */
    uint32_t after; /* where its list begins in `lists`; or one of these: */
    uint32_t n_after;
};
#define AFTER_DEFAULT UINT32_MAX

struct name {
    uint32_t hash;
    uint32_t text; /* where it begins in `texts` */
    uint32_t len;
};

struct graph {
    struct bytes entries; /* of struct entry */
    struct bytes lists;   /* of uint32_t, numbers of names */
    struct bytes names;   /* of struct name */
    struct bytes texts;   /* a NUL behind each */
    uint32_t *table;      /* numbers of names plus 1, 0 for none; at most half full */
    size_t room;
    size_t pending; /* where in `lists` the `after` under way begins */
    struct entry defaults;
    uint64_t jobs;
    bool failed;
};

struct graph *graph_new(void)
{
    struct graph *graph = calloc(1, sizeof *graph);

    if (graph != NULL)
        graph->defaults.count = 1;
    return graph;
}

void graph_free(struct graph *graph)
{
    if (graph == NULL)
        return;
    bytes_fini(&graph->entries);
    bytes_fini(&graph->lists);
    bytes_fini(&graph->names);
    bytes_fini(&graph->texts);
    free(graph->table);
    free(graph);
}

/* Nothing has been consumed from these, so they stand aligned at their start. */
static struct entry *entry_at(const struct graph *graph, size_t i)
{
    return (struct entry *)(void *)graph->entries.data + i;
}

static size_t n_entries(const struct graph *graph)
{
    return bytes_len(&graph->entries) / sizeof(struct entry);
}

static const uint32_t *lists(const struct graph *graph)
{
    return (const uint32_t *)(const void *)graph->lists.data;
}

static size_t n_listed(const struct graph *graph)
{
    return bytes_len(&graph->lists) / sizeof(uint32_t);
}

static const struct name *name_at(const struct graph *graph, uint32_t number)
{
    return (const struct name *)(const void *)graph->names.data + number;
}

uint32_t graph_names(const struct graph *graph)
{
    return (uint32_t)(bytes_len(&graph->names) / sizeof(struct name));
}

const char *graph_name(const struct graph *graph, uint32_t number, size_t *len)
{
    *len = name_at(graph, number)->len;
    return graph->texts.data + name_at(graph, number)->text;
}

uint64_t graph_jobs(const struct graph *graph)
{
    return graph->jobs;
}

/* ---- Names: open addressing ------------------------------------------------ */

/* FNV-1a.  The names are the user's own: nobody chooses them to collide. */
static uint32_t hash_of(const char *name, size_t len)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash;
}

/* Where the name is in the table, or would be. */
static size_t place_of(const struct graph *graph, const char *name, size_t len, uint32_t hash)
{
    size_t place = hash & (graph->room - 1);

    for (; graph->table[place] != 0; place = (place + 1) & (graph->room - 1)) {
        const struct name *there = name_at(graph, graph->table[place] - 1);

        if (there->hash == hash && there->len == len &&
            memcmp(graph->texts.data + there->text, name, len) == 0)
            break;
    }
    return place;
}

uint32_t graph_find(const struct graph *graph, const char *name, size_t len)
{
    uint32_t found;

    if (graph->room == 0)
        return GRAPH_NONE;
    found = graph->table[place_of(graph, name, len, hash_of(name, len))];
    return found > 0 ? found - 1 : GRAPH_NONE;
}

static bool grow_table(struct graph *graph)
{
    size_t room = graph->room > 0 ? graph->room * 2 : 64;
    uint32_t *table = calloc(room, sizeof table[0]);

    if (table == NULL)
        return false;
    for (uint32_t i = 0; i < graph_names(graph); i++) {
        size_t place = name_at(graph, i)->hash & (room - 1);

        while (table[place] != 0)
            place = (place + 1) & (room - 1);
        table[place] = i + 1;
    }
    free(graph->table);
    graph->table = table;
    graph->room = room;
    return true;
}

static size_t size(const struct graph *graph)
{
    return bytes_len(&graph->entries) + bytes_len(&graph->lists) + bytes_len(&graph->names) +
           bytes_len(&graph->texts) + graph->room * sizeof graph->table[0];
}

/* The number of a name, given to it now if it is new. */
static uint32_t number_of(struct graph *graph, const char *text, size_t len)
{
    struct name name = {hash_of(text, len), (uint32_t)bytes_len(&graph->texts), (uint32_t)len};
    size_t place;

    if ((size_t)graph_names(graph) * 2 >= graph->room && !grow_table(graph)) {
        graph->failed = true;
        return 0;
    }
    place = place_of(graph, text, len, name.hash);
    if (graph->table[place] != 0)
        return graph->table[place] - 1;
    bytes_add(&graph->texts, text, len);
    bytes_add_char(&graph->texts, '\0');
    bytes_add(&graph->names, (const char *)&name, sizeof name);
    if (graph->texts.failed || graph->names.failed)
        graph->failed = true;
    else
        graph->table[place] = graph_names(graph);
    return graph_names(graph) - 1;
}

/* ---- Building ---------------------------------------------------------------- */

/* What would be too much is not kept. */
static bool has_room(struct graph *graph, size_t more)
{
    if (size(graph) + more > GRAPH_MAX_BYTES)
        graph->failed = true;
    return !graph->failed;
}

void graph_add_after(struct graph *graph, const char *name, size_t len)
{
    uint32_t number;

    if (!has_room(graph, len + 1 + sizeof(struct name) + sizeof number))
        return;
    number = number_of(graph, name, len);
    bytes_add(&graph->lists, (const char *)&number, sizeof number);
    graph->failed |= graph->lists.failed;
}

/* Takes the names added since the last time. */
static struct entry take_pending(struct graph *graph, uint64_t count, bool has_after)
{
    struct entry entry = {1, count, AFTER_DEFAULT, 0};

    if (has_after) {
        entry.after = (uint32_t)graph->pending;
        entry.n_after = (uint32_t)(n_listed(graph) - graph->pending);
    }
    return entry;
}

static bool are_alike(const struct graph *graph, const struct entry *a, const struct entry *b)
{
    if (a->count != b->count || a->n_after != b->n_after ||
        (a->after == AFTER_DEFAULT) != (b->after == AFTER_DEFAULT))
        return false;
    return a->n_after == 0 || memcmp(lists(graph) + a->after, lists(graph) + b->after,
                                     a->n_after * sizeof(uint32_t)) == 0;
}

void graph_add_jobs(struct graph *graph, uint64_t count, bool has_after)
{
    struct entry entry;

    if (!has_room(graph, sizeof entry))
        return;
    entry = take_pending(graph, count, has_after);
    if (n_entries(graph) > 0 && are_alike(graph, entry_at(graph, n_entries(graph) - 1), &entry)) {
        entry_at(graph, n_entries(graph) - 1)->first++;
        graph->lists.end = graph->lists.start + graph->pending * sizeof(uint32_t);
        return;
    }
    bytes_add(&graph->entries, (const char *)&entry, sizeof entry);
    graph->failed |= graph->entries.failed;
    graph->pending = n_listed(graph);
}

void graph_set_defaults(struct graph *graph, uint64_t count, bool has_after)
{
    graph->defaults = take_pending(graph, count > 0 ? count : 1, has_after);
    graph->pending = n_listed(graph);
}

bool graph_seal(struct graph *graph)
{
    uint64_t jobs = 0;

    if (graph->failed)
        return false;
    for (size_t i = 0; i < n_entries(graph); i++) {
        struct entry *entry = entry_at(graph, i);
        uint64_t count = entry->count > 0 ? entry->count : graph->defaults.count, n;

        if (__builtin_mul_overflow(entry->first, count, &n) || __builtin_add_overflow(jobs, n, &n))
            return false;
        entry->first = jobs;
        if (entry->after == AFTER_DEFAULT && graph->defaults.n_after > 0) {
            entry->after = graph->defaults.after;
            entry->n_after = graph->defaults.n_after;
        }
        jobs = n;
    }
    graph->jobs = jobs;
    return true;
}

/* ---- Asking ------------------------------------------------------------------ */

size_t graph_after(const struct graph *graph, uint64_t job, const uint32_t **names)
{
    size_t low = 0, high = n_entries(graph);
    const struct entry *entry;

    *names = NULL;
    if (job >= graph->jobs || graph_names(graph) == 0)
        return 0;
    /* The last entry that begins at the job or before it. */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (entry_at(graph, middle)->first <= job)
            low = middle;
        else
            high = middle;
    }
    entry = entry_at(graph, low);
    if (entry->n_after > 0)
        *names = lists(graph) + entry->after;
    return entry->n_after;
}
