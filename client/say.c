/* SPDX-License-Identifier: ISC */
#include "client/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/bytes.h"
#include "client/text.h"

#define SAY_MAX 2048

void say(const char *format, ...)
{
    char text[SAY_MAX];
    struct bytes line = {0};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bytes_add_string(&line, "waitctl: ");
    text_append_safe(&line, text, strlen(text), SAY_MAX);
    bytes_add_char(&line, '\n');
    if (!line.failed && write(STDERR_FILENO, bytes_at(&line), bytes_len(&line)) < 0) {
        /* There is nobody to tell. */
    }
    bytes_fini(&line);
}
