/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/base/locate.h"
#include "client/import/import_internal.h"

void import_json_fini(struct import_json *json)
{
    json_decref(json->root);
    json->root = NULL;
}

/* Where the text continues behind blanks, and at its begin behind a byte order mark, which
 * programs of Windows put in front of what they redirect; its end if it does not. */
static size_t skip_blanks(const struct import_text *file, size_t offset)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (offset == 0 && file->len >= sizeof mark - 1 &&
        memcmp(file->text, mark, sizeof mark - 1) == 0)
        offset = sizeof mark - 1;
    while (offset < file->len && memchr(" \t\r\n", file->text[offset], 4) != NULL)
        offset++;
    return offset;
}

static size_t line_at(const struct import_text *file, size_t offset)
{
    size_t line = 1;

    for (size_t i = 0; i < offset && i < file->len; i++)
        line += file->text[i] == '\n';
    return line;
}

int import_json_next(struct import *import, struct import_json *json)
{
    const struct import_text *file = json->file;
    size_t begin = skip_blanks(file, json->offset);
    json_error_t error;

    json->number += json->root != NULL;
    import_json_fini(json);
    if (begin == file->len && json->offset > 0)
        return 0;
    json->root = json_loadb(file->text + begin, file->len - begin,
                            JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
    if (json->root == NULL && json_error_code(&error) == json_error_out_of_memory)
        return import_no_memory(import);
    if (json->root == NULL)
        return import_refuse(import, file,
                             line_at(file, begin) + (size_t)(error.line > 0 ? error.line : 1) - 1,
                             "not valid JSON: %s", error.text);
    json->offset = begin + (size_t)error.position;
    return 1;
}

int import_json_refuse(struct import *import, const struct import_json *json, const char *path,
                       const char *format, ...)
{
    struct event_text place = {.text = path, .len = strlen(path)};
    char message[IMPORT_MESSAGE_MAX];
    struct locate_span span = {0};
    va_list arguments;
    size_t line = 1;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (locate(json->file->text, json->file->len, json->number, place, false, &span))
        line = line_at(json->file, span.offset);
    return import_refuse(import, json->file, line, "%s%s%s", message,
                         path[0] != '\0' ? ", at " : "", path);
}

const char *import_json_text(const json_t *object, const char *member, size_t *len, bool *wrong)
{
    const json_t *value = json_object_get(object, member);

    *len = json_string_length(value);
    if (value != NULL && !json_is_null(value) && !json_is_string(value))
        *wrong = true;
    return json_string_value(value);
}
