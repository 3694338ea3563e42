/* SPDX-License-Identifier: ISC */
#include "daemon/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/request.h"
#include "tests/support/check.h"
#include "tests/support/printed.h"

#define SECOND        INT64_C(1000000000)
#define ARGUMENTS_MAX 16

static struct options options;
static char problem[OPTIONS_PROBLEM_MAX];
static char file[] = "test_options.XXXXXX";

static void set_up(void)
{
    int fd;

    strcpy(file, "test_options.XXXXXX");
    fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    close(fd);
    memset(&options, 0, sizeof(options));
    strcpy(problem, "(none)");
}

static void tear_down(void)
{
    options_fini(&options);
    unlink(file);
}

/* Reads a command line, blanks between its words, and the file if it was
 * written. */
static enum options_verdict read_line(const char *line)
{
    char *argv[ARGUMENTS_MAX + 1] = {NULL}, words[256];
    int argc = 0;

    snprintf(words, sizeof(words), "waitd %s", line);
    for (char *word = strtok(words, " "); word && argc < ARGUMENTS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;
    return options_read(&options, argc, argv, file, problem);
}

static void write_file(const char *text)
{
    FILE *out = fopen(file, "w");

    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    fclose(out);
}

static enum options_verdict read_file(const char *text)
{
    write_file(text);
    return read_line("");
}

#define ck_assert_run(verdict)                                                                     \
    do {                                                                                           \
        enum options_verdict is = (verdict);                                                       \
        ck_assert_msg(is == OPTIONS_RUN, "verdict %d: %s", is, problem);                           \
    } while (0)

/* Asserts that these are the addresses to listen at. */
#define listens(...)                                                                               \
    do {                                                                                           \
        static const char *const expected[] = {__VA_ARGS__};                                       \
        ck_assert_uint_eq(options.listen.n, N(expected));                                          \
        for (size_t i = 0; i < N(expected); i++)                                                   \
            ck_assert_str_eq(options.listen.text[i], expected[i]);                                 \
    } while (0)

START_TEST(the_defaults_are_those_of_the_contract)
{
    ck_assert_run(read_line(""));
    listens("127.0.0.1:9248");
    ck_assert(!options.insecure);
    ck_assert_uint_eq(options.threads, 0);
    ck_assert_uint_eq(options.limits.max_connections, 0);
    ck_assert_uint_eq(options.limits.max_connections_per_address, 0);
    ck_assert_uint_eq(options.limits.max_batches, 100000);
    ck_assert_int_eq(options.limits.request_timeout_ns, 600 * SECOND);
    ck_assert_uint_eq(options.limits.max_jobs, 1000000);
    ck_assert_uint_eq(options.limits.max_pending, 10000000);
    ck_assert_uint_eq(options.limits.max_steps, 1000000000);
    ck_assert_uint_eq(options.limits.max_pending_per_connection, 0);
    ck_assert_uint_eq(options.limits.max_text, UINT64_C(4) << 30);
    ck_assert_uint_eq(options.limits.max_text_per_connection, 0);
    ck_assert_uint_eq(options.limits.max_string, 64 << 20);
    ck_assert_uint_eq(options.limits.max_data, 64 << 20);
    ck_assert_uint_eq(options.limits.max_dependencies, 10000000);
    ck_assert_uint_eq(options.limits.max_pools, 1000);
    ck_assert_uint_eq(options.limits.max_summaries, 1000);
    ck_assert_uint_eq(options.limits.max_runs, 1000000);
    ck_assert_uint_eq(options.limits.max_request, 64 << 20);
    ck_assert_int_eq(options.limits.max_wait_ns, 30 * 86400 * SECOND);
    ck_assert_uint_eq(options.limits.max_backlog, 1 << 20);
    ck_assert_int_eq(options.limits.client_timeout_ns, 600 * SECOND);
    ck_assert_int_eq(options.limits.idle_timeout_ns, 0);
    ck_assert_int_eq(options.limits.drain_timeout_ns, 5 * SECOND);
    ck_assert_int_eq(options.limits.timer_slack_ns, 900000);
    ck_assert_int_eq(options.log_level, LOG_LEVEL_INFO);
    ck_assert(!options.stdio);
    ck_assert(!options.check_config);
}
END_TEST

START_TEST(a_client_that_computes_has_the_same_limits)
{
    const struct request_limits *own = &request_default_limits;

    ck_assert_run(read_line(""));
    ck_assert_uint_eq(own->max_bytes, options.limits.max_request);
    ck_assert_uint_eq(own->max_depth, options.limits.max_depth);
    ck_assert_uint_eq(own->max_string, options.limits.max_string);
    ck_assert_uint_eq(own->max_data, options.limits.max_data);
    ck_assert_uint_eq(own->max_dependencies, options.limits.max_dependencies);
    ck_assert_uint_eq(own->plan.max_jobs, options.limits.max_jobs);
    ck_assert_uint_eq(own->plan.max_steps, options.limits.max_steps);
    ck_assert_int_eq(own->plan.max_wait_ns, options.limits.max_wait_ns);
}
END_TEST

START_TEST(flags_are_read)
{
    ck_assert_run(read_line("--listen :1 --listen=unix:/x --insecure --threads 3 --stdio "
                            "--max-jobs=7"));
    listens(":1", "unix:/x");
    ck_assert(options.insecure);
    ck_assert(options.stdio);
    ck_assert_uint_eq(options.threads, 3);
    ck_assert_uint_eq(options.limits.max_jobs, 7);
}
END_TEST

START_TEST(of_a_flag_given_twice_the_last_counts)
{
    ck_assert_run(read_line("--max-jobs 1 --max-jobs 2"));
    ck_assert_uint_eq(options.limits.max_jobs, 2);
}
END_TEST

static const struct {
    const char *line;
    uint64_t bytes;
} sizes[] = {
    {"--max-request 1", 1},
    {"--max-request 65536", 65536},
    {"--max-request 64K", 65536},
    {"--max-request 64k", 65536},
    {"--max-request 64KiB", 65536},
    {"--max-request 3M", 3 << 20},
    {"--max-request 3MiB", 3 << 20},
    {"--max-request 1G", 1 << 30},
    {"--max-request 2GiB", UINT64_C(1) << 31},
};

START_TEST(sizes_are_bytes_or_have_a_suffix)
{
    ck_assert_run(read_line(sizes[_i].line));
    ck_assert_uint_eq(options.limits.max_request, sizes[_i].bytes);
}
END_TEST

static const struct {
    const char *line;
    int64_t ns;
} durations[] = {
    {"--idle-timeout 1", SECOND},
    {"--idle-timeout 0.25", SECOND / 4},
    {"--idle-timeout 250ms", SECOND / 4},
    {"--idle-timeout 1m30s", 90 * SECOND},
    {"--idle-timeout off", 0},
    {"--idle-timeout 0", 0},
};

START_TEST(durations_are_those_of_the_protocol_or_off)
{
    ck_assert_run(read_line(durations[_i].line));
    ck_assert_int_eq(options.limits.idle_timeout_ns, durations[_i].ns);
}
END_TEST

/* Each with what its one line of diagnostic must name. */
static const struct {
    const char *line, *names;
} wrongs[] = {
    {"--frobnicate", "--frobnicate"},
    {"-x", "-x"},
    {"--max", "--max is short for 26 flags; see waitd --help"},
    {"--tls-c", "--tls-c may be --tls-cert or --tls-client-ca; see"},
    {"--max-jib 1", "(did you mean --max-jobs?)"},
    {"--max-jobs", "--max-jobs"},
    {"--retain 169h", "retain is longer than max-retain"},
    {"--retain 1h --max-retain 59m", "retain is longer than max-retain"},
    {"--stdio=1", "--stdio"},
    {"extra", "extra"},
    {"--max-jobs 0", "\"0\""},
    {"--max-jobs -1", "\"-1\""},
    {"--max-jobs ten", "\"ten\""},
    {"--max-jobs 1e6", "\"1e6\""},
    {"--max-jobs 010", "without leading zeros"},
    {"--max-request 01K", "without leading zeros"},
    {"--max-jobs 4294967295", "4294967294"},
    {"--max-jobs 18446744073709551617", "18446744073709551617"},
    {"--threads 0", "--threads"},
    {"--threads 1025", "1024"},
    {"--max-request 3G", "2147483648"},
    {"--max-request 1T", "\"1T\""},
    {"--max-request K", "\"K\""},
    {"--max-request 1KB1", "\"1KB1\""},
    {"--max-request 99999999999G", "--max-request"},
    {"--max-wait 0", "--max-wait"},
    {"--max-wait off", "\"off\""},
    {"--max-wait 1x", "\"1x\""},
    {"--timer-slack 2s", "\"2s\""},
    {"--drain-timeout -1s", "\"-1s\""},
    {"--drain-timeout off", "\"off\""},
    {"--log-level loud", "error, warning, info or debug"},
    {"--listen nowhere", "\"nowhere\" has no port"},
};

START_TEST(a_wrong_flag_is_reported_in_one_line_with_what_it_got)
{
    ck_assert_int_eq(read_line(wrongs[_i].line), OPTIONS_WRONG);
    ck_assert_msg(strstr(problem, wrongs[_i].names) != NULL, "%s: %s", wrongs[_i].line, problem);
    ck_assert_ptr_null(strchr(problem, '\n'));
}
END_TEST

START_TEST(help_and_version_go_before_what_follows)
{
    ck_assert_int_eq(read_line("--help --max-jobs x"), OPTIONS_HELP);
    ck_assert_int_eq(read_line("-V"), OPTIONS_VERSION);
    ck_assert_int_eq(read_line("--max-jobs x --help"), OPTIONS_WRONG);
}
END_TEST

START_TEST(the_file_is_read)
{
    ck_assert_run(read_file("# a comment\n"
                            "listen = { \"[::1]:1\", unix:/run/x } // another\n"
                            "/* and\n one more */ insecure = yes\n"
                            "max-jobs = 12\n"
                            "max-backlog = \"2M\"\n"
                            "client-timeout = off\n"
                            "log-level = 'debug'\n"));
    listens("[::1]:1", "unix:/run/x");
    ck_assert(options.insecure);
    ck_assert_uint_eq(options.limits.max_jobs, 12);
    ck_assert_uint_eq(options.limits.max_backlog, 2 << 20);
    ck_assert_int_eq(options.limits.client_timeout_ns, 0);
    ck_assert_int_eq(options.log_level, LOG_LEVEL_DEBUG);
}
END_TEST

START_TEST(listen_in_the_file_may_be_a_single_address)
{
    ck_assert_run(read_file("listen = 127.0.0.1:1\n"));
    listens("127.0.0.1:1");
}
END_TEST

START_TEST(listen_in_the_file_may_stand_several_times)
{
    ck_assert_run(
        read_file("listen = :1\nmax-jobs=5\nmax-jobs=6\n listen={:2, unix:/a-listen}\n"
                  "listen\n= \"unix:/x{listen = :9\" listen+=:3\nmetrics=:4\nmetrics=:5"));
    listens(":1", ":2", "unix:/a-listen", "unix:/x{listen = :9", ":3");
    ck_assert_uint_eq(options.metrics.n, 2);
    ck_assert_uint_eq(options.limits.max_jobs, 6);
}
END_TEST

START_TEST(an_empty_file_changes_nothing)
{
    ck_assert_run(read_file(""));
    ck_assert_uint_eq(options.limits.max_jobs, 1000000);
}
END_TEST

START_TEST(a_byte_order_mark_is_no_part_of_the_file)
{
    ck_assert_run(read_file("\xef\xbb\xbfmax-jobs = 5\n"));
    ck_assert_uint_eq(options.limits.max_jobs, 5);
}
END_TEST

START_TEST(flags_win_over_the_file)
{
    write_file("listen = {:1, :2}\nmax-jobs = 5\nmax-steps = 6\n");
    ck_assert_run(read_line("--max-jobs 9 --listen :3"));
    listens(":3");
    ck_assert_uint_eq(options.limits.max_jobs, 9);
    ck_assert_uint_eq(options.limits.max_steps, 6);
}
END_TEST

static const struct {
    const char *text, *names;
} wrong_files[] = {
    {"\nlisen = 1\n", ":2: there is no option \"lisen\" (did you mean listen?)"},
    {"max-jobs 5\n", ":1: max-jobs lacks its equal sign"},
    {"max-jobs = {5, 6}\n", ":1: a list in braces stands where one value is taken"},
    {"max-jobs += 5\n", ":1: max-jobs takes one value: write = for +="},
    {"max-jobs = \"5\n", ": the file ends within a value"},
    {"\n\n}\n", ":3: a closing brace without an opening one"},
    {"= 5\n", ":1: \"=\" is not expected here"},
    {"max-jobs = 5\nfrobnicate = 1\n", ":2: "},
    {"# one\n// two\n/* three\nfour */\nfrobnicate = 1\n", ":5: "},
    {"# one\nmax-jobs = ten\n", ":2: max-jobs: got \"ten\""},
    {"max-jobs = \"#\"\n", ":1: max-jobs: got \"#\""},
    {"listen = {:1, nowhere}\n", ":1: listen: \"nowhere\" has no port"},
    {"max-jobs = 010\n", ":1: max-jobs: got \"010\""},
    {"\xef\xbb\xbf\nmax-jobs = x\n", ":2: max-jobs: got \"x\""},
    {"insecure = maybe\n", "true or false"},
    {"stdio = true\n", "stdio"},
    {"config = x\n", "config"},
    {"max-jobs\n", ":"},
    {"max-jobs = \"5\n", ":"},
    {"max-jobs = {1, 2}\n", ":1: "},
    {"include(\"x\")\n", ":1: "},
};

START_TEST(a_wrong_file_is_reported_with_its_name_and_line)
{
    ck_assert_int_eq(read_file(wrong_files[_i].text), OPTIONS_WRONG);
    ck_assert_msg(strncmp(problem, file, strlen(file)) == 0, "%s", problem);
    ck_assert_msg(strstr(problem, wrong_files[_i].names) != NULL, "%s", problem);
    ck_assert_ptr_null(strchr(problem, '\n'));
}
END_TEST

START_TEST(a_default_file_may_be_absent_but_not_one_asked_for)
{
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_run(read_line(""));
    options_fini(&options);
    ck_assert_int_eq(read_line("--config ./test_options.absent"), OPTIONS_UNREADABLE);
    ck_assert_ptr_nonnull(strstr(problem, "test_options.absent"));
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused_and_not_fatal)
{
    ck_assert_int_eq(read_line("--config /"), OPTIONS_UNREADABLE);
    ck_assert_int_eq(read_line("--config /dev/zero"), OPTIONS_UNREADABLE);
    ck_assert_run(read_line("--config /dev/null"));
}
END_TEST

START_TEST(it_can_be_read_again_for_what_the_file_says_by_then)
{
    ck_assert_run(read_file("max-jobs = 1\n"));
    options_fini(&options);
    ck_assert_run(read_file("max-jobs = 2\n"));
    ck_assert_uint_eq(options.limits.max_jobs, 2);
}
END_TEST

/* Each option of the file that does not change while the daemon runs, and another value of it. */
static const struct {
    const char *name, *value;
} fixed[] = {
    {"http", "9280"},
    {"http-host", "waitd.example.org"},
    {"http-origin", "http://localhost:3000"},
    {"http-max-header", "16K"},
    {"http-header-timeout", "20s"},
    {"service", "db=2"},
    {"metrics", "9249"},
    {"threads", "2"},
    {"state", "/var/lib/other"},
    {"cluster-name", "other"},
    {"cluster-grace", "2s"},
};

START_TEST(a_change_that_takes_a_restart_is_named)
{
    char line[128];
    struct options running;

    ck_assert_run(read_line("--threads 1"));
    running = options;
    memset(&options, 0, sizeof(options));
    snprintf(line, sizeof(line), "--threads 1 --%s %s", fixed[_i].name, fixed[_i].value);
    ck_assert_run(read_line(line));
    ck_assert_pstr_eq(options_update(&running, &options), fixed[_i].name);
    options_fini(&running);
}
END_TEST

START_TEST(limits_and_the_log_level_change_later_and_the_rest_is_named)
{
    struct options running, none = {.threads = 1};

    ck_assert_run(read_line("--threads 1"));
    running = options;
    memset(&options, 0, sizeof(options));
    ck_assert_run(read_line("--threads 1 --max-jobs 3 --log-level error"));
    ck_assert_ptr_null(options_update(&running, &options));
    ck_assert_uint_eq(running.limits.max_jobs, 3);
    ck_assert_int_eq(running.log_level, LOG_LEVEL_ERROR);
    none.threads = 2;
    ck_assert_str_eq(options_update(&running, &none), "listen");
    options_fini(&options);
    ck_assert_run(read_line("--threads 2"));
    ck_assert_str_eq(options_update(&running, &options), "threads");
    ck_assert_uint_eq(running.threads, 1);
    options_fini(&running);
}
END_TEST

/* What is in capitals has no value that could be written. */
START_TEST(the_example_changes_nothing_without_its_comment_signs)
{
    char *text = printed(options_example), *at = text;
    struct options defaults;

    ck_assert_int_eq(read_file(text), OPTIONS_RUN);
    defaults = options;
    memset(&options, 0, sizeof(options));
    while ((at = strstr(at, "\n#")) != NULL) {
        const char *value = strstr(at, " = ");

        at += 2;
        if (*at != ' ' && (value[3] < 'A' || value[3] > 'Z'))
            at[-1] = ' ';
    }
    ck_assert_msg(read_file(text) == OPTIONS_RUN, "%s", problem);
    ck_assert_ptr_null(options_update(&defaults, &options));
    ck_assert_mem_eq(&defaults.limits, &options.limits, sizeof(options.limits));
    ck_assert_int_eq(options.log_level, LOG_LEVEL_INFO);
    ck_assert(options.file != NULL && options.missing_file == NULL);
    options_fini(&defaults);
    free(text);
}
END_TEST

START_TEST(no_batch_is_kept_longer_than_one_may_ask_for)
{
    ck_assert_run(read_line("--max-retain 10m"));
    ck_assert_int_eq(options.limits.retain_ns, 600 * SECOND);
    options_fini(&options);
    ck_assert_run(read_line("--retain 168h"));
    ck_assert_int_eq(options.limits.retain_ns, 7 * 86400 * SECOND);
    options_fini(&options);
    ck_assert_int_eq(read_file("retain = 1h\nmax-retain = 10m\n"), OPTIONS_WRONG);
    ck_assert_ptr_nonnull(strstr(problem, "retain is longer than max-retain"));
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
    unlink(file);
    ck_assert_run(read_line(""));
    ck_assert_ptr_null(options.file);
    ck_assert_str_eq(options.missing_file, file);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {the_defaults_are_those_of_the_contract, 1},
        {a_client_that_computes_has_the_same_limits, 1},
        {flags_are_read, 1},
        {of_a_flag_given_twice_the_last_counts, 1},
        {sizes_are_bytes_or_have_a_suffix, N(sizes)},
        {durations_are_those_of_the_protocol_or_off, N(durations)},
        {a_wrong_flag_is_reported_in_one_line_with_what_it_got, N(wrongs)},
        {help_and_version_go_before_what_follows, 1},
        {the_file_is_read, 1},
        {listen_in_the_file_may_be_a_single_address, 1},
        {listen_in_the_file_may_stand_several_times, 1},
        {an_empty_file_changes_nothing, 1},
        {a_byte_order_mark_is_no_part_of_the_file, 1},
        {flags_win_over_the_file, 1},
        {a_wrong_file_is_reported_with_its_name_and_line, N(wrong_files)},
        {a_default_file_may_be_absent_but_not_one_asked_for, 1},
        {what_is_no_regular_file_is_refused_and_not_fatal, 1},
        {it_can_be_read_again_for_what_the_file_says_by_then, 1},
        {a_change_that_takes_a_restart_is_named, N(fixed)},
        {limits_and_the_log_level_change_later_and_the_rest_is_named, 1},
        {the_example_changes_nothing_without_its_comment_signs, 1},
        {no_batch_is_kept_longer_than_one_may_ask_for, 1},
        {a_file_that_is_not_there_is_named, 1},
    };

    return check_suite("options", set_up, tear_down, tests, N(tests));
}
