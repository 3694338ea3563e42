/* SPDX-License-Identifier: ISC */
#include "proto/options/option_value.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/duration.h"

const struct option_type option_action = {.kind = OPTION_ACTION};
const struct option_type option_switch = {.kind = OPTION_SWITCH};
const struct option_type option_unsigned = {.kind = OPTION_UNSIGNED};
const struct option_type option_count = {.kind = OPTION_COUNT};
const struct option_type option_size = {.kind = OPTION_SIZE};
const struct option_type option_duration = {.kind = OPTION_DURATION};
const struct option_type option_string = {.kind = OPTION_STRING};

static void *field(void *settings, const struct option_row *row)
{
    return (char *)settings + row->offset;
}

/* ---- Numbers ----------------------------------------------------------- */

/* A parser reads one value into *out.  Returns 0, or -1 if it is not what the
 * option takes. */

/* To many programs a leading zero means octal, and to others nothing. */
static bool has_leading_zero(const char *text)
{
    return text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

static int parse_number(const char *text, uint64_t *out)
{
    uint64_t value = 0;

    if (!*text || has_leading_zero(text))
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
            return -1;
    }
    *out = value;
    return 0;
}

/* 65536, 64K, 64KiB, 1M, 1G: suffixes in powers of 1024. */
static int parse_size(const char *text, uint64_t *out)
{
    static const char suffixes[] = "KMG";
    size_t digits = strspn(text, "0123456789");
    const char *suffix = text + digits, *found;
    char number[24];
    uint64_t value;

    if (digits >= sizeof(number))
        return -1;
    memcpy(number, text, digits);
    number[digits] = '\0';
    if (parse_number(number, &value) != 0)
        return -1;
    if (*suffix) {
        found = strchr(suffixes, *suffix == 'k' ? 'K' : *suffix);
        if (!found || (suffix[1] && strcmp(suffix + 1, "iB") != 0 && strcmp(suffix + 1, "B") != 0))
            return -1;
        if (__builtin_mul_overflow(value, UINT64_C(1) << (10 * (found - suffixes + 1)), &value))
            return -1;
    }
    *out = value;
    return 0;
}

static int parse_amount(const struct option_row *row, const char *text, uint64_t *out)
{
    int64_t ns;

    if ((row->traits & OPTION_MAY_BE_OFF) && strcmp(text, "off") == 0) {
        *out = 0;
        return 0;
    }
    if (row->type->kind == OPTION_SIZE)
        return parse_size(text, out);
    if (row->type->kind != OPTION_DURATION)
        return parse_number(text, out);
    if (duration_from_text(text, strlen(text), (int64_t)row->max, &ns) != DURATION_OK)
        return -1;
    *out = (uint64_t)ns;
    return 0;
}

static int set_amount(void *settings, const struct option_row *row, const char *text)
{
    uint64_t value;

    if (parse_amount(row, text, &value) != 0 || value < row->min || value > row->max)
        return -1;
    if (row->type->kind == OPTION_UNSIGNED)
        *(unsigned *)field(settings, row) = (unsigned)value;
    else if (row->type->kind == OPTION_DURATION)
        *(int64_t *)field(settings, row) = (int64_t)value;
    else
        *(uint64_t *)field(settings, row) = value;
    return 0;
}

/* ---- Words ------------------------------------------------------------- */

static int find_word(const char *const *words, const char *text)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    return -1;
}

static int set_word(void *settings, const struct option_row *row, const char *text)
{
    int word = find_word(row->type->words, text);

    if (word >= 0)
        *(int *)field(settings, row) = word;
    return word >= 0 ? 0 : -1;
}

static int set_switch(bool *out, const char *text)
{
    static const char *const words[] = {"false", "no", "off", "true", "yes", "on", NULL};
    int word = find_word(words, text);

    if (word >= 0)
        *out = word >= 3;
    return word >= 0 ? 0 : -1;
}

/* ---- Texts ------------------------------------------------------------- */

/* Those of a row of kind TEXT or LIST; NULL for other kinds. */
static struct option_texts *texts_of(void *settings, const struct option_row *row)
{
    return row->type->kind == OPTION_TEXT || row->type->kind == OPTION_LIST ? field(settings, row)
                                                                            : NULL;
}

static void clear(struct option_texts *texts)
{
    for (unsigned i = 0; i < texts->n; i++)
        free(texts->text[i]);
    free(texts->text);
    memset(texts, 0, sizeof(*texts));
}

void option_value_free(void *settings, const struct option_table *table)
{
    for (unsigned i = 0; i < table->n; i++) {
        struct option_texts *texts = texts_of(settings, &table->rows[i]);

        if (texts)
            clear(texts);
    }
}

/* gcc's analyzer does not follow a pointer into a struct by a row's offset, and takes what is
 * kept there for lost: from here on. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 10
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/* After -1, out of memory, it is as it was. */
static int add_text(struct option_texts *texts, const char *text)
{
    char **grown = realloc(texts->text, (texts->n + 1) * sizeof(*grown));

    if (!grown)
        return -1;
    texts->text = grown;
    texts->text[texts->n] = strdup(text);
    if (!texts->text[texts->n])
        return -1;
    texts->n++;
    return 0;
}

static enum option_set set_text(void *settings, const struct option_row *row, const char *text)
{
    struct option_texts *texts = texts_of(settings, row);

    if (!texts) {
        *(const char **)field(settings, row) = text;
        return OPTION_SET;
    }
    if (add_text(texts, text) != 0)
        return OPTION_NOMEM;
    if (row->type->kind == OPTION_TEXT && texts->n > 1) {
        free(texts->text[0]);
        texts->text[0] = texts->text[--texts->n];
    }
    return OPTION_SET;
}

/* ---- All together ------------------------------------------------------ */

static bool is_amount(enum option_kind kind)
{
    return kind == OPTION_UNSIGNED || kind == OPTION_COUNT || kind == OPTION_SIZE ||
           kind == OPTION_DURATION;
}

/* Of `a`, `b` and `c`: `a, b or c`. */
static void describe_words(const char *const *words, char why[OPTION_WHY_MAX])
{
    size_t len = 0;

    for (int i = 0; words[i] && len < OPTION_WHY_MAX; i++)
        len += (size_t)snprintf(why + len, OPTION_WHY_MAX - len, "%s%s",
                                i == 0         ? ""
                                : words[i + 1] ? ", "
                                               : " or ",
                                words[i]);
}

/* What an option takes, for a person who wrote `text`. */
static void describe(const struct option_row *row, const char *text, char why[OPTION_WHY_MAX])
{
    const char *or_off = row->traits & OPTION_MAY_BE_OFF ? ", or off" : "";
    char min[DURATION_PRINT_MAX + 1], max[DURATION_PRINT_MAX + 1];

    if (row->type->takes)
        snprintf(why, OPTION_WHY_MAX, "%s", row->type->takes);
    else if (row->type->words)
        describe_words(row->type->words, why);
    else if (row->type->kind == OPTION_SWITCH)
        snprintf(why, OPTION_WHY_MAX, "true or false");
    else if (row->type->kind == OPTION_SIZE)
        snprintf(why, OPTION_WHY_MAX, "a size from %" PRIu64 " to %" PRIu64 " bytes, such as 64M%s",
                 row->min, row->max, or_off);
    else if (row->type->kind == OPTION_DURATION) {
        min[duration_print(min, (int64_t)row->min)] = '\0';
        max[duration_print(max, (int64_t)row->max)] = '\0';
        snprintf(why, OPTION_WHY_MAX, "a duration from %s to %s s, such as 1m30s%s", min, max,
                 or_off);
    } else
        snprintf(why, OPTION_WHY_MAX, "a whole number from %" PRIu64 " to %" PRIu64 "%s", row->min,
                 row->max, or_off);
    if (is_amount(row->type->kind) && has_leading_zero(text))
        strncat(why, ", without leading zeros", OPTION_WHY_MAX - strlen(why) - 1);
}

/* What is wrong with a text, as the end of a sentence that begins with it. */
static const char *objection(const struct option_type *type, const char *text)
{
    return type->check ? type->check(text) : NULL;
}

enum option_set option_value_set(void *settings, const struct option_row *row, const char *text,
                                 char why[OPTION_WHY_MAX])
{
    const char *problem;
    int result = 0;

    switch (row->type->kind) {
    case OPTION_ACTION:
        return OPTION_SET;
    case OPTION_SWITCH:
        result = set_switch(field(settings, row), text);
        break;
    case OPTION_UNSIGNED:
    case OPTION_COUNT:
    case OPTION_SIZE:
    case OPTION_DURATION:
        result = set_amount(settings, row, text);
        break;
    case OPTION_WORD:
        result = set_word(settings, row, text);
        break;
    case OPTION_CUSTOM:
        problem = row->type->set(settings, row, text);
        if (problem)
            snprintf(why, OPTION_WHY_MAX, "%s", problem);
        return problem ? OPTION_MALFORMED : OPTION_SET;
    case OPTION_STRING:
    case OPTION_TEXT:
    case OPTION_LIST:
        if (row->type->words && find_word(row->type->words, text) < 0) {
            result = -1;
            break;
        }
        problem = objection(row->type, text);
        if (problem)
            snprintf(why, OPTION_WHY_MAX, "%s", problem);
        return problem ? OPTION_REFUSED : set_text(settings, row, text);
    }
    if (result != 0)
        describe(row, text, why);
    return result != 0 ? OPTION_MALFORMED : OPTION_SET;
}

int option_value_defaults(void *settings, const struct option_table *table)
{
    char why[OPTION_WHY_MAX];

    for (unsigned i = 0; i < table->n; i++)
        if (table->rows[i].initial &&
            option_value_set(settings, &table->rows[i], table->rows[i].initial, why) != OPTION_SET)
            return -1;
    return 0;
}

/* ---- Comparing --------------------------------------------------------- */

static bool same_texts(const struct option_texts *a, const struct option_texts *b)
{
    if (a->n != b->n)
        return false;
    for (unsigned i = 0; i < a->n; i++)
        if (strcmp(a->text[i], b->text[i]) != 0)
            return false;
    return true;
}

bool option_value_is_same(const void *settings, const void *others, const struct option_row *row)
{
    static const size_t sizes[] = {
        [OPTION_SWITCH] = sizeof(bool),
        [OPTION_UNSIGNED] = sizeof(unsigned),
        [OPTION_COUNT] = sizeof(uint64_t),
        [OPTION_SIZE] = sizeof(uint64_t),
        [OPTION_WORD] = sizeof(int),
        [OPTION_DURATION] = sizeof(int64_t),
        [OPTION_CUSTOM] = 0,
    };
    const char *a = (const char *)settings + row->offset, *b = (const char *)others + row->offset;

    if (row->type->kind == OPTION_TEXT || row->type->kind == OPTION_LIST)
        return same_texts((const void *)a, (const void *)b);
    return memcmp(a, b, sizes[row->type->kind]) == 0;
}
