/* SPDX-License-Identifier: ISC */
#include "daemon/net/tls.h"

#ifdef HAVE_OPENSSL

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/clock.h"
#include "daemon/net/socket.h"
#include "proto/event.h"

/* The first byte of a handshake record. */
#define HANDSHAKE_RECORD 22

/* Before a certificate's subject in the name of its principal. */
#define SUBJECT_PREFIX "cert:"

struct tls {
    struct log *log;
    pthread_mutex_t lock; /* of context */
    SSL_CTX *context;     /* for those who connect from now on; counted by OpenSSL */
    struct log_rate failures;
};

struct tls_transport {
    struct transport transport;
    struct tls *tls;
    SSL *ssl;
    int fd;
    uint64_t number;
    bool is_shutting; /* our close_notify has not gone yet */
    bool has_failed;  /* nothing more may be asked of OpenSSL */
};

bool tls_is_there(void)
{
    return true;
}

/* ---- Certificates --------------------------------------------------------- */

/* Why OpenSSL failed, in its words; empties its queue, of which the first error is the cause. */
static const char *reason(void)
{
    unsigned long error = ERR_peek_error();
    const char *text = error != 0 ? ERR_reason_error_string(error) : NULL;

    if (error != 0 && ERR_SYSTEM_ERROR(error))
        text = strerror(ERR_GET_REASON(error));
    ERR_clear_error();
    return text != NULL ? text : "unknown error";
}

/* The same of a file: OpenSSL's words for one that holds something else are about its own
 * decoders. */
static const char *reason_of_file(void)
{
    unsigned long error = ERR_peek_error();
    int library = ERR_GET_LIB(error), what = ERR_GET_REASON(error);

    if (library == ERR_LIB_PEM || library == ERR_LIB_OSSL_DECODER) {
        ERR_clear_error();
        return "there is none in PEM in it";
    }
    if (library == ERR_LIB_X509 && what == X509_R_KEY_VALUES_MISMATCH) {
        ERR_clear_error();
        return "it belongs to another certificate";
    }
    if (what == ERR_R_INTERRUPTED_OR_CANCELLED) {
        ERR_clear_error();
        return "it takes a passphrase, and nobody is there to be asked";
    }
    return reason();
}

static SSL_CTX *fail_context(SSL_CTX *context, const char *what, const char *file,
                             char problem[TLS_PROBLEM_MAX])
{
    snprintf(problem, TLS_PROBLEM_MAX, "cannot use %s %s: %s", what, file, reason_of_file());
    SSL_CTX_free(context);
    return NULL;
}

/* Clients have to show a certificate by one of these authorities. */
static bool ask_for_certificates(SSL_CTX *context, const char *file)
{
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(file);

    if (names == NULL || SSL_CTX_load_verify_locations(context, file, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return false;
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return true;
}

/* Nobody is there to be asked: OpenSSL would wait for somebody at the terminal. */
static int refuse_passphrase(char *out, int size, int is_writing, void *context)
{
    (void)out;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

static SSL_CTX *read_files(const struct tls_files *files, char problem[TLS_PROBLEM_MAX])
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
        /* Sessions are not resumed: tickets would be written to those who are about to
         * close, and answered by a reset. */
        SSL_CTX_set_num_tickets(context, 0) != 1)
        return fail_context(context, "TLS", "1.3", problem);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
    if (SSL_CTX_use_certificate_chain_file(context, files->cert) != 1)
        return fail_context(context, "the certificate", files->cert, problem);
    if (SSL_CTX_use_PrivateKey_file(context, files->key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        return fail_context(context, "the private key", files->key, problem);
    if (files->client_ca != NULL && !ask_for_certificates(context, files->client_ca))
        return fail_context(context, "the authorities", files->client_ca, problem);
    return context;
}

struct tls *tls_new(const struct tls_files *files, struct log *log, char problem[TLS_PROBLEM_MAX])
{
    struct tls *tls = calloc(1, sizeof(*tls));

    if (tls == NULL) {
        snprintf(problem, TLS_PROBLEM_MAX, "out of memory");
        return NULL;
    }
    tls->log = log;
    tls->context = read_files(files, problem);
    if (tls->context == NULL) {
        free(tls);
        return NULL;
    }
    pthread_mutex_init(&tls->lock, NULL);
    return tls;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    pthread_mutex_destroy(&tls->lock);
    free(tls);
}

int tls_reload(struct tls *tls, const struct tls_files *files, char problem[TLS_PROBLEM_MAX])
{
    SSL_CTX *context = read_files(files, problem), *before;

    if (context == NULL)
        return -1;
    pthread_mutex_lock(&tls->lock);
    before = tls->context;
    tls->context = context;
    pthread_mutex_unlock(&tls->lock);
    SSL_CTX_free(before);
    return 0;
}

/* ---- The handshake -------------------------------------------------------- */

static ptrdiff_t break_off(struct tls_transport *t, const char *what, const char *why)
{
    if (!t->has_failed)
        log_write_rarely(t->tls->log, &t->tls->failures, clock_now_ns(), LOG_LEVEL_INFO,
                         (struct log_about){t->number, 0}, "%s: %s", what, why);
    t->has_failed = true;
    errno = EPROTO;
    return -1;
}

/* Answers a client that speaks plain text in the same. */
static ptrdiff_t refuse_plain_text(struct tls_transport *t)
{
    char line[EVENT_LINE_MAX], unread[4096];
    struct fault fault = {0};

    (void)fault_set(&fault, FAULT_BAD_JSON, 0, "this address speaks TLS, and what came is plain");
    /* The socket's buffer is empty and takes it whole.  Were it closed with something
     * unread, it would be lost. */
    while (recv(t->fd, unread, sizeof(unread), MSG_DONTWAIT) > 0)
        continue;
    (void)!send(t->fd, line,
                (size_t)(event_write_error(line, &fault, (struct event_text){NULL, 0}) - line),
                MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)shutdown(t->fd, SHUT_WR);
    return break_off(t, "no TLS", "the client speaks plain text");
}

/* Whether what the client has sent first may be TLS; true while there is nothing. */
static bool may_be_tls(const struct tls_transport *t)
{
    unsigned char first;

    return recv(t->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1 || first == HANDSHAKE_RECORD;
}

/* The name of who has shown a certificate: its subject as RFC 4514 has it, in ASCII. */
static enum transport_identity identify(struct transport *transport, char *name, size_t size)
{
    const struct tls_transport *t = (struct tls_transport *)transport;
    X509 *certificate = SSL_get0_peer_certificate(t->ssl);
    BIO *text;
    const char *subject;
    long len;
    enum transport_identity identity = TRANSPORT_UNNAMEABLE;

    if (certificate == NULL)
        return TRANSPORT_UNKNOWN;
    text = BIO_new(BIO_s_mem());
    if (text == NULL ||
        X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0) {
        BIO_free(text);
        return TRANSPORT_UNNAMEABLE;
    }
    len = BIO_get_mem_data(text, &subject);
    if (len > 0 && (size_t)len < size - strlen(SUBJECT_PREFIX)) {
        snprintf(name, size, SUBJECT_PREFIX "%.*s", (int)len, subject);
        identity = TRANSPORT_KNOWN;
    }
    BIO_free(text);
    return identity;
}

static void log_opened(struct tls_transport *t)
{
    char name[256] = "";

    if (!log_takes(t->tls->log, LOG_LEVEL_DEBUG))
        return;
    (void)identify(&t->transport, name, sizeof(name));
    log_write_about(t->tls->log, LOG_LEVEL_DEBUG, (struct log_about){t->number, 0}, "%s%s%s",
                    SSL_get_version(t->ssl), name[0] != '\0' ? ", " : "", name);
}

/* What a call of OpenSSL came to that did not succeed: 0 for later, -1 and errno. */
static ptrdiff_t take_error(struct tls_transport *t, int result)
{
    int system_error = errno, error = SSL_get_error(t->ssl, result);
    const char *what = t->transport.is_opening ? "TLS handshake failed" : "TLS failed";

    switch (error) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        t->transport.eof = true;
        return 0;
    case SSL_ERROR_SYSCALL:
        t->has_failed = true;
        errno = system_error != 0 ? system_error : ECONNRESET;
        return -1;
    default:
        break;
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        t->has_failed = true;
        errno = ECONNRESET; /* cut off: see the header */
        return -1;
    }
    return break_off(t, what, reason());
}

/* Continues the handshake.  1 when it is done, 0 for later, -1 and errno. */
static ptrdiff_t open_up(struct tls_transport *t)
{
    int result;

    if (t->has_failed) {
        errno = EPROTO;
        return -1;
    }
    if (!t->transport.is_opening)
        return 1;
    if (!may_be_tls(t) && SSL_get_state(t->ssl) == TLS_ST_BEFORE)
        return refuse_plain_text(t);
    ERR_clear_error();
    errno = 0;
    result = SSL_do_handshake(t->ssl);
    if (result != 1)
        return take_error(t, result);
    t->transport.is_opening = false;
    log_opened(t);
    return 1;
}

/* ---- The transport -------------------------------------------------------- */

/* Sends our close_notify, and then TCP's end behind it. */
static void go_on_shutting(struct tls_transport *t)
{
    if (!t->is_shutting || t->has_failed)
        return;
    ERR_clear_error();
    if (!t->transport.is_opening && SSL_shutdown(t->ssl) < 0 &&
        SSL_get_error(t->ssl, -1) == SSL_ERROR_WANT_WRITE)
        return;
    ERR_clear_error();
    t->is_shutting = false;
    (void)shutdown(t->fd, SHUT_WR);
}

static ptrdiff_t receive(struct transport *transport, char *in, size_t room)
{
    struct tls_transport *t = (struct tls_transport *)transport;
    ptrdiff_t result = open_up(t);
    size_t n;

    go_on_shutting(t);
    if (result == 1) {
        ERR_clear_error();
        errno = 0;
        if (SSL_read_ex(t->ssl, in, room, &n) == 1)
            return (ptrdiff_t)n;
        result = take_error(t, 0);
    }
    transport->readable = false;
    return result;
}

static ptrdiff_t transmit(struct transport *transport, const char *bytes, size_t len)
{
    struct tls_transport *t = (struct tls_transport *)transport;
    ptrdiff_t result = open_up(t);
    size_t n;

    if (result == 1) {
        ERR_clear_error();
        errno = 0;
        if (SSL_write_ex(t->ssl, bytes, len, &n) == 1)
            return (ptrdiff_t)n;
        result = take_error(t, 0);
    }
    transport->writable = false;
    return result;
}

static bool is_gone(struct transport *transport)
{
    return socket_is_gone(((const struct tls_transport *)transport)->fd);
}

static void shut(struct transport *transport)
{
    struct tls_transport *t = (struct tls_transport *)transport;

    t->is_shutting = true;
    go_on_shutting(t);
}

static int64_t unsent(struct transport *transport)
{
    return socket_unsent(((const struct tls_transport *)transport)->fd);
}

struct transport *tls_open(struct tls *tls, int fd, uint64_t number)
{
    static const struct transport_ops ops = {receive, transmit, is_gone, shut, unsent, identify};
    struct tls_transport *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return NULL;
    t->transport = (struct transport){
        .ops = &ops, .readable = true, .writable = true, .lingers = true, .is_opening = true};
    t->tls = tls;
    t->fd = fd;
    t->number = number;
    pthread_mutex_lock(&tls->lock);
    t->ssl = SSL_new(tls->context);
    pthread_mutex_unlock(&tls->lock);
    if (t->ssl == NULL || SSL_set_fd(t->ssl, fd) != 1) {
        SSL_free(t->ssl);
        ERR_clear_error();
        free(t);
        return NULL;
    }
    SSL_set_accept_state(t->ssl);
    return &t->transport;
}

void tls_close(struct transport *transport)
{
    struct tls_transport *t = (struct tls_transport *)transport;

    if (t == NULL)
        return;
    SSL_free(t->ssl);
    free(t);
}

#else

#include <stddef.h>
#include <stdio.h>

bool tls_is_there(void)
{
    return false;
}

struct tls *tls_new(const struct tls_files *files, struct log *log, char problem[TLS_PROBLEM_MAX])
{
    (void)files;
    (void)log;
    snprintf(problem, TLS_PROBLEM_MAX, "this waitd was built without TLS");
    return NULL;
}

void tls_free(struct tls *tls)
{
    (void)tls;
}

int tls_reload(struct tls *tls, const struct tls_files *files, char problem[TLS_PROBLEM_MAX])
{
    (void)tls;
    (void)files;
    snprintf(problem, TLS_PROBLEM_MAX, "this waitd was built without TLS");
    return -1;
}

struct transport *tls_open(struct tls *tls, int fd, uint64_t number)
{
    (void)tls;
    (void)fd;
    (void)number;
    return NULL;
}

void tls_close(struct transport *transport)
{
    (void)transport;
}

#endif
