/* SPDX-License-Identifier: ISC */

/*
 * waitd, the daemon.  What lives as long as the process is owned here.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "daemon/base/random.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/memory.h"
#include "daemon/options.h"
#include "daemon/paths.h"
#include "daemon/server.h"
#include "daemon/state.h"
#include "daemon/net/descriptors.h"
#include "daemon/net/stdio.h"
#include "daemon/snapshot.h"

#define DEFAULT_FILE PATHS_SYSCONFDIR "/waitd.conf"

struct command_line {
    int argc;
    char **argv;
};

static enum options_verdict read_options(void *context, struct options *options,
                                         char problem[OPTIONS_PROBLEM_MAX])
{
    const struct command_line *line = context;

    return options_read(options, line->argc, line->argv, DEFAULT_FILE, problem);
}

/* So that no socket of ours becomes a standard descriptor.  Whoever reads or
 * writes one that was closed still gets an error. */
static int fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return -1;
    return 0;
}

static int serve_stdio(struct server_config *config)
{
    struct ledger ledger = {.connections = 1, .next_batch = 1};
    struct stats *stats = stats_new();
    struct snapshot_source snapshot = {config->started_ns, &ledger, &stats, 1};
    struct channel_env env = {.limits = &config->options->limits,
                              .ledger = &ledger,
                              .stats = stats,
                              .version = config->version,
                              .instance = config->instance,
                              .real_time_ns = clock_real_ns,
                              .draw_seed = random_seed,
                              .snapshot = snapshot_take,
                              .snapshot_context = &snapshot};
    struct stdio_config stdio = {.env = &env, .log = config->log};
    int status = 1;

    memcpy(env.hash_key, config->hash_key, sizeof(env.hash_key));
    if (stats)
        status = stdio_serve(&stdio);
    stats_free(stats);
    return status;
}

static int serve(struct options *options, struct command_line *line)
{
    uint8_t drawn[24];
    char instance[17];
    struct log log;
    int status;
    struct server_config config = {.options = options,
                                   .log = &log,
                                   .version = PACKAGE_VERSION,
                                   .instance = instance,
                                   .hash_key = drawn + 8,
                                   .started_ns = clock_now_ns(),
                                   .reread = read_options,
                                   .context = line};

    memory_tune();
    signal(SIGPIPE, SIG_IGN);
    if (getrandom(drawn, sizeof(drawn), 0) != (ssize_t)sizeof(drawn)) {
        fprintf(stderr, "waitd: error: no random bytes: %s\n", strerror(errno));
        return 1;
    }
    for (int i = 0; i < 8; i++)
        snprintf(instance + 2 * i, 3, "%02x", drawn[i]);
    if (!options->stdio)
        descriptors_make_room(descriptors_raise()); /* before the log has a thread */
    log_init(&log, options->log_level);
    status = options->stdio ? serve_stdio(&config) : server_run(&config);
    log_fini(&log);
    return status;
}

/* Ends what was printed.  0, or 1 once it has said why it could not be. */
static int end_output(void)
{
    if (fflush(stdout) == 0)
        return 0;
    fprintf(stderr, "waitd: error: standard output: %s\n", strerror(errno));
    return 1;
}

/* Reports errors as a start would; if all is well it says to a person what was checked,
 * while scripts have the exit status. */
static int check(const struct options *options)
{
    struct log log;
    int status = 0;

    log_init(&log, options->log_level);
    if (!options->stdio) /* which listens on nothing */
        status = server_check(options, &log);
    log_fini(&log);
    if (status != 0 || !isatty(STDOUT_FILENO))
        return status;
    if (options->file)
        printf("%s is in order, and so are the flags\n", options->file);
    else
        puts("the flags are in order; there is no " DEFAULT_FILE);
    return end_output();
}

int main(int argc, char *argv[])
{
    struct command_line line = {argc, argv};
    char problem[OPTIONS_PROBLEM_MAX];
    struct options options;
    int status;

    if (fill_standard_descriptors() != 0)
        return 1;
    switch (read_options(&line, &options, problem)) {
    case OPTIONS_HELP:
        options_help(stdout);
        return end_output();
    case OPTIONS_VERSION:
        puts("waitd " PACKAGE_VERSION);
        return end_output();
    case OPTIONS_WRONG:
        fprintf(stderr, "waitd: %s\n", problem);
        return 2;
    case OPTIONS_UNREADABLE:
        fprintf(stderr, "waitd: %s\n", problem);
        return 1;
    case OPTIONS_RUN:
        break;
    }
    if (options.check_state)
        status = state_check(&options);
    else
        status = options.check_config ? check(&options) : serve(&options, &line);
    options_fini(&options);
    return status;
}
