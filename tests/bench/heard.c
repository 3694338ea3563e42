/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "tests/bench/heard.h"

struct cursor {
    const char *at, *end;
};

/* Text without its final NUL, and how long it is. */
#define TEXT(literal) (literal), sizeof(literal) - 1

static bool take(struct cursor *cursor, const char *text, size_t len)
{
    if ((size_t)(cursor->end - cursor->at) < len || memcmp(cursor->at, text, len) != 0)
        return false;
    cursor->at += len;
    return true;
}

static bool take_integer(struct cursor *cursor, int64_t *value)
{
    const char *begin = cursor->at;
    int64_t sum = 0;

    while (cursor->at < cursor->end && (unsigned)(*cursor->at - '0') < 10 &&
           cursor->at - begin < 18)
        sum = 10 * sum + (*cursor->at++ - '0');
    *value = sum;
    return cursor->at > begin;
}

/* A decimal of seconds; digits beyond the nanosecond are dropped. */
static bool take_seconds(struct cursor *cursor, int64_t *value_ns)
{
    int64_t scale = 1000000000, whole;

    if (!take_integer(cursor, &whole) || whole > INT64_MAX / scale)
        return false;
    *value_ns = whole * scale;
    if (cursor->at < cursor->end && *cursor->at == '.')
        for (cursor->at++; cursor->at < cursor->end && (unsigned)(*cursor->at - '0') < 10;
             cursor->at++) {
            scale /= 10;
            *value_ns += scale * (*cursor->at - '0');
        }
    return true;
}

/* The inside of a string; one with escapes does not occur in what was asked for. */
static bool take_string(struct cursor *cursor, const char **text, size_t *len)
{
    const char *end;

    if (!take(cursor, TEXT("\"")))
        return false;
    end = memchr(cursor->at, '"', (size_t)(cursor->end - cursor->at));
    if (end == NULL)
        return false;
    *text = cursor->at;
    *len = (size_t)(end - cursor->at);
    cursor->at = end + 1;
    return true;
}

/* ---- Any order ----------------------------------------------------------- */

static bool is(const char *text, size_t len, const char *other)
{
    return len == strlen(other) && memcmp(text, other, len) == 0;
}

static bool skip_value(struct cursor *cursor)
{
    const char *begin = cursor->at, *text;
    size_t len;

    if (begin < cursor->end && *begin == '"')
        return take_string(cursor, &text, &len);
    while (cursor->at < cursor->end && strchr(",{}[]", *cursor->at) == NULL)
        cursor->at++;
    return cursor->at > begin;
}

static enum heard_event event_of(const char *text, size_t len)
{
    if (is(text, len, "done"))
        return HEARD_DONE;
    if (is(text, len, "accepted"))
        return HEARD_ACCEPTED;
    return is(text, len, "finished") ? HEARD_FINISHED : HEARD_OTHER;
}

static bool take_member(struct cursor *cursor, struct heard *heard)
{
    const char *key, *text;
    size_t key_len, len;

    if (!take_string(cursor, &key, &key_len) || !take(cursor, TEXT(":")))
        return false;
    if (is(key, key_len, "batch"))
        return take_integer(cursor, &heard->batch);
    if (is(key, key_len, "job"))
        return take_integer(cursor, &heard->job);
    if (is(key, key_len, "jobs"))
        return take_integer(cursor, &heard->jobs);
    if (is(key, key_len, "ok"))
        return take_integer(cursor, &heard->ok);
    if (is(key, key_len, "at"))
        return take_seconds(cursor, &heard->at_ns);
    if (is(key, key_len, "name"))
        return take_string(cursor, &heard->name, &heard->name_len);
    if (!is(key, key_len, "event") && !is(key, key_len, "status"))
        return skip_value(cursor);
    if (!take_string(cursor, &text, &len))
        return false;
    if (is(key, key_len, "event"))
        heard->event = event_of(text, len);
    else
        heard->status_is_ok = is(text, len, "ok");
    return true;
}

static bool read_members(struct heard *heard, struct cursor cursor)
{
    if (!take(&cursor, TEXT("{")))
        return false;
    do
        if (!take_member(&cursor, heard))
            return false;
    while (take(&cursor, TEXT(",")));
    return take(&cursor, TEXT("}")) && cursor.at == cursor.end;
}

/* ---- `done` as it usually is --------------------------------------------- */

static bool read_usual(struct heard *heard, struct cursor cursor)
{
    if (!take(&cursor, TEXT("{\"event\":\"done\",\"batch\":")) ||
        !take_integer(&cursor, &heard->batch) || !take(&cursor, TEXT(",\"job\":")) ||
        !take_integer(&cursor, &heard->job))
        return false;
    if (take(&cursor, TEXT(",\"name\":")) && !take_string(&cursor, &heard->name, &heard->name_len))
        return false;
    if (!take(&cursor, TEXT(",\"status\":\"ok\",\"at\":")) ||
        !take_seconds(&cursor, &heard->at_ns) || !take(&cursor, TEXT("}")))
        return false;
    heard->event = HEARD_DONE;
    heard->status_is_ok = true;
    return cursor.at == cursor.end;
}

bool heard_read(struct heard *heard, const char *line, size_t len)
{
    static const struct heard nothing = {.batch = -1, .job = -1, .jobs = -1, .ok = -1, .at_ns = -1};
    struct cursor cursor = {line, line + len};

    *heard = nothing;
    if (read_usual(heard, cursor))
        return true;
    *heard = nothing;
    return read_members(heard, cursor);
}
