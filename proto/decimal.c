/* SPDX-License-Identifier: ISC */
#include "proto/decimal.h"

#include <string.h>

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

/* How many digits a value has; 1 for 0.  1233 / 4096 is log10(2) to four places:
 * the product is the number of digits or one less, and a power of ten decides. */
static unsigned digits_of(uint64_t value)
{
    static const uint64_t powers[] = {
        UINT64_C(0),
        UINT64_C(10),
        UINT64_C(100),
        UINT64_C(1000),
        UINT64_C(10000),
        UINT64_C(100000),
        UINT64_C(1000000),
        UINT64_C(10000000),
        UINT64_C(100000000),
        UINT64_C(1000000000),
        UINT64_C(10000000000),
        UINT64_C(100000000000),
        UINT64_C(1000000000000),
        UINT64_C(10000000000000),
        UINT64_C(100000000000000),
        UINT64_C(1000000000000000),
        UINT64_C(10000000000000000),
        UINT64_C(100000000000000000),
        UINT64_C(1000000000000000000),
        UINT64_C(10000000000000000000),
    };
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    unsigned digits = bits * 1233 >> 12;

    return digits + (value >= powers[digits]);
}

/* Each a few digits that do not have to wait for one another. */
static void put_four(char *out, uint32_t value)
{
    memcpy(out, pairs + value / 100 * 2, 2);
    memcpy(out + 2, pairs + value % 100 * 2, 2);
}

static void put_eight(char *out, uint32_t value)
{
    put_four(out, value / 10000);
    put_four(out + 4, value % 10000);
}

char *decimal_put(char *out, uint64_t value)
{
    unsigned digits = digits_of(value);
    char *end = out + digits, *p = end;
    uint32_t first;

    for (; value >= 100000000; value /= 100000000)
        put_eight(p -= 8, (uint32_t)(value % 100000000));
    first = (uint32_t)value;
    if (first >= 10000) {
        put_four(p -= 4, first % 10000);
        first /= 10000;
    }
    if (first >= 100) {
        memcpy(p - 2, pairs + first % 100 * 2, 2);
        first /= 100;
    }
    if (first >= 10)
        memcpy(out, pairs + first * 2, 2);
    else
        *out = (char)('0' + first);
    return end;
}

char *decimal_put_fraction(char *out, uint32_t billionths)
{
    char *end = out + DECIMAL_FRACTION_MAX, *p = end;

    if (billionths == 0)
        return out;
    out[0] = '.';
    for (unsigned i = 0; i < 4; i++, billionths /= 100)
        memcpy(p -= 2, pairs + billionths % 100 * 2, 2);
    out[1] = (char)('0' + billionths);
    while (end[-1] == '0')
        end--;
    return end;
}
