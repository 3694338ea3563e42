/* SPDX-License-Identifier: ISC */
#include "proto/duration_fast.h"

#include <stddef.h>

#include "proto/scan.h"

static const int64_t power_of_ten[DURATION_FAST_DIGITS + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
};

/* whole + fraction / 10^digits */
struct decimal {
    int64_t whole, fraction; /* each less than 10^9 */
    unsigned digits;
};

/* Returns the end of at most nine digits in a row; `at` where there is none,
 * NULL where there are more. */
static inline const char *read_digits(const char *at, const char *end, int64_t *value)
{
    const char *most = end - at > DURATION_FAST_DIGITS ? at + DURATION_FAST_DIGITS : end;
    int64_t read = 0;
    unsigned digit;
#ifdef SCAN_DIGITS
    if (end - at >= SCAN_DIGITS) {
        uint32_t first;
        unsigned digits = scan_digits(at, &first);
        read = first;
        at += digits;
        most = digits < SCAN_DIGITS ? at : most;
    }
#endif
    for (; at < most && (digit = (unsigned)(unsigned char)*at - '0') <= 9; at++)
        read = read * 10 + digit;
    *value = read;
    return at < end && at == most && (unsigned)(unsigned char)*at - '0' <= 9 ? NULL : at;
}

static inline const char *read_decimal(const char *at, const char *end, struct decimal *decimal)
{
    const char *stop = read_digits(at, end, &decimal->whole);
    decimal->fraction = 0;
    decimal->digits = 0;
    if (stop == NULL || stop == at)
        return NULL;
    if (stop == end || *stop != '.')
        return stop;
    at = stop + 1;
    stop = read_digits(at, end, &decimal->fraction);
    if (stop == NULL || stop == at)
        return NULL;
    decimal->digits = (unsigned)(stop - at);
    return stop;
}

const char *duration_fast_number(const char *at, const char *end, int64_t *ns)
{
    struct decimal decimal;
    const char *stop = read_decimal(at, end, &decimal);
    if (stop == NULL || (*at == '0' && stop > at + 1 && at[1] != '.'))
        return NULL; /* a zero leads no other digit */
    *ns = decimal.whole * power_of_ten[9] + decimal.fraction * power_of_ten[9 - decimal.digits];
    return stop;
}

/* A unit is factor x 10^exponent nanoseconds. */
struct unit {
    int64_t factor;
    unsigned exponent;
};

static const char *read_unit(const char *at, const char *end, struct unit *unit)
{
    char first = at < end ? *at : '\0', second = end - at > 1 ? at[1] : '\0';
    if (second != 's') {
        *unit = first == 's'   ? (struct unit){1, 9}
                : first == 'm' ? (struct unit){60, 9}
                               : (struct unit){3600, 9};
        return first == 's' || first == 'm' || first == 'h' ? at + 1 : NULL;
    }
    *unit = first == 'm'   ? (struct unit){1, 6}
            : first == 'u' ? (struct unit){1, 3}
                           : (struct unit){1, 0};
    return first == 'm' || first == 'u' || first == 'n' ? at + 2 : NULL;
}

const char *duration_fast_string(const char *at, const char *end, int64_t *ns)
{
    struct decimal decimal;
    struct unit unit;
    const char *stop = read_decimal(at, end, &decimal);
    if (stop == NULL)
        return NULL;
    stop = read_unit(stop, end, &unit);
    if (stop == NULL || decimal.digits > unit.exponent)
        return NULL;
    /* The fraction is less than one unit, which is at most 3.6 x 10^12. */
    int64_t whole;
    if (__builtin_mul_overflow(decimal.whole, unit.factor * power_of_ten[unit.exponent], &whole) ||
        __builtin_add_overflow(
            whole, decimal.fraction * unit.factor * power_of_ten[unit.exponent - decimal.digits],
            ns))
        return NULL;
    return stop;
}
