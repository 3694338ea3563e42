/* SPDX-License-Identifier: ISC */
#include "client/import/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/array.h"
#include "client/base/text.h"
#include "client/import/import_names.h"
#include "proto/utf8.h"

void recording_fini(struct recording *recording)
{
    pool_fini(&recording->texts);
    free(recording->tasks);
    free(recording->steps);
    free(recording->after);
    free(recording->files);
    *recording = (struct recording){0};
}

/* ---- Adding ---------------------------------------------------------------- */

/* As array_reserve(); NULL, too, once memory has run out. */
static void *make_room(struct recording *recording, void *array, size_t n, size_t *room,
                       size_t item_size)
{
    void *moved = recording->failed ? NULL : array_reserve(array, n, room, item_size);

    recording->failed |= moved == NULL;
    return moved;
}

/* Copies a text as UTF-8, so that JSON can hold it. */
static struct recording_text add_text(struct recording *recording, const char *text, size_t len)
{
    bool is_utf8 = utf8_is_well_formed(text, len);
    /* U+FFFD has three bytes and may replace one. */
    char *to = pool_reserve(&recording->texts, is_utf8 ? len : 3 * len);
    struct recording_text added = {.text = to};

    if (to == NULL) {
        recording->failed = true;
        return (struct recording_text){.text = ""};
    }
    if (is_utf8) {
        memcpy(to, text, len);
        added.len = len;
        return added;
    }
    recording->n_repaired++;
    while (len > 0) {
        size_t n = 1;

        while (n < 4 && n < len && !utf8_is_well_formed(text, n))
            n++;
        if (utf8_is_well_formed(text, n)) {
            memcpy(to + added.len, text, n);
            added.len += n;
        } else {
            n = 1;
            memcpy(to + added.len, "\xef\xbf\xbd", 3);
            added.len += 3;
        }
        text += n;
        len -= n;
    }
    return added;
}

void recording_begin_file(struct recording *recording)
{
    size_t *files = make_room(recording, recording->files, recording->n_files,
                              &recording->room_files, sizeof *files);

    if (files == NULL)
        return;
    recording->files = files;
    files[recording->n_files++] = recording->n_tasks;
}

void recording_add_task(struct recording *recording, const char *name, size_t len, int64_t start_ns,
                        int64_t end_ns)
{
    struct recording_task *tasks = make_room(recording, recording->tasks, recording->n_tasks,
                                             &recording->room_tasks, sizeof *tasks);

    if (tasks == NULL)
        return;
    recording->tasks = tasks;
    tasks[recording->n_tasks++] = (struct recording_task){
        .name = add_text(recording, name, len),
        .start_ns = start_ns,
        .end_ns = end_ns,
        .compute_ns = end_ns - start_ns,
    };
}

/* The last task, or NULL where something could not be added. */
static struct recording_task *last_task(struct recording *recording)
{
    return recording->failed ? NULL : &recording->tasks[recording->n_tasks - 1];
}

void recording_set_fails(struct recording *recording)
{
    struct recording_task *task = last_task(recording);

    if (task != NULL)
        task->fails = true;
}

void recording_add_step(struct recording *recording, const char *note, size_t len,
                        int64_t compute_ns)
{
    struct recording_task *task = last_task(recording);
    struct recording_step *steps = make_room(recording, recording->steps, recording->n_steps,
                                             &recording->room_steps, sizeof *steps);

    if (steps == NULL)
        return;
    recording->steps = steps;
    if (task->n_steps++ == 0)
        task->first_step = recording->n_steps;
    steps[recording->n_steps++] =
        (struct recording_step){.compute_ns = compute_ns, .note = add_text(recording, note, len)};
}

static void add_after(struct recording *recording, struct recording_task *task,
                      struct recording_text name)
{
    struct recording_text *after = make_room(recording, recording->after, recording->n_after,
                                             &recording->room_after, sizeof *after);

    if (after == NULL)
        return;
    recording->after = after;
    if (task->n_after++ == 0)
        task->first_after = recording->n_after;
    after[recording->n_after++] = name;
}

void recording_add_after(struct recording *recording, const char *name, size_t len)
{
    struct recording_task *task = last_task(recording);

    if (task != NULL)
        add_after(recording, task, add_text(recording, name, len));
}

void recording_add_dependency(struct recording *recording, size_t task, size_t other)
{
    if (!recording->failed)
        add_after(recording, &recording->tasks[task], recording->tasks[other].name);
}

/* ---- Several files --------------------------------------------------------- */

/* What is behind the names of a file that a number distinguishes. */
#define SUFFIX_MAX 32

/* Puts the name with its suffix into *name.  Returns whether there was memory for it. */
static bool append(struct recording *recording, struct recording_text *name, const char *suffix)
{
    size_t len = strlen(suffix);
    char *to = pool_reserve(&recording->texts, name->len + len);

    if (to == NULL) {
        recording->failed = true;
        return false;
    }
    memcpy(to, name->text, name->len);
    memcpy(to + name->len, suffix, len);
    *name = (struct recording_text){.text = to, .len = name->len + len};
    return true;
}

/* Whether a task of those from `first` to `end` would have, with the suffix, the name of
 * an earlier one. */
static bool has_known_name(struct recording *recording, const struct names *known, size_t first,
                           size_t end, const char *suffix)
{
    struct bytes name = {0};
    bool found = false;

    for (size_t i = first; i < end && !found; i++) {
        bytes_consume(&name, bytes_len(&name));
        bytes_add(&name, recording->tasks[i].name.text, recording->tasks[i].name.len);
        bytes_add_string(&name, suffix);
        found = names_find(known, bytes_at(&name), bytes_len(&name)) != NAMES_NONE;
    }
    recording->failed |= name.failed;
    bytes_fini(&name);
    return found && !recording->failed;
}

/* Renames the tasks from `first` to `end`, of the file of that number, if need be.
 * Returns whether it did. */
static bool separate_file(struct recording *recording, struct names *known, size_t first,
                          size_t end, size_t number)
{
    char suffix[SUFFIX_MAX] = "";

    while (has_known_name(recording, known, first, end, suffix))
        snprintf(suffix, sizeof suffix, " (%zu)", number++);
    for (size_t i = first; i < end; i++) {
        struct recording_task *task = &recording->tasks[i];

        for (size_t k = task->first_after; k < task->first_after + task->n_after; k++)
            if (suffix[0] != '\0' && !append(recording, &recording->after[k], suffix))
                return false;
        if (suffix[0] != '\0' && !append(recording, &task->name, suffix))
            return false;
        names_add(known, task->name.text, task->name.len);
    }
    return suffix[0] != '\0';
}

size_t recording_separate_files(struct recording *recording)
{
    struct names *known;
    size_t renamed = 0;

    if (recording->failed || recording->n_files < 2 || recording->n_after == 0)
        return 0;
    known = import_names_new(recording->n_tasks);
    if (known == NULL)
        recording->failed = true;
    for (size_t i = 0; i < recording->n_files && !recording->failed; i++) {
        size_t end = i + 1 < recording->n_files ? recording->files[i + 1] : recording->n_tasks;

        renamed += separate_file(recording, known, recording->files[i], end, i + 1);
    }
    names_free(known);
    return renamed;
}

/* ---- How many ran at once -------------------------------------------------- */

struct change {
    int64_t at_ns;
    int by; /* an end is -1 and is first, a begin is 1 */
};

static int compare_changes(const void *a, const void *b)
{
    const struct change *left = a, *right = b;

    if (left->at_ns != right->at_ns)
        return left->at_ns < right->at_ns ? -1 : 1;
    return left->by - right->by;
}

size_t recording_peak(struct recording *recording)
{
    struct change *changes = malloc((2 * recording->n_tasks + 1) * sizeof *changes);
    size_t n = 0, running = 0, peak = 1;

    if (changes == NULL) {
        recording->failed = true;
        return peak;
    }
    for (size_t i = 0; i < recording->n_tasks; i++) {
        const struct recording_task *task = &recording->tasks[i];

        /* What took no time ran beside nobody. */
        if (task->end_ns == task->start_ns)
            continue;
        changes[n++] = (struct change){.at_ns = task->start_ns, .by = 1};
        changes[n++] = (struct change){.at_ns = task->end_ns, .by = -1};
    }
    qsort(changes, n, sizeof *changes, compare_changes);
    for (size_t i = 0; i < n; i++) {
        running += (size_t)changes[i].by;
        if (running > peak)
            peak = running;
    }
    free(changes);
    return peak;
}
