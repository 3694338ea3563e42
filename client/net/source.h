/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SOURCE_H
#define WAITD_SOURCE_H

/*
 * The origin of requests: files one after another, standard input, or a text
 * that a command has made.  Read as the connection takes it, rewritten on the
 * way (client/net/rewrite.h), and never waited for: source_fd() is what to poll.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/show/pending.h"
#include "client/base/bytes.h"
#include "client/net/overrides.h"

struct source;

/*
 * Files, `-` for standard input; none at all is standard input too.  The names
 * and overrides are borrowed for the source's life.  Says what is wrong on
 * standard error and returns NULL when a file is not there or cannot be read.
 */
struct source *source_new_files(char *const *paths, size_t n, const struct overrides *overrides);

/* A text, taken whole: *text is left empty.  NULL when out of memory. */
struct source *source_new_text(struct bytes *text);

void source_free(struct source *source); /* NULL is fine */

/*
 * Before anything is read: from now on what the requests ask for is kept in
 * source_pending(), to be taken from there as they are answered.  all_events: each
 * batch is sent with "events":"all", whatever it says.  0, or -1 with errno set.
 */
int source_want(struct source *source, bool all_events);
struct pending_queue *source_pending(struct source *source); /* NULL without source_want() */

/* What to wait for (POLLIN) before source_read(): -1 if there is no need. */
int source_fd(const struct source *source);

/* Reads a piece and appends what is to be sent, or opens the next input and does no
 * more, so that source_fd() can be waited for.  Trouble is reported on standard
 * error, ends the source: see source_has_failed(). */
void source_read(struct source *source, struct bytes *out);

/* Reads all that there is, waiting for it where need be; out: as source_read() has it, NULL
 * where nothing is to be sent.  0, or -1 when reading went wrong. */
int source_read_all(struct source *source, struct bytes *out);

/* Nothing more is to be sent.  source_stop() makes it so. */
bool source_is_over(const struct source *source);
void source_stop(struct source *source);

/* Whether reading went wrong, or inputs are left behind one that closed it. */
bool source_has_failed(const struct source *source);

/* What was sent so far ends between two requests. */
bool source_is_between(const struct source *source);

/* What was sent makes the daemon read nothing more: it is no JSON, or it has a `quit`. */
bool source_is_closed(const struct source *source);
bool source_has_quit(const struct source *source);

/* Requests sent so far that will be answered. */
uint64_t source_requests(const struct source *source);

/* Says what a text was made of: a file of that name, the one request that was
 * in it (taken; *text is left empty), and flags that were put in.  Name and
 * overrides are borrowed. */
void source_set_origin(struct source *source, const char *name, struct bytes *text,
                       const struct overrides *overrides);

/* What a path is called in messages: `-` is standard input. */
const char *source_display(const char *path);

/* The name of the file that the request came from, counted from 0 among those
 * that are answered; NULL for a text. */
const char *source_name(const struct source *source, uint64_t request);

/* ---- Quoting ----------------------------------------------------------------- */

/* Notes how many requests have been answered: those need not be quoted any
 * more, and what was kept of them is dropped. */
void source_answered(struct source *source, uint64_t answers);

/* What a request is in. */
struct source_quote {
    const char *name; /* as source_name() has it */
    const char *text; /* of its input, before flags were put in */
    size_t len;
    uint64_t request;              /* which one in it, from 0 */
    uint64_t lines_before;         /* lines of the input before the text */
    const struct overrides *flags; /* that were; NULL for none */
    struct bytes read;             /* what it is held in, where it was read again */
};

/*
 * Fetches it: a file is read again, of a pipe as much is kept as is not answered
 * yet, up to 16 MiB.  *quote is set in any case, valid until the source changes
 * and to be released.  Returns whether there is a text.
 */
bool source_quote(const struct source *source, uint64_t request, struct source_quote *quote);
void source_quote_fini(struct source_quote *quote);

#endif
