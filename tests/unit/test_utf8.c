/* SPDX-License-Identifier: ISC */
#include "proto/utf8.h"

#include <stdint.h>
#include <string.h>

#include "tests/support/check.h"

/* Every sequence of up to four bytes, by what Unicode says in other words: it is well-formed
 * if it is what a code point that is no surrogate is written as. */

/* How a code point is written, from its bits; the length. */
static size_t encode(unsigned code, unsigned char out[4])
{
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = len; i-- > 1; code >>= 6)
        out[i] = (unsigned char)(0x80 | (code & 0x3f));
    out[0] = (unsigned char)(marks[len] | code);
    return len;
}

/* Whether all functions are of one opinion about the code point.  No assertion in there:
 * there are a million of them. */
static bool is_sound(unsigned code)
{
    unsigned char expected[4];
    char written[4];
    size_t len = encode(code, expected);
    bool is_surrogate = code >= 0xd800 && code < 0xe000;

    return (size_t)(utf8_write(written, code) - written) == len &&
           memcmp(written, expected, len) == 0 &&
           utf8_length(written, len) == (is_surrogate ? 0 : len) &&
           utf8_surrogate(written, len) == (is_surrogate ? code : 0) &&
           utf8_is_well_formed(written, len) == !is_surrogate &&
           (len == 1 || utf8_length(written, len - 1) == 0);
}

START_TEST(every_code_point_is_well_formed_and_written_so)
{
    for (unsigned code = 0; code < 0x110000; code++)
        if (!is_sound(code))
            ck_abort_msg("U+%04X", code);
}
END_TEST

START_TEST(nothing_else_is)
{
    size_t n = 0;

    /* Of three bytes each, and of four those whose last one is any: the others are alike. */
    for (uint32_t bytes = 0; bytes < 1u << 24; bytes++) {
        char text[4] = {(char)(bytes >> 16), (char)(bytes >> 8), (char)bytes, (char)0x80};

        n += utf8_length(text, 4) == 4;
    }
    ck_assert_uint_eq(n, (0x110000 - 0x10000) / 64);
    n = 0;
    for (uint32_t bytes = 0; bytes < 1u << 24; bytes++) {
        char text[3] = {(char)(bytes >> 16), (char)(bytes >> 8), (char)bytes};

        n += utf8_length(text, 3) == 3;
    }
    ck_assert_uint_eq(n, 0x10000 - 0x800 - 0x800);
    n = 0;
    for (uint32_t bytes = 0; bytes < 1u << 16; bytes++) {
        char text[2] = {(char)(bytes >> 8), (char)bytes};

        n += utf8_length(text, 2) == 2;
    }
    ck_assert_uint_eq(n, 0x800 - 0x80);
}
END_TEST

START_TEST(a_text_is_cut_at_whole_characters)
{
    static const char text[] =
        "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"; /* 1, 2, 3, 4 and 1 bytes */
    static const size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};

    for (size_t room = 0; room < N(ends); room++)
        ck_assert_uint_eq(utf8_cut(text, sizeof text - 1, room), ends[room]);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {every_code_point_is_well_formed_and_written_so, 1},
        {nothing_else_is, 1},
        {a_text_is_cut_at_whole_characters, 1},
    };

    return check_suite("utf8", NULL, NULL, tests, N(tests));
}
