/* SPDX-License-Identifier: ISC */

/* Single values: strings, integers, numbers, durations, choices. */

#include "proto/request.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/decimal_digits.h"
#include "proto/duration.h"
#include "proto/request_internal.h"

int request_reserve(struct request_reading *reading, struct request_text *text, size_t size)
{
    if (size <= text->room)
        return 0;
    /* With a quarter more, so that what grows piece by piece moves seldom; what is not written yet
     * takes no memory. */
    size_t room = size < 64 ? 64 : size + size / 4;
    char *bytes = realloc(text->bytes, room);
    if (bytes == NULL) {
        request_no_memory(reading);
        return -1;
    }
    text->bytes = bytes;
    text->room = room;
    return 0;
}

int request_decode(struct request_reading *reading, const struct lexer_token *token,
                   const char **text, size_t *len)
{
    if (!token->escaped) {
        *text = token->text + 1;
        *len = token->len - 2;
        return 0;
    }
    if (request_reserve(reading, &reading->scratch, token->len) != 0)
        return -1;
    *len = lexer_decode(token->text, token->len, reading->scratch.bytes);
    *text = reading->scratch.bytes;
    return 0;
}

bool request_fits(struct request_reading *reading, const struct lexer_token *token)
{
    uint64_t most = reading->limits->max_string;
    if (most == 0 || token->len <= most + 2)
        return true;
    request_too_long(reading, token->offset, token->len - 2, "a string", "max-string", most);
    return false;
}

/* Whether a token that is to be read as WHAT is short enough for it. */
static bool is_short(struct request_reading *reading, const struct lexer_token *token,
                     const char *what)
{
    size_t quotes = token->kind == LEXER_STRING ? 2 : 0;
    if ((token->kind != LEXER_NUMBER && token->kind != LEXER_STRING) ||
        token->len <= REQUEST_VALUE_MAX + quotes)
        return true;
    request_too_long(reading, token->offset, token->len - quotes, what, NULL, REQUEST_VALUE_MAX);
    return false;
}

bool request_string(struct request_reading *reading, const struct lexer_token *token)
{
    if (token->kind == LEXER_STRING)
        return request_fits(reading, token);
    request_wrong(reading, token, "a string");
    return false;
}

int request_keep_text(struct request_reading *reading, const struct lexer_token *token,
                      plan_text_ref *ref)
{
    const struct request_staging *staged = request_staged(reading, token);
    if (reading->plan == NULL)
        return -1;
    if (staged != NULL && staged->text != 0) {
        *ref = staged->text;
    } else if (plan_add_json(reading->plan, token->text, token->len, ref) != PLAN_OK) {
        request_no_memory(reading);
        return -1;
    }
    reading->kept_bytes += token->len + sizeof(*ref);
    return 0;
}

/* ---- Integers ------------------------------------------------------------------ */

/* Reads digits alone, with perhaps a minus sign in front (not of 0, which has
 * none then); saturates. */
static bool read_integer(const struct lexer_token *token, bool *minus, uint64_t *size)
{
    if (token->kind != LEXER_NUMBER)
        return false;
    const char *at = token->text, *end = at + token->len;
    *minus = *at == '-';
    uint64_t value = 0;
    for (at += *minus; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            value = UINT64_MAX;
        if (value == UINT64_MAX)
            break;
    }
    /* What is left of a number that saturates decides whether it is one. */
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
    }
    *minus = *minus && value > 0;
    *size = value;
    return true;
}

bool request_integer(struct request_reading *reading, const struct lexer_token *token,
                     uint64_t least, uint64_t *out)
{
    bool minus;
    uint64_t size;
    if (token->kind == LEXER_NUMBER && !is_short(reading, token, "an integer"))
        return false;
    if (read_integer(token, &minus, &size) && !minus && size >= least) {
        *out = size;
        return true;
    }
    request_wrong(reading, token,
                  least > 0 ? "an integer of 1 or more, without fraction or exponent"
                            : "an integer of 0 or more, without fraction or exponent");
    return false;
}

static bool is_random(struct request_reading *reading, const struct lexer_token *token)
{
    static const char word[] = "random";
    const char *text;
    size_t len;
    return token->kind == LEXER_STRING && request_may_be_word(token) &&
           request_decode(reading, token, &text, &len) == 0 && len == strlen(word) &&
           memcmp(text, word, len) == 0;
}

bool request_seed(struct request_reading *reading, const struct lexer_token *token, int64_t *seed,
                  bool *random)
{
    bool minus;
    uint64_t size;
    if (token->kind == LEXER_NUMBER && !is_short(reading, token, "an integer"))
        return false;
    *random = is_random(reading, token);
    if (*random)
        return true;
    if (read_integer(token, &minus, &size) && size <= (uint64_t)INT64_MAX + minus) {
        *seed = minus ? (int64_t)(0 - size) : (int64_t)size;
        return true;
    }
    request_wrong(reading, token, REQUEST_SEED);
    return false;
}

bool request_signed_32(struct request_reading *reading, const struct lexer_token *token,
                       int32_t *out)
{
    bool minus;
    uint64_t size;
    if (token->kind == LEXER_NUMBER && !is_short(reading, token, "an integer"))
        return false;
    if (read_integer(token, &minus, &size) && size <= (uint64_t)INT32_MAX + minus) {
        *out = (int32_t)(minus ? -(int64_t)size : (int64_t)size);
        return true;
    }
    request_wrong(reading, token,
                  "an integer from -2147483648 to 2147483647, without fraction or exponent");
    return false;
}

bool request_probability(struct request_reading *reading, const struct lexer_token *token,
                         uint64_t *below)
{
    if (token->kind == LEXER_NUMBER && !is_short(reading, token, "a number"))
        return false;
    if (token->kind == LEXER_NUMBER && decimal_digits_probability(token->text, token->len, below))
        return true;
    request_wrong(reading, token, "true, false or a probability from 0 to 1");
    return false;
}

/* Keeps the digits of a factor in the plan, with the NUL that ends them. */
static bool keep_digits(struct request_reading *reading, const struct decimal_digits *digits,
                        plan_text_ref *ref)
{
    char text[REQUEST_FACTOR_DIGITS + 1];
    size_t size = decimal_digits_count(digits) + 1;
    if (!request_keeps(reading))
        return true;
    decimal_digits_copy(digits, text);
    if (plan_add_text(reading->plan, text, size, ref) != PLAN_OK) {
        request_no_memory(reading);
        return false;
    }
    reading->kept_bytes += size + sizeof(*ref);
    return true;
}

/* Reads the nearest double to a number that is kept whole in scratch. */
static bool read_nearest(struct request_reading *reading, const struct lexer_token *token,
                         double *nearest)
{
    if (request_reserve(reading, &reading->scratch, token->len + 1) != 0)
        return false;
    memcpy(reading->scratch.bytes, token->text, token->len);
    reading->scratch.bytes[token->len] = '\0';
    *nearest = strtod(reading->scratch.bytes, NULL);
    return true;
}

static bool refuse_factor(struct request_reading *reading, const struct lexer_token *token)
{
    char what[80];
    snprintf(what, sizeof(what),
             "a number of 1 or more, below 1.8e308, of at most %d significant digits",
             REQUEST_FACTOR_DIGITS);
    request_wrong(reading, token, what);
    return false;
}

bool request_factor(struct request_reading *reading, const struct lexer_token *token,
                    struct plan_factor *out)
{
    struct decimal_digits digits;
    struct plan_factor factor = {0};
    size_t n;
    if (token->kind == LEXER_NUMBER && !is_short(reading, token, "a number"))
        return false;
    if (token->kind != LEXER_NUMBER || !decimal_digits_find(token->text, token->len, &digits) ||
        digits.minus || digits.position < 0 || digits.position > DBL_MAX_10_EXP)
        return refuse_factor(reading, token);
    n = decimal_digits_count(&digits);
    if (n > REQUEST_FACTOR_DIGITS)
        return refuse_factor(reading, token);
    factor.exponent = (int32_t)(digits.position + 1 - (int64_t)n);
    if (!read_nearest(reading, token, &factor.nearest))
        return false;
    if (!isfinite(factor.nearest))
        return refuse_factor(reading, token);
    if (factor.exponent >= 0 && factor.nearest < 0x1p53)
        factor.exponent = 0; /* an integer, which the double is */
    else if (!keep_digits(reading, &digits, &factor.digits))
        return false;
    *out = factor;
    return true;
}

/* ---- Durations ----------------------------------------------------------------- */

static void refuse_length(struct request_reading *reading, const struct lexer_token *token,
                          int64_t max_ns, enum duration_result result)
{
    char what[96], seconds[DURATION_PRINT_MAX];
    if (request_has_earlier_fault(reading, token->offset)) {
        request_pass(reading, token);
        return;
    }
    if (result == DURATION_NEGATIVE) {
        request_wrong(reading, token, "a duration of 0 or more");
        return;
    }
    if (result == DURATION_MALFORMED) {
        request_wrong(reading, token, REQUEST_DURATION);
        return;
    }
    size_t len = duration_print(seconds, max_ns);
    snprintf(what, sizeof(what), "a duration of at most %.*s s", (int)len, seconds);
    request_wrong(reading, token, what);
}

bool request_duration(struct request_reading *reading, const struct lexer_token *token,
                      int64_t *out)
{
    return request_duration_up_to(reading, token, reading->limits->plan.max_wait_ns, out);
}

bool request_duration_up_to(struct request_reading *reading, const struct lexer_token *token,
                            int64_t max_ns, int64_t *out)
{
    enum duration_result result = DURATION_MALFORMED;
    if (!is_short(reading, token, "a duration"))
        return false;
    if (token->kind == LEXER_NUMBER) {
        result = duration_from_number(token->text, token->len, max_ns, out);
    } else if (token->kind == LEXER_STRING) {
        const char *text;
        size_t len;
        if (request_decode(reading, token, &text, &len) != 0)
            return false;
        result = duration_from_string(text, len, max_ns, out);
    }
    if (result == DURATION_OK)
        return true;
    refuse_length(reading, token, max_ns, result);
    return false;
}

/* ---- Choices -------------------------------------------------------------------- */

bool request_choice(struct request_reading *reading, const struct lexer_token *token,
                    const char *const *choices, unsigned n, unsigned *out)
{
    const char *text = NULL;
    size_t len = 0;
    if (token->kind == LEXER_STRING && request_may_be_word(token) &&
        request_decode(reading, token, &text, &len) != 0)
        return false;
    for (unsigned i = 0; text != NULL && i < n; i++) {
        if (strlen(choices[i]) == len && memcmp(choices[i], text, len) == 0) {
            *out = i;
            return true;
        }
    }
    struct request_list list = {.text = ""};
    if (!request_has_earlier_fault(reading, token->offset))
        request_list_words(&list, choices, n);
    request_wrong(reading, token, list.text);
    return false;
}
