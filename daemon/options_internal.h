/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OPTIONS_INTERNAL_H
#define WAITD_OPTIONS_INTERNAL_H

/*
 * The options, shared by the files that make them up:
 *
 *     options.c          the table, the flags, and all together
 *     options_file.c     the configuration file
 *     options_example.c  an example of it, from the table
 *     options_types.c    the types of values that the daemon alone has
 */

#include "daemon/options.h"
#include "proto/options/option_flags.h"

extern const struct option_type options_level, options_path, options_address, options_listen,
    options_host, options_origin, options_service, options_principal, options_cluster,
    options_cluster_name;

/* What is being read. */
struct reading {
    struct options options;
    struct option_flags flags;
    enum options_verdict verdict;
    char *problem; /* of OPTIONS_PROBLEM_MAX bytes */
};

/* Writes the problem, in one line, if it is the first; always -1. */
int options_set_problem(struct reading *reading, enum options_verdict verdict, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

/* Sets an option from its text.  0, or -1 with the problem written, which begins with where the
 * option is (`--`, or `FILE:LINE: `). */
int options_set(struct reading *reading, struct options *options, const struct option_row *row,
                const char *text, const char *where);

/*
 * Reads the configuration file, options.file or else the default one where it exists, and
 * sets what no flag has set.  0, or -1 with the problem written.
 */
int options_read_file(struct reading *reading, const char *default_file);

#endif
