/* SPDX-License-Identifier: ISC */

/*
 * Durations against plain arithmetic: numbers against a walk over their digits,
 * strings of short parts against sums in 128 bits, short ones against the rest.  What is read can
 * be printed and read again.  The first byte chooses the maximum.
 */

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/duration.h"
#include "proto/duration_fast.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct verdict {
    enum duration_result result;
    int64_t ns;
};

static size_t digits_at(const char *text)
{
    return strspn(text, "0123456789");
}

/* Whether the text is a number of RFC 8259. */
static bool is_number(const char *text)
{
    size_t n;

    text += *text == '-';
    n = digits_at(text);
    if (n == 0 || (n > 1 && *text == '0'))
        return false;
    text += n;
    if (*text == '.') {
        n = digits_at(++text);
        if (n == 0)
            return false;
        text += n;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '+' || *text == '-';
        n = digits_at(text);
        if (n == 0)
            return false;
        text += n;
    }
    return *text == '\0';
}

/* The digit that stands for 10 to the power of `power` seconds. */
static int digit_for(const char *digits, size_t len, long point, long power)
{
    long index = point - 1 - power;

    return index >= 0 && (size_t)index < len ? digits[index] - '0' : 0;
}

/* A number by its digits; for exponents of up to four digits. */
static struct verdict plain_number(const char *text, int64_t max_ns)
{
    char digits[512];
    size_t len = 0;
    long point = 0, power;
    bool minus = *text == '-', is_zero = true;
    __int128 ns = 0;

    for (text += minus; isdigit((unsigned char)*text); point++)
        digits[len++] = *text++;
    for (text += *text == '.'; isdigit((unsigned char)*text);)
        digits[len++] = *text++;
    if (*text != '\0')
        point += strtol(text + 1, NULL, 10);
    for (size_t i = 0; i < len; i++)
        is_zero = is_zero && digits[i] == '0';
    if (is_zero)
        return (struct verdict){DURATION_OK, 0};
    if (minus)
        return (struct verdict){DURATION_NEGATIVE, 0};
    for (power = point; power >= -9; power--) {
        ns = ns * 10 + digit_for(digits, len, point, power);
        if (ns > (__int128)INT64_MAX * 2)
            return (struct verdict){DURATION_TOO_LONG, 0};
    }
    ns += digit_for(digits, len, point, -10) >= 5;
    if (ns > max_ns)
        return (struct verdict){DURATION_TOO_LONG, 0};
    return (struct verdict){DURATION_OK, (int64_t)ns};
}

static size_t exponent_digits(const char *text)
{
    const char *e = strpbrk(text, "eE");

    return e == NULL ? 0 : strlen(e);
}

static void check_number(const char *text, size_t len, int64_t max_ns)
{
    struct verdict expected, got = {DURATION_OK, -1};

    if (!is_number(text) || exponent_digits(text) > 6)
        return;
    expected = plain_number(text, max_ns);
    got.result = duration_from_number(text, len, max_ns, &got.ns);
    assert(got.result == expected.result);
    assert(got.ns == (expected.result == DURATION_OK ? expected.ns : -1));
}

static const struct {
    const char *name;
    int64_t ns;
} units[] = {{"h", 3600000000000}, {"m", 60000000000}, {"s", 1000000000},
             {"ms", 1000000},      {"us", 1000},       {"ns", 1}};

/* One part of a string in billionths of nanoseconds, or -1 if it is none or
 * has too many digits to be added up here.  Moves on past it. */
static __int128 plain_part(const char **text, int *unit, bool *is_long)
{
    size_t n = digits_at(*text), decimals = 0, letters;
    const char *at = *text + n;
    __int128 value = 0;

    if (n == 0)
        return -1;
    if (*at == '.') {
        decimals = digits_at(at + 1);
        if (decimals == 0)
            return -1;
        at += 1 + decimals;
    }
    *is_long = *is_long || n > 12 || decimals > 9;
    for (const char *c = *text; c < at && !*is_long; c++)
        value = *c == '.' ? value : value * 10 + (*c - '0');
    for (size_t i = decimals; i < 9 && !*is_long; i++)
        value *= 10;
    letters = strspn(at, "hmsun");
    for (int i = *unit + 1; i < 6; i++) {
        if (strlen(units[i].name) == letters && strncmp(at, units[i].name, letters) == 0) {
            *unit = i;
            *text = at + letters;
            return value * units[i].ns;
        }
    }
    return -1;
}

static void check_string(const char *text, size_t len, int64_t max_ns)
{
    bool minus = *text == '-';
    const char *at = text + minus;
    __int128 sum = 0;
    int unit = -1;
    bool is_long = false, is_sound = *at != '\0';
    struct verdict got = {DURATION_OK, -1};

    while (is_sound && *at != '\0') {
        __int128 part = plain_part(&at, &unit, &is_long);

        is_sound = part >= 0;
        sum += part;
    }
    got.result = duration_from_string(text, len, max_ns, &got.ns);
    if (!is_sound) {
        assert(got.result == DURATION_MALFORMED);
    } else if (minus) {
        assert(got.result == DURATION_NEGATIVE);
    } else if (!is_long) {
        sum = (sum + 500000000) / 1000000000;
        assert(got.result == (sum > max_ns ? DURATION_TOO_LONG : DURATION_OK));
        assert(got.result != DURATION_OK || got.ns == (int64_t)sum);
    }
}

static void check_text(const char *text, size_t len, int64_t max_ns)
{
    char printed[DURATION_PRINT_MAX];
    int64_t ns = -1, again = -1;
    enum duration_result result = duration_from_text(text, len, max_ns, &ns);
    size_t n;

    assert((result == DURATION_OK) == (ns >= 0));
    if (result != DURATION_OK)
        return;
    assert(ns <= max_ns);
    n = duration_print(printed, ns);
    assert(n < DURATION_PRINT_MAX);
    result = duration_from_text(printed, n, INT64_MAX, &again);
    assert(result == DURATION_OK && again == ns);
}

/* The fast path has the result of any other text. */
static void check_short(const char *text, size_t len)
{
    int64_t ns = -1, exact = -2;

    if (duration_fast_number(text, text + len, &ns) == text + len) {
        assert(is_number(text));
        assert(duration_from_number(text, len, INT64_MAX, &exact) == DURATION_OK && ns == exact);
    }
    if (duration_fast_string(text, text + len, &ns) == text + len)
        assert(duration_from_string(text, len, INT64_MAX, &exact) == DURATION_OK && ns == exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t maxima[] = {INT64_MAX, 2592000000000000, 0, 1000000000};
    int64_t max_ns;
    char *text;

    if (size == 0 || size > 400)
        return 0;
    max_ns = maxima[data[0] % 4];
    text = malloc(size);
    assert(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    check_text(text, size - 1, max_ns);
    if (strlen(text) == size - 1) {
        check_number(text, size - 1, max_ns);
        check_string(text, size - 1, max_ns);
        check_short(text, size - 1);
    }
    free(text);
    return 0;
}
