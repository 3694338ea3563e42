/* SPDX-License-Identifier: ISC */
#include "client/net/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/base/moment.h"
#include "proto/event.h"
#include "proto/event_reader.h"

/* ---- The file ------------------------------------------------------------- */

static FILE *open_file(const char *path, const char **wrong)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    FILE *file = NULL;

    *wrong = NULL;
    if (fd < 0 || fstat(fd, &status) != 0)
        *wrong = strerror(errno);
    else if (S_ISREG(status.st_mode) && (status.st_mode & S_IRWXO) != 0)
        *wrong = "others can read it: chmod 600 keeps it to its owner";
    else if ((file = fdopen(fd, "r")) == NULL)
        *wrong = strerror(errno);
    if (file == NULL && fd >= 0)
        close(fd);
    return file;
}

const char *credential_read(const char *path, char token[TOKEN_MAX + 1])
{
    const char *wrong;
    FILE *file = open_file(path, &wrong);
    char line[TOKEN_LINE_MAX + 2];
    size_t name_len;

    if (file == NULL)
        return wrong;
    wrong = "there is no token in it, as waitctl token new NAME prints it in its second line";
    while (wrong != NULL && fgets(line, sizeof line, file) != NULL) {
        size_t len = strcspn(line, "\r\n");

        if (!token_split(line, len, &name_len))
            continue;
        memcpy(token, line, len);
        token[len] = '\0';
        wrong = NULL;
    }
    explicit_bzero(line, sizeof line);
    fclose(file);
    return wrong;
}

/* ---- The daemon ------------------------------------------------------------ */

/* 0, or -1 and errno. */
static int await(int fd, short events, int64_t deadline_ns)
{
    int error = moment_await(fd, events, deadline_ns);

    errno = error;
    return error == 0 ? 0 : -1;
}

static int send_all(int fd, const char *text, size_t len, int64_t deadline_ns)
{
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return -1;
        if (n < 0 && await(fd, POLLOUT, deadline_ns) != 0)
            return -1;
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

/* One line, byte by byte: what comes behind it is for others to read.  Its length, or -1 and
 * errno. */
static ssize_t receive_line(int fd, char *line, size_t size, int64_t deadline_ns)
{
    size_t len = 0;

    while (len < size) {
        ssize_t n = recv(fd, line + len, 1, 0);

        if (n == 0) {
            errno = ECONNRESET;
            return -1;
        }
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return -1;
        if (n < 0 && await(fd, POLLIN, deadline_ns) != 0)
            return -1;
        if (n > 0 && line[len++] == '\n')
            return (ssize_t)len;
    }
    errno = EPROTO;
    return -1;
}

/* What the daemon has answered.  0, or -1 and errno. */
static int read_answer(const char *line, size_t len, char refusal[FAULT_MESSAGE_MAX])
{
    struct event_reader *reader = event_reader_new();
    struct event_read event;
    int error = EPROTO;

    if (reader == NULL) {
        errno = ENOMEM;
        return -1;
    }
    if (event_reader_read(reader, line, len, &event) == 0) {
        if (event.kind == EVENT_AUTHENTICATED)
            error = 0;
        if (event.kind == EVENT_ERROR) {
            snprintf(refusal, FAULT_MESSAGE_MAX, "%.*s", (int)event.message.len,
                     event.message.text != NULL ? event.message.text : "");
            error = EKEYREJECTED;
        }
    }
    event_reader_free(reader);
    errno = error;
    return error == 0 ? 0 : -1;
}

int credential_show(int fd, const char *token, int64_t deadline_ns, char refusal[FAULT_MESSAGE_MAX])
{
    char line[EVENT_LINE_MAX];
    /* Nothing in a token needs an escape. */
    int len = snprintf(line, sizeof line, "{\"op\":\"auth\",\"token\":\"%s\"}\n", token);
    ssize_t n = -1;

    if (send_all(fd, line, (size_t)len, deadline_ns) == 0)
        n = receive_line(fd, line, sizeof line, deadline_ns);
    else
        explicit_bzero(line, sizeof line);
    return n < 0 ? -1 : read_answer(line, (size_t)n, refusal);
}
