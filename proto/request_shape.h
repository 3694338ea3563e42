/* SPDX-License-Identifier: ISC */
#ifndef WAITD_REQUEST_SHAPE_H
#define WAITD_REQUEST_SHAPE_H

/*
 * Predicting the text of a fast-path job (request_fast.h) from the one before it: jobs in a row
 * look alike, so that all but their values is compared with the text of the last one, whole
 * words at once, and a wait that is written as the last one was is not read again.  The idea is
 * that of Y. Li et al., "Mison: a fast JSON parser for data analytics" (VLDB 2017).
 *
 *     ,{"name":"j122","wait":0}       taken apart by request_fast_scan(), and learnt from
 *     ,{"name":"j123","wait":0}
 *     '---lead--'    '-----again      as it was learnt; the name is between them
 *     ,{"name":"j124","wait":1.5}
 *     '---lead--'    '--mid---'  '    so is this, but for its wait, which is read
 *
 * It takes a third of the instructions of request_fast_scan() for a job with a name and a wait.
 * What is predicted wrongly is read by that, so that nothing depends on a prediction but time.
 * Pure and re-entrant.
 */

#include <stdbool.h>
#include <stdint.h>

#include "proto/request_fast.h"

/* Where jobs are unlike one another nothing is learnt after this many. */
#define REQUEST_SHAPE_MISSES 8

/* The most bytes between two values. */
#define REQUEST_SHAPE_TEXT 32

/* A text of `len` bytes, and which bytes of its words count. */
struct request_shape_text {
    uint64_t words[REQUEST_SHAPE_TEXT / 8], masks[REQUEST_SHAPE_TEXT / 8];
    size_t len;
};

enum request_shape_value { REQUEST_SHAPE_NONE, REQUEST_SHAPE_NAME, REQUEST_SHAPE_WAIT };

/* All zero is none. */
struct request_shape {
    bool known;
    unsigned misses; /* jobs that it was learnt from */
    enum request_shape_value values[2];
    /* The text before the first value, before the second one, and behind them. */
    struct request_shape_text parts[3];
    /* The part before the wait, the wait and the part behind it; of length 0 if longer. */
    struct request_shape_text again;
    int64_t wait_ns; /* of `again` */
};

/* Learns the shape of a job that request_fast_scan() has read, from the comma before it to its
 * end, unless that has been in vain REQUEST_SHAPE_MISSES times. */
void request_shape_learn(struct request_shape *shape, const char *comma, const char *end,
                         const struct request_fast *job);

/* Reads a job of a shape that is known, from the comma before it on, and returns its end; or
 * NULL, with *job undefined, where there is none, or it may be one only. */
const char *request_shape_scan(const struct request_shape *shape, const char *comma,
                               const char *end, const struct request_fast_limits *limits,
                               struct request_fast *job);

#endif
