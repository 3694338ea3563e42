/* SPDX-License-Identifier: ISC */

/*
 * What a client sends before it has proved who it is, of any bytes: the gate decides the
 * same whether they come whole or one by one, lets nobody in without the token, repeats nothing of
 * it, and uses no more bytes than there are.  `alice.T` in the input stands for the real
 * token, which is another in each run; what comes behind it is fuzz_channel's.
 */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/auth/gate.h"

#define INPUT_MAX 8192
#define STANDIN   "alice.T"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char token[TOKEN_MAX + 1];
static struct credentials *credentials;

/* The one token, which is known to be right already. */
static void begin(void)
{
    char path[] = "/tmp/waitd-fuzz-XXXXXX", line[TOKEN_LINE_MAX + 1], problem[TOKENS_PROBLEM_MAX];
    int fd = mkstemp(path);

    assert(fd >= 0 && token_make("alice", token, line) == 0);
    assert(write(fd, line, strlen(line)) == (ssize_t)strlen(line) && close(fd) == 0);
    credentials = credentials_new();
    assert(credentials != NULL && credentials_read_tokens(credentials, path, problem) == 1);
    unlink(path);
    principal_release(credentials_verify(credentials, token, strlen(token)));
}

/* The input with the real token in place; how long it is. */
static size_t fill_in(const uint8_t *data, size_t size, char *out, bool *has_token)
{
    size_t len = 0, standin_len = strlen(STANDIN);

    *has_token = false;
    for (size_t i = 0; i < size && len + TOKEN_MAX < INPUT_MAX;) {
        if (size - i >= standin_len && memcmp(data + i, STANDIN, standin_len) == 0) {
            memcpy(out + len, token, strlen(token));
            len += strlen(token);
            i += standin_len;
            *has_token = true;
        } else {
            out[len++] = (char)data[i++];
        }
    }
    return len;
}

struct outcome {
    enum gate_state state;
    enum fault_code code;
    size_t used, said;
};

static void wake(void *context)
{
    (void)context;
}

static struct outcome talk(const char *text, size_t len, size_t piece)
{
    static const struct limits limits = {
        .max_auth_bytes = 1024, .max_auth_failures = 1, .auth_timeout_ns = 1000};
    const struct gate_env env = {
        .limits = &limits,
        .version = "0",
        .instance = "0",
        .credentials = credentials,
        /* Which is asked nothing: a wrong token finds that there were too many. */
        .verifier = (struct verifier *)(void *)credentials};
    struct failures failures = {.forgiven_ns = INT64_MAX / 2};
    struct gate *gate = gate_new(&env, &failures, 0, wake, NULL);
    struct outcome outcome = {.used = 0};
    size_t said;

    assert(gate != NULL);
    while (outcome.used < len && gate_wants_input(gate)) {
        size_t left = len - outcome.used, room = left < piece ? left : piece;
        size_t used = gate_feed(gate, 0, text + outcome.used, room);
        const char *output;

        assert(used <= room);
        outcome.used += used;
        output = gate_output(gate, &said);
        assert(memmem(output, said, token, strlen(token)) == NULL);
        outcome.said += said;
        gate_sent(gate, said);
    }
    gate_end_input(gate, 0);
    outcome.state = gate_state(gate);
    outcome.code = gate_fault(gate)->code;
    assert(outcome.state != GATE_CLOSED);
    assert(outcome.state != GATE_OPEN || strcmp(gate_principal(gate)->name, "token:alice") == 0);
    assert(strstr(gate_fault(gate)->message, token + strlen("alice.")) == NULL);
    gate_free(gate);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[INPUT_MAX + TOKEN_MAX];
    struct outcome whole, pieces;
    bool has_token;
    size_t len;

    if (credentials == NULL)
        begin();
    len = fill_in(data, size, text, &has_token);
    whole = talk(text, len, len + 1);
    pieces = talk(text, len, 1);
    assert(whole.state == pieces.state);
    assert(whole.state != GATE_OPEN || (has_token && whole.used == pieces.used));
    assert(whole.state == GATE_OPEN || whole.code == pieces.code);
    return 0;
}
