/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SERVER_H
#define WAITD_SERVER_H

/*
 * The daemon: loops and their threads, the clients dealt out to them, signals,
 * and its life from the ready line to the end of its drain.
 *
 * The first loop is the caller's thread; it accepts clients and deals them out
 * one after another.  Signals are its alone.
 */

#include <stdint.h>

#include "daemon/base/log.h"
#include "daemon/options.h"

/* What it runs with; all of it borrowed. */
struct server_config {
    struct options *options; /* changed by SIGHUP */
    struct log *log;
    const char *version;
    const char *instance;    /* 16 hexadecimal digits */
    const uint8_t *hash_key; /* 16 bytes */
    int64_t started_ns;
    /* Reads the options again, as at the start. */
    enum options_verdict (*reread)(void *context, struct options *options,
                                   char problem[OPTIONS_PROBLEM_MAX]);
    void *context;
};

/* Whether it could begin, as far as files and options decide: 0, or what server_run() would return,
 * with the reason in the log. */
int server_check(const struct options *options, struct log *log);

/* Serves until a signal ends it.  0 after an orderly end; 1 when it could not
 * begin, and 2 when that is the configuration's fault: the reason is in the log. */
int server_run(const struct server_config *config);

#endif
