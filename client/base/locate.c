/* SPDX-License-Identifier: ISC */
#include "client/base/locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/fault.h"
#include "proto/lexer.h"
#include "proto/utf8.h"

struct search {
    const char *text;
    const char *rest, *end; /* what is left of the path */
    unsigned depth;         /* of the brackets that the path has led into */
    uint64_t index;         /* of the next element there */
    bool is_array;          /* what kind of brackets they are */
    bool value_comes;       /* of the member that matched last */
    bool is_complete;       /* the path has been followed to its end */
    size_t skipped;         /* of the path, in front */
    bool is_second;         /* and from there to a second one of its last member */
    const char *key;        /* that member's, in its quotes */
    size_t key_len;
    struct locate_span span;
};

/* ---- Parts of a path ------------------------------------------------------ */

static bool ends_part(const char *at, const char *end)
{
    return at == end || *at == '.' || *at == '[';
}

/* `["a key"]`, in which characters are written as in messages and which is cut
 * when it is long.  Returns what is left of the path, or NULL. */
static const char *match_quoted(const char *rest, const char *end, const char *key, size_t len)
{
    const char *at = key, *next;
    char shown[FAULT_QUOTE_SIZE];

    for (rest += 2; at < key + len; at = next) {
        size_t n;

        for (next = at + 1; next < key + len && utf8_is_inside(*next);)
            next++;
        fault_quote(shown, at, (size_t)(next - at));
        n = strlen(shown);
        if (rest < end && *rest == '\\' && (*at == '"' || *at == '\\'))
            rest++;
        if ((size_t)(end - rest) < n || memcmp(rest, shown, n) != 0)
            break;
        rest += n;
    }
    if (at < key + len && ((size_t)(end - rest) < 3 || memcmp(rest, "\xe2\x80\xa6", 3) != 0))
        return NULL;
    rest += at < key + len ? 3 : 0;
    return end - rest >= 2 && memcmp(rest, "\"]", 2) == 0 && ends_part(rest + 2, end) ? rest + 2
                                                                                      : NULL;
}

/* What is left of the path when the key is its next part, else NULL. */
static const char *match_key(const struct search *search, const struct lexer_token *token)
{
    const char *rest = search->rest, *key = token->text + 1;
    size_t len = token->len - 2;
    char *decoded = NULL;

    if (token->escaped) {
        decoded = malloc(token->len);
        if (decoded == NULL)
            return NULL;
        len = lexer_decode(token->text, token->len, decoded);
        key = decoded;
    }
    if (search->end - rest >= 2 && memcmp(rest, "[\"", 2) == 0) {
        rest = match_quoted(rest, search->end, key, len);
    } else {
        if (rest < search->end && *rest == '.')
            rest++;
        if ((size_t)(search->end - rest) < len || memcmp(rest, key, len) != 0 ||
            !ends_part(rest + len, search->end))
            rest = NULL;
        else
            rest += len;
    }
    free(decoded);
    return rest;
}

/* The same for an index. */
static const char *match_index(const struct search *search)
{
    char part[32];
    int len = snprintf(part, sizeof part, "[%llu]", (unsigned long long)search->index);

    return search->end - search->rest >= len && memcmp(search->rest, part, (size_t)len) == 0
               ? search->rest + len
               : NULL;
}

/* ---- Following it --------------------------------------------------------- */

static void enter(struct search *search, const struct lexer_token *token)
{
    search->depth = token->depth;
    search->is_array = token->kind == LEXER_ARRAY_BEGIN;
    search->index = 0;
}

/* Takes the value that the path has led to.  Returns whether the search is over. */
static bool reach(struct search *search, const struct lexer_token *token)
{
    search->is_complete = search->rest == search->end;
    if (!search->is_complete && lexer_opens(token)) {
        enter(search, token);
        return false;
    }
    return !search->is_complete || !search->is_second;
}

/* The value of a member that was pointed at belongs to it if it is short. */
static bool take_value(struct search *search, const struct lexer_token *token)
{
    size_t len = (size_t)token->offset + lexer_token_length(token) - search->span.offset;

    search->value_comes = false;
    if (!lexer_opens(token) && memchr(search->text + search->span.offset, '\n', len) == NULL)
        search->span.len = len;
    return reach(search, token);
}

static void take_key(struct search *search, const struct lexer_token *token)
{
    const char *rest = NULL;

    if (!search->is_complete)
        rest = match_key(search, token);
    else if (token->len == search->key_len && memcmp(token->text, search->key, token->len) == 0)
        rest = search->end;
    if (rest == NULL)
        return;
    search->is_second = search->is_second && !search->is_complete;
    search->rest = rest;
    search->key = search->text + token->offset;
    search->key_len = token->len;
    search->span = (struct locate_span){(size_t)token->offset, token->len, 0};
    search->value_comes = true;
}

static bool take_element(struct search *search, const struct lexer_token *token)
{
    const char *rest = match_index(search);

    search->index++;
    if (rest == NULL)
        return false;
    search->rest = rest;
    search->span = (struct locate_span){(size_t)token->offset, lexer_token_length(token), 0};
    return reach(search, token);
}

/* Takes a token of the request.  Returns whether the search is over. */
static bool follow(struct search *search, const struct lexer_token *token)
{
    if (lexer_closes(token))
        return token->depth == search->depth;
    if (token->depth != search->depth + 1)
        return false;
    if (search->value_comes)
        return take_value(search, token);
    if (token->kind == LEXER_KEY)
        take_key(search, token);
    return search->is_array && take_element(search, token);
}

/* The request's first token: it is what the empty path leads to. */
static bool begin(struct search *search, const struct lexer_token *token)
{
    static const char jobs[] = "jobs";

    search->span = (struct locate_span){(size_t)token->offset, lexer_token_length(token), 0};
    /* A bare array may have been sent as an object's member. */
    if (token->kind == LEXER_ARRAY_BEGIN && search->end - search->rest > 4 &&
        memcmp(search->rest, jobs, 4) == 0 && search->rest[4] == '[') {
        search->skipped = 4;
        search->rest += search->skipped;
    }
    if (!lexer_opens(token) || search->rest == search->end)
        return true;
    enter(search, token);
    return false;
}

/* What is wrong with the syntax, or nested too deep, is where reading stopped. */
static void point_at_fault(const struct lexer *lexer, enum lexer_token_kind kind, size_t len,
                           struct locate_span *span)
{
    uint64_t at = kind == LEXER_BAD ? lexer_diagnostic_offset(lexer) : lexer_offset(lexer);

    span->offset = at < len ? (size_t)at : len;
    span->len = at < len;
}

static bool search_with(struct lexer *lexer, struct search *search, size_t len, uint64_t request)
{
    struct lexer_token token;
    bool is_over = false, is_fed = true;

    lexer_feed(lexer, search->text, len);
    for (;;) {
        enum lexer_token_kind kind = lexer_next(lexer, &token);

        if (kind == LEXER_MORE && is_fed) {
            is_fed = false;
            lexer_finish(lexer);
            continue;
        }
        if (kind == LEXER_BAD || kind == LEXER_TOO_DEEP) {
            if (request > 0)
                return false;
            point_at_fault(lexer, kind, len, &search->span);
            return true;
        }
        if (kind == LEXER_MORE || lexer_has_stopped(kind))
            return is_over;
        if (request == 0 && !is_over)
            is_over = token.depth == 0 && !lexer_closes(&token) ? begin(search, &token)
                                                                : follow(search, &token);
        if (token.depth == 0 && !lexer_opens(&token) && request-- == 0)
            return true;
    }
}

bool locate(const char *text, size_t len, uint64_t request, struct event_text path, bool is_second,
            struct locate_span *span)
{
    struct lexer *lexer = lexer_new(UINT64_MAX / 2, LEXER_DEPTH_MAX);
    struct search search = {
        .text = text, .rest = path.text != NULL ? path.text : "", .is_second = is_second};
    bool found;

    if (lexer == NULL)
        return false;
    search.end = search.rest + (path.text != NULL ? path.len : 0);
    found = search_with(lexer, &search, len, request);
    lexer_free(lexer);
    search.span.skipped = search.skipped;
    if (found)
        *span = search.span;
    return found;
}
