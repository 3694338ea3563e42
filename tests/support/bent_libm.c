/* SPDX-License-Identifier: ISC */

/*
 * A mathematical library that errs in its last digit, up or down as the
 * result's bits have it: to be preloaded.  With BENT_LIBM_REPORT in the
 * environment it says at the end that it was called.
 */

#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic unsigned long calls;

static double bend(double value)
{
    uint64_t bits;

    calls++;
    memcpy(&bits, &value, sizeof bits);
    bits ^= bits >> 33;
    bits *= UINT64_C(0xff51afd7ed558ccd);
    return nextafter(value, (bits >> 63) != 0 ? HUGE_VAL : -HUGE_VAL);
}

static long double bend_long(long double value)
{
    return nextafterl(value, signbit(bend((double)value) - (double)value) ? HUGE_VALL : -HUGE_VALL);
}

static void *original(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (function == NULL)
        abort();
    return function;
}

#define BEND(type, name, how)                                                                      \
    type name(type x)                                                                              \
    {                                                                                              \
        void *found = original(#name);                                                             \
        type (*function)(type);                                                                    \
                                                                                                   \
        memcpy(&function, &found, sizeof found);                                                   \
        return how(function(x));                                                                   \
    }

BEND(double, log, bend)
BEND(double, exp, bend)
BEND(double, cos, bend)
BEND(long double, logl, bend_long)
BEND(long double, expl, bend_long)
BEND(long double, cosl, bend_long)

double pow(double x, double y)
{
    void *found = original("pow");
    double (*function)(double, double);

    memcpy(&function, &found, sizeof found);
    return bend(function(x, y));
}

__attribute__((destructor)) static void report(void)
{
    if (getenv("BENT_LIBM_REPORT") != NULL)
        fprintf(stderr, "bent %lu results\n", calls);
}
