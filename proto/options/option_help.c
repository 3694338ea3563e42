/* SPDX-License-Identifier: ISC */
#include "proto/options/option_help.h"

#include <string.h>

#define COLUMN 30 /* where the text begins */
#define WIDTH  79

/* Prints text from COLUMN on, wrapped at blanks, but not before a flag: at the beginning of a
 * line it would look, to people and completions, like an option's own entry.  Returns the columns
 * used of the last line. */
static size_t print_wrapped(FILE *out, const char *text)
{
    while (strlen(text) > WIDTH - COLUMN) {
        int len = WIDTH - COLUMN;

        while (len > 1 && (text[len] != ' ' || text[len + 1] == '-'))
            len--;
        fprintf(out, "%.*s\n%*s", len, text, COLUMN, "");
        text += len + 1;
    }
    fputs(text, out);
    return strlen(text);
}

void option_help_print(FILE *out, const struct option_row *row, const char *tail)
{
    char flag[64], letter[8] = "    ";
    size_t used;

    if (row->letter)
        snprintf(letter, sizeof(letter), "-%c, ", row->letter);
    snprintf(flag, sizeof(flag), "  %s--%s%s%s", letter, row->name, row->argument ? " " : "",
             row->argument ? row->argument : "");
    if (strlen(flag) > COLUMN - 1)
        fprintf(out, "%s\n%*s", flag, COLUMN, "");
    else
        fprintf(out, "%-*s", COLUMN, flag);
    used = print_wrapped(out, row->help);
    if (tail[0] != '\0' && used + 1 + strlen(tail) > WIDTH - COLUMN)
        fprintf(out, "\n%*s%s", COLUMN, "", tail);
    else if (tail[0] != '\0')
        fprintf(out, " %s", tail);
    fputc('\n', out);
}
