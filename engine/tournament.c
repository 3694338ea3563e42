/* SPDX-License-Identifier: ISC */
#include "engine/tournament.h"

/* At a node where nobody waits: no place is the last there could be. */
#define NOBODY UINT64_MAX

static struct tournament_player player_of(int64_t due_ns, uint32_t id, uint32_t place)
{
    return (struct tournament_player){due_ns, (uint64_t)id << 32 | place};
}

/* The loser stays at the node, the winner goes on.  Each is one number of 128 bits, the sign of
 * their difference a mask by which they change places: who wins is a matter of chance, so that a
 * branch would be a wrong guess at every second level. */
static inline struct tournament_player play(struct tournament_player *node,
                                            struct tournament_player comer)
{
    __extension__ typedef unsigned __int128 rank;
    struct tournament_player waiting = *node;
    rank difference = ((rank)waiting.due_ns << 64 | waiting.id_and_place) -
                      ((rank)comer.due_ns << 64 | comer.id_and_place);
    uint64_t mask = -(uint64_t)(difference >> 127);
    uint64_t due = ((uint64_t)waiting.due_ns ^ (uint64_t)comer.due_ns) & mask;
    uint64_t rest = (waiting.id_and_place ^ comer.id_and_place) & mask;

    node->due_ns = (int64_t)((uint64_t)waiting.due_ns ^ due);
    node->id_and_place = waiting.id_and_place ^ rest;
    comer.due_ns = (int64_t)((uint64_t)comer.due_ns ^ due);
    comer.id_and_place ^= rest;
    return comer;
}

void tournament_begin(struct tournament_player *players, uint32_t n)
{
    for (uint32_t node = 0; node < n; node++)
        players[node] = (struct tournament_player){0, NOBODY};
}

void tournament_enter(struct tournament_player *players, uint32_t n, uint32_t place, int64_t due_ns,
                      uint32_t id)
{
    struct tournament_player comer = player_of(due_ns, id, place);
    uint32_t node = (n + place) / 2;

    for (; node > 0 && players[node].id_and_place != NOBODY; node /= 2)
        comer = play(&players[node], comer);
    players[node] = comer;
}

uint32_t tournament_replace(struct tournament_player *players, uint32_t n, int64_t due_ns,
                            uint32_t id)
{
    uint32_t place = tournament_winner(players);
    struct tournament_player comer = player_of(due_ns, id, place);

    for (uint32_t node = (n + place) / 2; node > 0; node /= 2)
        comer = play(&players[node], comer);
    players[0] = comer;
    return tournament_winner(players);
}
