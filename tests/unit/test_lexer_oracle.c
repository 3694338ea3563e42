/* SPDX-License-Identifier: ISC */

/* Decoding, and jansson as an oracle of the whole grammar. */
#include "proto/lexer.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/lexing.h"
#include "tests/support/reading.h"

/* ---- Decoding ------------------------------------------------------------------------- */

START_TEST(escapes_are_decoded)
{
    static const struct {
        const char *token;
        const char *text;
        size_t len;
    } cases[] = {
        {"\"\"", "", 0},
        {"\"plain é\"", "plain é", 8},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
        {"\"\\u0041\\u00e9\\u20AC\"", "Aé€", 6},
        {"\"\\uD83D\\uDE00\"", "😀", 4},
        {"\"\\ud83d\\ude00x\"", "😀x", 5},
        {"\"\\u0000\"", "\0", 1},
        {"\"\\ud83d\"", "\xED\xA0\xBD", 3},
        {"\"\\ude00\\ud83d\"", "\xED\xB8\x80\xED\xA0\xBD", 6},
        {"\"\\ud83dx\"", "\xED\xA0\xBDx", 4},
        {"\"\\ud83d\\n\"", "\xED\xA0\xBD\n", 4},
        {"\"\\ud83d\\u0041\"",
         "\xED\xA0\xBD"
         "A",
         4},
        {"\"\\ud83d\\ue000\"", "\xED\xA0\xBD\xEE\x80\x80", 6},
        {"\"\\uffff\\uFFFF\"", "\xEF\xBF\xBF\xEF\xBF\xBF", 6},
        {"\"\\udbff\\udfff\"", "\xF4\x8F\xBF\xBF", 4},
    };
    for (size_t i = 0; i < N(cases); i++) {
        size_t len = strlen(cases[i].token);
        char *out = malloc(len);
        size_t decoded = lexer_decode(cases[i].token, len, out);
        ck_assert_msg(decoded == cases[i].len && memcmp(out, cases[i].text, decoded) == 0, "%s",
                      cases[i].token);
        free(out);
    }
}
END_TEST

START_TEST(strings_are_the_same_however_they_are_written)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"\"\"", "\"\"", true},
        {"\"a\"", "\"\\u0061\"", true},
        {"\"a\"", "\"\\u0062\"", false},
        {"\"ab\"", "\"\\u0061\"", false},
        {"\"\"", "\"\\u0061\"", false},
        {"\"ab\"", "\"ac\"", false},
        {"\"a\\/\"", "\"\\u0061/\"", true},
        {"\"\\u00e9x\"", "\"éx\"", true},
        {"\"\\uD83D\\ude00!\"", "\"😀!\"", true},
        {"\"\\ud83d\"", "\"\\uD83D\"", true},
        {"\"\\u0000\"", "\"\"", false},
        {"\"\\\\u0061\"", "\"a\"", false},
    };
    for (size_t i = 0; i < N(cases); i++) {
        size_t a_len = strlen(cases[i].a), b_len = strlen(cases[i].b);

        ck_assert_msg(lexer_same_string(cases[i].a, a_len, cases[i].b, b_len) == cases[i].same &&
                          lexer_same_string(cases[i].b, b_len, cases[i].a, a_len) == cases[i].same,
                      "%s and %s", cases[i].a, cases[i].b);
    }
}
END_TEST

/* ---- An oracle -------------------------------------------------------------------------- */

/* A small random value, in text. */
static void generate(struct lexing_text *out, uint64_t *state, unsigned depth)
{
    static const char *const scalars[] = {
        "0",
        "-1",
        "12.5",
        "1e3",
        "-0.5E-2",
        "true",
        "false",
        "null",
        "\"\"",
        "\"ab\"",
        "\"é€😀\"",
        "\"\\n\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "123456789",
        " 7 ",
        "\"\\/\"",
    };
    unsigned kind = (unsigned)(reading_draw(state) % (depth > 4 ? 4 : 8));
    if (kind < 5) {
        lexing_add(out, "%s", scalars[reading_draw(state) % N(scalars)]);
        return;
    }
    bool object = kind == 5;
    unsigned n = (unsigned)(reading_draw(state) % 4);
    lexing_add(out, "%s", object ? "{" : "[");
    for (unsigned i = 0; i < n; i++) {
        lexing_add(out, "%s", i > 0 ? "," : reading_draw(state) % 4 == 0 ? " " : "");
        if (object)
            lexing_add(out, "\"k%u\"%s", (unsigned)(reading_draw(state) % 100),
                       reading_draw(state) % 4 == 0 ? " : " : ":");
        generate(out, state, depth + 1);
    }
    lexing_add(out, "%s", object ? "}" : "]");
}

static void mutate(struct lexing_text *text, uint64_t *state)
{
    static const char bytes[] = "{}[]:,\"\\ue0123456789.-+eEtfn \n\x01\x80\xC3\xE2\xF0\xFF/";
    for (unsigned n = (unsigned)(reading_draw(state) % 3); n > 0 && text->len > 0; n--) {
        size_t at = reading_draw(state) % text->len;
        switch (reading_draw(state) % 3) {
        case 0:
            text->text[at] = bytes[reading_draw(state) % (sizeof(bytes) - 1)];
            break;
        case 1:
            memmove(text->text + at, text->text + at + 1, text->len - at);
            text->len--;
            break;
        default:
            lexing_add_bytes(text, "", 1);
            memmove(text->text + at + 1, text->text + at, text->len - at - 1);
            text->text[at] = bytes[reading_draw(state) % (sizeof(bytes) - 1)];
        }
        text->text[text->len] = '\0';
    }
}

/* Whether the text is one value and nothing else. */
static bool accepts(const struct lexing_text *text, size_t (*next)(void *), uint64_t *state)
{
    struct lexing_settings settings = {LEXING_BIG, LEXER_DEPTH_MAX, false, true};
    char *trace = lexing_trace(text->text, text->len, &settings, next, state);
    size_t values = 0;
    for (const char *at = trace; (at = strstr(at, "@0,")) != NULL; at++)
        values += at > trace && at[-1] != '{' && at[-1] != '[';
    bool ended = strstr(trace, "end@0,") != NULL && strstr(trace, "bad(") == NULL;
    free(trace);
    return ended && values == 2; /* the value and the end */
}

/* What jansson refuses although it is JSON: numbers that its types cannot
 * hold, escapes of lone surrogates, NUL in a key (and deep nesting and
 * repeated keys, which do not occur here). */
static bool is_known_difference(const json_error_t *error)
{
    return json_error_code(error) == json_error_numeric_overflow ||
           json_error_code(error) == json_error_null_character ||
           json_error_code(error) == json_error_null_byte_in_key ||
           strstr(error->text, "invalid Unicode '") != NULL;
}

START_TEST(jansson_accepts_and_refuses_the_same)
{
    uint64_t seed = 0x9E3779B97F4A7C15u, state = seed;
    unsigned accepted = 0, differences = 0;
    for (int i = 0; i < 60000; i++) {
        struct lexing_text text = {NULL, 0, 0};
        json_error_t error;
        generate(&text, &state, 0);
        mutate(&text, &state);
        json_t *json = json_loadb(text.text, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        bool ours = accepts(&text, i % 2 == 0 ? reading_whole : reading_few, &state);
        if (json == NULL && is_known_difference(&error))
            differences++;
        else
            ck_assert_msg(ours == (json != NULL), "seed %llx, text %d: `%s`: jansson: %s",
                          (unsigned long long)seed, i, text.text, json ? "accepts" : error.text);
        accepted += ours;
        json_decref(json);
        free(text.text);
    }
    ck_assert_uint_gt(accepted, 10000);
    ck_assert_uint_lt(accepted, 55000);
    ck_assert_uint_lt(differences, 3000);
}
END_TEST

START_TEST(decoding_is_jansson_s)
{
    uint64_t state = 4711;
    static const char *const pieces[] = {"\\n", "\\u00e9", "\\u20ac", "\\ud83d\\ude00", "x",
                                         "é",   "\\\"",    "\\\\",    "\\u0041",        "😀"};
    for (int i = 0; i < 2000; i++) {
        struct lexing_text token = {NULL, 0, 0};
        lexing_add(&token, "\"");
        for (unsigned n = (unsigned)(reading_draw(&state) % 10); n > 0; n--)
            lexing_add(&token, "%s", pieces[reading_draw(&state) % N(pieces)]);
        lexing_add(&token, "\"");
        char *out = malloc(token.len);
        size_t len = lexer_decode(token.text, token.len, out);
        json_t *json = json_loadb(token.text, token.len, JSON_DECODE_ANY, NULL);
        ck_assert_ptr_nonnull(json);
        ck_assert_uint_eq(len, json_string_length(json));
        ck_assert_mem_eq(out, json_string_value(json), len);
        json_decref(json);
        free(out);
        free(token.text);
    }
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {escapes_are_decoded, 1},
        {strings_are_the_same_however_they_are_written, 1},
        {jansson_accepts_and_refuses_the_same, 1},
        {decoding_is_jansson_s, 1},
    };

    return check_suite("lexer_oracle", NULL, NULL, tests, N(tests));
}
