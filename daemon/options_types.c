/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "daemon/net/http_services.h"
#include "daemon/net/tls.h"
#include "daemon/options_internal.h"
#include "daemon/session/principal.h"
#include "daemon/store/cluster.h"
#include "daemon/store/cluster_wire.h"
#include "proto/address.h"

/* The types of options that the daemon alone has.  A check returns what is wrong with a text,
 * as the end of a sentence that begins with it; NULL if nothing is. */

/* A host's name as `Host` has it, without a port; NULL if it is one. */
static const char *check_host(const char *text)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

    if (*text == '\0' || text[strspn(text, letters)] != '\0')
        return "is no host's name without a port";
    return NULL;
}

/* `SCHEME://HOST[:PORT]`, as browsers write it. */
static const char *check_origin(const char *text)
{
    const char *rest = strstr(text, "://");

    if (!rest || (strncmp(text, "http:", 5) != 0 && strncmp(text, "https:", 6) != 0) ||
        rest[3] == '\0' || strpbrk(rest + 3, "/ \t?#@,") != NULL)
        return "is no origin such as http://localhost:3000";
    return NULL;
}

/* An address, or one behind `tls:`. */
static const char *check_listen(const char *text)
{
    const char *by_tls = address_behind_tls(text), *problem;
    struct address_spec spec;

    if (by_tls == NULL)
        return address_parse(text, &spec);
    if (!tls_is_there())
        return "asks for TLS, which this waitd was built without";
    problem = address_parse(by_tls, &spec);
    if (problem == NULL && spec.kind == ADDRESS_UNIX)
        return "asks for TLS on a Unix socket, which needs none";
    return problem;
}

static const char *check_address(const char *text)
{
    struct address_spec ignored;

    return address_parse(text, &ignored);
}

static const char *check_path(const char *text)
{
    return *text != '\0' ? NULL : "is no file's name";
}

static const char *check_principal(const char *text)
{
    return principal_is_name(text)
               ? NULL
               : "names nobody: it takes local, unix:UID, token:NAME or cert:SUBJECT";
}

/* `nats://HOST:PORT`; what precedes an `@` is for the library. */
static const char *check_cluster(const char *text)
{
    static const char scheme[] = "nats://";
    struct address_spec spec;
    const char *host;

    if (!cluster_is_there())
        return "asks for a cluster, and this waitd was built without NATS";
    if (strncmp(text, scheme, sizeof(scheme) - 1) != 0)
        return "is no address such as nats://127.0.0.1:4222";
    host = strrchr(text, '@') != NULL ? strrchr(text, '@') + 1 : text + sizeof(scheme) - 1;
    if (address_parse(host, &spec) != NULL || spec.kind == ADDRESS_UNIX ||
        strchr(host, ':') == NULL)
        return "is no address such as nats://127.0.0.1:4222";
    return NULL;
}

static const char *check_cluster_name(const char *text)
{
    return cluster_name_is_valid(text)
               ? NULL
               : "is no name of a cluster: 1 to 32 of the letters A-Z a-z, digits, _ and -";
}

static const char *const levels[] = {"error", "warning", "info", "debug", NULL};

const struct option_type options_level = {.kind = OPTION_WORD, .words = levels};
const struct option_type options_path = {.kind = OPTION_TEXT, .check = check_path};
const struct option_type options_address = {.kind = OPTION_LIST, .check = check_address};
const struct option_type options_listen = {.kind = OPTION_LIST, .check = check_listen};
const struct option_type options_host = {.kind = OPTION_LIST, .check = check_host};
const struct option_type options_origin = {.kind = OPTION_LIST, .check = check_origin};
const struct option_type options_cluster = {.kind = OPTION_LIST, .check = check_cluster};
const struct option_type options_cluster_name = {.kind = OPTION_TEXT, .check = check_cluster_name};
const struct option_type options_service = {.kind = OPTION_LIST, .check = http_services_check};
const struct option_type options_principal = {.kind = OPTION_LIST, .check = check_principal};
