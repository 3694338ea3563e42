/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TOURNAMENT_H
#define WAITD_TOURNAMENT_H

/*
 * A tournament for the first of n entries, which is replaced again and again, as one-shot jobs do
 * under a concurrency limit.  It is a tree of losers: D. E. Knuth, "The Art of Computer
 * Programming", vol. 3, 5.4.1.  Of each match the loser stays at its node, and node 0 has the
 * winner. Another entry in the winner's place plays those matches again that this has won, one a
 * level.
 *
 * Which losers those are is known before the first match is played, so that no load waits for a
 * comparison, and a match is no branch; in a heap each level waits for the least of four children.
 * In ns for replacing the first by one of random due time, this and a 4-ary heap (AMD EPYC):
 *
 *     n         16    100   1000   4000
 *     this       8     12     15     19
 *     heap      18     22     29     35
 *
 * Pure; not re-entrant.  16 bytes an entry, the caller's.
 */

#include <stdint.h>

struct tournament_player {
    int64_t due_ns;
    uint64_t id_and_place; /* in the upper and the lower half */
};

/* An empty one of n places, 1 or more; players[0..n) are its memory. */
void tournament_begin(struct tournament_player *players, uint32_t n);

/* Puts an entry into a place, 0..n-1, that has none yet.  Once all have, there is a winner.
 * due_ns: 0 or later. */
void tournament_enter(struct tournament_player *players, uint32_t n, uint32_t place, int64_t due_ns,
                      uint32_t id);

/* The place of the first entry by (due, id). */
static inline uint32_t tournament_winner(const struct tournament_player *players)
{
    return (uint32_t)players[0].id_and_place;
}

/* Puts another entry into the winner's place.  Returns the place of the new winner. */
uint32_t tournament_replace(struct tournament_player *players, uint32_t n, int64_t due_ns,
                            uint32_t id);

#endif
