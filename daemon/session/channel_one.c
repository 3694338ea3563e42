/* SPDX-License-Identifier: ISC */

/* Where the whole input is one request: it is kept until the input has ended, since
 * what follows it decides whether it is done at all. */

#include <stdlib.h>
#include <string.h>

#include "daemon/session/channel_internal.h"

int channel_expect_one_request(struct channel *channel, const struct request_expectation *expected)
{
    channel->one = calloc(1, sizeof(*channel->one));
    if (channel->one == NULL)
        return -1;
    channel->one->expected = *expected;
    return 0;
}

void channel_drop_one(struct channel *channel)
{
    if (!channel_has_one(channel))
        return;
    channel_release_request(channel, &channel->one->request);
    channel->one->is_there = false;
}

static void refuse_one(struct channel *channel, const struct request *request,
                       const struct fault *fault)
{
    channel_refuse(channel, request, fault);
    channel_drop_one(channel);
    channel_stop_reading(channel);
}

void channel_keep_one(struct channel *channel, struct request *request)
{
    struct fault fault = {0};

    if (request->op == channel->one->expected.op) {
        channel->one->request = *request;
        channel->one->is_there = true;
        *request = (struct request){.op = request->op};
        return;
    }
    (void)fault_set(&fault, FAULT_INVALID_REQUEST, 0,
                    "\"op\" takes \"%s\" here: the input is one request of that kind",
                    channel->one->expected.op == REQUEST_FORECAST ? "forecast" : "submit");
    memcpy(fault.path, "op", sizeof("op"));
    refuse_one(channel, request, &fault);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void channel_scan_rest(struct channel *channel, const char *bytes, size_t len)
{
    struct fault fault = {0};
    char quote[FAULT_QUOTE_SIZE];
    size_t i = 0;

    while (i < len && is_space(bytes[i]))
        i++;
    if (i == len)
        return;
    if (strchr("{[\"-0123456789tfn", bytes[i]) != NULL && bytes[i] != '\0')
        (void)fault_set(&fault, FAULT_INVALID_REQUEST, 0,
                        "one request is taken here, and a second value follows it");
    else
        (void)fault_set(&fault, FAULT_BAD_JSON, 0, "%s follows the request, which is not JSON",
                        fault_quote(quote, bytes + i, 1));
    refuse_one(channel, &channel->one->request, &fault);
}

void channel_do_one(struct channel *channel, int64_t now_ns)
{
    if (!channel_has_one(channel))
        return;
    channel_do(channel, &channel->one->request, now_ns);
    channel_drop_one(channel);
    channel_stop_reading(channel);
}
