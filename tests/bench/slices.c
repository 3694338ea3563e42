/* SPDX-License-Identifier: ISC */

/*
 * The longest service slice under each kind of large request: how long others on the loop wait
 * for it.  A loop, one client on a socket pair, and the processor time of each slice, which other
 * work on the machine disturbs least (the program is linked with --wrap=connection_serve).
 *
 * `slices' prints a table in Markdown, `slices --json' one JSON object.  `slices KIND' is for
 * looking at one by itself.
 */

#include <err.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/memory.h"
#include "daemon/net/connection.h"
#include "daemon/net/loop.h"
#include "daemon/session/ledger.h"
#include "daemon/session/principal.h"
#include "daemon/session/stats.h"

#define MIB ((size_t)1 << 20)

static struct limits limits = {.max_connections = 16,
                               .max_jobs = 1000000,
                               .max_pending = 100000000,
                               .max_steps = 1000000000,
                               .max_request = 64 * MIB,
                               .max_backlog = MIB,
                               .max_depth = 64,
                               .max_wait_ns = INT64_C(2592000000000000)};
static struct ledger ledger;
static struct loop *loop;
static int64_t longest_ns;
static uint64_t slices;

static int64_t cpu_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t __wrap_connection_serve(struct connection *connection, int64_t slice_ns);
int64_t __real_connection_serve(struct connection *connection, int64_t slice_ns);
int64_t __wrap_connection_serve(struct connection *connection, int64_t slice_ns)
{
    int64_t began_ns = cpu_now_ns(), now_ns = __real_connection_serve(connection, slice_ns);
    int64_t took_ns = cpu_now_ns() - began_ns;

    if (took_ns > longest_ns)
        longest_ns = took_ns;
    slices++;
    return now_ns;
}

/* ---- Requests --------------------------------------------------------------------- */

struct text {
    char *bytes;
    size_t len, room;
};

static char *room_for(struct text *text, size_t more)
{
    if (text->len + more > text->room) {
        text->room = 2 * text->room + more;
        text->bytes = realloc(text->bytes, text->room);
        if (text->bytes == NULL)
            errx(2, "out of memory");
    }
    return text->bytes + text->len;
}

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text->len += (size_t)vsnprintf(room_for(text, 128), 128, format, arguments);
    va_end(arguments);
}

/* A string of so many bytes and its quotes, made of what `of' says. */
static void add_string(struct text *text, const char *of, size_t len)
{
    size_t n = strlen(of);
    char *at = room_for(text, len + 2);

    *at++ = '"';
    for (size_t i = 0; i < len / n; i++)
        memcpy(at + i * n, of, n);
    at[len / n * n] = '"';
    text->len += len / n * n + 2;
}

/* A job's text, where # is its number and < that of the one before. */
static void add_job(struct text *text, const char *job, int number)
{
    for (size_t n; *job != '\0'; job += n) {
        n = strcspn(job, "#<");
        if (n > 0)
            add(text, "%.*s", (int)n, job);
        else
            add(text, "%d", job[n++] == '#' ? number : number - 1);
    }
}

/* `begin`, a string of so many MiB made of `of`, and `end`; with `between` another such string
 * behind that; or the jobs from 1 on between `begin` and `end`. */
static const struct kind {
    const char *name, *about;
    const char *begin, *of, *between, *end;
    size_t mib;
    const char *job;
    int jobs;
} kinds[] = {
    {"id", "an `id` of 30 MiB", "{\"id\":", "x", NULL, ",\"jobs\":[{}]}", 30, NULL, 0},
    {"ping", "`ping` with an `id` of 30 MiB", "{\"op\":\"ping\",\"id\":", "x", NULL, "}", 30, NULL,
     0},
    {"refused", "a refusal with one", "{\"op\":\"cancel\",\"batch\":1,\"id\":", "x", NULL, "}", 30,
     NULL, 0},
    {"runs", "1,000 runs of a forecast with one of 1 MiB",
     "{\"op\":\"forecast\",\"runs\":1000,\"events\":\"all\",\"jobs\":[{}],\"id\":", "x", NULL, "}",
     1, NULL, 0},
    {"quoted", "an unknown `op` of 30 MiB", "{\"op\":", "x", NULL, "}", 30, NULL, 0},
    {"critical", "a name of 30 MiB in a forecast",
     "{\"op\":\"forecast\",\"jobs\":[{\"wait\":1,\"name\":", "x", NULL, "}]}", 30, NULL, 0},
    {"cut", "a name of 60 MiB that is not ended", "[{\"name\":", "x", NULL, "", 60, NULL, 0},
    {"name", "a name of 60 MiB", "[{\"name\":", "x", NULL, "}]", 60, NULL, 0},
    {"escaped", "a name of 60 MiB of `\\u0041`", "[{\"name\":", "\\u0041", NULL, "}]", 60, NULL, 0},
    {"awaited", "a name of 30 MiB, and an `after` of it", "[{\"name\":", "x", "},{\"after\":[",
     "]}]", 30, NULL, 0},
    {"unknown", "an unknown name of 30 MiB in `after`", "[{\"after\":[", "x", NULL, "]}]", 30, NULL,
     0},
    {"pools", "a pool's name of 30 MiB, in `pools` and `pool`, and its report",
     "{\"clock\":\"virtual\",\"report\":true,\"pools\":{", "x",
     ":1},\"jobs\":[{\"compute\":1,\"pool\":", "}]}", 30, NULL, 0},
    {"pool", "an unknown one of `\\u0041`", "[{\"compute\":1,\"pool\":", "\\u0041", NULL, "}]", 60,
     NULL, 0},
    {"chain", "500,000 jobs, each after the one before",
     "{\"clock\":\"virtual\",\"events\":\"none\",\"jobs\":[{\"name\":\"j0\"}", NULL, NULL, "]}", 0,
     ",{\"name\":\"j#\",\"after\":[\"j<\"]}", 500000},
    {"plain", "10^6 written-out jobs of wait 0", "{\"jobs\":[{\"wait\":0}", NULL, NULL, "]}", 0,
     ",{\"wait\":0}", 1000000},
    {"named", "10^6 named jobs", "{\"jobs\":[{\"name\":\"j0\"}", NULL, NULL, "]}", 0,
     ",{\"name\":\"j#\"}", 1000000},
    {"drawn", "10^6 exponential jobs under a limit of 1,000, virtual",
     "{\"clock\":\"virtual\",\"events\":\"none\",\"concurrency\":1000,\"jobs\":[", NULL, NULL,
     "{\"count\":1000000,\"wait\":{\"dist\":\"exponential\",\"mean\":1}}]}", 0, NULL, 0},
    {"data", "`data` of 60 MiB", "[{\"data\":", "x", NULL, "}]", 60, NULL, 0},
    {"nested", "a string of 60 MiB in nested `data`", "[{\"data\":{\"a\":[", "x", NULL, "]}}]", 60,
     NULL, 0},
};

static void make(struct text *text, const struct kind *kind)
{
    add(text, "%s", kind->begin);
    if (kind->of != NULL)
        add_string(text, kind->of, kind->mib * MIB);
    if (kind->between != NULL) {
        add(text, "%s", kind->between);
        add_string(text, kind->of, kind->mib * MIB);
    }
    for (int i = 1; i < kind->jobs; i++)
        add_job(text, kind->job, i);
    add(text, "%s", kind->end);
}

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- Measuring ---------------------------------------------------------------------- */

/* Has the request served until the loop has nothing of it any more. */
static void measure(const struct kind *kind)
{
    static char sink[1 << 16];
    struct text text = {0};
    int pair[2];
    size_t sent = 0;
    ssize_t n;

    make(&text, kind);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        err(2, "socketpair");
    longest_ns = 0;
    slices = 0;
    atomic_fetch_add(&ledger.connections, 1);
    loop_adopt(loop, (struct arrival){.fd = pair[0], .principal = principal_new("local", true)});
    do {
        if (sent < text.len &&
            (n = send(pair[1], text.bytes + sent, text.len - sent, MSG_NOSIGNAL)) > 0)
            sent += (size_t)n;
        if (sent == text.len)
            shutdown(pair[1], SHUT_WR);
        loop_iterate(loop);
        while ((n = recv(pair[1], sink, sizeof(sink), 0)) > 0)
            continue;
    } while (n != 0);
    close(pair[1]);
    while (atomic_load(&ledger.connections) > 0)
        loop_iterate(loop);
    free(text.bytes);
}

int main(int argc, char **argv)
{
    static struct log quiet;
    struct channel_env env = {.ledger = &ledger, .version = "0", .instance = "0123456789abcdef"};
    bool as_json = argc > 1 && strcmp(argv[1], "--json") == 0;
    const char *only = argc > 1 && !as_json ? argv[1] : NULL;

    memory_tune();
    atomic_store(&ledger.next_batch, 1);
    log_init(&quiet, LOG_LEVEL_ERROR);
    loop = loop_new(&(struct loop_config){
        .limits = &limits, .env = &env, .log = &quiet, .n_loops = 1, .max_refused = 1});
    if (loop == NULL)
        err(2, "a loop");
    fputs(as_json ? "{" : "| request | longest slice | slices |\n| --- | --- | --- |\n", stdout);
    for (size_t i = 0; i < KINDS; i++) {
        if (only != NULL && strcmp(only, kinds[i].name) != 0)
            continue;
        measure(&kinds[i]);
        if (as_json)
            printf("%s\"%s\":%.9f", i > 0 ? "," : "", kinds[i].name, (double)longest_ns / 1e9);
        else
            printf("| %s | %.3f ms | %" PRIu64 " |\n", kinds[i].about, (double)longest_ns / 1e6,
                   slices);
        fflush(stdout);
    }
    if (as_json)
        puts("}");
    loop_free(loop);
    log_fini(&quiet);
    return 0;
}
