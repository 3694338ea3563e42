/* SPDX-License-Identifier: ISC */
#include "proto/fault.h"

#include <stdio.h>
#include <string.h>

#include "proto/utf8.h"

const char *fault_code_name(enum fault_code code)
{
    switch (code) {
    case FAULT_NONE:
        return "none";
    case FAULT_BAD_JSON:
        return "bad_json";
    case FAULT_INVALID_REQUEST:
        return "invalid_request";
    case FAULT_TOO_LARGE:
        return "too_large";
    case FAULT_OVERLOADED:
        return "overloaded";
    case FAULT_NOT_FOUND:
        return "not_found";
    case FAULT_SHUTTING_DOWN:
        return "shutting_down";
    case FAULT_CANCELLED:
        return "cancelled";
    case FAULT_CONFLICT:
        return "conflict";
    case FAULT_GONE:
        return "gone";
    case FAULT_UNAVAILABLE:
        return "unavailable";
    case FAULT_UNAUTHORIZED:
        return "unauthorized";
    }
    return "none";
}

/* A text cut anywhere may end within a character: takes its pieces away. */
static void trim(char *text)
{
    size_t len = strlen(text), start = len;
    while (start > 0 && len - start < 4 && utf8_is_inside(text[start - 1]))
        start--;
    if (start == 0 || (unsigned char)text[start - 1] < 0x80)
        return;
    start--;
    if (utf8_length(text + start, len - start) == 0)
        text[start] = '\0';
}

bool fault_vset(struct fault *fault, enum fault_code code, uint64_t offset, const char *format,
                va_list arguments)
{
    if (fault->code != FAULT_NONE && fault->offset <= offset)
        return false;
    fault->code = code;
    fault->offset = offset;
    fault->path[0] = '\0';
    int len = vsnprintf(fault->message, sizeof(fault->message), format, arguments);
    if (len < 0)
        fault->message[0] = '\0';
    else if ((size_t)len >= sizeof(fault->message))
        trim(fault->message);
    return true;
}

bool fault_set(struct fault *fault, enum fault_code code, uint64_t offset, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    bool set = fault_vset(fault, code, offset, format, arguments);
    va_end(arguments);
    return set;
}

static bool is_control(const unsigned char *at, size_t len)
{
    if (len == 1)
        return at[0] < 0x20 || at[0] == 0x7F;
    return len == 2 && at[0] == 0xC2 && at[1] < 0xA0;
}

/* Writes the character at `at` as it is to be shown; returns how many bytes
 * of text that took up. */
static size_t show(const unsigned char *at, size_t left, char shown[8])
{
    const char *text = (const char *)at;
    size_t len = utf8_length(text, left);
    unsigned surrogate = utf8_surrogate(text, left);
    if (len > 0 && !is_control(at, len)) {
        memcpy(shown, at, len);
        shown[len] = '\0';
        return len;
    }
    if (len > 0) {
        snprintf(shown, 8, "\\u%04x", (unsigned)at[len - 1]);
        return len;
    }
    /* How a lone surrogate looks after decoding. */
    if (surrogate != 0) {
        snprintf(shown, 8, "\\u%04x", surrogate & 0xFFFFu);
        return 3;
    }
    snprintf(shown, 8, "\\x%02x", (unsigned)at[0]);
    return 1;
}

const char *fault_quote(char out[FAULT_QUOTE_SIZE], const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t n = 0;
    while (len > 0) {
        char shown[8];
        size_t used = show(at, len, shown);
        size_t size = strlen(shown);
        if (n + size > FAULT_QUOTE_MAX) {
            memcpy(out + n, "\u2026", 3);
            n += 3;
            break;
        }
        memcpy(out + n, shown, size);
        n += size;
        at += used;
        len -= used;
    }
    out[n] = '\0';
    return out;
}
