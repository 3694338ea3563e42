/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TRANSPORT_H
#define WAITD_TRANSPORT_H

/*
 * What carries bytes to and from one client: a socket, standard input and output, TLS
 * over a socket.  A transport knows nothing of requests; what drives it (pump.h)
 * knows nothing of descriptors.
 *
 *     owner ──► readable, writable ──► pump ──► ops ──► transport
 *
 * None of the calls blocks.  Whoever owns the transport waits for readiness and sets
 * `readable` and `writable`; the transport clears them when there is no more to
 * receive, or no room to send.  So edges are enough to wait for.  Where it sets `look_again` too,
 * the pump tries once more when it is next served, a second later at the latest.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transport;

enum transport_identity {
    TRANSPORT_UNKNOWN,
    TRANSPORT_KNOWN,
    TRANSPORT_UNNAMEABLE, /* the name takes more than `size` bytes */
};

struct transport_ops {
    /* Receives up to room bytes, room > 0.  How many; 0 when there are none now, or at
     * the client's end of file (`eof` is set); -1 and errno when it is broken. */
    ptrdiff_t (*receive)(struct transport *transport, char *in, size_t room);

    /* Sends what it can of len > 0 bytes.  How many went; 0 when there is no room;
     * -1 and errno when it is broken. */
    ptrdiff_t (*send)(struct transport *transport, const char *bytes, size_t len);

    /* After the client's end of file: whether it has gone for good, so that nothing more
     * that is sent will reach it. */
    bool (*is_gone)(struct transport *transport);

    /* Ends our side: the client reads what was sent, and then an end of file. */
    void (*shut)(struct transport *transport);

    /* Bytes that were sent and that the client's machine has not got yet; 0 if that
     * is not known. */
    int64_t (*unsent)(struct transport *transport);

    /* Once it is open: who the client has proved to be by it, as a principal's name; may be
     * NULL where nobody does. */
    enum transport_identity (*identify)(struct transport *transport, char *name, size_t size);
};

/* The first member of what implements it. */
struct transport {
    const struct transport_ops *ops;
    bool readable;   /* the last receive did not say that there is no more */
    bool look_again; /* it was less than there was room for: there is hardly more */
    bool writable;   /* the last send did not say that there is no room */
    bool eof;        /* the client has ended its side */
    bool is_opening; /* nothing can go either way yet: the two sides are still agreeing */
    /* Closing it with something unread in it may destroy what was sent last: so what
     * nobody wants is read and discarded, and closing waits for the client. */
    bool lingers;
};

#endif
