/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OPTIONS_H
#define WAITD_OPTIONS_H

/*
 * The daemon's options: flags and the configuration file.  One constant table
 * (proto/options/option_table.h) names every option; the flags, the file's keys, `--help` and the
 * checks of the manuals come from it.  A flag prevails over the file, the file over the default.
 *
 * Not re-entrant (getopt_long(3) is not): for the main thread.
 */

#include <stdbool.h>
#include <stdio.h>

#include "daemon/base/log.h"
#include "daemon/session/limits.h"
#include "proto/options/option_value.h"

struct options {
    const char *file;           /* the configuration that was read, NULL for none; borrowed */
    const char *missing_file;   /* the one that would have been read; NULL if one was */
    struct option_texts listen; /* as written; never empty */
    struct option_texts http;   /* as written; empty for off */
    struct option_texts http_host, http_origin; /* that HTTP is served to besides */
    struct option_texts service;                /* `NAME=WORKERS` each */
    uint64_t http_max_header;                   /* bytes */
    int64_t http_header_timeout_ns;
    struct option_texts metrics;                          /* as written; empty for off */
    struct option_texts tls_cert, tls_key, tls_client_ca; /* a file's name each, or empty */
    struct option_texts state;        /* a directory, or empty: detached batches live in memory */
    struct option_texts cluster;      /* `nats://HOST:PORT` each; empty: no cluster */
    struct option_texts cluster_name; /* one, by default too */
    int64_t cluster_grace_ns;
    unsigned engine_version;        /* of the schedule that batches have; another for tests */
    struct option_texts token_file; /* a file's name, or empty */
    bool trust_loopback;
    struct option_texts admin; /* principals' names */
    bool insecure;
    unsigned threads;     /* 0 for as many as there are processors to use */
    struct limits limits; /* max_connections 0 for what the descriptors allow */
    enum log_level log_level;
    bool stdio;
    bool check_config;
    bool check_state;
};

/* What the command line asks for. */
enum options_verdict {
    OPTIONS_RUN,
    OPTIONS_HELP,
    OPTIONS_VERSION,
    OPTIONS_WRONG,      /* usage or configuration */
    OPTIONS_UNREADABLE, /* the configuration file, or out of memory */
};

#define OPTIONS_PROBLEM_MAX 512

/*
 * Reads the command line, and the configuration file that it names or
 * default_file where that exists (NULL for none).  *options is written on
 * OPTIONS_RUN only, and is then the caller's to pass to options_fini().  On OPTIONS_WRONG and
 * OPTIONS_UNREADABLE problem says why, in one line without a line feed.
 * May be called again, for what the file says by now.
 */
enum options_verdict options_read(struct options *options, int argc, char *const argv[],
                                  const char *default_file, char problem[OPTIONS_PROBLEM_MAX]);
void options_fini(struct options *options); /* also fine on all zeros */

/* Moves into *options what may change while the daemon runs (limits, log
 * level, the files of TLS, and the file that they were read from) from `changed`, which gets what
 * they were.  Returns the name of the first option that differs and may not, NULL for none. */
const char *options_update(struct options *options, struct options *changed);

/* Writes what `--help` shows. */
void options_help(FILE *out);

/* Every option, in the order of the help. */
extern const struct option_table options_table;

/* Writes a configuration file in which every key is commented out, at its default, below
 * what it is for. */
void options_example(FILE *out);

#endif
