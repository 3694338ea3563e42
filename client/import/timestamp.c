/* SPDX-License-Identifier: ISC */
#include "client/import/timestamp.h"

#include <string.h>
#include <time.h>

#include "proto/duration.h"

/* Reads n digits, of a value from least to most. */
static bool digits(const char **at, const char *end, int n, int least, int most, int *value)
{
    *value = 0;
    for (; n > 0; n--, (*at)++) {
        if (*at == end || **at < '0' || **at > '9')
            return false;
        *value = *value * 10 + (**at - '0');
    }
    return *value >= least && *value <= most;
}

/* Reads one character, one of `which`. */
static bool sign(const char **at, const char *end, const char *which)
{
    return *at < end && memchr(which, *(*at)++, strlen(which)) != NULL;
}

/* Whether the day is one of its month. */
static bool is_day(const struct tm *time)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = time->tm_year + 1900;
    bool leaps = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return time->tm_mday <= days[time->tm_mon] + (time->tm_mon == 1 && leaps);
}

static int64_t fraction(const char **at, const char *end)
{
    int64_t ns = 0, unit_ns = DURATION_SECOND_NS / 10;

    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++, unit_ns /= 10)
        ns += (**at - '0') * unit_ns;
    return ns;
}

/* Reads `Z` or `+09:00`, in seconds. */
static bool offset(const char **at, const char *end, int64_t *seconds)
{
    int hours, minutes, factor;

    *seconds = 0;
    if (!sign(at, end, "Zz+-"))
        return false;
    if ((*at)[-1] == 'Z' || (*at)[-1] == 'z')
        return true;
    factor = (*at)[-1] == '-' ? -1 : 1;
    if (!digits(at, end, 2, 0, 23, &hours) || !sign(at, end, ":") ||
        !digits(at, end, 2, 0, 59, &minutes))
        return false;
    *seconds = factor * (hours * 3600 + minutes * 60);
    return true;
}

bool timestamp_read(const char *text, size_t len, int64_t *ns)
{
    const char *at = text, *end = text + len;
    struct tm time = {0};
    int64_t east_s, fraction_ns = 0;

    if (!digits(&at, end, 4, 1970, 2261, &time.tm_year) || !sign(&at, end, "-") ||
        !digits(&at, end, 2, 1, 12, &time.tm_mon) || !sign(&at, end, "-") ||
        !digits(&at, end, 2, 1, 31, &time.tm_mday) || !sign(&at, end, "Tt ") ||
        !digits(&at, end, 2, 0, 23, &time.tm_hour) || !sign(&at, end, ":") ||
        !digits(&at, end, 2, 0, 59, &time.tm_min) || !sign(&at, end, ":") ||
        !digits(&at, end, 2, 0, 60, &time.tm_sec))
        return false;
    if (at < end && *at == '.') {
        at++;
        if (at == end || *at < '0' || *at > '9')
            return false;
        fraction_ns = fraction(&at, end);
    }
    time.tm_year -= 1900;
    time.tm_mon -= 1;
    if (!is_day(&time) || !offset(&at, end, &east_s) || at != end)
        return false;
    *ns = ((int64_t)timegm(&time) - east_s) * DURATION_SECOND_NS + fraction_ns;
    return true;
}
