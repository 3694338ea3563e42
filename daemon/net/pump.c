/* SPDX-License-Identifier: ISC */
#include "daemon/net/pump.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/net/pump_internal.h"
#include "proto/due.h"
#include "proto/event.h"

/* Batches that a dead pump drops at a time: a tenth of a millisecond. */
#define DISCARDS 128

/* ---- What is kept --------------------------------------------------------- */

int pump_keep(struct pump_buffer *buffer, const char *bytes, size_t len)
{
    buffer->text = malloc(len);
    if (buffer->text == NULL)
        return -1;
    memcpy(buffer->text, bytes, len);
    buffer->at = 0;
    buffer->len = (uint32_t)len;
    return 0;
}

static void drop(struct pump_buffer *buffer)
{
    free(buffer->text);
    memset(buffer, 0, sizeof(*buffer));
}

void pump_consume(struct pump_buffer *buffer, size_t len)
{
    buffer->at += (uint32_t)len;
    if (buffer->at == buffer->len)
        drop(buffer);
}

/* ---- Beginning and end ---------------------------------------------------- */

static void begin(struct pump *pump, struct pump_host *host, struct transport *transport,
                  uint64_t number)
{
    *pump =
        (struct pump){.host = host, .transport = transport, .number = number, .due_ns = DUE_NEVER};
    pump->timeouts.active_ns = pump->timeouts.read_ns = clock_now_ns();
}

int pump_init(struct pump *pump, struct pump_host *host, struct transport *transport,
              uint64_t number, struct principal *principal)
{
    begin(pump, host, transport, number);
    pump->channel = channel_new(&host->env, principal);
    if (pump->channel == NULL)
        return -1;
    channel_set_number(pump->channel, number);
    return 0;
}

int pump_init_refused(struct pump *pump, struct pump_host *host, struct transport *transport,
                      uint64_t number, const struct fault *fault, struct event_text id)
{
    char *line = malloc(EVENT_LINE_MAX + id.len);

    begin(pump, host, transport, number);
    pump->state = PUMP_INPUT_ENDED;
    if (line == NULL)
        return -1;
    pump->out.text = line;
    pump->out.len = (uint32_t)(event_write_error(line, fault, id) - line);
    return 0;
}

int pump_inherit(struct pump *pump, struct event_text unread, struct event_text unsent)
{
    struct pump_buffer *out = &pump->out;
    char *text;

    if (unread.len > 0 && pump->state == PUMP_OPEN &&
        pump_keep(&pump->in, unread.text, unread.len) != 0)
        return -1;
    if (unsent.len == 0)
        return 0;
    text = malloc(unsent.len + out->len);
    if (text == NULL)
        return -1;
    memcpy(text, unsent.text, unsent.len);
    if (out->len > 0)
        memcpy(text + unsent.len, out->text, out->len);
    free(out->text);
    *out = (struct pump_buffer){.text = text, .len = (uint32_t)(unsent.len + out->len)};
    return 0;
}

void pump_fini(struct pump *pump)
{
    channel_free(pump->channel);
    drop(&pump->in);
    drop(&pump->out);
}

bool pump_discard(struct pump *pump)
{
    return pump->channel == NULL || channel_discard(pump->channel, DISCARDS);
}

/* ---- States --------------------------------------------------------------- */

void pump_move_to(struct pump *pump, enum pump_state state, const char *why)
{
    static const char *const names[] = {"open", "ending", "lingering", "closed"};

    if (state <= pump->state)
        return;
    if (state == PUMP_LINGERING && !pump->transport->lingers)
        state = PUMP_DEAD;
    pump->state = state;
    drop(&pump->in);
    if (state == PUMP_LINGERING) {
        pump->verdict = pump_verdict(pump);
        channel_free(pump->channel);
        pump->channel = NULL;
        pump->transport->ops->shut(pump->transport);
        lingering_begin(&pump->lingering, clock_now_ns(), pump->host->hurried);
    }
    log_write_about(pump->host->log, LOG_LEVEL_DEBUG, (struct log_about){pump->number, 0}, "%s: %s",
                    names[state], why);
}

void pump_break(struct pump *pump, const char *why)
{
    pump->cut_short |= pump->state != PUMP_DEAD;
    pump_move_to(pump, PUMP_DEAD, why);
}

bool pump_is_dead(const struct pump *pump)
{
    return pump->state == PUMP_DEAD;
}

struct channel_verdict pump_verdict(const struct pump *pump)
{
    return pump->channel != NULL ? channel_verdict(pump->channel) : pump->verdict;
}

int64_t pump_due(const struct pump *pump)
{
    return pump->due_ns;
}

/* ---- Orders --------------------------------------------------------------- */

void pump_wake(struct pump *pump)
{
    pump->woken = true;
}

void pump_drain(struct pump *pump)
{
    if (pump->channel != NULL)
        channel_refuse_batches(pump->channel);
    /* What the client has sent so far is still answered. */
    pump->transport->readable = true;
    pump->lingering.until_ns = 0;
}

void pump_cancel(struct pump *pump)
{
    if (pump->channel != NULL)
        channel_cancel_all(pump->channel, clock_now_ns());
}

void pump_limits_changed(struct pump *pump)
{
    if (pump->channel != NULL)
        channel_limits_changed(pump->channel);
}
