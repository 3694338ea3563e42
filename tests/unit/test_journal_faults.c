/* SPDX-License-Identifier: ISC */

/* The store on disk: disks that fail, power that does, files that are damaged, and --check-state.
 */

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/database.h"
#include "daemon/store/journal.h"
#include "tests/support/check.h"
#include "tests/support/journal_rig.h"

#define S JOURNAL_RIG_S

START_TEST(a_full_disk_refuses_and_is_tried_again)
{
    struct stored_batch *batch = journal_rig_keep(journal_rig_submission("", "{}"));

    atomic_store(&journal_rig.commit_fails, SQLITE_FULL);
    journal_rig_refused(journal_rig_find(journal_rig_submission("k", "{}")), FAULT_UNAVAILABLE);
    ck_assert(!atomic_load(&journal_rig.store->is_ready));
    journal_rig_refused(journal_rig_cancel(batch), FAULT_UNAVAILABLE);
    ck_assert_uint_eq(stored_n_cancels(batch), 0);
    ck_assert_int_eq(stored_reach(batch, 50 * S), 50 * S); /* it goes on */
    atomic_store(&journal_rig.commit_fails, SQLITE_OK);
    stored_release(journal_rig_keep(journal_rig_submission("k", "{ }"))); /* the key is free */
    ck_assert(atomic_load(&journal_rig.store->is_ready));
    store_query_free(journal_rig_cancel(batch));
    ck_assert_uint_eq(stored_n_cancels(batch), 1);
    ck_assert_uint_eq(journal_rig.n_faults, 1);
    ck_assert_uint_eq(journal_rig.n_recoveries, 1);
    stored_release(batch);
}
END_TEST

/* What needs no writing is answered. */
START_TEST(a_key_that_is_there_is_found_on_a_full_disk)
{
    struct stored_batch *batch = journal_rig_keep(journal_rig_submission("k", "{}"));
    struct store_query *first, *second;

    atomic_store(&journal_rig.commit_fails, SQLITE_FULL);
    first = journal_rig_submission("k", "{}");
    second = journal_rig_submission("l", "{}");
    store_query(journal_rig.store, first);
    store_query(journal_rig.store, second);
    for (unsigned answers = 0; answers < 2;)
        for (struct store_query *query = journal_rig_fetch(); query != NULL; query = query->next)
            answers++;
    ck_assert_int_eq(first->answer, STORE_EXISTING);
    ck_assert_ptr_eq(first->batch, batch);
    store_query_free(first);
    journal_rig_refused(second, FAULT_UNAVAILABLE);
    stored_release(batch);
}
END_TEST

/* Nobody has to submit for it: who heeds /readyz does not. */
START_TEST(space_that_comes_back_is_found_out)
{
    struct stored_batch *batch = journal_rig_keep(journal_rig_submission("", "{}"));

    journal_rig_finish(batch, 0);
    stored_release(batch);
    atomic_store(&journal_rig.commit_fails, SQLITE_FULL);
    journal_rig_refused(journal_rig_find(journal_rig_submission("", "{}")), FAULT_UNAVAILABLE);
    atomic_store(&journal_rig.commit_fails, SQLITE_OK);
    atomic_store(&journal_rig.boot_ns, 105 * JOURNAL_RIG_S);
    while (!atomic_load(&journal_rig.store->is_ready))
        journal_rig_await_wake();
}
END_TEST

START_TEST(a_batch_of_a_failed_sync_is_reported_by_its_ref)
{
    struct store_query *query;
    char ref[STORED_REF_MAX + 1];

    atomic_store(&journal_rig.commit_fails, SQLITE_IOERR_FSYNC);
    query = journal_rig_find(journal_rig_submission("k", "{}"));
    ck_assert_int_eq(query->answer, STORE_UNKNOWN);
    ck_assert_uint_gt(strlen(query->ref), 0);
    memcpy(ref, query->ref, sizeof(ref));
    store_query_free(query);
    journal_rig_refused(journal_rig_about(STORE_FIND, ref), FAULT_NOT_FOUND);
}
END_TEST

START_TEST(a_failed_sync_lasts_until_a_restart)
{
    struct stored_batch *batch = journal_rig_keep(journal_rig_submission("", "{}"));
    struct store_query *query;

    atomic_store(&journal_rig.commit_fails, SQLITE_IOERR_FSYNC);
    query = journal_rig_cancel(batch);
    ck_assert_int_eq(query->answer, STORE_UNKNOWN);
    store_query_free(query);
    atomic_store(&journal_rig.commit_fails, SQLITE_OK);
    journal_rig_refused(journal_rig_find(journal_rig_submission("", "{}")), FAULT_UNAVAILABLE);
    ck_assert(!atomic_load(&journal_rig.store->is_ready));
    ck_assert_int_eq(stored_reach(batch, 50 * S), 0); /* nobody runs beyond the cancel */
    query = journal_rig_about(STORE_FIND, batch->ref);
    journal_rig_done(query);
    ck_assert_uint_eq(journal_rig.n_faults, 1);
    stored_release(batch);
}
END_TEST

START_TEST(one_directory_has_one_daemon)
{
    ck_assert_ptr_null(journal_rig_open_in(journal_rig.folder));
    ck_assert_ptr_nonnull(strstr(journal_rig.error, "in use by another waitd"));
}
END_TEST

/* ---- The power goes ------------------------------------------------------------------------ */

#define STEPS 7

static off_t wal_bytes(void)
{
    struct stat status;
    char path[128];

    snprintf(path, sizeof(path), "%s/" DATABASE_WAL, journal_rig.folder);
    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_size;
}

/* A run, and how long the WAL was when each step of it was answered. */
static void run(off_t ends[STEPS])
{
    struct stored_batch *first, *second;

    first = journal_rig_keep(journal_rig_submission("1", "{\"jobs\":[{\"wait\":1}]}"));
    ends[0] = wal_bytes();
    second = journal_rig_keep(journal_rig_submission("2", "{\"jobs\":[{\"wait\":2}]}"));
    ends[1] = wal_bytes();
    journal_rig_done(journal_rig_cancel(first));
    ends[2] = wal_bytes();
    journal_rig_finish(second, JOURNAL_RIG_S);
    ends[3] = wal_bytes();
    stored_release(journal_rig_keep(journal_rig_submission("3", "{\"jobs\":[{\"wait\":3}]}")));
    ends[4] = wal_bytes();
    journal_rig_done(journal_rig_about(STORE_FORGET, second->ref));
    ends[5] = wal_bytes();
    journal_rig_finish(first, JOURNAL_RIG_S);
    ends[6] = wal_bytes();
    stored_release(first);
    stored_release(second);
}

static struct stored_batch *listed(const struct store_query *list, char key)
{
    for (uint32_t i = 0; i < list->n_page; i++)
        if (list->page[i]->terms.key[0] == key)
            return list->page[i];
    return NULL;
}

static bool has_finished(const struct stored_batch *batch)
{
    return batch != NULL && batch->progress.state == STORED_FINISHED;
}

/* Which steps of the run a list of what is kept shows. */
static void see(const struct store_query *list, bool steps[STEPS])
{
    struct stored_batch *first = listed(list, '1'), *second = listed(list, '2');
    bool has_third = listed(list, '3') != NULL;

    steps[0] = first != NULL;
    steps[2] = first != NULL && stored_n_cancels(first) == 1;
    steps[4] = has_third;
    steps[5] = second == NULL && has_third;
    steps[1] = second != NULL || steps[5];
    steps[3] = has_finished(second) || steps[5];
    steps[6] = has_finished(first);
}

/* How many steps of the run this life knows of; asserts that it knows of none behind those. */
static unsigned steps_known(void)
{
    struct store_query *query = store_query_new(STORE_LIST, &journal_rig.port, NULL);
    bool steps[STEPS];
    unsigned n = 0;

    query->filter.most = STORE_PAGE_MAX;
    query = journal_rig_find(query);
    see(query, steps);
    store_query_free(query);
    while (n < STEPS && steps[n])
        n++;
    for (unsigned i = n; i < STEPS; i++)
        ck_assert_msg(!steps[i], "step %u is there without step %u", i, n);
    return n;
}

/* Cut at any sector of the recorded WAL, a life begins, and it knows of all that was answered
 * before the power went. */
START_TEST(a_torn_wal_is_a_crash_like_any_other)
{
    off_t ends[STEPS];
    unsigned answered = 0, last = 0;

    run(ends);
    journal_rig_crash(SIZE_MAX);
    journal_rig_end();
    for (off_t cut = 0; cut < ends[STEPS - 1] + 512; cut += 512) {
        unsigned known;

        while (answered < STEPS && ends[answered] <= cut)
            answered++;
        journal_rig_put_back((size_t)cut);
        journal_rig_begin();
        known = steps_known();
        ck_assert_msg(known >= answered && known >= last, "cut at %lld: %u of %u", (long long)cut,
                      known, answered);
        last = known;
        journal_rig_end();
    }
    ck_assert_uint_eq(last, STEPS);
    journal_rig_begin();
}
END_TEST

/* ---- Damage -------------------------------------------------------------------------------- */

START_TEST(damage_that_sqlite_would_pass_over_is_refused)
{
    for (int i = 0; i < 5; i++)
        stored_release(journal_rig_keep(journal_rig_submission("", "{}")));
    journal_rig_crash(SIZE_MAX);
    journal_rig_spoil(DATABASE_WAL, 32 + 24 + 100); /* in the first frame */
    ck_assert_ptr_null(journal_rig_open_in(journal_rig.crashed));
    ck_assert_ptr_nonnull(strstr(journal_rig.error, "damaged at frame 1"));
    journal_rig_crash(SIZE_MAX);
    journal_rig_spoil(DATABASE_WAL, 4); /* in the header */
    ck_assert_ptr_null(journal_rig_open_in(journal_rig.crashed));
    ck_assert_ptr_nonnull(strstr(journal_rig.error, "damaged at frame 0"));
}
END_TEST

/* SQLite would take it for a new one, and remove the WAL. */
START_TEST(a_database_that_is_cut_is_refused_and_its_wal_kept)
{
    const struct {
        bool wal;
        off_t bytes; /* of the database, or -1 where it is not there */
    } cases[] = {{true, -1}, {true, 0}, {true, 1}, {true, 511}, {false, 1}, {false, 511}};
    char path[128], wal[128];
    struct stat status;

    snprintf(path, sizeof(path), "%s/" DATABASE_FILE, journal_rig.crashed);
    snprintf(wal, sizeof(wal), "%s/" DATABASE_WAL, journal_rig.crashed);
    stored_release(journal_rig_keep(journal_rig_submission("", "{}")));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        FILE *none = tmpfile();

        journal_rig_crash(cases[i].wal ? SIZE_MAX : 0);
        ck_assert_int_eq(cases[i].bytes < 0 ? unlink(path) : truncate(path, cases[i].bytes), 0);
        ck_assert(!journal_check(journal_rig.crashed, none, none));
        ck_assert_ptr_null(journal_rig_open_in(journal_rig.crashed));
        ck_assert_ptr_nonnull(strstr(journal_rig.error, "is damaged: it has"));
        ck_assert(!cases[i].wal || (stat(wal, &status) == 0 && status.st_size > 0));
        fclose(none);
    }
}
END_TEST

START_TEST(a_damaged_row_is_refused_as_such)
{
    char path[128];
    sqlite3 *handle = NULL;

    stored_release(journal_rig_keep(journal_rig_submission("", "{}")));
    journal_rig_end();
    journal_rig_crash(SIZE_MAX);
    snprintf(path, sizeof(path), "%s/" DATABASE_FILE, journal_rig.crashed);
    ck_assert_int_eq(sqlite3_open(path, &handle), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(handle, "UPDATE batches SET ord = 0, ref = ''", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(handle);
    ck_assert_ptr_null(journal_rig_open_in(journal_rig.crashed));
    ck_assert_ptr_nonnull(strstr(journal_rig.error, "is damaged at the row of batch 0"));
    journal_rig_begin();
}
END_TEST

START_TEST(a_file_that_is_none_is_refused)
{
    struct store *other;

    journal_rig_end(); /* which leaves no WAL */
    journal_rig_crash(SIZE_MAX);
    journal_rig_spoil(DATABASE_FILE, 3);
    ck_assert_ptr_null(journal_rig_open_in(journal_rig.crashed));
    ck_assert_ptr_nonnull(strstr(journal_rig.error, "not a database"));
    journal_rig_crash(SIZE_MAX);
    journal_rig_spoil(DATABASE_FILE, 68); /* the application's number */
    ck_assert_ptr_null(journal_rig_open_in(journal_rig.crashed));
    ck_assert_ptr_nonnull(strstr(journal_rig.error, "no database of waitd's"));
    journal_rig_crash(SIZE_MAX);
    journal_rig_spoil(DATABASE_FILE, 63); /* the schema's */
    ck_assert_ptr_null(journal_rig_open_in(journal_rig.crashed));
    ck_assert_ptr_nonnull(strstr(journal_rig.error, "schema has version"));
    journal_rig_crash(SIZE_MAX);
    other = journal_rig_open_in(journal_rig.crashed);
    ck_assert_ptr_nonnull(other);
    store_free(other);
    journal_rig_begin();
}
END_TEST

/* Damages the request of the only batch in the database, wherever it stands. */
static void spoil_request(void)
{
    char path[128], bytes[65536];
    size_t n;
    FILE *file;

    snprintf(path, sizeof(path), "%s/" DATABASE_FILE, journal_rig.crashed);
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    for (size_t at = 0; at + 8 < n; at++)
        if (memcmp(bytes + at, "spoil me", 8) == 0) {
            journal_rig_spoil(DATABASE_FILE, (long)at);
            return;
        }
    ck_abort_msg("the request is not to be found");
}

START_TEST(a_damaged_request_is_unavailable_and_nothing_else)
{
    struct stored_batch *batch =
        journal_rig_keep(journal_rig_submission("", "{\"id\":\"spoil me\"}"));
    struct store_query *query;
    char ref[STORED_REF_MAX + 1], other_ref[STORED_REF_MAX + 1];

    memcpy(ref, batch->ref, sizeof(ref));
    stored_release(batch);
    batch = journal_rig_keep(journal_rig_submission("", "{}"));
    memcpy(other_ref, batch->ref, sizeof(ref));
    stored_release(batch);
    journal_rig_end();
    journal_rig_crash(SIZE_MAX);
    spoil_request();
    journal_rig_begin_in(journal_rig.crashed);
    batch = journal_rig_resumed(other_ref); /* the first is passed over */
    query = store_query_new(STORE_LIST, &journal_rig.port, NULL);
    query->filter.most = STORE_PAGE_MAX;
    query = journal_rig_find(query);
    ck_assert_uint_eq(query->n_page, 2);
    ck_assert(query->has_unseen);
    store_query_free(query);
    atomic_store(&batch->progress.state, STORED_RUNNING);
    stored_release(batch);
    query = store_query_new(STORE_LIST, &journal_rig.port, NULL);
    query->filter.most = STORE_PAGE_MAX;
    query = journal_rig_find(query);
    ck_assert_uint_eq(query->n_page, 2);
    ck_assert(!query->has_unseen); /* nobody waits for the damaged one */
    store_query_free(query);
    journal_rig_refused(journal_rig_about(STORE_FIND, ref), FAULT_UNAVAILABLE);
    query = journal_rig_about(STORE_FIND, other_ref);
    journal_rig_done(query);
}
END_TEST

static char *check_state(bool *is_sound, size_t *faults)
{
    char *text = NULL, *fault_text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size), *err = open_memstream(&fault_text, faults);

    *is_sound = journal_check(journal_rig.crashed, out, err);
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

    stored_release(journal_rig_keep(journal_rig_submission("a\"b\xed\xa0\x80", "{\"jobs\":[]}")));
    stored_release(journal_rig_keep(journal_rig_submission("", "{\"id\":\"spoil me\"}")));
    journal_rig_crash(SIZE_MAX);
    snprintf(path, sizeof(path), "%s/" DATABASE_WAL, journal_rig.crashed);
    ck_assert_int_eq(stat(path, &before), 0);
    text = check_state(&is_sound, &faults);
    ck_assert(is_sound);
    ck_assert_uint_eq(faults, 0);
    ck_assert_str_eq(text, "{\"key\":\"a\\\"b\\ud800\",\"jobs\":[]}\n{\"id\":\"spoil me\"}\n");
    free(text);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_int_eq(before.st_size, after.st_size);
    ck_assert_int_eq(unlink(path), 0);
    journal_rig_end();
    journal_rig_crash(SIZE_MAX);
    spoil_request();
    text = check_state(&is_sound, &faults);
    ck_assert(!is_sound);
    ck_assert_uint_gt(faults, 0);
    ck_assert_str_eq(text, "{\"key\":\"a\\\"b\\ud800\",\"jobs\":[]}\n");
    free(text);
    journal_rig_begin();
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test journal_faults[] = {
        {a_full_disk_refuses_and_is_tried_again, 1},
        {a_key_that_is_there_is_found_on_a_full_disk, 1},
        {space_that_comes_back_is_found_out, 1},
        {a_batch_of_a_failed_sync_is_reported_by_its_ref, 1},
        {a_failed_sync_lasts_until_a_restart, 1},
        {one_directory_has_one_daemon, 1},
        {damage_that_sqlite_would_pass_over_is_refused, 1},
        {a_database_that_is_cut_is_refused_and_its_wal_kept, 1},
        {a_damaged_row_is_refused_as_such, 1},
        {a_file_that_is_none_is_refused, 1},
        {a_damaged_request_is_unavailable_and_nothing_else, 1},
        {check_state_writes_what_can_be_read_and_changes_nothing, 1},
    };
    /* Hundreds of lives, each of which syncs. */
    const struct check_test power[] = {
        {a_torn_wal_is_a_crash_like_any_other, 1},
    };
    Suite *suite = suite_create("journal_faults");

    check_case(suite, "journal_faults", journal_rig_set_up, journal_rig_tear_down, journal_faults,
               N(journal_faults));
    tcase_set_timeout(
        check_case(suite, "power", journal_rig_set_up, journal_rig_tear_down, power, N(power)),
        240);
    return suite;
}
