/* SPDX-License-Identifier: ISC */
#include "proto/utc.h"

#include "proto/duration.h"

#define SECONDS_OF_A_DAY INT64_C(86400)

/* From 0000-03-01 to 1970-01-01, and of 400 years. */
#define DAYS_TO_1970     INT64_C(719468)
#define DAYS_OF_A_PERIOD 146097

struct date {
    unsigned year, month, day;
};

/*
 * Days counted from 0000-03-01, so that a leap day ends its year: H. Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms".
 */
static struct date date_of(int64_t days_since_1970)
{
    unsigned days = (unsigned)(days_since_1970 + DAYS_TO_1970);
    unsigned period = days / DAYS_OF_A_PERIOD, of_period = days % DAYS_OF_A_PERIOD;
    unsigned year = (of_period - of_period / 1460 + of_period / 36524 - of_period / 146096) / 365;
    unsigned of_year = of_period - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153; /* from March */

    return (struct date){
        .year = period * 400 + year + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = of_year - (153 * month + 2) / 5 + 1,
    };
}

/* Writes two digits, below 100. */
static inline char *put_pair(char *out, unsigned value)
{
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
    return out + 2;
}

/* Two digits, and what follows them. */
static inline char *put(char *out, unsigned value, char behind)
{
    out = put_pair(out, value);
    *out = behind;
    return out + 1;
}

/* Nine digits. */
static char *put_nanoseconds(char *out, unsigned ns)
{
    unsigned high = ns / 100000, low = ns % 100000; /* four digits and five */

    out = put_pair(put_pair(out, high / 100), high % 100);
    *out = (char)('0' + low / 10000);
    low %= 10000;
    return put_pair(put_pair(out + 1, low / 100), low % 100);
}

char *utc_put(char *out, int64_t ns)
{
    int64_t seconds = ns / DURATION_SECOND_NS - (ns % DURATION_SECOND_NS < 0);
    int64_t days = seconds / SECONDS_OF_A_DAY - (seconds % SECONDS_OF_A_DAY < 0);
    unsigned of_second =
        (unsigned)((ns % DURATION_SECOND_NS + DURATION_SECOND_NS) % DURATION_SECOND_NS);
    unsigned of_day = (unsigned)(seconds - days * SECONDS_OF_A_DAY);
    struct date date = date_of(days);

    out = put(put_pair(out, date.year / 100), date.year % 100, '-');
    out = put(out, date.month, '-');
    out = put(out, date.day, 'T');
    out = put(out, of_day / 3600, ':');
    out = put(out, of_day / 60 % 60, ':');
    out = put_nanoseconds(put(out, of_day % 60, '.'), of_second);
    *out = 'Z';
    return out + 1;
}
