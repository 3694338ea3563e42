/* SPDX-License-Identifier: ISC */
#include "proto/event_piece.h"

#include <string.h>

/* Each of a job's texts is in the frame of its line as one control character,
 * which no line holds otherwise but for the line feed at its end. */
enum { NAME = 1, NOTE, DATA };
#define TEXTS 3

/* What is being written, and what is still to be passed over before. */
struct piece {
    char *at, *end;
    size_t skip;
    bool whole;
};

static void put(struct piece *piece, const char *bytes, size_t len)
{
    size_t room = (size_t)(piece->end - piece->at);

    if (len <= piece->skip) {
        piece->skip -= len;
        return;
    }
    bytes += piece->skip;
    len -= piece->skip;
    piece->skip = 0;
    if (len > room) {
        piece->whole = false;
        len = room;
    }
    if (len > 0)
        memcpy(piece->at, bytes, len);
    piece->at += len;
}

/* The line with a character instead of each text.  Returns its end. */
static char *write_frame(char *frame, const struct event_job *job,
                         const struct occurrence *occurrence)
{
    static const char marks[] = {NAME, NOTE, DATA};
    struct event_job framed = *job;
    struct event_text *texts[TEXTS] = {&framed.name, &framed.note, &framed.data};

    for (unsigned i = 0; i < TEXTS; i++)
        if (texts[i]->len > 0)
            *texts[i] = (struct event_text){&marks[i], 1};
    return event_write_occurrence(frame, &framed, occurrence);
}

size_t event_piece_write(char *out, size_t room, size_t from, const struct event_job *job,
                         const struct occurrence *occurrence, bool *whole)
{
    const struct event_text texts[TEXTS] = {job->name, job->note, job->data};
    struct piece piece = {out, out + room, from, true};
    char frame[EVENT_LINE_MAX + TEXTS];
    const char *end = write_frame(frame, job, occurrence);

    for (const char *at = frame, *stop = at; at < end; at = stop) {
        while (stop < end && (unsigned char)*stop > TEXTS)
            stop++;
        put(&piece, at, (size_t)(stop - at));
        if (stop < end) {
            const struct event_text *text = &texts[*stop++ - 1];

            put(&piece, text->text, text->len);
        }
    }
    *whole = piece.whole;
    return (size_t)(piece.at - out);
}
