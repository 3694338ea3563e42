/* SPDX-License-Identifier: ISC */
#include <stddef.h>

#include "client/cmd/arguments_internal.h"
#include "client/show/show.h"

#define INTERVAL_LEAST_NS 10000000 /* 10 ms, as type_interval says */

#define ON(command) ARGUMENTS_ON(command)
#define ALL         ARGUMENTS_ALL
#define DAEMONS     (ALL & ~(ON(COMMAND_HELP) | ON(COMMAND_IMPORT) | ON(COMMAND_TOKEN)))
#define BATCHES     (ON(COMMAND_SUBMIT) | ON(COMMAND_RUN))
#define VARIANTS    (BATCHES | ON(COMMAND_COMPARE))
#define EVENTS      (BATCHES | ON(COMMAND_REPORT) | ON(COMMAND_WATCH))
#define TALKING     (DAEMONS & ~ON(COMMAND_REPORT) & ~ON(COMMAND_FORECAST))
#define DETACHED    (ON(COMMAND_WATCH) | ON(COMMAND_LIST) | ON(COMMAND_CANCEL) | ON(COMMAND_FORGET))
#define PLANS       (VARIANTS | ON(COMMAND_FORECAST))

#define AT(member) offsetof(struct arguments, member)

/* ---- Types of values ----------------------------------------------------- */

static const char *set_override(void *arguments, const struct option_row *row, const char *text)
{
    return overrides_set(&((struct arguments *)arguments)->overrides, (enum override)row->offset,
                         text);
}

static const char *set_virtual(void *arguments, const struct option_row *row, const char *text)
{
    (void)text;
    return set_override(arguments, row, "virtual");
}

static const char *set_detach(void *arguments, const struct option_row *row, const char *text)
{
    (void)text;
    return set_override(arguments, row, "true");
}

static const char *set_vary(void *arguments, const struct option_row *row, const char *text)
{
    (void)row;
    return vary_parse(&((struct arguments *)arguments)->vary, text);
}

const char *arguments_shows(enum command_id command)
{
    if (command == COMMANDS || (ON(command) & (EVENTS | ON(COMMAND_COMPARE))))
        return show_names();
    return command == COMMAND_FORECAST ? "human, json or summary" : "human or json";
}

static const char *set_output(void *into, const struct option_row *row, const char *text)
{
    struct arguments *arguments = into;

    (void)row;
    arguments->show = show_find(text);
    return arguments->show != NULL ? NULL : arguments_shows(arguments->command);
}

static const char *const colors[] = {"auto", "always", "never", NULL};
static const char *const states[] = {"running", "finished", "foreign", NULL};

static const struct option_type type_override = {.kind = OPTION_CUSTOM, .set = set_override};
static const struct option_type type_virtual = {.kind = OPTION_CUSTOM, .set = set_virtual};
static const struct option_type type_detach = {.kind = OPTION_CUSTOM, .set = set_detach};
static const struct option_type type_vary = {.kind = OPTION_CUSTOM, .set = set_vary};
static const struct option_type type_output = {.kind = OPTION_CUSTOM, .set = set_output};
static const struct option_type type_color = {.kind = OPTION_WORD, .words = colors};
static const struct option_type type_state = {.kind = OPTION_STRING, .words = states};
static const struct option_type type_positive = {.kind = OPTION_COUNT,
                                                 .takes = "a positive integer below 2^64"};
static const struct option_type type_runs = {.kind = OPTION_COUNT,
                                             .takes = "an integer from 1 to 1000000"};
static const struct option_type type_duration = {.kind = OPTION_DURATION,
                                                 .takes = "a duration such as 1.5, 250ms or 1m30s"};
static const struct option_type type_interval = {.kind = OPTION_DURATION,
                                                 .takes = "a duration of 10ms or more"};

/* ---- The table ----------------------------------------------------------- */

static const struct option_row rows[] = {
    {"mode", 0, &type_override, BATCHES | ON(COMMAND_FORECAST), OVERRIDE_MODE, 0, 0, "MODE", NULL,
     NULL, "concurrent, sequential or blocking"},
    {"concurrency", 0, &type_override, PLANS, OVERRIDE_CONCURRENCY, 0, 0, "N", NULL, NULL,
     "jobs in flight at most"},
    {"workers", 0, &type_override, PLANS, OVERRIDE_WORKERS, 0, 0, "N", NULL, NULL,
     "workers for compute steps"},
    {"until", 0, &type_override, PLANS, OVERRIDE_UNTIL, 0, 0, "WHEN", NULL, NULL,
     "all, first_done or first_failed"},
    {"timeout", 0, &type_override, PLANS, OVERRIDE_TIMEOUT, 0, 0, "D", NULL, NULL,
     "time-out of the whole batch"},
    {"virtual", 0, &type_virtual, VARIANTS, OVERRIDE_CLOCK, 0, 0, NULL, NULL, NULL,
     "on the virtual clock: compute it at once, without a daemon"},
    {"seed", 0, &type_override, PLANS, OVERRIDE_SEED, 0, 0, "N", NULL, NULL,
     "seed for draws, or random"},
    {"events", 0, &type_override, BATCHES | ON(COMMAND_FORECAST), OVERRIDE_EVENTS, 0, 0, "WHICH",
     NULL, NULL, "all, done or none"},
    {"detach", 0, &type_detach, BATCHES, OVERRIDE_DETACH, 0, 0, NULL, NULL, NULL,
     "let the daemon go on when this command ends: see watch, list, cancel and forget"},
    {"key", 0, &type_override, BATCHES, OVERRIDE_KEY, 0, 0, "KEY", NULL, NULL,
     "with --detach: a batch submitted again under this key is run once"},
    {"retain", 0, &type_override, BATCHES, OVERRIDE_RETAIN, 0, 0, "D", NULL, NULL,
     "with --detach: keep it so long after its end"},
    {"on-restart", 0, &type_override, BATCHES, OVERRIDE_ON_RESTART, 0, 0, "WHICH", NULL, NULL,
     "catch_up or cancel; with --detach: what a restart of the daemon does"},
    {"from", 0, &type_positive, ON(COMMAND_WATCH), AT(from), 1, UINT64_MAX, "N", "1", NULL,
     "begin with the event of this number (1)"},
    {"state", 0, &type_state, ON(COMMAND_LIST), AT(state), 0, 0, "WHICH", NULL, NULL,
     "running, finished or foreign"},
    {"limit", 0, &type_positive, ON(COMMAND_LIST), AT(limit), 1, UINT64_MAX, "N", NULL, NULL,
     "the N newest alone, the newest first"},
    {"count", 'n', &type_positive, ON(COMMAND_RUN) | ON(COMMAND_TOP), AT(count), 1, UINT64_MAX, "N",
     NULL, NULL, "with run: N jobs of each duration; with top: N samples"},
    {"name", 0, &option_string, ON(COMMAND_RUN), AT(name), 0, 0, "NAME", NULL, NULL,
     "name of the jobs"},
    {"example", 0, &option_string, ON(COMMAND_SUBMIT), AT(example), 0, 0, "NAME", NULL, NULL,
     "print a batch to start from, and send nothing; `list` lists them"},
    {"real", 0, &option_switch, ON(COMMAND_COMPARE), AT(real), 0, 0, NULL, NULL, NULL,
     "on the real clock"},
    {"trace", 0, &option_string, EVENTS | ON(COMMAND_COMPARE), AT(trace), 0, 0, "FILE", NULL, NULL,
     "write the run there in Chrome's trace-event format, for Perfetto"},
    {"joblog", 0, &option_string, EVENTS, AT(joblog), 0, 0, "FILE", NULL, NULL,
     "write a table there, one line a job"},
    {"svg", 0, &option_string, EVENTS, AT(svg), 0, 0, "FILE", NULL, NULL,
     "draw the timeline there, as SVG"},
    {"request", 0, &option_string, ON(COMMAND_REPORT), AT(request), 0, 0, "FILE", NULL, NULL,
     "the requests of the events, for arrows and the critical path"},
    {"graph", 0, &option_string, ON(COMMAND_IMPORT), AT(graph), 0, 0, "FILE", NULL, NULL,
     "with ninja: what `ninja -t graph` prints"},
    {"workflow", 0, &option_string, ON(COMMAND_IMPORT), AT(workflow), 0, 0, "FILE", NULL, NULL,
     "with actions: the workflow, for needs"},
    {"runs", 0, &type_runs, ON(COMMAND_FORECAST), AT(runs), 1, 1000000, "N", NULL, NULL,
     "so many runs (as FILE says, or 1000)"},
    {"vary", 0, &type_vary, ON(COMMAND_FORECAST) | OPTION_ONCE, 0, 0, 0, "WHAT=N,...", NULL, NULL,
     "a row for each value of workers, concurrency or pools.NAME"},
    {"interval", 0, &type_interval, ON(COMMAND_TOP), AT(interval_ns), INTERVAL_LEAST_NS, INT64_MAX,
     "D", "1s", NULL, "take a sample every D (1 s)"},
    {"server", 0, &option_string, TALKING, AT(server), 0, 0, "ADDR", NULL, NULL,
     "HOST:PORT, [V6]:PORT, :PORT, PORT, unix:PATH, or tls:HOST:PORT by TLS; else $WAITD_SERVER, "
     "else 127.0.0.1:9248"},
    {"tls-ca", 0, &option_string, TALKING, AT(tls.ca), 0, 0, "FILE", NULL, NULL,
     "authorities that vouch for the daemon (PEM); else the system's"},
    {"tls-cert", 0, &option_string, TALKING, AT(tls.cert), 0, 0, "FILE", NULL, NULL,
     "show the daemon this certificate (PEM)"},
    {"tls-key", 0, &option_string, TALKING, AT(tls.key), 0, 0, "FILE", NULL, NULL,
     "and this is its private key (PEM)"},
    {"token-file", 0, &option_string, TALKING, AT(token_file), 0, 0, "FILE", NULL, NULL,
     "prove by the token in FILE who this is; else in $WAITD_TOKEN_FILE"},
    {"local", 0, &option_switch, TALKING & ~ON(COMMAND_TOP) & ~DETACHED, AT(local), 0, 0, NULL,
     NULL, NULL, "start a daemon for this command alone; not beside --server"},
    {"connect-timeout", 0, &type_duration, TALKING, AT(connect_timeout_ns), 0, INT64_MAX, "D", "5s",
     NULL, "give up connecting after D (5 s), and with ping and stats waiting for the answer"},
    {"output", 'o', &type_output, DAEMONS, 0, 0, 0, "FORMAT", NULL, NULL,
     "human, json, timeline or summary; human on a terminal, else json"},
    {"color", 0, &type_color, DAEMONS, AT(color), 0, 0, "WHEN", NULL, NULL,
     "auto, always or never"},
    {"help", 'h', &option_action, ALL, 0, 0, 0, NULL, NULL, NULL, "show this help"},
    {"version", 'V', &option_action, ALL, 0, 0, 0, NULL, NULL, NULL, "show the version"},
};

const struct option_table arguments_table = {
    .program = "waitctl", .rows = rows, .n = sizeof rows / sizeof rows[0]};

_Static_assert(sizeof rows / sizeof rows[0] <= OPTION_ROWS_MAX, "each fits struct option_flags");
_Static_assert(OPTION_OWN_TRAITS + COMMANDS <= 32, "each command has its bit");
