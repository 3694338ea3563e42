/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_syntax.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* A piece of the head: [at, end). */
struct piece {
    const char *at, *end;
};

static unsigned refuse(struct fault *fault, unsigned status, const char *why)
{
    enum fault_code code = status == 413 || status == 431 ? FAULT_TOO_LARGE : FAULT_INVALID_REQUEST;

    (void)fault_set(fault, code, 0, "%s", why);
    return status;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* RFC 9110, section 5.6.2. */
static bool is_token(struct piece text)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    const char *at = text.at;

    while (at < text.end && (is_digit(*at) || (*at >= 'a' && *at <= 'z') ||
                             (*at >= 'A' && *at <= 'Z') || memchr(marks, *at, sizeof(marks) - 1)))
        at++;
    return at > text.at && at == text.end;
}

/* Takes the next line, less its end; false where that is not there. */
static bool take_line(struct piece *rest, struct piece *line)
{
    const char *feed = memchr(rest->at, '\n', (size_t)(rest->end - rest->at));

    if (!feed)
        return false;
    *line = (struct piece){rest->at, feed};
    if (line->end > line->at && line->end[-1] == '\r')
        line->end--;
    rest->at = feed + 1;
    return true;
}

/* Takes what precedes the next mark, and the mark; all that there is without one. */
static struct piece take_until(struct piece *rest, char mark)
{
    const char *found = memchr(rest->at, mark, (size_t)(rest->end - rest->at));
    struct piece piece = {rest->at, found ? found : rest->end};

    rest->at = found ? found + 1 : rest->end;
    return piece;
}

/* No control character but a tab, and no carriage return that ends no line. */
static bool is_text(struct piece text)
{
    for (const char *at = text.at; at < text.end; at++)
        if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
            return false;
    return true;
}

static bool is_named(struct piece name, const char *what)
{
    return (size_t)(name.end - name.at) == strlen(what) &&
           strncasecmp(name.at, what, strlen(what)) == 0;
}

static size_t count(struct piece text, char mark)
{
    size_t n = 0;

    for (const char *at = text.at; at < text.end; at++)
        n += *at == mark;
    return n;
}

static unsigned check_request_line(struct piece line, struct fault *fault)
{
    struct piece method = take_until(&line, ' '), target = take_until(&line, ' ');
    size_t len = (size_t)(line.end - line.at);

    if (!is_token(method) || target.at == target.end || count(target, '\t') > 0 ||
        len != strlen("HTTP/1.1") || memcmp(line.at, "HTTP/", 5) != 0 || !is_digit(line.at[5]) ||
        line.at[6] != '.' || !is_digit(line.at[7]))
        return refuse(fault, 400,
                      "the request line takes a method, a target and HTTP/1.1, with one blank "
                      "between each");
    if (line.at[5] != '1')
        return refuse(fault, 505, "the version takes HTTP/1.1 or HTTP/1.0");
    return HTTP_SYNTAX_WELL;
}

static unsigned check_length(struct piece value, struct fault *fault)
{
    const char *at;
    uint64_t length = 0;
    bool fits = true;

    while (value.at < value.end && (*value.at == ' ' || *value.at == '\t'))
        value.at++;
    while (value.end > value.at && (value.end[-1] == ' ' || value.end[-1] == '\t'))
        value.end--;
    for (at = value.at; at < value.end && is_digit(*at); at++)
        fits = fits && !__builtin_mul_overflow(length, 10, &length) &&
               !__builtin_add_overflow(length, (uint64_t)(*at - '0'), &length);
    if (at == value.at || at < value.end)
        return refuse(fault, 400, "\"Content-Length\" takes a number of bytes");
    if (!fits || length > INT64_MAX)
        return refuse(fault, 413, "the body is longer than a request may be (max-request)");
    return HTTP_SYNTAX_WELL;
}

static unsigned check_field(struct piece line, struct http_syntax_size *size, struct fault *fault)
{
    struct piece name = take_until(&line, ':');

    if (!is_token(name) || *name.end != ':')
        return refuse(fault, 400,
                      "a field of the head takes a name with a colon behind it, on one line");
    size->entries++;
    if (is_named(name, "Cookie")) {
        size->cookies += (size_t)(line.end - line.at);
        size->entries += 1 + count(line, ';') + count(line, ',');
    }
    return is_named(name, "Content-Length") ? check_length(line, fault) : HTTP_SYNTAX_WELL;
}

static unsigned check_line(struct piece line, bool is_first, struct http_syntax_size *size,
                           struct fault *fault)
{
    if (!is_text(line))
        return refuse(fault, 400, "the head takes no control characters");
    if (!is_first)
        return check_field(line, size, fault);
    size->entries += 1 + count(line, '&');
    return check_request_line(line, fault);
}

bool http_syntax_is_token(const char *text)
{
    return is_token((struct piece){text, text + strlen(text)});
}

bool http_syntax_is_text(const char *text)
{
    return is_text((struct piece){text, text + strlen(text)});
}

unsigned http_syntax_check(const char *bytes, size_t len, size_t max_bytes,
                           struct http_syntax_size *size, struct fault *fault)
{
    struct piece rest = {bytes, bytes + len}, line;
    unsigned status = HTTP_SYNTAX_MORE;
    bool is_first = true;

    *size = (struct http_syntax_size){0};
    while (status == HTTP_SYNTAX_MORE && take_line(&rest, &line)) {
        if (line.at == line.end && !is_first) {
            status = HTTP_SYNTAX_WELL;
        } else if (line.at < line.end) {
            status = check_line(line, is_first, size, fault);
            status = status == HTTP_SYNTAX_WELL ? HTTP_SYNTAX_MORE : status;
            is_first = false;
        }
    }
    size->bytes = (size_t)((status == HTTP_SYNTAX_WELL ? rest.at : rest.end) - bytes);
    if (status <= HTTP_SYNTAX_MORE && size->bytes > max_bytes)
        return refuse(fault, 431, "the head is longer than it may be (http-max-header)");
    return status;
}
