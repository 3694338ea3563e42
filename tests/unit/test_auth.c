/* SPDX-License-Identifier: ISC */

/* Tokens, what is known of them, and how clients get in by them or do not: the gate's whole
 * conversation, with a clock that is set by hand and the verifier's real thread. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/auth/failures.h"
#include "daemon/auth/gate.h"
#include "daemon/auth/tokens.h"
#include "tests/support/check.h"

#define S INT64_C(1000000000)

static char path[] = "/tmp/waitd-tokens-XXXXXX";
static char alice[TOKEN_MAX + 1], bob[TOKEN_MAX + 1];
static char alice_line[TOKEN_LINE_MAX + 1], bob_line[TOKEN_LINE_MAX + 1];
static char problem[TOKENS_PROBLEM_MAX];

static void write_file(const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static void set_up_file(void)
{
    char both[2 * TOKEN_LINE_MAX + 64];

    strcpy(path + strlen(path) - 6, "XXXXXX");
    ck_assert_int_ge(mkstemp(path), 0);
    ck_assert_int_eq(token_make("alice", alice, alice_line), 0);
    ck_assert_int_eq(token_make("b.ob-_1", bob, bob_line), 0);
    snprintf(both, sizeof(both), "# who may come\n\n%s\r\n  \n%s\n", alice_line, bob_line);
    write_file(both, 0600);
}

static void tear_down_file(void)
{
    unlink(path);
}

/* ---- Tokens ------------------------------------------------------------------------------- */

START_TEST(a_token_is_a_name_and_a_secret_and_its_line_has_no_secret)
{
    size_t name_len;

    ck_assert(token_is_there());
    ck_assert(token_split(bob, strlen(bob), &name_len));
    ck_assert_uint_eq(name_len, strlen("b.ob-_1"));
    ck_assert_uint_eq(strlen(bob), name_len + 1 + 43); /* 256 bits by six */
    ck_assert(strncmp(bob_line, "b.ob-_1:$y$", 11) == 0);
    ck_assert_ptr_null(strstr(bob_line, bob + name_len + 1));
    ck_assert(token_matches(strchr(bob_line, ':') + 1, bob + name_len + 1));
    ck_assert(!token_matches(strchr(alice_line, ':') + 1, bob + name_len + 1));
    ck_assert_str_ne(alice, bob);
}
END_TEST

START_TEST(what_is_no_token_is_distinguished)
{
    static const char *const others[] = {"",      ".",     "a.",    ".a",
                                         "alice", "a b.c", "a:b.c", "\xc3\xa9.c"};
    char long_one[TOKEN_MAX + 2];
    size_t name_len;

    for (size_t i = 0; i < N(others); i++)
        ck_assert_msg(!token_split(others[i], strlen(others[i]), &name_len), "%s", others[i]);
    ck_assert(!token_split("a.b\0c", 5, &name_len));
    memset(long_one, 'a', sizeof(long_one));
    long_one[1] = '.';
    ck_assert(!token_split(long_one, sizeof(long_one), &name_len));
    ck_assert(token_split(long_one, TOKEN_MAX, &name_len));
    ck_assert_ptr_nonnull(token_check_hash("$1$abcdefgh$0123456789012345678901"));
    ck_assert_ptr_nonnull(token_check_hash(""));
    ck_assert_ptr_nonnull(token_check_hash("secret"));
    ck_assert(token_is_equal("ab", "ab", 2));
    ck_assert(!token_is_equal("ab", "ac", 2));
}
END_TEST

/* ---- The file ----------------------------------------------------------------------------- */

static void refused(const char *text, mode_t mode, const char *words)
{
    write_file(text, mode);
    problem[0] = '\0';
    ck_assert_ptr_null(tokens_read(path, problem));
    ck_assert_msg(strstr(problem, words) != NULL, "%s: %s", words, problem);
    ck_assert_ptr_nonnull(strstr(problem, path));
    ck_assert_ptr_null(strstr(problem, "$y$j9T"));
    ck_assert_ptr_null(strchr(problem, '\n'));
}

START_TEST(a_file_has_a_line_each_and_comments)
{
    struct tokens *tokens = tokens_read(path, problem);

    ck_assert_msg(tokens != NULL, "%s", problem);
    ck_assert_uint_eq(tokens->n, 2);
    ck_assert_str_eq(tokens_find(tokens, "alice", 5)->hash, strchr(alice_line, ':') + 1);
    ck_assert_str_eq(tokens_find(tokens, "b.ob-_1", 7)->name, "b.ob-_1");
    ck_assert_ptr_null(tokens_find(tokens, "alic", 4));
    ck_assert_ptr_null(tokens_find(tokens, "alice2", 6));
    tokens_free(tokens);
    write_file("", 0440); /* as the rights of an access list show */
    tokens = tokens_read(path, problem);
    ck_assert_msg(tokens != NULL, "%s", problem);
    ck_assert_ptr_null(tokens_find(tokens, "alice", 5));
    tokens_free(tokens);
}
END_TEST

START_TEST(a_file_that_others_can_read_is_not_used)
{
    char both[2 * TOKEN_LINE_MAX + 3];

    refused(alice_line, 0644, "others can read it");
    refused(alice_line, 0604, "others can read it");
    refused(alice_line, 0602, "others can change it");
    refused(alice_line, 0620, "others can change it");
    refused("alice\n", 0600, ":1: a line is NAME:HASH");
    refused("\n# x\n:$y$j9T$x\n", 0600, ":3: a name is 1 to 64");
    refused("a b:$y$j9T$x\n", 0600, ":1: a name is 1 to 64");
    refused("alice:secret\n", 0600, ":1: is no hash by yescrypt");
    refused("alice:$y$\n", 0600, ":1: is no hash by yescrypt");
    snprintf(both, sizeof(both), "%s\n%s\n", alice_line, alice_line);
    refused(both, 0600, "two lines are of the token alice");
    unlink(path);
    ck_assert_ptr_null(tokens_read(path, problem));
    ck_assert_ptr_nonnull(strstr(problem, "No such file"));
    ck_assert_ptr_null(tokens_read("/dev/null", problem));
    ck_assert_ptr_nonnull(strstr(problem, "it is no file"));
}
END_TEST

/* ---- Credentials -------------------------------------------------------------------------- */

static struct credentials *credentials;

static void set_up_credentials(void)
{
    set_up_file();
    credentials = credentials_new();
    ck_assert_int_eq(credentials_read_tokens(credentials, path, problem), 2);
}

static void tear_down_credentials(void)
{
    credentials_free(credentials);
    tear_down_file();
}

static void is_somebody(struct principal *principal, const char *name, bool is_admin)
{
    ck_assert_ptr_nonnull(principal);
    ck_assert_str_eq(principal->name, name);
    ck_assert_int_eq(principal->is_admin, is_admin);
    principal_release(principal);
}

START_TEST(a_token_that_was_right_once_is_known_again)
{
    char wrong[TOKEN_MAX + 1];

    ck_assert_ptr_null(credentials_recall(credentials, alice, strlen(alice)));
    is_somebody(credentials_verify(credentials, alice, strlen(alice)), "token:alice", false);
    is_somebody(credentials_recall(credentials, alice, strlen(alice)), "token:alice", false);
    strcpy(wrong, alice);
    wrong[strlen(wrong) - 2] ^= 1;
    ck_assert_ptr_null(credentials_recall(credentials, wrong, strlen(wrong)));
    ck_assert_ptr_null(credentials_verify(credentials, wrong, strlen(wrong)));
    is_somebody(credentials_recall(credentials, alice, strlen(alice)), "token:alice", false);
    ck_assert_ptr_null(credentials_verify(credentials, "carol.x", 7));
    ck_assert_ptr_null(credentials_verify(credentials, "", 0));
    ck_assert_ptr_null(credentials_recall(credentials, bob, strlen(bob)));
}
END_TEST

START_TEST(what_is_read_anew_counts_at_once)
{
    char zero[] = "unix:0", admin[] = "token:alice";
    char *const admins[] = {zero, admin};

    is_somebody(credentials_verify(credentials, alice, strlen(alice)), "token:alice", false);
    is_somebody(credentials_verify(credentials, bob, strlen(bob)), "token:b.ob-_1", false);
    write_file(alice_line, 0600);
    ck_assert_int_eq(credentials_set_admins(credentials, admins, 2), 0);
    ck_assert_int_eq(credentials_read_tokens(credentials, path, problem), 1);
    is_somebody(credentials_recall(credentials, alice, strlen(alice)), "token:alice", true);
    ck_assert_ptr_null(credentials_recall(credentials, bob, strlen(bob)));
    ck_assert_ptr_null(credentials_verify(credentials, bob, strlen(bob)));
    is_somebody(credentials_principal(credentials, "local"), "local", false);
    is_somebody(credentials_principal(credentials, "unix:0"), "unix:0", true);
    write_file("nonsense\n", 0600);
    ck_assert_int_eq(credentials_read_tokens(credentials, path, problem), -1);
    is_somebody(credentials_recall(credentials, alice, strlen(alice)), "token:alice", true);
    ck_assert_int_eq(token_make("alice", bob, alice_line), 0); /* another secret of the name */
    write_file(alice_line, 0600);
    ck_assert_int_eq(credentials_read_tokens(credentials, path, problem), 1);
    ck_assert_ptr_null(credentials_recall(credentials, alice, strlen(alice)));
    is_somebody(credentials_verify(credentials, bob, strlen(bob)), "token:alice", true);
    ck_assert_int_eq(credentials_set_admins(credentials, NULL, 0), 0);
    is_somebody(credentials_recall(credentials, bob, strlen(bob)), "token:alice", false);
}
END_TEST

/* ---- The gate ----------------------------------------------------------------------------- */

static struct limits limits;
static struct verifier_port port;
static struct verifier *verifier;
static struct gate_env env;
static struct failures failures;
static struct gate *gate;
static int64_t now_ns;
static unsigned wakes;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static bool has_answer;

static void wake_loop(void *context)
{
    (void)context;
    pthread_mutex_lock(&lock);
    has_answer = true;
    pthread_cond_signal(&woken);
    pthread_mutex_unlock(&lock);
}

static void wake_driver(void *context)
{
    (void)context;
    wakes++;
}

/* Waits for the verifier's answer, as a loop does. */
static void await_answer(void)
{
    pthread_mutex_lock(&lock);
    while (!has_answer)
        pthread_cond_wait(&woken, &lock);
    has_answer = false;
    pthread_mutex_unlock(&lock);
    verifier_receive(&port);
}

/* A new one in the place of the last one, if there is one. */
static void open_gate(void)
{
    gate_free(gate);
    gate = gate_new(&env, &failures, now_ns, wake_driver, NULL);
    ck_assert_ptr_nonnull(gate);
}

static void set_up_gate(void)
{
    set_up_credentials();
    limits = (struct limits){.max_auth_bytes = 512,
                             .max_auth_failures = 3,
                             .max_unauthenticated = 4,
                             .auth_timeout_ns = 10 * S};
    verifier = verifier_new(credentials);
    port = (struct verifier_port){.wake = wake_loop};
    failures = (struct failures){0};
    has_answer = false;
    wakes = 0;
    now_ns = 100 * S;
    env = (struct gate_env){.limits = &limits,
                            .version = "0.0",
                            .instance = "0123456789abcdef",
                            .credentials = credentials,
                            .verifier = verifier,
                            .port = &port};
    ck_assert_ptr_nonnull(verifier);
    gate = NULL;
    open_gate();
}

static void tear_down_gate(void)
{
    gate_free(gate);
    verifier_free(verifier);
    verifier_port_fini(&port);
    tear_down_credentials();
}

/* What it has to say so far, taken. */
static const char *heard(void)
{
    static char text[16384];
    size_t len;
    const char *output = gate_output(gate, &len);

    memcpy(text, output, len);
    text[len] = '\0';
    gate_sent(gate, len);
    return text;
}

static size_t say(const char *text)
{
    return gate_feed(gate, now_ns, text, strlen(text));
}

static size_t show(const char *token)
{
    char text[2 * TOKEN_MAX];

    snprintf(text, sizeof(text), "{\"op\":\"auth\",\"token\":\"%s\",\"id\":7}", token);
    return say(text);
}

static void is_refused(const char *words)
{
    ck_assert_int_eq(gate_state(gate), GATE_REFUSED);
    ck_assert_int_eq(gate_fault(gate)->code, FAULT_UNAUTHORIZED);
    ck_assert_msg(strstr(gate_fault(gate)->message, words) != NULL, "%s",
                  gate_fault(gate)->message);
}

START_TEST(a_right_token_opens_and_what_comes_behind_it_is_left)
{
    char text[512];

    snprintf(text, sizeof(text),
             "{\"op\":\"ping\",\"id\":1} {\"id\":\"x\",\"token\":\"%s\",\"op\":\"auth\"}\n[{}]",
             alice);
    ck_assert_str_eq(text + say(text), "\n[{}]");
    ck_assert(!gate_wants_input(gate));
    ck_assert_ptr_nonnull(strstr(heard(), "{\"event\":\"pong\",\"id\":1,"));
    await_answer();
    ck_assert_uint_eq(wakes, 1);
    ck_assert_int_eq(gate_state(gate), GATE_OPEN);
    ck_assert_str_eq(gate_principal(gate)->name, "token:alice");
    ck_assert_str_eq(heard(),
                     "{\"event\":\"authenticated\",\"id\":\"x\",\"principal\":\"token:alice\"}\n");
    ck_assert(failures_are_over(&failures, now_ns));
    open_gate(); /* the second time it costs no hash */
    show(alice);
    ck_assert_int_eq(gate_state(gate), GATE_OPEN);
    ck_assert_str_eq(heard(),
                     "{\"event\":\"authenticated\",\"id\":7,\"principal\":\"token:alice\"}\n");
}
END_TEST

START_TEST(a_wrong_token_is_answered_late_and_counts)
{
    int64_t first_ns;

    show("alice.wrong");
    await_answer();
    ck_assert_int_eq(gate_state(gate), GATE_CLOSED);
    gate_work(gate, now_ns);
    first_ns = gate_due(gate) - now_ns;
    ck_assert_int_gt(first_ns, 0);
    gate_work(gate, gate_due(gate) - 1);
    ck_assert_int_eq(gate_state(gate), GATE_CLOSED);
    gate_work(gate, gate_due(gate));
    is_refused("the token is not valid");
    ck_assert_uint_eq(gate_id(gate).len, 1);
    ck_assert_int_eq(gate_id(gate).text[0], '7');
    open_gate();
    show("nobody.wrong");
    await_answer();
    gate_work(gate, now_ns);
    ck_assert_int_gt(gate_due(gate) - now_ns, first_ns);
}
END_TEST

START_TEST(too_many_wrong_tokens_are_not_looked_at)
{
    for (int i = 0; i < 3; i++) {
        show("alice.wrong");
        await_answer();
        open_gate();
    }
    show("alice.wrong");
    is_refused("3 wrong tokens within a minute (max-auth-failures)");
    is_somebody(credentials_verify(credentials, bob, strlen(bob)), "token:b.ob-_1", false);
    open_gate();
    show(bob); /* whom it is known to be is let in all the same */
    ck_assert_int_eq(gate_state(gate), GATE_OPEN);
}
END_TEST

START_TEST(no_more_tokens_wait_than_may)
{
    limits.max_unauthenticated = 0;
    show(alice);
    ck_assert_int_eq(gate_state(gate), GATE_REFUSED);
    ck_assert_int_eq(gate_fault(gate)->code, FAULT_OVERLOADED);
    ck_assert_ptr_nonnull(strstr(gate_fault(gate)->message, "max-unauthenticated"));
    ck_assert(failures_are_over(&failures, now_ns));
    ck_assert_uint_eq(wakes, 0);
    limits.max_unauthenticated = 1;
    open_gate();
    show(alice);
    await_answer();
    ck_assert_int_eq(gate_state(gate), GATE_OPEN);
}
END_TEST

START_TEST(anything_but_a_ping_and_a_token_is_the_end)
{
    static const char *const texts[] = {"[]",
                                        "{\"op\":\"stats\"}",
                                        "{\"op\":\"quit\"}",
                                        "{\"op\":\"nonsense\"}",
                                        "{\"op\":\"auth\"}",
                                        "{\"op\":\"auth\",\"token\":\"\"}",
                                        "{\"op\":\"auth\",\"token\":5}",
                                        "{\"op\":\"auth\",\"token\":null}",
                                        "{\"op\":\"auth\",\"token\":\"a.b\",\"x\":1}",
                                        "GET / HTTP/1.1\r\n\r\n",
                                        "\x16\x03\x01",
                                        "\xff",
                                        "5",
                                        "{\"op\":\"ping\",\"x\":1}",
                                        "{\"op\":\"auth\",\"token\":\"a.b\",\"token\":\"a.b\"}"};

    for (size_t i = 0; i < N(texts); i++) {
        (void)say(texts[i]);
        gate_end_input(gate, now_ns);
        is_refused("authentication is required first");
        ck_assert_str_eq(heard(), "");
        open_gate();
    }
}
END_TEST

START_TEST(who_leaves_without_a_word_is_sent_none)
{
    (void)say(" \n{\"op\":\"ping\"}\n");
    gate_end_input(gate, now_ns);
    ck_assert_int_eq(gate_state(gate), GATE_REFUSED);
    ck_assert_int_eq(gate_fault(gate)->code, FAULT_NONE);
    open_gate();
    (void)say("{\"op\":\"auth\",\"tok");
    gate_end_input(gate, now_ns);
    is_refused("authentication is required first");
}
END_TEST

START_TEST(few_bytes_and_little_time_are_given)
{
    char text[600] = "";

    memset(text, ' ', sizeof(text) - 1);
    (void)say(text);
    is_refused("no authentication within 512 bytes (max-auth-bytes)");
    open_gate();
    (void)say("{\"op\":\"auth\",\"token\":\"");
    memset(text, 'x', sizeof(text) - 1);
    (void)say(text); /* one request alone is too long, too */
    ck_assert_int_eq(gate_state(gate), GATE_REFUSED);
    ck_assert_int_eq(gate_fault(gate)->code, FAULT_UNAUTHORIZED);
    ck_assert_ptr_null(strstr(gate_fault(gate)->message, "xxx"));
    open_gate();
    ck_assert_int_eq(gate_due(gate), now_ns + 10 * S);
    gate_work(gate, now_ns + 10 * S - 1);
    ck_assert_int_eq(gate_state(gate), GATE_CLOSED);
    gate_work(gate, now_ns + 10 * S);
    is_refused("too long");
}
END_TEST

START_TEST(a_token_that_comes_byte_by_byte_is_one)
{
    char text[512];
    size_t len = (size_t)snprintf(text, sizeof(text), "{\"op\":\"auth\",\"token\":\"%s\"}", bob);

    for (size_t i = 0; i < len; i++)
        ck_assert_uint_eq(gate_feed(gate, now_ns, text + i, 1), 1);
    await_answer();
    ck_assert_int_eq(gate_state(gate), GATE_OPEN);
    ck_assert_str_eq(gate_principal(gate)->name, "token:b.ob-_1");
}
END_TEST

START_TEST(a_certificate_opens_without_a_token)
{
    gate_admit(gate, "cert:CN=x");
    ck_assert_int_eq(gate_state(gate), GATE_OPEN);
    ck_assert_str_eq(gate_principal(gate)->name, "cert:CN=x");
    ck_assert_str_eq(heard(), "");
}
END_TEST

START_TEST(where_there_are_no_tokens_none_is_right)
{
    env.verifier = NULL;
    show(alice);
    is_refused("no tokens are known here");
    open_gate();
    (void)say("[]");
    is_refused("by a certificate");
}
END_TEST

START_TEST(who_goes_while_the_verifier_works_is_not_missed)
{
    show(alice);
    gate_free(gate);
    gate = NULL;
    await_answer();
    ck_assert_uint_eq(wakes, 0);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test files[] = {
        {a_token_is_a_name_and_a_secret_and_its_line_has_no_secret, 1},
        {what_is_no_token_is_distinguished, 1},
        {a_file_has_a_line_each_and_comments, 1},
        {a_file_that_others_can_read_is_not_used, 1},
    };
    const struct check_test known[] = {
        {a_token_that_was_right_once_is_known_again, 1},
        {what_is_read_anew_counts_at_once, 1},
    };
    const struct check_test gates[] = {
        {a_right_token_opens_and_what_comes_behind_it_is_left, 1},
        {a_wrong_token_is_answered_late_and_counts, 1},
        {too_many_wrong_tokens_are_not_looked_at, 1},
        {no_more_tokens_wait_than_may, 1},
        {anything_but_a_ping_and_a_token_is_the_end, 1},
        {who_leaves_without_a_word_is_sent_none, 1},
        {few_bytes_and_little_time_are_given, 1},
        {a_token_that_comes_byte_by_byte_is_one, 1},
        {a_certificate_opens_without_a_token, 1},
        {where_there_are_no_tokens_none_is_right, 1},
        {who_goes_while_the_verifier_works_is_not_missed, 1},
    };
    Suite *suite = suite_create("auth");

    tcase_set_timeout(check_case(suite, "files", set_up_file, tear_down_file, files, N(files)), 30);
    tcase_set_timeout(check_case(suite, "credentials", set_up_credentials, tear_down_credentials,
                                 known, N(known)),
                      30);
    tcase_set_timeout(check_case(suite, "gate", set_up_gate, tear_down_gate, gates, N(gates)), 30);
    return suite;
}
