/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <string.h>

#include "client/base/say.h"
#include "client/cmd/conversation.h"

/* What is drawn of a batch as a whole, and cannot be of its second half. */
static bool needs_whole(const struct arguments *arguments)
{
    return arguments->show == &show_timeline || arguments->trace != NULL || arguments->svg != NULL;
}

enum status cmd_watch(const struct arguments *arguments)
{
    struct watch watch = {.ref = arguments->operands[0], .next = arguments->from};

    if (watch.next > 1 && needs_whole(arguments)) {
        say("--from leaves out what -o timeline, --trace and --svg need: they begin with the "
            "first event");
        return STATUS_REFUSED;
    }
    return conversation_watch(arguments, &watch);
}
