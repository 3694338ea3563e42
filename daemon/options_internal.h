/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OPTIONS_INTERNAL_H
#define WAITD_OPTIONS_INTERNAL_H

/*
 * The options, shared by the files that make them up:
 *
 *     options.c        the table, the flags, and all together
 *     options_file.c   the configuration file
 *     options_example.c  an example of it, from the table
 *     options_value.c  how a value is read by its row
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
    HIDDEN = 1 << 5, /* for tests: not in --help */
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

/* A row of the table, in the order of --help; NULL behind the last. */
const struct option_row *options_row(unsigned index);

#define OPTIONS_MOST 96 /* rows, at most */

/* What is being read. */
struct reading {
    struct options options;
    bool by_flag[OPTIONS_MOST]; /* rows that a flag has set */
    bool asks_help, asks_version;
    const char *file; /* NULL for the default */
    enum options_verdict verdict;
    char *problem; /* of OPTIONS_PROBLEM_MAX bytes */
};

/* Writes the problem, in one line, if it is the first; always -1. */
int options_set_problem(struct reading *reading, enum options_verdict verdict, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

/* The option that a word was probably meant to be, as ` (did you mean --x?)', else nothing.
 * traits: those of which it has one, 0 for any. */
const char *options_guess(char out[64], const char *word, size_t len, unsigned traits,
                          const char *dashes);

/*
 * Reads the configuration file, reading->file or else the default one where it exists, and
 * sets what no flag has set.  0, or -1 with the problem told.
 */
int options_read_file(struct reading *reading, const char *default_file);

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
