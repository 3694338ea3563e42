/* SPDX-License-Identifier: ISC */

/* The text of a request that is an object, as it was read and as it is compared. */

#include "proto/request.h"

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "proto/block.h"
#include "proto/request_internal.h"

/* Less room than this is left where it is. */
#define TRIM_BYTES ((size_t)4096)

void request_text_begin(struct request_reading *reading, uint64_t offset)
{
    reading->capture.on = true;
    reading->capture.begin = offset;
}

static int reserve(struct request_reading *reading, struct request_text *text, size_t size)
{
    return size <= text->room ? 0 : request_reserve(reading, text, block_grown_size(size));
}

void request_text_keep(struct request_reading *reading, const char *piece, uint64_t begin,
                       uint64_t end)
{
    struct request_capture *capture = &reading->capture;
    size_t len;
    if (!capture->on || reading->fault.code != FAULT_NONE || end <= capture->begin)
        return;
    if (begin < capture->begin) {
        piece += capture->begin - begin;
        begin = capture->begin;
    }
    len = (size_t)(end - begin);
    if (reserve(reading, &capture->text, capture->text.len + len) != 0)
        return;
    memcpy(capture->text.bytes + capture->text.len, piece, len);
    capture->text.len += len;
}

void request_text_end(struct request_reading *reading)
{
    struct request_capture *capture = &reading->capture;
    free(capture->text.bytes);
    capture->text = (struct request_text){NULL, 0, 0};
    capture->on = false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Whether the member of that key is one that is not compared. */
static bool is_left_out(const struct request_capture *capture, size_t at)
{
    uint64_t offset = capture->begin + at;
    return (capture->id_key != 0 && offset == capture->id_key) ||
           (capture->key_key != 0 && offset == capture->key_key);
}

/* A byte outside of strings.  Whether it is kept. */
static bool take_structure(struct request_capture *capture, char c)
{
    if (c == '{' || c == '[')
        capture->depth++;
    else if (c == '}' || c == ']')
        capture->depth--;
    else if (c == ',' && capture->depth == 1)
        return false; /* this is called again before the next member that is kept */
    return !is_blank(c) && !(capture->dropping && capture->depth >= 1);
}

/* A quote outside of strings: at depth 1 and where a member begins, it begins its key. */
static void take_key(struct request_capture *capture, size_t at)
{
    capture->dropping = is_left_out(capture, at);
    if (capture->dropping)
        return;
    if (capture->any)
        capture->text.bytes[capture->written++] = ',';
    capture->any = true;
}

/* What ends a run of bytes that are kept as they are: in a string, and outside of strings below
 * the top level. */
static const bool ends_in_string[256] = {['"'] = true, ['\\'] = true};
static const bool ends_below[256] = {
    ['"'] = true, ['{'] = true,  ['}'] = true,  ['['] = true, [']'] = true,
    [' '] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true};

/* Takes a run of them.  Returns where it ends. */
static size_t take_run(struct request_capture *capture, size_t begin, size_t end)
{
    const bool *ends = capture->in_string ? ends_in_string : ends_below;
    char *bytes = capture->text.bytes;
    size_t at = begin;
    if (capture->dropping || capture->escaped || (!capture->in_string && capture->depth < 2))
        return begin;
    while (at < end && !ends[(unsigned char)bytes[at]])
        at++;
    if (capture->written < begin)
        memmove(bytes + capture->written, bytes + begin, at - begin);
    capture->written += at - begin;
    return at;
}

#ifdef __SSE2__
#define BLOCK_BYTES 16

/* Which bytes of a block are c: a bit each. */
static unsigned bits_of(__m128i block, char c)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(c)));
}

/* For each bit, whether an odd number of bits is set up to it: from a quote on up to the next. */
static unsigned parity_up_to(unsigned bits)
{
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    return bits ^ bits << 8;
}

/* How many bits are set, in either half. */
static unsigned count_of_halves(unsigned bits)
{
    bits -= bits >> 1 & 0x55555555;
    bits = (bits & 0x33333333) + (bits >> 2 & 0x33333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f;
    return (bits + (bits >> 8)) & 0x001f001f;
}

/* Takes bytes that are kept as they are, strings or not, below the top level: a block at a
 * time, in a fourth of the instructions that runs take, since strings are short.  The idea is
 * simdjson's (G. Langdale, D. Lemire, "Parsing gigabytes of JSON per second", 2019).  Returns where
 * it stops: before a byte that is more than that, or less than a block before the end. */
static size_t take_blocks(struct request_capture *capture, size_t at, size_t end)
{
    char *bytes = capture->text.bytes;
    if (capture->dropping || capture->escaped)
        return at;
    while (end - at >= BLOCK_BYTES) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(bytes + at));
        __m128i folded = _mm_or_si128(block, _mm_set1_epi8(' ')); /* [ and ] become { and } */
        __m128i blanks = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(' ')), block);
        unsigned inside = parity_up_to(bits_of(block, '"')) ^ (capture->in_string ? ~0u : 0);
        unsigned ends = ((unsigned)_mm_movemask_epi8(blanks) & ~inside) | bits_of(block, '\\') |
                        1u << BLOCK_BYTES;
        unsigned n = (unsigned)__builtin_ctz(ends), outside = ~inside & ((1u << n) - 1);
        unsigned brackets = count_of_halves((bits_of(folded, '{') & outside) |
                                            (bits_of(folded, '}') & outside) << BLOCK_BYTES);
        unsigned opened = brackets & 0xff, closed = brackets >> BLOCK_BYTES;
        if (n == 0 || capture->depth < closed + 2)
            return at;
        capture->depth += opened - closed;
        capture->in_string = (inside >> (n - 1) & 1) != 0;
        if (capture->written < at)
            memmove(bytes + capture->written, bytes + at, n);
        capture->written += n;
        at += n;
        if (n < BLOCK_BYTES)
            return at;
    }
    return at;
}
#else
static size_t take_blocks(const struct request_capture *capture, size_t at, size_t end)
{
    (void)capture;
    (void)end;
    return at;
}
#endif

static void take_byte(struct request_capture *capture, size_t at)
{
    char c = capture->text.bytes[at];
    bool keeps = !capture->dropping;
    if (capture->in_string) {
        capture->in_string = capture->escaped || c != '"';
        capture->escaped = !capture->escaped && c == '\\';
    } else if (c == '"') {
        if (capture->depth == 1 && capture->comma) {
            take_key(capture, at);
            keeps = !capture->dropping;
        }
        capture->comma = false;
        capture->in_string = true;
    } else {
        if (capture->depth == 1 && c == ',')
            capture->dropping = false;
        keeps = take_structure(capture, c);
        if (capture->depth == 1 && (c == ',' || c == '{'))
            capture->comma = true;
    }
    if (keeps)
        capture->text.bytes[capture->written++] = c;
}

bool request_text_condense(struct request_reading *reading, size_t budget)
{
    struct request_capture *capture = &reading->capture;
    size_t end = capture->text.len;
    if (end - capture->read > budget)
        end = capture->read + budget;
    for (size_t at = capture->read; at < end; at++) {
        if (!capture->in_string && is_blank(capture->text.bytes[at]))
            continue;
        at = take_blocks(capture, at, end);
        at = take_run(capture, at, end);
        if (at < end)
            take_byte(capture, at);
    }
    capture->read = end;
    return end == capture->text.len;
}

char *request_text_take(struct request_reading *reading, size_t *len)
{
    struct request_text *text = &reading->capture.text;
    char *bytes = text->bytes, *trimmed = NULL;
    *len = reading->capture.written;
    if (text->room - *len >= TRIM_BYTES)
        trimmed = realloc(bytes, *len > 0 ? *len : 1);
    *text = (struct request_text){NULL, 0, 0};
    return trimmed != NULL ? trimmed : bytes;
}
