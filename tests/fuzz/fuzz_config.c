/* SPDX-License-Identifier: ISC */

/*
 * A configuration file of any bytes either gives options within their ranges
 * or one line that says why not.
 */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_limits(const struct limits *limits)
{
    assert(limits->max_jobs >= 1 && limits->max_jobs < UINT32_MAX);
    assert(limits->max_request >= 1 && limits->max_request <= UINT64_C(1) << 31);
    assert(limits->max_pending >= 1 && limits->max_steps >= 1 && limits->max_backlog >= 1);
    assert(limits->max_wait_ns >= 1 && limits->client_timeout_ns >= 0);
    assert(limits->timer_slack_ns >= 0 && limits->idle_timeout_ns >= 0 &&
           limits->drain_timeout_ns >= 0);
}

static void read_options(const char *file)
{
    static char program[] = "waitd", flag[] = "--config";
    char name[64], problem[OPTIONS_PROBLEM_MAX] = "";
    char *argv[] = {program, flag, name, NULL};
    struct options options;

    snprintf(name, sizeof(name), "%s", file);
    switch (options_read(&options, 3, argv, NULL, problem)) {
    case OPTIONS_RUN:
        assert(options.listen.n >= 1);
        check_limits(&options.limits);
        options_fini(&options);
        break;
    case OPTIONS_WRONG:
        assert(problem[0] != '\0' && memchr(problem, '\0', sizeof(problem)) != NULL);
        assert(strchr(problem, '\n') == NULL);
        break;
    case OPTIONS_UNREADABLE: /* longer than a configuration may be */
    case OPTIONS_HELP:
    case OPTIONS_VERSION:
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    char file[64];

    if (size > 100000)
        return 0;
    if (fd < 0)
        fd = memfd_create("configuration", MFD_CLOEXEC);
    assert(fd >= 0);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
    read_options(file);
    return 0;
}
