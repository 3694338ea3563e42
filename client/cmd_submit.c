/* SPDX-License-Identifier: ISC */
#include "client/cmd.h"

#include "client/conversation.h"

enum status cmd_submit(const struct arguments *arguments)
{
    struct source *source =
        source_new_files(arguments->operands, arguments->n_operands, &arguments->overrides);
    enum status status = STATUS_REFUSED;

    if (source != NULL)
        status = conversation(arguments, source, conversation_show(arguments), NULL);
    source_free(source);
    return status;
}
