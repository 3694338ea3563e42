/* SPDX-License-Identifier: ISC */
#ifndef WAITD_EXAMPLE_H
#define WAITD_EXAMPLE_H

/* Batches to start from: those of tests/samples, put into a table as the program
 * is built (client/cmd/example_table.awk). */

#include <stddef.h>

#include "client/base/bytes.h"

struct example {
    const char *name;
    const char *summary; /* what it shows */
    const char *takes;   /* how long */
    const char *text;    /* the request */
};

extern const struct example example_table[];
extern const size_t example_table_size;

/* The one of that name, or NULL. */
const struct example *example_find(const char *name);

/* Appends what there is, a line each. */
void example_list(struct bytes *out);

#endif
