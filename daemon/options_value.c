/* SPDX-License-Identifier: ISC */
#include "daemon/options_internal.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/http_services.h"
#include "daemon/net/tls.h"
#include "proto/address.h"
#include "proto/duration.h"

static void *field(struct options *options, const struct option_row *row)
{
    return (char *)options + row->offset;
}

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

static int parse_level(const char *text, enum log_level *level)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};

    for (int i = 0; i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            *level = (enum log_level)i;
            return 0;
        }
    }
    return -1;
}

static int parse_bool(const char *text, bool *value)
{
    if (strcmp(text, "true") == 0 || strcmp(text, "yes") == 0 || strcmp(text, "on") == 0)
        *value = true;
    else if (strcmp(text, "false") == 0 || strcmp(text, "no") == 0 || strcmp(text, "off") == 0)
        *value = false;
    else
        return -1;
    return 0;
}

static int parse_amount(const struct option_row *row, const char *text, uint64_t *out)
{
    int64_t ns;

    if ((row->traits & MAY_BE_OFF) && strcmp(text, "off") == 0) {
        *out = 0;
        return 0;
    }
    if (row->kind == VALUE_SIZE)
        return parse_size(text, out);
    if (row->kind != VALUE_DURATION)
        return parse_number(text, out);
    if (duration_from_text(text, strlen(text), (int64_t)row->max, &ns) != DURATION_OK)
        return -1;
    *out = (uint64_t)ns;
    return 0;
}

static int set_amount(struct options *options, const struct option_row *row, const char *text)
{
    uint64_t value;

    if (parse_amount(row, text, &value) != 0 || value < row->min || value > row->max)
        return -1;
    if (row->kind == VALUE_UNSIGNED)
        *(unsigned *)field(options, row) = (unsigned)value;
    else if (row->kind == VALUE_DURATION)
        *(int64_t *)field(options, row) = (int64_t)value;
    else
        *(uint64_t *)field(options, row) = value;
    return 0;
}

/* What an option takes, for a person. */
static void describe_range(const struct option_row *row, char *out, size_t size)
{
    char min[DURATION_PRINT_MAX + 1], max[DURATION_PRINT_MAX + 1];

    switch (row->kind) {
    case VALUE_NONE:
        snprintf(out, size, "true or false");
        break;
    case VALUE_LEVEL:
        snprintf(out, size, "error, warning, info or debug");
        break;
    case VALUE_SIZE:
        snprintf(out, size, "a size from %" PRIu64 " to %" PRIu64 " bytes, such as 64M", row->min,
                 row->max);
        break;
    case VALUE_DURATION:
        min[duration_print(min, (int64_t)row->min)] = '\0';
        max[duration_print(max, (int64_t)row->max)] = '\0';
        snprintf(out, size, "a duration from %s to %s s, such as 1m30s%s", min, max,
                 row->traits & MAY_BE_OFF ? ", or off" : "");
        break;
    case VALUE_UNSIGNED:
    case VALUE_COUNT:
    case VALUE_ADDRESS:
    case VALUE_LISTEN:
    case VALUE_PATH:
    case VALUE_HOST:
    case VALUE_ORIGIN:
    case VALUE_SERVICE:
    case VALUE_FILE:
        snprintf(out, size, "a whole number from %" PRIu64 " to %" PRIu64 "%s", row->min, row->max,
                 row->traits & MAY_BE_OFF ? ", or off" : "");
        break;
    }
}

/* gcc's analyser does not follow a pointer into a struct by a row's offset, and
 * takes what is kept there for lost. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 10
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
static int add_text(struct option_texts *texts, const char *text)
{
    char *copy = strdup(text);
    char **grown = copy ? realloc(texts->text, (texts->n + 1) * sizeof(*grown)) : NULL;

    if (!grown) {
        free(copy);
        return -1;
    }
    grown[texts->n++] = copy;
    texts->text = grown;
    return 0;
}
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 10
#pragma GCC diagnostic pop
#endif

/* A host's name as `Host` has it, without a port; NULL if it is one. */
static const char *check_host(const char *text)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

    if (*text == '\0' || text[strspn(text, letters)] != '\0')
        return "is no host's name without a port";
    return NULL;
}

/* `SCHEME://HOST[:PORT]`, as browsers write it. */
static const char *check_origin(const char *text)
{
    const char *rest = strstr(text, "://");

    if (!rest || (strncmp(text, "http:", 5) != 0 && strncmp(text, "https:", 6) != 0) ||
        rest[3] == '\0' || strpbrk(rest + 3, "/ \t?#@,") != NULL)
        return "is no origin such as http://localhost:3000";
    return NULL;
}

/* An address, or one behind `tls:'. */
static const char *check_listen(const char *text)
{
    const char *by_tls = address_behind_tls(text), *problem;
    struct address_spec spec;

    if (by_tls == NULL)
        return address_parse(text, &spec);
    if (!tls_is_there())
        return "asks for TLS, which this waitd was built without";
    problem = address_parse(by_tls, &spec);
    if (problem == NULL && spec.kind == ADDRESS_UNIX)
        return "asks for TLS on a Unix socket, which needs none";
    return problem;
}

/* What is wrong with a text of a list, as the end of a sentence; NULL if it is in order. */
static const char *check_text(enum value_kind kind, const char *text)
{
    struct address_spec ignored;

    switch ((int)kind) {
    case VALUE_HOST:
        return check_host(text);
    case VALUE_ORIGIN:
        return check_origin(text);
    case VALUE_SERVICE:
        return http_services_check(text);
    case VALUE_PATH:
        return *text != '\0' ? NULL : "is no file's name";
    case VALUE_LISTEN:
        return check_listen(text);
    default:
        return address_parse(text, &ignored);
    }
}

/* The one text of an option that has no more. */
static int set_text(struct option_texts *texts, const char *text)
{
    struct option_texts only = {0};

    if (add_text(&only, text) != 0)
        return -1;
    options_clear(texts);
    *texts = only;
    return 0;
}

enum option_set options_set(struct options *options, const struct option_row *row, const char *text,
                            char *why, size_t size)
{
    const char *problem;
    char takes[160];
    int result = 0;

    switch (row->kind) {
    case VALUE_ADDRESS:
    case VALUE_LISTEN:
    case VALUE_PATH:
    case VALUE_HOST:
    case VALUE_ORIGIN:
    case VALUE_SERVICE:
        problem = check_text(row->kind, text);
        if (problem) {
            snprintf(why, size, "\"%.64s\" %s", text, problem);
            return OPTION_WRONG;
        }
        return (row->kind == VALUE_PATH ? set_text : add_text)(field(options, row), text) == 0
                   ? OPTION_SET
                   : OPTION_NOMEM;
    case VALUE_NONE:
        result = parse_bool(text, field(options, row));
        break;
    case VALUE_LEVEL:
        result = parse_level(text, field(options, row));
        break;
    case VALUE_UNSIGNED:
    case VALUE_COUNT:
    case VALUE_SIZE:
    case VALUE_DURATION:
        result = set_amount(options, row, text);
        break;
    case VALUE_FILE:
        break;
    }
    if (result == 0)
        return OPTION_SET;
    describe_range(row, takes, sizeof(takes));
    snprintf(why, size, "got \"%.64s\", takes %s%s", text, takes,
             has_leading_zero(text) ? ", without leading zeros" : "");
    return OPTION_WRONG;
}
