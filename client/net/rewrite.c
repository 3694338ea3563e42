/* SPDX-License-Identifier: ISC */
#include "client/net/rewrite.h"

#include <stdlib.h>
#include <string.h>

#include "proto/lexer.h"
#include "proto/plan.h"
#include "proto/scan.h"

struct rewrite {
    struct lexer *lexer;
    const struct overrides *overrides; /* NULL for none */
    struct bytes *levels;              /* where "events":"all" is asked for, else NULL */
    bool has_flag;                     /* --events, which then has only given the level */
    enum plan_events flag;
    bool copies; /* the bytes, rather than write tokens */
    enum rewrite_state state;
    uint64_t requests;
    bool was_submit;

    /* The request in progress. */
    bool is_open;
    bool has_jobs;
    bool op_comes; /* the next token is the value of `op` */
    bool has_op, op_is_submit, op_is_forecast, op_is_quit;
    bool has_runs;
    bool events_come; /* the next token is the value of `events` */
    bool has_events;
    enum plan_events level; /* that it asks for itself */
    unsigned members;       /* of the request's object, written so far */

    /* Where tokens are written, and what is between them. */
    bool is_dropping;  /* a member that is overridden, until the next one begins */
    struct bytes held; /* those dropped, each with a comma in front */
    bool is_first;     /* of its array or object */
    bool after_key;

    /* What the last token does not cover, should the text turn out to be none. */
    struct bytes tail;
    uint64_t covered; /* the offset up to which tokens cover the input */
};

/* Whether a key or string token says the same as that one, which is a string in its quotes. */
static bool is_word(const struct lexer_token *token, const char *word)
{
    return lexer_same_string(token->text, token->len, word, strlen(word));
}

/* Whether a string token is a level of events, which is then in *level. */
static bool is_level(const struct lexer_token *token, enum plan_events *level)
{
    static const char *const names[] = {[PLAN_EVENTS_DONE] = "\"done\"",
                                        [PLAN_EVENTS_ALL] = "\"all\"",
                                        [PLAN_EVENTS_NONE] = "\"none\""};

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (is_word(token, names[i])) {
            *level = (enum plan_events)i;
            return true;
        }
    }
    return false;
}

/* The flag's level is what the user asks for; what is sent is another matter. */
static void take_flag(struct rewrite *rewrite)
{
    const char *json = NULL;

    if (rewrite->levels != NULL && rewrite->overrides != NULL)
        json = rewrite->overrides->json[OVERRIDE_EVENTS];
    rewrite->has_flag = json != NULL;
    if (json != NULL)
        is_level(&(struct lexer_token){.text = json, .len = strlen(json)}, &rewrite->flag);
}

struct rewrite *rewrite_new(const struct overrides *overrides, struct bytes *levels)
{
    struct rewrite *rewrite = calloc(1, sizeof *rewrite);

    if (rewrite == NULL)
        return NULL;
    rewrite->lexer = lexer_new(UINT64_MAX / 2, LEXER_DEPTH_MAX);
    if (rewrite->lexer == NULL) {
        free(rewrite);
        return NULL;
    }
    if (overrides != NULL && overrides_any(overrides))
        rewrite->overrides = overrides;
    rewrite->levels = levels;
    rewrite->copies = rewrite->overrides == NULL && levels == NULL;
    take_flag(rewrite);
    return rewrite;
}

void rewrite_free(struct rewrite *rewrite)
{
    if (rewrite == NULL)
        return;
    lexer_free(rewrite->lexer);
    bytes_fini(&rewrite->held);
    bytes_fini(&rewrite->tail);
    free(rewrite);
}

uint64_t rewrite_requests(const struct rewrite *rewrite)
{
    return rewrite->requests;
}

bool rewrite_is_between(const struct rewrite *rewrite)
{
    return !rewrite->is_open && lexer_held(rewrite->lexer) == 0 && rewrite->state != REWRITE_BROKEN;
}

bool rewrite_was_submit(const struct rewrite *rewrite)
{
    return rewrite->was_submit;
}

bool rewrite_was_forecast(const struct rewrite *rewrite)
{
    return rewrite->op_is_forecast;
}

bool rewrite_had_runs(const struct rewrite *rewrite)
{
    return rewrite->has_runs;
}

static void write_token(struct rewrite *rewrite, const struct lexer_token *token, struct bytes *out)
{
    if (rewrite->is_dropping)
        out = &rewrite->held;
    if (rewrite->after_key)
        bytes_add_char(out, ':');
    else if (!lexer_closes(token) && !rewrite->is_first)
        bytes_add_char(out, ',');
    bytes_add(out, lexer_token_text(token), lexer_token_length(token));
    rewrite->after_key = token->kind == LEXER_KEY;
    rewrite->is_first = lexer_opens(token);
}

static bool is_overridden(const struct rewrite *rewrite, const struct lexer_token *key)
{
    char decoded[128];

    if (rewrite->overrides == NULL)
        return false;
    if (!key->escaped)
        return overrides_has(rewrite->overrides, key->text + 1, key->len - 2);
    return key->len <= sizeof decoded &&
           overrides_has(rewrite->overrides, decoded, lexer_decode(key->text, key->len, decoded));
}

static void open_request(struct rewrite *rewrite)
{
    rewrite->is_open = true;
    rewrite->has_jobs = rewrite->has_op = rewrite->op_comes = false;
    rewrite->op_is_submit = rewrite->op_is_forecast = rewrite->op_is_quit = false;
    rewrite->has_runs = false;
    rewrite->events_come = rewrite->has_events = false;
    rewrite->level = rewrite->flag;
    rewrite->members = 0;
    rewrite->is_first = true;
    rewrite->after_key = rewrite->is_dropping = false;
    bytes_consume(&rewrite->held, bytes_len(&rewrite->held));
}

static void close_request(struct rewrite *rewrite)
{
    rewrite->is_open = false;
    rewrite->was_submit = rewrite->has_op ? rewrite->op_is_submit : rewrite->has_jobs;
    if (rewrite->op_is_quit)
        rewrite->state = REWRITE_QUIT;
    else
        rewrite->requests++;
    if (rewrite->levels != NULL && !rewrite->op_is_quit)
        bytes_add_char(rewrite->levels, (char)rewrite->level);
}

/* What a batch gets that does not say it itself. */
static void append_members(struct rewrite *rewrite, struct bytes *out)
{
    bool is_first = rewrite->members == 0;

    if (rewrite->overrides != NULL) {
        struct overrides put_in = *rewrite->overrides; /* borrowed */

        if (rewrite->has_flag)
            put_in.json[OVERRIDE_EVENTS] = NULL;
        overrides_append(&put_in, is_first, out);
        is_first &= !overrides_any(&put_in);
    }
    if (rewrite->levels != NULL && (!rewrite->has_events || rewrite->has_flag))
        bytes_add_string(out, is_first ? "\"events\":\"all\"" : ",\"events\":\"all\"");
}

/* Whether the overrides are for this request. */
static bool takes_members(const struct rewrite *rewrite)
{
    return rewrite->was_submit || (rewrite->op_is_forecast && rewrite->overrides != NULL &&
                                   rewrite->overrides->json[OVERRIDE_OP] != NULL);
}

/* Appends the members that were dropped after all. */
static void append_held(const struct rewrite *rewrite, struct bytes *out)
{
    size_t len = bytes_len(&rewrite->held), comma = rewrite->members == 0;

    if (len > 0)
        bytes_add(out, bytes_at(&rewrite->held) + comma, len - comma);
}

/* The brackets of a whole request, and requests that have none. */
static void take_outermost(struct rewrite *rewrite, const struct lexer_token *token,
                           struct bytes *out)
{
    if (!lexer_closes(token))
        open_request(rewrite);
    if (token->kind == LEXER_ARRAY_BEGIN) {
        bytes_add_string(out, "{\"jobs\":");
        rewrite->members = 1;
        rewrite->has_jobs = true;
    }
    if (token->kind != LEXER_OBJECT_END)
        bytes_add(out, lexer_token_text(token), lexer_token_length(token));
    if (lexer_opens(token))
        return;
    close_request(rewrite);
    if (lexer_closes(token)) {
        if (takes_members(rewrite))
            append_members(rewrite, out);
        else
            append_held(rewrite, out);
        bytes_add_char(out, '}');
    }
    bytes_add_char(out, '\n');
}

/* What a request says of itself: its operation, or that there are jobs in it. */
static void note_member(struct rewrite *rewrite, const struct lexer_token *token)
{
    if (token->kind == LEXER_KEY) {
        rewrite->op_comes = is_word(token, "\"op\"");
        rewrite->has_jobs |= is_word(token, "\"jobs\"");
        rewrite->has_runs |= is_word(token, "\"runs\"");
        rewrite->events_come = is_word(token, "\"events\"");
        rewrite->has_events |= rewrite->events_come;
    } else if (rewrite->op_comes) {
        rewrite->op_comes = false;
        rewrite->has_op = true;
        rewrite->op_is_submit = token->kind == LEXER_STRING && is_word(token, "\"submit\"");
        rewrite->op_is_forecast = token->kind == LEXER_STRING && is_word(token, "\"forecast\"");
        rewrite->op_is_quit = token->kind == LEXER_STRING && is_word(token, "\"quit\"");
    }
}

static const struct lexer_token all_events = {
    .kind = LEXER_STRING, .text = "\"all\"", .len = sizeof "\"all\"" - 1};

/* Whether the token is a level of events, in the place of which all are asked
 * for.  Anything else there is for the daemon to refuse. */
static bool asks_for_less(struct rewrite *rewrite, const struct lexer_token *token)
{
    return rewrite->levels != NULL && rewrite->events_come && !rewrite->is_dropping &&
           token->kind == LEXER_STRING && is_level(token, &rewrite->level);
}

static void take_inner(struct rewrite *rewrite, const struct lexer_token *token, struct bytes *out)
{
    if (token->depth == 1 && token->kind == LEXER_KEY) {
        rewrite->is_dropping = is_overridden(rewrite, token);
        rewrite->is_first = !rewrite->is_dropping && rewrite->members == 0;
        rewrite->members += !rewrite->is_dropping;
    }
    if (token->depth == 1 && asks_for_less(rewrite, token))
        write_token(rewrite, &all_events, out);
    else
        write_token(rewrite, token, out);
}

/* Where nothing changes the bytes are copied elsewhere and only counted here. */
static void count_outermost(struct rewrite *rewrite, const struct lexer_token *token)
{
    if (!lexer_closes(token))
        open_request(rewrite);
    rewrite->has_jobs |= token->kind == LEXER_ARRAY_BEGIN;
    if (!lexer_opens(token))
        close_request(rewrite);
}

static void take(struct rewrite *rewrite, const struct lexer_token *token, struct bytes *out)
{
    if (token->depth == 1)
        note_member(rewrite, token);
    if (rewrite->copies) {
        if (token->depth == 0)
            count_outermost(rewrite, token);
        return;
    }
    rewrite->covered = token->offset + lexer_token_length(token);
    bytes_consume(&rewrite->tail, bytes_len(&rewrite->tail));
    if (token->depth == 0)
        take_outermost(rewrite, token, out);
    else
        take_inner(rewrite, token, out);
}

/* Keeps what the last token leaves over of a piece, white space in front of it
 * as a single blank. */
static void keep_tail(struct rewrite *rewrite, const char *piece, size_t len, uint64_t start)
{
    struct bytes *tail = &rewrite->tail;
    size_t skip = rewrite->covered > start ? (size_t)(rewrite->covered - start) : 0;
    bool is_fresh = bytes_len(tail) == 0 || (bytes_len(tail) == 1 && *bytes_at(tail) == ' ');
    const char *first = piece + (skip < len ? skip : len), *end = piece + len;
    const char *text = is_fresh ? scan_blanks(first, end) : first;

    if (text > first && bytes_len(tail) == 0)
        bytes_add_char(tail, ' ');
    bytes_add(tail, text, (size_t)(end - text));
}

/* What is no JSON is sent with all that leads to it, so that the daemon says what is
 * wrong there and nothing else. */
static void send_tail(struct rewrite *rewrite, struct bytes *out)
{
    if (rewrite->is_open && rewrite->is_dropping)
        append_held(rewrite, out);
    if (bytes_len(&rewrite->tail) > 0)
        bytes_add(out, bytes_at(&rewrite->tail), bytes_len(&rewrite->tail));
}

/* Takes tokens until the piece, or after lexer_finish() the input, is used up. */
static void take_tokens(struct rewrite *rewrite, struct bytes *out)
{
    struct lexer_token token;

    while (rewrite->state == REWRITE_GOING) {
        enum lexer_token_kind kind = lexer_next(rewrite->lexer, &token);

        if (kind == LEXER_MORE || kind == LEXER_END)
            return;
        if (lexer_has_stopped(kind))
            rewrite->state = kind == LEXER_NOMEM ? REWRITE_NOMEM : REWRITE_BROKEN;
        else
            take(rewrite, &token, out);
    }
}

static enum rewrite_state conclude(struct rewrite *rewrite, const struct bytes *out)
{
    if (rewrite->held.failed || rewrite->tail.failed || out->failed)
        rewrite->state = REWRITE_NOMEM;
    return rewrite->state;
}

enum rewrite_state rewrite_feed(struct rewrite *rewrite, const char *piece, size_t len,
                                struct bytes *out)
{
    uint64_t start = lexer_offset(rewrite->lexer);

    if (rewrite->copies)
        bytes_add(out, piece, len);
    lexer_feed(rewrite->lexer, piece, len);
    take_tokens(rewrite, out);
    if (!rewrite->copies && rewrite->state != REWRITE_QUIT) {
        keep_tail(rewrite, piece, len, start);
        if (rewrite->state == REWRITE_BROKEN)
            send_tail(rewrite, out);
    }
    return conclude(rewrite, out);
}

enum rewrite_state rewrite_finish(struct rewrite *rewrite, struct bytes *out)
{
    if (rewrite->state != REWRITE_GOING)
        return rewrite->state;
    lexer_finish(rewrite->lexer);
    take_tokens(rewrite, out);
    if (rewrite->state == REWRITE_BROKEN && !rewrite->copies)
        send_tail(rewrite, out);
    else if (rewrite->state == REWRITE_GOING)
        bytes_add_char(out, '\n');
    return conclude(rewrite, out);
}
