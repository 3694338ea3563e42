/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "client/cmd/arguments_internal.h"
#include "client/show/show.h"
#include "proto/options/option_flags.h"
#include "proto/nearest.h"

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
static bool check_command(const struct arguments *arguments, const struct option_flags *flags,
                          char problem[ARGUMENTS_PROBLEM_MAX])
{
    const struct command *command = &command_table[arguments->command];

    for (size_t i = 0; i < arguments_table.n; i++) {
        const struct option_row *row = &arguments_table.rows[i];

        if (flags->given[i] && !(row->traits & ARGUMENTS_ON(arguments->command))) {
            snprintf(problem, ARGUMENTS_PROBLEM_MAX, "%s takes no --%s; see waitctl %s --help",
                     command->name, row->name, command->name);
            return false;
        }
    }
    if (arguments->show != NULL &&
        strstr(arguments_shows(arguments->command), arguments->show->name) == NULL) {
        snprintf(problem, ARGUMENTS_PROBLEM_MAX, "--output of %s takes %s, not '%s'", command->name,
                 arguments_shows(arguments->command), arguments->show->name);
        return false;
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
static bool check(const struct arguments *arguments, const struct option_flags *flags,
                  char problem[ARGUMENTS_PROBLEM_MAX])
{
    const char *objection;

    if (arguments->command == COMMANDS) {
        snprintf(problem, ARGUMENTS_PROBLEM_MAX, "which command?  See waitctl --help");
        return false;
    }
    if (!check_command(arguments, flags, problem))
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

/* A word that is no flag: the command, then its operands. */
static bool add_operand(struct arguments *arguments, char *word,
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

/* A flag and its value.  ARGUMENTS_RUN to go on. */
static enum arguments_result set(struct arguments *arguments, const struct option_row *row,
                                 const char *text, char problem[ARGUMENTS_PROBLEM_MAX])
{
    char why[OPTION_WHY_MAX];

    if (row->type->kind == OPTION_ACTION)
        return row->letter == 'h' ? ARGUMENTS_HELP : ARGUMENTS_VERSION;
    if (option_value_set(arguments, row, text != NULL ? text : "true", why) == OPTION_SET)
        return ARGUMENTS_RUN;
    snprintf(problem, ARGUMENTS_PROBLEM_MAX, "--%s takes %.160s, not '%.64s'", row->name, why,
             text != NULL ? text : "");
    return ARGUMENTS_WRONG;
}

/* Reads all words.  What is asked for first, of help and version, counts. */
static enum arguments_result read_words(struct arguments *arguments, struct option_flags *flags,
                                        char problem[ARGUMENTS_PROBLEM_MAX])
{
    enum arguments_result asked = ARGUMENTS_RUN, result;
    const struct option_row *row;
    char *text;

    for (;;) {
        switch (option_flags_next(flags, &row, &text, problem)) {
        case OPTION_FLAGS_END:
            return asked;
        case OPTION_FLAGS_WRONG:
            return ARGUMENTS_WRONG;
        case OPTION_FLAGS_OPERAND:
            if (!add_operand(arguments, text, problem))
                return ARGUMENTS_WRONG;
            break;
        case OPTION_FLAGS_FLAG:
            result = set(arguments, row, text, problem);
            if (result == ARGUMENTS_WRONG)
                return result;
            if (asked == ARGUMENTS_RUN)
                asked = result;
            break;
        }
    }
}

enum arguments_result arguments_parse(int argc, char **argv, struct arguments *arguments,
                                      char problem[ARGUMENTS_PROBLEM_MAX])
{
    struct option_flags flags;
    enum arguments_result result;

    *arguments = (struct arguments){
        .command = COMMANDS, .operands = argv, /* behind those read already */
    };
    option_value_defaults(arguments, &arguments_table); /* numbers alone: nothing to fail */
    option_flags_begin(&flags, &arguments_table, argc, argv);
    result = read_words(arguments, &flags, problem);
    if (result == ARGUMENTS_RUN && !check(arguments, &flags, problem))
        result = ARGUMENTS_WRONG;
    return result;
}

bool arguments_take(const struct arguments *arguments, const char *flag)
{
    const struct option_row *row = option_table_find(&arguments_table, flag, strlen(flag));

    return row != NULL && arguments->command < COMMANDS &&
           (row->traits & ARGUMENTS_ON(arguments->command)) != 0;
}

void arguments_fini(struct arguments *arguments)
{
    overrides_fini(&arguments->overrides);
}
