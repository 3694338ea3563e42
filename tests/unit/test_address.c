/* SPDX-License-Identifier: ISC */
#include "proto/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "tests/support/check.h"

struct good {
    const char *text;
    enum address_kind kind;
    const char *host;
    unsigned port;
};

static const struct good goods[] = {
    {"9248", ADDRESS_HOST, "127.0.0.1", 9248},
    {"0", ADDRESS_HOST, "127.0.0.1", 0},
    {"65535", ADDRESS_HOST, "127.0.0.1", 65535},
    {"127.0.0.1:80", ADDRESS_HOST, "127.0.0.1", 80},
    {"localhost:0", ADDRESS_HOST, "localhost", 0},
    {"[::1]:9248", ADDRESS_HOST, "::1", 9248},
    {"[fe80::1%lo]:1", ADDRESS_HOST, "fe80::1%lo", 1},
    {":9248", ADDRESS_ANY, "", 9248},
    {"unix:/run/waitd.sock", ADDRESS_UNIX, "/run/waitd.sock", 0},
    {"unix:relative:name", ADDRESS_UNIX, "relative:name", 0},
    {"unix:@abstract", ADDRESS_UNIX, "@abstract", 0},
};

START_TEST(an_address_is_taken_apart)
{
    const struct good *good = &goods[_i];
    struct address_spec spec;

    ck_assert_msg(address_parse(good->text, &spec) == NULL, "%s", good->text);
    ck_assert_int_eq(spec.kind, good->kind);
    ck_assert_str_eq(spec.host, good->host);
    ck_assert_uint_eq(spec.port, good->port);
}
END_TEST

static const char *const bads[] = {
    "",
    "localhost",
    "localhost:",
    "127.0.0.1:65536",
    "127.0.0.1:99999999999",
    "host:8o",
    "host:-1",
    "host: 1",
    "::1:9248",
    "::1",
    "[::1]",
    "[::1",
    "[::1]9248",
    "[]:9248",
    "[localhost]:9248",
    "[::g]:80",
    "unix:",
    "unix:@",
    ":",
    "70000",
    "[::1]:",
    "+80",
    "a:b:c",
    "host:80 ",
};

START_TEST(what_is_no_address_is_refused_with_a_reason_and_nothing_is_written)
{
    struct address_spec spec;
    const char *problem;

    memset(&spec, 0x55, sizeof(spec));
    problem = address_parse(bads[_i], &spec);
    ck_assert_msg(problem != NULL, "\"%s\" was taken", bads[_i]);
    ck_assert_uint_gt(strlen(problem), 0);
    for (size_t i = 0; i < sizeof(spec); i++)
        ck_assert_int_eq(((unsigned char *)&spec)[i], 0x55);
}
END_TEST

START_TEST(a_unix_path_may_be_as_long_as_the_kernel_takes)
{
    char text[5 + 108 + 1];
    struct address_spec spec;

    memset(text, 'p', sizeof(text));
    memcpy(text, "unix:", 5);
    text[5 + 107] = '\0';
    ck_assert_ptr_null(address_parse(text, &spec));
    text[5 + 107] = 'p';
    text[5 + 108] = '\0';
    ck_assert_ptr_nonnull(address_parse(text, &spec));
}
END_TEST

START_TEST(nobody_connects_to_port_0)
{
    struct address_spec spec = {.host = "untouched"};

    ck_assert_ptr_nonnull(address_parse_peer("localhost:0", &spec));
    ck_assert_ptr_nonnull(address_parse_peer(":0", &spec));
    ck_assert_ptr_nonnull(address_parse_peer("::1", &spec));
    ck_assert_str_eq(spec.host, "untouched");
    ck_assert_ptr_null(address_parse_peer("localhost:1", &spec));
    ck_assert_str_eq(spec.host, "localhost");
    ck_assert_ptr_null(address_parse_peer("unix:/x", &spec));
}
END_TEST

START_TEST(every_address_is_connected_to_by_loopback)
{
    struct address found[ADDRESS_MAX];
    struct address_spec spec;
    const char *problem;
    char text[ADDRESS_PRINT_MAX];

    ck_assert_ptr_null(address_parse_peer(":80", &spec));
    ck_assert_int_eq(address_resolve_peer(&spec, found, &problem), 2);
    ck_assert_str_eq(address_print(&found[0], text), "127.0.0.1:80");
    ck_assert_str_eq(address_print(&found[1], text), "[::1]:80");
}
END_TEST

/* The first address that text stands for. */
static struct address first_of(const char *text)
{
    struct address found[ADDRESS_MAX];
    struct address_spec spec;
    const char *problem;

    ck_assert_ptr_null(address_parse(text, &spec));
    ck_assert_int_ge(address_resolve(&spec, found, &problem), 1);
    return found[0];
}

static const struct {
    const char *text, *printed;
} prints[] = {
    {"9248", "127.0.0.1:9248"},
    {"10.1.2.3:80", "10.1.2.3:80"},
    {"[::1]:9248", "[::1]:9248"},
    {"[0:0::1]:9248", "[::1]:9248"},
    {":9248", "[::]:9248"},
    {"unix:/run/waitd.sock", "unix:/run/waitd.sock"},
    {"unix:@abstract", "unix:@abstract"},
};

START_TEST(an_address_is_printed_as_it_would_be_written)
{
    struct address address = first_of(prints[_i].text);
    char out[ADDRESS_PRINT_MAX];

    ck_assert_str_eq(address_print(&address, out), prints[_i].printed);
}
END_TEST

static const struct {
    const char *text;
    bool is_loopback;
} reaches[] = {
    {"127.0.0.1:1", true},
    {"127.255.0.9:1", true},
    {"[::1]:1", true},
    {"[::ffff:127.0.0.1]:1", true},
    {"unix:/x", true},
    {"unix:@x", true},
    {"0.0.0.0:1", false},
    {"128.0.0.1:1", false},
    {"10.0.0.1:1", false},
    {"[::]:1", false},
    {":1", false},
    {"[fe80::1]:1", false},
    {"[::ffff:10.0.0.1]:1", false},
    {"[::127.0.0.1]:1", false},
};

START_TEST(loopback_is_what_only_this_machine_can_reach)
{
    struct address address = first_of(reaches[_i].text);
    struct address_spec spec;

    ck_assert_msg(address_is_loopback(&address) == reaches[_i].is_loopback, "%s", reaches[_i].text);
    ck_assert_ptr_null(address_parse(reaches[_i].text, &spec));
    ck_assert_msg(address_spec_is_open(&spec) != reaches[_i].is_loopback, "%s", reaches[_i].text);
}
END_TEST

START_TEST(a_name_that_nobody_has_is_refused_with_a_reason)
{
    struct address found[ADDRESS_MAX];
    struct address_spec spec;
    const char *problem = NULL;

    ck_assert_ptr_null(address_parse("waitd..invalid:80", &spec));
    ck_assert(!address_spec_is_open(&spec));
    ck_assert_int_eq(address_resolve(&spec, found, &problem), -1);
    ck_assert_ptr_nonnull(problem);
}
END_TEST

START_TEST(a_path_in_the_file_system_ends_with_a_nul_and_an_abstract_name_does_not)
{
    struct address path = first_of("unix:/x"), name = first_of("unix:@x");
    size_t offset = offsetof(struct sockaddr_un, sun_path);

    ck_assert_uint_eq(path.len, offset + 3);
    ck_assert_uint_eq(name.len, offset + 2);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {an_address_is_taken_apart, N(goods)},
        {what_is_no_address_is_refused_with_a_reason_and_nothing_is_written, N(bads)},
        {a_unix_path_may_be_as_long_as_the_kernel_takes, 1},
        {nobody_connects_to_port_0, 1},
        {every_address_is_connected_to_by_loopback, 1},
        {an_address_is_printed_as_it_would_be_written, N(prints)},
        {loopback_is_what_only_this_machine_can_reach, N(reaches)},
        {a_name_that_nobody_has_is_refused_with_a_reason, 1},
        {a_path_in_the_file_system_ends_with_a_nul_and_an_abstract_name_does_not, 1},
    };

    return check_suite("address", NULL, NULL, tests, N(tests));
}
