/* SPDX-License-Identifier: ISC */
#include "proto/duration.h"

#include <stdbool.h>
#include <string.h>

#include "proto/decimal.h"
#include "proto/decimal_digits.h"
#include "proto/scan.h"

/* 2^63-1 has 19 digits: the tens' powers 0 .. 18. */
#define TOP_POSITION 18

static const uint64_t power_of_ten[TOP_POSITION + 1] = {
    1ULL,
    10ULL,
    100ULL,
    1000ULL,
    10000ULL,
    100000ULL,
    1000000ULL,
    10000000ULL,
    100000000ULL,
    1000000000ULL,
    10000000000ULL,
    100000000000ULL,
    1000000000000ULL,
    10000000000000ULL,
    100000000000000ULL,
    1000000000000000ULL,
    10000000000000000ULL,
    100000000000000000ULL,
    1000000000000000000ULL,
};

static enum duration_result judge(uint64_t rounded_ns, int64_t max_ns, int64_t *ns)
{
    if (max_ns < 0 || rounded_ns > (uint64_t)max_ns)
        return DURATION_TOO_LONG;
    *ns = (int64_t)rounded_ns;
    return DURATION_OK;
}

/* ---- Numbers ------------------------------------------------------------ */

/* digits->position counts nanoseconds: at least -1, the tenths, and at most TOP_POSITION. */
static uint64_t round_digits(const struct decimal_digits *digits)
{
    uint64_t ns = 0;
    int64_t position = digits->position;
    const char *at = digits->first;
    for (; at < digits->end && position >= 0; at++) {
        if (*at == '.')
            continue;
        ns = ns * 10 + (uint64_t)(*at - '0');
        position--;
    }
    if (position >= 0)
        return ns * power_of_ten[position + 1];
    if (at < digits->end && *at == '.')
        at++;
    return ns + (at < digits->end && *at >= '5');
}

enum duration_result duration_from_number(const char *text, size_t len, int64_t max_ns, int64_t *ns)
{
    struct decimal_digits digits;
    if (!decimal_digits_find(text, len, &digits))
        return judge(0, max_ns, ns);
    if (digits.minus)
        return DURATION_NEGATIVE;
    digits.position += 9; /* of nanoseconds */
    if (digits.position > TOP_POSITION)
        return DURATION_TOO_LONG;
    if (digits.position < -1)
        return judge(0, max_ns, ns);
    return judge(round_digits(&digits), max_ns, ns);
}

/* ---- Strings with units -------------------------------------------------- */

/* A unit is factor x 10^exponent nanoseconds. */
struct unit {
    const char *name;
    unsigned factor;
    int exponent;
};

static const struct unit units[] = {
    {"h", 36, 11}, {"m", 6, 10}, {"s", 1, 9}, {"ms", 1, 6}, {"us", 1, 3}, {"ns", 1, 0},
};
#define N_UNITS (sizeof(units) / sizeof(units[0]))

/* One number with its unit. */
struct part {
    const char *whole;
    const char *fraction;
    int64_t n_whole;
    int64_t n_fraction;
    const struct unit *unit;
};

/* The digit of a part that counts tens to the power of `position` of the
 * unit's factor. */
static unsigned part_digit(const struct part *part, int64_t position)
{
    int64_t place = position - part->unit->exponent;
    char c = '0';
    if (place >= 0 && place < part->n_whole)
        c = part->whole[part->n_whole - 1 - place];
    else if (place < 0 && -place <= part->n_fraction)
        c = part->fraction[-place - 1];
    return (unsigned)(c - '0');
}

static const char *read_unit(const char *at, const char *end, size_t first,
                             const struct unit **unit)
{
    const char *stop = at;
    while (stop < end && *stop >= 'a' && *stop <= 'z')
        stop++;
    size_t len = (size_t)(stop - at);
    for (size_t i = first; i < N_UNITS; i++) {
        if (strlen(units[i].name) == len && memcmp(units[i].name, at, len) == 0) {
            *unit = &units[i];
            return stop;
        }
    }
    return NULL;
}

/* Reads one part whose unit is units[first] or smaller.  Returns its end, or
 * NULL when it is malformed. */
static const char *read_part(const char *at, const char *end, size_t first, struct part *part)
{
    const char *stop = scan_number(at, end);
    part->whole = at;
    part->n_whole = stop - at;
    part->fraction = stop;
    part->n_fraction = 0;
    if (part->n_whole == 0)
        return NULL;
    if (stop < end && *stop == '.') {
        part->fraction = stop + 1;
        stop = scan_number(part->fraction, end);
        part->n_fraction = stop - part->fraction;
        if (part->n_fraction == 0)
            return NULL;
    }
    return read_unit(stop, end, first, &part->unit);
}

/* What the parts add up to. */
struct sum {
    uint64_t ns; /* rounded */
    bool too_long;
};

/* Adds the parts digit by digit, as on paper, from the smallest place up:
 * exact whatever their lengths, and in no memory. */
static struct sum add_parts(const struct part *parts, size_t n)
{
    int64_t low = 0, high = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t exponent = parts[i].unit->exponent;
        if (exponent - parts[i].n_fraction < low)
            low = exponent - parts[i].n_fraction;
        if (exponent + parts[i].n_whole > high)
            high = exponent + parts[i].n_whole;
    }
    struct sum sum = {0, false};
    unsigned carry = 0;
    for (int64_t position = low; position < high || carry > 0; position++) {
        for (size_t i = 0; i < n; i++)
            carry += part_digit(&parts[i], position) * parts[i].unit->factor;
        unsigned digit = carry % 10;
        carry /= 10;
        if (digit == 0)
            continue;
        if (position > TOP_POSITION)
            sum.too_long = true;
        else if (position >= 0)
            sum.ns += digit * power_of_ten[position];
        else if (position == -1 && digit >= 5)
            sum.ns += 1;
    }
    return sum;
}

enum duration_result duration_from_string(const char *text, size_t len, int64_t max_ns, int64_t *ns)
{
    const char *at = text, *end = text + len;
    bool minus = len > 0 && *at == '-';
    at += minus;
    struct part parts[N_UNITS];
    size_t n = 0, next_unit = 0;
    do {
        at = next_unit < N_UNITS ? read_part(at, end, next_unit, &parts[n]) : NULL;
        if (at == NULL)
            return DURATION_MALFORMED;
        next_unit = (size_t)(parts[n++].unit - units) + 1;
    } while (at < end);
    struct sum sum = add_parts(parts, n);
    if (minus)
        return DURATION_NEGATIVE;
    return sum.too_long ? DURATION_TOO_LONG : judge(sum.ns, max_ns, ns);
}

/* ---- Either -------------------------------------------------------------- */

static bool is_number(const char *at, const char *end)
{
    if (at < end && *at == '-')
        at++;
    const char *stop = scan_number(at, end);
    if (stop == at || (*at == '0' && stop > at + 1))
        return false;
    at = stop;
    if (at < end && *at == '.') {
        stop = scan_number(++at, end);
        if (stop == at)
            return false;
        at = stop;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        stop = scan_number(at, end);
        if (stop == at)
            return false;
        at = stop;
    }
    return at == end;
}

enum duration_result duration_from_text(const char *text, size_t len, int64_t max_ns, int64_t *ns)
{
    if (is_number(text, text + len))
        return duration_from_number(text, len, max_ns, ns);
    return duration_from_string(text, len, max_ns, ns);
}

size_t duration_print(char out[DURATION_PRINT_MAX], int64_t ns)
{
    const uint64_t billion = 1000000000;
    char *end = decimal_put(out, (uint64_t)ns / billion);

    return (size_t)(decimal_put_fraction(end, (uint32_t)((uint64_t)ns % billion)) - out);
}
