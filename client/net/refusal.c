/* SPDX-License-Identifier: ISC */
#include "client/net/refusal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/net/excerpt.h"
#include "client/base/locate.h"
#include "client/base/say.h"
#include "client/terminal/terminal.h"

/* Whether it is the request's own text that is at fault. */
static bool is_of_text(const struct event_read *error)
{
    return error->path.len > 0 || event_reader_is(error->code, "bad_json") ||
           event_reader_is(error->code, "invalid_request");
}

/* The flag that put in what the path leads to; empty for none. */
static void find_flag(const struct overrides *flags, struct event_text path, char flag[64])
{
    size_t len = 0;

    while (len < path.len && path.text[len] != '.' && path.text[len] != '[')
        len++;
    flag[0] = '\0';
    if (flags == NULL || len == 0 || !overrides_has(flags, path.text, len))
        return;
    if (len == 5 && memcmp(path.text, "clock", len) == 0)
        snprintf(flag, 64, "--virtual");
    else if (len == 5 && memcmp(path.text, "pools", len) == 0)
        snprintf(flag, 64, "--vary");
    else
        snprintf(flag, 64, "--%.*s", (int)len, path.text);
    for (char *at = flag; (at = strchr(at, '_')) != NULL;)
        *at = '-';
}

/* The place as compilers write it, and the line; both empty if there is none
 * to be shown.  Returns how much of the path, in front, is not of the text. */
static size_t quote(const struct source_quote *from, const struct event_read *error, char place[64],
                    struct bytes *excerpt)
{
    unsigned columns = terminal_columns(STDERR_FILENO);
    bool is_second = error->message.text != NULL &&
                     memmem(error->message.text, error->message.len, "there twice", 11) != NULL;
    struct excerpt_place at;
    struct locate_span span;

    if (!locate(from->text, from->len, from->request, error->path, is_second, &span))
        return 0;
    at = excerpt_place(from->text, from->len, span.offset);
    at.line += from->lines_before;
    if (from->name != NULL)
        snprintf(place, 64, ":%" PRIu64 ":%" PRIu64, at.line, at.column);
    excerpt_append(excerpt, from->text, from->len, span.offset, span.len,
                   from->name != NULL ? at.line : 0, columns > 0 ? columns : TERMINAL_COLUMNS);
    return span.skipped;
}

/* Less the place in what was sent, for one that the text describes: flags may
 * have been put in, and other files sent before. */
static struct event_text without_place(struct event_text message)
{
    static const char behind[] = ", at line ";
    const char *at = memmem(message.text, message.len, behind, sizeof behind - 1);

    return (struct event_text){message.text,
                               at != NULL ? (size_t)(at - message.text) : message.len};
}

/* The daemon asks for a token, and none was shown. */
static bool wants_token(const struct event_read *error)
{
    return event_reader_is(error->code, "unauthorized") && error->message.text != NULL &&
           memmem(error->message.text, error->message.len, "\"token\"", 7) != NULL;
}

void refusal_say(const struct source *source, uint64_t request, const struct event_read *error,
                 bool quotes)
{
    struct source_quote from = {.name = source_name(source, request)};
    struct bytes excerpt = {0};
    char flag[64] = "", place[64] = "";
    struct event_text path = error->path, message = error->message;
    size_t skipped = 0;

    if (quotes && is_of_text(error) && source_quote(source, request, &from)) {
        find_flag(from.flags, error->path, flag);
        if (flag[0] == '\0')
            skipped = quote(&from, error, place, &excerpt);
    }
    if (place[0] != '\0' && event_reader_is(error->code, "bad_json"))
        message = without_place(message);
    if (path.len > 0) {
        path.text += skipped;
        path.len -= skipped;
    }
    if (wants_token(error))
        bytes_add_string(&excerpt,
                         "  to show a token:          --token-file FILE, or $WAITD_TOKEN_FILE\n");
    say_with(&excerpt, "%s%s%s%.*s: %.*s%s%.*s%s%s%s", from.name != NULL ? from.name : "", place,
             from.name != NULL ? ": " : "", (int)error->code.len, error->code.text,
             (int)message.len, message.text, path.len > 0 ? " (at " : "", (int)path.len,
             path.len > 0 ? path.text : "", flag[0] != '\0' ? ", which comes from " : "", flag,
             path.len > 0 ? ")" : "");
    source_quote_fini(&from);
    bytes_fini(&excerpt);
}
