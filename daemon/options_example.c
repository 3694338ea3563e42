/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <string.h>

#include "daemon/options.h"

#define WIDTH 90

/* Prints text as comments, wrapped at blanks. */
static void print_comment(FILE *out, const char *text)
{
    while (strlen(text) > WIDTH) {
        int len = WIDTH;

        while (len > 1 && text[len] != ' ')
            len--;
        fprintf(out, "# %.*s\n", len, text);
        text += len + 1;
    }
    fprintf(out, "# %s\n", text);
}

static void print_key(FILE *out, const struct option_row *row)
{
    char text[512];

    snprintf(text, sizeof(text), "%c%s.%s%s%s%s", toupper((unsigned char)row->help[0]),
             row->help + 1, row->default_text ? " Default: " : "",
             row->default_text ? row->default_text : "", row->default_text ? "." : "",
             row->traits & OPTION_RELOADABLE ? "" : " A change takes a restart.");
    fputc('\n', out);
    print_comment(out, text);
    if (row->initial)
        fprintf(out, "#%s = %s\n", row->name, row->initial);
    else if (row->type->kind == OPTION_SWITCH)
        fprintf(out, "#%s = false\n", row->name);
    else if (strcmp(row->name, "listen") == 0)
        fprintf(out, "#%s = {%s}\n", row->name, row->default_text);
    else if (row->type->kind == OPTION_LIST)
        fprintf(out, "#%s = {}\n", row->name);
    else
        fprintf(out, "#%s = %s\n", row->name, row->argument);
}

void options_example(FILE *out)
{
    fputs("# Configuration of waitd: see waitd.conf(5).\n"
          "#\n"
          "# Every key is here as a comment, with its default behind the equal sign; what is\n"
          "# in capitals there has a default that is no value.  `waitd --check-config` finds\n"
          "# mistakes, `systemctl reload waitd` has the file read again.\n",
          out);
    for (unsigned i = 0; i < options_table.n; i++)
        if ((options_table.rows[i].traits & (OPTION_IN_FILE | OPTION_HIDDEN)) == OPTION_IN_FILE)
            print_key(out, &options_table.rows[i]);
}
