/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BATCH_FILE_H
#define WAITD_BATCH_FILE_H

/* A file that has one batch, for commands that run it in several ways. */

#include "client/net/rewrite.h"
#include "client/net/source.h"

struct batch_file {
    char *const *path; /* borrowed */
    struct bytes text; /* all that is in it */
    bool is_broken;    /* it is no JSON, which the reader of requests reports */
    bool is_forecast;  /* the batch is asked for as a forecast */
    bool has_runs;     /* and says of how many runs */
};

/* Reads the file, `-` for standard input.  Says what is wrong on standard error, of the
 * file or of what is in it, and returns -1; it is to be released in any case. */
int batch_file_read(struct batch_file *file, char *const *path);
void batch_file_fini(struct batch_file *file);

/* Appends the batch with the overrides put in, or what is no JSON as it is.  0, or -1
 * when out of memory. */
int batch_file_append(const struct batch_file *file, const struct overrides *overrides,
                      struct bytes *out);

#endif
