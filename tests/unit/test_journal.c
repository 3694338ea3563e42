/* SPDX-License-Identifier: ISC */

/* The store on disk, with its real thread and a real database in a folder of its own.  The
 * clocks are set by hand; a life of the daemon is from begin() to end(), and crash() takes
 * the files away as they are, as a kill -9 would leave them. */

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/store/database.h"
#include "daemon/store/journal.h"
#include "tests/support/check.h"

#define S INT64_C(1000000000)

static char folder[64], crashed[64];
static _Atomic int64_t boot_ns, wall_ns;
static const char *boot_id, *engine;
static struct store_port port;
static struct store *store;
static struct principal *asker; /* in whose name is asked */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static unsigned wakes, n_faults, n_recoveries;
static char error[512];

/* What sqlite3_step() answers to the next COMMIT, instead of doing it; SQLITE_OK: it does. */
static _Atomic int commit_fails;

int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __real_sqlite3_step(sqlite3_stmt *statement);

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    int code = atomic_load(&commit_fails);

    return code != SQLITE_OK && strcmp(sqlite3_sql(statement), "COMMIT") == 0
               ? code
               : __real_sqlite3_step(statement);
}

static int64_t read_boot_clock(void *context)
{
    (void)context;
    return atomic_load(&boot_ns);
}

static int64_t read_wall_clock(void *context)
{
    (void)context;
    return atomic_load(&wall_ns);
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
        n_faults++;
    else
        n_recoveries++;
    pthread_mutex_unlock(&lock);
}

static struct store *open_in(const char *directory)
{
    struct journal_config config = {
        .directory = directory,
        .prefix = "0123456789abcdef",
        .engine = engine,
        .boot_id = boot_id,
        .boot_clock = read_boot_clock,
        .wall_clock = read_wall_clock,
        .report = report,
    };

    return journal_open(&config, error, sizeof(error));
}

static void begin_in(const char *directory)
{
    static struct store_port *ports[] = {&port};

    port = (struct store_port){.wake = wake};
    store = open_in(directory);
    ck_assert_msg(store != NULL, "%s", error);
    store_start(store, ports, 1);
}

static void begin(void)
{
    begin_in(folder);
}

static void end(void)
{
    store_free(store);
    for (struct store_ask *ask = store_fetch(&port), *next; ask != NULL; ask = next) {
        next = ask->next;
        store_ask_free(ask);
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

/* The files as they are now, cut where the power went, in another folder. */
static void crash(size_t wal_bytes)
{
    copy(folder, crashed, DATABASE_FILE, SIZE_MAX);
    copy(folder, crashed, DATABASE_WAL, wal_bytes);
}

static void set_up(void)
{
    snprintf(folder, sizeof(folder), "/tmp/waitd-journal-XXXXXX");
    snprintf(crashed, sizeof(crashed), "/tmp/waitd-journal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_ptr_nonnull(mkdtemp(crashed));
    atomic_store(&boot_ns, 100 * S);
    atomic_store(&wall_ns, 5000 * S);
    atomic_store(&commit_fails, SQLITE_OK);
    boot_id = "11111111-1111-1111-1111-111111111111";
    engine = "1";
    n_faults = n_recoveries = 0;
    asker = principal_new("cert:CN=\"alice\"", false);
    begin();
}

static void tear_down(void)
{
    char command[160];

    end();
    principal_release(asker);
    snprintf(command, sizeof(command), "rm -rf %s %s", folder, crashed);
    ck_assert_int_eq(system(command), 0);
}

/* Takes what was posted, and waits for it if there is nothing yet. */
static struct store_ask *fetch(void)
{
    struct store_ask *asks;

    pthread_mutex_lock(&lock);
    while ((asks = store_fetch(&port)) == NULL)
        pthread_cond_wait(&woken, &lock);
    pthread_mutex_unlock(&lock);
    return asks;
}

static struct store_ask *kept_back; /* fetched beside what was waited for */

/* Waits for the answer to the ask, or for the next of a kind where it is NULL. */
static struct store_ask *await(const struct store_ask *ask, enum store_kind kind)
{
    for (;;) {
        struct store_ask *found = NULL, *next;
        struct store_ask *asks = kept_back != NULL ? kept_back : fetch();

        kept_back = NULL;
        for (struct store_ask *at = asks; at != NULL; at = next) {
            next = at->next;
            if (found == NULL && (ask != NULL ? at == ask : at->kind == kind)) {
                found = at;
            } else if (found != NULL && at->kind == STORE_RESUME) {
                at->next = kept_back;
                kept_back = at;
            } else {
                store_ask_free(at);
            }
        }
        if (found != NULL)
            return found;
    }
}

static struct store_ask *ask_for(struct store_ask *ask)
{
    if (ask->asker == NULL)
        ask->asker = principal_hold(asker);
    store_ask(store, ask);
    return await(ask, ask->kind);
}

static struct store_ask *submission(const char *key, const char *text)
{
    struct store_ask *ask = store_ask_new(STORE_ACCEPT, &port, NULL);

    ask->asker = principal_hold(asker);
    ask->text = kept_text_new(strlen(text));
    memcpy(ask->text->bytes, text, strlen(text));
    ask->terms = (struct kept_terms){.key_len = (uint16_t)strlen(key),
                                     .jobs = 2,
                                     .seed = -7,
                                     .retain_ns = 10 * S,
                                     .max_wait_ns = 99 * S,
                                     .accepted_ns = atomic_load(&boot_ns),
                                     .wall_ns = atomic_load(&wall_ns)};
    memcpy(ask->terms.key, key, strlen(key));
    return ask;
}

static struct kept *keep(struct store_ask *ask)
{
    struct kept *batch;

    ask = ask_for(ask);
    ck_assert_int_eq(ask->answer, STORE_DONE);
    batch = kept_hold(ask->batch);
    store_ask_free(ask);
    return batch;
}

static struct store_ask *about(enum store_kind kind, const char *ref)
{
    struct store_ask *ask = store_ask_new(kind, &port, NULL);

    snprintf(ask->ref, sizeof(ask->ref), "%s", ref);
    return ask_for(ask);
}

static struct store_ask *cancel(struct kept *batch)
{
    struct store_ask *ask = store_ask_new(STORE_CANCEL, &port, NULL);

    ask->batch = kept_hold(batch);
    ask->whole = true;
    return ask_for(ask);
}

static void finish(struct kept *batch, int64_t ended_ns)
{
    struct store_ask *ask = store_ask_new(STORE_END, &port, NULL);

    ask->batch = kept_hold(batch);
    atomic_store(&batch->progress.ended_ns, ended_ns);
    atomic_store(&batch->progress.status, BATCH_FAILED);
    atomic_store(&batch->progress.last, 17);
    atomic_store(&batch->progress.state, KEPT_FINISHED);
    store_ask_free(ask_for(ask));
}

static void refused(struct store_ask *ask, enum fault_code code)
{
    ck_assert_int_eq(ask->answer, STORE_REFUSED);
    ck_assert_str_eq(fault_code_name(ask->code), fault_code_name(code));
    ck_assert_uint_gt(strlen(ask->message), 0);
    store_ask_free(ask);
}

static void next_life(void)
{
    end();
    begin();
}

/* The next batch of another life. */
static struct kept *resumed(const char *ref)
{
    struct store_ask *ask = await(NULL, STORE_RESUME);
    struct kept *batch = kept_hold(ask->batch);

    ck_assert_ptr_nonnull(ask->text);
    if (ref != NULL)
        ck_assert_str_eq(batch->ref, ref);
    store_ask_free(ask);
    return batch;
}

START_TEST(another_life_resumes_what_was_accepted)
{
    struct kept *batch = keep(submission("k", "{\"jobs\":[]}")), *again;
    struct store_ask *ask;
    char ref[KEPT_REF_MAX + 1];

    memcpy(ref, batch->ref, sizeof(ref));
    kept_release(batch);
    next_life();
    again = resumed(ref);
    ck_assert_int_eq(again->terms.seed, -7);
    ck_assert_int_eq(again->terms.max_wait_ns, 99 * S);
    ck_assert_int_eq(again->terms.retain_ns, 10 * S);
    ck_assert_int_eq(again->terms.accepted_ns, 100 * S);
    ck_assert_uint_eq(again->terms.jobs, 2);
    ck_assert_int_eq(again->progress.state, KEPT_UNSEEN);
    ask = about(STORE_FIND, ref);
    ck_assert_ptr_eq(ask->batch, again);
    ck_assert_uint_eq(ask->text->len, 11);
    ck_assert_mem_eq(ask->text->bytes, "{\"jobs\":[]}", 11);
    store_ask_free(ask);
    ask = ask_for(submission("k", "{\"jobs\":[]}"));
    ck_assert_int_eq(ask->answer, STORE_EXISTING);
    ck_assert_ptr_eq(ask->batch, again);
    store_ask_free(ask);
    refused(ask_for(submission("k", "{\"jobs\":[1]}")), FAULT_CONFLICT);
    kept_release(again);
}
END_TEST

START_TEST(what_was_answered_survives_a_crash)
{
    struct kept *batch = keep(submission("", "{}")), *again;
    char ref[KEPT_REF_MAX + 1];

    memcpy(ref, batch->ref, sizeof(ref));
    atomic_store(&boot_ns, 103 * S);
    store_ask_free(cancel(batch));
    kept_release(batch);
    crash(SIZE_MAX);
    end();
    begin_in(crashed);
    again = resumed(ref);
    ck_assert_uint_eq(kept_n_cancels(again), 1);
    ck_assert_int_eq(kept_cancel_at(again, 0).at_ns, 3 * S);
    ck_assert(kept_cancel_at(again, 0).whole);
    kept_release(again);
}
END_TEST

START_TEST(keys_of_one_group_are_told_apart)
{
    struct store_ask *first = submission("k", "{}"), *second = submission("k", "{}");
    struct store_ask *other = submission("k", "{ }");

    store_ask(store, first);
    store_ask(store, second);
    store_ask(store, other);
    for (unsigned answers = 0; answers < 3;) {
        for (struct store_ask *ask = fetch(); ask != NULL; ask = ask->next)
            answers++;
    }
    ck_assert_int_eq(first->answer, STORE_DONE);
    ck_assert_int_eq(second->answer, STORE_EXISTING);
    ck_assert_ptr_eq(second->batch, first->batch);
    refused(other, FAULT_CONFLICT);
    store_ask_free(first);
    store_ask_free(second);
}
END_TEST

START_TEST(an_end_is_kept_until_its_time_is_over)
{
    struct kept *batch = keep(submission("", "{}"));
    struct store_ask *ask;
    char ref[KEPT_REF_MAX + 1];

    memcpy(ref, batch->ref, sizeof(ref));
    finish(batch, 2 * S);
    kept_release(batch);
    next_life();
    ask = about(STORE_FIND, ref);
    ck_assert_int_eq(ask->batch->progress.state, KEPT_FINISHED);
    ck_assert_int_eq(ask->batch->progress.status, BATCH_FAILED);
    ck_assert_uint_eq(ask->batch->progress.last, 17);
    ck_assert_int_eq(ask->batch->progress.ended_ns, 2 * S);
    store_ask_free(ask);
    atomic_store(&boot_ns, 112 * S);
    store_ask_free(ask_for(submission("", "{}"))); /* it is looked at with the next transaction */
    refused(about(STORE_FIND, ref), FAULT_GONE);
    next_life();
    refused(about(STORE_FIND, ref), FAULT_NOT_FOUND);
}
END_TEST

START_TEST(what_was_forgotten_is_so_in_another_life)
{
    struct kept *batch = keep(submission("k", "{}"));
    struct store_ask *ask;

    refused(about(STORE_FORGET, batch->ref), FAULT_CONFLICT);
    finish(batch, S);
    ask = about(STORE_FORGET, batch->ref);
    ck_assert_int_eq(ask->answer, STORE_DONE);
    store_ask_free(ask);
    refused(about(STORE_FORGET, batch->ref), FAULT_GONE);
    next_life();
    refused(about(STORE_FIND, batch->ref), FAULT_NOT_FOUND);
    kept_release(batch);
    kept_release(keep(submission("k", "{ }")));
}
END_TEST

/* How old the batch is in a life that begins with these clocks. */
static int64_t age_after(int64_t boot, int64_t wall)
{
    struct kept *batch;
    int64_t age_ns;

    end();
    atomic_store(&boot_ns, boot);
    atomic_store(&wall_ns, wall);
    begin();
    batch = resumed(NULL);
    age_ns = store_now(store, boot) - batch->terms.accepted_ns;
    kept_release(batch);
    return age_ns;
}

START_TEST(time_goes_by_the_boot_clock_and_else_by_the_wall_clock)
{
    kept_release(keep(submission("", "{}")));
    ck_assert_int_eq(age_after(107 * S, 4000 * S), 7 * S);
    /* The machine was put back from a snapshot. */
    ck_assert_int_eq(age_after(90 * S, 4000 * S), 7 * S);
    boot_id = "22222222-2222-2222-2222-222222222222";
    ck_assert_int_eq(age_after(3 * S, 5060 * S), 60 * S);
    boot_id = "33333333-3333-3333-3333-333333333333";
    ck_assert_int_eq(age_after(4 * S, 5090 * S), 90 * S);
    /* The wall clock was set back meanwhile. */
    boot_id = "44444444-4444-4444-4444-444444444444";
    ck_assert_int_eq(age_after(5 * S, 5010 * S), 90 * S);
}
END_TEST

START_TEST(no_cancel_falls_below_what_another_life_may_have_sent)
{
    struct kept *batch = keep(submission("", "{}"));
    struct store_ask *ask;

    kept_release(batch);
    next_life();
    batch = resumed(NULL);
    ask = cancel(batch);
    ck_assert_int_eq(ask->at_ns, S); /* the stored time and a second */
    store_ask_free(ask);
    kept_release(batch);
}
END_TEST

START_TEST(no_event_is_sent_that_is_due_a_second_after_the_stored_time)
{
    struct kept *batch = keep(submission("", "{}"));

    ck_assert_int_eq(kept_reach(batch, 50 * S), S);
    atomic_store(&boot_ns, 140 * S);
    kept_release(keep(submission("", "{}"))); /* stores the time */
    ck_assert_int_eq(kept_reach(batch, 50 * S), 41 * S);
    kept_release(batch);
}
END_TEST

START_TEST(a_restart_cancels_where_that_was_asked_for)
{
    struct store_ask *ask = submission("", "{}");
    struct kept *batch;

    ask->terms.cancel_on_restart = true;
    kept_release(keep(ask));
    end();
    atomic_store(&boot_ns, 130 * S);
    begin();
    batch = resumed(NULL);
    ck_assert_uint_eq(kept_n_cancels(batch), 1);
    ck_assert_int_eq(kept_cancel_at(batch, 0).at_ns, 30 * S);
    kept_release(batch);
    next_life(); /* once is enough */
    batch = resumed(NULL);
    ck_assert_uint_eq(kept_n_cancels(batch), 1);
    kept_release(batch);
}
END_TEST

START_TEST(a_batch_of_another_engine_is_kept_and_not_run)
{
    struct kept *batch = keep(submission("", "{}"));
    struct store_ask *ask;
    char ref[KEPT_REF_MAX + 1];

    memcpy(ref, batch->ref, sizeof(ref));
    kept_release(batch);
    engine = "2";
    next_life();
    ask = about(STORE_FIND, ref);
    ck_assert_ptr_nonnull(strstr(ask->message, "version 1"));
    ck_assert_ptr_nonnull(strstr(ask->message, "version 2"));
    refused(ask, FAULT_UNAVAILABLE);
    ask = store_ask_new(STORE_LIST, &port, NULL);
    ask->filter.most = 10;
    ask = ask_for(ask);
    ck_assert_uint_eq(ask->n_page, 1);
    ck_assert_int_eq(ask->page[0]->progress.state, KEPT_FOREIGN);
    store_ask_free(ask);
    engine = "1";
    next_life();
    kept_release(resumed(ref));
}
END_TEST

START_TEST(a_batch_has_its_owner_in_the_next_life)
{
    struct kept *batch = keep(submission("k", "{}"));
    struct store_ask *ask;
    char ref[KEPT_REF_MAX + 1];

    memcpy(ref, batch->ref, sizeof(ref));
    kept_release(batch);
    next_life();
    batch = resumed(ref);
    ck_assert_str_eq(batch->owner->name, "cert:CN=\"alice\"");
    kept_release(batch);
    ask = ask_for(submission("k", "{}"));
    ck_assert_int_eq(ask->answer, STORE_EXISTING);
    store_ask_free(ask);
    principal_release(asker);
    asker = principal_new("local", false);
    refused(about(STORE_FIND, ref), FAULT_NOT_FOUND);
    kept_release(keep(submission("k", "{ }"))); /* which is another's key */
}
END_TEST

START_TEST(a_full_disk_refuses_and_is_tried_again)
{
    struct kept *batch = keep(submission("", "{}"));

    atomic_store(&commit_fails, SQLITE_FULL);
    refused(ask_for(submission("k", "{}")), FAULT_UNAVAILABLE);
    ck_assert(!atomic_load(&store->is_ready));
    refused(cancel(batch), FAULT_UNAVAILABLE);
    ck_assert_uint_eq(kept_n_cancels(batch), 0);
    ck_assert_int_eq(kept_reach(batch, 50 * S), 50 * S); /* it goes on */
    atomic_store(&commit_fails, SQLITE_OK);
    kept_release(keep(submission("k", "{ }"))); /* the key is free */
    ck_assert(atomic_load(&store->is_ready));
    store_ask_free(cancel(batch));
    ck_assert_uint_eq(kept_n_cancels(batch), 1);
    ck_assert_uint_eq(n_faults, 1);
    ck_assert_uint_eq(n_recoveries, 1);
    kept_release(batch);
}
END_TEST

START_TEST(a_failed_sync_lasts_until_a_restart)
{
    struct kept *batch = keep(submission("", "{}"));
    struct store_ask *ask;

    atomic_store(&commit_fails, SQLITE_IOERR_FSYNC);
    ask = cancel(batch);
    ck_assert_int_eq(ask->answer, STORE_UNKNOWN);
    store_ask_free(ask);
    atomic_store(&commit_fails, SQLITE_OK);
    refused(ask_for(submission("", "{}")), FAULT_UNAVAILABLE);
    ck_assert(!atomic_load(&store->is_ready));
    ck_assert_int_eq(kept_reach(batch, 50 * S), 0); /* nobody runs beyond the cancel */
    ask = about(STORE_FIND, batch->ref);
    ck_assert_int_eq(ask->answer, STORE_DONE);
    store_ask_free(ask);
    ck_assert_uint_eq(n_faults, 1);
    kept_release(batch);
}
END_TEST

START_TEST(one_directory_has_one_daemon)
{
    ck_assert_ptr_null(open_in(folder));
    ck_assert_ptr_nonnull(strstr(error, "in use by another waitd"));
}
END_TEST

/* Of a run of n batches, cut at any sector, the first ones are there, and all of it starts. */
START_TEST(a_torn_wal_is_a_crash_like_any_other)
{
    struct stat status;
    char path[128];
    unsigned last = 0;

    for (int i = 0; i < 5; i++)
        kept_release(keep(submission("", "{\"jobs\":[{\"wait\":1}]}")));
    snprintf(path, sizeof(path), "%s/" DATABASE_WAL, folder);
    ck_assert_int_eq(stat(path, &status), 0);
    for (off_t cut = 0; cut < status.st_size + 512; cut += 512) {
        struct store *cut_store;
        unsigned kept;

        crash((size_t)cut);
        cut_store = open_in(crashed);
        ck_assert_msg(cut_store != NULL, "cut at %lld: %s", (long long)cut, error);
        kept = (unsigned)atomic_load(&cut_store->n_kept);
        store_free(cut_store);
        ck_assert_uint_ge(kept, last);
        last = kept;
    }
    ck_assert_uint_eq(last, 5);
}
END_TEST

static void spoil(const char *name, long offset)
{
    char path[128];
    FILE *file;
    int byte;

    snprintf(path, sizeof(path), "%s/%s", crashed, name);
    file = fopen(path, "r+");
    ck_assert_ptr_nonnull(file);
    fseek(file, offset, SEEK_SET);
    byte = getc(file);
    fseek(file, offset, SEEK_SET);
    putc(byte ^ 0x55, file);
    fclose(file);
}

START_TEST(damage_that_sqlite_would_pass_over_is_refused)
{
    for (int i = 0; i < 5; i++)
        kept_release(keep(submission("", "{}")));
    crash(SIZE_MAX);
    spoil(DATABASE_WAL, 32 + 24 + 100); /* in the first frame */
    ck_assert_ptr_null(open_in(crashed));
    ck_assert_ptr_nonnull(strstr(error, "damaged at frame 1"));
    crash(SIZE_MAX);
    spoil(DATABASE_WAL, 4); /* in the header */
    ck_assert_ptr_null(open_in(crashed));
    ck_assert_ptr_nonnull(strstr(error, "damaged at frame 0"));
}
END_TEST

START_TEST(a_file_that_is_none_is_refused)
{
    struct store *other;

    end(); /* which leaves no WAL */
    crash(SIZE_MAX);
    spoil(DATABASE_FILE, 3);
    ck_assert_ptr_null(open_in(crashed));
    ck_assert_ptr_nonnull(strstr(error, "not a database"));
    crash(SIZE_MAX);
    spoil(DATABASE_FILE, 68); /* the application's number */
    ck_assert_ptr_null(open_in(crashed));
    ck_assert_ptr_nonnull(strstr(error, "no database of waitd's"));
    crash(SIZE_MAX);
    spoil(DATABASE_FILE, 63); /* the schema's */
    ck_assert_ptr_null(open_in(crashed));
    ck_assert_ptr_nonnull(strstr(error, "schema has version"));
    crash(SIZE_MAX);
    other = open_in(crashed);
    ck_assert_ptr_nonnull(other);
    store_free(other);
    begin();
}
END_TEST

/* Damages the request of the only batch in the database, wherever it stands. */
static void spoil_request(void)
{
    char path[128], bytes[65536];
    size_t n;
    FILE *file;

    snprintf(path, sizeof(path), "%s/" DATABASE_FILE, crashed);
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    for (size_t at = 0; at + 8 < n; at++)
        if (memcmp(bytes + at, "spoil me", 8) == 0) {
            spoil(DATABASE_FILE, (long)at);
            return;
        }
    ck_abort_msg("the request is not to be found");
}

START_TEST(a_damaged_request_is_unavailable_and_nothing_else)
{
    struct kept *batch = keep(submission("", "{\"id\":\"spoil me\"}"));
    struct store_ask *ask;
    char ref[KEPT_REF_MAX + 1], other_ref[KEPT_REF_MAX + 1];

    memcpy(ref, batch->ref, sizeof(ref));
    kept_release(batch);
    batch = keep(submission("", "{}"));
    memcpy(other_ref, batch->ref, sizeof(ref));
    kept_release(batch);
    end();
    crash(SIZE_MAX);
    spoil_request();
    begin_in(crashed);
    kept_release(resumed(other_ref)); /* the first is passed over */
    refused(about(STORE_FIND, ref), FAULT_UNAVAILABLE);
    ask = about(STORE_FIND, other_ref);
    ck_assert_int_eq(ask->answer, STORE_DONE);
    store_ask_free(ask);
}
END_TEST

static char *check_state(bool *is_sound, size_t *faults)
{
    char *text = NULL, *fault_text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size), *err = open_memstream(&fault_text, faults);

    *is_sound = journal_check(crashed, out, err);
    fclose(out);
    fclose(err);
    free(fault_text);
    return text;
}

START_TEST(check_state_writes_what_can_be_read_and_changes_nothing)
{
    size_t faults;
    bool is_sound;
    char *text, path[128];
    struct stat before, after;

    kept_release(keep(submission("a\"b", "{\"jobs\":[]}")));
    kept_release(keep(submission("", "{\"id\":\"spoil me\"}")));
    crash(SIZE_MAX);
    snprintf(path, sizeof(path), "%s/" DATABASE_WAL, crashed);
    ck_assert_int_eq(stat(path, &before), 0);
    text = check_state(&is_sound, &faults);
    ck_assert(is_sound);
    ck_assert_uint_eq(faults, 0);
    ck_assert_str_eq(text, "{\"key\":\"a\\\"b\",\"jobs\":[]}\n{\"id\":\"spoil me\"}\n");
    free(text);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_int_eq(before.st_size, after.st_size);
    ck_assert_int_eq(unlink(path), 0);
    end();
    crash(SIZE_MAX);
    spoil_request();
    text = check_state(&is_sound, &faults);
    ck_assert(!is_sound);
    ck_assert_uint_gt(faults, 0);
    ck_assert_str_eq(text, "{\"key\":\"a\\\"b\",\"jobs\":[]}\n");
    free(text);
    begin();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("journal");

    TCase *tcase = tcase_create("journal");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 30); /* it syncs to a disk that may be busy */
    tcase_add_test(tcase, another_life_resumes_what_was_accepted);
    tcase_add_test(tcase, what_was_answered_survives_a_crash);
    tcase_add_test(tcase, keys_of_one_group_are_told_apart);
    tcase_add_test(tcase, an_end_is_kept_until_its_time_is_over);
    tcase_add_test(tcase, what_was_forgotten_is_so_in_another_life);
    tcase_add_test(tcase, time_goes_by_the_boot_clock_and_else_by_the_wall_clock);
    tcase_add_test(tcase, no_cancel_falls_below_what_another_life_may_have_sent);
    tcase_add_test(tcase, no_event_is_sent_that_is_due_a_second_after_the_stored_time);
    tcase_add_test(tcase, a_restart_cancels_where_that_was_asked_for);
    tcase_add_test(tcase, a_batch_of_another_engine_is_kept_and_not_run);
    tcase_add_test(tcase, a_batch_has_its_owner_in_the_next_life);
    tcase_add_test(tcase, a_full_disk_refuses_and_is_tried_again);
    tcase_add_test(tcase, a_failed_sync_lasts_until_a_restart);
    tcase_add_test(tcase, one_directory_has_one_daemon);
    tcase_add_test(tcase, a_torn_wal_is_a_crash_like_any_other);
    tcase_add_test(tcase, damage_that_sqlite_would_pass_over_is_refused);
    tcase_add_test(tcase, a_file_that_is_none_is_refused);
    tcase_add_test(tcase, a_damaged_request_is_unavailable_and_nothing_else);
    tcase_add_test(tcase, check_state_writes_what_can_be_read_and_changes_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
