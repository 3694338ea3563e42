/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SCAN_H
#define WAITD_SCAN_H

/*
 * Passing over runs of bytes in JSON text: what the lexer and the scanner of
 * fast-path jobs have in common.  Each returns the first byte in at .. end that does
 * not belong, or end.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* White space between tokens. */
static inline const char *scan_blanks(const char *at, const char *end)
{
    /* The first comparison settles nearly every byte. */
    while (at < end && (unsigned char)*at <= ' ' &&
           (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

static inline bool scan_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Decimal digits, any number of them. */
static inline const char *scan_number(const char *at, const char *end)
{
    while (at < end && scan_is_digit(*at))
        at++;
    return at;
}

/* The bytes of a string that are what they say: no quote, no backslash, no control
 * character, nothing beyond ASCII.  Eight at a time. */
static inline const char *scan_unescaped(const char *at, const char *end)
{
    const uint64_t ones = 0x0101010101010101ULL, highs = 0x8080808080808080ULL;
    while (end - at >= 8) {
        uint64_t bytes;
        memcpy(&bytes, at, sizeof(bytes));
        uint64_t quote = bytes ^ (ones * '"'), backslash = bytes ^ (ones * '\\');
        uint64_t found = (bytes - ones * 0x20) | (quote - ones) | (backslash - ones) | bytes;
        found &= highs;
        if (found == 0) {
            at += 8;
            continue;
        }
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        /* A borrow may mark bytes above the first one found, none below it. */
        return at + __builtin_ctzll(found) / 8;
#else
        break;
#endif
    }
    while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' &&
           *at != '\\')
        at++;
    return at;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define SCAN_DIGITS 8

/* The value of the decimal digits at the front of SCAN_DIGITS bytes, and how many
 * these are: no loop has to guess where they end. */
static inline unsigned scan_digits(const char *at, uint32_t *value)
{
    const uint64_t ones = 0x0101010101010101ULL, highs = 0x8080808080808080ULL;
    uint64_t bytes, others;
    memcpy(&bytes, at, sizeof(bytes));
    bytes ^= ones * '0';
    others = ((bytes & ~highs) + ones * (0x80 - 10)) | bytes;
    unsigned digits = (others & highs) == 0 ? 8 : (unsigned)__builtin_ctzll(others & highs) / 8;
    if (digits == 0) {
        *value = 0;
        return 0;
    }
    /* Zeros in front, then sums of two neighbours, of two of these, and again. */
    bytes <<= 64 - 8 * digits;
    bytes = (bytes * 10 + (bytes >> 8)) & 0x00FF00FF00FF00FFULL;
    bytes = (bytes * 100 + (bytes >> 16)) & 0x0000FFFF0000FFFFULL;
    *value = (uint32_t)(bytes * 10000 + (bytes >> 32));
    return digits;
}
#endif

/* How many of the bytes begin a new line after them.  Sixteen at a time, by the compiler's
 * vectors: one instruction each where the processor has such, else whatever does the same.  A
 * quarter of what eight at a time in a word take. */
static inline uint64_t scan_count_lines(const char *at, const char *end)
{
    typedef signed char vector __attribute__((vector_size(16)));
    const vector feeds = {10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10};
    uint64_t lines = 0;
    _Static_assert('\n' == 10, "what feeds are made of");
    while (end - at >= 16) {
        /* Sixteen sums side by side, each of which goes down to -127. */
        const char *stop = at + ((end - at) / 16 < 127 ? (end - at) / 16 : 127) * 16;
        vector sums = {0};
        for (; at < stop; at += 16) {
            vector bytes;
            memcpy(&bytes, at, sizeof(bytes));
            sums += bytes == feeds; /* which is -1 where it holds */
        }
        for (int i = 0; i < 16; i++)
            lines -= (uint64_t)(int64_t)sums[i];
    }
    for (; at < end; at++)
        lines += *at == '\n';
    return lines;
}

#endif
