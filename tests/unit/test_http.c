/* SPDX-License-Identifier: ISC */

/* The pure parts of HTTP: heads, frames, queries, /wait's parameters, its pools. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/http_frames.h"
#include "daemon/net/http_head.h"
#include "daemon/net/http_query.h"
#include "daemon/net/http_services.h"
#include "daemon/net/http_syntax.h"
#include "daemon/net/http_wait_read.h"
#include "tests/support/check.h"

#define MS INT64_C(1000000)

static struct address v4(const char *number)
{
    struct address address = {.len = sizeof(struct sockaddr_in)};
    struct sockaddr_in *in = (struct sockaddr_in *)&address.room;

    in->sin_family = AF_INET;
    ck_assert_int_eq(inet_pton(AF_INET, number, &in->sin_addr), 1);
    return address;
}

static struct address v6(const char *number)
{
    struct address address = {.len = sizeof(struct sockaddr_in6)};
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)&address.room;

    in->sin6_family = AF_INET6;
    ck_assert_int_eq(inet_pton(AF_INET6, number, &in->sin6_addr), 1);
    return address;
}

#define LINE "GET / HTTP/1.1\r\n"

START_TEST(a_head_is_well_formed_or_refused_by_a_status)
{
    const struct {
        const char *head;
        unsigned status;
    } cases[] = {
        {LINE "\r\n", HTTP_SYNTAX_WELL},
        {"\r\n\n" LINE "Host: a\r\nX:\r\n\r\nbehind\1", HTTP_SYNTAX_WELL},
        {"GET / HTTP/1.0\nHost: a\n\n", HTTP_SYNTAX_WELL},
        {"BREW http://a/%00?b&c HTTP/1.9\r\n!#x: \xff\t~\r\n\r\n", HTTP_SYNTAX_WELL},
        {LINE "Content-Length:\t 9223372036854775807 \r\n\r\n", HTTP_SYNTAX_WELL},
        {"", HTTP_SYNTAX_MORE},
        {"\r\n", HTTP_SYNTAX_MORE},
        {"GET / HTT", HTTP_SYNTAX_MORE},
        {LINE "Host: a\r\n\r", HTTP_SYNTAX_MORE},
        {"GET /\r\n", 400},
        {"GET  / HTTP/1.1\r\n", 400},
        {"GET / a HTTP/1.1\r\n", 400},
        {"GET / HTTP/1.1 \r\n", 400},
        {"GET /\ta HTTP/1.1\r\n", 400},
        {"G(T / HTTP/1.1\r\n", 400},
        {" GET / HTTP/1.1\r\n", 400},
        {"GET / http/1.1\r\n", 400},
        {"GET / HTTP/x.1\r\n", 400},
        {"GET /\1 HTTP/1.1\r\n", 400},
        {"GET / HTTP/1.1\r\r\n", 400},
        {"PRI * HTTP/2.0\r\n", 505},
        {"GET / HTTP/0.9\r\n", 505},
        {LINE "Host\r\n", 400},
        {LINE "Host : a\r\n", 400},
        {LINE ": a\r\n", 400},
        {LINE "X: a\r\n b\r\n", 400},
        {LINE "X: a\rb\r\n", 400},
        {LINE "X: \x7f\r\n", 400},
        {LINE "Content-Length: \r\n", 400},
        {LINE "content-length: +2\r\n", 400},
        {LINE "Content-Length: 2, 2\r\n", 400},
        {LINE "Content-Length: -1\r\n", 400},
        {LINE "Content-Length: 9223372036854775808\r\n", 413},
        {LINE "Content-Length: 99999999999999999999999999\r\n", 413},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_syntax_size size;
        struct fault fault = {0};
        unsigned status =
            http_syntax_check(cases[i].head, strlen(cases[i].head), 200, &size, &fault);

        ck_assert_msg(status == cases[i].status, "%s: %u", cases[i].head, status);
        ck_assert_int_eq(fault.code != FAULT_NONE, status > HTTP_SYNTAX_MORE);
    }
}
END_TEST

START_TEST(a_heads_size_is_found)
{
    static const char head[] = "GET /a?b&c HTTP/1.1\r\nHost: a\r\ncookie: a=1; b=2\r\n\r\nbody";
    struct http_syntax_size size;
    struct fault fault = {0};

    ck_assert_uint_eq(http_syntax_check(head, strlen(head), 200, &size, &fault), HTTP_SYNTAX_WELL);
    ck_assert_uint_eq(size.bytes, strlen(head) - strlen("body"));
    ck_assert_uint_eq(size.entries, 2 + 2 + 2);
    ck_assert_uint_eq(size.cookies, strlen(" a=1; b=2"));
    ck_assert_uint_eq(http_syntax_check(head, strlen(head), size.bytes, &size, &fault),
                      HTTP_SYNTAX_WELL);
    ck_assert_uint_eq(http_syntax_check(head, strlen(head), size.bytes - 1, &size, &fault), 431);
    ck_assert_int_eq(fault.code, FAULT_TOO_LARGE);
    ck_assert_uint_eq(http_syntax_check("GET /aaaaaaa", 12, 11, &size, &fault), 431);
}
END_TEST

START_TEST(a_target_in_absolute_form_has_an_authority)
{
    const struct {
        const char *target, *authority;
        size_t len;
    } cases[] = {
        {"http://localhost:1/x?y", "localhost:1", 18},
        {"HTTP://a", "a", 8},
        {"http://a?x", "a", 8},
        {"http://[::1]/", "[::1]", 12},
        {"http:///x", "", 7},
        {"http://a%2Fb/c", "a", 8},
        {"/http://a", NULL, 0},
        {"*", NULL, 0},
        {"", NULL, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *authority = NULL;
        size_t len = http_head_authority(cases[i].target, &authority);

        ck_assert_uint_eq(len, cases[i].len);
        if (len > 0)
            ck_assert_msg(strncmp(authority, cases[i].authority, strlen(cases[i].authority)) == 0 &&
                              cases[i].target + len == authority + strlen(cases[i].authority),
                          "%s", cases[i].target);
    }
}
END_TEST

START_TEST(a_preflight_is_recognised_by_its_fields)
{
    struct http_head head = {.method = "OPTIONS", .origin = "null", .preflight = "PUT"};

    ck_assert(http_head_is_preflight(&head));
    head.method = "GET";
    ck_assert(!http_head_is_preflight(&head));
    head = (struct http_head){.method = "OPTIONS", .origin = "null"};
    ck_assert(!http_head_is_preflight(&head));
    head = (struct http_head){.method = "OPTIONS", .preflight = "PUT"};
    ck_assert(!http_head_is_preflight(&head));
}
END_TEST

START_TEST(a_host_is_the_address_served_localhost_or_a_name)
{
    static char name[] = "build.example", *const names[] = {name};
    const struct {
        const char *host;
        struct address served;
        unsigned status;
    } cases[] = {
        {"127.0.0.1:9280", v4("127.0.0.1"), 0},
        {"localhost", v4("127.0.0.1"), 0},
        {"Build.Example:1", v4("10.0.0.1"), 0},
        {"10.0.0.1", v4("127.0.0.1"), 421},
        {"[::1]:80", v6("::1"), 0},
        {"[0:0:0:0:0:0:0:1]", v6("::1"), 0},
        {"[::2]", v6("::1"), 421},
        {"127.0.0.1", v6("::ffff:127.0.0.1"), 0},
        {"evil", v4("127.0.0.1"), 421},
        {"", v4("127.0.0.1"), 421},
        {"[::1", v6("::1"), 421},
        {"localhost.", v4("127.0.0.1"), 421},
        {"[::1]:", v6("::1"), 0},
        {"[::1]8", v6("::1"), 421},
        {"[::1]:8x", v6("::1"), 421},
        {"localhost:8x", v4("127.0.0.1"), 421},
        {"[localhost]", v4("127.0.0.1"), 421},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_head head = {.hosts = 1, .host = cases[i].host};

        ck_assert_msg(http_head_check_host(&head, &cases[i].served, names, 1) == cases[i].status,
                      "%s", cases[i].host);
    }
}
END_TEST

START_TEST(a_host_is_to_be_there_once_but_for_the_old_protocol)
{
    struct address served = v4("127.0.0.1"), local = {.len = sizeof(sa_family_t)};
    struct http_head head = {.hosts = 0};

    ck_assert_uint_eq(http_head_check_host(&head, &served, NULL, 0), 400);
    head.is_http10 = true;
    ck_assert_uint_eq(http_head_check_host(&head, &served, NULL, 0), 0);
    http_head_add(&head, "host", "localhost");
    http_head_add(&head, "HOST", "localhost");
    ck_assert_uint_eq(http_head_check_host(&head, &served, NULL, 0), 400);
    head.hosts = 1;
    head.host = "anything";
    local.any.sa_family = AF_UNIX;
    ck_assert_uint_eq(http_head_check_host(&head, &local, NULL, 0), 0);
}
END_TEST

START_TEST(an_origin_is_this_very_host_port_included)
{
    static char other[] = "http://ok.example:3000", *const allowed[] = {other};
    struct http_head head = {.host = "localhost:9280"};

    ck_assert_int_eq(http_head_origin(&head, false, allowed, 1), HTTP_ORIGIN_OWN);
    head.origin = "http://localhost:9280";
    ck_assert_int_eq(http_head_origin(&head, false, allowed, 1), HTTP_ORIGIN_OWN);
    head.origin = "http://localhost";
    ck_assert_int_eq(http_head_origin(&head, false, allowed, 1), HTTP_ORIGIN_FOREIGN);
    head.origin = "http://localhost:9280";
    ck_assert_int_eq(http_head_origin(&head, true, allowed, 1), HTTP_ORIGIN_FOREIGN);
    head.origin = "https://localhost:9280";
    ck_assert_int_eq(http_head_origin(&head, false, allowed, 1), HTTP_ORIGIN_FOREIGN);
    ck_assert_int_eq(http_head_origin(&head, true, allowed, 1), HTTP_ORIGIN_OWN);
    head.origin = "null";
    ck_assert_int_eq(http_head_origin(&head, false, allowed, 1), HTTP_ORIGIN_FOREIGN);
    head.origin = "http://ok.example:3000";
    ck_assert_int_eq(http_head_origin(&head, false, allowed, 1), HTTP_ORIGIN_ALLOWED);
}
END_TEST

START_TEST(events_are_preferred_by_quality_or_by_name)
{
    const struct {
        const char *accept;
        bool events;
    } cases[] = {
        {NULL, false},
        {"text/event-stream", true},
        {"*/*", false},
        {"text/event-stream, */*", true},
        {"text/event-stream;q=0.1, */*;q=0.2", false},
        {"application/x-ndjson;q=0.5, text/event-stream;q=0.501", true},
        {"text/event-stream;q=0", false},
        {"text/*", true},
        {" text/event-stream ; q=0.3 , application/*;q=0.2", true},
        {",,;q=,", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_head head = {.hosts = 0};

        http_head_add(&head, "Accept", cases[i].accept);
        ck_assert_msg(http_head_prefers_events(&head) == cases[i].events, "%s", cases[i].accept);
    }
}
END_TEST

START_TEST(fields_of_accept_are_one_list)
{
    struct http_head head = {.hosts = 0};

    http_head_add(&head, "Accept", "application/x-ndjson;q=0.3");
    http_head_add(&head, "accept", "text/html, text/event-stream;q=0.4");
    ck_assert(http_head_prefers_events(&head));
    http_head_add(&head, "Accept", "text/event-stream;q=0.1");
    ck_assert(http_head_prefers_events(&head));
    ck_assert_ptr_null(head.repeated);
}
END_TEST

START_TEST(blanks_behind_a_value_are_no_part_of_it)
{
    struct http_head head = {.hosts = 0};

    http_head_add(&head, "Host", "localhost \t ");
    http_head_add(&head, "Last-Event-ID", "3 ");
    http_head_add(&head, "Idempotency-Key", "\t");
    http_head_add(&head, "Origin", "http://localhost");
    ck_assert_str_eq(head.host, "localhost");
    ck_assert_str_eq(head.last_event_id, "3");
    ck_assert_str_eq(head.idempotency_key, "");
    ck_assert_str_eq(head.origin, "http://localhost");
    http_head_free(&head);
}
END_TEST

START_TEST(a_field_that_is_there_twice_is_the_same_twice)
{
    struct http_head head = {.hosts = 0};

    http_head_add(&head, "Idempotency-Key", "a ");
    http_head_add(&head, "Idempotency-Key", "a");
    http_head_add(&head, "X-Idempotency-Key", "b");
    ck_assert_ptr_null(head.repeated);
    http_head_add(&head, "idempotency-key", "b");
    ck_assert_str_eq(head.repeated, "Idempotency-Key");
    http_head_free(&head);
}
END_TEST

/* Whatever the pieces are that lines come in, the frames are the same. */
START_TEST(lines_become_frames_in_pieces_of_any_length)
{
    static const char lines[] =
        "{\"event\":\"done\",\"batch\":1}\n{\"event\":\"error\",\"code\":\"x\"}\n"
        "{\"event\":\"done\",\"ref\":\"a-1\",\"seq\":12,\"job\":3}\n"
        "{\"event\":\"finished\",\"ref\":\"a-1\",\"seq\":13}\n{}\n";
    static const char frames[] =
        "event: done\ndata: {\"event\":\"done\",\"batch\":1}\n\n"
        "event: refused\ndata: {\"event\":\"error\",\"code\":\"x\"}\n\n"
        "event: done\nid: 12\ndata: {\"event\":\"done\",\"ref\":\"a-1\",\"seq\":12,\"job\":3}\n\n"
        "event: finished\nid: 13\ndata: {\"event\":\"finished\",\"ref\":\"a-1\",\"seq\":13}\n\n"
        "data: {}\n\n";
    size_t piece = (size_t)_i + 1;
    struct http_frames state = {.len = 0};
    char out[4096], *end = out;

    for (size_t at = 0; at < strlen(lines); at += piece) {
        size_t n = strlen(lines) - at < piece ? strlen(lines) - at : piece;
        char *before = end;

        end = http_frames_write(&state, end, lines + at, n);
        ck_assert_uint_le((size_t)(end - before), HTTP_FRAMES_ROOM(n));
    }
    *end = '\0';
    ck_assert_str_eq(out, frames);
}
END_TEST

START_TEST(many_empty_lines_have_room)
{
    struct http_frames state = {.len = 0};
    char feeds[1000], out[10 * sizeof(feeds)];

    memset(feeds, '\n', sizeof(feeds));
    ck_assert_uint_le((size_t)(http_frames_write(&state, out, feeds, sizeof(feeds)) - out),
                      HTTP_FRAMES_ROOM(sizeof(feeds)));
}
END_TEST

START_TEST(a_query_is_decoded_member_by_member)
{
    char text[] = "a=1&&b=%41+%zz&c&=d&e=%00x&f=%f";
    char *query = text;
    const char *name, *value;

    ck_assert(http_query_next(&query, &name, &value));
    ck_assert(strcmp(name, "a") == 0 && strcmp(value, "1") == 0);
    ck_assert(http_query_next(&query, &name, &value));
    ck_assert(strcmp(name, "b") == 0 && strcmp(value, "A %zz") == 0);
    ck_assert(http_query_next(&query, &name, &value));
    ck_assert(strcmp(name, "c") == 0 && strcmp(value, "") == 0);
    ck_assert(http_query_next(&query, &name, &value));
    ck_assert(strcmp(name, "") == 0 && strcmp(value, "d") == 0);
    ck_assert(http_query_next(&query, &name, &value));
    ck_assert(strcmp(name, "e") == 0 && value == NULL);
    ck_assert(http_query_next(&query, &name, &value));
    ck_assert(strcmp(name, "f") == 0 && strcmp(value, "%f") == 0);
    ck_assert(!http_query_next(&query, &name, &value));
    query = NULL;
    ck_assert(!http_query_next(&query, &name, &value));
}
END_TEST

START_TEST(a_query_has_known_parameters_once_each)
{
    static const struct http_parameter all[] = {{"watch", true}, {"from", false}, {"limit", false}};
    static const struct {
        const char *query;
        unsigned n; /* of parameters that are taken */
        const char *message;
    } cases[] = {
        {"", 0, NULL},
        {"&&", 0, NULL},
        {"watch&from=7", 2, NULL},
        {"%77atch=&from=", 3, NULL},
        {"from=1&colour=red", 3, "\"colour\" is no parameter here: watch, from or limit"},
        {"Watch", 3, "\"Watch\" is no parameter here: watch, from or limit"},
        {"limit=1", 2, "\"limit\" is no parameter here: watch or from"},
        {"from", 1, "\"from\" is no parameter here: watch"},
        {"watch", 0, "\"watch\" is no parameter here: it takes none"},
        {"=1", 0, "\"\" is no parameter here: it takes none"},
        {"watch=1", 3, "\"watch\" takes no value"},
        {"watch=%00", 3, "\"watch\" takes no NUL"},
        {"from=1&from=1", 3, "\"from\" is there twice"},
        {"watch&watch", 3, "\"watch\" is there twice"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_parameters takes = {all, cases[i].n};
        const char *values[HTTP_PARAMETERS_MAX];
        struct fault fault = {0};
        char text[64];

        snprintf(text, sizeof(text), "%s", cases[i].query);
        ck_assert_msg(http_query_read(text, &takes, values, &fault) == !cases[i].message, "%s",
                      cases[i].query);
        if (cases[i].message)
            ck_assert_str_eq(fault.message, cases[i].message);
        else
            ck_assert(!values[0] == (cases[i].n == 0) && !values[2]);
    }
}
END_TEST

/* What /wait makes of a path and a query; the message, or "". */
static const char *read_wait(struct http_wait_spec *spec, const char *path, const char *query)
{
    static const struct http_parameters takes = {http_wait_parameters, HTTP_WAIT_PARAMETERS};
    static struct fault fault;
    const char *values[HTTP_PARAMETERS_MAX];
    char text[256];
    struct http_services *services = http_services_new(NULL, 0);

    memset(&fault, 0, sizeof(fault));
    snprintf(text, sizeof(text), "%s", query);
    if (!http_query_read(text, &takes, values, &fault) ||
        !http_wait_read(spec, path, values, 3600 * 1000 * MS, services, &fault))
        ck_assert_str_ne(fault.message, "");
    http_services_free(services);
    return fault.message;
}

START_TEST(waits_are_durations_or_distributions)
{
    struct http_wait_spec spec;

    ck_assert_str_eq(read_wait(&spec, "100ms", ""), "");
    ck_assert(spec.length.kind == DIST_CONSTANT && spec.length.a_ns == 100 * MS);
    ck_assert(spec.status == 200 && spec.fail_status == 503 && spec.chunks == 1 && spec.n == -1);
    ck_assert_str_eq(read_wait(&spec, "", "dist=lognormal&p50=20ms&p99=0.3&seed=-5&n=7"), "");
    ck_assert(spec.length.kind == DIST_LOGNORMAL && spec.length.a_ns == 20 * MS &&
              spec.length.b_ns == 300 * MS && spec.seed == -5 && spec.n == 7);
    ck_assert_str_eq(read_wait(&spec, "", "dist=trace&values=1ms,2ms,0.003"), "");
    ck_assert(spec.length.b_ns == 3 && spec.values[2] == 3 * MS);
    free(spec.values);
    ck_assert_str_eq(read_wait(&spec, "1s", "fail=true&bytes=4&chunks=4"), "");
    ck_assert(spec.fail_below == PLAN_FAIL_ALWAYS && spec.chunks == 4);
}
END_TEST

START_TEST(what_is_no_wait_is_refused_by_its_name)
{
    static const struct {
        const char *path, *query, *word;
    } cases[] = {
        {"", "", "wait"},
        {"1x", "", "1x"},
        {"1ms", "wait=1ms", "twice"},
        {"1ms", "colour=red", "colour"},
        {"1ms", "dist=normal", "fixed"},
        {"", "dist=normal&mean=1ms", "stddev"},
        {"", "dist=uniform&min=2&max=1", "min"},
        {"", "dist=exponential&mean=1&p99=1", "p99"},
        {"", "dist=trace", "values"},
        {"", "dist=trace&values=1ms,", "values"},
        {"1ms", "fail=1.5", "probability"},
        {"1ms", "fail=.5", "probability"},
        {"1ms", "status=abc", "200 to 599"},
        {"1ms", "bytes=9999999999999999999", "bytes"},
        {"1ms", "chunks=2&bytes=1", "chunks"},
        {"1ms", "pool=x", "service"},
        {"2h", "", "max-wait"},
    };
    struct http_wait_spec spec;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *message = read_wait(&spec, cases[i].path, cases[i].query);

        ck_assert_msg(strstr(message, cases[i].word) != NULL, "%s?%s: %s", cases[i].path,
                      cases[i].query, message);
    }
}
END_TEST

/* Against a queue that is simulated step by step: each goes to whoever is free first. */
START_TEST(a_pool_serves_first_come_first_served)
{
    static char text[] = "p=3", *const texts[] = {text};
    struct http_services *services = http_services_new(texts, 1);
    int64_t free_ns[3] = {0, 0, 0}, now_ns = 0;
    uint32_t random = 12345;

    for (int i = 0; i < 10000; i++) {
        int64_t busy_ns, expected;
        int first = 0;

        random = random * 1664525 + 1013904223;
        now_ns += (random >> 16) % 100;
        busy_ns = (random >> 8) % 250;
        for (int j = 1; j < 3; j++)
            if (free_ns[j] < free_ns[first])
                first = j;
        expected = free_ns[first] > now_ns ? free_ns[first] : now_ns;
        free_ns[first] = expected + busy_ns;
        ck_assert_int_eq(http_services_take(services, 0, now_ns, busy_ns), expected);
    }
    http_services_free(services);
}
END_TEST

START_TEST(draws_are_counted_for_each_seed)
{
    struct http_services *services = http_services_new(NULL, 0);
    uint32_t n;

    for (uint32_t round = 0; round < 3; round++) {
        for (int64_t seed = -500; seed < 500; seed++) {
            ck_assert(http_services_count(services, seed, &n));
            ck_assert_uint_eq(n, round);
        }
    }
    http_services_free(services);
}
END_TEST

START_TEST(a_service_has_a_name_and_workers)
{
    ck_assert_ptr_null(http_services_check("db=2"));
    ck_assert_ptr_null(http_services_check("a.b_c-D=1000000"));
    ck_assert_ptr_nonnull(http_services_check("db"));
    ck_assert_ptr_nonnull(http_services_check("=2"));
    ck_assert_ptr_nonnull(http_services_check("d b=2"));
    ck_assert_ptr_nonnull(http_services_check("db=0"));
    ck_assert_ptr_nonnull(http_services_check("db=1000001"));
    ck_assert_ptr_nonnull(http_services_check("db=-1"));
    ck_assert_ptr_nonnull(http_services_check("db="));
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_head_is_well_formed_or_refused_by_a_status, 1},
        {a_heads_size_is_found, 1},
        {a_target_in_absolute_form_has_an_authority, 1},
        {a_preflight_is_recognised_by_its_fields, 1},
        {a_host_is_the_address_served_localhost_or_a_name, 1},
        {a_host_is_to_be_there_once_but_for_the_old_protocol, 1},
        {an_origin_is_this_very_host_port_included, 1},
        {events_are_preferred_by_quality_or_by_name, 1},
        {fields_of_accept_are_one_list, 1},
        {blanks_behind_a_value_are_no_part_of_it, 1},
        {a_field_that_is_there_twice_is_the_same_twice, 1},
        {lines_become_frames_in_pieces_of_any_length, 70},
        {many_empty_lines_have_room, 1},
        {a_query_is_decoded_member_by_member, 1},
        {a_query_has_known_parameters_once_each, 1},
        {waits_are_durations_or_distributions, 1},
        {what_is_no_wait_is_refused_by_its_name, 1},
        {a_pool_serves_first_come_first_served, 1},
        {draws_are_counted_for_each_seed, 1},
        {a_service_has_a_name_and_workers, 1},
    };

    return check_suite("http", NULL, NULL, tests, N(tests));
}
