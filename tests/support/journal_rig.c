/* SPDX-License-Identifier: ISC */
#include "tests/support/journal_rig.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/store/database.h"
#include "daemon/store/journal.h"
#include "tests/support/check.h"

struct journal_rig journal_rig;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static unsigned wakes; /* that nobody has waited for */

int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __real_sqlite3_step(sqlite3_stmt *statement);

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    int code = atomic_load(&journal_rig.commit_fails);

    return code != SQLITE_OK && strcmp(sqlite3_sql(statement), "COMMIT") == 0
               ? code
               : __real_sqlite3_step(statement);
}

static int64_t read_boot_clock(void *context)
{
    (void)context;
    return atomic_load(&journal_rig.boot_ns);
}

static int64_t read_wall_clock(void *context)
{
    (void)context;
    return atomic_load(&journal_rig.wall_ns);
}

static void wake(void *context)
{
    (void)context;
    pthread_mutex_lock(&lock);
    wakes++;
    pthread_cond_signal(&woken);
    pthread_mutex_unlock(&lock);
}

static void report(void *context, bool is_fault, const char *line)
{
    (void)context;
    ck_assert_uint_gt(strlen(line), 0);
    pthread_mutex_lock(&lock);
    if (is_fault)
        journal_rig.n_faults++;
    else
        journal_rig.n_recoveries++;
    pthread_mutex_unlock(&lock);
}

struct store *journal_rig_open_in(const char *directory)
{
    struct journal_config config = {
        .directory = directory,
        .prefix = "0123456789abcdef",
        .engine = journal_rig.engine,
        .boot_id = journal_rig.boot_id,
        .boot_clock = read_boot_clock,
        .wall_clock = read_wall_clock,
        .report = report,
    };

    return journal_open(&config, journal_rig.error, sizeof(journal_rig.error));
}

void journal_rig_begin_in(const char *directory)
{
    static struct store_port *ports[] = {&journal_rig.port};

    journal_rig.port = (struct store_port){.wake = wake};
    journal_rig.store = journal_rig_open_in(directory);
    ck_assert_msg(journal_rig.store != NULL, "%s", journal_rig.error);
    store_start(journal_rig.store, ports, 1);
}

void journal_rig_begin(void)
{
    journal_rig_begin_in(journal_rig.folder);
}

void journal_rig_end(void)
{
    store_free(journal_rig.store);
    for (struct store_query *query = store_fetch(&journal_rig.port), *next; query != NULL;
         query = next) {
        next = query->next;
        store_query_free(query);
    }
}

static void copy(const char *from, const char *to, const char *name, size_t most)
{
    char path[128], byte[4096];
    FILE *in, *out;
    size_t n;

    snprintf(path, sizeof(path), "%s/%s", from, name);
    in = fopen(path, "r");
    if (in == NULL)
        return;
    snprintf(path, sizeof(path), "%s/%s", to, name);
    out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    while (most > 0 && (n = fread(byte, 1, most < sizeof(byte) ? most : sizeof(byte), in)) > 0) {
        fwrite(byte, 1, n, out);
        most -= n;
    }
    fclose(in);
    fclose(out);
}

/* The files as they are now, cut where the power went, in another journal_rig.folder. */
void journal_rig_crash(size_t wal_bytes)
{
    copy(journal_rig.folder, journal_rig.crashed, DATABASE_FILE, SIZE_MAX);
    copy(journal_rig.folder, journal_rig.crashed, DATABASE_WAL, wal_bytes);
}

void journal_rig_put_back(size_t wal_bytes)
{
    copy(journal_rig.crashed, journal_rig.folder, DATABASE_FILE, SIZE_MAX);
    copy(journal_rig.crashed, journal_rig.folder, DATABASE_WAL, wal_bytes);
}

void journal_rig_set_up(void)
{
    snprintf(journal_rig.folder, sizeof(journal_rig.folder), "/tmp/waitd-journal-XXXXXX");
    snprintf(journal_rig.crashed, sizeof(journal_rig.crashed), "/tmp/waitd-journal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(journal_rig.folder));
    ck_assert_ptr_nonnull(mkdtemp(journal_rig.crashed));
    atomic_store(&journal_rig.boot_ns, 100 * JOURNAL_RIG_S);
    atomic_store(&journal_rig.wall_ns, 5000 * JOURNAL_RIG_S);
    atomic_store(&journal_rig.commit_fails, SQLITE_OK);
    journal_rig.boot_id = "11111111-1111-1111-1111-111111111111";
    journal_rig.engine = "1";
    journal_rig.n_faults = journal_rig.n_recoveries = 0;
    journal_rig.requester = principal_new("cert:CN=\"alice\"", false);
    journal_rig_begin();
}

void journal_rig_tear_down(void)
{
    char command[160];

    journal_rig_end();
    principal_release(journal_rig.requester);
    snprintf(command, sizeof(command), "rm -rf %s %s", journal_rig.folder, journal_rig.crashed);
    ck_assert_int_eq(system(command), 0);
}

struct store_query *journal_rig_fetch(void)
{
    struct store_query *queries;

    pthread_mutex_lock(&lock);
    while ((queries = store_fetch(&journal_rig.port)) == NULL)
        pthread_cond_wait(&woken, &lock);
    pthread_mutex_unlock(&lock);
    return queries;
}

static struct store_query *kept_back; /* fetched beside what was waited for */

struct store_query *journal_rig_await(const struct store_query *query, enum store_kind kind)
{
    for (;;) {
        struct store_query *found = NULL, *next;
        struct store_query *queries = kept_back != NULL ? kept_back : journal_rig_fetch();

        kept_back = NULL;
        for (struct store_query *at = queries; at != NULL; at = next) {
            next = at->next;
            if (found == NULL && (query != NULL ? at == query : at->kind == kind)) {
                found = at;
            } else if (found != NULL && at->kind == STORE_RESUME) {
                at->next = kept_back;
                kept_back = at;
            } else {
                store_query_free(at);
            }
        }
        if (found != NULL)
            return found;
    }
}

struct store_query *journal_rig_find(struct store_query *query)
{
    if (query->requester == NULL)
        query->requester = principal_hold(journal_rig.requester);
    store_query(journal_rig.store, query);
    return journal_rig_await(query, query->kind);
}

struct store_query *journal_rig_submission(const char *key, const char *text)
{
    struct store_query *query = store_query_new(STORE_ACCEPT, &journal_rig.port, NULL);

    query->requester = principal_hold(journal_rig.requester);
    query->text = stored_text_new(strlen(text));
    memcpy(query->text->bytes, text, strlen(text));
    query->terms = (struct stored_terms){.key_len = (uint16_t)strlen(key),
                                         .jobs = 2,
                                         .seed = -7,
                                         .retain_ns = 10 * JOURNAL_RIG_S,
                                         .max_wait_ns = 99 * JOURNAL_RIG_S,
                                         .accepted_ns = atomic_load(&journal_rig.boot_ns),
                                         .wall_ns = atomic_load(&journal_rig.wall_ns)};
    memcpy(query->terms.key, key, strlen(key));
    return query;
}

struct stored_batch *journal_rig_keep(struct store_query *query)
{
    struct stored_batch *batch;

    query = journal_rig_find(query);
    ck_assert_int_eq(query->answer, STORE_DONE);
    batch = stored_hold(query->batch);
    store_query_free(query);
    return batch;
}

struct store_query *journal_rig_about(enum store_kind kind, const char *ref)
{
    struct store_query *query = store_query_new(kind, &journal_rig.port, NULL);

    snprintf(query->ref, sizeof(query->ref), "%s", ref);
    return journal_rig_find(query);
}

struct store_query *journal_rig_cancel(struct stored_batch *batch)
{
    struct store_query *query = store_query_new(STORE_CANCEL, &journal_rig.port, NULL);

    query->batch = stored_hold(batch);
    query->whole = true;
    return journal_rig_find(query);
}

void journal_rig_finish(struct stored_batch *batch, int64_t ended_ns)
{
    struct store_query *query = store_query_new(STORE_END, &journal_rig.port, NULL);

    query->batch = stored_hold(batch);
    atomic_store(&batch->progress.ended_ns, ended_ns);
    atomic_store(&batch->progress.status, BATCH_FAILED);
    atomic_store(&batch->progress.last, 17);
    atomic_store(&batch->progress.state, STORED_FINISHED);
    store_query_free(journal_rig_find(query));
}

void journal_rig_refused(struct store_query *query, enum fault_code code)
{
    ck_assert_int_eq(query->answer, STORE_REFUSED);
    ck_assert_str_eq(fault_code_name(query->code), fault_code_name(code));
    ck_assert_uint_gt(strlen(query->message), 0);
    store_query_free(query);
}

void journal_rig_next_life(void)
{
    journal_rig_end();
    journal_rig_begin();
}

struct stored_batch *journal_rig_resumed(const char *ref)
{
    struct store_query *query = journal_rig_await(NULL, STORE_RESUME);
    struct stored_batch *batch = stored_hold(query->batch);

    ck_assert_ptr_nonnull(query->text);
    if (ref != NULL)
        ck_assert_str_eq(batch->ref, ref);
    store_query_free(query);
    return batch;
}

void journal_rig_await_wake(void)
{
    pthread_mutex_lock(&lock);
    while (wakes == 0)
        pthread_cond_wait(&woken, &lock);
    wakes = 0;
    pthread_mutex_unlock(&lock);
}

void journal_rig_keep_ref(struct store_query *query, char *ref)
{
    struct stored_batch *batch = journal_rig_keep(query);

    memcpy(ref, batch->ref, sizeof(batch->ref));
    stored_release(batch);
}

void journal_rig_done(struct store_query *query)
{
    ck_assert_int_eq(query->answer, STORE_DONE);
    store_query_free(query);
}

void journal_rig_spoil(const char *name, long offset)
{
    char path[128];
    FILE *file;
    int byte;

    snprintf(path, sizeof(path), "%s/%s", journal_rig.crashed, name);
    file = fopen(path, "r+");
    ck_assert_ptr_nonnull(file);
    fseek(file, offset, SEEK_SET);
    byte = getc(file);
    fseek(file, offset, SEEK_SET);
    putc(byte ^ 0x55, file);
    fclose(file);
}
