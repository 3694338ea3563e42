/* SPDX-License-Identifier: ISC */
#ifndef WAITD_CONVERSATION_H
#define WAITD_CONVERSATION_H

/*
 * What the commands have in common: finding the daemon, or starting one, and
 * talking to it until everything is answered.
 */

#include "client/cmd/arguments.h"
#include "client/net/dial.h"
#include "client/show/fanout.h"
#include "client/show/show.h"
#include "client/net/source.h"
#include "client/net/watch.h"
#include "client/base/status.h"

/* The way of showing that is asked for; by default `human` on a terminal and
 * json elsewhere. */
const struct show *conversation_show(const struct arguments *arguments);

/* The daemon's address as --server and the environment have it. */
const char *conversation_server(const struct arguments *arguments);

/* A connection to it.  -1, and the exit status in *status, when there is none,
 * which is said on standard error; *target is where it is in any other case. */
int conversation_dial(const struct arguments *arguments, struct dial_target *target,
                      enum status *status);

/* Makes a fanout for the way of showing that is for standard output, and for those
 * that go to files.  Says what is wrong on standard error and returns -1; it is
 * to be released in any case. */
int conversation_open(struct fanout *fanout, const struct arguments *arguments,
                      const struct show *show, void *own);

/* Sends what the source has and shows the events.  own: struct show_run's.
 * Errors are said on standard error. */
enum status conversation(const struct arguments *arguments, struct source *source,
                         const struct show *show, void *own);

/* The same for one batch in several modes. */
enum status conversation_compare(const struct arguments *arguments, struct source *source,
                                 const struct show_modes *modes, const struct show *show,
                                 void *own);

/* The same for the events of a detached batch, from watch->next on, over as many
 * connections as it takes. */
enum status conversation_watch(const struct arguments *arguments, struct watch *watch);

/* The same for one request that an event of the kind `expects` answers.  It has to arrive
 * within --connect-timeout.  request: taken, and left empty.  for_people: how it is shown where
 * not JSON is asked for. */
enum status conversation_ask(const struct arguments *arguments, struct bytes *request,
                             enum event_kind expects, const struct show *for_people, void *own);

#endif
