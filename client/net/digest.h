/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DIGEST_H
#define WAITD_DIGEST_H

/*
 * What the client keeps of the requests that it sends, taken from their tokens
 * as client/net/rewrite.c sees them: what each asks for (client/net/asked.h) and, if it
 * is wanted, who waits for whom (client/net/graph.h).  It judges nothing: what is
 * wrong with a request is for the daemon to say, and what was made of it is then
 * of no use to anyone.  Pure.
 */

#include <stdbool.h>

#include "client/net/asked.h"
#include "proto/lexer.h"

struct digest {
    bool wants_graph;
    bool asks_for_all;         /* each batch is sent with "events":"all" */
    enum asked_events assumed; /* what a batch asks for that says nothing */
    bool is_assumed_of_all;    /* and whatever it says: a flag did */
    bool is_virtual;           /* a flag says so of all clocks */
    struct asked_queue queue;

    /* The request under way. */
    struct graph *graph;
    enum asked_events events;
    enum asked_clock clock;
    int place;          /* within the request: see digest.c */
    int member;         /* whose value comes */
    unsigned job_depth; /* of the jobs' own brackets; 0 for no jobs so far */
    unsigned long long count;
    bool has_after;
    struct bytes decoded;
};

/* All zero otherwise.  Releases what was not taken from the queue. */
void digest_fini(struct digest *digest);

/* Takes the next token of a request, the outermost brackets included. */
void digest_take(struct digest *digest, const struct lexer_token *token);

/* The request is complete and will be answered, or not (`quit`). */
void digest_close(struct digest *digest, bool will_be_answered);

/* The level that a value of `events` (a token with its quotes) stands for, in
 * *events; false if it is none. */
bool digest_level(const struct lexer_token *token, enum asked_events *events);

/* Whether a key or string token is that word, written with escapes or not. */
bool digest_is(const struct lexer_token *token, const char *word);

#endif
