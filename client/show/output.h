/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OUTPUT_H
#define WAITD_OUTPUT_H

/*
 * Standard output.  Whoever reads it may be slow, or gone: what is to be
 * written waits here until it can be written, so that signals and the
 * connection are served meanwhile.  The descriptor, which others may share,
 * stays as it was: instead of O_NONBLOCK, writes are as small as a pipe with
 * any room at all takes at once.
 */

#include <stdbool.h>

#include "client/base/bytes.h"

/* With this much waiting it is better to receive no more. */
#define OUTPUT_ENOUGH_BYTES ((size_t)1 << 20)

struct output {
    int fd;
    struct bytes pending; /* to be appended to */
    bool is_terminal;
    bool is_file;   /* a regular one, which takes everything at once */
    bool is_closed; /* the reader has gone; what is pending is dropped */
    int error;      /* another error in writing (errno), 0 for none; then is_closed too */
};

void output_init(struct output *output, int fd);
void output_fini(struct output *output);

/* Writes as much as is taken at once. */
void output_flush(struct output *output);

/* What to poll() for: POLLOUT if there is something pending; an error is always
 * polled, which shows when the reader has gone. */
short output_events(const struct output *output);

/* Handles what poll() answered. */
void output_polled(struct output *output, short revents);

#endif
