/* SPDX-License-Identifier: ISC */
#include "client/base/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/base/bytes.h"
#include "client/base/text.h"

#define SAY_MAX 2048

static void vsay(const struct bytes *below, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void vsay(const struct bytes *below, const char *format, va_list arguments)
{
    char text[SAY_MAX];
    struct bytes line = {0};

    vsnprintf(text, sizeof text, format, arguments);
    bytes_add_string(&line, "waitctl: ");
    text_append_safe(&line, text, strlen(text), SAY_MAX);
    bytes_add_char(&line, '\n');
    if (below != NULL && !below->failed)
        bytes_add(&line, bytes_at(below), bytes_len(below));
    if (!line.failed && write(STDERR_FILENO, bytes_at(&line), bytes_len(&line)) < 0) {
        /* There is nobody to say it to. */
    }
    bytes_fini(&line);
}

void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsay(NULL, format, arguments);
    va_end(arguments);
}

void say_with(const struct bytes *below, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsay(below, format, arguments);
    va_end(arguments);
}

bool say_output(void)
{
    if (fflush(stdout) == 0 || errno == EPIPE)
        return true;
    say("standard output: %s", strerror(errno));
    return false;
}
