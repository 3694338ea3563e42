/* SPDX-License-Identifier: ISC */
#ifndef WAITD_WIRE_H
#define WAITD_WIRE_H

/*
 * A client's socket, without what goes over it: non-blocking, heard of by
 * edges, so what it is ready for is remembered until it says otherwise; and
 * the bytes that were read or rendered too early for whom they are for.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes kept for later: text[at..len), NULL for none. */
struct wire_kept {
    char *text;
    uint32_t at, len;
};

/* Embedded by its owner. */
struct wire {
    int fd;
    bool readable;        /* the last receive did not say that there is no more */
    bool writable;        /* the last send did not say that there is no room */
    bool eof;             /* the client has shut its side */
    struct wire_kept in;  /* received, but not wanted yet */
    struct wire_kept out; /* to be sent, but not taken by the socket yet */
};

/* Takes a socket over. */
void wire_init(struct wire *wire, int fd);

/* Closes it and drops what was kept. */
void wire_fini(struct wire *wire);

/* Receives up to room bytes into `in`.  How many; 0 when there is nothing (more);
 * -1 and errno when it is broken. */
ptrdiff_t wire_receive(struct wire *wire, char *in, size_t room);

/* Sends what it can.  How many bytes went; -1 and errno when it is broken. */
ptrdiff_t wire_send(struct wire *wire, const char *bytes, size_t len);

/*
 * Whether the client has gone away for good.  After its end of file a full
 * close and a reset show as a hang-up or an error: at once on a Unix socket; on
 * TCP once something sent has been answered by a reset.
 */
bool wire_is_gone(const struct wire *wire);

/* Keeps bytes, where none are kept.  0, or -1 when memory is short. */
int wire_keep(struct wire_kept *kept, const char *bytes, size_t len);

/* Marks len of them as used up; drops them all. */
void wire_use(struct wire_kept *kept, size_t len);
void wire_drop(struct wire_kept *kept);

#endif
