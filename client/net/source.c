/* SPDX-License-Identifier: ISC */
#include "client/net/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/net/requests.h"
#include "client/net/rewrite.h"
#include "client/base/say.h"

#define PIECE_BYTES 65536

/* So much of what cannot be read again is kept until it is answered. */
#define KEPT_BYTES ((size_t)16 << 20)

/* So much of a file is read again. */
#define QUOTED_BYTES ((size_t)256 << 20)

struct input {
    const char *path;      /* NULL for a text */
    const char *name;      /* for messages, where it is not the path */
    uint64_t requests_end; /* of this one and those before it, once it is over */
    bool is_regular;       /* what it holds is read again when it is quoted */
    off_t start;           /* in the file, of what was read */
    /* Else what was read and not answered yet, and what came before it. */
    struct bytes kept;
    bool is_kept_cut; /* more was read than is kept */
    uint64_t kept_requests, kept_lines;
};

struct source {
    struct input *inputs;
    size_t n, current;
    const struct overrides *overrides; /* to be put in */
    const struct overrides *flags;     /* put in, here or before */
    struct requests *requests_read;    /* what they ask for; NULL if nobody wants to know */
    bool asks_for_all;                 /* "events":"all" of each batch */
    struct bytes levels;               /* see client/net/requests.h */
    struct bytes text;                 /* of an input without a path, all of it, */
    size_t text_sent;                  /* of which so much is sent */
    struct bytes origin;               /* the text that it was made of, empty for none */
    int fd;                            /* of the current input; -1 if it is not open */
    bool needs_poll;
    struct rewrite *rewrite; /* of the current input, and of the last one to the end */
    uint64_t requests;       /* of the inputs before the current one */
    enum rewrite_state state;
    bool is_over, has_failed;
};

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

const char *source_display(const char *path)
{
    return is_stdin(path) ? "standard input" : path;
}

/* Looks whether there is such a file without opening it: opening a pipe is
 * seen at its other end. */
static int check_file(const char *path)
{
    struct stat status;

    if (is_stdin(path))
        return 0;
    if (stat(path, &status) < 0 || access(path, R_OK) < 0) {
        say("%s: %s", path, strerror(errno));
        return -1;
    }
    if (S_ISDIR(status.st_mode)) {
        say("%s: %s", path, strerror(EISDIR));
        return -1;
    }
    return 0;
}

static struct source *make_source(size_t n)
{
    struct source *source = calloc(1, sizeof *source);

    if (source == NULL)
        return NULL;
    source->inputs = calloc(n, sizeof source->inputs[0]);
    if (source->inputs == NULL) {
        free(source);
        return NULL;
    }
    source->n = n;
    source->fd = -1;
    return source;
}

struct source *source_new_files(char *const *paths, size_t n, const struct overrides *overrides)
{
    struct source *source = make_source(n > 0 ? n : 1);

    if (source == NULL) {
        say("%s", strerror(errno));
        return NULL;
    }
    source->overrides = source->flags = overrides;
    source->inputs[0].path = "-";
    for (size_t i = 0; i < n; i++) {
        source->inputs[i].path = paths[i];
        if (check_file(paths[i]) < 0) {
            source_free(source);
            return NULL;
        }
    }
    return source;
}

struct source *source_new_text(struct bytes *text)
{
    struct source *source = make_source(1);

    if (source == NULL)
        return NULL;
    source->text = *text;
    *text = (struct bytes){0};
    return source;
}

static void close_input(struct source *source)
{
    if (source->fd > STDIN_FILENO)
        close(source->fd);
    source->fd = -1;
}

void source_free(struct source *source)
{
    if (source == NULL)
        return;
    close_input(source);
    rewrite_free(source->rewrite);
    bytes_fini(&source->text);
    requests_free(source->requests_read);
    bytes_fini(&source->levels);
    bytes_fini(&source->origin);
    for (size_t i = 0; i < source->n; i++)
        bytes_fini(&source->inputs[i].kept);
    free(source->inputs);
    free(source);
}

int source_want(struct source *source, bool all_events)
{
    source->requests_read = requests_new();
    source->asks_for_all = all_events;
    return source->requests_read != NULL ? 0 : -1;
}

struct pending_queue *source_pending(struct source *source)
{
    return source->requests_read != NULL ? requests_pending(source->requests_read) : NULL;
}

void source_stop(struct source *source)
{
    close_input(source);
    source->is_over = true;
}

static void fail(struct source *source, const char *path, int error)
{
    if (path != NULL)
        say("%s: %s", source_display(path), strerror(error));
    else
        say("%s", strerror(error));
    source->has_failed = true;
    source_stop(source);
}

static int open_input(struct source *source)
{
    const char *path = source->inputs[source->current].path;
    struct stat status;

    rewrite_free(source->rewrite);
    source->rewrite = rewrite_new(source->overrides, source->asks_for_all ? &source->levels : NULL);
    if (source->rewrite == NULL) {
        fail(source, NULL, ENOMEM);
        return -1;
    }
    if (path == NULL)
        return 0;
    /* A named pipe that nobody writes to yet must not hold everything up. */
    source->fd = is_stdin(path) ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (source->fd < 0 || fstat(source->fd, &status) < 0) {
        fail(source, path, errno);
        return -1;
    }
    source->needs_poll = !S_ISREG(status.st_mode);
    source->inputs[source->current].is_regular = S_ISREG(status.st_mode);
    source->inputs[source->current].start = lseek(source->fd, 0, SEEK_CUR);
    return 0;
}

/* What is left unread is reported, since the user asked for it, and is a failure. */
static void say_unsent(struct source *source)
{
    const char *last = source->inputs[source->current].path;

    for (size_t i = source->current + 1; i < source->n; i++) {
        say("%s: not sent, since %s %s", source_display(source->inputs[i].path),
            source_display(last),
            source->state == REWRITE_QUIT ? "has a quit" : "is not valid JSON");
        source->has_failed = true;
    }
}

static void end_input(struct source *source)
{
    uint64_t requests = rewrite_requests(source->rewrite);

    close_input(source);
    source->inputs[source->current].requests_end = source->requests + requests;
    if (source->state == REWRITE_NOMEM) {
        fail(source, NULL, ENOMEM);
    } else if (source->state != REWRITE_GOING || source->current + 1 == source->n) {
        say_unsent(source);
        source_stop(source);
    } else {
        source->requests += requests;
        rewrite_free(source->rewrite);
        source->rewrite = NULL;
        source->current++;
    }
}

static void keep(struct input *input, const char *piece, size_t len)
{
    size_t room = KEPT_BYTES - bytes_len(&input->kept);

    if (input->is_regular || input->is_kept_cut)
        return;
    bytes_add(&input->kept, piece, len < room ? len : room);
    input->is_kept_cut = len > room;
}

static void take_piece(struct source *source, const char *piece, size_t len, struct bytes *out)
{
    size_t before = bytes_len(out);

    source->state = len > 0 ? rewrite_feed(source->rewrite, piece, len, out)
                            : rewrite_finish(source->rewrite, out);
    if (source->requests_read != NULL && !out->failed)
        requests_feed(source->requests_read, bytes_at(out) + before, bytes_len(out) - before,
                      source->asks_for_all ? &source->levels : NULL);
    if (len == 0 || source->state != REWRITE_GOING)
        end_input(source);
}

void source_read(struct source *source, struct bytes *out)
{
    char piece[PIECE_BYTES];
    ssize_t len;

    if (source->is_over)
        return;
    if (source->rewrite == NULL && (open_input(source) < 0 || source_fd(source) >= 0))
        return;
    if (source->inputs[source->current].path == NULL) {
        size_t left = bytes_len(&source->text) - source->text_sent;
        size_t part = left < PIECE_BYTES ? left : PIECE_BYTES;

        take_piece(source, bytes_at(&source->text) + source->text_sent, part, out);
        source->text_sent += part;
        return;
    }
    len = read(source->fd, piece, sizeof piece);
    if (len > 0)
        keep(&source->inputs[source->current], piece, (size_t)len);
    if (len >= 0)
        take_piece(source, piece, (size_t)len, out);
    else if (errno != EAGAIN && errno != EINTR)
        fail(source, source->inputs[source->current].path, errno);
}

int source_read_all(struct source *source, struct bytes *out)
{
    struct bytes unsent = {0};

    while (!source->is_over) {
        struct pollfd poller = {.fd = source_fd(source), .events = POLLIN};

        if (poller.fd < 0 || poll(&poller, 1, -1) > 0)
            source_read(source, out != NULL ? out : &unsent);
        bytes_consume(&unsent, bytes_len(&unsent));
    }
    bytes_fini(&unsent);
    return source->has_failed ? -1 : 0;
}

int source_fd(const struct source *source)
{
    return source->is_over || !source->needs_poll ? -1 : source->fd;
}

bool source_is_over(const struct source *source)
{
    return source->is_over;
}

bool source_has_failed(const struct source *source)
{
    return source->has_failed;
}

bool source_is_between(const struct source *source)
{
    return source->rewrite == NULL || rewrite_is_between(source->rewrite);
}

bool source_is_closed(const struct source *source)
{
    return source->state != REWRITE_GOING;
}

bool source_has_quit(const struct source *source)
{
    return source->state == REWRITE_QUIT;
}

uint64_t source_requests(const struct source *source)
{
    return source->requests + (source->rewrite != NULL ? rewrite_requests(source->rewrite) : 0);
}

void source_set_origin(struct source *source, const char *name, struct bytes *text,
                       const struct overrides *overrides)
{
    source->flags = overrides;
    source->inputs[0].name = name;
    source->origin = *text;
    *text = (struct bytes){0};
}

/* The input that the request came from. */
static size_t input_of(const struct source *source, uint64_t request)
{
    size_t i = 0;

    while (i < source->current && request >= source->inputs[i].requests_end)
        i++;
    return i;
}

const char *source_name(const struct source *source, uint64_t request)
{
    const struct input *input = &source->inputs[input_of(source, request)];

    return input->path == NULL ? input->name : source_display(input->path);
}

/* ---- Quoting ----------------------------------------------------------------- */

void source_answered(struct source *source, uint64_t answers)
{
    struct input *input = &source->inputs[source->current];
    const char *text = bytes_at(&input->kept), *end = text + bytes_len(&input->kept);

    if (text == end || answers < source_requests(source) || !source_is_between(source))
        return;
    for (; (text = memchr(text, '\n', (size_t)(end - text))) != NULL; text++)
        input->kept_lines++;
    input->kept_requests = source_requests(source);
    input->is_kept_cut = false;
    bytes_consume(&input->kept, bytes_len(&input->kept));
}

/* Reads again what was read from the file.  It may have changed since; then
 * what is shown of it is what it contains now. */
static void read_again(const struct input *input, struct bytes *text)
{
    bool is_open = is_stdin(input->path);
    int fd = is_open ? STDIN_FILENO : open(input->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    off_t at = input->start > 0 ? input->start : 0;
    ssize_t len = fd < 0 ? 0 : 1;

    while (len > 0 && bytes_len(text) < QUOTED_BYTES) {
        char *room = bytes_reserve(text, PIECE_BYTES);

        len = room != NULL ? pread(fd, room, PIECE_BYTES, at) : 0;
        if (len > 0) {
            bytes_commit(text, (size_t)len);
            at += len;
        }
    }
    if (fd >= 0 && !is_open)
        close(fd);
}

bool source_quote(const struct source *source, uint64_t request, struct source_quote *quote)
{
    size_t i = input_of(source, request);
    const struct input *input = &source->inputs[i];

    *quote = (struct source_quote){.name = source_name(source, request), .flags = source->flags};
    if (bytes_len(&source->origin) > 0) {
        quote->text = bytes_at(&source->origin);
        quote->len = bytes_len(&source->origin);
        return true;
    }
    quote->request = request - (i > 0 ? source->inputs[i - 1].requests_end : 0);
    if (input->path == NULL) {
        quote->text = bytes_at(&source->text);
        quote->len = bytes_len(&source->text);
    } else if (input->is_regular) {
        read_again(input, &quote->read);
        quote->text = bytes_at(&quote->read);
        quote->len = bytes_len(&quote->read);
    } else if (request >= input->kept_requests) {
        quote->request = request - input->kept_requests;
        quote->text = bytes_at(&input->kept);
        quote->len = bytes_len(&input->kept);
        quote->lines_before = input->kept_lines;
    }
    return quote->len > 0;
}

void source_quote_fini(struct source_quote *quote)
{
    bytes_fini(&quote->read);
}
