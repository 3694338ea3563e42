/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OPTION_VALUE_H
#define WAITD_OPTION_VALUE_H

/* Reading the values of options, by the rows of a table, into the program's settings. */

#include <stdbool.h>

#include "proto/options/option_table.h"

/* Texts in the order in which they were given, each a copy.  All-zero is empty. */
struct option_texts {
    char **text;
    unsigned n;
};

/* The one text, NULL for none. */
static inline const char *option_text(const struct option_texts *texts)
{
    return texts->n > 0 ? texts->text[0] : NULL;
}

/* The types that need nothing of their own. */
extern const struct option_type option_action, option_switch, option_unsigned, option_count,
    option_size, option_duration, option_string;

enum option_set {
    OPTION_SET,
    OPTION_MALFORMED, /* why: what the option takes */
    OPTION_REFUSED,   /* why: what is wrong, as the end of a sentence that begins with the text */
    OPTION_NOMEM,
};

#define OPTION_WHY_MAX 256

/*
 * Reads a value into the settings at the row's offset.  Of a list, it is added to what is
 * there; of the others, it replaces it.  text: `true` for a SWITCH that a flag turns on.
 */
enum option_set option_value_set(void *settings, const struct option_row *row, const char *text,
                                 char why[OPTION_WHY_MAX]);

/* Sets each option that has one to its default.  0, or -1 when out of memory. */
int option_value_defaults(void *settings, const struct option_table *table);

/* Whether an option of the configuration file has the same value in both settings: of any kind
 * but ACTION, STRING and CUSTOM, for which it is true. */
bool option_value_is_same(const void *settings, const void *others, const struct option_row *row);

/* Frees all texts that the settings hold by this table: none are left. */
void option_value_free(void *settings, const struct option_table *table);

#endif
