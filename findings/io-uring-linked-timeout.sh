#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# io_uring (liburing 2.3, Debian 12; the script says which Linux): what is linked behind a timeout is cancelled when the time is over.
#
# Guess: IORING_OP_TIMEOUT with IOSQE_IO_LINK and a write behind it writes when the time is over; a timeout that runs its full time has succeeded,
# its result is 0.
# Seen: a time that is over is an error, ETIME (-62), and as a request that failed it breaks the chain: the write ends with ECANCELED and is never
# done. The timeout "succeeds" only if enough other requests complete before.
# What helps: IORING_TIMEOUT_ETIME_SUCCESS (Linux 5.16), with which the result is -62 as before but the write is done.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q liburing2=2.3-3 liburing-dev=2.3-3 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <errno.h>
#include <liburing.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    struct io_uring ring;
    struct __kernel_timespec delay = {.tv_nsec = 20000000};
    int ends[2], results[2] = {0, 0};

    if (pipe(ends) != 0) return 1;
    int status = io_uring_queue_init(8, &ring, 0);
    if (status != 0) {
        printf("no io_uring here: %s\n", strerror(-status));
        return 1;
    }
    for (unsigned flags = 0; flags <= IORING_TIMEOUT_ETIME_SUCCESS; flags += IORING_TIMEOUT_ETIME_SUCCESS) {
        struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
        io_uring_prep_timeout(entry, &delay, 0, flags);
        entry->flags |= IOSQE_IO_LINK;
        entry->user_data = 0;
        entry = io_uring_get_sqe(&ring);
        io_uring_prep_write(entry, ends[1], "x", 1, 0);
        entry->user_data = 1;
        io_uring_submit(&ring);
        for (int i = 0; i < 2; i++) {
            struct io_uring_cqe *completion;
            io_uring_wait_cqe(&ring, &completion);
            results[completion->user_data] = completion->res;
            io_uring_cqe_seen(&ring, completion);
        }
        printf("%s: timeout %s, write %s\n", flags == 0 ? "plain" : "ETIME_SUCCESS", results[0] == -ETIME ? "ETIME" : "another result",
            results[1] == 1 ? "done" : results[1] == -ECANCELED ? "cancelled" : "another result");
    }
    return 0;
}
C
library=$scratch/usr/lib/x86_64-linux-gnu
cc -w -I usr/include -I usr/include/x86_64-linux-gnu -o probe probe.c "$library/liburing.so.2"
got=$(LD_LIBRARY_PATH=$library timeout 20 ./probe)
printf 'Linux %s\n%s\n' "$(uname -r)" "$got"
[ "$got" = 'plain: timeout ETIME, write cancelled
ETIME_SUCCESS: timeout ETIME, write done' ]
