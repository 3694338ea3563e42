/* SPDX-License-Identifier: ISC */

/*
 * Reading of events, line by line, against jansson: what that accepts as an
 * object is read, with the same kind, numbers and strings; and a line reads
 * the same from a fresh reader as from one that has been through others.
 * Lines with a NUL in them are not compared: to jansson it ends a number.
 */

#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/event_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* jansson knows more brackets than the lexer has room for. */
#define DEPTH_MAX 1000

static bool is_deep(const char *line, size_t len)
{
    size_t brackets = 0;

    for (size_t i = 0; i < len; i++)
        brackets += line[i] == '[' || line[i] == '{';
    return brackets > DEPTH_MAX;
}

static void check_string(const json_t *object, const char *member, struct event_text got)
{
    const json_t *value = json_object_get(object, member);

    if (!json_is_string(value))
        return;
    assert(got.text != NULL && got.len == json_string_length(value));
    assert(memcmp(got.text, json_string_value(value), got.len) == 0);
}

static void check_count(const json_t *object, const char *member, uint64_t got)
{
    const json_t *value = json_object_get(object, member);

    if (json_is_integer(value) && json_integer_value(value) >= 0)
        assert(got == (uint64_t)json_integer_value(value));
    if (value == NULL)
        assert(got == 0);
}

/* Times are exact here and rounded there: whole seconds are all that compares. */
static void check_time(const json_t *object, const char *member, int64_t got)
{
    const json_t *value = json_object_get(object, member);

    assert(got >= 0);
    if (json_is_integer(value) && json_integer_value(value) >= 0 &&
        json_integer_value(value) < INT64_MAX / 1000000000)
        assert(got == json_integer_value(value) * 1000000000);
}

static void check_against(const json_t *object, const struct event_read *event)
{
    check_string(object, "name", event->name);
    check_string(object, "status", event->status);
    check_string(object, "message", event->message);
    check_string(object, "instance", event->instance);
    check_count(object, "batch", event->batch);
    check_count(object, "job", event->job);
    check_count(object, "jobs", event->jobs);
    check_count(object, "rss", event->rss);
    check_time(object, "at", event->at_ns);
    check_time(object, "elapsed", event->elapsed_ns);
}

static void check_text(const struct event_text *text, const char *line, size_t len)
{
    if (text->text != NULL) {
        assert(text->text >= line && text->text + text->len <= line + len);
        assert(text->len > 0 && text->text[0] != ' ' && text->text[text->len - 1] != ' ');
    }
}

static void check_line(struct event_reader *used, const char *bytes, size_t len)
{
    struct event_read event = {0}, fresh_event = {0};
    struct event_reader *fresh = event_reader_new();
    json_t *object = memchr(bytes, '\0', len) != NULL
                         ? NULL
                         : json_loadb(bytes, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    char *line = malloc(len + 1);
    bool is_read;

    assert(fresh != NULL && line != NULL);
    memcpy(line, bytes, len);
    is_read = event_reader_read(used, line, len, &event) == 0;
    assert(is_read == (event_reader_read(fresh, line, len, &fresh_event) == 0));
    assert(event.kind == fresh_event.kind && event.at_ns == fresh_event.at_ns);
    if (json_is_object(object) && !is_deep(line, len))
        assert(is_read);
    if (is_read && json_is_object(object))
        check_against(object, &event);
    check_text(&event.id, line, len);
    check_text(&event.data, line, len);
    (void)event_reader_kind(line, len);
    json_decref(object);
    event_reader_free(fresh);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct event_reader *reader = event_reader_new();
    const char *at = (const char *)data, *end = at + size;

    assert(reader != NULL);
    while (at < end) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        size_t len = feed != NULL ? (size_t)(feed - at) + 1 : (size_t)(end - at);

        check_line(reader, at, len);
        at += len;
    }
    event_reader_free(reader);
    return 0;
}
