/* SPDX-License-Identifier: ISC */
#ifndef WAITD_IMPORT_H
#define WAITD_IMPORT_H

/*
 * Batches from what other programs have recorded: `.ninja_log`, the jobs of a GitHub
 * Actions run, WfCommons instances, GNU parallel's joblog.  Each format is read into a
 * recording.  Works on texts in memory, opens nothing and prints nothing.
 *
 * A text that is not of its format, or whose dependencies form a cycle, is refused
 * as a whole, with its name, the line and one sentence.
 */

#include <stddef.h>

#include "client/import/recording.h"
#include "client/import/remarks.h"

struct import_text {
    const char *name; /* as it is shown to people */
    const char *text;
    size_t len;
};

#define IMPORT_MESSAGE_MAX 512

/* Why it failed. */
struct import_fault {
    const char *file; /* NULL when memory ran out */
    size_t line;      /* from 1; 0 where it is the file as a whole */
    char message[IMPORT_MESSAGE_MAX];
};

/* All zero to begin with, but for `side`. */
struct import {
    const struct import_text *side; /* the graph or the workflow; NULL for none */
    struct recording recording;
    struct remarks remarks;
    struct import_fault fault;
};

struct import_format {
    const char *name;
    const char *side; /* the flag, without `--`, of the file beside it; NULL for none */
    int (*read)(struct import *import, const struct import_text *file);
    /* NULL for how many jobs ran at one instant. */
    size_t (*workers)(const struct recording *recording);
};

/* The format of that name, or NULL. */
const struct import_format *import_find(const char *name);

/* `ninja, actions, wfformat or joblog`. */
const char *import_names(void);

/* The format whose name is meant, or NULL. */
const char *import_nearest(const char *name);

void import_fini(struct import *import);

/*
 * Reads the files, one behind the other, into one recording, and appends the batch to
 * `out`.  The texts are borrowed for the call.  0, or -1 with import->fault set; what
 * is in `out` is then of no use.
 */
int import_run(const struct import_format *format, struct import *import,
               const struct import_text *files, size_t n_files, struct bytes *out);

#endif
