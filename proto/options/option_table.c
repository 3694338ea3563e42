/* SPDX-License-Identifier: ISC */
#include "proto/options/option_table.h"

#include <string.h>

#include "proto/nearest.h"

const struct option_row *option_table_find(const struct option_table *table, const char *name,
                                           size_t len)
{
    for (unsigned i = 0; i < table->n; i++)
        if (strlen(table->rows[i].name) == len && memcmp(table->rows[i].name, name, len) == 0)
            return &table->rows[i];
    return NULL;
}

const char *option_table_nearest(const struct option_table *table, const char *word, size_t len,
                                 unsigned traits)
{
    struct nearest nearest;

    nearest_begin(&nearest, word, len);
    for (unsigned i = 0; i < table->n; i++)
        if (!(table->rows[i].traits & OPTION_HIDDEN) &&
            (traits == 0 || (table->rows[i].traits & traits)))
            nearest_try(&nearest, table->rows[i].name);
    return nearest.best;
}
