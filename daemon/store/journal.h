/* SPDX-License-Identifier: ISC */
#ifndef WAITD_JOURNAL_H
#define WAITD_JOURNAL_H

/*
 * The store on disk: detached batches outlive the daemon.  What is kept of one
 * is its request, its acceptance and its cancels; the events follow from these
 * (session/stored.h).
 *
 *     loops ── queries ► queue ──► the journal's thread ── one transaction for all
 *     loops ◄── answers ────────── once the commit is on the disk      that came
 *
 * Group commit.  The thread takes all that was posted meanwhile, writes it in one
 * transaction, syncs once and answers then; no loop waits for a disk.
 *
 * Time.  While batches run the time is stored twice a second, and no event that
 * is due more than a second after the stored time is sent (the store's horizon).
 * So whatever a clock does between two lives, the next one knows up to where
 * watchers may have read: time since acceptance is measured by the boot clock while the
 * machine's boot is the same, else by the wall clock, never below the stored
 * time, and no cancel falls below the stored time and a second.
 *
 * Faults.  Where there is no space nothing of a transaction is there: its queries
 * are refused, and the next one is tried.  After any other fault of writing (a
 * failed sync above all) only a restart can find out what is there: its queries are
 * UNKNOWN, and nothing is written any more in this life.  Batches that run go
 * on in either case.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/session/store.h"

/* Borrowed for the call, but for what the functions are given as context. */
struct journal_config {
    const char *directory; /* exists and can be written to */
    const char *prefix;    /* of refs: `a-z 0-9`, at most 40, another in each life */
    const char *engine;    /* the version of the schedule: batches of others are kept, not run */
    const char *boot_id;   /* of this boot of the machine, as /proc/sys/kernel/random/boot_id */
    int64_t (*boot_clock)(void *context); /* CLOCK_BOOTTIME; both from any thread */
    int64_t (*wall_clock)(void *context); /* CLOCK_REALTIME */
    void *clock_context;
    /* Called with one line when writing begins to fail and when it works again, by the journal's
     * thread. */
    void (*report)(void *context, bool is_fault, const char *line);
    void *report_context;
};

/*
 * Opens the journal in the directory, or begins one, and reads what is kept; no
 * request is read yet.  NULL and one clear line where another daemon has it open
 * or it is damaged.  The thread begins with store_start() and ends with store_free().
 */
struct store *journal_open(const struct journal_config *config, char *error, size_t size);

/*
 * What --check-state does: writes each batch that can be read to `out`, as one
 * request a line that submits it anew, and each fault to `err`.  Changes nothing in
 * the directory: where a WAL is left it reads a copy.  Whether all is sound.
 */
bool journal_check(const char *directory, FILE *out, FILE *err);

#endif
