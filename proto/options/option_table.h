/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OPTION_TABLE_H
#define WAITD_OPTION_TABLE_H

/*
 * The options of a program as one constant table: the name, type, range, default and help of
 * each.  Flags (option_flags.h), keys of a configuration file, `--help` (option_help.h), the
 * reading of values (option_value.h) and the checks of the manuals use it.
 */

#include <stddef.h>
#include <stdint.h>

#define OPTION_ROWS_MAX 128

struct option_row;

/* What a value is kept as. */
enum option_kind {
    OPTION_ACTION,   /* nothing: a flag that asks for something, such as --help */
    OPTION_SWITCH,   /* bool: a flag without a value, `true` or `false` in a file */
    OPTION_UNSIGNED, /* unsigned */
    OPTION_COUNT,    /* uint64_t */
    OPTION_SIZE,     /* uint64_t, bytes */
    OPTION_DURATION, /* int64_t, nanoseconds */
    OPTION_WORD,     /* an enumeration, as int: which one of the words */
    OPTION_STRING,   /* const char *, borrowed from the command line */
    OPTION_TEXT,     /* struct option_texts of one, a copy */
    OPTION_LIST,     /* struct option_texts: values add up */
    OPTION_CUSTOM,   /* as `set` keeps it */
};

/* How a value is read. */
struct option_type {
    enum option_kind kind;
    const char *const *words; /* WORD and STRING: those it takes, NULL behind them; or NULL */
    /* STRING, TEXT and LIST: what is wrong with a text, as the end of a sentence that
     * begins with it (`is no host's name`); NULL if nothing.  No function for any text. */
    const char *(*check)(const char *text);
    /* CUSTOM: keeps the value (text: NULL for a flag without one).  NULL, or what the option
     * takes (`a positive integer`). */
    const char *(*set)(void *settings, const struct option_row *row, const char *text);
    const char *takes; /* the same, for the others; NULL to list words or range */
};

/* What else is known of an option: bits of `traits`. */
enum option_trait {
    OPTION_IN_FILE = 1 << 0,    /* also a key of the configuration file */
    OPTION_RELOADABLE = 1 << 1, /* may change while the program runs */
    OPTION_MAY_BE_OFF = 1 << 2, /* `off` means 0 */
    OPTION_HIDDEN = 1 << 3,     /* for tests: not in --help */
    OPTION_ONCE = 1 << 4,       /* a flag that is refused when it is given again */
};
#define OPTION_OWN_TRAITS 5 /* bits from this one on are the program's own */

struct option_row {
    const char *name; /* of the long flag and of the file's key */
    int letter;       /* of the short flag, 0 for none */
    const struct option_type *type;
    unsigned traits;
    size_t offset;            /* of the value in the settings; CUSTOM: the type's own */
    uint64_t min, max;        /* of numbers, sizes (bytes) and durations (ns) */
    const char *argument;     /* the placeholder of its value; NULL for a flag without one */
    const char *initial;      /* the default, as it would be written; NULL for all-zero */
    const char *default_text; /* as --help shows it, NULL for none */
    const char *help;
};

struct option_table {
    const char *program; /* whose --help an error points to */
    const struct option_row *rows;
    unsigned n; /* at most OPTION_ROWS_MAX */
};

/* The row of that name, NULL for none. */
const struct option_row *option_table_find(const struct option_table *table, const char *name,
                                           size_t len);

/* The name that a word was probably meant to be, NULL for none.  traits: those of which the
 * option has one, 0 for any. */
const char *option_table_nearest(const struct option_table *table, const char *word, size_t len,
                                 unsigned traits);

#endif
