/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_SERVICES_H
#define WAITD_HTTP_SERVICES_H

/*
 * What all loops' /wait have in common: named pools of workers, and which draw of a
 * seed is next.
 *
 * A pool serves first come, first served, and how long each request takes is known
 * when it arrives: so its start is known at once, as the earliest time at which a worker
 * is free, and no queue is kept (A. K. Erlang's M/M/c, or any G/G/c, simulated ahead:
 * J. Kiefer and J. Wolfowitz, "On the theory of queues with many servers", 1955).
 *
 * From any thread.
 */

#include <stdbool.h>
#include <stdint.h>

struct http_services;

#define HTTP_SERVICE_NAME_MAX    64
#define HTTP_SERVICE_WORKERS_MAX 1000000

/* NULL, or what is wrong with `NAME=WORKERS`, as the end of a sentence. */
const char *http_services_check(const char *text);

/* The pools that the texts name; of one name twice the last counts.  NULL when out of
 * memory. */
struct http_services *http_services_new(char *const *texts, unsigned n_texts);
void http_services_free(struct http_services *services);

/* The number of a pool; -1 for none of that name. */
int http_services_find(const struct http_services *services, const char *name);

/* Takes the next worker that is free for so long.  When that begins, from now on. */
int64_t http_services_take(struct http_services *services, int pool, int64_t now_ns,
                           int64_t busy_ns);

/* The number of a seed's next draw, from 0.  False when too many seeds are known. */
bool http_services_count(struct http_services *services, int64_t seed, uint32_t *n);

#endif
