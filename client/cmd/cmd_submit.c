/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/cmd/conversation.h"
#include "client/cmd/example.h"
#include "client/base/say.h"
#include "proto/nearest.h"

static void say_unknown(const char *name)
{
    struct nearest nearest;

    nearest_begin(&nearest, name, strlen(name));
    for (size_t i = 0; i < example_table_size; i++)
        nearest_try(&nearest, example_table[i].name);
    if (nearest.best != NULL)
        say("there is no example '%s' (did you mean '%s'?); see waitctl submit --example list",
            name, nearest.best);
    else
        say("there is no example '%s'; see waitctl submit --example list", name);
}

/* Prints a batch to start from, or what there is of them. */
static enum status print_example(const char *name)
{
    const struct example *example = example_find(name);
    struct bytes text = {0};

    if (example != NULL)
        bytes_add_string(&text, example->text);
    else if (strcmp(name, "list") == 0 || strcmp(name, "help") == 0)
        example_list(&text);
    else {
        say_unknown(name);
        return STATUS_REFUSED;
    }
    if (text.failed) {
        say("%s", strerror(ENOMEM));
        return STATUS_NOT_OK;
    }
    fwrite(bytes_at(&text), bytes_len(&text), 1, stdout);
    bytes_fini(&text);
    return say_output() ? STATUS_OK : STATUS_NOT_OK;
}

enum status cmd_submit(const struct arguments *arguments)
{
    struct source *source;
    enum status status = STATUS_REFUSED;

    if (arguments->example != NULL)
        return print_example(arguments->example);
    source = source_new_files(arguments->operands, arguments->n_operands, &arguments->overrides);
    if (source != NULL)
        status = conversation(arguments, source, conversation_show(arguments), NULL);
    source_free(source);
    return status;
}
