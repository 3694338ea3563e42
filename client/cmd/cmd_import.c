/* SPDX-License-Identifier: ISC */
#include "client/cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/say.h"
#include "client/cmd/arguments.h"
#include "client/import/import.h"

/* The longest file that is read: more than a build log of ten million lines. */
#define FILE_MAX_BYTES (INT64_C(1) << 30)
#define PIECE_BYTES    65536

/* A file that has been read. */
struct input {
    const char *name;
    struct bytes text;
};

static int read_all(int fd, struct input *input)
{
    for (;;) {
        char *room = bytes_reserve(&input->text, PIECE_BYTES);
        ssize_t len = room != NULL ? read(fd, room, PIECE_BYTES) : -1;

        if (room == NULL)
            errno = ENOMEM;
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0) {
            say("%s: %s", input->name, strerror(errno));
            return -1;
        }
        if (len == 0)
            return 0;
        bytes_commit(&input->text, (size_t)len);
        if (bytes_len(&input->text) > FILE_MAX_BYTES) {
            say("%s: longer than 1 GiB, which is the most", input->name);
            return -1;
        }
    }
}

/* Reads a file; `-` is standard input.  0, or -1 when an error was reported. */
static int read_file(const char *path, struct input *input)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), result;

    input->name = is_stdin ? "standard input" : path;
    if (fd < 0) {
        say("%s: %s", path, strerror(errno));
        return -1;
    }
    result = read_all(fd, input);
    if (!is_stdin)
        close(fd);
    return result;
}

static struct import_text text_of(const struct input *input)
{
    return (struct import_text){
        .name = input->name, .text = bytes_at(&input->text), .len = bytes_len(&input->text)};
}

static void say_remarks(const struct remarks *remarks)
{
    struct bytes text = {0};

    for (unsigned i = 0; i < REMARKS; i++) {
        bytes_consume(&text, bytes_len(&text));
        remarks_word(remarks, (enum remark)i, &text);
        if (bytes_len(&text) > 0)
            say("%.*s", (int)bytes_len(&text), bytes_at(&text));
    }
    bytes_fini(&text);
}

static void say_fault(const struct import_fault *fault)
{
    if (fault->file == NULL)
        say("%s", fault->message);
    else if (fault->line == 0)
        say("%s: %s", fault->file, fault->message);
    else
        say("%s:%zu: %s", fault->file, fault->line, fault->message);
}

/* inputs: n files, and behind them the one beside them, if there is one. */
static enum status import_texts(const struct import_format *format, const struct input *inputs,
                                size_t n, bool has_side)
{
    struct import_text *texts = malloc((n + 1) * sizeof *texts);
    struct import import = {0};
    struct bytes out = {0};
    enum status status = STATUS_REFUSED;

    for (size_t i = 0; texts != NULL && i < n + has_side; i++)
        texts[i] = text_of(&inputs[i]);
    if (texts == NULL) {
        say("%s", strerror(ENOMEM));
    } else {
        import.side = has_side ? &texts[n] : NULL;
        if (import_run(format, &import, texts, n, &out) < 0) {
            say_fault(&import.fault);
        } else {
            say_remarks(&import.remarks);
            fwrite(bytes_at(&out), bytes_len(&out), 1, stdout);
            status = say_output() ? STATUS_OK : STATUS_NOT_OK;
        }
    }
    bytes_fini(&out);
    import_fini(&import);
    free(texts);
    return status;
}

/* Whether the flags go with the format, and standard input is read once. */
static bool check(const struct arguments *arguments, const struct import_format *format)
{
    const char *side = arguments->graph != NULL ? arguments->graph : arguments->workflow;
    const char *flag = arguments->graph != NULL ? "graph" : "workflow";
    size_t n_stdin = side != NULL && strcmp(side, "-") == 0;

    if ((arguments->graph != NULL && arguments->workflow != NULL) ||
        (side != NULL && (format->side == NULL || strcmp(format->side, flag) != 0))) {
        say("--graph goes with the format ninja, --workflow with actions");
        return false;
    }
    n_stdin += arguments->n_operands == 1;
    for (size_t i = 1; i < arguments->n_operands; i++)
        n_stdin += strcmp(arguments->operands[i], "-") == 0;
    if (n_stdin > 1)
        say("of the files one can be standard input");
    return n_stdin <= 1;
}

static const struct import_format *find_format(const char *name)
{
    const struct import_format *format = import_find(name);
    const char *nearest = format == NULL ? import_nearest(name) : NULL;

    if (format == NULL && nearest != NULL)
        say("import takes %s, not '%s' (did you mean %s?)", import_names(), name, nearest);
    else if (format == NULL)
        say("import takes %s, not '%s'", import_names(), name);
    return format;
}

enum status cmd_import(const struct arguments *arguments)
{
    const struct import_format *format = find_format(arguments->operands[0]);
    const char *side = arguments->graph != NULL ? arguments->graph : arguments->workflow;
    size_t n = arguments->n_operands > 1 ? arguments->n_operands - 1 : 1, n_read = 0;
    enum status status = STATUS_REFUSED;
    struct input *inputs;
    int result = 0;

    if (format == NULL || !check(arguments, format))
        return status;
    inputs = calloc(n + 1, sizeof *inputs);
    if (inputs == NULL) {
        say("%s", strerror(ENOMEM));
        return status;
    }
    while (n_read < n && result == 0) {
        const char *path = arguments->n_operands > 1 ? arguments->operands[n_read + 1] : "-";

        result = read_file(path, &inputs[n_read++]);
    }
    if (result == 0 && side != NULL)
        result = read_file(side, &inputs[n_read++]);
    if (result == 0)
        status = import_texts(format, inputs, n, side != NULL);
    for (size_t i = 0; i < n_read; i++)
        bytes_fini(&inputs[i].text);
    free(inputs);
    return status;
}
