/* SPDX-License-Identifier: ISC */
#include "client/base/bytes.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bytes_fini(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

char *bytes_grow(struct bytes *bytes, size_t len)
{
    size_t used = bytes_len(bytes), room = bytes->room > 0 ? bytes->room : 256;
    char *data;

    if (bytes->data != NULL && bytes->start >= used && bytes->start > 0 &&
        bytes->room - used >= len) {
        memcpy(bytes->data, bytes->data + bytes->start, used);
        bytes->start = 0;
        bytes->end = used;
        return bytes->data + used;
    }
    while (room - bytes->end < len) {
        if (room > SIZE_MAX / 2) {
            bytes->failed = true;
            return NULL;
        }
        room *= 2;
    }
    data = realloc(bytes->data, room);
    if (data == NULL) {
        bytes->failed = true;
        return NULL;
    }
    bytes->data = data;
    bytes->room = room;
    return data + bytes->end;
}

void bytes_add(struct bytes *bytes, const char *data, size_t len)
{
    char *room;

    if (len == 0)
        return;
    room = bytes_reserve(bytes, len);
    if (room == NULL)
        return;
    memcpy(room, data, len);
    bytes->end += len;
}

void bytes_add_string(struct bytes *bytes, const char *string)
{
    bytes_add(bytes, string, strlen(string));
}

void bytes_add_char(struct bytes *bytes, char c)
{
    bytes_add(bytes, &c, 1);
}

void bytes_add_format(struct bytes *bytes, const char *format, ...)
{
    char text[256];
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len < 0)
        return;
    if ((size_t)len < sizeof text) {
        bytes_add(bytes, text, (size_t)len);
        return;
    }
    char *room = bytes_reserve(bytes, (size_t)len + 1);
    if (room == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(room, (size_t)len + 1, format, arguments);
    va_end(arguments);
    bytes->end += (size_t)len;
}

void bytes_consume(struct bytes *bytes, size_t len)
{
    bytes->start += len;
    if (bytes->start == bytes->end)
        bytes->start = bytes->end = 0;
}
