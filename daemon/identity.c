/* SPDX-License-Identifier: ISC */
#include "daemon/identity.h"

#include <errno.h>
#include <string.h>

#include "daemon/auth/credentials.h"
#include "daemon/auth/verifier.h"

/* level: of the line that says how many there are. */
static int read_tokens(struct identity *identity, enum log_level level)
{
    const char *path = option_text(&identity->options->token_file);
    char problem[TOKENS_PROBLEM_MAX];
    int n;

    if (path == NULL)
        return 0;
    n = credentials_read_tokens(identity->credentials, path, problem);
    if (n < 0) {
        log_write(identity->log, LOG_LEVEL_ERROR, "%s", problem);
        return -1;
    }
    log_write(identity->log, n > 0 ? level : LOG_LEVEL_WARNING, "%d tokens read from %s", n, path);
    return 0;
}

static int set_admins(struct identity *identity)
{
    const struct option_texts *admins = &identity->options->admin;

    if (credentials_set_admins(identity->credentials, admins->text, admins->n) == 0)
        return 0;
    log_write(identity->log, LOG_LEVEL_ERROR, "out of memory for the names of administrators");
    return -1;
}

int identity_open(struct identity *identity, const struct options *options, struct log *log)
{
    *identity = (struct identity){.options = options, .log = log, .credentials = credentials_new()};
    if (identity->credentials == NULL) {
        log_write(log, LOG_LEVEL_ERROR, "cannot make credentials: %s", strerror(errno));
        return 1;
    }
    if (set_admins(identity) != 0 || read_tokens(identity, LOG_LEVEL_DEBUG) != 0)
        return 1;
    if (options->token_file.n == 0)
        return 0;
    identity->verifier = verifier_new(identity->credentials);
    if (identity->verifier != NULL)
        return 0;
    log_write(log, LOG_LEVEL_ERROR, "cannot start the thread that looks at tokens: %s",
              strerror(errno));
    return 1;
}

void identity_close(struct identity *identity)
{
    verifier_free(identity->verifier);
    credentials_free(identity->credentials);
    *identity = (struct identity){0};
}

void identity_reload(struct identity *identity)
{
    (void)set_admins(identity);
    (void)read_tokens(identity, LOG_LEVEL_INFO);
}

bool identity_is_asked_for(const struct identity *identity, const struct address *from,
                           bool by_certificate)
{
    if (by_certificate)
        return true;
    if (identity->options->trust_loopback && address_is_loopback(from))
        return false;
    return identity->options->token_file.n > 0 || identity->options->tls_client_ca.n > 0;
}
