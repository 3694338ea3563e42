/* SPDX-License-Identifier: ISC */

/*
 * Jobs that are predicted from the one before, beside the scanner that takes nothing for
 * granted: whatever one makes of a text, the other makes of it too.  And texts that have to be
 * predicted, since a prediction that never holds would be right as well.
 */
#include "proto/request_shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/scan.h"
#include "tests/support/check.h"

static const struct request_fast_limits limits = {.max_wait_ns = INT64_C(3600000000000),
                                                  .max_name = 20};

/* Behind the comma. */
static const char *scan(const char *comma, const char *end, struct request_fast *job)
{
    const char *at = scan_blanks(comma + 1, end);

    return *comma == ',' ? request_fast_scan(at, end, &limits, job) : NULL;
}

/* Learns from a job, with its comma. */
static struct request_shape learn(const char *text)
{
    struct request_shape shape = {.known = false};
    struct request_fast job;
    const char *end = scan(text, text + strlen(text), &job);

    ck_assert_ptr_nonnull(end);
    request_shape_learn(&shape, text, end, &job);
    return shape;
}

/* A text on the heap, without a NUL, so that a read too far is noticed. */
struct piece {
    char *text;
    size_t len;
};

static struct piece make(const char *text, size_t len)
{
    struct piece piece = {malloc(len > 0 ? len : 1), len};

    memcpy(piece.text, text, len);
    return piece;
}

/* Whether the job is predicted; if so, rightly. */
static bool predicts(const struct request_shape *shape, const struct piece *piece)
{
    const char *end = piece->text + piece->len, *got, *expected;
    struct request_fast predicted, scanned;

    got = shape->known ? request_shape_scan(shape, piece->text, end, &limits, &predicted) : NULL;
    if (got == NULL)
        return false;
    expected = scan(piece->text, end, &scanned);
    ck_assert_msg(got == expected, "`%.*s`", (int)piece->len, piece->text);
    ck_assert_int_eq(predicted.wait_ns, scanned.wait_ns);
    ck_assert_ptr_eq(predicted.name, scanned.name);
    if (scanned.name != NULL)
        ck_assert_uint_eq(predicted.name_len, scanned.name_len);
    return true;
}

/* What follows the job that is looked at, so that there is enough to look at. */
#define REST ",{\"wait\":123456}                                        "

struct pair {
    const char *learnt, *next;
};

static void check_predicts(const struct pair *cases, size_t n, bool expected)
{
    for (size_t i = 0; i < n; i++) {
        struct request_shape shape = learn(cases[i].learnt);
        char text[256] = "";
        struct piece piece;

        strcat(strcat(text, cases[i].next), REST);
        piece = make(text, strlen(text));
        ck_assert_msg(predicts(&shape, &piece) == expected, "`%s`", cases[i].next);
        free(piece.text);
    }
}

START_TEST(what_looks_alike_is_predicted)
{
    static const struct pair cases[] = {
        {",{\"wait\":1}", ",{\"wait\":1}"},
        {",{\"wait\":1}", ",{\"wait\":2}"},
        {",{\"wait\":1}", ",{\"wait\":15}"},
        {",{\"wait\":1.25}", ",{\"wait\":1}"},
        {",{\"wait\":1}", ",{\"wait\":\"250ms\"}"},
        {",{\"wait\":\"1h\"}", ",{\"wait\":\"1h\"}"},
        {",{\"name\":\"a\"}", ",{\"name\":\"another one\"}"},
        {",{\"name\":\"j1\",\"wait\":0}", ",{\"name\":\"j2\",\"wait\":0}"},
        {",{\"name\":\"j1\",\"wait\":0}", ",{\"name\":\"\",\"wait\":0.5}"},
        {",{\"wait\":0,\"name\":\"j1\"}", ",{\"wait\":0,\"name\":\"just as long, not 21\"}"},
        {",{\"wait\":0,\"name\":\"j1\"}", ",{\"wait\":10,\"name\":\"j2\"}"},
        {",\n  { \"name\" : \"j1\" , \"wait\" : 0 }", ",\n  { \"name\" : \"j2\" , \"wait\" : 0 }"},
        {",\n  { \"name\" : \"j1\" , \"wait\" : 0 }", ",\n  { \"name\" : \"j2\" , \"wait\" : 1 }"},
        {",\r\n\t\t{\r\n\t\t\t\"wait\": 7\r\n\t\t}", ",\r\n\t\t{\r\n\t\t\t\"wait\": 77\r\n\t\t}"},
    };

    check_predicts(cases, N(cases), true);
}
END_TEST

START_TEST(what_is_none_is_not_predicted)
{
    static const struct pair cases[] = {
        {",{\"wait\":1}", ",{\"wait\":1e5}"},
        {",{\"wait\":1}", ",{\"wait\":01}"},
        {",{\"wait\":1}", ",{\"wait\":-1}"},
        {",{\"wait\":1}", ",{\"wait\":3601}"},
        {",{\"wait\":1}", ",{\"wait\":}"},
        {",{\"wait\":1}", ",{\"wait\":\"1\"\"}"},
        {",{\"wait\":1}", ",{\"wait\":1]"},
        {",{\"wait\":1}", ",{\"wait\":1,\"name\":\"j\"}"},
        {",{\"wait\":1}", " ,{\"wait\":1}"},
        {",{\"wait\":1}", ", {\"wait\":1}"},
        {",{\"name\":\"j\"}", ",{\"name\":\"a\\n\"}"},
        {",{\"name\":\"j\"}", ",{\"name\":\"\xc3\xa9\"}"},
        {",{\"name\":\"j\"}", ",{\"name\":\"a\tb\"}"},
        {",{\"name\":\"j\"}", ",{\"name\":\"longer than a name is\"}"},
        {",{\"name\":\"j\"}", ",{\"name\":null}"},
        {",{\"name\":\"j\",\"wait\":1}", ",{\"name\":\"j\",\"name\":1}"},
        {",{\"name\":\"j\",\"wait\":1}", ",{\"name\":\"j\",\"wait\":1,}"},
    };

    check_predicts(cases, N(cases), false);
}
END_TEST

START_TEST(nothing_is_learnt_of_what_is_long_or_empty_or_for_ever)
{
    static const char blanks[] =
        ",{                                          \"wait\":1,\"name\":\"j\"}";
    struct request_shape shape = learn(",{}");
    struct request_fast job;
    const char *end;

    ck_assert(!shape.known);
    ck_assert(!learn(blanks).known);
    end = scan(blanks, blanks + strlen(blanks), &job);
    for (int i = 0; i < 2 * REQUEST_SHAPE_MISSES; i++) {
        static const char plain[] = ",{\"wait\":1}";

        request_shape_learn(&shape, blanks, end, &job);
        ck_assert(!shape.known);
        ck_assert_ptr_nonnull(scan(plain, plain + strlen(plain), &job));
        request_shape_learn(&shape, plain, plain + strlen(plain), &job);
        ck_assert_int_eq(shape.known, 2 * i + 3 <= REQUEST_SHAPE_MISSES);
        end = scan(blanks, blanks + strlen(blanks), &job);
    }
}
END_TEST

/* ---- Any text ----------------------------------------------------------------- */

static uint64_t state;

static unsigned draw(unsigned n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(state >> 33) % n;
}

static const char *pick(const char *const *of, unsigned n)
{
    return of[draw(n)];
}

/* A job with its comma, of a few kinds; its values are drawn. */
static void write_job(char *text, unsigned kind)
{
    static const char *const names[] = {"j1", "j2", "", "a name of its own", "\\u0041", "\xc3\xa9"};
    static const char *const waits[] = {"0", "1", "10", "1.5", "0.000001", "\"3ms\"", "1e3", "00"};
    static const char *const blanks[] = {"", " ", "\n\t"};
    const char *name = pick(names, N(names)), *wait = pick(waits, N(waits)), *b = blanks[kind % 3];

    switch (kind / 3) {
    case 0:
        sprintf(text, "%s,%s{%s\"name\":\"%s\",%s\"wait\":%s%s}", b, b, b, name, b, wait, b);
        break;
    case 1:
        sprintf(text, ",%s{\"wait\":%s%s,\"name\":\"%s\"}", b, b, wait, name);
        break;
    case 2:
        sprintf(text, ",%s{\"wait\":%s%s}", b, wait, b);
        break;
    default:
        sprintf(text, ",%s{\"name\":%s\"%s\"}", b, b, name);
        break;
    }
}

/* Puts something else into some places of a text. */
static void spoil(char *text, size_t len)
{
    static const char bytes[] = "\",:{}[]01.e \\\x80\n";

    for (unsigned times = draw(3); times > 0; times--)
        text[draw((unsigned)len)] = bytes[draw(sizeof(bytes) - 1)];
}

START_TEST(a_prediction_is_what_the_scanner_reads)
{
    unsigned predicted = 0;

    state = (uint64_t)_i;
    for (int round = 0; round < 20000; round++) {
        struct request_shape shape = {.known = false};
        struct request_fast job;
        unsigned kind = draw(12);
        char text[256], next[256];
        const char *end;
        struct piece piece;

        write_job(text, kind);
        end = scan(text, text + strlen(text), &job);
        if (end != NULL)
            request_shape_learn(&shape, text, end, &job);
        write_job(next, draw(4) > 0 ? kind : draw(12));
        strcat(next, REST);
        spoil(next, strlen(next));
        piece = make(next, draw(4) > 0 ? strlen(next) : draw((unsigned)strlen(next) + 1));
        if (piece.len > 0)
            predicted += predicts(&shape, &piece);
        free(piece.text);
    }
    ck_assert_uint_ge(predicted, 2000);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {what_looks_alike_is_predicted, 1},
        {what_is_none_is_not_predicted, 1},
        {nothing_is_learnt_of_what_is_long_or_empty_or_for_ever, 1},
        {a_prediction_is_what_the_scanner_reads, 4},
    };

    return check_suite("request_shape", NULL, NULL, tests, N(tests));
}
