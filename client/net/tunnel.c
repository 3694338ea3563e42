/* SPDX-License-Identifier: ISC */
#include "client/net/tunnel.h"

#ifdef HAVE_OPENSSL

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/base/moment.h"
#include "client/base/say.h"

#define PIECE_BYTES 16384

/* Bytes on their way: text[at..len). */
struct leg {
    char text[PIECE_BYTES];
    size_t at, len;
    bool ended; /* nothing follows them */
    bool shut;  /* and that has been passed on */
};

struct tunnel {
    SSL *ssl;
    int remote, local;
    struct leg up, down; /* to the daemon, to the client */
    bool wants_to_write; /* OpenSSL waits for room in the remote socket */
    bool is_broken;
};

bool tunnel_is_there(void)
{
    return true;
}

/* Why OpenSSL failed, in its words; empties its queue, of which the first error is the cause. */
static const char *reason(const char *otherwise)
{
    unsigned long error = ERR_peek_error();
    const char *text = error != 0 ? ERR_reason_error_string(error) : NULL;

    if (error != 0 && ERR_SYSTEM_ERROR(error))
        text = strerror(ERR_GET_REASON(error));
    if (error != 0 && ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER)
        text = "what answers there does not speak TLS 1.3";
    ERR_clear_error();
    return text != NULL ? text : otherwise;
}

/* ---- Agreeing ------------------------------------------------------------- */

static bool set_files(SSL_CTX *context, const struct tunnel_files *files)
{
    if (files->ca != NULL ? SSL_CTX_load_verify_locations(context, files->ca, NULL) != 1
                          : SSL_CTX_set_default_verify_paths(context) != 1)
        return false;
    if (files->cert != NULL && SSL_CTX_use_certificate_chain_file(context, files->cert) != 1)
        return false;
    return files->key == NULL ||
           SSL_CTX_use_PrivateKey_file(context, files->key, SSL_FILETYPE_PEM) == 1;
}

/* The name that the certificate has to have; names are sent ahead, addresses are not. */
static bool set_host(SSL *ssl, const char *host)
{
    unsigned char address[16];
    char name[256]; /* the library's macro takes none that is const */

    snprintf(name, sizeof(name), "%s", host);
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static SSL *make(int fd, const char *host, const struct tunnel_files *files)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = NULL;

    if (context != NULL && SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
        set_files(context, files)) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_mode(context,
                         SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        ssl = SSL_new(context);
    }
    SSL_CTX_free(context); /* which ssl holds */
    if (ssl != NULL && (SSL_set_fd(ssl, fd) != 1 || !set_host(ssl, host))) {
        SSL_free(ssl);
        ssl = NULL;
    }
    return ssl;
}

/* NULL, or why there is no agreement. */
static const char *shake_hands(SSL *ssl, int fd, int64_t deadline_ns)
{
    for (;;) {
        int result, error;
        long verdict;

        ERR_clear_error();
        result = SSL_connect(ssl);
        if (result == 1)
            return NULL;
        error = SSL_get_error(ssl, result);
        verdict = SSL_get_verify_result(ssl);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
            return verdict != X509_V_OK ? X509_verify_cert_error_string(verdict)
                                        : reason("the connection was closed in the TLS handshake");
        if (moment_await(fd, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline_ns) != 0)
            return "the TLS handshake took too long";
    }
}

/* ---- Relaying ------------------------------------------------------------- */

/* Whether a call of OpenSSL is only to be made again later. */
static bool is_for_later(struct tunnel *tunnel, int result)
{
    int error = SSL_get_error(tunnel->ssl, result);

    tunnel->wants_to_write |= error == SSL_ERROR_WANT_WRITE;
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static void fail(struct tunnel *tunnel)
{
    if (!tunnel->is_broken && ERR_peek_last_error() != 0)
        say("TLS: %s", reason(""));
    tunnel->is_broken = true;
}

static void receive_local(struct tunnel *tunnel)
{
    struct leg *up = &tunnel->up;
    ssize_t n;

    if (up->ended || up->at < up->len)
        return;
    n = recv(tunnel->local, up->text, sizeof up->text, MSG_DONTWAIT);
    if (n > 0) {
        up->at = 0;
        up->len = (size_t)n;
    } else if (n == 0) {
        up->ended = true;
    } else if (errno != EAGAIN && errno != EINTR) {
        tunnel->is_broken = true;
    }
}

static void send_remote(struct tunnel *tunnel)
{
    struct leg *up = &tunnel->up;
    size_t n;
    int result;

    ERR_clear_error();
    while (up->at < up->len &&
           SSL_write_ex(tunnel->ssl, up->text + up->at, up->len - up->at, &n) == 1)
        up->at += n;
    if (up->at < up->len) {
        if (!is_for_later(tunnel, 0))
            fail(tunnel);
    } else if (up->ended && !up->shut) {
        result = SSL_shutdown(tunnel->ssl);
        up->shut = result >= 0;
        if (result < 0 && !is_for_later(tunnel, result))
            fail(tunnel);
    }
}

static void receive_remote(struct tunnel *tunnel)
{
    struct leg *down = &tunnel->down;

    if (down->ended || down->at < down->len)
        return;
    ERR_clear_error();
    down->at = down->len = 0;
    if (SSL_read_ex(tunnel->ssl, down->text, sizeof down->text, &down->len) == 1)
        return;
    down->len = 0;
    if (is_for_later(tunnel, 0))
        return;
    down->ended = SSL_get_error(tunnel->ssl, 0) == SSL_ERROR_ZERO_RETURN;
    if (!down->ended)
        fail(tunnel);
}

static void send_local(struct tunnel *tunnel)
{
    struct leg *down = &tunnel->down;
    ssize_t n;

    if (down->at < down->len) {
        n = send(tunnel->local, down->text + down->at, down->len - down->at,
                 MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            down->at += (size_t)n;
        else if (n < 0 && errno != EAGAIN && errno != EINTR)
            tunnel->is_broken = true;
    }
    if (down->at == down->len && down->ended && !down->shut) {
        shutdown(tunnel->local, SHUT_WR);
        down->shut = true;
    }
}

/* Waits until one of the sockets can go on, or the client has closed the local one. */
static void wait_for_events(struct tunnel *tunnel)
{
    const struct leg *up = &tunnel->up, *down = &tunnel->down;
    bool has_up = up->at < up->len, has_down = down->at < down->len;
    struct pollfd fds[] = {
        {.fd = tunnel->local, .events = (short)(has_down ? POLLOUT : 0)},
        {.fd = tunnel->remote, .events = (short)(tunnel->wants_to_write ? POLLOUT : 0)},
    };

    if (!has_up && !up->ended)
        fds[0].events |= POLLIN;
    if (!has_down && !down->ended)
        fds[1].events |= POLLIN;
    if (fds[1].events == 0)
        fds[1].fd = -1; /* it would report a hang-up again and again */
    if (poll(fds, 2, -1) > 0 && (fds[0].revents & (POLLHUP | POLLERR)))
        tunnel->is_broken = true;
}

static void *relay(void *context)
{
    struct tunnel *tunnel = context;

    while (!tunnel->is_broken && !(tunnel->down.shut && tunnel->up.shut)) {
        tunnel->wants_to_write = false;
        receive_local(tunnel);
        send_remote(tunnel);
        receive_remote(tunnel);
        send_local(tunnel);
        if (!tunnel->is_broken && !(tunnel->down.at == tunnel->down.len && tunnel->down.len > 0))
            wait_for_events(tunnel);
    }
    SSL_free(tunnel->ssl);
    close(tunnel->remote);
    close(tunnel->local);
    free(tunnel);
    return NULL;
}

/* Signals are for the other thread. */
static int start(struct tunnel *tunnel)
{
    sigset_t all, before;
    pthread_t thread;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, NULL, relay, tunnel);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        pthread_detach(thread);
    return error;
}

static int fail_open(struct tunnel *tunnel, int fd, SSL *ssl)
{
    SSL_free(ssl);
    close(fd);
    free(tunnel);
    return -1;
}

int tunnel_open(int fd, const char *host, const struct tunnel_files *files, int64_t deadline_ns,
                const char **problem)
{
    struct tunnel *tunnel = calloc(1, sizeof *tunnel);
    SSL *ssl;
    int ends[2], error;

    /* The process may end while the thread is at work. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    ssl = make(fd, host, files);

    *problem = "out of memory";
    if (ssl == NULL)
        *problem = reason("the files for TLS cannot be used");
    if (tunnel == NULL || ssl == NULL)
        return fail_open(tunnel, fd, ssl);
    *problem = shake_hands(ssl, fd, deadline_ns);
    if (*problem != NULL)
        return fail_open(tunnel, fd, ssl);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        *problem = strerror(errno);
        return fail_open(tunnel, fd, ssl);
    }
    tunnel->ssl = ssl;
    tunnel->remote = fd;
    tunnel->local = ends[1];
    error = start(tunnel);
    if (error != 0) {
        *problem = strerror(error);
        close(ends[0]);
        close(ends[1]);
        return fail_open(tunnel, fd, ssl);
    }
    return ends[0];
}

#else

#include <unistd.h>

bool tunnel_is_there(void)
{
    return false;
}

int tunnel_open(int fd, const char *host, const struct tunnel_files *files, int64_t deadline_ns,
                const char **problem)
{
    (void)host;
    (void)files;
    (void)deadline_ns;
    close(fd);
    *problem = "this waitctl was built without TLS";
    return -1;
}

#endif
