/* SPDX-License-Identifier: ISC */
#include "tests/support/importing.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "client/import/import.h"
#include "tests/support/check.h"
#include "tests/support/reading.h"

static struct bytes shown, remarks;

void importing_gives(const char *got, const char *batch, const char *remark)
{
    ck_assert_str_eq(got, batch);
    ck_assert_msg(strstr(importing_remarks(), remark) != NULL, "%s", importing_remarks());
    if (*remark == '\0')
        ck_assert_str_eq(importing_remarks(), "");
}

void importing_begins(const char *got, const char *expected)
{
    ck_assert_msg(strncmp(got, expected, strlen(expected)) == 0, "%s, not %s", got, expected);
}

void importing_fini(void)
{
    bytes_fini(&shown);
    bytes_fini(&remarks);
}

/* The reader of requests takes it, and knows of as many jobs. */
static void check_request(const struct bytes *batch, size_t n_jobs)
{
    char *read = reading_run(&reading_limits, bytes_at(batch), bytes_len(batch), reading_whole,
                             NULL, SIZE_MAX);
    char jobs[40];

    snprintf(jobs, sizeof jobs, " jobs=%zu", n_jobs);
    ck_assert_msg(strncmp(read, "submit", 6) == 0 && strstr(read, jobs) != NULL, "%s", read);
    free(read);
}

static void show_batch(const struct bytes *batch)
{
    json_t *root = json_loadb(bytes_at(batch), bytes_len(batch), JSON_REJECT_DUPLICATES, NULL);
    json_t *job;
    size_t i;

    ck_assert(json_is_object(root));
    ck_assert_uint_eq(json_object_size(root), 2);
    bytes_add_format(&shown, "%lld\n",
                     (long long)json_integer_value(json_object_get(root, "workers")));
    json_array_foreach(json_object_get(root, "jobs"), i, job)
    {
        char *text = json_dumps(job, JSON_COMPACT | JSON_REAL_PRECISION(15));

        bytes_add_format(&shown, "%s\n", text);
        free(text);
    }
    check_request(batch, json_array_size(json_object_get(root, "jobs")));
    json_decref(root);
}

static void show_remarks(const struct remarks *which)
{
    bytes_consume(&remarks, bytes_len(&remarks));
    for (unsigned i = 0; i < REMARKS; i++) {
        size_t before = bytes_len(&remarks);

        remarks_word(which, (enum remark)i, &remarks);
        if (bytes_len(&remarks) > before)
            bytes_add_char(&remarks, '\n');
    }
    bytes_add_char(&remarks, '\0');
}

const char *importing_run(const char *format, struct importing texts)
{
    struct import_text files[] = {
        {"file", texts.file, strlen(texts.file)},
        {"second", texts.second, texts.second != NULL ? strlen(texts.second) : 0}};
    struct import_text side = {"side", texts.side, texts.side != NULL ? strlen(texts.side) : 0};
    struct import import = {.side = texts.side != NULL ? &side : NULL};
    struct bytes batch = {0};

    bytes_consume(&shown, bytes_len(&shown));
    if (import_run(import_find(format), &import, files, texts.second != NULL ? 2 : 1, &batch) == 0)
        show_batch(&batch);
    else
        bytes_add_format(&shown, "%s:%zu: %s", import.fault.file, import.fault.line,
                         import.fault.message);
    bytes_add_char(&shown, '\0');
    show_remarks(&import.remarks);
    bytes_fini(&batch);
    import_fini(&import);
    return bytes_at(&shown);
}

const char *importing_remarks(void)
{
    return bytes_at(&remarks);
}
