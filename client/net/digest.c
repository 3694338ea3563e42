/* SPDX-License-Identifier: ISC */
#include "client/net/digest.h"

#include <string.h>

#include "client/net/graph.h"

/* Where in a request the tokens are. */
enum { ELSEWHERE, JOBS, DEFAULTS };

/* Which member's value comes, or is under way. */
enum { NOTHING, THE_JOBS, THE_DEFAULTS, THE_EVENTS, THE_CLOCK, THE_COUNT, THE_AFTER };

static bool is_begin(const struct lexer_token *token)
{
    return token->kind == LEXER_OBJECT_BEGIN || token->kind == LEXER_ARRAY_BEGIN;
}

static bool is_end(const struct lexer_token *token)
{
    return token->kind == LEXER_OBJECT_END || token->kind == LEXER_ARRAY_END;
}

bool digest_is(const struct lexer_token *token, const char *word)
{
    char decoded[64];
    size_t len = strlen(word);

    if (!token->escaped)
        return token->len == len + 2 && memcmp(token->text + 1, word, len) == 0;
    return token->len <= sizeof decoded && lexer_decode(token->text, token->len, decoded) == len &&
           memcmp(decoded, word, len) == 0;
}

bool digest_level(const struct lexer_token *token, enum asked_events *events)
{
    static const char *const names[] = {
        [ASKED_DONE] = "done", [ASKED_ALL] = "all", [ASKED_NONE] = "none"};

    if (token->kind != LEXER_STRING)
        return false;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (digest_is(token, names[i])) {
            *events = (enum asked_events)i;
            return true;
        }
    }
    return false;
}

void digest_fini(struct digest *digest)
{
    graph_free(digest->graph);
    asked_fini(&digest->queue);
    bytes_fini(&digest->decoded);
    *digest = (struct digest){0};
}

static void open_request(struct digest *digest, const struct lexer_token *token)
{
    graph_free(digest->graph);
    digest->graph = digest->wants_graph ? graph_new() : NULL;
    digest->events = digest->assumed;
    digest->clock = digest->is_virtual ? ASKED_VIRTUAL : ASKED_REAL;
    digest->member = NOTHING;
    /* An array as the whole request is its jobs. */
    digest->place = token->kind == LEXER_ARRAY_BEGIN ? JOBS : ELSEWHERE;
    digest->job_depth = 1;
}

void digest_close(struct digest *digest, bool will_be_answered)
{
    struct asked asked = {digest->events, digest->clock, NULL};

    if (digest->graph != NULL && graph_seal(digest->graph)) {
        asked.graph = digest->graph;
        digest->graph = NULL;
    }
    if (will_be_answered)
        asked_push(&digest->queue, asked);
    else
        graph_free(asked.graph);
}

/* ---- The request's own members ---------------------------------------------- */

static void take_member(struct digest *digest, const struct lexer_token *token)
{
    if (token->kind == LEXER_KEY) {
        digest->member = digest_is(token, "jobs")       ? THE_JOBS
                         : digest_is(token, "defaults") ? THE_DEFAULTS
                         : digest_is(token, "events")   ? THE_EVENTS
                         : digest_is(token, "clock")    ? THE_CLOCK
                                                        : NOTHING;
    } else if (is_end(token)) {
        if (digest->place == DEFAULTS && digest->graph != NULL)
            graph_set_defaults(digest->graph, digest->count, digest->has_after);
        digest->place = ELSEWHERE;
    } else if (digest->member == THE_EVENTS && !digest->is_assumed_of_all) {
        digest_level(token, &digest->events);
    } else if (digest->member == THE_CLOCK && token->kind == LEXER_STRING) {
        if (digest_is(token, "virtual"))
            digest->clock = ASKED_VIRTUAL;
    } else if (digest->member == THE_JOBS && token->kind == LEXER_ARRAY_BEGIN) {
        digest->place = JOBS;
        digest->job_depth = 2;
    } else if (digest->member == THE_DEFAULTS && token->kind == LEXER_OBJECT_BEGIN) {
        digest->place = DEFAULTS;
        digest->member = NOTHING;
        digest->count = 0;
        digest->has_after = false;
    }
}

/* ---- The members of a job or of the defaults ---------------------------------- */

static unsigned long long read_count(const struct lexer_token *token)
{
    unsigned long long count = 0;

    for (size_t i = 0; i < token->len; i++) {
        unsigned digit = (unsigned)(token->text[i] - '0');

        if (digit > 9 || __builtin_mul_overflow(count, 10, &count) ||
            __builtin_add_overflow(count, digit, &count))
            return 0;
    }
    return count;
}

static void add_after(struct digest *digest, const struct lexer_token *token)
{
    const char *name = token->text + 1;
    size_t len = token->len - 2;

    if (token->escaped) {
        char *room;

        bytes_consume(&digest->decoded, bytes_len(&digest->decoded));
        room = bytes_reserve(&digest->decoded, token->len);
        if (room == NULL)
            return;
        len = lexer_decode(token->text, token->len, room);
        name = room;
    }
    graph_add_after(digest->graph, name, len);
}

/* depth: that of the keys. */
static void take_job_member(struct digest *digest, const struct lexer_token *token, unsigned depth)
{
    if (token->kind == LEXER_KEY && token->depth == depth) {
        digest->member = digest_is(token, "after")   ? THE_AFTER
                         : digest_is(token, "count") ? THE_COUNT
                                                     : NOTHING;
        digest->has_after |= digest->member == THE_AFTER;
    } else if (digest->member == THE_COUNT && token->kind == LEXER_NUMBER) {
        digest->count = read_count(token);
    } else if (digest->member == THE_AFTER && token->kind == LEXER_STRING &&
               token->depth <= depth + 1) {
        add_after(digest, token);
    }
}

static void take_in_jobs(struct digest *digest, const struct lexer_token *token)
{
    if (token->depth > digest->job_depth) {
        take_job_member(digest, token, digest->job_depth + 1);
    } else if (is_begin(token)) {
        digest->member = NOTHING;
        digest->count = 0;
        digest->has_after = false;
    } else if (is_end(token)) {
        graph_add_jobs(digest->graph, digest->count, digest->has_after);
    }
}

void digest_take(struct digest *digest, const struct lexer_token *token)
{
    bool is_array;

    if (token->depth == 0) {
        if (!is_end(token))
            open_request(digest, token);
        return;
    }
    is_array = digest->place == JOBS && digest->job_depth == 1;
    if (token->depth == 1 && !is_array)
        take_member(digest, token);
    else if (digest->graph != NULL && digest->place == JOBS)
        take_in_jobs(digest, token);
    else if (digest->graph != NULL && digest->place == DEFAULTS)
        take_job_member(digest, token, 2);
}
