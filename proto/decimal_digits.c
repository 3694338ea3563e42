/* SPDX-License-Identifier: ISC */
#include "proto/decimal_digits.h"

#include "proto/scan.h"

/* Far beyond any position that a text in memory can reach, and far from overflow. */
#define EXPONENT_CAP ((int64_t)1 << 56)

static int64_t read_exponent(const char *at, const char *end)
{
    bool minus = at < end && *at == '-';
    int64_t exponent = 0;

    if (at < end && (*at == '-' || *at == '+'))
        at++;
    for (; at < end && scan_is_digit(*at); at++) {
        if (exponent < EXPONENT_CAP)
            exponent = exponent * 10 + (*at - '0');
    }
    return minus ? -exponent : exponent;
}

bool decimal_digits_find(const char *text, size_t len, struct decimal_digits *digits)
{
    const char *end = text + len;
    bool minus = len > 0 && *text == '-';
    const char *first = text + minus;
    const char *point = scan_number(first, end);
    const char *exponent = point < end && *point == '.' ? scan_number(point + 1, end) : point;
    const char *last = exponent;

    while (first < exponent && (*first == '0' || *first == '.'))
        first++;
    if (first == exponent)
        return false;
    while (last[-1] == '0' || last[-1] == '.')
        last--;
    digits->minus = minus;
    digits->first = first;
    digits->end = last;
    digits->position = first < point ? point - first - 1 : point - first;
    if (exponent < end)
        digits->position += read_exponent(exponent + 1, end);
    return true;
}

size_t decimal_digits_count(const struct decimal_digits *digits)
{
    size_t count = 0;

    for (const char *at = digits->first; at < digits->end; at++)
        count += *at != '.';
    return count;
}

void decimal_digits_copy(const struct decimal_digits *digits, char *out)
{
    for (const char *at = digits->first; at < digits->end; at++)
        if (*at != '.')
            *out++ = *at;
    *out = '\0';
}

/*
 * As on paper, from the smallest place up: the digits times 2^53, each place's
 * own digit of the product dropped but for whether it was 0, and the rest
 * carried to the next place.  What is carried over the decimal point is the
 * whole part of the product.  No carry exceeds 2^53.
 */
bool decimal_digits_probability(const char *text, size_t len, uint64_t *below)
{
    struct decimal_digits digits;
    uint64_t carry = 0;
    bool more = false;

    if (!decimal_digits_find(text, len, &digits)) {
        *below = 0;
        return true;
    }
    if (digits.minus || digits.position > 0 ||
        (digits.position == 0 && (*digits.first != '1' || digits.end != digits.first + 1)))
        return false;
    if (digits.position == 0) {
        *below = DECIMAL_DIGITS_CERTAIN;
        return true;
    }
    for (const char *at = digits.end; at-- > digits.first;) {
        if (*at == '.')
            continue;
        carry += (uint64_t)(*at - '0') * DECIMAL_DIGITS_CERTAIN;
        more = more || carry % 10 != 0;
        carry /= 10;
    }
    for (int64_t zeros = -1 - digits.position; zeros > 0 && carry > 0; zeros--) {
        more = more || carry % 10 != 0;
        carry /= 10;
    }
    *below = carry + more;
    return true;
}
