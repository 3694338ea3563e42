/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/database.h"
#include "daemon/store/journal.h"
#include "proto/event_detached.h"

struct check {
    struct database *database;
    FILE *out, *err;
    bool is_sound;
};

static void fault(struct check *check, const char *what, const char *why)
{
    fprintf(check->err, "%s: %s\n", what, why);
    check->is_sound = false;
}

/* ---- The requests ------------------------------------------------------------------------- */

/* The text as it was stored, an object without blanks, with the key that it had. */
static void put_request(FILE *out, const struct stored_terms *terms,
                        const struct stored_text *request)
{
    char key[EVENT_TEXT_FACTOR * STORED_KEY_MAX + 16];
    const char *end;

    putc('{', out);
    if (terms->key_len > 0) {
        end = event_detached_text(key, "\"key\":\"", terms->key, terms->key_len);
        fwrite(key, 1, (size_t)(end - key), out);
        putc(',', out);
    }
    fwrite(request->bytes + 1, 1, request->len - 1, out);
    putc('\n', out);
}

static int check_batch(void *context, const struct database_batch *row)
{
    struct check *check = context;
    struct stored_text *request;
    char name[STORED_REF_MAX + 16];

    if (row->is_damaged) {
        snprintf(name, sizeof(name), "batch %llu", (unsigned long long)row->order);
        fault(check, name, "its row is damaged");
        return 0;
    }
    snprintf(name, sizeof(name), "batch %s", row->ref);
    request = database_request(check->database, row->order);
    if (request == NULL)
        fault(check, name, database_error(check->database));
    else if (request->len < 2 || request->bytes[0] != '{')
        fault(check, name, "its request is none");
    else
        put_request(check->out, &row->terms, request);
    stored_text_release(request);
    return 0;
}

static void check_database(struct check *check, const char *directory, bool read_only)
{
    char error[512];
    int stopped;

    check->database = database_open(directory, read_only, error, sizeof(error));
    if (check->database == NULL) {
        fault(check, directory, error);
        return;
    }
    if (database_each_batch(check->database, check_batch, check, &stopped) != DATABASE_OK)
        fault(check, directory, database_error(check->database));
    if (!database_is_sound(check->database, error, sizeof(error)))
        fault(check, directory, error);
    database_close(check->database);
}

/* ---- A copy, where there is a WAL ------------------------------------------------------------ */

static bool copy_file(const char *from_directory, const char *to_directory, const char *name)
{
    char from[4096], to[4096], block[65536];
    FILE *in, *out;
    size_t n;
    bool copied;

    snprintf(from, sizeof(from), "%s/%s", from_directory, name);
    snprintf(to, sizeof(to), "%s/%s", to_directory, name);
    in = fopen(from, "re");
    out = in != NULL ? fopen(to, "we") : NULL;
    if (out == NULL) {
        if (in != NULL)
            fclose(in);
        return false;
    }
    while ((n = fread(block, 1, sizeof(block), in)) > 0 && fwrite(block, 1, n, out) == n)
        ;
    copied = !ferror(in) && !ferror(out);
    fclose(in);
    return fclose(out) == 0 && copied;
}

static void remove_copy(const char *directory)
{
    static const char *const names[] = {DATABASE_FILE, DATABASE_WAL, DATABASE_FILE "-shm"};
    char path[4096];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(directory);
}

static void check_copy(struct check *check, const char *directory)
{
    const char *folder = getenv("TMPDIR");
    char copy[1024];

    snprintf(copy, sizeof(copy), "%s/waitd-check-XXXXXX",
             folder != NULL && *folder != '\0' ? folder : "/tmp");
    if (mkdtemp(copy) == NULL) {
        fault(check, copy, strerror(errno));
        return;
    }
    if (copy_file(directory, copy, DATABASE_FILE) && copy_file(directory, copy, DATABASE_WAL))
        check_database(check, copy, false);
    else
        fault(check, copy, "cannot copy the database and its WAL there");
    remove_copy(copy);
}

/* ---- The whole -------------------------------------------------------------- */

static bool is_in_use(const char *directory)
{
    char path[4096];
    bool in_use;
    int fd;

    snprintf(path, sizeof(path), "%s/lock", directory);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    in_use = flock(fd, LOCK_EX | LOCK_NB) != 0;
    close(fd);
    return in_use;
}

static bool has_wal(const char *directory)
{
    char path[4096];
    struct stat status;

    snprintf(path, sizeof(path), "%s/" DATABASE_WAL, directory);
    return stat(path, &status) == 0 && status.st_size > 0;
}

bool journal_check(const char *directory, FILE *out, FILE *err)
{
    struct check check = {.out = out, .err = err, .is_sound = true};
    char error[512];

    if (is_in_use(directory)) {
        fault(&check, directory, "a waitd has it open: stop it first");
        return false;
    }
    if (!database_files_are_sound(directory, error, sizeof(error)))
        fault(&check, directory, error);
    if (has_wal(directory))
        check_copy(&check, directory);
    else
        check_database(&check, directory, true);
    if (fflush(out) != 0)
        fault(&check, "standard output", strerror(errno));
    return check.is_sound;
}
