/* SPDX-License-Identifier: ISC */
#include "client/net/requests.h"

#include <stdlib.h>
#include <sys/random.h>

#include "proto/request.h"

struct requests {
    struct request_reader *reader;
    struct pending_queue queue;
    bool has_ended; /* nothing more is read */
};

struct requests *requests_new(void)
{
    struct requests *requests = calloc(1, sizeof *requests);
    uint8_t hash_key[16];

    if (requests == NULL)
        return NULL;
    if (getrandom(hash_key, sizeof hash_key, 0) == (ssize_t)sizeof hash_key)
        requests->reader = request_reader_new(&request_default_limits, hash_key);
    if (requests->reader == NULL) {
        free(requests);
        return NULL;
    }
    return requests;
}

void requests_free(struct requests *requests)
{
    if (requests == NULL)
        return;
    request_reader_free(requests->reader);
    pending_fini(&requests->queue);
    free(requests);
}

/* The plan of a request that is of this operation.  That of another one is freed. */
static struct plan *take_plan(const struct request *request, enum request_op op)
{
    if (request->op == op)
        return request->plan;
    plan_free(request->plan);
    return NULL;
}

/* plan: NULL for what is no batch, or would be refused. */
static void add(struct requests *requests, struct plan *plan, struct bytes *levels)
{
    struct pending pending = {.plan = plan};

    if (plan != NULL) {
        pending.events = plan_options_of(plan)->events;
        pending.clock = plan_options_of(plan)->clock == PLAN_CLOCK_VIRTUAL ? PENDING_CLOCK_VIRTUAL
                                                                           : PENDING_CLOCK_REAL;
    }
    if (levels != NULL && bytes_len(levels) > 0) {
        pending.events = (enum plan_events) * bytes_at(levels);
        bytes_consume(levels, 1);
    }
    pending_push(&requests->queue, pending);
}

void requests_feed(struct requests *requests, const char *text, size_t len, struct bytes *levels)
{
    struct request request;
    struct fault fault;

    if (requests->has_ended)
        return;
    request_feed(requests->reader, text, len);
    for (;;) {
        switch (request_read(requests->reader, SIZE_MAX, &request, &fault)) {
        case REQUEST_MORE:
            request_feed(requests->reader, NULL, 0); /* the text is the caller's to move */
            return;
        case REQUEST_BUSY:
            break;
        case REQUEST_READY:
            if (request.op == REQUEST_QUIT)
                requests->has_ended = true;
            else
                add(requests, take_plan(&request, REQUEST_SUBMIT), levels);
            request_id_release(request.id, NULL);
            break;
        case REQUEST_REFUSED:
            add(requests, NULL, levels);
            request_id_release(request.id, NULL);
            break;
        case REQUEST_BROKEN:
            request_id_release(request.id, NULL);
            requests->has_ended = true;
            break;
        case REQUEST_END:
            requests->has_ended = true;
            break;
        }
        if (requests->has_ended)
            return;
    }
}

struct pending_queue *requests_pending(struct requests *requests)
{
    return &requests->queue;
}

/* Reads the one request in a text.  Its plan, if waitd would take it and it is of this
 * operation. */
static struct plan *read_one(const char *text, size_t len, enum request_op op,
                             struct request *request, struct fault *fault)
{
    struct requests *requests = requests_new();
    enum request_result result;

    *fault = (struct fault){.code = FAULT_NONE};
    if (requests == NULL)
        return NULL;
    request_feed(requests->reader, text, len);
    do {
        result = request_read(requests->reader, SIZE_MAX, request, fault);
        if (result == REQUEST_MORE)
            request_finish(requests->reader);
    } while (result == REQUEST_BUSY || result == REQUEST_MORE);
    requests_free(requests);
    if (result != REQUEST_END) {
        request_id_release(request->id, NULL);
        request->id = NULL;
    }
    return result == REQUEST_READY ? take_plan(request, op) : NULL;
}

struct plan *requests_plan(const char *text, size_t len, struct fault *fault)
{
    struct request request;

    return read_one(text, len, REQUEST_SUBMIT, &request, fault);
}

struct plan *requests_forecast(const char *text, size_t len, uint32_t *runs, struct fault *fault)
{
    struct request request = {0};
    struct plan *plan = read_one(text, len, REQUEST_FORECAST, &request, fault);

    if (plan != NULL)
        *runs = request.runs;
    return plan;
}
