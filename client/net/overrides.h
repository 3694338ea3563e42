/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OVERRIDES_H
#define WAITD_OVERRIDES_H

/*
 * Members of a batch that were given as flags.  They replace what a request
 * says, and are kept as JSON text.  Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "client/base/bytes.h"

enum override {
    OVERRIDE_MODE,
    OVERRIDE_CONCURRENCY,
    OVERRIDE_WORKERS,
    OVERRIDE_UNTIL,
    OVERRIDE_TIMEOUT,
    OVERRIDE_CLOCK,
    OVERRIDE_EVENTS,
    OVERRIDE_SEED,
    OVERRIDE_DETACH, /* "true" alone */
    OVERRIDE_KEY,
    OVERRIDE_RETAIN,
    OVERRIDE_ON_RESTART,
    OVERRIDE_POOLS, /* by overrides_set_json() alone */
    OVERRIDE_RUNS,
    OVERRIDE_OP,     /* "forecast" alone: see rewrite.h */
    OVERRIDE_REPORT, /* by overrides_leave_out() alone, as the next */
    OVERRIDE_ID,
};
#define OVERRIDES 17

/* All zero for none. */
struct overrides {
    char *json[OVERRIDES]; /* NULL for what is not overridden, empty for what is left out */
};

void overrides_fini(struct overrides *overrides);

/*
 * Sets one, from the text of its flag.  Returns NULL, or what the flag takes
 * (`concurrent, sequential or blocking`) when the text is not that; the former
 * value then stays.
 */
const char *overrides_set(struct overrides *overrides, enum override which, const char *text);

/* Has one left out of what is sent, whatever a request says.  0, or -1 when out of memory. */
int overrides_leave_out(struct overrides *overrides, enum override which);

/* Sets one to JSON text, which is taken from *json.  0, or -1 when out of memory. */
int overrides_set_json(struct overrides *overrides, enum override which, struct bytes *json);

/* Copies those that are set in `from`.  0, or -1 when out of memory. */
int overrides_copy(struct overrides *to, const struct overrides *from);

bool overrides_any(const struct overrides *overrides);

/* Whether a member of this (decoded) name is overridden. */
bool overrides_has(const struct overrides *overrides, const char *name, size_t len);

/* Appends `"mode":"blocking","seed":7` and so on, with a comma in front of
 * each but, if `first`, the first one. */
void overrides_append(const struct overrides *overrides, bool first, struct bytes *out);

/*
 * Appends a duration as a request takes it: a number of seconds as it is, text
 * with units in quotes.  Returns whether it is a duration.
 */
bool overrides_append_duration(const char *text, struct bytes *out);

#endif
