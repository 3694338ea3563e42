/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <string.h>

#include "client/base/text.h"
#include "client/cmd/conversation.h"

enum status cmd_forget(const struct arguments *arguments)
{
    const char *ref = arguments->operands[0];
    struct bytes request = {0};

    bytes_add_string(&request, "{\"op\":\"forget\",\"ref\":");
    text_append_json(&request, ref, strlen(ref));
    bytes_add_string(&request, "}\n");
    return conversation_ask(arguments, &request, EVENT_FORGOTTEN, &show_human, NULL);
}
