/* SPDX-License-Identifier: ISC */
#ifndef WAITD_STATE_H
#define WAITD_STATE_H

/*
 * Where the daemon keeps detached batches: in the journal of --state's directory, in
 * the stream of --cluster, else in memory.
 */

#include "daemon/base/log.h"
#include "daemon/options.h"
#include "daemon/session/store.h"

/* instance: 16 hexadecimal digits, another in each life of the daemon.  The log
 * outlives the store.  NULL, with one line in the log, where it cannot be opened. */
struct store *state_open(const struct options *options, const char *instance, struct log *log);

/* Whether the directory of --state, if there is one, can be used: 0, or 1 with the reason in the
 * log. Nothing in it is touched: a waitd may be running with it. */
int state_check_directory(const struct options *options, struct log *log);

/* Does what --check-state asks for, on standard output and standard error.  The exit
 * status: 0 sound, 1 not, 2 where no directory is named. */
int state_check(const struct options *options);

#endif
