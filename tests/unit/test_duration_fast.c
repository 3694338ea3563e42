/* SPDX-License-Identifier: ISC */

/* Short durations in one pass, against the exact reading of any. */
#include "proto/duration_fast.h"

#include <check.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/duration.h"
#include "tests/support/check.h"
#include "tests/support/reading.h"

typedef const char *scanner(const char *at, const char *end, int64_t *ns);
typedef enum duration_result reader(const char *text, size_t len, int64_t max_ns, int64_t *ns);

struct kind {
    scanner *scan;
    reader *read;
};

/* duration_from_text() takes numbers of JSON, and with them nothing but
 * strings with units, none of which is a short number. */
static const struct kind number = {duration_fast_number, duration_from_text};
static const struct kind string = {duration_fast_string, duration_from_string};

/* Whether the whole of the text is on the fast path; if so, its value is as it should be. */
static bool agrees(const struct kind *kind, const char *text)
{
    size_t len = strlen(text);
    int64_t ns = -1, exact = -2;
    if (kind->scan(text, text + len, &ns) != text + len)
        return false;
    /* An assertion of Check's is a system call: too dear for millions. */
    if (kind->read(text, len, INT64_MAX, &exact) != DURATION_OK || ns != exact)
        ck_abort_msg("`%s`: %" PRId64 ", not %" PRId64, text, ns, exact);
    return true;
}

static const char *const units[] = {"h", "m", "s", "ms", "us", "ns"};

START_TEST(what_is_short_is_taken)
{
    static const char *const numbers[] = {"0",           "1",    "0.0",      "0.25",
                                          "1.5",         "10",   "100.0001", "999999999.999999999",
                                          "0.000000001", "60.50"};
    static const char *const strings[] = {
        "0s",          "250ms",    "1.5s",        "2m",         "1h",           "40us",
        "5ns",         "007s",     "0.000000h",   "1.000us",    "0.000000001s", "0.5m",
        "0.00000001m", "2562047h", "999999999ns", "999999999s", "153722867m",   "0.999999ms"};
    for (size_t i = 0; i < N(numbers); i++)
        ck_assert_msg(agrees(&number, numbers[i]), "`%s` is not taken", numbers[i]);
    for (size_t i = 0; i < N(strings); i++)
        ck_assert_msg(agrees(&string, strings[i]), "`%s` is not taken", strings[i]);
}
END_TEST

START_TEST(what_is_not_short_is_left)
{
    static const char *const numbers[] = {
        "",       "-1",         "-0",           "+1",    "01", "00", "1.", ".5", "1e3", "1E3",
        "1.5e-3", "1000000000", "0.0000000001", "1.1.1", "x",  "1s", "1 ", " 1", "0x1"};
    static const char *const strings[] = {
        "",         "1",           "-1s",      "s",    "1 s",         "1.s",        ".5s",
        "1m30s",    "1S",          "1d",       "1mss", "1hs",         "0.1ns",      "1.0ns",
        "0.0001us", "1.0000000ms", "2562048h", "1e3s", "1000000000s", "153722868m", "1.2.3s",
        "1s ",      "1mm",         "1ms1",     "1n",   "1u"};
    for (size_t i = 0; i < N(numbers); i++)
        ck_assert_msg(!agrees(&number, numbers[i]), "`%s` is taken", numbers[i]);
    for (size_t i = 0; i < N(strings); i++)
        ck_assert_msg(!agrees(&string, strings[i]), "`%s` is taken", strings[i]);
}
END_TEST

/* Nothing at or beyond the end is looked at: the text is on the heap, cut anywhere. */
START_TEST(nothing_beyond_the_end_is_read)
{
    static const char *const texts[] = {"123456789.123456789", "999999.999ms", "1.5us", "12h"};
    for (size_t i = 0; i < N(texts); i++) {
        for (size_t len = 0; len <= strlen(texts[i]); len++) {
            char *cut = malloc(len > 0 ? len : 1);
            int64_t ns;
            memcpy(cut, texts[i], len);
            const char *ends[] = {duration_fast_number(cut, cut + len, &ns),
                                  duration_fast_string(cut, cut + len, &ns)};
            for (size_t k = 0; k < N(ends); k++)
                ck_assert(ends[k] == NULL || (ends[k] > cut && ends[k] <= cut + len));
            free(cut);
        }
    }
}
END_TEST

/* ---- By chance ----------------------------------------------------------------- */

/* Up to `most` random digits; often with zeros in front and behind. */
static char *put_digits(uint64_t *state, char *at, unsigned most)
{
    unsigned n = (unsigned)(reading_draw(state) % (most + 1));
    unsigned style = (unsigned)(reading_draw(state) % 4);
    for (unsigned i = 0; i < n; i++) {
        unsigned digit = (unsigned)(reading_draw(state) % 10);
        bool zero = (style == 1 && i + 1 < n) || (style == 2 && i > 0);
        *at++ = (char)('0' + (zero ? 0 : style == 3 ? 9 : digit));
    }
    return at;
}

static void put_text(uint64_t *state, char *out, bool unit)
{
    char *at = put_digits(state, out, 10);
    if (reading_draw(state) % 4 != 0) {
        *at++ = '.';
        at = put_digits(state, at, 11);
    }
    *at = '\0';
    if (unit)
        strcpy(at, units[reading_draw(state) % N(units)]);
    if (reading_draw(state) % 8 == 0) {
        static const char others[] = "0123456789.-+eE hmsun\"";
        size_t len = strlen(out);
        if (len > 0)
            out[reading_draw(state) % len] = others[reading_draw(state) % (sizeof(others) - 1)];
    }
}

/* Whether a text that was not taken is of the form that is: D[.D] with up to
 * nine digits each. */
static bool is_short_number(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    if (whole == 0 || whole > DURATION_FAST_DIGITS || (*text == '0' && whole > 1))
        return false;
    if (text[whole] == '\0')
        return true;
    size_t fraction = strspn(text + whole + 1, "0123456789");
    return text[whole] == '.' && fraction > 0 && fraction <= DURATION_FAST_DIGITS &&
           text[whole + 1 + fraction] == '\0';
}

#define TEXTS 3000000

START_TEST(random_texts_come_to_the_same)
{
    uint64_t state = 20250101;
    unsigned taken[2] = {0, 0};
    for (unsigned i = 0; i < TEXTS; i++) {
        char text[48];
        put_text(&state, text, i % 2 != 0);
        bool is_taken = agrees(i % 2 != 0 ? &string : &number, text);
        taken[i % 2] += is_taken;
        if (i % 2 == 0 && is_taken != is_short_number(text))
            ck_abort_msg("`%s`: %d", text, is_taken);
    }
    ck_assert_uint_gt(taken[0], TEXTS / 8);
    ck_assert_uint_gt(taken[1], TEXTS / 16);
}
END_TEST

/* Around every power of ten and every unit, where a digit more or less decides. */
START_TEST(texts_at_the_edges_come_to_the_same)
{
    static const char digits[] = "019";
    char text[48];
    unsigned taken = 0;
    for (int whole = 1; whole <= 11; whole++) {
        for (int fraction = 0; fraction <= 11; fraction++) {
            for (int i = 0; i < 9; i++) {
                char *at = text;
                memset(at, digits[i % 3], (size_t)whole);
                at += whole;
                if (fraction > 0) {
                    *at++ = '.';
                    memset(at, digits[i / 3], (size_t)fraction);
                    at += fraction;
                }
                *at = '\0';
                taken += agrees(&number, text);
                for (size_t unit = 0; unit < N(units); unit++) {
                    strcpy(at, units[unit]);
                    taken += agrees(&string, text);
                }
            }
        }
    }
    ck_assert_uint_gt(taken, 1000);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {what_is_short_is_taken, 1},
        {what_is_not_short_is_left, 1},
        {nothing_beyond_the_end_is_read, 1},
        {random_texts_come_to_the_same, 1},
        {texts_at_the_edges_come_to_the_same, 1},
    };

    return check_suite("duration_fast", NULL, NULL, tests, N(tests));
}
