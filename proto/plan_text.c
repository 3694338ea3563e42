/* SPDX-License-Identifier: ISC */
#include "proto/plan.h"

#include <stdlib.h>
#include <string.h>

#include "proto/block.h"
#include "proto/linebreak.h"
#include "proto/plan_internal.h"

/* The plan's texts, one behind the other: a length of four bytes, then the bytes. */

#define TEXT_ROOM_LEAST 64
#define LEN_SIZE        sizeof(uint32_t)

static int text_reserve(struct plan *plan, size_t more)
{
    size_t room;
    char *text;

    if (more > UINT32_MAX - plan->text_len)
        return PLAN_NOMEM;
    if (more <= plan->text_room - plan->text_len)
        return PLAN_OK;
    room = block_grown_size(plan->text_len + more);
    if (room < TEXT_ROOM_LEAST)
        room = TEXT_ROOM_LEAST;
    text = realloc(plan->text, room);
    if (text == NULL)
        return PLAN_NOMEM;
    plan->text = text;
    plan->text_room = room;
    return PLAN_OK;
}

int plan_text_open(struct plan *plan)
{
    size_t lead = plan->text_len == 0 ? LEN_SIZE : 0; /* no text has reference 0 */

    if (text_reserve(plan, lead + LEN_SIZE) != PLAN_OK)
        return PLAN_NOMEM;
    plan->text_open = plan->text_len + lead;
    plan->text_len = plan->text_open + LEN_SIZE;
    return PLAN_OK;
}

int plan_text_append(struct plan *plan, const char *piece, size_t len)
{
    if (text_reserve(plan, len) != PLAN_OK)
        return PLAN_NOMEM;
    if (len > 0)
        memcpy(plan->text + plan->text_len, piece, len);
    plan->text_len += len;
    return PLAN_OK;
}

int plan_text_append_json(struct plan *plan, const char *piece, size_t len)
{
    const char *end = piece + len;

    for (;;) {
        const char *found = linebreak_find(piece, end);

        if (plan_text_append(plan, piece, (size_t)(found - piece)) != PLAN_OK)
            return PLAN_NOMEM;
        if (found == end)
            return PLAN_OK;
        if (plan_text_append(plan, linebreak_escape(found), LINEBREAK_ESCAPE_SIZE) != PLAN_OK)
            return PLAN_NOMEM;
        piece = found + LINEBREAK_SIZE;
    }
}

plan_text_ref plan_text_close(struct plan *plan)
{
    size_t at = plan->text_open;
    uint32_t len = (uint32_t)(plan->text_len - at - LEN_SIZE);

    memcpy(plan->text + at, &len, LEN_SIZE);
    plan->text_open = 0;
    return (plan_text_ref)at;
}

void plan_text_take_back(struct plan *plan, plan_text_ref ref)
{
    if (plan->text_peak < plan->text_len)
        plan->text_peak = plan->text_len;
    plan->text_len = ref;
}

bool plan_text_trim(struct plan *plan, size_t *budget)
{
    size_t written = plan->text_peak > plan->text_len ? plan->text_peak : plan->text_len;
    size_t surplus = written - plan->text_len, freed = surplus < *budget ? surplus : *budget;

    plan->text_peak = written - freed;
    block_trim(&plan->text, plan->text_peak);
    *budget -= freed;
    return freed == surplus;
}

/* Most names are short: four moves that may overlap, and no call. */
static inline void copy(char *to, const char *from, size_t len)
{
    uint64_t first, last;
    uint32_t begin, end;

    if (len > 2 * sizeof(first)) {
        memcpy(to, from, len);
    } else if (len >= sizeof(first)) {
        memcpy(&first, from, sizeof(first));
        memcpy(&last, from + len - sizeof(last), sizeof(last));
        memcpy(to, &first, sizeof(first));
        memcpy(to + len - sizeof(last), &last, sizeof(last));
    } else if (len >= sizeof(begin)) {
        memcpy(&begin, from, sizeof(begin));
        memcpy(&end, from + len - sizeof(end), sizeof(end));
        memcpy(to, &begin, sizeof(begin));
        memcpy(to + len - sizeof(end), &end, sizeof(end));
    } else {
        for (size_t i = 0; i < len; i++)
            to[i] = from[i];
    }
}

int plan_add_text(struct plan *plan, const char *text, size_t len, plan_text_ref *ref)
{
    uint32_t stored = (uint32_t)len;
    size_t at = plan->text_len == 0 ? LEN_SIZE : plan->text_len;

    if (len > UINT32_MAX - 2 * LEN_SIZE)
        return PLAN_NOMEM;
    if (len + 2 * LEN_SIZE > plan->text_room - plan->text_len &&
        text_reserve(plan, len + 2 * LEN_SIZE) != PLAN_OK)
        return PLAN_NOMEM;
    memcpy(plan->text + at, &stored, LEN_SIZE);
    copy(plan->text + at + LEN_SIZE, text, len);
    plan->text_len = at + LEN_SIZE + len;
    *ref = (plan_text_ref)at;
    return PLAN_OK;
}

int plan_add_json(struct plan *plan, const char *text, size_t len, plan_text_ref *ref)
{
    size_t before = plan->text_len;

    if (linebreak_find(text, text + len) == text + len)
        return plan_add_text(plan, text, len, ref);
    if (plan_text_open(plan) != PLAN_OK || plan_text_append_json(plan, text, len) != PLAN_OK) {
        plan->text_len = before;
        return PLAN_NOMEM;
    }
    *ref = plan_text_close(plan);
    return PLAN_OK;
}

const char *plan_text(const struct plan *plan, plan_text_ref ref, size_t *len)
{
    uint32_t stored;

    memcpy(&stored, plan->text + ref, LEN_SIZE);
    *len = stored;
    return plan->text + ref + LEN_SIZE;
}

size_t plan_text_bytes(const struct plan *plan)
{
    return plan->text_len;
}
