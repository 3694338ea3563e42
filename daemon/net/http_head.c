/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_head.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/net/http_syntax.h"
#include "proto/utf8.h"

/* ---- Fields ------------------------------------------------------------------ */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Whether text begins with the word, and the word ends there. */
static bool is_type(const char *text, size_t len, const char *type)
{
    return len == strlen(type) && strncasecmp(text, type, len) == 0;
}

/* The quality that a range of `Accept` gives, in thousandths; 1000 where it is not
 * said or not a number. */
static unsigned quality_of(const char *range, size_t len)
{
    const char *end = range + len;
    const char *at = memchr(range, ';', len);
    unsigned scale = 100, quality;

    for (; at; at = memchr(at, ';', (size_t)(end - at))) {
        do
            at++;
        while (at < end && is_blank(*at));
        if (end - at >= 3 && (at[0] == 'q' || at[0] == 'Q') && at[1] == '=')
            break;
    }
    if (!at || (at[2] != '0' && at[2] != '1'))
        return 1000;
    quality = at[2] == '1' ? 1000 : 0;
    if (at + 3 < end && at[3] == '.')
        for (at += 4; at < end && *at >= '0' && *at <= '9' && scale > 0; at++, scale /= 10)
            quality += (unsigned)(*at - '0') * scale;
    return quality > 1000 ? 1000 : quality;
}

static void prefer(struct http_preference *wanted, int exact, unsigned quality)
{
    if (exact > wanted->exact)
        *wanted = (struct http_preference){exact, quality};
}

/* A list, which may be spread over several fields. */
static void add_accepted(struct http_head *head, const char *at)
{
    while (*at) {
        size_t len, name;
        unsigned quality;

        at += strspn(at, " \t,");
        len = strcspn(at, ",");
        name = strcspn(at, ",; \t");
        quality = quality_of(at, len);
        if (is_type(at, name, "text/event-stream"))
            prefer(&head->events, 3, quality);
        else if (is_type(at, name, "text/*"))
            prefer(&head->events, 2, quality);
        else if (is_type(at, name, "application/x-ndjson"))
            prefer(&head->lines, 3, quality);
        else if (is_type(at, name, "application/*"))
            prefer(&head->lines, 2, quality);
        else if (is_type(at, name, "*/*")) {
            prefer(&head->events, 1, quality);
            prefer(&head->lines, 1, quality);
        }
        at += len;
    }
}

static void add_length(struct http_head *head, const char *value)
{
    char *end;
    unsigned long long length = strtoull(value, &end, 10);

    head->is_ambiguous |= head->is_chunked || (head->has_length && head->length != length);
    head->has_length = end != value;
    head->length = length;
}

static void add_coding(struct http_head *head, const char *value)
{
    head->is_ambiguous |= head->has_length || head->is_chunked || strcasecmp(value, "chunked") != 0;
    head->is_chunked = true;
}

/* The value less the blanks behind it: as it is where there are none, and where memory is out. */
static const char *without_blanks(struct http_head *head, const char *value)
{
    size_t len = strlen(value);
    char *copy;

    if (len == 0 || !is_blank(value[len - 1]) || head->n_copies == HTTP_HEAD_COPIES_MAX)
        return value;
    while (len > 0 && is_blank(value[len - 1]))
        len--;
    copy = strndup(value, len);
    if (!copy)
        return value;
    head->copies[head->n_copies++] = copy;
    return copy;
}

void http_head_free(struct http_head *head)
{
    while (head->n_copies > 0)
        free(head->copies[--head->n_copies]);
}

static void add_text(struct http_head *head, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **value;
    } fields[] = {
        {"Origin", &head->origin},
        {"Content-Type", &head->content_type},
        {"Authorization", &head->authorization},
        {"Access-Control-Request-Method", &head->preflight},
        {"Idempotency-Key", &head->idempotency_key},
        {"Last-Event-ID", &head->last_event_id},
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcasecmp(name, fields[i].name) != 0)
            continue;
        value = without_blanks(head, value);
        if (*fields[i].value && strcmp(*fields[i].value, value) != 0)
            head->repeated = fields[i].name;
        *fields[i].value = value;
    }
}

void http_head_add(struct http_head *head, const char *name, const char *value)
{
    if (!value)
        value = "";
    head->bytes += strlen(name) + strlen(value) + strlen(": \r\n");
    head->is_malformed |= !http_syntax_is_token(name) || !http_syntax_is_text(value);
    if (strcasecmp(name, "Host") == 0) {
        head->hosts++;
        head->host = without_blanks(head, value);
    } else if (strcasecmp(name, "Content-Length") == 0) {
        add_length(head, value);
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        add_coding(head, value);
    } else if (strcasecmp(name, "Expect") == 0) {
        /* As it is: where blanks follow it the library (0.9.75) does not meet it. */
        head->expect = head->expect ? head->expect : value;
    } else if (strcasecmp(name, "Accept") == 0) {
        add_accepted(head, value);
    } else {
        add_text(head, name, value);
    }
}

bool http_head_is_framed(const struct http_head *head)
{
    return !head->is_ambiguous;
}

size_t http_head_authority(const char *target, const char **authority)
{
    static const char *const schemes[] = {"http://", "https://"};
    size_t len = 0;

    for (int i = 0; i < 2 && len == 0; i++)
        if (strncasecmp(target, schemes[i], strlen(schemes[i])) == 0)
            len = strlen(schemes[i]);
    if (len == 0)
        return 0;
    *authority = target + len;
    return len + strcspn(*authority, "/?#%");
}

bool http_head_has_body(const struct http_head *head)
{
    return head->is_chunked || (head->has_length && head->length > 0);
}

/* ---- Host -------------------------------------------------------------------- */

/* The host's name in `Host`, less its port and brackets: where it begins, and its length, 0
 * where it is none. */
static const char *name_of(const char *host, size_t *len)
{
    bool is_v6 = host[0] == '[';
    const char *name = host + is_v6, *end = name + strcspn(name, is_v6 ? "]" : ":");
    const char *port = is_v6 && *end ? end + 1 : end;

    *len = (size_t)(end - name);
    if ((is_v6 && (!*end || !memchr(name, ':', *len))) ||
        (*port && (*port != ':' || port[1 + strspn(port + 1, "0123456789")])))
        *len = 0;
    return name;
}

/* Whether name is the number of the address. */
static bool is_address(const char *name, const struct address *served)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)&served->room;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&served->room;
    struct in6_addr v6;
    struct in_addr v4;
    bool is_v4 = inet_pton(AF_INET, name, &v4) == 1;

    if (served->any.sa_family == AF_INET)
        return is_v4 && v4.s_addr == in->sin_addr.s_addr;
    if (is_v4)
        return IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) &&
               memcmp(&v4, &in6->sin6_addr.s6_addr[12], sizeof(v4)) == 0;
    return inet_pton(AF_INET6, name, &v6) == 1 && memcmp(&v6, &in6->sin6_addr, sizeof(v6)) == 0;
}

unsigned http_head_check_host(const struct http_head *head, const struct address *served,
                              char *const *names, unsigned n_names)
{
    char name[ADDRESS_HOST_MAX];
    const char *begin;
    size_t len;

    if (head->hosts > 1 || (head->hosts == 0 && !head->is_http10))
        return 400;
    if (served->any.sa_family == AF_UNIX || head->hosts == 0)
        return 0;
    begin = name_of(head->host, &len);
    if (len == 0 || len >= sizeof(name))
        return 421;
    memcpy(name, begin, len);
    name[len] = '\0';
    if (strcasecmp(name, "localhost") == 0 || is_address(name, served))
        return 0;
    for (unsigned i = 0; i < n_names; i++)
        if (strcasecmp(name, names[i]) == 0)
            return 0;
    return 421;
}

/* ---- Origin ------------------------------------------------------------------ */

enum http_origin http_head_origin(const struct http_head *head, bool by_tls, char *const *allowed,
                                  unsigned n_allowed)
{
    const char *scheme = by_tls ? "https://" : "http://";
    const char *origin = head->origin;

    if (!origin)
        return HTTP_ORIGIN_OWN;
    if (head->host && strncasecmp(origin, scheme, strlen(scheme)) == 0 &&
        strcasecmp(origin + strlen(scheme), head->host) == 0)
        return HTTP_ORIGIN_OWN;
    for (unsigned i = 0; i < n_allowed; i++)
        if (strcasecmp(origin, allowed[i]) == 0)
            return HTTP_ORIGIN_ALLOWED;
    return HTTP_ORIGIN_FOREIGN;
}

bool http_head_is_preflight(const struct http_head *head)
{
    return head->origin && head->preflight && strcmp(head->method, "OPTIONS") == 0;
}

/* ---- Types of content -------------------------------------------------------- */

bool http_head_is_json(const struct http_head *head)
{
    const char *type = head->content_type;
    size_t len;

    if (!type)
        return false;
    while (is_blank(*type))
        type++;
    len = strcspn(type, "; \t");
    return is_type(type, len, "application/json") || is_type(type, len, "application/x-ndjson");
}

bool http_head_read_key(const char *text, char key[REQUEST_KEY_MAX + 1])
{
    bool quoted = *text == '"';
    size_t len = 0;

    text += quoted;
    while (*text && *text != '"' && len < REQUEST_KEY_MAX) {
        if (quoted && *text == '\\' && (text[1] == '\\' || text[1] == '"'))
            text++;
        else if ((unsigned char)*text < ' ' || *text == 0x7f || (quoted && *text == '\\'))
            return false;
        key[len++] = *text++;
    }
    key[len] = '\0';
    return len > 0 && strcmp(text, quoted ? "\"" : "") == 0 && utf8_is_well_formed(key, len);
}

bool http_head_expects_continue(const struct http_head *head)
{
    return head->expect && !head->is_http10 && strcasecmp(head->expect, "100-continue") == 0;
}

bool http_head_is_expectation_met(const struct http_head *head)
{
    return !head->expect || head->is_http10 || http_head_expects_continue(head);
}

bool http_head_prefers_events(const struct http_head *head)
{
    if (head->events.quality != head->lines.quality)
        return head->events.quality > head->lines.quality;
    return head->events.quality > 0 && head->events.exact == 3 && head->lines.exact < 3;
}
