/* SPDX-License-Identifier: ISC */
#include "daemon/auth/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES ((off_t)TOKENS_MOST * (TOKEN_LINE_MAX + 1))

/* ---- The file ------------------------------------------------------------- */

/* Others may neither read it, whose hashes they could try secrets at, nor write it.  Its group
 * may read it: that is how the rights show that a service manager gives by an access list. */
#define FORBIDDEN (S_IRWXO | S_IWGRP)

/* Opens it, if it is what it has to be; NULL and why. */
static FILE *open_file(const char *path, char problem[TOKENS_PROBLEM_MAX])
{
    /* One that is no file is not waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    FILE *file = NULL;

    if (fd < 0 || fstat(fd, &status) != 0)
        snprintf(problem, TOKENS_PROBLEM_MAX, "cannot read the tokens in %s: %s", path,
                 strerror(errno));
    else if (!S_ISREG(status.st_mode))
        snprintf(problem, TOKENS_PROBLEM_MAX, "cannot read the tokens in %s: it is no file", path);
    else if ((status.st_mode & FORBIDDEN) != 0)
        snprintf(problem, TOKENS_PROBLEM_MAX,
                 "the tokens in %s are not used: others can %s it (mode %03o; chmod 600 is meant)",
                 path, status.st_mode & S_IROTH ? "read" : "change", status.st_mode & 0777u);
    else if (status.st_size > FILE_MAX_BYTES)
        snprintf(problem, TOKENS_PROBLEM_MAX,
                 "cannot read the tokens in %s: it is longer than %d tokens", path, TOKENS_MOST);
    else if ((file = fdopen(fd, "r")) == NULL)
        snprintf(problem, TOKENS_PROBLEM_MAX, "out of memory for the tokens in %s", path);
    if (file == NULL && fd >= 0)
        close(fd);
    return file;
}

/* Reads one line into *out.  NULL, or what is wrong with it. */
static const char *read_line(const char *text, struct tokens_line *out)
{
    const char *colon = strchr(text, ':'), *wrong;

    if (colon == NULL)
        return "a line is NAME:HASH, as waitctl token new NAME prints it";
    if (!token_is_name(text, (size_t)(colon - text)))
        return "a name is 1 to 64 of A-Z a-z 0-9 . _ -";
    if (strlen(colon + 1) > TOKEN_HASH_MAX)
        return "what stands behind the name is too long for a hash";
    wrong = token_check_hash(colon + 1);
    if (wrong != NULL)
        return wrong;
    *out = (struct tokens_line){.is_proved = false};
    memcpy(out->name, text, (size_t)(colon - text));
    memcpy(out->hash, colon + 1, strlen(colon + 1));
    return NULL;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t")] == '\0' || text[strspn(text, " \t")] == '#';
}

/* Room for one line more. */
static int grow(struct tokens *tokens, size_t *room)
{
    size_t more = *room > 0 ? 2 * *room : 16;
    struct tokens_line *lines;

    if (tokens->n < *room)
        return 0;
    lines = realloc(tokens->lines, more * sizeof(*lines));
    if (lines == NULL)
        return -1;
    tokens->lines = lines;
    *room = more;
    return 0;
}

/* Reads all lines.  NULL, or what is wrong with line *number. */
static const char *read_lines(struct tokens *tokens, FILE *file, unsigned *number)
{
    char *text = NULL;
    size_t size = 0, room = 0;
    const char *wrong = NULL;
    ssize_t len;

    for (*number = 1; wrong == NULL && (len = getline(&text, &size, file)) >= 0; ++*number) {
        if (memchr(text, '\0', (size_t)len) != NULL) {
            wrong = "it holds a NUL";
            break;
        }
        text[strcspn(text, "\r\n")] = '\0';
        if (is_blank(text))
            continue;
        wrong = grow(tokens, &room) != 0 || tokens->n == TOKENS_MOST
                    ? "there is no room for another token"
                    : read_line(text, &tokens->lines[tokens->n]);
        if (wrong != NULL)
            break;
        tokens->n++;
    }
    free(text);
    return wrong == NULL && ferror(file) ? strerror(errno) : wrong;
}

/* ---- The tokens ----------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct tokens_line *)a)->name, ((const struct tokens_line *)b)->name);
}

/* A name that two lines have, or NULL; they are in order. */
static const char *find_double(const struct tokens *tokens)
{
    for (size_t i = 1; i < tokens->n; i++)
        if (strcmp(tokens->lines[i - 1].name, tokens->lines[i].name) == 0)
            return tokens->lines[i].name;
    return NULL;
}

static struct tokens *abandon(struct tokens *tokens)
{
    tokens_free(tokens);
    return NULL;
}

struct tokens *tokens_read(const char *path, char problem[TOKENS_PROBLEM_MAX])
{
    struct tokens *tokens = calloc(1, sizeof(*tokens));
    FILE *file;
    const char *wrong;
    unsigned number;

    if (tokens == NULL) {
        snprintf(problem, TOKENS_PROBLEM_MAX, "out of memory for the tokens in %s", path);
        return NULL;
    }
    file = open_file(path, problem);
    if (file == NULL)
        return abandon(tokens);
    wrong = read_lines(tokens, file, &number);
    fclose(file);
    if (wrong != NULL) {
        snprintf(problem, TOKENS_PROBLEM_MAX, "%s:%u: %s", path, number, wrong);
        return abandon(tokens);
    }
    if (tokens->n > 0)
        qsort(tokens->lines, tokens->n, sizeof(*tokens->lines), compare);
    wrong = find_double(tokens);
    if (wrong != NULL) {
        snprintf(problem, TOKENS_PROBLEM_MAX, "%s: two lines are of the token %s", path, wrong);
        return abandon(tokens);
    }
    return tokens;
}

void tokens_free(struct tokens *tokens)
{
    if (tokens == NULL)
        return;
    free(tokens->lines);
    free(tokens);
}

struct tokens_line *tokens_find(const struct tokens *tokens, const char *name, size_t len)
{
    struct tokens_line wanted = {.is_proved = false};

    if (tokens->n == 0 || len > TOKEN_NAME_MAX)
        return NULL;
    memcpy(wanted.name, name, len);
    return bsearch(&wanted, tokens->lines, tokens->n, sizeof(wanted), compare);
}

void tokens_inherit(struct tokens *tokens, const struct tokens *before)
{
    for (size_t i = 0; i < tokens->n; i++) {
        struct tokens_line *line = &tokens->lines[i];
        const struct tokens_line *old = tokens_find(before, line->name, strlen(line->name));

        if (old == NULL || !old->is_proved || strcmp(old->hash, line->hash) != 0)
            continue;
        line->is_proved = true;
        memcpy(line->digest, old->digest, sizeof(line->digest));
    }
}
