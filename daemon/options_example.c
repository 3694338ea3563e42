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

static void print_key(FILE *out, const struct option_facts *facts)
{
    char text[512];

    snprintf(text, sizeof(text), "%c%s.%s%s%s%s", toupper((unsigned char)facts->help[0]),
             facts->help + 1, facts->default_text ? " Default: " : "",
             facts->default_text ? facts->default_text : "", facts->default_text ? "." : "",
             facts->reloadable ? "" : " A change takes a restart.");
    fputc('\n', out);
    print_comment(out, text);
    if (facts->initial)
        fprintf(out, "#%s = %s\n", facts->name, facts->initial);
    else if (facts->is_switch)
        fprintf(out, "#%s = false\n", facts->name);
    else if (strcmp(facts->name, "listen") == 0)
        fprintf(out, "#%s = {%s}\n", facts->name, facts->default_text);
    else if (facts->is_list)
        fprintf(out, "#%s = {}\n", facts->name);
    else
        fprintf(out, "#%s = %s\n", facts->name, facts->argument);
}

void options_example(FILE *out)
{
    fputs("# Configuration of waitd: see waitd.conf(5).\n"
          "#\n"
          "# Every key stands here as a comment, with its default behind the equal sign; what is\n"
          "# in capitals there has a default that is no value.  `waitd --check-config` finds\n"
          "# mistakes, `systemctl reload waitd` has the file read again.\n",
          out);
    for (unsigned i = 0; options_facts(i).name; i++) {
        struct option_facts facts = options_facts(i);

        if (facts.in_file)
            print_key(out, &facts);
    }
}
