/* SPDX-License-Identifier: ISC */
#include "daemon/auth/gate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "proto/due.h"
#include "proto/request.h"

/* Pongs that wait to be sent; a client that takes none of them is not answered another. */
#define OUTPUT_MAX ((size_t)8 * EVENT_LINE_MAX)

struct gate {
    const struct gate_env *env;
    struct failures *failures;
    void (*wake)(void *context);
    void *wake_context;
    enum gate_state state;
    struct request_reader *reader;
    uint64_t bytes;               /* that it has sent so far */
    int64_t deadline_ns;          /* by when it is to be let in */
    struct verifier_query *query; /* the verifier's, until it has answered */
    bool has_failed;              /* the verifier rejected the token */
    int64_t answer_ns;            /* when its refusal is sent */
    struct principal *principal;  /* held */
    struct fault fault;
    struct request_id *id; /* of the request that decides; held, NULL for none */
    char *output;          /* OUTPUT_MAX bytes at most; NULL for none */
    size_t output_at, output_len;
};

struct gate *gate_new(const struct gate_env *env, struct failures *failures, int64_t now_ns,
                      void (*wake)(void *context), void *context)
{
    struct gate *gate = calloc(1, sizeof(*gate));
    struct request_limits limits = request_default_limits;

    if (gate == NULL)
        return NULL;
    limits.max_bytes = env->limits->max_auth_bytes;
    limits.keeps_no_text = true;
    gate->env = env;
    gate->failures = failures;
    gate->wake = wake;
    gate->wake_context = context;
    gate->deadline_ns = now_ns + env->limits->auth_timeout_ns;
    gate->reader = request_reader_new(&limits, env->hash_key);
    if (gate->reader == NULL) {
        free(gate);
        return NULL;
    }
    return gate;
}

/* Orphans the pending request: on_answer() then only frees it. */
static void detach_verifier(struct gate *gate)
{
    if (gate->query != NULL)
        gate->query->context = NULL;
    gate->query = NULL;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL)
        return;
    detach_verifier(gate);
    request_reader_free(gate->reader);
    principal_release(gate->principal);
    request_id_release(gate->id, NULL);
    free(gate->output);
    free(gate);
}

/* ---- Its end -------------------------------------------------------------- */

static void refuse(struct gate *gate, enum fault_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void refuse(struct gate *gate, enum fault_code code, const char *format, ...)
{
    va_list arguments;

    detach_verifier(gate);
    if (gate->state != GATE_CLOSED)
        return;
    va_start(arguments, format);
    (void)fault_vset(&gate->fault, code, 0, format, arguments);
    va_end(arguments);
    gate->state = GATE_REFUSED;
}

void gate_refuse(struct gate *gate, const char *message)
{
    refuse(gate, FAULT_UNAUTHORIZED, "%s", message);
}

static void refuse_memory(struct gate *gate)
{
    refuse(gate, FAULT_OVERLOADED, "out of memory; try again later");
}

void gate_admit(struct gate *gate, const char *name)
{
    struct principal *principal = credentials_principal(gate->env->credentials, name);

    if (principal == NULL) {
        refuse_memory(gate);
        return;
    }
    gate->principal = principal;
    gate->state = GATE_OPEN;
}

/* ---- Answers -------------------------------------------------------------- */

/* Room for a line; NULL where there is none. */
static char *line_room(struct gate *gate, size_t size)
{
    if (gate->output == NULL)
        gate->output = malloc(OUTPUT_MAX);
    if (gate->output == NULL || OUTPUT_MAX - gate->output_len < size)
        return NULL;
    return gate->output + gate->output_len;
}

static void commit(struct gate *gate, const char *end)
{
    gate->output_len = (size_t)(end - gate->output);
}

static void do_ping(struct gate *gate, const struct request *request)
{
    struct event_text id = request_id_text(request->id);
    char *line = line_room(gate, EVENT_LINE_MAX + id.len);

    if (line != NULL)
        commit(gate, event_write_pong(line, id, gate->env->version, gate->env->instance));
    else
        gate_refuse(gate,
                    "too many pings before authentication: read the answers, or authenticate");
}

static void report_authenticated(struct gate *gate)
{
    struct event_text id = gate_id(gate);
    char *line = line_room(gate, EVENT_LINE_MAX + id.len);

    if (line != NULL)
        commit(gate, event_write_authenticated(line, id, gate->principal->name));
    else
        refuse_memory(gate);
}

/* ---- The token ------------------------------------------------------------ */

static void open_gate(struct gate *gate, struct principal *principal)
{
    gate->principal = principal;
    report_authenticated(gate);
    if (gate->state == GATE_CLOSED)
        gate->state = GATE_OPEN;
}

static void on_answer(struct verifier_query *query)
{
    struct gate *gate = query->context;

    if (gate != NULL) {
        gate->query = NULL;
        if (query->principal != NULL) {
            failures_refund(gate->failures, gate->env->limits->max_auth_failures);
            open_gate(gate, principal_hold(query->principal));
        } else {
            gate->has_failed = true;
            gate->answer_ns = 0; /* the driver knows the time */
        }
        gate->wake(gate->wake_context);
    }
    verifier_query_free(query);
}

static void ask_verifier(struct gate *gate, int64_t now_ns, const struct request *request)
{
    uint64_t most = gate->env->limits->max_auth_failures;

    if (!failures_charge(gate->failures, now_ns, most)) {
        refuse(gate, FAULT_UNAUTHORIZED,
               "clients of this address have shown %" PRIu64 " wrong tokens within a minute "
               "(max-auth-failures); try again later",
               most);
        return;
    }
    gate->query = verifier_query_new(gate->env->port, request->token, request->token_len);
    if (gate->query == NULL) {
        refuse_memory(gate);
        return;
    }
    gate->query->context = gate;
    gate->query->answered = on_answer;
    if (verifier_query(gate->env->verifier, gate->query, gate->env->limits->max_unauthenticated))
        return;
    verifier_query_free(gate->query);
    gate->query = NULL;
    failures_refund(gate->failures, most);
    refuse(gate, FAULT_OVERLOADED,
           "the limit of tokens that wait to be verified is reached (max-unauthenticated); try "
           "again later");
}

static void do_auth(struct gate *gate, int64_t now_ns, const struct request *request)
{
    struct principal *known;

    if (gate->env->verifier == NULL) {
        gate_refuse(gate,
                    "no tokens are known here: clients authenticate by a certificate, over TLS");
        return;
    }
    known = credentials_recall(gate->env->credentials, request->token, request->token_len);
    if (known != NULL)
        open_gate(gate, known);
    else
        ask_verifier(gate, now_ns, request);
}

/* ---- Input ---------------------------------------------------------------- */

static void refuse_request(struct gate *gate)
{
    gate_refuse(gate, gate->env->verifier != NULL
                          ? "authentication is required first: \"auth\", with a \"token\""
                          : "clients authenticate by a certificate, over TLS");
}

/* Does what the next request asks for.  Whether there may be another one. */
static bool read_request(struct gate *gate, int64_t now_ns)
{
    struct request request;
    struct fault ignored; /* which may quote what was sent */
    enum request_result result = request_read(gate->reader, 64, &request, &ignored);

    if (result == REQUEST_MORE || result == REQUEST_END)
        return false;
    if (result == REQUEST_BUSY)
        return true;
    if (result == REQUEST_READY && request.op == REQUEST_PING) {
        do_ping(gate, &request);
        request_id_release(request.id, NULL);
    } else {
        gate->id = request.id;
        if (result == REQUEST_READY && request.op == REQUEST_AUTH)
            do_auth(gate, now_ns, &request);
        else
            refuse_request(gate);
    }
    if (result == REQUEST_READY) {
        plan_free(request.plan);
        free(request.text);
    }
    return gate_wants_input(gate);
}

/* Wipes out what the reader has of the token. */
static void end_reading(struct gate *gate)
{
    if (!gate_wants_input(gate))
        request_end(gate->reader);
}

size_t gate_feed(struct gate *gate, int64_t now_ns, const char *bytes, size_t len)
{
    uint64_t most = gate->env->limits->max_auth_bytes;
    size_t used;

    /* Never parse beyond max-auth-bytes, however the input is split. */
    if (len > most - gate->bytes)
        len = most - gate->bytes;
    request_feed(gate->reader, bytes, len);
    while (gate_wants_input(gate) && read_request(gate, now_ns))
        continue;
    used = len - request_rest(gate->reader);
    request_feed(gate->reader, NULL, 0);
    gate->bytes += used;
    if (gate_wants_input(gate) && gate->bytes >= most)
        refuse(gate, FAULT_UNAUTHORIZED,
               "there was no authentication within %" PRIu64 " bytes (max-auth-bytes)", most);
    end_reading(gate);
    return used;
}

bool gate_wants_input(const struct gate *gate)
{
    return gate->state == GATE_CLOSED && gate->query == NULL && !gate->has_failed;
}

void gate_end_input(struct gate *gate, int64_t now_ns)
{
    bool was_open = request_is_open(gate->reader);

    if (!gate_wants_input(gate))
        return;
    request_finish(gate->reader);
    while (gate_wants_input(gate) && read_request(gate, now_ns))
        continue;
    if (gate_wants_input(gate) && was_open)
        refuse_request(gate);
    else if (gate_wants_input(gate))
        gate->state = GATE_REFUSED; /* closed without a request: no fault to send */
    end_reading(gate);
}

/* ---- Time ----------------------------------------------------------------- */

int64_t gate_due(const struct gate *gate)
{
    if (gate->state != GATE_CLOSED)
        return DUE_NEVER;
    return gate->has_failed ? gate->answer_ns : gate->deadline_ns;
}

void gate_work(struct gate *gate, int64_t now_ns)
{
    uint64_t most = gate->env->limits->max_auth_failures;

    if (gate->state != GATE_CLOSED)
        return;
    if (gate->has_failed && gate->answer_ns == 0)
        gate->answer_ns = now_ns + failures_delay_ns(gate->failures, now_ns, most);
    else if (gate->has_failed && now_ns >= gate->answer_ns)
        gate_refuse(gate, "the token is not valid");
    else if (!gate->has_failed && now_ns >= gate->deadline_ns)
        gate_refuse(gate, "authentication took too long (auth-timeout)");
}

/* ---- For its driver ------------------------------------------------------- */

const char *gate_output(const struct gate *gate, size_t *len)
{
    *len = gate->output_len - gate->output_at;
    return gate->output != NULL ? gate->output + gate->output_at : "";
}

void gate_sent(struct gate *gate, size_t len)
{
    gate->output_at += len;
    if (gate->output_at == gate->output_len)
        gate->output_at = gate->output_len = 0;
}

enum gate_state gate_state(const struct gate *gate)
{
    return gate->state;
}

struct principal *gate_principal(const struct gate *gate)
{
    return gate->principal;
}

const struct fault *gate_fault(const struct gate *gate)
{
    return &gate->fault;
}

struct event_text gate_id(const struct gate *gate)
{
    return request_id_text(gate->id);
}
