/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_CLUSTER_SERVERS_H
#define WAITD_TESTS_CLUSTER_SERVERS_H

/*
 * The servers of a cluster, simulated: the calls of daemon/store/cluster_link.h over one stream in
 * memory, and a clock that stands still until it is set forward.  So the store of a cluster runs
 * as it is, its thread too, without libnats and without sleeping: ten minutes take no time.
 *
 * There is one stream at a time, for all links that are open.  What is received is posted within
 * the call that asked for it.  All functions may be called by any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the wall clock stands at 0 of CLOCK_BOOTTIME. */
#define CLUSTER_SERVERS_EPOCH_NS INT64_C(1700000000000000000)

/* An empty stream, with the clock at a second.  And frees it: no link may be open. */
void cluster_servers_begin(void);
void cluster_servers_end(void);

/* For cluster_config. */
int64_t cluster_servers_boot_clock(void *context);
int64_t cluster_servers_wall_clock(void *context);
uint64_t cluster_servers_draw(void *context);

/* Sets the clock forward, and rouses all nodes. */
void cluster_servers_advance(int64_t ns);

/* What goes wrong from now on. */
struct cluster_servers_faults {
    bool loses_what_is_published; /* without a word */
    bool keeps_back; /* what the first node reads: nothing is delivered, and then all at once */
    bool removes_nothing;
    size_t max_payload; /* bytes of headers and data; 0 for no limit */
};
void cluster_servers_set_faults(struct cluster_servers_faults faults);

/* The first node has stood still for so long, and reads now what was kept back. */
void cluster_servers_resume(int64_t ns);

/* All connections are lost, or made again. */
void cluster_servers_set_up(bool is_up);

/* The store is rolled back: all behind that sequence is lost. */
void cluster_servers_roll_back(uint64_t last);

/* A message whose removal was not asked for is taken out, as by another node. */
void cluster_servers_take_out(uint64_t sequence);

/* From now on another node removes whatever a publisher is refused for, right behind that. */
void cluster_servers_remove_when_met(void);

/* ---- What there is ------------------------------------------------------------------------- */

uint64_t cluster_servers_last(void);                 /* sequence */
bool cluster_servers_has(uint64_t sequence);         /* whether it is there */
unsigned cluster_servers_count(const char *kind);    /* those that are, of NAME.kind.> */
uint64_t cluster_servers_find(const char *contains); /* the last whose subject does; 0: none */
/* The header of that message, or NULL; until the message is removed. */
const char *cluster_servers_header(uint64_t sequence, const char *name);

/* The removals that were done, in their order: up to `most` sequences.  Their number. */
size_t cluster_servers_removals(uint64_t *sequences, size_t most);

/* From where a reading has begun last, and how many have begun. */
uint64_t cluster_servers_read_from(void);
unsigned cluster_servers_readings(void);

#endif
