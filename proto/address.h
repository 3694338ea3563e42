/* SPDX-License-Identifier: ISC */
#ifndef WAITD_ADDRESS_H
#define WAITD_ADDRESS_H

/*
 * Addresses to listen on or to connect to, in the words of the command line:
 *
 *     HOST:PORT    a host's name or an IPv4 address
 *     [V6]:PORT    an IPv6 address
 *     :PORT        every address of the machine (to connect to: loopback)
 *     PORT         127.0.0.1
 *     unix:PATH    a Unix stream socket; unix:@NAME in the abstract name space
 *
 * Where TLS is spoken, `tls:` may precede all but unix:PATH.
 *
 * Re-entrant.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_HOST_MAX 256

enum address_kind { ADDRESS_HOST, ADDRESS_ANY, ADDRESS_UNIX };

/* What was written, taken apart; no name has been looked up yet. */
struct address_spec {
    enum address_kind kind;
    uint16_t port;               /* HOST, ANY; 0 for one that is free */
    char host[ADDRESS_HOST_MAX]; /* HOST: a name or a number; UNIX: the path */
};

/* Takes text apart.  NULL, or what is wrong with it, as the end of a sentence
 * (`has no port`); *spec is written on success only. */
const char *address_parse(const char *text, struct address_spec *spec);

/* The same for an address to connect to, where port 0 is none. */
const char *address_parse_peer(const char *text, struct address_spec *spec);

/* The text behind `tls:`; NULL without that prefix. */
const char *address_behind_tls(const char *text);

/* What a socket is bound or connected to. */
struct address {
    socklen_t len;
    union {
        struct sockaddr any;
        struct sockaddr_storage room;
    };
};

/* A host's addresses beyond this many are left out. */
#define ADDRESS_MAX 16

/*
 * The addresses that a specification resolves to: one, or for a host's name as
 * many as it has, at most ADDRESS_MAX.  Looks names up, which may take a while.
 * ADDRESS_ANY gives the IPv6 wildcard.  Returns how many; -1 and in *problem
 * why not (a static text).
 */
int address_resolve(const struct address_spec *spec, struct address out[ADDRESS_MAX],
                    const char **problem);

/* The same for an address to connect to: ADDRESS_ANY gives the loopback addresses. */
int address_resolve_peer(const struct address_spec *spec, struct address out[ADDRESS_MAX],
                         const char **problem);

/* Whether only this machine can reach it: 127.0.0.0/8, ::1, Unix sockets. */
bool address_is_loopback(const struct address *address);

/* Whether what a specification resolves to can be reached by others, as far as it
 * says so itself: no name is looked up. */
bool address_spec_is_open(const struct address_spec *spec);

/* Prints `127.0.0.1:9248`, `[::1]:9248`, `unix:/path`, cut to fit.  Returns out. */
#define ADDRESS_PRINT_MAX 160
const char *address_print(const struct address *address, char out[ADDRESS_PRINT_MAX]);

#endif
