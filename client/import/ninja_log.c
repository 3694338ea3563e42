/* SPDX-License-Identifier: ISC */
#include "client/import/ninja_log.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/array.h"
#include "client/import/import_names.h"

#define VERSION_MIN 4
#define VERSION_MAX 7

/* Where lines of different outputs look like so many builds, of fewer lines than this
 * each, they are in no order of time: of times in random order every other one falls,
 * which makes builds of two lines. */
#define SHUFFLED_BUILDS_MIN 6
#define SHUFFLED_LINES_MAX  4

/* A time of ninja's is an int of milliseconds, which leaves room for the arithmetic. */
#define TIME_MAX_MS INT64_C(1000000000000)

void ninja_log_fini(struct ninja_log *log)
{
    free(log->entries);
    *log = (struct ninja_log){0};
}

/* ---- Lines -------------------------------------------------------------------- */

static int check_heading(struct import *import, const struct import_text *file, struct rows *rows)
{
    static const char heading[] = "# ninja log v";
    struct rows_field version;
    int64_t number;

    if (!rows_next(rows) || !rows_begins(rows->line, heading))
        return import_refuse(import, file, 1, "not a log of ninja, whose first line is \"%s5\"",
                             heading);
    version = (struct rows_field){.text = rows->line.text + strlen(heading),
                                  .len = rows->line.len - strlen(heading)};
    if (rows_integer(version, &number) && number >= VERSION_MIN && number <= VERSION_MAX)
        return 0;
    return import_refuse(import, file, 1,
                         "a log of ninja's version \"%.*s\", where %d to %d can be read",
                         (int)(version.len < IMPORT_QUOTE_MAX ? version.len : IMPORT_QUOTE_MAX),
                         version.text, VERSION_MIN, VERSION_MAX);
}

static bool is_hash(struct rows_field field)
{
    for (size_t i = 0; i < field.len; i++)
        if (memchr("0123456789abcdefABCDEF", field.text[i], 22) == NULL)
            return false;
    return field.len > 0 && field.len <= 16;
}

static int read_entry(struct import *import, const struct import_text *file,
                      const struct rows *rows, struct ninja_entry *entry)
{
    struct rows_field fields[6];
    size_t n = rows_split(rows, fields, 6);
    int64_t mtime;

    entry->line = rows->number;
    if (n != 5)
        return import_refuse(import, file, rows->number,
                             "an entry has 5 fields with tabs between them, not %zu%s", n,
                             n > 5 ? " or more" : "");
    if (!rows_integer(fields[0], &entry->start_ms) || entry->start_ms < 0 ||
        entry->start_ms > TIME_MAX_MS)
        return import_refuse(import, file, rows->number, "the start is no time in milliseconds");
    if (!rows_integer(fields[1], &entry->end_ms) || entry->end_ms < entry->start_ms ||
        entry->end_ms > TIME_MAX_MS)
        return import_refuse(import, file, rows->number,
                             "the end is no time in milliseconds from the start on");
    if (!rows_integer(fields[2], &mtime))
        return import_refuse(import, file, rows->number, "the modification time is no integer");
    if (fields[3].len == 0 || memchr(fields[3].text, '\0', fields[3].len) != NULL)
        return import_refuse(import, file, rows->number, "the output is no path");
    if (!is_hash(fields[4]))
        return import_refuse(import, file, rows->number,
                             "the hash is not of up to 16 hexadecimal digits");
    entry->output = fields[3];
    entry->hash = fields[4];
    return 0;
}

static int read_entries(struct ninja_log *log, struct import *import,
                        const struct import_text *file)
{
    struct rows rows = rows_of(file->text, file->len);

    if (check_heading(import, file, &rows) < 0)
        return -1;
    while (rows_next(&rows)) {
        struct ninja_entry *entries;

        if (log->n == RECORDING_TASKS_MAX)
            return import_refuse(import, file, rows.number,
                                 "more than %d entries, which is the most", RECORDING_TASKS_MAX);
        entries = array_reserve(log->entries, log->n, &log->room, sizeof *entries);
        if (entries == NULL)
            return import_no_memory(import);
        log->entries = entries;
        if (read_entry(import, file, &rows, &log->entries[log->n]) < 0)
            return -1;
        log->entries[log->n].place = (uint32_t)log->n;
        log->n++;
    }
    return 0;
}

/* ---- Builds ------------------------------------------------------------------- */

/* What the order of the lines says of builds. */
struct builds {
    size_t n;          /* how many there seem to be */
    size_t last;       /* the first entry of the last one */
    size_t n_distinct; /* entries before the first whose output is there already */
    size_t n_among;    /* builds that seem to begin among them */
};

/* newest: by the number of an output, its newest entry. */
static void find_builds(const struct ninja_log *log, struct names *outputs, size_t *newest,
                        struct builds *builds)
{
    bool all_distinct = true;

    *builds = (struct builds){0};
    for (size_t i = 0; i < log->n; i++) {
        const struct ninja_entry *entry = &log->entries[i];
        uint32_t known = names_count(outputs);
        uint32_t output = names_add(outputs, entry->output.text, entry->output.len);
        bool is_new = output == known;

        if (i == 0 || entry->end_ms < entry[-1].end_ms ||
            (!is_new && newest[output] >= builds->last)) {
            builds->n++;
            builds->last = i;
        }
        newest[output] = i;
        all_distinct = all_distinct && is_new;
        if (all_distinct) {
            builds->n_distinct = i + 1;
            builds->n_among = builds->n;
        }
    }
}

static bool is_shuffled(const struct builds *builds)
{
    return builds->n_among >= SHUFFLED_BUILDS_MIN &&
           builds->n_distinct < SHUFFLED_LINES_MAX * builds->n_among;
}

/* Keeps the entries of the last build, or the newest of each output. */
static int choose_build(struct ninja_log *log, struct import *import)
{
    struct names *outputs = import_names_new(log->n);
    size_t *newest = malloc((log->n + 1) * sizeof *newest), n = 0;
    struct builds builds;

    if (outputs == NULL || newest == NULL) {
        names_free(outputs);
        free(newest);
        return import_no_memory(import);
    }
    find_builds(log, outputs, newest, &builds);
    for (size_t i = 0; i < log->n; i++) {
        struct rows_field output = log->entries[i].output;

        if (is_shuffled(&builds) ? newest[names_find(outputs, output.text, output.len)] == i
                                 : i >= builds.last)
            log->entries[n++] = log->entries[i];
    }
    log->n = n;
    if (is_shuffled(&builds))
        import_remark(import, REMARK_HASH_ORDER);
    else if (builds.n > 1)
        remarks_add(&import->remarks, REMARK_OLDER_BUILDS, builds.n - 1);
    names_free(outputs);
    free(newest);
    return 0;
}

/* ---- Jobs --------------------------------------------------------------------- */

/* By what makes entries one job. */
static int compare_commands(const struct ninja_entry *a, const struct ninja_entry *b)
{
    size_t len = a->hash.len < b->hash.len ? a->hash.len : b->hash.len;
    int order;

    if (a->start_ms != b->start_ms)
        return a->start_ms < b->start_ms ? -1 : 1;
    if (a->end_ms != b->end_ms)
        return a->end_ms < b->end_ms ? -1 : 1;
    order = memcmp(a->hash.text, b->hash.text, len);
    return order != 0 ? order : (a->hash.len > b->hash.len) - (a->hash.len < b->hash.len);
}

static int by_command(const void *a, const void *b)
{
    const struct ninja_entry *left = a, *right = b;
    int order = compare_commands(left, right);

    return order != 0 ? order : (left->place > right->place) - (left->place < right->place);
}

/* By start, then by the place of the job's first entry, which is in `job` as yet. */
static int by_start(const void *a, const void *b)
{
    const struct ninja_entry *left = a, *right = b;

    if (left->start_ms != right->start_ms)
        return left->start_ms < right->start_ms ? -1 : 1;
    if (left->job != right->job)
        return left->job < right->job ? -1 : 1;
    return (left->place > right->place) - (left->place < right->place);
}

static void number_jobs(struct ninja_log *log)
{
    struct ninja_entry *entries = log->entries;
    uint32_t first = 0;

    if (log->n == 0)
        return;
    qsort(entries, log->n, sizeof *entries, by_command);
    for (size_t i = 0; i < log->n; i++)
        entries[i].job = i > 0 && compare_commands(&entries[i - 1], &entries[i]) == 0
                             ? entries[i - 1].job
                             : entries[i].place;
    qsort(entries, log->n, sizeof *entries, by_start);
    for (size_t i = 0; i < log->n; i++) {
        bool is_same = i > 0 && entries[i].job == first;

        first = entries[i].job;
        log->n_jobs += !is_same;
        entries[i].job = (uint32_t)(log->n_jobs - 1);
    }
}

int ninja_log_read(struct ninja_log *log, struct import *import, const struct import_text *file)
{
    if (read_entries(log, import, file) < 0 || choose_build(log, import) < 0)
        return -1;
    number_jobs(log);
    remarks_add(&import->remarks, REMARK_JOINT_OUTPUTS, log->n - log->n_jobs);
    return 0;
}
