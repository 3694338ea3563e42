/* SPDX-License-Identifier: ISC */
#include "client/net/overrides.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/text.h"
#include "proto/duration.h"
#include "proto/utf8.h"

#define KEY_MAX 255

enum value_type { WORD, POSITIVE, SEED, DURATION, TRUTH, KEY, TEXT };

static const struct {
    const char *name;
    enum value_type type;
    const char *takes;
    const char *words[4];
} members[OVERRIDES] = {
    [OVERRIDE_MODE] = {"mode",
                       WORD,
                       "concurrent, sequential or blocking",
                       {"concurrent", "sequential", "blocking"}},
    [OVERRIDE_CONCURRENCY] = {"concurrency", POSITIVE, "a positive integer", {NULL}},
    [OVERRIDE_WORKERS] = {"workers", POSITIVE, "a positive integer", {NULL}},
    [OVERRIDE_UNTIL] = {"until",
                        WORD,
                        "all, first_done or first_failed",
                        {"all", "first_done", "first_failed"}},
    [OVERRIDE_TIMEOUT] = {"timeout", DURATION, "a duration such as 1.5, 250ms or 1m30s", {NULL}},
    [OVERRIDE_CLOCK] = {"clock", WORD, "real or virtual", {"real", "virtual"}},
    [OVERRIDE_EVENTS] = {"events", WORD, "all, done or none", {"all", "done", "none"}},
    [OVERRIDE_SEED] = {"seed",
                       SEED,
                       "an integer from -2^63 to 2^63-1, or random",
                       {"random", NULL}},
    [OVERRIDE_DETACH] = {"detach", TRUTH, "true", {NULL}},
    [OVERRIDE_KEY] = {"key", KEY, "1 to 255 bytes of UTF-8", {NULL}},
    [OVERRIDE_RETAIN] = {"retain", DURATION, "a duration such as 90s, 1h or 24h", {NULL}},
    [OVERRIDE_ON_RESTART] = {"on_restart",
                             WORD,
                             "catch_up or cancel",
                             {"catch_up", "cancel", NULL}},
    [OVERRIDE_POOLS] = {"pools", TEXT, "no text", {NULL}},
    [OVERRIDE_RUNS] = {"runs", POSITIVE, "a positive integer", {NULL}},
    [OVERRIDE_OP] = {"op", WORD, "forecast", {"forecast", NULL}},
    [OVERRIDE_REPORT] = {"report", TEXT, "no text", {NULL}},
    [OVERRIDE_ID] = {"id", TEXT, "no text", {NULL}},
};

void overrides_fini(struct overrides *overrides)
{
    for (size_t i = 0; i < OVERRIDES; i++)
        free(overrides->json[i]);
    *overrides = (struct overrides){0};
}

static bool append_integer(const char *text, struct bytes *out)
{
    char *end;
    long long value;

    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || strchr(" \t\n\v\f\r", *text) != NULL)
        return false;
    bytes_add_format(out, "%lld", value);
    return true;
}

/* Of any length, as in a request. */
static bool append_positive(const char *text, struct bytes *out)
{
    text += *text == '+';
    if (text[strspn(text, "0123456789")] != '\0')
        return false;
    text += strspn(text, "0");
    bytes_add_string(out, text);
    return *text != '\0';
}

bool overrides_append_duration(const char *text, struct bytes *out)
{
    size_t len = strlen(text);
    int64_t ns;
    bool is_number;

    if (duration_from_text(text, len, INT64_MAX, &ns) != DURATION_OK)
        return false;
    /* Every unit ends in a letter that no number ends in. */
    is_number = text[len - 1] >= '0' && text[len - 1] <= '9';
    if (!is_number)
        bytes_add_char(out, '"');
    bytes_add(out, text, len);
    if (!is_number)
        bytes_add_char(out, '"');
    return true;
}

static bool append_word(const char *text, const char *const *words, struct bytes *out)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            bytes_add_format(out, "\"%s\"", text);
            return true;
        }
    }
    return false;
}

static bool append_key(const char *text, struct bytes *out)
{
    size_t len = strlen(text);

    if (len == 0 || len > KEY_MAX || !utf8_is_well_formed(text, len))
        return false;
    text_append_json(out, text, len);
    return true;
}

static bool append_value(enum override which, const char *text, struct bytes *out)
{
    switch (members[which].type) {
    case WORD:
        return append_word(text, members[which].words, out);
    case POSITIVE:
        return append_positive(text, out);
    case SEED:
        return append_integer(text, out) || append_word(text, members[which].words, out);
    case DURATION:
        return overrides_append_duration(text, out);
    case TRUTH:
        bytes_add_string(out, text);
        return strcmp(text, "true") == 0;
    case KEY:
        return append_key(text, out);
    case TEXT:
        break;
    }
    return false;
}

int overrides_set_json(struct overrides *overrides, enum override which, struct bytes *json)
{
    bytes_add_char(json, '\0');
    if (json->failed) {
        bytes_fini(json);
        return -1;
    }
    free(overrides->json[which]);
    overrides->json[which] = json->data;
    *json = (struct bytes){0};
    return 0;
}

int overrides_leave_out(struct overrides *overrides, enum override which)
{
    return overrides_set_json(overrides, which, &(struct bytes){0});
}

const char *overrides_set(struct overrides *overrides, enum override which, const char *text)
{
    struct bytes json = {0};

    if (!append_value(which, text, &json)) {
        bytes_fini(&json);
        return members[which].takes;
    }
    return overrides_set_json(overrides, which, &json) == 0 ? NULL : "more memory than there is";
}

int overrides_copy(struct overrides *to, const struct overrides *from)
{
    for (size_t i = 0; i < OVERRIDES; i++) {
        char *copy;

        if (from->json[i] == NULL)
            continue;
        copy = strdup(from->json[i]);
        if (copy == NULL)
            return -1;
        free(to->json[i]);
        to->json[i] = copy;
    }
    return 0;
}

bool overrides_any(const struct overrides *overrides)
{
    for (size_t i = 0; i < OVERRIDES; i++)
        if (overrides->json[i] != NULL)
            return true;
    return false;
}

bool overrides_has(const struct overrides *overrides, const char *name, size_t len)
{
    for (size_t i = 0; i < OVERRIDES; i++)
        if (overrides->json[i] != NULL && strlen(members[i].name) == len &&
            memcmp(members[i].name, name, len) == 0)
            return true;
    return false;
}

void overrides_append(const struct overrides *overrides, bool first, struct bytes *out)
{
    for (size_t i = 0; i < OVERRIDES; i++) {
        if (overrides->json[i] == NULL || overrides->json[i][0] == '\0')
            continue;
        if (!first)
            bytes_add_char(out, ',');
        first = false;
        bytes_add_format(out, "\"%s\":%s", members[i].name, overrides->json[i]);
    }
}
