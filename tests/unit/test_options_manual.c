/* SPDX-License-Identifier: ISC */

/* The table of waitd's options against its help, its manuals and the example of its file. */

#include "daemon/options.h"

#include <stdlib.h>
#include <string.h>

#include "proto/request.h"
#include "tests/support/check.h"
#include "tests/support/printed.h"

/* The rows that are no secret, in the order of the table; NULL behind them. */
static const struct option_row *shown(unsigned i)
{
    if (i >= options_table.n || (options_table.rows[i].traits & OPTION_HIDDEN))
        return NULL;
    return &options_table.rows[i];
}

static bool is_in_file(const struct option_row *row)
{
    return (row->traits & OPTION_IN_FILE) != 0;
}

/* The whole of a manual page, less the dashes' and blanks' escapes. */
static const char *page(const char *name)
{
    static char text[65536];
    const char *top = getenv("top_srcdir");
    char path[1024];
    FILE *in;
    size_t len;

    snprintf(path, sizeof(path), "%s/daemon/%s", top ? top : ".", name);
    in = fopen(path, "r");
    ck_assert_msg(in != NULL, "no %s", path);
    len = fread(text, 1, sizeof(text) - 1, in);
    fclose(in);
    text[len] = '\0';
    return text;
}

/* Whether the page has an entry for the option: `.It Cm NAME` or
 * `.It ... Fl -NAME`, and its name ends there. */
static bool has_entry(const char *text, const char *mark, const char *name)
{
    char wanted[128];
    size_t len = (size_t)snprintf(wanted, sizeof(wanted), "%s%s", mark, name);

    for (const char *at = strstr(text, ".It "); at; at = strstr(at + 1, "\n.It ")) {
        const char *end = strchr(at + 1, '\n'), *found = strstr(at, wanted);

        while (found && found < end) {
            if (strchr(" \n", found[len]))
                return true;
            found = strstr(found + 1, wanted);
        }
    }
    return false;
}

/* Whether the help names the flag at the beginning of a line. */
static bool help_has(const char *help, const char *name)
{
    char flag[64];
    const char *found = help;

    snprintf(flag, sizeof(flag), " --%s", name);
    while ((found = strstr(found, flag)) != NULL) {
        if (strchr(" \n", found[strlen(flag)]))
            return true;
        found++;
    }
    return false;
}

START_TEST(each_option_stands_in_the_help_and_in_the_manual)
{
    char *help = NULL, flag[64];
    size_t len;
    FILE *out = open_memstream(&help, &len);

    ck_assert_ptr_nonnull(out);
    options_help(out);
    fclose(out);
    for (unsigned i = 0; shown(i); i++) {
        const struct option_row *row = shown(i);

        snprintf(flag, sizeof(flag), "--%s%s%s", row->name, row->argument ? " " : "",
                 row->argument ? row->argument : "");
        ck_assert_msg(strstr(help, flag) != NULL, "%s is not in --help", flag);
        ck_assert_msg(has_entry(page("waitd.8"), "Fl -", row->name), "--%s is not in waitd(8)",
                      row->name);
        ck_assert_msg(has_entry(page("waitd.conf.5"), "Cm ", row->name) == is_in_file(row),
                      "%s and waitd.conf(5): it %s in the table", row->name,
                      is_in_file(row) ? "is" : "is not");
    }
    free(help);
}
END_TEST

START_TEST(each_key_of_the_manual_is_an_option)
{
    unsigned n = 0;

    for (const char *at = strstr(page("waitd.conf.5"), ".It Cm "); at;
         at = strstr(at + 1, ".It Cm ")) {
        char name[64] = "";
        const struct option_row *row;

        ck_assert_int_eq(sscanf(at, ".It Cm %63s", name), 1);
        row = option_table_find(&options_table, name, strlen(name));
        ck_assert_msg(row && is_in_file(row), "%s of waitd.conf(5) is no key", name);
        n++;
    }
    ck_assert_uint_gt(n, 10);
}
END_TEST

START_TEST(each_option_is_in_the_help_and_its_lines_fit)
{
    char *help = printed(options_help);

    ck_assert_ptr_nonnull(shown(0));
    for (unsigned i = 0; shown(i); i++)
        ck_assert_msg(help_has(help, shown(i)->name), "%s", shown(i)->name);
    for (char *line = strtok(help, "\n"); line; line = strtok(NULL, "\n"))
        ck_assert_msg(strlen(line) < 100, "%s", line);
    free(help);
}
END_TEST

START_TEST(the_example_has_each_key_as_a_comment)
{
    char *text = printed(options_example), line[80];

    for (unsigned i = 0; shown(i); i++) {
        snprintf(line, sizeof(line), "\n#%s = ", shown(i)->name);
        ck_assert_msg((strstr(text, line) != NULL) == is_in_file(shown(i)), "%s", shown(i)->name);
    }
    for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n"))
        ck_assert_msg(at[0] == '#' && strlen(at) < 100, "%s", at);
    free(text);
}
END_TEST

START_TEST(each_option_but_the_six_is_a_key_of_the_file)
{
    unsigned missing = 0;

    for (unsigned i = 0; shown(i); i++) {
        const char *name = shown(i)->name;

        if (is_in_file(shown(i)))
            continue;
        ck_assert_msg(strcmp(name, "help") == 0 || strcmp(name, "version") == 0 ||
                          strcmp(name, "config") == 0 || strcmp(name, "check-config") == 0 ||
                          strcmp(name, "stdio") == 0 || strcmp(name, "check-state") == 0,
                      "%s", name);
        missing++;
    }
    ck_assert_uint_eq(missing, 6);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {each_option_stands_in_the_help_and_in_the_manual, 1},
        {each_key_of_the_manual_is_an_option, 1},
        {each_option_is_in_the_help_and_its_lines_fit, 1},
        {the_example_has_each_key_as_a_comment, 1},
        {each_option_but_the_six_is_a_key_of_the_file, 1},
    };

    return check_suite("options", NULL, NULL, tests, N(tests));
}
