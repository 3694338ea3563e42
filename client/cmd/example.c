/* SPDX-License-Identifier: ISC */
#include "client/cmd/example.h"

#include <string.h>

const struct example *example_find(const char *name)
{
    for (size_t i = 0; i < example_table_size; i++)
        if (strcmp(example_table[i].name, name) == 0)
            return &example_table[i];
    return NULL;
}

void example_list(struct bytes *out)
{
    size_t width = 0;

    for (size_t i = 0; i < example_table_size; i++)
        if (strlen(example_table[i].name) > width)
            width = strlen(example_table[i].name);
    for (size_t i = 0; i < example_table_size; i++)
        bytes_add_format(out, "%-*s  %s (%s)\n", (int)width, example_table[i].name,
                         example_table[i].summary, example_table[i].takes);
}
