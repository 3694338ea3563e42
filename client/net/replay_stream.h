/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REPLAY_STREAM_H
#define WAITD_REPLAY_STREAM_H

/*
 * Events out of a saved stream, one at a time, as the lines that the daemon wrote.
 *
 * A stream that went through other programs is JSON still, but not a line an event:
 * values span lines (`jq .`), have record separators in front (RFC 7464,
 * `jq --seq`), are side by side, or begin with a byte order mark, and the last
 * line feed may be missing.  Values are found here as the daemon finds them in
 * its input, with proto/lexer.h; what is no JSON is passed over up to the next
 * line, or to the next event in the same line, where a stream that was cut short
 * has another one right behind it.
 *
 * Memory: what has been fed and not handed out.  One stream; not re-entrant.
 */

#include <stdbool.h>
#include <stddef.h>

#include "client/base/bytes.h"
#include "proto/event_reader.h"
#include "proto/lexer.h"

enum replay_stream_kind {
    REPLAY_STREAM_MORE,  /* feed the next piece; after replay_stream_finish(): the end */
    REPLAY_STREAM_EVENT, /* an event of a job, read */
    REPLAY_STREAM_VALUE, /* another JSON object or array */
    REPLAY_STREAM_OTHER, /* what is neither */
    REPLAY_STREAM_NOMEM,
};

/* All zero to begin with; to be released with replay_stream_fini(). */
struct replay_stream {
    struct bytes input; /* not handed out yet */
    struct bytes line;  /* a value that was not on a line of its own */
    struct lexer *lexer;
    size_t used;  /* of the input, handed out by the last call */
    size_t lexed; /* of the value that the input begins with */
    bool is_bad;  /* it is not JSON */
    bool has_ended;
};

struct replay_stream_item {
    enum replay_stream_kind kind;
    const char *text; /* EVENT, VALUE: a line with its line feed, no blanks between
                       * tokens; valid until the next call, as *event is */
    size_t len;
    struct event_read event; /* of an EVENT */
};

void replay_stream_fini(struct replay_stream *stream);

/* Takes the next piece, which is copied.  -1 when out of memory. */
int replay_stream_feed(struct replay_stream *stream, const char *piece, size_t len);

/* Nothing follows the last piece. */
void replay_stream_finish(struct replay_stream *stream);

enum replay_stream_kind replay_stream_next(struct replay_stream *stream,
                                           struct replay_stream_item *item);

/* What there is of a value that did not end, or NULL. */
const char *replay_stream_rest(const struct replay_stream *stream, size_t *len);

#endif
