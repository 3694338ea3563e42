/* SPDX-License-Identifier: ISC */
#include "client/cmd/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/show/show.h"
#include "proto/duration.h"
#include "proto/nearest.h"

#define CONNECT_TIMEOUT_NS 5000000000
#define INTERVAL_NS        1000000000
#define INTERVAL_LEAST_NS  10000000
#define RUNS_MOST          1000000

/* What stands right of the flags in help, in 80 columns. */
#define HELP_TEXT_COLUMNS 50

#define ON(id)   (1u << (id))
#define ALL      (~0u)
#define DAEMONS  (ALL & ~(ON(COMMAND_HELP) | ON(COMMAND_IMPORT)))
#define BATCHES  (ON(COMMAND_SUBMIT) | ON(COMMAND_RUN))
#define VARIANTS (BATCHES | ON(COMMAND_COMPARE))
#define EVENTS   (BATCHES | ON(COMMAND_REPORT) | ON(COMMAND_WATCH))
#define TALKING  (DAEMONS & ~ON(COMMAND_REPORT) & ~ON(COMMAND_FORECAST))
#define DETACHED (ON(COMMAND_WATCH) | ON(COMMAND_LIST) | ON(COMMAND_CANCEL) | ON(COMMAND_FORGET))
#define PLANS    (VARIANTS | ON(COMMAND_FORECAST))

/* Those that have no letter are told apart by numbers above all letters. */
enum {
    FLAG_OPERAND = 1, /* how getopt hands out what is no flag */
    FLAG_SERVER = 256,
    FLAG_LOCAL,
    FLAG_CONNECT_TIMEOUT,
    FLAG_TLS_CA,
    FLAG_TLS_CERT,
    FLAG_TLS_KEY,
    FLAG_COLOR,
    FLAG_NAME,
    FLAG_REAL,
    FLAG_EXAMPLE,
    FLAG_REQUEST,
    FLAG_GRAPH,
    FLAG_WORKFLOW,
    FLAG_TRACE,
    FLAG_JOBLOG,
    FLAG_SVG,
    FLAG_INTERVAL,
    FLAG_RUNS,
    FLAG_VARY,
    FLAG_VIRTUAL,
    FLAG_DETACH,
    FLAG_FROM,
    FLAG_STATE,
    FLAG_LIMIT,
    FLAG_OVERRIDE, /* and as many as there are overrides */
};

struct flag {
    const char *name;
    int id; /* the letter, or one of the above */
    unsigned commands;
    const char *value; /* NULL for none */
    const char *help;
};

static const struct flag flags[] = {
    {"mode", FLAG_OVERRIDE + OVERRIDE_MODE, BATCHES | ON(COMMAND_FORECAST), "MODE",
     "concurrent, sequential or blocking"},
    {"concurrency", FLAG_OVERRIDE + OVERRIDE_CONCURRENCY, PLANS, "N", "jobs in flight at most"},
    {"workers", FLAG_OVERRIDE + OVERRIDE_WORKERS, PLANS, "N", "workers for compute steps"},
    {"until", FLAG_OVERRIDE + OVERRIDE_UNTIL, PLANS, "WHEN", "all, first_done or first_failed"},
    {"timeout", FLAG_OVERRIDE + OVERRIDE_TIMEOUT, PLANS, "D", "time-out of the whole batch"},
    {"virtual", FLAG_VIRTUAL, VARIANTS, NULL,
     "on the virtual clock: compute it at once,\n"
     "without a daemon"},
    {"seed", FLAG_OVERRIDE + OVERRIDE_SEED, PLANS, "N", "seed for draws, or random"},
    {"events", FLAG_OVERRIDE + OVERRIDE_EVENTS, BATCHES | ON(COMMAND_FORECAST), "WHICH",
     "all, done or none"},
    {"detach", FLAG_DETACH, BATCHES, NULL,
     "let the daemon go on when this command ends:\n"
     "see watch, list, cancel and forget"},
    {"key", FLAG_OVERRIDE + OVERRIDE_KEY, BATCHES, "KEY",
     "with --detach: submitted again under this key\n"
     "it is the batch that there is"},
    {"retain", FLAG_OVERRIDE + OVERRIDE_RETAIN, BATCHES, "D",
     "with --detach: keep it so long after its end"},
    {"on-restart", FLAG_OVERRIDE + OVERRIDE_ON_RESTART, BATCHES, "WHICH", "catch_up or cancel"},
    {"from", FLAG_FROM, ON(COMMAND_WATCH), "N", "begin with the event of this number (1)"},
    {"state", FLAG_STATE, ON(COMMAND_LIST), "WHICH", "running, finished or foreign"},
    {"limit", FLAG_LIMIT, ON(COMMAND_LIST), "N", "so many, the newest"},
    {"count", 'n', ON(COMMAND_RUN) | ON(COMMAND_TOP), "N",
     "so many jobs of each duration; with top, samples"},
    {"name", FLAG_NAME, ON(COMMAND_RUN), "NAME", "name of the jobs"},
    {"example", FLAG_EXAMPLE, ON(COMMAND_SUBMIT), "NAME",
     "print a batch to start from, and send nothing;\n"
     "`list` lists them"},
    {"real", FLAG_REAL, ON(COMMAND_COMPARE), NULL, "on the real clock"},
    {"trace", FLAG_TRACE, EVENTS | ON(COMMAND_COMPARE), "FILE",
     "write the run there in Chrome's trace-event\n"
     "format, for Perfetto"},
    {"joblog", FLAG_JOBLOG, EVENTS, "FILE", "write a table there, one line a job"},
    {"svg", FLAG_SVG, EVENTS, "FILE", "draw the timeline there, as SVG"},
    {"request", FLAG_REQUEST, ON(COMMAND_REPORT), "FILE",
     "the requests of the events, for arrows and\n"
     "the critical path"},
    {"graph", FLAG_GRAPH, ON(COMMAND_IMPORT), "FILE", "with ninja: what `ninja -t graph` prints"},
    {"workflow", FLAG_WORKFLOW, ON(COMMAND_IMPORT), "FILE",
     "with actions: the workflow, for needs"},
    {"runs", FLAG_RUNS, ON(COMMAND_FORECAST), "N", "so many runs (as FILE says, or 1000)"},
    {"vary", FLAG_VARY, ON(COMMAND_FORECAST), "WHAT=N,...",
     "a row for each value of workers, concurrency or\n"
     "pools.NAME"},
    {"interval", FLAG_INTERVAL, ON(COMMAND_TOP), "D", "take a sample every D (1 s)"},
    {"server", FLAG_SERVER, TALKING, "ADDR",
     "HOST:PORT, [V6]:PORT, :PORT, PORT, unix:PATH,\n"
     "or tls:HOST:PORT by TLS; else $WAITD_SERVER,\n"
     "else 127.0.0.1:9248"},
    {"tls-ca", FLAG_TLS_CA, TALKING, "FILE",
     "authorities that vouch for the daemon (PEM);\n"
     "else the system's"},
    {"tls-cert", FLAG_TLS_CERT, TALKING, "FILE", "show the daemon this certificate (PEM)"},
    {"tls-key", FLAG_TLS_KEY, TALKING, "FILE", "and this is its private key (PEM)"},
    {"local", FLAG_LOCAL, TALKING & ~ON(COMMAND_TOP) & ~DETACHED, NULL,
     "start a daemon for this command alone;\n"
     "not beside --server"},
    {"connect-timeout", FLAG_CONNECT_TIMEOUT, TALKING, "D",
     "give up connecting after D (5 s), and with ping\n"
     "and stats waiting for the answer"},
    {"output", 'o', DAEMONS, "FORMAT",
     "human, json, timeline or summary; human on a\n"
     "terminal, else json"},
    {"color", FLAG_COLOR, DAEMONS, "WHEN", "auto, always or never"},
    {"help", 'h', ALL, NULL, "show this help"},
    {"version", 'V', ALL, NULL, "show the version"},
};
#define N_FLAGS (sizeof flags / sizeof flags[0])

/* ---- Help ------------------------------------------------------------------ */

/* Which commands a flag goes with, in brackets: where it has room, behind the text. */
static void print_commands(FILE *out, unsigned commands, size_t used)
{
    char names[HELP_TEXT_COLUMNS] = " (";

    for (unsigned i = 0; i < COMMANDS; i++)
        if (commands & ON(i))
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
                     names[2] != '\0' ? ", " : "", command_table[i].name);
    if (used + strlen(names) + 1 <= HELP_TEXT_COLUMNS)
        fprintf(out, "%s)", names);
    else
        fprintf(out, "\n%30s%s)", "", names + 1);
}

static void print_flag(FILE *out, const struct flag *flag, bool with_commands)
{
    char names[64], letter[8] = "    ";
    const char *line = flag->help, *end;

    if (flag->id < FLAG_SERVER)
        snprintf(letter, sizeof letter, "-%c, ", flag->id);
    snprintf(names, sizeof names, "%s--%s%s%s", letter, flag->name, flag->value != NULL ? " " : "",
             flag->value != NULL ? flag->value : "");
    fprintf(out, "  %-27s ", names);
    for (; (end = strchr(line, '\n')) != NULL; line = end + 1)
        fprintf(out, "%.*s\n%30s", (int)(end - line), line, "");
    fputs(line, out);
    if (with_commands)
        print_commands(out, flag->commands, strlen(line));
    fputc('\n', out);
}

/* Whether it is one of those that most commands have. */
static bool is_common(const struct flag *flag)
{
    return (flag->commands & ON(COMMAND_PING)) != 0;
}

static void print_flags(FILE *out, const char *heading, unsigned commands, bool common)
{
    for (size_t i = 0; i < N_FLAGS; i++) {
        if (!(flags[i].commands & commands) || is_common(&flags[i]) != common)
            continue;
        fputs(heading, out);
        heading = "";
        print_flag(out, &flags[i], commands == ALL && !common && flags[i].commands != VARIANTS);
    }
}

static const struct flag *find_flag(int id)
{
    size_t i = 0;

    while (i < N_FLAGS && flags[i].id != id)
        i++;
    return i < N_FLAGS ? &flags[i] : NULL;
}

static void help_on(FILE *out, enum command_id id)
{
    const struct command *command = &command_table[id];

    fprintf(out, "usage: waitctl %s [FLAG...]%s%s\n\nwaitctl %s: %s.\n", command->name,
            command->operands[0] != '\0' ? " " : "", command->operands, command->name,
            command->summary);
    if (id == COMMAND_REPORT)
        fputs("A FILE has what a daemon sent; `-`, or none, is standard input.\n", out);
    if (id == COMMAND_FORECAST)
        fputs("It is computed here, on all processors, without a daemon.\n", out);
    if (id == COMMAND_SUBMIT)
        fputs("A FILE of `-`, or none, is standard input.  Flags override the files.\n", out);
    if (id == COMMAND_IMPORT)
        fputs("A FORMAT is ninja, actions, wfformat or joblog.  A FILE of `-`, or none, is\n"
              "standard input.  Prints one batch of all files, which submit takes.\n",
              out);
    if (id == COMMAND_TOP)
        fputs("A picture on a terminal (? explains it, q quits), else a line a sample.\n", out);
    print_flags(out, "\nflags:\n", ON(id), false);
    print_flags(out, "\nflags that other commands have too:\n", ON(id), true);
}

void arguments_help(FILE *out, enum command_id command)
{
    if (command < COMMANDS) {
        help_on(out, command);
    } else {
        fputs("usage: waitctl COMMAND [FLAG...] [OPERAND...]\n"
              "\n"
              "Talks to waitd, which runs batches of waits.\n"
              "\n"
              "commands:\n",
              out);
        for (unsigned i = 0; i < COMMANDS; i++)
            fprintf(out, "  %-8s %-18s %s\n", command_table[i].name, command_table[i].operands,
                    command_table[i].summary);
        print_flags(out,
                    "\nflags of batches (submit, run and compare, where not said otherwise) and of"
                    "\nsingle commands:\n",
                    ALL, false);
        print_flags(out, "\nflags of every command that talks to a daemon:\n", ALL, true);
    }
    fputs("\nD is a duration: seconds (1, 0.25) or with units (250ms, 1m30s).\n"
          "Exit status: 0 all batches ok, 1 one ended otherwise, 2 usage or a request\n"
          "refused, 3 no connection or one lost, 130 interrupted.  See waitctl(1).\n",
          out);
}

/* ---- Reading ------------------------------------------------------------------ */

static const char *set_positive(uint64_t *number, const char *text)
{
    char *end;

    errno = 0;
    *number = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *number > 0
               ? NULL
               : "a positive integer";
}

static const char *set_count(struct arguments *arguments, const char *text)
{
    arguments->has_count = true;
    return set_positive(&arguments->count, text);
}

static const char *set_state(struct arguments *arguments, const char *text)
{
    arguments->state = text;
    return strcmp(text, "running") == 0 || strcmp(text, "finished") == 0 ||
                   strcmp(text, "foreign") == 0
               ? NULL
               : "running, finished or foreign";
}

static const char *set_duration(int64_t *duration_ns, const char *text)
{
    return duration_from_text(text, strlen(text), INT64_MAX, duration_ns) == DURATION_OK
               ? NULL
               : "a duration such as 1.5, 250ms or 1m30s";
}

static const char *set_interval(struct arguments *arguments, const char *text)
{
    return set_duration(&arguments->interval_ns, text) == NULL &&
                   arguments->interval_ns >= INTERVAL_LEAST_NS
               ? NULL
               : "a duration of 10ms or more";
}

static const char *set_runs(struct arguments *arguments, const char *text)
{
    char *end;

    arguments->runs = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && arguments->runs >= 1 &&
                   arguments->runs <= RUNS_MOST
               ? NULL
               : "an integer from 1 to 1000000";
}

static const char *set_output(struct arguments *arguments, const char *text)
{
    arguments->show = show_find(text);
    return arguments->show != NULL ? NULL : show_names();
}

static const char *set_color(struct arguments *arguments, const char *text)
{
    static const char *const names[] = {"auto", "always", "never"};
    unsigned color = 0;

    while (color < 3 && strcmp(names[color], text) != 0)
        color++;
    arguments->color = (enum color)color;
    return color < 3 ? NULL : "auto, always or never";
}

/* Where the value of a flag that takes any text is kept. */
static const char **text_of(struct arguments *arguments, int id)
{
    switch (id) {
    case FLAG_SERVER:
        return &arguments->server;
    case FLAG_TLS_CA:
        return &arguments->tls.ca;
    case FLAG_TLS_CERT:
        return &arguments->tls.cert;
    case FLAG_TLS_KEY:
        return &arguments->tls.key;
    case FLAG_NAME:
        return &arguments->name;
    case FLAG_EXAMPLE:
        return &arguments->example;
    case FLAG_REQUEST:
        return &arguments->request;
    case FLAG_GRAPH:
        return &arguments->graph;
    case FLAG_WORKFLOW:
        return &arguments->workflow;
    case FLAG_TRACE:
        return &arguments->trace;
    case FLAG_JOBLOG:
        return &arguments->joblog;
    default:
        return &arguments->svg;
    }
}

/* Sets one flag.  NULL, or what it takes. */
static const char *set_flag(struct arguments *arguments, int id, const char *text)
{
    switch (id) {
    case 'n':
        return set_count(arguments, text);
    case 'o':
        return set_output(arguments, text);
    case FLAG_COLOR:
        return set_color(arguments, text);
    case FLAG_CONNECT_TIMEOUT:
        return set_duration(&arguments->connect_timeout_ns, text);
    case FLAG_INTERVAL:
        return set_interval(arguments, text);
    case FLAG_RUNS:
        return set_runs(arguments, text);
    case FLAG_VARY:
        return vary_parse(&arguments->vary, text);
    case FLAG_LOCAL:
        arguments->local = true;
        return NULL;
    case FLAG_REAL:
        arguments->real = true;
        return NULL;
    case FLAG_DETACH:
        return overrides_set(&arguments->overrides, OVERRIDE_DETACH, "true");
    case FLAG_FROM:
        return set_positive(&arguments->from, text);
    case FLAG_STATE:
        return set_state(arguments, text);
    case FLAG_LIMIT:
        return set_positive(&arguments->limit, text);
    case FLAG_VIRTUAL:
        return overrides_set(&arguments->overrides, OVERRIDE_CLOCK, "virtual");
    default:
        break;
    }
    if (id >= FLAG_OVERRIDE)
        return overrides_set(&arguments->overrides, (enum override)(id - FLAG_OVERRIDE), text);
    *text_of(arguments, id) = text;
    return NULL;
}

static void make_options(struct option options[N_FLAGS + 1])
{
    for (size_t i = 0; i < N_FLAGS; i++)
        options[i] = (struct option){
            .name = flags[i].name,
            .has_arg = flags[i].value != NULL ? required_argument : no_argument,
            .val = flags[i].id,
        };
    options[N_FLAGS] = (struct option){0};
}

/* A flag that is none: which ones it may be short for, or a slip of. */
static void describe_unknown(char problem[ARGUMENTS_PROBLEM_MAX], const char *word)
{
    size_t len = strcspn(word, "="), used;
    bool is_long = strncmp(word, "--", 2) == 0 && len > 2;
    struct nearest nearest;
    unsigned n = 0;

    nearest_begin(&nearest, word + 2, is_long ? len - 2 : 0);
    for (size_t i = 0; is_long && i < N_FLAGS; i++) {
        nearest_try(&nearest, flags[i].name);
        n += strncmp(flags[i].name, word + 2, len - 2) == 0;
    }
    if (n > 1) {
        snprintf(problem, ARGUMENTS_PROBLEM_MAX, "%.*s may be", (int)len, word);
        for (size_t i = 0; i < N_FLAGS; i++) {
            used = strlen(problem);
            if (strncmp(flags[i].name, word + 2, len - 2) == 0)
                snprintf(problem + used, ARGUMENTS_PROBLEM_MAX - used, " --%s%s", flags[i].name,
                         --n > 1  ? ","
                         : n == 1 ? " or"
                                  : "; see waitctl --help");
        }
    } else if (nearest.best != NULL) {
        snprintf(problem, ARGUMENTS_PROBLEM_MAX,
                 "unknown flag %.*s (did you mean --%s?); see waitctl --help", (int)len, word,
                 nearest.best);
    } else {
        snprintf(problem, ARGUMENTS_PROBLEM_MAX, "unknown flag %.*s; see waitctl --help", (int)len,
                 word);
    }
}

/* What getopt stumbled over. */
static void describe(char problem[ARGUMENTS_PROBLEM_MAX], int result, char *const *argv, int before)
{
    const char *word = optind > before && argv[optind - 1] != NULL ? argv[optind - 1] : "";

    if (result == ':')
        snprintf(problem, ARGUMENTS_PROBLEM_MAX, "%s needs a value", word);
    else if (optopt != 0 && optopt < FLAG_SERVER)
        snprintf(problem, ARGUMENTS_PROBLEM_MAX, "unknown flag -%c; see waitctl --help", optopt);
    else if (optopt != 0)
        snprintf(problem, ARGUMENTS_PROBLEM_MAX, "--%s takes no value", find_flag(optopt)->name);
    else
        describe_unknown(problem, word);
}

void arguments_unknown_command(char problem[ARGUMENTS_PROBLEM_MAX], const char *word)
{
    struct nearest nearest;

    nearest_begin(&nearest, word, strlen(word));
    for (unsigned i = 0; i < COMMANDS; i++)
        nearest_try(&nearest, command_table[i].name);
    snprintf(problem, ARGUMENTS_PROBLEM_MAX, "unknown command '%.64s'%s%s%s; see waitctl --help",
             word, nearest.best != NULL ? " (did you mean " : "",
             nearest.best != NULL ? nearest.best : "", nearest.best != NULL ? "?)" : "");
}

/* What speaks against a batch that outlives this command; NULL if nothing does. */
static const char *find_detach_objection(const struct arguments *arguments)
{
    if (arguments->overrides.json[OVERRIDE_DETACH] == NULL)
        return NULL;
    if (arguments->overrides.json[OVERRIDE_CLOCK] != NULL)
        return "--detach and --virtual exclude each other: a batch on the virtual clock is over "
               "at once";
    return arguments->local ? "--detach and --local exclude each other: the daemon of --local "
                              "ends with this command"
                            : NULL;
}

static int is_stdout(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

/* Whether the command takes these flags and so many operands. */
static bool check_command(const struct arguments *arguments, const bool given[N_FLAGS],
                          char problem[ARGUMENTS_PROBLEM_MAX])
{
    const struct command *command = &command_table[arguments->command];

    for (size_t i = 0; i < N_FLAGS; i++) {
        if (given[i] && !(flags[i].commands & ON(arguments->command))) {
            snprintf(problem, ARGUMENTS_PROBLEM_MAX, "%s takes no --%s; see waitctl %s --help",
                     command->name, flags[i].name, command->name);
            return false;
        }
    }
    if (arguments->n_operands < command->min_operands) {
        snprintf(problem, ARGUMENTS_PROBLEM_MAX, "%s needs %s; see waitctl %s --help",
                 command->name, command->operands, command->name);
        return false;
    }
    if (arguments->n_operands > command->max_operands) {
        snprintf(problem, ARGUMENTS_PROBLEM_MAX, "%s: what is '%s' for?  See waitctl %s --help",
                 command->name, arguments->operands[command->max_operands], command->name);
        return false;
    }
    return true;
}

/* What speaks against these flags beside each other; NULL if nothing does. */
static const char *find_objection(const struct arguments *arguments)
{
    int files =
        is_stdout(arguments->trace) + is_stdout(arguments->joblog) + is_stdout(arguments->svg);

    if ((arguments->tls.cert != NULL) != (arguments->tls.key != NULL))
        return "--tls-cert and --tls-key go together";
    if (arguments->real && arguments->overrides.json[OVERRIDE_CLOCK] != NULL)
        return "--real and --virtual exclude each other";
    if (files > 0 && files + (arguments->show != NULL) > 1)
        return "of --trace -, --joblog -, --svg - and -o one can have standard output";
    if (arguments->local && arguments->server != NULL)
        return "--local and --server exclude each other";
    return find_detach_objection(arguments);
}

/* What the whole line has to be looked at for. */
static bool check(const struct arguments *arguments, const bool given[N_FLAGS],
                  char problem[ARGUMENTS_PROBLEM_MAX])
{
    const char *objection;

    if (arguments->command == COMMANDS) {
        snprintf(problem, ARGUMENTS_PROBLEM_MAX, "which command?  See waitctl --help");
        return false;
    }
    if (!check_command(arguments, given, problem))
        return false;
    if (arguments->example != NULL && arguments->n_operands > 0) {
        snprintf(problem, ARGUMENTS_PROBLEM_MAX, "--example sends nothing; what is '%s' for?",
                 arguments->operands[0]);
        return false;
    }
    objection = find_objection(arguments);
    if (objection != NULL)
        snprintf(problem, ARGUMENTS_PROBLEM_MAX, "%s", objection);
    return objection == NULL;
}

/* Takes what is no flag: the command, then its operands. */
static bool take_operand(struct arguments *arguments, char *word,
                         char problem[ARGUMENTS_PROBLEM_MAX])
{
    if (arguments->command != COMMANDS) {
        arguments->operands[arguments->n_operands++] = word;
        return true;
    }
    arguments->command = command_find(word);
    if (arguments->command != COMMANDS)
        return true;
    arguments_unknown_command(problem, word);
    return false;
}

/* Takes one word or two.  ARGUMENTS_RUN to go on. */
static enum arguments_result take(struct arguments *arguments, int id, bool given[N_FLAGS],
                                  char problem[ARGUMENTS_PROBLEM_MAX])
{
    const struct flag *flag;
    const char *takes;

    if (id == FLAG_OPERAND)
        return take_operand(arguments, optarg, problem) ? ARGUMENTS_RUN : ARGUMENTS_WRONG;
    if (id == 'h')
        return ARGUMENTS_HELP;
    if (id == 'V')
        return ARGUMENTS_VERSION;
    flag = find_flag(id);
    if (id == FLAG_VARY && given[flag - flags]) {
        snprintf(problem, ARGUMENTS_PROBLEM_MAX,
                 "--vary is given twice, and one member varies at a time");
        return ARGUMENTS_WRONG;
    }
    given[flag - flags] = true;
    takes = set_flag(arguments, id, optarg);
    if (takes == NULL)
        return ARGUMENTS_RUN;
    snprintf(problem, ARGUMENTS_PROBLEM_MAX, "--%s takes %s, not '%s'", flag->name, takes, optarg);
    return ARGUMENTS_WRONG;
}

enum arguments_result arguments_parse(int argc, char **argv, struct arguments *arguments,
                                      char problem[ARGUMENTS_PROBLEM_MAX])
{
    struct option options[N_FLAGS + 1];
    bool given[N_FLAGS] = {false};
    enum arguments_result result = ARGUMENTS_RUN, asked = ARGUMENTS_RUN;
    int id, before;

    *arguments = (struct arguments){
        .command = COMMANDS,
        .operands = argv, /* behind those read already */
        .connect_timeout_ns = CONNECT_TIMEOUT_NS,
        .interval_ns = INTERVAL_NS,
        .count = 1,
        .from = 1,
    };
    make_options(options);
    optind = 0;
    opterr = 0;
    /* `-` hands out operands in their order among the flags. */
    while (before = optind, (id = getopt_long(argc, argv, "-:hVn:o:", options, NULL)) != -1) {
        if (id == '?' || id == ':') {
            describe(problem, id, argv, before);
            return ARGUMENTS_WRONG;
        }
        result = take(arguments, id, given, problem);
        if (result == ARGUMENTS_WRONG)
            return result;
        if (result != ARGUMENTS_RUN && asked == ARGUMENTS_RUN)
            asked = result;
    }
    for (; optind < argc; optind++)
        if (!take_operand(arguments, argv[optind], problem))
            return ARGUMENTS_WRONG;
    if (asked != ARGUMENTS_RUN)
        return asked;
    return check(arguments, given, problem) ? ARGUMENTS_RUN : ARGUMENTS_WRONG;
}

bool arguments_take(const struct arguments *arguments, const char *flag)
{
    size_t i = 0;

    while (i < N_FLAGS && strcmp(flags[i].name, flag) != 0)
        i++;
    return i < N_FLAGS && arguments->command < COMMANDS &&
           (flags[i].commands & ON(arguments->command)) != 0;
}

void arguments_fini(struct arguments *arguments)
{
    overrides_fini(&arguments->overrides);
}
