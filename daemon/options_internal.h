/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OPTIONS_INTERNAL_H
#define WAITD_OPTIONS_INTERNAL_H

/*
 * Between the parts of the options: what a row of the table tells, and how a
 * value is read by it.  For daemon/options*.c alone.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/options.h"

/* How a value is written and what it is kept as. */
enum value_kind {
    VALUE_NONE,     /* bool: a flag without a value, `true` or `false` in the file */
    VALUE_UNSIGNED, /* unsigned */
    VALUE_COUNT,    /* uint64_t */
    VALUE_SIZE,     /* uint64_t, bytes */
    VALUE_DURATION, /* int64_t, nanoseconds */
    VALUE_LEVEL,    /* enum log_level */
    VALUE_ADDRESS,  /* struct option_texts */
    VALUE_LISTEN,   /* struct option_texts: addresses, some by TLS */
    VALUE_PATH,     /* struct option_texts of one, or none: a file's name */
    VALUE_HOST,     /* struct option_texts */
    VALUE_ORIGIN,   /* struct option_texts */
    VALUE_SERVICE,  /* struct option_texts */
    VALUE_FILE,     /* the configuration file's name, not kept in struct options */
};

/* Whether values of a kind add up: a list. */
static inline bool value_is_list(enum value_kind kind)
{
    return kind == VALUE_ADDRESS || kind == VALUE_LISTEN || kind == VALUE_HOST ||
           kind == VALUE_ORIGIN || kind == VALUE_SERVICE;
}

/* Whether it is kept as struct option_texts. */
static inline bool value_is_text(enum value_kind kind)
{
    return value_is_list(kind) || kind == VALUE_PATH;
}

/* What else is known of an option. */
enum {
    IN_FILE = 1 << 0,    /* also a key of the configuration file */
    RELOADABLE = 1 << 1, /* SIGHUP may change it */
    MAY_BE_OFF = 1 << 2, /* `off` stands for 0 */
    ASKS_HELP = 1 << 3,
    ASKS_VERSION = 1 << 4,
};

struct option_row {
    const char *name;
    int letter; /* of the short flag, 0 for none */
    enum value_kind kind;
    unsigned traits;
    size_t offset; /* in struct options */
    uint64_t min, max;
    const char *argument;     /* the placeholder of its value */
    const char *initial;      /* the default, as it would be written; NULL for all-zero */
    const char *default_text; /* as a person is told of it */
    const char *help;
};

/* Frees texts: none are left. */
void options_clear(struct option_texts *texts);

enum option_set { OPTION_SET, OPTION_WRONG, OPTION_NOMEM };

/*
 * Sets the option that a row tells of from its text; texts are added to those
 * that are there.  On OPTION_WRONG, why is the end of a sentence that begins
 * with where the option stands and its name.
 */
enum option_set options_set(struct options *options, const struct option_row *row, const char *text,
                            char *why, size_t size);

#endif
