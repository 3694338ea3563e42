/* SPDX-License-Identifier: ISC */
#include "client/show/output.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

/* POLLOUT on a pipe means that there is room for so much (pipe(7), PIPE_BUF). */
#define PIECE_BYTES 4096

void output_init(struct output *output, int fd)
{
    struct stat status;

    *output = (struct output){.fd = fd, .is_terminal = isatty(fd)};
    output->is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

void output_fini(struct output *output)
{
    bytes_fini(&output->pending);
}

static void close_output(struct output *output, int error)
{
    output->is_closed = true;
    output->error = error == EPIPE ? 0 : error;
}

static bool takes_more(const struct output *output)
{
    struct pollfd poller = {.fd = output->fd, .events = POLLOUT};

    return poll(&poller, 1, 0) > 0;
}

void output_flush(struct output *output)
{
    while (!output->is_closed && bytes_len(&output->pending) > 0 &&
           (output->is_file || takes_more(output))) {
        size_t len = bytes_len(&output->pending);
        ssize_t written;

        if (len > PIECE_BYTES && !output->is_file)
            len = PIECE_BYTES;
        written = write(output->fd, bytes_at(&output->pending), len);
        if (written > 0)
            bytes_consume(&output->pending, (size_t)written);
        else if (written < 0 && errno != EINTR && errno != EAGAIN)
            close_output(output, errno);
        else if (written < 0 && errno == EAGAIN)
            break;
    }
    if (output->pending.failed)
        close_output(output, ENOMEM);
    if (output->is_closed)
        bytes_fini(&output->pending);
}

short output_events(const struct output *output)
{
    return bytes_len(&output->pending) > 0 ? POLLOUT : 0;
}

void output_polled(struct output *output, short revents)
{
    if (revents & POLLERR)
        close_output(output, EPIPE);
}
