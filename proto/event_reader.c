/* SPDX-License-Identifier: ISC */
#include "proto/event_reader.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "proto/duration.h"
#include "proto/event_scan.h"
#include "proto/lexer.h"

struct event_reader {
    struct lexer *lexer; /* NULL after a line that was not JSON */
    char *decoded;       /* the strings of the line read last */
    size_t room;         /* at decoded; at least the line's length */
    size_t used;
};

static const struct {
    const char *name;
    size_t len;
    enum event_kind kind;
} kinds[] = {
    {"done", 4, EVENT_DONE},
    {"step", 4, EVENT_STEP},
    {"started", 7, EVENT_STARTED},
    {"retry", 5, EVENT_RETRY},
    {"accepted", 8, EVENT_ACCEPTED},
    {"finished", 8, EVENT_FINISHED},
    {"error", 5, EVENT_ERROR},
    {"pong", 4, EVENT_PONG},
    {"stats", 5, EVENT_STATS},
    {"cancelled", 9, EVENT_CANCELLED},
    {"summary", 7, EVENT_SUMMARY},
    {"pool", 4, EVENT_POOL},
    {"run", 3, EVENT_RUN},
    {"forecast", 8, EVENT_FORECAST},
    {"batch", 5, EVENT_BATCH},
    {"batches", 7, EVENT_BATCHES},
    {"forgotten", 9, EVENT_FORGOTTEN},
    {"unwatched", 9, EVENT_UNWATCHED},
    {"suspended", 9, EVENT_SUSPENDED},
    {"heartbeat", 9, EVENT_HEARTBEAT},
    {"authenticated", 13, EVENT_AUTHENTICATED},
};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

enum member_type { COUNT, TIME, RATIO, STRING, TEXT, TRUTH };

struct member {
    const char *name;
    size_t len;
    enum member_type type;
    size_t offset; /* in struct event_read */
};

#define MEMBER(name, type, field)                                                                  \
    {                                                                                              \
        name, sizeof(name) - 1, type, offsetof(struct event_read, field)                           \
    }

/* Those of `done` first: they are what there is most of. */
static const struct member members[] = {
    MEMBER("batch", COUNT, batch),
    MEMBER("job", COUNT, job),
    MEMBER("name", STRING, name),
    MEMBER("status", STRING, status),
    MEMBER("at", TIME, at_ns),
    MEMBER("due", TIME, due_ns),
    MEMBER("attempts", COUNT, attempts),
    MEMBER("cause", COUNT, cause),
    MEMBER("data", TEXT, data),
    MEMBER("step", COUNT, step),
    MEMBER("kind", STRING, step_kind),
    MEMBER("note", STRING, note),
    MEMBER("duration", TIME, duration_ns),
    MEMBER("attempt", COUNT, attempt),
    MEMBER("delay", TIME, delay_ns),
    MEMBER("id", TEXT, id),
    MEMBER("jobs", COUNT, jobs),
    MEMBER("instance", STRING, instance),
    MEMBER("time", STRING, time),
    MEMBER("ok", COUNT, ok),
    MEMBER("failed", COUNT, failed),
    MEMBER("timed_out", COUNT, timed_out),
    MEMBER("cancelled", COUNT, cancelled),
    MEMBER("skipped", COUNT, skipped),
    MEMBER("elapsed", TIME, elapsed_ns),
    MEMBER("predicted", TIME, predicted_ns),
    MEMBER("sequential", TIME, sequential_ns),
    MEMBER("speedup", RATIO, speedup),
    MEMBER("critical_path", TIME, critical_path_ns),
    MEMBER("code", STRING, code),
    MEMBER("message", STRING, message),
    MEMBER("path", STRING, path),
    MEMBER("version", STRING, version),
    MEMBER("protocol", COUNT, protocol),
    MEMBER("uptime", TIME, uptime_ns),
    MEMBER("connections", COUNT, connections),
    MEMBER("batches", COUNT, batches),
    MEMBER("pending", COUNT, pending),
    MEMBER("accepted", COUNT, accepted),
    MEMBER("events", COUNT, events),
    MEMBER("bytes_in", COUNT, bytes_in),
    MEMBER("bytes_out", COUNT, bytes_out),
    MEMBER("late_p50", TIME, late_p50_ns),
    MEMBER("late_p99", TIME, late_p99_ns),
    MEMBER("late_max", TIME, late_max_ns),
    MEMBER("rss", COUNT, rss),
    MEMBER("latency", TEXT, latency),
    MEMBER("queued", TEXT, queued),
    MEMBER("pool", STRING, pool),
    MEMBER("others", COUNT, others),
    MEMBER("workers", COUNT, workers),
    MEMBER("granted", COUNT, granted),
    MEMBER("queue_max", COUNT, queue_max),
    MEMBER("busy", TIME, busy_ns),
    MEMBER("utilization", RATIO, utilization),
    MEMBER("run", COUNT, run),
    MEMBER("runs", COUNT, runs),
    MEMBER("seed", TEXT, seed),
    MEMBER("ref", STRING, ref),
    MEMBER("seq", COUNT, seq),
    MEMBER("key", STRING, key),
    MEMBER("state", STRING, state),
    MEMBER("durable", STRING, durable),
    MEMBER("owner", STRING, owner),
    MEMBER("principal", STRING, principal),
    MEMBER("last", COUNT, last),
    MEMBER("count", COUNT, count),
    MEMBER("existing", TRUTH, existing),
    MEMBER("late", TIME, late_ns),
};
#define N_MEMBERS (sizeof members / sizeof members[0])

/* `event` itself, whose value becomes the kind. */
static const struct member kind_member = {"event", 5, STRING, 0};

struct event_reader *event_reader_new(void)
{
    return calloc(1, sizeof(struct event_reader));
}

void event_reader_free(struct event_reader *reader)
{
    if (reader == NULL)
        return;
    lexer_free(reader->lexer);
    free(reader->decoded);
    free(reader);
}

static enum event_kind find_kind(struct event_text name)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (name.len == kinds[i].len && memcmp(name.text, kinds[i].name, name.len) == 0)
            return kinds[i].kind;
    return EVENT_UNKNOWN;
}

static inline bool begins_with(const char *line, size_t len, const char *literal)
{
    return len >= strlen(literal) && memcmp(line, literal, strlen(literal)) == 0;
}

enum event_kind event_reader_kind(const char *line, size_t len)
{
    static const char prefix[] = "{\"event\":\"";
    const size_t prefix_len = sizeof prefix - 1;
    const char *end;

    if (len < prefix_len || memcmp(line, prefix, prefix_len) != 0)
        return EVENT_UNKNOWN;
    line += prefix_len;
    /* Nearly all. */
    if (begins_with(line, len - prefix_len, "done\""))
        return EVENT_DONE;
    if (begins_with(line, len - prefix_len, "step\""))
        return EVENT_STEP;
    if (begins_with(line, len - prefix_len, "started\""))
        return EVENT_STARTED;
    end = memchr(line, '"', len - prefix_len);
    if (end == NULL)
        return EVENT_UNKNOWN;
    return find_kind((struct event_text){line, (size_t)(end - line)});
}

/* Makes room for the strings of a line of len bytes, which take less decoded
 * than they do in the line, so that they never move. */
static int make_room(struct event_reader *reader, size_t len)
{
    char *decoded;

    reader->used = 0;
    if (len <= reader->room)
        return 0;
    if (len < 1024)
        len = 1024;
    decoded = realloc(reader->decoded, len);
    if (decoded == NULL)
        return -1;
    reader->decoded = decoded;
    reader->room = len;
    return 0;
}

static struct event_text decode(struct event_reader *reader, const struct lexer_token *token)
{
    char *text = reader->decoded + reader->used;
    size_t len;

    if (!token->escaped)
        return (struct event_text){token->text + 1, token->len - 2};
    len = lexer_decode(token->text, token->len, text);
    reader->used += len;
    return (struct event_text){text, len};
}

/* The member of that name, however it is written. */
static const struct member *find_member(struct event_reader *reader, const struct lexer_token *key)
{
    struct event_text name = decode(reader, key);

    if (event_reader_is(name, kind_member.name))
        return &kind_member;
    for (size_t i = 0; i < N_MEMBERS; i++)
        if (members[i].len == name.len && memcmp(members[i].name, name.text, name.len) == 0)
            return &members[i];
    return NULL;
}

static uint64_t read_count(const char *text, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        if (digit > 9)
            return 0;
        if (value > (UINT64_MAX - digit) / 10)
            return UINT64_MAX;
        value = value * 10 + digit;
    }
    return value;
}

static int64_t read_time(const char *text, size_t len)
{
    int64_t ns = 0;

    return duration_from_number(text, len, INT64_MAX, &ns) == DURATION_TOO_LONG ? INT64_MAX : ns;
}

static double read_ratio(const char *text, size_t len)
{
    char copy[64];

    if (len >= sizeof copy)
        return 0;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return strtod(copy, NULL);
}

/* Takes in a member whose value is a single token. */
static void set_scalar(struct event_reader *reader, struct event_read *event,
                       const struct member *member, const struct lexer_token *token)
{
    char *field = (char *)event + member->offset;
    bool is_string = token->kind == LEXER_STRING, is_number = token->kind == LEXER_NUMBER;

    if (member == &kind_member) {
        if (is_string)
            event->kind = find_kind(decode(reader, token));
        event->has_event = is_string;
    } else if (member->type == STRING && is_string) {
        *(struct event_text *)(void *)field = decode(reader, token);
    } else if (member->type == COUNT && is_number) {
        *(uint64_t *)(void *)field = read_count(token->text, token->len);
        event->has_cause |= member->offset == offsetof(struct event_read, cause);
    } else if (member->type == TIME && is_number) {
        *(int64_t *)(void *)field = read_time(token->text, token->len);
        event->has_due |= member->offset == offsetof(struct event_read, due_ns);
    } else if (member->type == RATIO && is_number) {
        *(double *)(void *)field = read_ratio(token->text, token->len);
    } else if (member->type == TRUTH) {
        *(bool *)(void *)field = token->kind == LEXER_TRUE;
    }
}

/* What is known while a line is read. */
struct reading {
    const char *line;
    uint64_t start;              /* the line's offset in the lexer's stream */
    const struct member *member; /* whose value is next, or NULL for one to pass over */
    size_t value;                /* where in the line that value began */
    bool is_complete;
};

/* Handles the members of the event's object itself. */
static void take(struct event_reader *reader, struct reading *reading, struct event_read *event,
                 const struct lexer_token *token)
{
    size_t where = (size_t)(token->offset - reading->start);
    bool opens = lexer_opens(token), closes = lexer_closes(token);

    if (token->kind == LEXER_KEY) {
        reading->member = find_member(reader, token);
        return;
    }
    if (!closes)
        reading->value = where;
    if (opens || reading->member == NULL)
        return;
    if (reading->member->type == TEXT) {
        struct event_text *field =
            (struct event_text *)(void *)((char *)event + reading->member->offset);
        field->text = reading->line + reading->value;
        field->len = where + lexer_token_length(token) - reading->value;
    } else if (closes && reading->member->offset == offsetof(struct event_read, elapsed_ns)) {
        event->elapsed =
            (struct event_text){reading->line + reading->value, where + 1 - reading->value};
    } else if (!closes) {
        set_scalar(reader, event, reading->member, token);
    }
}

/* Reads the tokens of one line.  Returns whether it was one object. */
static bool read_tokens(struct event_reader *reader, struct reading *reading,
                        struct event_read *event)
{
    struct lexer_token token;

    while (lexer_next(reader->lexer, &token) != LEXER_MORE) {
        if (lexer_has_stopped(token.kind) || reading->is_complete)
            return false;
        if (token.depth == 1)
            take(reader, reading, event, &token);
        else if (token.depth == 0 && token.kind == LEXER_OBJECT_END)
            reading->is_complete = true;
        else if (token.depth == 0 && token.kind != LEXER_OBJECT_BEGIN)
            return false;
    }
    return reading->is_complete;
}

int event_reader_read(struct event_reader *reader, const char *line, size_t len,
                      struct event_read *event)
{
    struct reading reading = {.line = line};
    struct event_read fresh;

    if (event_scan(line, len, event))
        return 0;
    fresh = (struct event_read){.kind = EVENT_UNKNOWN};
    if (reader->lexer == NULL &&
        (reader->lexer = lexer_new(UINT64_MAX / 2, LEXER_DEPTH_MAX)) == NULL)
        return EVENT_READER_NOMEM;
    if (make_room(reader, len) < 0)
        return EVENT_READER_NOMEM;
    reading.start = lexer_offset(reader->lexer);
    lexer_feed(reader->lexer, line, len);
    if (!read_tokens(reader, &reading, &fresh)) {
        lexer_free(reader->lexer);
        reader->lexer = NULL;
        return -1;
    }
    *event = fresh;
    return 0;
}

/* Of an object whose values are numbers and whose keys are plain: what this writes. */
struct report_times event_reader_times(struct event_text text)
{
    struct report_times times = {.known = text.len > 1 && text.text[0] == '{'};
    const struct {
        const char *key;
        int64_t *ns;
    } figures[] = {
        {"\"min\":", &times.min_ns}, {"\"mean\":", &times.mean_ns}, {"\"p50\":", &times.p50_ns},
        {"\"p90\":", &times.p90_ns}, {"\"p95\":", &times.p95_ns},   {"\"p99\":", &times.p99_ns},
        {"\"max\":", &times.max_ns},
    };

    for (size_t i = 0; times.known && i < sizeof(figures) / sizeof(figures[0]); i++) {
        const char *key = figures[i].key, *end = text.text + text.len;
        const char *at = memmem(text.text, text.len, key, strlen(key)), *stop;

        if (at == NULL) {
            times.known = false;
            break;
        }
        at += strlen(key);
        stop = at;
        while (stop < end && *stop != ',' && *stop != '}')
            stop++;
        *figures[i].ns = read_time(at, (size_t)(stop - at));
    }
    return times;
}
