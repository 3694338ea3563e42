/* SPDX-License-Identifier: ISC */

/* What is written into a cluster's stream reads back the same, and nothing else is taken for it. */

#include "tests/support/check.h"

#include <string.h>

#include "daemon/store/cluster_wire.h"
#include "daemon/store/digest.h"

static struct cluster_request make_request(const char *key, size_t key_len)
{
    struct cluster_request request = {
        .owner = "local",
        .engine = "3",
        .grace_ns = 1000000000,
        .nonce = 0x0123456789abcdef,
        .expected = 7,
        .terms = {.jobs = 12,
                  .key_len = (uint16_t)key_len,
                  .seed = -5,
                  .retain_ns = 3600000000000,
                  .max_wait_ns = INT64_MAX,
                  .max_summaries = 1000},
    };

    memcpy(request.terms.key, key, key_len);
    digest_of("{}", 2, request.digest);
    return request;
}

START_TEST(a_request_reads_back_the_same)
{
    struct cluster_request request = make_request("a\0b %\r\n\xff", 8), read;
    struct cluster_headers headers;

    request.was = (struct cluster_was){42, 1700000000000000001};
    cluster_request_write(&request, &headers);
    ck_assert_str_eq(headers.values.value[CLUSTER_HEADER_KEY], "a%00b%20%25%0d%0a%ff");
    ck_assert_str_eq(headers.values.value[CLUSTER_HEADER_GRACE], "1000000000");
    ck_assert_str_eq(headers.values.value[CLUSTER_HEADER_RETAIN], "3600000000000");
    ck_assert_str_eq(headers.values.value[CLUSTER_HEADER_NONCE], "0123456789abcdef");
    ck_assert_str_eq(headers.values.value[CLUSTER_HEADER_WAS], "42 1700000000000000001");
    ck_assert_str_eq(headers.values.value[CLUSTER_HEADER_EXPECTED], "7");
    ck_assert(cluster_request_read(&headers.values, &read));
    ck_assert_str_eq(read.owner, "local");
    ck_assert_str_eq(read.engine, "3");
    ck_assert_uint_eq(read.terms.key_len, 8);
    ck_assert_mem_eq(read.terms.key, request.terms.key, 8);
    ck_assert_int_eq(read.terms.seed, -5);
    ck_assert_uint_eq(read.terms.jobs, 12);
    ck_assert_int_eq(read.terms.max_wait_ns, INT64_MAX);
    ck_assert_uint_eq(read.terms.max_summaries, 1000);
    ck_assert_uint_eq(read.nonce, request.nonce);
    ck_assert_mem_eq(read.digest, request.digest, sizeof(read.digest));
    ck_assert_uint_eq(read.was.sequence, 42);
    ck_assert_int_eq(read.was.stamp_ns, 1700000000000000001);
    ck_assert_uint_eq(read.expected, 7);
}
END_TEST

START_TEST(the_longest_key_fits)
{
    char key[STORED_KEY_MAX];
    struct cluster_request request, read;
    struct cluster_headers headers;

    memset(key, 0, sizeof(key));
    request = make_request(key, sizeof(key));
    memset(request.owner, '\xc3', PRINCIPAL_NAME_MAX);
    request.was = (struct cluster_was){UINT64_MAX, INT64_MAX};
    cluster_request_write(&request, &headers);
    ck_assert(cluster_request_read(&headers.values, &read));
    ck_assert_uint_eq(read.terms.key_len, STORED_KEY_MAX);
    ck_assert_uint_eq(strlen(read.owner), PRINCIPAL_NAME_MAX);
    ck_assert_uint_eq(read.was.sequence, UINT64_MAX);
}
END_TEST

/* A header's text, and whether a request may have it. */
static const struct {
    enum cluster_header header;
    const char *text;
} damages[] = {
    {CLUSTER_HEADER_ENGINE, NULL},
    {CLUSTER_HEADER_ENGINE, ""},
    {CLUSTER_HEADER_OWNER, NULL},
    {CLUSTER_HEADER_OWNER, "a%00b"},
    {CLUSTER_HEADER_KEY, ""},
    {CLUSTER_HEADER_KEY, "%g0"},
    {CLUSTER_HEADER_KEY, "%0"},
    {CLUSTER_HEADER_GRACE, "-1"},
    {CLUSTER_HEADER_GRACE, NULL},
    {CLUSTER_HEADER_RETAIN, "1 "},
    {CLUSTER_HEADER_NONCE, "12"},
    {CLUSTER_HEADER_NONCE, "0123456789ABCDEF"},
    {CLUSTER_HEADER_DIGEST, "00"},
    {CLUSTER_HEADER_JOBS, "4294967296"},
    {CLUSTER_HEADER_JOBS, "x"},
    {CLUSTER_HEADER_SEED, "9223372036854775808"},
    {CLUSTER_HEADER_SEED, "-"},
    {CLUSTER_HEADER_MAX_WAIT, ""},
    {CLUSTER_HEADER_WAS, "5"},
    {CLUSTER_HEADER_WAS, "0 5"},
    {CLUSTER_HEADER_WAS, "5 x"},
    {CLUSTER_HEADER_MAX_SUMMARIES, NULL},
    {CLUSTER_HEADER_RETAIN, "9223372036854775808"},
};

START_TEST(a_damaged_request_is_none)
{
    struct cluster_request request = make_request("k", 1), read;
    struct cluster_headers headers;

    cluster_request_write(&request, &headers);
    ck_assert(cluster_request_read(&headers.values, &read));
    headers.values.value[damages[_i].header] = damages[_i].text;
    ck_assert(!cluster_request_read(&headers.values, &read));
}
END_TEST

START_TEST(what_comes_from_outside_reads_back_the_same)
{
    struct cluster_outside cancel = {.job = 3, .floor_ns = 99, .was = {5, 77}}, read;
    struct cluster_headers headers;

    cluster_outside_write(&cancel, &headers);
    ck_assert_str_eq(headers.values.value[CLUSTER_HEADER_FLOOR], "99");
    ck_assert_str_eq(headers.values.value[CLUSTER_HEADER_EXPECTED], "0");
    ck_assert(cluster_outside_read(&headers.values, &read));
    ck_assert(!read.whole);
    ck_assert_uint_eq(read.job, 3);
    ck_assert_int_eq(read.floor_ns, 99);
    ck_assert_uint_eq(read.was.sequence, 5);
    cancel = (struct cluster_outside){.whole = true};
    cluster_outside_write(&cancel, &headers);
    ck_assert_ptr_null(headers.values.value[CLUSTER_HEADER_JOB]);
    ck_assert(cluster_outside_read(&headers.values, &read));
    ck_assert(read.whole);
    headers.values.value[CLUSTER_HEADER_JOB] = "-1";
    ck_assert(!cluster_outside_read(&headers.values, &read));
    headers.values.value[CLUSTER_HEADER_JOB] = NULL;
    headers.values.value[CLUSTER_HEADER_FLOOR] = NULL;
    ck_assert(!cluster_outside_read(&headers.values, &read));
}
END_TEST

START_TEST(a_tick_reads_back_its_number)
{
    struct cluster_headers headers;
    uint64_t number = 0;

    cluster_tick_write(300, &headers);
    ck_assert(cluster_tick_read(&headers.values, &number));
    ck_assert_uint_eq(number, 300);
}
END_TEST

/* A subject that waitd writes, and its kind. */
static const struct {
    const char *text;
    enum cluster_kind kind;
} subjects[] = {
    {"waitd.req.0f3c", CLUSTER_REQUEST},
    {"waitd.out.4-1fe59fa158d19e41.0123456789abcdef", CLUSTER_CANCEL},
    {"waitd.out.4-1fe59fa158d19e41.forget", CLUSTER_FORGET},
    {"waitd.tick.7788", CLUSTER_TICK},
    {"waitd.out.4-1f", CLUSTER_UNKNOWN},
    {"waitd.out.4-1f.other", CLUSTER_UNKNOWN},
    {"waitd.out..forget", CLUSTER_UNKNOWN},
    {"waitd.out.4-1f.forget.more", CLUSTER_UNKNOWN},
    {"waitd.req.", CLUSTER_UNKNOWN},
    {"waitd", CLUSTER_UNKNOWN},
    {"other.req.0f3c", CLUSTER_UNKNOWN},
    {"waitd2.req.0f3c", CLUSTER_UNKNOWN},
};

START_TEST(subjects_read_back_the_same)
{
    struct cluster_subject subject;
    char text[CLUSTER_SUBJECT_MAX + 1];

    cluster_subject_read("waitd", subjects[_i].text, &subject);
    ck_assert_int_eq(subject.kind, subjects[_i].kind);
    cluster_subject_write("waitd", &subject, text);
    ck_assert_str_eq(text, subject.kind == CLUSTER_UNKNOWN ? "" : subjects[_i].text);
}
END_TEST

START_TEST(a_key_names_its_subject_and_so_does_its_owner)
{
    struct stored_terms terms = {.key = "k1", .key_len = 2};
    char token[CLUSTER_TOKEN_MAX + 1], other[CLUSTER_TOKEN_MAX + 1];

    cluster_token_of_key("local", &terms, token);
    /* printf 'local\0k1' | sha256sum */
    ck_assert_str_eq(token, "df48b2f9079a6a2b00f4a2092a6d7f7e5d4b6a9d6a41b18d975d3fe5abda0618");
    cluster_token_of_key("alice", &terms, other);
    ck_assert_str_ne(token, other);
}
END_TEST

START_TEST(a_ref_is_the_sequence_and_a_hash_over_stamp_and_text)
{
    uint8_t digest[DIGEST_BYTES], other[DIGEST_BYTES];
    char a[STORED_REF_MAX + 1], b[STORED_REF_MAX + 1];

    digest_of("{}", 2, digest);
    digest_of("{ }", 3, other);
    cluster_ref_write(UINT64_MAX, INT64_MAX, digest, a);
    ck_assert_uint_eq(strlen(a), 37);
    ck_assert_uint_eq(strspn(a, "0123456789-abcdef"), 37);
    cluster_ref_write(5, 1, digest, a);
    ck_assert(strncmp(a, "5-", 2) == 0);
    cluster_ref_write(5, 2, digest, b);
    ck_assert_str_ne(a, b);
    cluster_ref_write(5, 1, other, b);
    ck_assert_str_ne(a, b);
    cluster_ref_write(5, 1, digest, b);
    ck_assert_str_eq(a, b);
}
END_TEST

START_TEST(names_are_letters_digits_and_two_signs)
{
    ck_assert(cluster_name_is_valid("waitd"));
    ck_assert(cluster_name_is_valid("A-z_0123456789012345678901234567"));
    ck_assert(!cluster_name_is_valid("A-z_01234567890123456789012345678"));
    ck_assert(!cluster_name_is_valid(""));
    ck_assert(!cluster_name_is_valid("a.b"));
    ck_assert(!cluster_name_is_valid("a b"));
    ck_assert(!cluster_name_is_valid("\xc3\xa4"));
}
END_TEST

START_TEST(a_delivery_says_where_in_the_stream_it_is)
{
    struct cluster_delivery delivery;

    ck_assert(cluster_delivery_read("$JS.ACK.waitd.C1.1.17.4.1700000000000000009.3", &delivery));
    ck_assert_uint_eq(delivery.sequence, 17);
    ck_assert_uint_eq(delivery.place, 4);
    ck_assert_int_eq(delivery.stamp_ns, 1700000000000000009);
    ck_assert_uint_eq(delivery.pending, 3);
    ck_assert(cluster_delivery_read("$JS.ACK.hub.ACC.waitd.C1.1.18.5.9.0.token", &delivery));
    ck_assert_uint_eq(delivery.sequence, 18);
    ck_assert_uint_eq(delivery.place, 5);
    ck_assert(!cluster_delivery_read("$JS.FC.waitd.C1.abcd", &delivery));
    ck_assert(!cluster_delivery_read("$JS.ACK.waitd.C1.1.x.4.1700000000000000009.3", &delivery));
    ck_assert(!cluster_delivery_read("$JS.ACK.waitd.C1.1.17.4.9223372036854775808.3", &delivery));
    ck_assert(!cluster_delivery_read("_INBOX.a.b.c.d.e.f.g.h", &delivery));
    ck_assert(!cluster_delivery_read("$JS.ACK.a.b.c.d.e.f.g.h.i.j.k.l.m.n", &delivery));
    ck_assert(!cluster_delivery_read("", &delivery));
}
END_TEST

static bool read_ack(const char *text, struct cluster_ack *ack)
{
    return cluster_ack_read(text, strlen(text), ack);
}

START_TEST(an_acknowledgement_says_what_was_wrong)
{
    struct cluster_ack ack;

    ck_assert(read_ack("{\"stream\":\"waitd\",\"seq\":12}", &ack));
    ck_assert_uint_eq(ack.error, 0);
    ck_assert_uint_eq(ack.sequence, 12);
    ck_assert(read_ack("{\"error\":{\"code\":400,\"err_code\":10071,\"description\":"
                       "\"wrong last sequence: 5\"},\"stream\":\"waitd\",\"seq\":0}",
                       &ack));
    ck_assert_uint_eq(ack.error, CLUSTER_WRONG_SEQUENCE);
    ck_assert_uint_eq(ack.sequence, 5);
    ck_assert_str_eq(ack.description, "wrong last sequence: 5");
    ck_assert(!read_ack("", &ack));
    ck_assert(!read_ack("+ACK", &ack));
    ck_assert(!read_ack("{\"error\":{}}", &ack));
    ck_assert(!read_ack("{\"seq\":}", &ack));
}
END_TEST

START_TEST(headers_count_as_the_server_counts_them)
{
    struct cluster_values values = {{0}};

    ck_assert_uint_eq(cluster_values_bytes(&values), strlen("NATS/1.0\r\n\r\n"));
    values.value[CLUSTER_HEADER_JOB] = "12";
    ck_assert_uint_eq(cluster_values_bytes(&values), strlen("NATS/1.0\r\nWaitd-Job: 12\r\n\r\n"));
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_request_reads_back_the_same, 1},
        {the_longest_key_fits, 1},
        {a_damaged_request_is_none, N(damages)},
        {what_comes_from_outside_reads_back_the_same, 1},
        {a_tick_reads_back_its_number, 1},
        {subjects_read_back_the_same, N(subjects)},
        {a_key_names_its_subject_and_so_does_its_owner, 1},
        {a_ref_is_the_sequence_and_a_hash_over_stamp_and_text, 1},
        {names_are_letters_digits_and_two_signs, 1},
        {a_delivery_says_where_in_the_stream_it_is, 1},
        {an_acknowledgement_says_what_was_wrong, 1},
        {headers_count_as_the_server_counts_them, 1},
    };

    return check_suite("cluster_wire", NULL, NULL, tests, N(tests));
}
