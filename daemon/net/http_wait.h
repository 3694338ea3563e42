/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_WAIT_H
#define WAITD_HTTP_WAIT_H

/*
 * /wait: a slow back end for tests.  It answers after a time that the request names or
 * has drawn, fails as often as the request says, and may queue for the workers of a pool.
 * Never before that time, and however many wait: what waits is an entry in the loop's
 * queue, and the library is suspended.
 */

struct http_wait;
void http_wait_free(struct http_wait *wait); /* NULL is fine */

#endif
