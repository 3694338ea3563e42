/* SPDX-License-Identifier: ISC */
#include "daemon/options.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/http.h"
#include "daemon/net/tls.h"
#include "daemon/options_internal.h"
#include "daemon/store/cluster.h"
#include "engine/batch.h"
#include "proto/options/option_flags.h"
#include "proto/options/option_help.h"
#include "proto/address.h"
#include "proto/duration.h"
#include "proto/plan.h"
#include "proto/request.h"
#include "proto/token/token.h"

#define DAY (86400 * DURATION_SECOND_NS)

/* A number as text, once its macro is expanded. */
#define TEXT_OF(number)  TEXT_AS_IS(number)
#define TEXT_AS_IS(text) #text

#define AT(member) offsetof(struct options, member)
#define LIMIT      (OPTION_IN_FILE | OPTION_RELOADABLE)

static const struct option_row rows[] = {
    {"listen", 'l', &options_listen, OPTION_IN_FILE, AT(listen), 0, 0, "ADDR", NULL,
     "127.0.0.1:9248",
     "listen on HOST:PORT, [V6]:PORT, :PORT (all addresses), PORT (on loopback) or unix:PATH, or "
     "by TLS on tls:HOST:PORT; may be given several times; port 0 picks a free one"},
    {"tls-cert", 0, &options_path, OPTION_IN_FILE | OPTION_RELOADABLE, AT(tls_cert), 0, 0, "FILE",
     NULL, "none", "the certificate shown to clients by TLS, and what vouches for it (PEM)"},
    {"tls-key", 0, &options_path, OPTION_IN_FILE | OPTION_RELOADABLE, AT(tls_key), 0, 0, "FILE",
     NULL, "none", "its private key (PEM)"},
    {"tls-client-ca", 0, &options_path, OPTION_IN_FILE | OPTION_RELOADABLE, AT(tls_client_ca), 0, 0,
     "FILE", NULL, "none",
     "serve by TLS those clients alone that show a certificate by one of these authorities (PEM)"},
    {"insecure", 0, &option_switch, OPTION_IN_FILE, AT(insecure), 0, 0, NULL, NULL, NULL,
     "allow addresses that other machines can reach, for anyone to use"},
    {"token-file", 0, &options_path, OPTION_IN_FILE | OPTION_RELOADABLE, AT(token_file), 0, 0,
     "FILE", NULL, "none",
     "have every client by TCP prove who it is, by a token of which FILE has the line NAME:HASH "
     "(see waitctl token new)"},
    {"trust-loopback", 0, &option_switch, OPTION_IN_FILE | OPTION_RELOADABLE, AT(trust_loopback), 0,
     0, NULL, NULL, NULL, "serve clients of this machine without credentials"},
    {"admin", 0, &options_principal, OPTION_IN_FILE | OPTION_RELOADABLE, AT(admin), 0, 0,
     "PRINCIPAL", NULL, "nobody",
     "let local, unix:UID, token:NAME or cert:SUBJECT see, cancel and forget the detached batches "
     "of everybody; may be given several times"},
    {"http", 0, &options_listen, OPTION_IN_FILE, AT(http), 0, 0, "ADDR", NULL, "off",
     "serve HTTP on ADDR, written as for --listen: batches, figures, a page, and /wait, a slow "
     "back end for tests; may be given several times"},
    {"http-host", 0, &options_host, OPTION_IN_FILE, AT(http_host), 0, 0, "NAME", NULL, "none",
     "also serve requests over HTTP whose Host is NAME; may be given several times"},
    {"http-origin", 0, &options_origin, OPTION_IN_FILE, AT(http_origin), 0, 0, "ORIGIN", NULL,
     "none",
     "let pages of ORIGIN, such as http://localhost:3000, send requests over HTTP; may be given "
     "several times"},
    {"http-max-header", 0, &option_size, OPTION_IN_FILE, AT(http_max_header), 1024,
     UINT64_C(1) << 20, "SIZE", "8K", "8K", "length of the head of a request over HTTP"},
    {"http-header-timeout", 0, &option_duration, OPTION_IN_FILE, AT(http_header_timeout_ns),
     1000000, DAY, "D", "10s", "10s",
     "disconnect a client of HTTP whose request's head is not complete so long after it "
     "connected"},
    {"service", 0, &options_service, OPTION_IN_FILE, AT(service), 0, 0, "NAME=WORKERS", NULL,
     "none",
     "a pool of so many workers that /wait?pool=NAME queues for; may be given several times"},
    {"metrics", 0, &options_address, OPTION_IN_FILE, AT(metrics), 0, 0, "ADDR", NULL, "off",
     "serve metrics for Prometheus alone over HTTP on ADDR, written as for --listen: /metrics, "
     "/healthz and /readyz; may be given several times"},
    {"threads", 't', &option_unsigned, OPTION_IN_FILE, AT(threads), 1, 1024, "N", NULL,
     "the processors it may use", "event loops, a thread each"},
    {"stdio", 0, &option_switch, 0, AT(stdio), 0, 0, NULL, NULL, NULL,
     "serve one client on standard input and output, then exit: 0, or 1 if a batch ended other "
     "than ok, 2 if a request was refused"},
    {"config", 'c', &option_string, 0, AT(file), 0, 0, "FILE", NULL,
     "waitd.conf as installed, if it exists", "read the configuration from FILE"},
    {"state", 0, &options_path, OPTION_IN_FILE, AT(state), 0, 0, "DIR", NULL, "in memory",
     "keep detached batches in a journal in DIR, so that they outlive the daemon"},
    {"cluster", 0, &options_cluster, OPTION_IN_FILE, AT(cluster), 0, 0, "nats://HOST:PORT", NULL,
     "off",
     "keep detached batches in a stream of NATS JetStream, shared by all daemons that name it; may "
     "be given several times, for several servers; takes no --state beside it"},
    {"cluster-name", 0, &options_cluster_name, OPTION_IN_FILE, AT(cluster_name), 0, 0, "NAME",
     "waitd", "waitd", "the name of the cluster and of its stream"},
    {"cluster-grace", 0, &option_duration, OPTION_IN_FILE, AT(cluster_grace_ns),
     CLUSTER_GRACE_MIN_NS, CLUSTER_GRACE_MAX_NS, "D", "1s", "1s",
     "how long after it was asked for a cancel takes effect in a cluster; the servers' clocks must "
     "not be set back by more than half of it"},
    {"check-state", 0, &option_switch, 0, AT(check_state), 0, 0, NULL, NULL, NULL,
     "check the journal in --state's DIR and print the requests of its batches, then exit: 0 if "
     "it is sound, else 1"},
    {"check-config", 0, &option_switch, 0, AT(check_config), 0, 0, NULL, NULL, NULL,
     "check flags and configuration, then exit"},
    {"max-connections", 0, &option_count, LIMIT, AT(limits.max_connections), 1, INT32_MAX, "N",
     NULL, "what the limit of descriptors allows", "connections at a time"},
    {"max-connections-per-address", 0, &option_count, LIMIT | OPTION_MAY_BE_OFF,
     AT(limits.max_connections_per_address), 0, INT32_MAX, "N", "off", "off",
     "connections of one IPv4 address, one IPv6 /64, or one user by Unix sockets (off: any "
     "number)"},
    {"max-batches", 0, &option_count, LIMIT | OPTION_MAY_BE_OFF, AT(limits.max_batches), 0,
     INT64_MAX, "N", "100000", "100000", "batches running on one connection (off: any number)"},
    {"max-jobs", 0, &option_count, LIMIT, AT(limits.max_jobs), 1, UINT32_MAX - 1, "N", "1000000",
     "1000000", "jobs of a batch, counted by `count`"},
    {"max-pending", 0, &option_count, LIMIT, AT(limits.max_pending), 1, INT64_MAX, "N", "10000000",
     "10000000", "jobs not yet ended, in all the daemon"},
    {"max-pending-per-connection", 0, &option_count, LIMIT | OPTION_MAY_BE_OFF,
     AT(limits.max_pending_per_connection), 0, INT64_MAX, "N", "off", "off",
     "the same of one connection (off: as many as max-pending allows)"},
    {"max-steps", 0, &option_count, LIMIT, AT(limits.max_steps), 1, UINT32_MAX, "N", "1000000000",
     "1000000000", "jobs x steps x `repeat` x (1 + `retries`) of a batch"},
    {"max-request", 0, &option_size, LIMIT, AT(limits.max_request), 1, UINT64_C(1) << 31, "SIZE",
     "64M", "64M", "length of a request"},
    {"max-text", 0, &option_size, LIMIT | OPTION_MAY_BE_OFF, AT(limits.max_text), 0,
     UINT64_C(1) << 50, "SIZE", "4G", "4G",
     "memory for the requests themselves, those being read and those of batches that have not "
     "ended, in all the daemon (off: any)"},
    {"max-text-per-connection", 0, &option_size, LIMIT | OPTION_MAY_BE_OFF,
     AT(limits.max_text_per_connection), 0, UINT64_C(1) << 50, "SIZE", "off", "off",
     "the same of one connection (off: as much as max-text allows)"},
    {"max-string", 0, &option_size, LIMIT | OPTION_MAY_BE_OFF, AT(limits.max_string), 0,
     UINT64_C(1) << 31, "SIZE", "64M", "64M",
     "length of a name, of a `note` and of an `id` (off: any)"},
    {"max-data", 0, &option_size, LIMIT | OPTION_MAY_BE_OFF, AT(limits.max_data), 0,
     UINT64_C(1) << 31, "SIZE", "64M", "64M", "length of a job's `data` (off: any)"},
    {"max-dependencies", 0, &option_count, LIMIT | OPTION_MAY_BE_OFF, AT(limits.max_dependencies),
     0, INT64_MAX, "N", "10000000", "10000000",
     "names in the `after` of a batch (off: any number)"},
    {"max-pools", 0, &option_unsigned, LIMIT, AT(limits.max_pools), 1, PLAN_MAX_POOLS, "N", "1000",
     "1000", "`pools` of a batch"},
    {"max-runs", 0, &option_unsigned, LIMIT, AT(limits.max_runs), 1, REQUEST_MAX_RUNS, "N",
     "1000000", "1000000", "`runs` of a forecast"},
    {"max-summaries", 0, &option_unsigned, LIMIT, AT(limits.max_summaries), 1, 1000000, "N", "1000",
     "1000", "names that a `report` lists one by one; the others are counted together"},
    {"max-depth", 0, &option_unsigned, LIMIT, AT(limits.max_depth), 4, 1024, "N", "128", "128",
     "nesting of a request"},
    {"max-wait", 0, &option_duration, LIMIT, AT(limits.max_wait_ns), 1, INT64_MAX, "D", "720h",
     "30 days", "length of a wait, or of any other duration"},
    {"max-backlog", 0, &option_size, LIMIT, AT(limits.max_backlog), 1, UINT64_C(1) << 40, "SIZE",
     "1M", "1M",
     "output that a client may leave unread before its own batches are paused and its input is no "
     "longer read"},
    {"max-unauthenticated", 0, &option_count, LIMIT, AT(limits.max_unauthenticated), 1, INT32_MAX,
     "N", "256", "256",
     "connections at a time of clients that have to prove who they are and have not yet"},
    {"max-auth-bytes", 0, &option_size, LIMIT, AT(limits.max_auth_bytes), 256, 65536, "SIZE", "4K",
     "4K", "what such a client may send before it has"},
    {"max-auth-failures", 0, &option_count, LIMIT | OPTION_MAY_BE_OFF, AT(limits.max_auth_failures),
     0, 1000000, "N", "10", "10",
     "wrong tokens within a minute of one IPv4 address, or one IPv6 /64 (off: any number)"},
    {"auth-timeout", 0, &option_duration, LIMIT, AT(limits.auth_timeout_ns), 1000000, DAY, "D",
     "10s", "10s", "refuse a client that has not proved who it is so long after it connected"},
    {"retain", 0, &option_duration, LIMIT, AT(limits.retain_ns), 0, INT64_MAX, "D", "1h", "1h",
     "keep a detached batch for so long after its end, unless it asks for another time"},
    {"max-retain", 0, &option_duration, LIMIT, AT(limits.max_retain_ns), 0, INT64_MAX, "D", "168h",
     "7 days", "what a detached batch may ask for as its `retain`"},
    {"max-detached", 0, &option_count, LIMIT | OPTION_MAY_BE_OFF, AT(limits.max_detached), 0,
     INT64_MAX, "N", "1000000", "1000000",
     "detached batches kept, running or not (off: any number)"},
    {"max-state", 0, &option_size, LIMIT | OPTION_MAY_BE_OFF, AT(limits.max_state), 0,
     UINT64_C(1) << 50, "SIZE", "4G", "4G", "length of all their requests together (off: any)"},
    {"max-replays", 0, &option_count, LIMIT, AT(limits.max_replays), 1, INT32_MAX, "N", "16", "16",
     "watches that catch up with their batch at a time; 1000 more may wait"},
    {"request-timeout", 0, &option_duration, LIMIT | OPTION_MAY_BE_OFF,
     AT(limits.request_timeout_ns), 0, INT64_MAX, "D", "10m", "10m",
     "refuse a request that is not complete so long after it began (off: never)"},
    {"client-timeout", 0, &option_duration, LIMIT | OPTION_MAY_BE_OFF, AT(limits.client_timeout_ns),
     0, INT64_MAX, "D", "10m", "10m",
     "disconnect a client that reads nothing for so long while output waits for it (off: never)"},
    {"idle-timeout", 0, &option_duration, LIMIT | OPTION_MAY_BE_OFF, AT(limits.idle_timeout_ns), 0,
     INT64_MAX, "D", "off", "off",
     "disconnect a client that has nothing running and sends nothing for so long"},
    {"drain-timeout", 0, &option_duration, LIMIT, AT(limits.drain_timeout_ns), 0, DAY, "D", "5s",
     "5s", "on SIGTERM, let running batches finish for so long"},
    {"timer-slack", 0, &option_duration, LIMIT | OPTION_MAY_BE_OFF, AT(limits.timer_slack_ns), 0,
     DURATION_SECOND_NS, "D", "900us", "0.9 ms",
     "let a busy loop be so late at most, as far as that saves work: what falls due together is "
     "handled together (0: never)"},
    {"log-level", 0, &options_level, LIMIT, AT(log_level), 0, 0, "LEVEL", "info", "info",
     "error, warning, info or debug"},
    {"help", 'h', &option_action, 0, 0, 0, 0, NULL, NULL, NULL, "show this help, then exit"},
    {"version", 'V', &option_action, 0, 0, 0, 0, NULL, NULL, NULL, "show the version, then exit"},
    {"engine-version", 0, &option_unsigned, OPTION_HIDDEN, AT(engine_version), 1, 1000000, "N",
     TEXT_OF(BATCH_ENGINE_VERSION), TEXT_OF(BATCH_ENGINE_VERSION),
     "the version of the schedule that batches have"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct option_table options_table = {.program = "waitd", .rows = rows, .n = ROWS};

_Static_assert(ROWS <= OPTION_ROWS_MAX, "each option fits struct option_flags");

/* What is quoted may hold control characters, and the problem is one line. */
static void make_one_line(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

int options_set_problem(struct reading *reading, enum options_verdict verdict, const char *format,
                        ...)
{
    va_list arguments;

    if (reading->verdict != OPTIONS_RUN)
        return -1;
    reading->verdict = verdict;
    va_start(arguments, format);
    vsnprintf(reading->problem, OPTIONS_PROBLEM_MAX, format, arguments);
    va_end(arguments);
    make_one_line(reading->problem);
    return -1;
}

int options_set(struct reading *reading, struct options *options, const struct option_row *row,
                const char *text, const char *where)
{
    char why[OPTION_WHY_MAX];

    switch (option_value_set(options, row, text, why)) {
    case OPTION_SET:
        return 0;
    case OPTION_MALFORMED:
        return options_set_problem(reading, OPTIONS_WRONG, "%s%s: got \"%.64s\", takes %s", where,
                                   row->name, text, why);
    case OPTION_REFUSED:
        return options_set_problem(reading, OPTIONS_WRONG, "%s%s: \"%.64s\" %s", where, row->name,
                                   text, why);
    case OPTION_NOMEM:
        break;
    }
    return options_set_problem(reading, OPTIONS_UNREADABLE, "out of memory");
}

/* Until the first flag that asks for something else than to run. */
static int read_flags(struct reading *reading, int argc, char *const argv[])
{
    char problem[OPTION_FLAGS_PROBLEM_MAX], *text;
    const char *operand = NULL;
    const struct option_row *row;

    option_flags_begin(&reading->flags, &options_table, argc, argv);
    for (;;) {
        switch (option_flags_next(&reading->flags, &row, &text, problem)) {
        case OPTION_FLAGS_END:
            if (operand)
                return options_set_problem(reading, OPTIONS_WRONG,
                                           "\"%.64s\" is not expected: waitd takes flags only",
                                           operand);
            return 0;
        case OPTION_FLAGS_WRONG:
            return options_set_problem(reading, OPTIONS_WRONG, "%s", problem);
        case OPTION_FLAGS_OPERAND:
            operand = operand ? operand : text;
            break;
        case OPTION_FLAGS_FLAG:
            if (row->type->kind == OPTION_ACTION) {
                reading->verdict = row->letter == 'h' ? OPTIONS_HELP : OPTIONS_VERSION;
                return -1;
            }
            if (options_set(reading, &reading->options, row, text ? text : "true", "--") != 0)
                return -1;
            break;
        }
    }
}

/* ---- All together ------------------------------------------------------ */

/* What belongs together for TLS. */
static int check_tls(struct reading *reading)
{
    const struct options *options = &reading->options;
    bool is_served = false;

    for (unsigned i = 0; i < options->listen.n; i++)
        is_served |= address_behind_tls(options->listen.text[i]) != NULL;
    for (unsigned i = 0; i < options->http.n; i++)
        is_served |= address_behind_tls(options->http.text[i]) != NULL;
    if (!tls_is_there() && options->tls_cert.n + options->tls_key.n + options->tls_client_ca.n > 0)
        return options_set_problem(reading, OPTIONS_WRONG, "%s: this waitd was built without TLS",
                                   options->tls_cert.n > 0  ? "tls-cert"
                                   : options->tls_key.n > 0 ? "tls-key"
                                                            : "tls-client-ca");
    if (options->tls_cert.n != options->tls_key.n)
        return options_set_problem(reading, OPTIONS_WRONG, "tls-cert and tls-key go together");
    if (options->tls_client_ca.n > options->tls_cert.n || (is_served && options->tls_cert.n == 0))
        return options_set_problem(reading, OPTIONS_WRONG,
                                   "%s takes tls-cert and tls-key beside it",
                                   is_served ? "an address by TLS" : "tls-client-ca");
    return 0;
}

/* Batches are kept in one place. */
static int check_store(struct reading *reading)
{
    const struct options *options = &reading->options;

    if (options->cluster.n > 0 && options->state.n > 0)
        return options_set_problem(reading, OPTIONS_WRONG,
                                   "cluster and state do not go together: detached batches are "
                                   "kept in a cluster's stream or in a journal");
    return 0;
}

static bool is_given(const struct reading *reading, const char *name)
{
    for (unsigned i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return reading->flags.given[i];
    return false;
}

/* No batch is kept for longer than one may ask for; the default gives way to a shorter limit. */
static int check_retain(struct reading *reading)
{
    struct limits *limits = &reading->options.limits;

    if (limits->retain_ns <= limits->max_retain_ns)
        return 0;
    if (is_given(reading, "retain"))
        return options_set_problem(reading, OPTIONS_WRONG,
                                   "retain is longer than max-retain: it takes a duration of at "
                                   "most that");
    limits->retain_ns = limits->max_retain_ns;
    return 0;
}

/* Without the library that it takes, an option is refused by its name. */
static int refuse_absent(struct reading *reading)
{
    const struct options *options = &reading->options;
    const char *name = options->metrics.n > 0   ? "metrics"
                       : options->http.n > 0    ? "http"
                       : options->service.n > 0 ? "service"
                                                : NULL;

    if (name && !http_is_there())
        return options_set_problem(reading, OPTIONS_WRONG, "%s: this waitd was built without HTTP",
                                   name);
    if (options->token_file.n > 0 && !token_is_there())
        return options_set_problem(reading, OPTIONS_WRONG,
                                   "token-file: this waitd was built without libcrypt");
    return 0;
}

/* The default of `listen` is put in at the end: what is given replaces it,
 * and several are added up. */
static int complete(struct reading *reading, const char *default_file)
{
    const struct option_row *listen = &rows[0];

    if (options_read_file(reading, default_file) != 0)
        return -1;
    if (reading->options.listen.n == 0 &&
        options_set(reading, &reading->options, listen, listen->default_text, "") != 0)
        return -1;
    if (check_tls(reading) != 0 || check_store(reading) != 0 || check_retain(reading) != 0)
        return -1;
    return refuse_absent(reading);
}

enum options_verdict options_read(struct options *options, int argc, char *const argv[],
                                  const char *default_file, char problem[OPTIONS_PROBLEM_MAX])
{
    struct reading reading;

    memset(&reading, 0, sizeof(reading));
    reading.verdict = OPTIONS_RUN;
    reading.problem = problem;
    if (option_value_defaults(&reading.options, &options_table) != 0)
        options_set_problem(&reading, OPTIONS_UNREADABLE, "out of memory");
    else if (read_flags(&reading, argc, argv) == 0 && complete(&reading, default_file) == 0) {
        *options = reading.options;
        return OPTIONS_RUN;
    }
    options_fini(&reading.options);
    return reading.verdict;
}

void options_fini(struct options *options)
{
    option_value_free(options, &options_table);
}

static void swap_texts(struct option_texts *a, struct option_texts *b)
{
    struct option_texts texts = *a;

    *a = *b;
    *b = texts;
}

const char *options_update(struct options *options, struct options *changed)
{
    options->file = changed->file;
    options->missing_file = changed->missing_file;
    options->limits = changed->limits;
    options->log_level = changed->log_level;
    swap_texts(&options->tls_cert, &changed->tls_cert);
    swap_texts(&options->tls_key, &changed->tls_key);
    swap_texts(&options->tls_client_ca, &changed->tls_client_ca);
    swap_texts(&options->admin, &changed->admin);
    options->trust_loopback = changed->trust_loopback;
    if (options->token_file.n == changed->token_file.n)
        swap_texts(&options->token_file, &changed->token_file);
    else
        return "token-file";
    for (unsigned i = 0; i < ROWS; i++)
        if ((rows[i].traits & LIMIT) == OPTION_IN_FILE &&
            !option_value_is_same(options, changed, &rows[i]))
            return rows[i].name;
    return NULL;
}

/* ---- Help -------------------------------------------------------------- */

void options_help(FILE *out)
{
    fputs("usage: waitd [FLAG...]\n\n"
          "Runs batches of waiting jobs for clients that send JSON over TCP or a Unix socket.\n"
          "Stays in the foreground and logs to standard error.\n\n",
          out);
    for (unsigned i = 0; i < ROWS; i++) {
        char by_default[64] = "";

        if (rows[i].traits & OPTION_HIDDEN)
            continue;
        if (rows[i].default_text)
            snprintf(by_default, sizeof(by_default), "[%s]", rows[i].default_text);
        option_help_print(out, &rows[i], by_default);
    }
    fputs("\nDurations: seconds, or 250ms, 1.5s, 1m30s, 2h. Sizes: bytes, or 64K, 64M, 1G.\n"
          "Every flag but --stdio, --config, --check-config, --check-state, --help and --version "
          "has\n"
          "the same name in the configuration file; see waitd.conf(5).\n",
          out);
}
