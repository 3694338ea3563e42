/* SPDX-License-Identifier: ISC */
#ifndef WAITD_IMPORT_INTERNAL_H
#define WAITD_IMPORT_INTERNAL_H

/* What the readers of the formats have in common. */

#include <jansson.h>
#include <stdint.h>

#include "client/import/import.h"

/* The longest of the users' own texts that is quoted in a message. */
#define IMPORT_QUOTE_MAX 64

/* Sets the fault.  Always -1, to be returned. */
int import_refuse(struct import *import, const struct import_text *file, size_t line,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
int import_no_memory(struct import *import);

/* Adds to a remark. */
static inline void import_remark(struct import *import, enum remark which)
{
    remarks_add(&import->remarks, which, 1);
}

/* Refuses what would be one more than the tasks of a recording.  0 or -1. */
int import_check_room(struct import *import, const struct import_text *file, size_t line);

/* end - start, or 0 with a remark where that is negative. */
int64_t import_span(struct import *import, int64_t start_ns, int64_t end_ns);

/* ---- JSON -------------------------------------------------------------------- */

/* One of the JSON values of a file, which are one behind the other. */
struct import_json {
    const struct import_text *file;
    json_t *root;
    size_t offset;   /* where the next one begins */
    uint64_t number; /* which it is, from 0 */
};

/* Reads the next value, and frees the one before.  1, or 0 where there is none, or -1
 * with the fault set.  Begins with all zero but for the file. */
int import_json_next(struct import *import, struct import_json *json);
void import_json_fini(struct import_json *json);

/* Refuses the place that a path such as `jobs[3].steps` leads to, with what is wrong
 * there behind the path.  Always -1. */
int import_json_refuse(struct import *import, const struct import_json *json, const char *path,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A member that has to be text.  NULL where it is not there, or null.  Where it is
 * something else *wrong is set. */
const char *import_json_text(const json_t *object, const char *member, size_t *len, bool *wrong);

/* ---- The formats --------------------------------------------------------------- */

int import_ninja_read(struct import *import, const struct import_text *file);
int import_actions_read(struct import *import, const struct import_text *file);
int import_wfformat_read(struct import *import, const struct import_text *file);
int import_joblog_read(struct import *import, const struct import_text *file);

#endif
