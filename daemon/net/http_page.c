/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_page.h"

#include <stdint.h>
#include <string.h>

#include "daemon/net/http_internal.h"
#include "daemon/net/http_reply.h"

static const struct http_page_file *find(const char *name)
{
    for (const struct http_page_file *file = http_page_files; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}

/* Nothing but what is served here, and in no frame of others. */
static void add_guards(struct MHD_Response *response)
{
    MHD_add_response_header(response, "Content-Security-Policy",
                            "default-src 'none'; frame-ancestors 'none'; form-action 'none'; "
                            "base-uri 'none'; script-src 'self'; style-src 'self'; "
                            "img-src 'self'; connect-src 'self'");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
}

static void begin(struct http_connection *c, const char *rest, const char *const *values,
                  const struct http_head *head)
{
    const struct http_page_file *file = find(*rest ? rest : "index.html");
    struct MHD_Response *response;

    (void)values;
    (void)head;
    if (!file) {
        http_reply_refuse(c, 404, FAULT_NOT_FOUND, "the page has no part of that name");
        return;
    }
    response = MHD_create_response_from_buffer(file->len, (void *)(uintptr_t)file->bytes,
                                               MHD_RESPMEM_PERSISTENT);
    if (response) {
        MHD_add_response_header(response, "Content-Type", file->type);
        add_guards(response);
    }
    http_reply(c, 200, response);
}

const struct http_resource http_page_resource = {.begin = begin};
