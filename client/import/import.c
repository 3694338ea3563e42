/* SPDX-License-Identifier: ISC */
#include "client/import/import_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/nearest.h"

/* waitd's default max-wait. */
#define LONG_NS (INT64_C(30) * 86400 * 1000000000)

static size_t count_tasks(const struct recording *recording)
{
    return recording->n_tasks > 0 ? recording->n_tasks : 1;
}

static const struct import_format formats[] = {
    {"ninja", "graph", import_ninja_read, NULL},
    {"actions", "workflow", import_actions_read, NULL},
    {"wfformat", NULL, import_wfformat_read, count_tasks},
    {"joblog", NULL, import_joblog_read, NULL},
};
#define N_FORMATS (sizeof formats / sizeof formats[0])

const struct import_format *import_find(const char *name)
{
    for (size_t i = 0; i < N_FORMATS; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

const char *import_names(void)
{
    return "ninja, actions, wfformat or joblog";
}

const char *import_nearest(const char *name)
{
    struct nearest nearest;

    nearest_begin(&nearest, name, strlen(name));
    for (size_t i = 0; i < N_FORMATS; i++)
        nearest_try(&nearest, formats[i].name);
    return nearest.best;
}

/* ---- What the readers share ------------------------------------------------------ */

int import_refuse(struct import *import, const struct import_text *file, size_t line,
                  const char *format, ...)
{
    va_list arguments;

    import->fault.file = file->name;
    import->fault.line = line;
    va_start(arguments, format);
    vsnprintf(import->fault.message, sizeof import->fault.message, format, arguments);
    va_end(arguments);
    return -1;
}

int import_no_memory(struct import *import)
{
    import->fault = (struct import_fault){0};
    snprintf(import->fault.message, sizeof import->fault.message, "%s", strerror(ENOMEM));
    return -1;
}

int import_check_room(struct import *import, const struct import_text *file, size_t line)
{
    if (import->recording.n_tasks < RECORDING_TASKS_MAX)
        return 0;
    return import_refuse(import, file, line, "more than %d jobs, which is the most",
                         RECORDING_TASKS_MAX);
}

int64_t import_span(struct import *import, int64_t start_ns, int64_t end_ns)
{
    if (end_ns >= start_ns)
        return end_ns - start_ns;
    import_remark(import, REMARK_BACKWARDS);
    return 0;
}

/* ---- All of it ------------------------------------------------------------------ */

void import_fini(struct import *import)
{
    recording_fini(&import->recording);
}

/* What can be said of any recording. */
static void remark_on_recording(struct import *import)
{
    const struct recording *recording = &import->recording;

    for (size_t i = 0; i < recording->n_tasks; i++)
        if (recording->tasks[i].n_steps == 0 && recording->tasks[i].compute_ns > LONG_NS)
            import_remark(import, REMARK_TOO_LONG);
    for (size_t i = 0; i < recording->n_steps; i++)
        if (recording->steps[i].compute_ns > LONG_NS)
            import_remark(import, REMARK_TOO_LONG);
    remarks_add(&import->remarks, REMARK_NOT_UTF8, recording->n_repaired);
    if (recording->n_tasks == 0)
        import_remark(import, REMARK_NO_JOBS);
}

int import_run(const struct import_format *format, struct import *import,
               const struct import_text *files, size_t n_files, struct bytes *out)
{
    struct recording *recording = &import->recording;
    size_t workers;

    for (size_t i = 0; i < n_files; i++) {
        recording_begin_file(recording);
        if (format->read(import, &files[i]) < 0)
            return -1;
    }
    remarks_add(&import->remarks, REMARK_RENAMED_FILES, recording_separate_files(recording));
    remark_on_recording(import);
    workers = format->workers != NULL ? format->workers(recording) : recording_peak(recording);
    return recording_write(recording, workers, out) < 0 ? import_no_memory(import) : 0;
}
