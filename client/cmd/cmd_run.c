/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <errno.h>
#include <string.h>

#include "client/cmd/batch_text.h"
#include "client/cmd/conversation.h"
#include "client/base/say.h"

static struct source *make_source(const struct arguments *arguments)
{
    struct batch_text batch = {
        .durations = arguments->operands,
        .n_durations = arguments->n_operands,
        .count = arguments->count > 0 ? arguments->count : 1,
        .name = arguments->name,
        .overrides = &arguments->overrides,
    };
    struct bytes text = {0};
    struct source *source = NULL;
    const char *wrong = batch_text_make(&batch, &text);

    if (wrong != NULL && wrong == arguments->name)
        say("--name takes UTF-8, which '%s' is not", wrong);
    else if (wrong != NULL)
        say("'%s' is not a duration: seconds (1, 0.25) or with units of h m s ms us ns (250ms, "
            "1m30s)",
            wrong);
    else if (text.failed || (source = source_new_text(&text)) == NULL)
        say("%s", strerror(ENOMEM));
    bytes_fini(&text);
    return source;
}

enum status cmd_run(const struct arguments *arguments)
{
    struct source *source = make_source(arguments);
    enum status status = STATUS_REFUSED;

    if (source != NULL)
        status = conversation(arguments, source, conversation_show(arguments), NULL);
    source_free(source);
    return status;
}
