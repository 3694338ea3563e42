/* SPDX-License-Identifier: ISC */
#include "daemon/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/random.h"
#include "daemon/base/clock.h"
#include "daemon/store/cluster.h"
#include "daemon/store/journal.h"
#include "daemon/store/memory.h"
#include "engine/batch.h"

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_MAX  36

static int64_t read_boot_clock(void *context)
{
    (void)context;
    return clock_boot_ns();
}

static int64_t read_wall_clock(void *context)
{
    (void)context;
    return clock_real_ns();
}

static void report(void *context, bool is_fault, const char *line)
{
    log_write(context, is_fault ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "%s", line);
}

/* Of this boot of the machine.  A unit that hides /proc/sys hands it over in the environment;
 * where it is not known a restart counts as one of the machine, whose wall clock counts. */
static void read_boot_id(char out[BOOT_ID_MAX + 1])
{
    const char *given = getenv("WAITD_BOOT_ID");
    FILE *file = fopen(BOOT_ID_FILE, "re");

    out[0] = '\0';
    if (file != NULL) {
        if (fscanf(file, "%36s", out) != 1)
            out[0] = '\0';
        fclose(file);
    }
    if (out[0] == '\0' && given != NULL)
        snprintf(out, BOOT_ID_MAX + 1, "%s", given);
}

static const char *directory_of(const struct options *options)
{
    return options->state.n > 0 ? options->state.text[0] : NULL;
}

static struct store *open_journal(const struct options *options, const char *instance,
                                  struct log *log)
{
    char boot_id[BOOT_ID_MAX + 1], engine[24], problem[512];
    struct store *store;
    struct journal_config config = {
        .directory = directory_of(options),
        .prefix = instance,
        .engine = engine,
        .boot_id = boot_id,
        .boot_clock = read_boot_clock,
        .wall_clock = read_wall_clock,
        .report = report,
        .report_context = log,
    };

    read_boot_id(boot_id);
    snprintf(engine, sizeof(engine), "%u", options->engine_version);
    store = journal_open(&config, problem, sizeof(problem));
    if (store == NULL)
        log_write(log, LOG_LEVEL_ERROR, "%s", problem);
    return store;
}

static uint64_t draw(void *context)
{
    (void)context;
    return (uint64_t)random_seed();
}

static struct store *open_cluster(const struct options *options, const char *instance,
                                  struct log *log)
{
    char engine[24], problem[512];
    struct store *store;
    struct cluster_config config = {
        .urls = (const char *const *)options->cluster.text,
        .n_urls = options->cluster.n,
        .name = option_text(&options->cluster_name),
        .node = instance,
        .engine = engine,
        .grace_ns = options->cluster_grace_ns,
        .boot_clock = read_boot_clock,
        .wall_clock = read_wall_clock,
        .draw = draw,
        .report = report,
        .report_context = log,
    };

    snprintf(engine, sizeof(engine), "%u", options->engine_version);
    store = cluster_open(&config, problem, sizeof(problem));
    if (store == NULL)
        log_write(log, LOG_LEVEL_ERROR, "cluster %s: %s", config.name, problem);
    return store;
}

struct store *state_open(const struct options *options, const char *instance, struct log *log)
{
    struct memory_config config = {.prefix = instance, .now = read_boot_clock};
    struct store *store;

    if (directory_of(options) != NULL)
        return open_journal(options, instance, log);
    if (options->cluster.n > 0)
        return open_cluster(options, instance, log);
    store = memory_new(&config);
    if (store == NULL)
        log_write(log, LOG_LEVEL_ERROR, "out of memory");
    return store;
}

int state_check_directory(const struct options *options, struct log *log)
{
    const char *directory = directory_of(options);
    struct stat status;

    if (directory == NULL)
        return 0;
    if (stat(directory, &status) != 0)
        log_write(log, LOG_LEVEL_ERROR, "--state takes a directory that exists, not %s", directory);
    else if (!S_ISDIR(status.st_mode) || access(directory, W_OK | X_OK) != 0)
        log_write(log, LOG_LEVEL_ERROR, "cannot write to %s: %s", directory,
                  strerror(S_ISDIR(status.st_mode) ? errno : ENOTDIR));
    else
        return 0;
    return 1;
}

int state_check(const struct options *options)
{
    if (directory_of(options) == NULL) {
        fputs("waitd: --check-state needs --state DIR; see waitd --help\n", stderr);
        return 2;
    }
    return journal_check(directory_of(options), stdout, stderr) ? 0 : 1;
}
