/* SPDX-License-Identifier: ISC */
#include "daemon/net/http_auth.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/clock.h"
#include "daemon/net/http_internal.h"
#include "daemon/net/http_reply.h"
#include "daemon/net/http_tls.h"
#include "proto/due.h"

struct http_auth {
    struct http_connection *c;
    struct verifier_query *query; /* the verifier's, until it has answered */
    struct principal *principal;  /* held; NULL: the token is wrong */
    int64_t answer_ns;            /* when that is sent; DUE_NEVER until the answer is there */
};

void http_auth_free(struct http_auth *auth)
{
    if (auth == NULL)
        return;
    if (auth->query != NULL)
        auth->query->context = NULL;
    principal_release(auth->principal);
    free(auth);
}

struct principal *http_auth_principal(const struct http_connection *c)
{
    return c->exchange.auth != NULL ? c->exchange.auth->principal : c->principal;
}

/* ---- Refusing ------------------------------------------------------------- */

static void log_refusal(struct http_connection *c, const char *message)
{
    struct address peer;
    char text[ADDRESS_PRINT_MAX] = "nowhere";

    if (http_tls_from(c, &peer))
        address_print(&peer, text);
    log_write_rarely(c->http->env.log, c->http->env.auth_failures, clock_now_ns(),
                     LOG_LEVEL_WARNING, (struct log_about){c->number, 0}, "not let in: from %s: %s",
                     text, message);
}

/* challenge: for `WWW-Authenticate`. */
static enum http_auth_answer refuse(struct http_connection *c, const char *challenge,
                                    const char *message)
{
    log_refusal(c, message);
    http_reply_refuse(c, 401, FAULT_UNAUTHORIZED, "%s", message);
    if (c->exchange.reply)
        MHD_add_response_header(c->exchange.reply, HTTP_REPLY_CHALLENGE_FIELD, challenge);
    c->exchange.is_refused = true;
    return HTTP_AUTH_REFUSED;
}

static enum http_auth_answer refuse_token(struct http_connection *c)
{
    return refuse(c, HTTP_REPLY_CHALLENGE ", error=\"invalid_token\"", "the token is not valid");
}

/* Not looked at: a limit of its address (429) or of the daemon (503), after which it may be. */
static enum http_auth_answer put_off(struct http_connection *c, unsigned status, int64_t wait_ns,
                                     const char *message)
{
    http_reply_refuse(c, status, FAULT_OVERLOADED, "%s", message);
    http_reply_retry_after(c, wait_ns);
    c->exchange.is_refused = true;
    return HTTP_AUTH_REFUSED;
}

static enum http_auth_answer refuse_memory(struct http_connection *c)
{
    return put_off(c, 503, 0, "out of memory; try again later");
}

/* ---- Letting in ------------------------------------------------------------ */

static enum http_auth_answer let_in(struct http_connection *c)
{
    if (c->is_unauthenticated)
        ledger_release_unauthenticated(c->http->env.env->ledger);
    c->is_unauthenticated = false;
    return HTTP_AUTH_ALLOWED;
}

/* The token behind `Bearer`, whose case does not count: all but the blanks around it.  NULL where
 * there is none. */
static const char *bearer(const char *authorization, size_t *len)
{
    static const char scheme[] = "Bearer ";

    if (authorization == NULL || strncasecmp(authorization, scheme, strlen(scheme)) != 0)
        return NULL;
    authorization += strlen(scheme);
    authorization += strspn(authorization, " ");
    *len = strlen(authorization);
    while (*len > 0 && strchr(" \t", authorization[*len - 1]) != NULL)
        (*len)--;
    return authorization;
}

static void on_answer(struct verifier_query *query)
{
    struct http_auth *auth = query->context;

    if (auth != NULL) {
        const struct http_connection *c = auth->c;
        uint64_t most = c->http->env.limits->max_auth_failures;
        int64_t now_ns = clock_now_ns();

        auth->query = NULL;
        auth->answer_ns = 0;
        if (query->principal != NULL) {
            auth->principal = principal_hold(query->principal);
            failures_refund(c->failures, most);
        } else {
            auth->answer_ns = now_ns + failures_delay_ns(c->failures, now_ns, most);
        }
        http_schedule(auth->c, now_ns);
    }
    verifier_query_free(query);
}

static enum http_auth_answer ask_verifier(struct http_connection *c, const char *token, size_t len)
{
    const struct gate_env *gates = c->http->env.gates;
    uint64_t most = c->http->env.limits->max_auth_failures;
    struct http_auth *auth = c->exchange.auth;
    int64_t now_ns = clock_now_ns();

    if (!failures_charge(c->failures, now_ns, most)) {
        static const char message[] = "too many wrong tokens came from this address within a "
                                      "minute (max-auth-failures); try again later";

        log_refusal(c, message);
        return put_off(c, 429, failures_wait_ns(c->failures, now_ns, most), message);
    }
    auth->query = verifier_query_new(gates->port, token, len);
    if (auth->query == NULL)
        return refuse_memory(c);
    auth->query->context = auth;
    auth->query->answered = on_answer;
    auth->answer_ns = DUE_NEVER;
    if (!verifier_query(gates->verifier, auth->query, c->http->env.limits->max_unauthenticated)) {
        verifier_query_free(auth->query);
        auth->query = NULL;
        failures_refund(c->failures, most);
        return put_off(c, 503, 0,
                       "the limit of tokens that wait to be verified is reached "
                       "(max-unauthenticated); try again later");
    }
    http_exchange_suspend(c);
    return HTTP_AUTH_WAITING;
}

static enum http_auth_answer look_at(struct http_connection *c, const char *token, size_t len)
{
    const struct gate_env *gates = c->http->env.gates;
    struct http_auth *auth = calloc(1, sizeof(*auth));

    if (auth == NULL)
        return refuse_memory(c);
    auth->c = c;
    c->exchange.auth = auth;
    if (len <= TOKEN_MAX)
        auth->principal = credentials_recall(gates->credentials, token, len);
    if (auth->principal != NULL)
        return let_in(c);
    if (gates->verifier == NULL || len > TOKEN_MAX || c->failures == NULL)
        return refuse_token(c);
    return ask_verifier(c, token, len);
}

enum http_auth_answer http_auth_enter(struct http_connection *c, const struct http_head *head)
{
    const struct http_auth *auth = c->exchange.auth;
    const char *token;
    size_t len;

    if (c->principal != NULL || http_tls_identify(c))
        return let_in(c);
    if (auth != NULL)
        return auth->principal != NULL ? let_in(c) : refuse_token(c);
    token = bearer(head->authorization, &len);
    if (token == NULL)
        return refuse(c, HTTP_REPLY_CHALLENGE,
                      "\"Authorization\" takes Bearer and a token, and none came");
    return look_at(c, token, len);
}

/* ---- Time ------------------------------------------------------------------ */

int64_t http_auth_due(const struct http_connection *c)
{
    return c->exchange.auth->answer_ns;
}

void http_auth_go_on(struct http_connection *c, int64_t now_ns)
{
    if (now_ns >= c->exchange.auth->answer_ns)
        http_exchange_resume(c);
}
