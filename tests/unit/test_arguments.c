/* SPDX-License-Identifier: ISC */
#include "client/cmd/arguments.h"

#include <stdlib.h>
#include <string.h>

#include "client/show/show.h"
#include "tests/support/check.h"

#define MAX_WORDS 16

static char words_text[512];
static char *words[MAX_WORDS + 1];
static struct arguments arguments;
static char problem[ARGUMENTS_PROBLEM_MAX];

static void tear_down(void)
{
    arguments_fini(&arguments);
}

/* Parses a line of words with blanks between. */
static enum arguments_result parse(const char *line)
{
    int n = 0;

    arguments_fini(&arguments);
    problem[0] = '\0';
    snprintf(words_text, sizeof words_text, "waitctl %s", line);
    for (char *word = strtok(words_text, " "); word != NULL; word = strtok(NULL, " "))
        words[n++] = word;
    words[n] = NULL;
    return arguments_parse(n, words, &arguments, problem);
}

static const char *const orders[] = {
    "--server 1 submit -o json --mode=blocking a - b",
    "submit a --server=1 - --mode blocking b -ojson",
    "-o json submit a - b --mode blocking --server 1",
    "submit --mode blocking --server 1 --output json -- a - b",
};

START_TEST(flags_stand_anywhere)
{
    ck_assert_msg(parse(orders[_i]) == ARGUMENTS_RUN, "%s", problem);
    ck_assert_int_eq(arguments.command, COMMAND_SUBMIT);
    ck_assert_uint_eq(arguments.n_operands, 3);
    ck_assert_str_eq(arguments.operands[0], "a");
    ck_assert_str_eq(arguments.operands[1], "-");
    ck_assert_str_eq(arguments.operands[2], "b");
    ck_assert_str_eq(arguments.server, "1");
    ck_assert_ptr_eq(arguments.show, &show_json);
    ck_assert_str_eq(arguments.overrides.json[OVERRIDE_MODE], "\"blocking\"");
}
END_TEST

START_TEST(run_takes_a_count_and_a_name)
{
    ck_assert_int_eq(parse("run -n 10 1s 2s --name x --virtual --connect-timeout 250ms --local "
                           "--color never"),
                     ARGUMENTS_RUN);
    ck_assert_uint_eq(arguments.count, 10);
    ck_assert_str_eq(arguments.name, "x");
    ck_assert_uint_eq(arguments.n_operands, 2);
    ck_assert_str_eq(arguments.overrides.json[OVERRIDE_CLOCK], "\"virtual\"");
    ck_assert_int_eq(arguments.connect_timeout_ns, 250000000);
    ck_assert(arguments.local);
    ck_assert_int_eq(arguments.color, COLOR_NEVER);
}
END_TEST

static const struct {
    const char *line, *problem;
} wrong[] = {
    {"", "which command"},
    {"--local", "which command"},
    {"dance", "unknown command 'dance'"},
    {"ping --dance", "unknown flag --dance"},
    {"ping -x", "unknown flag -x"},
    {"-xo json ping", "unknown flag -x"},
    {"ping --tl", "--tl may be --tls-ca, --tls-cert or --tls-key; see waitctl --help"},
    {"ping --o\x01", "unknown flag --o?; see"},
    {"run -n 010 1", "--count takes a positive integer below 2^64, without leading zeros, not "
                     "'010'"},
    {"list --state gone", "--state takes running, finished or foreign, not 'gone'"},
    {"ping --server", "--server needs a value"},
    {"run -n", "-n needs a value"},
    {"ping --local=1", "--local takes no value"},
    {"ping 1", "what is '1' for"},
    {"stats a b", "what is 'a' for"},
    {"compare", "compare needs FILE"},
    {"compare a b", "what is 'b' for"},
    {"run", "run needs DURATION..."},
    {"run -n 0 1", "--count takes a positive integer below 2^64, not '0'"},
    {"run -n -1 1", "--count takes a positive integer"},
    {"run -n 1x 1", "--count takes a positive integer"},
    {"run -n 18446744073709551616 1", "--count takes a positive integer below 2^64, not '184"},
    {"run --seed 9223372036854775808 1", "--seed takes an integer from -2^63 to 2^63-1, or random"},
    {"forecast --vary workers=4294967295 f", "positive integers below 2^32-1"},
    {"submit -n 1", "submit takes no --count"},
    {"ping --mode blocking", "ping takes no --mode"},
    {"compare --mode blocking f", "compare takes no --mode"},
    {"compare --real --virtual f", "exclude each other"},
    {"ping --local --server 1", "--local and --server exclude each other"},
    {"submit -o yaml", "--output takes human, json, timeline or summary, not 'yaml'"},
    {"ping -o timeline", "--output of ping takes human or json, not 'timeline'"},
    {"-o summary stats", "--output of stats takes human or json, not 'summary'"},
    {"list -o timeline", "--output of list takes human or json, not 'timeline'"},
    {"cancel r -o summary", "--output of cancel takes human or json, not 'summary'"},
    {"forget r -o summary", "--output of forget takes human or json, not 'summary'"},
    {"top -o timeline", "--output of top takes human or json, not 'timeline'"},
    {"forecast -o timeline f", "--output of forecast takes human, json or summary, not 'timeline'"},
    {"top -o yaml", "--output takes human or json, not 'yaml'"},
    {"submit --mode fast", "--mode takes concurrent, sequential or blocking, not 'fast'"},
    {"submit --color red", "--color takes auto, always or never"},
    {"top --local", "top takes no --local"},
    {"top --interval 9ms", "--interval takes a duration of 10ms or more, not '9ms'"},
    {"help a b", "what is 'b' for"},
    {"submit --connect-timeout soon", "--connect-timeout takes a duration"},
};

START_TEST(what_is_wrong_is_reported_in_one_line)
{
    ck_assert_int_eq(parse(wrong[_i].line), ARGUMENTS_WRONG);
    ck_assert_msg(strstr(problem, wrong[_i].problem) != NULL, "%s: %s", wrong[_i].line, problem);
    ck_assert_ptr_null(strchr(problem, '\n'));
}
END_TEST

static const struct {
    const char *line;
    enum arguments_result result;
    enum command_id command;
} asked[] = {
    {"--help", ARGUMENTS_HELP, COMMANDS},
    {"-h", ARGUMENTS_HELP, COMMANDS},
    {"--version", ARGUMENTS_VERSION, COMMANDS},
    {"-V", ARGUMENTS_VERSION, COMMANDS},
    {"run --help", ARGUMENTS_HELP, COMMAND_RUN},
    {"--help compare", ARGUMENTS_HELP, COMMAND_COMPARE},
    {"submit a b --version", ARGUMENTS_VERSION, COMMAND_SUBMIT},
};

START_TEST(help_and_version_need_nothing_else)
{
    ck_assert_int_eq(parse(asked[_i].line), asked[_i].result);
    ck_assert_int_eq(arguments.command, asked[_i].command);
}
END_TEST

static char *manual(void)
{
    const char *top = getenv("top_srcdir");
    static char text[1 << 17];
    char path[1024];
    FILE *in;

    snprintf(path, sizeof path, "%s/client/waitctl.1", top != NULL ? top : ".");
    in = fopen(path, "r");
    ck_assert_msg(in != NULL, "no %s", path);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    return text;
}

/* The help of those commands, of which the last is waitctl itself; to be freed. */
static char *help_of(unsigned first, unsigned last)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);

    ck_assert_ptr_nonnull(file);
    for (unsigned id = first; id <= last; id++)
        arguments_help(file, (enum command_id)id);
    fclose(file);
    return text;
}

START_TEST(each_flag_stands_in_the_help_of_its_commands_and_in_the_manual)
{
    for (unsigned id = 0; id <= COMMANDS; id++) {
        char *text = help_of(id, id);

        arguments.command = (enum command_id)id;
        for (unsigned i = 0; i < arguments_table.n; i++) {
            const struct option_row *row = &arguments_table.rows[i];
            char shown[64], entry[64];

            snprintf(shown, sizeof shown, " --%s%s%s ", row->name, row->argument != NULL ? " " : "",
                     row->argument != NULL ? row->argument : "");
            snprintf(entry, sizeof entry, "Fl -%s", row->name);
            ck_assert_msg((strstr(text, shown) != NULL) ==
                              (id == COMMANDS || arguments_take(&arguments, row->name)),
                          "%s and %u", shown, id);
            ck_assert_msg(strstr(manual(), entry) != NULL, "%s", entry);
        }
        free(text);
    }
}
END_TEST

START_TEST(help_keeps_to_80_columns)
{
    char *text = help_of(0, COMMANDS);

    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        ck_assert_msg(strlen(line) <= 79, "%s", line);
    free(text);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {flags_stand_anywhere, N(orders)},
        {run_takes_a_count_and_a_name, 1},
        {what_is_wrong_is_reported_in_one_line, N(wrong)},
        {help_and_version_need_nothing_else, N(asked)},
        {each_flag_stands_in_the_help_of_its_commands_and_in_the_manual, 1},
        {help_keeps_to_80_columns, 1},
    };

    return check_suite("arguments", NULL, tear_down, tests, N(tests));
}
