/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ARRIVAL_H
#define WAITD_ARRIVAL_H

/* A client's socket on its way to the loop that is to serve it. */

struct failures;
struct peer;
struct principal;
struct tls;

/* What a client speaks, by where it came in. */
enum arrival_via {
    ARRIVAL_SOCKET,  /* the protocol itself */
    ARRIVAL_HTTP,    /* HTTP */
    ARRIVAL_MONITOR, /* HTTP, for those alone who watch the daemon */
};

struct arrival {
    int fd;
    enum arrival_via via;
    struct peer *peer;           /* which it has joined; NULL for none */
    struct tls *tls;             /* by which it is served; NULL for plain text */
    struct principal *principal; /* who it is; held.  NULL where it has to prove that first, and
                                  * for monitors */
    struct failures *failures;   /* of its peer to prove it; where principal is NULL */
};

#endif
