/* SPDX-License-Identifier: ISC */
#include "client/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/utf8.h"

const char *text_seconds(char out[TEXT_SECONDS_MAX], int64_t ns)
{
    uint64_t ms = ((uint64_t)ns + 500000) / 1000000;

    snprintf(out, TEXT_SECONDS_MAX, "%" PRIu64 ".%03u s", ms / 1000, (unsigned)(ms % 1000));
    return out;
}

const char *text_seconds_fine(char out[TEXT_SECONDS_MAX], int64_t ns)
{
    if (ns <= 0 || ns >= 1000000)
        return text_seconds(out, ns);
    if (ns >= 1000)
        snprintf(out, TEXT_SECONDS_MAX, "0.%06" PRIu64 " s", ((uint64_t)ns + 500) / 1000);
    else
        snprintf(out, TEXT_SECONDS_MAX, "0.%09" PRId64 " s", ns);
    return out;
}

const char *text_span(char out[TEXT_SECONDS_MAX], int64_t ns)
{
    int64_t seconds = ns / 1000000000;
    int s = (int)(seconds % 60), m = (int)(seconds / 60 % 60), h = (int)(seconds / 3600 % 24);

    if (seconds >= 86400)
        snprintf(out, TEXT_SECONDS_MAX, "%" PRId64 "d %dh %dm", seconds / 86400, h, m);
    else if (seconds >= 3600)
        snprintf(out, TEXT_SECONDS_MAX, "%dh %dm %ds", h, m, s);
    else if (seconds >= 60)
        snprintf(out, TEXT_SECONDS_MAX, "%dm %ds", m, s);
    else
        snprintf(out, TEXT_SECONDS_MAX, "%d.%d s", s, (int)(ns / 100000000 % 10));
    return out;
}

const char *text_time(char out[TEXT_SECONDS_MAX], int64_t ns)
{
    uint64_t ms = ((uint64_t)ns + 500000) / 1000000, s = ((uint64_t)ns + 500000000) / 1000000000;

    if (ns < 0 || ms < 60000)
        return text_seconds_fine(out, ns);
    if (s < 3600)
        snprintf(out, TEXT_SECONDS_MAX, "%um %u.%03us", (unsigned)(ms / 60000),
                 (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000));
    else if (s < 86400)
        snprintf(out, TEXT_SECONDS_MAX, "%uh %um %us", (unsigned)(s / 3600),
                 (unsigned)(s / 60 % 60), (unsigned)(s % 60));
    else
        snprintf(out, TEXT_SECONDS_MAX, "%" PRIu64 "d %uh %um %us", s / 86400,
                 (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60), (unsigned)(s % 60));
    return out;
}

const char *text_size(char out[TEXT_SECONDS_MAX], uint64_t size_bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double size = (double)size_bytes;
    size_t unit = 0;

    while (size >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        size /= 1024;
        unit++;
    }
    snprintf(out, TEXT_SECONDS_MAX, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
    return out;
}

/* Whether a character changes the direction of what is behind it, or breaks lines:
 * U+2028 to U+202e, and U+2066 to U+2069. */
static bool is_disruptive(const unsigned char *s, size_t len)
{
    return len == 3 && s[0] == 0xe2 &&
           ((s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae) ||
            (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
}

/* Writes what shows the character of len bytes (0 for a malformed byte). */
static size_t show_character(char out[8], const unsigned char *s, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    unsigned code = s[0];

    if (is_disruptive(s, len)) {
        memcpy(out, "\\u20", 4);
        code = (s[1] & 3u) << 6 | (s[2] & 0x3fu);
        out[4] = hex[code >> 4];
        out[5] = hex[code & 15];
        return 6;
    }

    /* U+0080 to U+009f are control characters as well. */
    if (len == 2 && s[0] == 0xc2 && s[1] < 0xa0)
        code = s[1];
    else if (len == 0)
        return (size_t)(stpcpy(out, "\xef\xbf\xbd") - out);
    else if (len > 1 || (code >= 0x20 && code != 0x7f)) {
        memcpy(out, s, len);
        return len;
    }
    out[0] = '\\';
    if (code == '\n' || code == '\t' || code == '\r') {
        out[1] = code == '\n' ? 'n' : code == '\t' ? 't' : 'r';
        return 2;
    }
    out[1] = 'x';
    out[2] = hex[code >> 4];
    out[3] = hex[code & 15];
    return 4;
}

void text_append_safe(struct bytes *out, const char *text, size_t len, size_t max_bytes)
{
    size_t used = 0;

    for (size_t i = 0; i < len;) {
        const unsigned char *s = (const unsigned char *)text + i;
        size_t character = utf8_length(text + i, len - i), shown;
        char piece[8];

        shown = show_character(piece, s, character);
        if (used + shown > max_bytes) {
            bytes_add_string(out, "...");
            return;
        }
        bytes_add(out, piece, shown);
        used += shown;
        i += character > 0 ? character : 1;
    }
}

/* Whether a JSON string has it as it is. */
static bool is_unescaped(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

void text_append_json(struct bytes *out, const char *text, size_t len)
{
    bytes_add_char(out, '"');
    for (size_t i = 0, n; i < len; i += n) {
        const unsigned char *s = (const unsigned char *)text + i;

        for (n = 0; i + n < len && is_unescaped(s[n]);)
            n++;
        if (n > 0) {
            bytes_add(out, text + i, n);
            continue;
        }
        n = utf8_length(text + i, len - i);
        if (n == 0)
            bytes_add_string(out, "\xef\xbf\xbd");
        else if (s[0] < 0x20)
            bytes_add_format(out, "\\u%04x", s[0]);
        else if (n == 1)
            bytes_add_format(out, "\\%c", s[0]);
        else
            bytes_add(out, text + i, n);
        n += n == 0;
    }
    bytes_add_char(out, '"');
}

void text_append_column(struct bytes *out, const char *text, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        const unsigned char *s = (const unsigned char *)text + i;
        char piece[8];

        for (n = 0; i + n < len && is_unescaped(s[n]) && s[n] != 0x7f;)
            n++;
        if (n > 0) {
            bytes_add(out, text + i, n);
            continue;
        }
        n = utf8_length(text + i, len - i);
        if (s[0] == '\\')
            bytes_add_char(out, '\\');
        bytes_add(out, piece, show_character(piece, s, n));
        n += n == 0;
    }
}
