/* SPDX-License-Identifier: ISC */

/* Refusing: the message, its place, and what becomes of the rest. */

#include "proto/request.h"

#include <stdio.h>
#include <string.h>

#include "proto/nearest.h"
#include "proto/request_internal.h"
#include "proto/utf8.h"

/* A key is shown in a path up to this length, so that what leads to it fits. */
#define PATH_KEY_MAX 128

/* ---- Paths -------------------------------------------------------------------- */

static bool is_identifier(const char *key, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = key[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return len > 0;
}

static void append(char path[FAULT_PATH_MAX], const char *text)
{
    size_t len = strlen(path);
    snprintf(path + len, FAULT_PATH_MAX - len, "%s", text);
}

static void append_member(char path[FAULT_PATH_MAX], const char *name)
{
    if (path[0] != '\0')
        append(path, ".");
    append(path, name);
}

/* Behind a key that is cut, and behind one that is not. */
#define KEY_CUT "\u2026\"]"
#define KEY_END "\"]"

/* Whether a path may go on with `more` and still be closed. */
static bool has_room(const char path[FAULT_PATH_MAX], const char *more)
{
    size_t len = strlen(path) + strlen(more) + strlen(KEY_CUT);
    size_t escaped = len + 1; /* for the quote in KEY_CUT */
    for (const char *at = path; *at != '\0'; at++)
        escaped += *at == '"' || *at == '\\';
    for (const char *at = more; *at != '\0'; at++)
        escaped += *at == '"' || *at == '\\';
    return len < FAULT_PATH_MAX && escaped <= FAULT_PATH_ESCAPED_MAX;
}

/* Appends a decoded key that is no identifier as ["..."], as far as it fits. */
static void append_quoted(char path[FAULT_PATH_MAX], const char *key, size_t len)
{
    const char *at = key, *end = key + len;
    append(path, "[\"");
    while (at < end && at - key < PATH_KEY_MAX) {
        char quoted[FAULT_QUOTE_SIZE], piece[FAULT_QUOTE_SIZE + 1];
        const char *next = at + 1;
        while (next < end && utf8_is_inside(*next))
            next++;
        snprintf(piece, sizeof(piece), "%s%s", *at == '"' || *at == '\\' ? "\\" : "",
                 fault_quote(quoted, at, (size_t)(next - at)));
        if (!has_room(path, piece))
            break;
        append(path, piece);
        at = next;
    }
    append(path, at < end ? KEY_CUT : KEY_END);
}

void request_append_key(char path[FAULT_PATH_MAX], const char *key, size_t len)
{
    if (len > PATH_KEY_MAX || !is_identifier(key, len)) {
        append_quoted(path, key, len);
        return;
    }
    char name[PATH_KEY_MAX + 1];
    memcpy(name, key, len);
    name[len] = '\0';
    append_member(path, name);
}

void request_append_index(char path[FAULT_PATH_MAX], uint64_t index)
{
    char text[32];
    snprintf(text, sizeof(text), "[%llu]", (unsigned long long)index);
    append(path, text);
}

static void write_path(const struct request_reading *reading, char path[FAULT_PATH_MAX])
{
    size_t len;
    path[0] = '\0';
    for (unsigned i = 0; i < reading->n_frames; i++) {
        const struct request_frame *frame = &reading->frames[i];
        if (frame->member != NULL)
            append_member(path, frame->member->name);
        else if (frame->has_index && frame->context->key == NULL)
            request_append_index(path, frame->index);
        else if (frame->has_index) { /* the pool that was declared last */
            const char *pool = plan_pool_name(reading->plan, plan_n_pools(reading->plan), &len);
            request_append_key(path, pool, len);
        }
    }
}

/* ---- Refusing ------------------------------------------------------------------ */

void request_fault(struct request_reading *reading, enum fault_code code, uint64_t offset,
                   const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (fault_vset(&reading->fault, code, offset, format, arguments))
        write_path(reading, reading->fault.path);
    va_end(arguments);
}

void request_fault_member(struct request_reading *reading, unsigned place, enum fault_code code,
                          uint64_t offset, const char *format, ...)
{
    struct request_frame *frame = request_frame(reading);
    va_list arguments;
    va_start(arguments, format);
    frame->member = &frame->context->members[place];
    if (fault_vset(&reading->fault, code, offset, format, arguments))
        write_path(reading, reading->fault.path);
    frame->member = NULL;
    va_end(arguments);
}

/* What takes a total beyond its limit: a member of the job, or the job. */
static void fault_total(struct request_reading *reading, uint64_t offset, uint64_t got,
                        const char *what, uint64_t most)
{
    const struct request_frame *frame = reading->n_frames > 0 ? request_frame(reading) : NULL;
    bool member = frame != NULL && frame->member != NULL;
    const char *quote = member ? "\"" : "";
    request_fault(reading, FAULT_TOO_LARGE, offset,
                  "%s%s%s makes it %llu %s or more, and a request takes at most %llu", quote,
                  member ? frame->member->name : "this job", quote, (unsigned long long)got, what,
                  (unsigned long long)most);
}

void request_too_many_jobs(struct request_reading *reading, uint64_t offset, uint64_t got)
{
    fault_total(reading, offset, got, "jobs", reading->limits->plan.max_jobs);
}

void request_too_many_steps(struct request_reading *reading, uint64_t offset, uint64_t got)
{
    fault_total(reading, offset, got, "steps (jobs x steps x repeat x (1 + retries))",
                reading->limits->plan.max_steps);
}

/* Whose value is read by the innermost of n objects and arrays: `"count"`, or `each of "after"`. */
static void name_subject(const struct request_reading *reading, unsigned n, char *out, size_t size)
{
    if (n == 0)
        snprintf(out, size, "a request");
    else if (reading->frames[n - 1].member != NULL)
        snprintf(out, size, "\"%s\"", reading->frames[n - 1].member->name);
    else if (n > 1 && reading->frames[n - 2].member != NULL)
        snprintf(out, size, "each of \"%s\"", reading->frames[n - 2].member->name);
    else
        snprintf(out, size, "each of the jobs");
}

static void describe(const struct lexer_token *token, char *out, size_t size)
{
    char quoted[FAULT_QUOTE_SIZE];
    if (token->kind == LEXER_OBJECT_BEGIN)
        snprintf(out, size, "an object");
    else if (token->kind == LEXER_ARRAY_BEGIN)
        snprintf(out, size, "an array");
    else if (token->kind == LEXER_STRING)
        snprintf(out, size, "\"%s\"", fault_quote(quoted, token->text + 1, token->len - 2));
    else
        snprintf(out, size, "%s", fault_quote(quoted, token->text, token->len));
}

void request_wrong(struct request_reading *reading, const struct lexer_token *token,
                   const char *what)
{
    if (!request_has_earlier_fault(reading, token->offset)) {
        char subject[64], got[FAULT_QUOTE_SIZE + 2];
        name_subject(reading, reading->n_frames, subject, sizeof(subject));
        describe(token, got, sizeof(got));
        request_fault(reading, FAULT_INVALID_REQUEST, token->offset, "%s takes %s, not %s", subject,
                      what, got);
    }
    request_pass(reading, token);
}

void request_lacks(struct request_reading *reading, const struct lexer_token *token,
                   const char *takes, const char *lacks)
{
    char subject[64];
    name_subject(reading, reading->n_frames - 1, subject, sizeof(subject));
    request_fault(reading, FAULT_INVALID_REQUEST, token->offset, "%s takes %s, and this one has %s",
                  subject, takes, lacks);
}

void request_wrong_count(struct request_reading *reading, const struct lexer_token *token,
                         const char *what, uint64_t most)
{
    char subject[64], got[FAULT_QUOTE_SIZE + 2];
    if (request_has_earlier_fault(reading, token->offset))
        return;
    name_subject(reading, reading->n_frames, subject, sizeof(subject));
    describe(token, got, sizeof(got));
    request_fault(reading, FAULT_TOO_LARGE, token->offset,
                  "%s is %s, and a request takes at most %llu %s", subject, got,
                  (unsigned long long)most, what);
}

void request_too_long(struct request_reading *reading, uint64_t offset, uint64_t got,
                      const char *what, const char *limit, uint64_t most)
{
    char subject[64], by[32] = "";
    if (request_has_earlier_fault(reading, offset))
        return;
    name_subject(reading, reading->n_frames, subject, sizeof(subject));
    if (limit != NULL)
        snprintf(by, sizeof(by), " (%s)", limit);
    request_fault(reading, FAULT_TOO_LARGE, offset,
                  "%s takes %s of at most %llu bytes%s, and this has %llu or more", subject, what,
                  (unsigned long long)most, by, (unsigned long long)got);
}

/* As much of a key as is shown, and a sign that there is more: decoding all of one
 * that fills a request would take a while. */
static struct lexer_token beginning_of(const struct lexer_token *key)
{
    const size_t most = 6 * (PATH_KEY_MAX + 4);
    struct lexer_token beginning = *key;
    size_t len = 1;
    if (key->len <= most)
        return beginning;
    while (len < most)
        len += key->text[len] != '\\' ? 1 : key->text[len + 1] == 'u' ? 6 : 2;
    beginning.len = len + 1; /* with what is taken for the quote behind it */
    return beginning;
}

/* A member that the object being read does not have, and those that it takes: of a request those
 * that its operation does, once that has been read. */
static void fault_unknown(struct request_reading *reading, uint64_t offset, const char *name,
                          size_t len)
{
    const struct request_context *context = request_frame(reading)->context;
    uint32_t taken = UINT32_MAX;
    const char *op = context == &request_top ? request_op_so_far(reading, &taken) : NULL;
    char quoted[FAULT_QUOTE_SIZE], noun[32];
    struct request_list list;
    struct nearest nearest;
    fault_quote(quoted, name, len);
    nearest_begin(&nearest, name, len);
    for (unsigned i = 0; i < context->n_members; i++)
        if ((taken >> i & 1) != 0)
            nearest_try(&nearest, context->members[i].name);
    request_list_members(&list, context, taken);
    if (op != NULL)
        snprintf(noun, sizeof noun, "a \"%s\" request", op);
    fault_set(&reading->fault, FAULT_INVALID_REQUEST, offset,
              "%s has no member \"%s\"%s%s%s; it takes %s", op != NULL ? noun : context->noun,
              quoted, nearest.best != NULL ? " (did you mean \"" : "",
              nearest.best != NULL ? nearest.best : "", nearest.best != NULL ? "\"?)" : "",
              list.text);
}

static void fault_key(struct request_reading *reading, const struct lexer_token *key, bool second)
{
    const struct request_context *context = request_frame(reading)->context;
    const char *name;
    size_t len;
    const struct lexer_token beginning = beginning_of(key);
    if (request_has_earlier_fault(reading, key->offset) ||
        request_decode(reading, &beginning, &name, &len) != 0)
        return;
    struct fault *fault = &reading->fault;
    if (second) {
        char quoted[FAULT_QUOTE_SIZE];
        fault_quote(quoted, name, len);
        fault_set(fault, FAULT_INVALID_REQUEST, key->offset,
                  "%s takes each member once, and \"%s\" is there twice", context->noun, quoted);
    } else {
        fault_unknown(reading, key->offset, name, len);
    }
    request_frame(reading)->member = NULL;
    write_path(reading, fault->path);
    request_append_key(fault->path, name, len);
}

void request_unknown_key(struct request_reading *reading, const struct lexer_token *key)
{
    fault_key(reading, key, false);
    request_pass_next(reading, key->depth);
}

void request_second_key(struct request_reading *reading, const struct lexer_token *key)
{
    fault_key(reading, key, true);
    request_pass_next(reading, key->depth);
}

/* ---- Passing over ---------------------------------------------------------------- */

void request_pass_next(struct request_reading *reading, unsigned depth)
{
    if (reading->dropped)
        return;
    reading->skipping = true;
    reading->skip_depth = depth;
    lexer_skip(reading->lexer, true);
}

void request_pass(struct request_reading *reading, const struct lexer_token *token)
{
    if (lexer_opens(token))
        request_pass_next(reading, token->depth);
}

void request_drop(struct request_reading *reading)
{
    plan_free(reading->plan);
    reading->plan = NULL;
    reading->jobs = 0;
    reading->kept_bytes = 0;
    if (reading->dropped || reading->sealing)
        return;
    const struct request_member *member = reading->n_frames == 1 ? reading->frames[0].member : NULL;
    reading->dropped = true;
    reading->dropped_id = member != NULL && strcmp(member->name, "id") == 0 && !reading->skipping;
    reading->skipping = reading->copying = false;
    reading->n_frames = 0;
    lexer_skip(reading->lexer, reading->bare || reading->open_depth > 1);
}

void request_no_memory(struct request_reading *reading)
{
    request_fault(reading, FAULT_OVERLOADED, lexer_offset(reading->lexer), REQUEST_NO_MEMORY);
    request_drop(reading);
}

/* ---- What the plan found --------------------------------------------------------- */

void request_write_element(const struct request_reading *reading, uint32_t element,
                           const char *member, char path[FAULT_PATH_MAX])
{
    if (element == PLAN_NONE)
        snprintf(path, FAULT_PATH_MAX, "defaults");
    else
        snprintf(path, FAULT_PATH_MAX, "%s[%lu]", reading->bare ? "" : "jobs",
                 (unsigned long)element);
    if (member != NULL)
        append_member(path, member);
}

static void fault_after(struct request_reading *reading, const struct plan_fault *found,
                        const char *before, const char *behind)
{
    char quoted[FAULT_QUOTE_SIZE];
    bool in_array = (found->where & 1) != 0;
    if (!fault_set(&reading->fault, FAULT_INVALID_REQUEST, found->where >> 1, "%s%s%s", before,
                   fault_quote(quoted, found->names, found->names_len), behind))
        return;
    request_write_element(reading, found->element, "after", reading->fault.path);
    if (in_array)
        request_append_index(reading->fault.path, found->after);
}

void request_plan_fault(struct request_reading *reading)
{
    const struct plan_fault *found = &reading->found;
    /* Totals are placed where the request ends, or before what else is at fault: they
     * were not held to more than that. */
    uint64_t end = reading->fault.code != FAULT_NONE ? reading->fault.offset - 1
                                                     : lexer_offset(reading->lexer);
    switch (found->kind) {
    case PLAN_FAULT_UNKNOWN:
        fault_after(reading, found,
                    "\"after\" takes names of jobs in the request, and none is called \"", "\"");
        return;
    case PLAN_FAULT_CYCLE:
        fault_after(reading, found,
                    "\"after\" takes jobs that do not wait for this one in turn: ", "");
        return;
    case PLAN_FAULT_POOL:
        request_pool_fault(reading);
        return;
    case PLAN_FAULT_JOBS:
        request_too_many_jobs(reading, end, found->got);
        break;
    case PLAN_FAULT_STEPS:
        request_too_many_steps(reading, end, found->got);
        break;
    }
    if (reading->fault.offset == end)
        request_write_element(reading, found->element, NULL, reading->fault.path);
}

/* ---- Lists of words ---------------------------------------------------------------- */

static void list_word(struct request_list *list, const char *before, const char *word,
                      const char *quote)
{
    size_t room = sizeof(list->text) - list->len;
    int len = snprintf(list->text + list->len, room, "%s%s%s%s", before, quote, word, quote);
    if (len > 0 && (size_t)len < room)
        list->len += (size_t)len;
}

void request_list_words(struct request_list *list, const char *const *words, unsigned n)
{
    list->text[list->len = 0] = '\0';
    for (unsigned i = 0; i < n; i++)
        list_word(list, i == 0 ? "" : i + 1 < n ? ", " : " or ", words[i], "\"");
}

void request_list_members(struct request_list *list, const struct request_context *context,
                          uint32_t set)
{
    unsigned left = 0;
    for (unsigned i = 0; i < context->n_members; i++)
        left += set >> i & 1;
    list->text[list->len = 0] = '\0';
    for (unsigned i = 0; i < context->n_members; i++) {
        if ((set >> i & 1) == 0)
            continue;
        left--;
        list_word(list,
                  list->len == 0 ? ""
                  : left > 0     ? ", "
                                 : " and ",
                  context->members[i].name, "");
    }
}
