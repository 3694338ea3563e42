/* SPDX-License-Identifier: ISC */

/*
 * GNU parallel's --joblog: a line a job, in the order in which they ended; one that is
 * run again (--resume-failed) has another line of the same Seq, the last of which counts.
 * A job that a signal ended has the Exitval 0; a line feed in Command is a NUL there.
 */

#include <stdlib.h>

#include "client/base/array.h"
#include "client/import/import_internal.h"
#include "client/import/rows.h"
#include "proto/duration.h"

enum column { SEQ, HOST, STARTTIME, JOB_RUNTIME, SEND, RECEIVE, EXITVAL, SIGNAL, COMMAND };
#define COLUMNS 9

static const char *const names[COLUMNS] = {
    "Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal", "Command",
};

struct row {
    int64_t seq;
    int64_t start_ns, runtime_ns;
    struct rows_field command;
    size_t line;
    bool fails;
};

struct table {
    struct row *rows;
    size_t n, room;
};

static bool is_heading(const struct rows *rows)
{
    struct rows_field fields[COLUMNS + 1];

    if (rows_split(rows, fields, COLUMNS + 1) != COLUMNS)
        return false;
    for (size_t i = 0; i < COLUMNS; i++)
        if (!rows_is(fields[i], names[i]))
            return false;
    return true;
}

/* Seconds, padded with blanks.  A clock that was set makes negative ones. */
static bool read_seconds(struct rows_field field, int64_t *ns)
{
    bool negative;

    while (field.len > 0 && field.text[0] == ' ') {
        field.text++;
        field.len--;
    }
    negative = field.len > 0 && field.text[0] == '-';
    field.text += negative;
    field.len -= negative;
    for (size_t i = 0; i < field.len; i++)
        if (field.text[i] != '.' && (field.text[i] < '0' || field.text[i] > '9'))
            return false;
    if (duration_from_text(field.text, field.len, INT64_MAX / 4, ns) != DURATION_OK)
        return false;
    *ns = negative ? -*ns : *ns;
    return true;
}

/* Reads a row.  The column that is wrong, or COLUMNS. */
static size_t read_row(const struct rows_field fields[COLUMNS], struct row *row)
{
    int64_t exitval, signal, ignored;

    if (!rows_integer(fields[SEQ], &row->seq) || row->seq < 1)
        return SEQ;
    if (!read_seconds(fields[STARTTIME], &row->start_ns))
        return STARTTIME;
    if (!read_seconds(fields[JOB_RUNTIME], &row->runtime_ns))
        return JOB_RUNTIME;
    if (!rows_integer(fields[SEND], &ignored))
        return SEND;
    if (!rows_integer(fields[RECEIVE], &ignored))
        return RECEIVE;
    if (!rows_integer(fields[EXITVAL], &exitval))
        return EXITVAL;
    if (!rows_integer(fields[SIGNAL], &signal))
        return SIGNAL;
    row->fails = exitval != 0 || signal != 0;
    row->command = fields[COMMAND];
    return COLUMNS;
}

static int add_row(struct import *import, struct table *table, const struct row *row)
{
    struct row *rows = array_reserve(table->rows, table->n, &table->room, sizeof *rows);

    if (rows == NULL)
        return import_no_memory(import);
    table->rows = rows;
    table->rows[table->n++] = *row;
    return 0;
}

static int read_rows(struct import *import, const struct import_text *file, struct table *table)
{
    static const char *const wanted[COLUMNS] = {
        [SEQ] = "a positive integer", [STARTTIME] = "seconds",  [JOB_RUNTIME] = "seconds",
        [SEND] = "an integer",        [RECEIVE] = "an integer", [EXITVAL] = "an integer",
        [SIGNAL] = "an integer",
    };
    struct rows rows = rows_of(file->text, file->len);

    if (!rows_next(&rows) || !is_heading(&rows))
        return import_refuse(import, file, 1,
                             "not a joblog of GNU parallel, whose first line is \"Seq Host "
                             "Starttime JobRuntime Send Receive Exitval Signal Command\", with "
                             "tabs");
    while (rows_next(&rows)) {
        struct rows_field fields[COLUMNS];
        size_t n = rows_split(&rows, fields, COLUMNS), wrong;
        struct row row = {.line = rows.number};

        if (n < COLUMNS)
            return import_refuse(import, file, rows.number,
                                 "a job has %d columns with tabs between them, not %zu", COLUMNS,
                                 n);
        wrong = read_row(fields, &row);
        if (wrong < COLUMNS)
            return import_refuse(
                import, file, rows.number, "%s takes %s, not \"%.*s\"", names[wrong], wanted[wrong],
                (int)(fields[wrong].len < IMPORT_QUOTE_MAX ? fields[wrong].len : IMPORT_QUOTE_MAX),
                fields[wrong].text);
        if (add_row(import, table, &row) < 0)
            return -1;
    }
    return 0;
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *left = a, *right = b;

    if (left->seq != right->seq)
        return left->seq < right->seq ? -1 : 1;
    return left->line < right->line ? -1 : 1;
}

/* The command with its line feeds, in `text`. */
static void restore_command(struct rows_field command, struct bytes *text)
{
    bytes_consume(text, bytes_len(text));
    bytes_add(text, command.text, command.len);
    for (size_t i = text->start; i < text->end; i++)
        if (text->data[i] == '\0')
            text->data[i] = '\n';
}

static int add_tasks(struct import *import, const struct import_text *file,
                     const struct table *table)
{
    struct bytes command = {0};
    int result = 0;

    for (size_t i = 0; i < table->n && result == 0; i++) {
        const struct row *row = &table->rows[i];

        if (i + 1 < table->n && row[1].seq == row->seq) {
            import_remark(import, REMARK_OLDER_ROWS);
            continue;
        }
        result = import_check_room(import, file, row->line);
        restore_command(row->command, &command);
        recording_add_task(&import->recording, bytes_at(&command), bytes_len(&command),
                           row->start_ns, row->start_ns + import_span(import, 0, row->runtime_ns));
        if (row->fails)
            recording_set_fails(&import->recording);
    }
    if (command.failed)
        result = import_no_memory(import);
    bytes_fini(&command);
    return result;
}

int import_joblog_read(struct import *import, const struct import_text *file)
{
    struct table table = {0};
    int result = read_rows(import, file, &table);

    if (result == 0 && table.n > 0)
        qsort(table.rows, table.n, sizeof *table.rows, compare_rows);
    if (result == 0)
        result = add_tasks(import, file, &table);
    free(table.rows);
    return result;
}
