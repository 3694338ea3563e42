/* SPDX-License-Identifier: ISC */
#ifndef WAITD_DUEQ_H
#define WAITD_DUEQ_H

/*
 * A batch's queue of due times, handed out in order of (due, id).  It is a
 * sequence heap: P. Sanders, "Fast priority queues for cached memory" (2000),
 * with one tier of runs.  What is pushed gathers on a page of a few thousand
 * entries; a full page is sorted, digit by digit, and becomes a *run*; a heap of
 * the runs' first entries merges them.  A few entries pushed between two looks
 * at the first stay on their page, as a heap; as long as they are added in order, as equal
 * waits do under a concurrency limit, that is a plain queue, and 10^6 such jobs take
 * two thirds of the time.
 *
 *     push ─► page (unsorted, or a heap) ─► runs, each in order ─► first
 *                                             └─► one merged ahead ─┘
 *
 * Where the first entries of several runs take turns, the next few hundred of all runs
 * are merged into one more run, before they are due: the deletion buffer of the paper.  Taken one
 * at a time, with a loop's other work in between, each was a miss of the cache in another run: of
 * 10^6 that fall due over 10 s in ten queues, the daemon's own code takes 9 % less so.
 *
 * Where the first entry is replaced again and again, the page is a tournament (tournament.h): with
 * 1,000 entries of random due times a replacement takes half of what it takes in the heap.
 *
 * Nothing can be moved or taken out but the first: the owner of the entries
 * knows, when one is first, whether it still means anything.
 *
 * With n entries, pages of m <= 4,096 and so about n/m runs, an entry costs
 *
 *     pushed in order of (due, id)    O(1): a page is found to be sorted, and
 *                                     the run that is first stays so
 *     in any other order              O(digits that differ) to sort, in the
 *                                     cache, and O(log(n/m)) to merge
 *
 * and the dearest single call sorts one page (about 0.1 ms); no more than 1,024 entries are merged
 * ahead at once.  Measured beside its rivals, in ns for pushing and taking an entry:
 *
 *     n                          10^3   10^4   10^5   10^6   10^7
 *     equal dues      this          4      3      4     11     11
 *                     4-ary heap   42     56     73    108    125
 *                     radix heap    7      7      7     14     26
 *     random dues     this         42     32     43     67    138
 *                     4-ary heap   50     68    169    525   1143
 *                     radix heap   50     52     60     79    152
 *
 * The 4-ary heap, indexed so that entries can be moved (timerq.h), moves each
 * log n times through all of memory.  A radix heap keeps up, but redistributes
 * large parts of itself at once: single calls took 10 ms at 10^6, 124 at 10^7.
 * At 10^6 the entries leave the cache, which shows where they are first
 * touched; at 10^7 the runs are more than the processor has addresses of pages
 * at hand.
 *
 * Memory: 16 bytes an entry, touched as entries are added.  Runs that are nearly
 * used up would keep their pages, so once there are more than 2n/m + 2 of them
 * the shortest, which is less than half a page, returns to the page that
 * gathers.  One page more is for what is merged ahead.  So twice the 16 bytes are always enough;
 * they are claimed at once, and only a queue that is pushed to and popped from for long touches
 * them.  Nothing is allocated later on.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dueq_entry {
    int64_t due_ns; /* 0 or later */
    uint32_t id;
    uint32_t tag; /* the owner's; does not take part in the order */
};

struct dueq_run;

struct dueq {
    struct dueq_entry *pages;
    struct dueq_entry *page;    /* the first entry of the one that gathers */
    struct dueq_entry *scratch; /* one to sort into */
    struct dueq_run *runs;      /* a heap by their first entries */
    uint32_t *free_pages;
    uint32_t page_size, n_pages, used_pages, n_free;
    uint32_t n_runs, n_page;
    uint32_t n_heaped;   /* of n_page: they are a heap, or play; what follows does not */
    uint32_t n_taken;    /* places of the page before the first entry */
    uint32_t ahead_end;  /* where the run ends that was merged ahead; 0: there is none */
    uint32_t n_replaced; /* how often in a row the first entry has been replaced by another */
    uint32_t top;        /* where on the page its first entry is: 0, but in a tournament */
    bool plays;          /* the page is a tournament, whose players are on the scratch page */
    bool in_order;       /* the heap is: whatever is first is next to the second */
    uint32_t n;          /* entries in all */
};

/* An empty queue for at most `room` entries at a time.  0, or -1 when out
 * of memory. */
int dueq_init(struct dueq *queue, uint32_t room);
void dueq_clear(struct dueq *queue); /* empties it, as it was after dueq_init() */
void dueq_fini(struct dueq *queue);  /* both also fine on an all-zero queue */

/* Makes room on the page that gathers, or a run of it: no place is left behind its entries. */
void dueq_make_room(struct dueq *queue);

/* Adds an entry; no two in the queue are of the same due time and id. */
static inline void dueq_push(struct dueq *queue, const struct dueq_entry *entry)
{
    if (queue->n_taken + queue->n_page == queue->page_size)
        dueq_make_room(queue);
    queue->page[queue->n_page++] = *entry;
    queue->n++;
}

/*
 * The first entries in their order, or NULL when the queue is empty: *n of them
 * are side by side, 1 or more and at most `most`, by no means all there are.
 * Puts what was pushed since into order.  Valid until the next call.
 */
const struct dueq_entry *dueq_look(struct dueq *queue, size_t most, size_t *n);

/* The first entry alone, or NULL. */
static inline const struct dueq_entry *dueq_first(struct dueq *queue)
{
    size_t n;

    if (queue->n_runs == 0 && queue->n_heaped == queue->n_page)
        return queue->n_page > 0 ? queue->page + queue->top : NULL;
    return dueq_look(queue, 1, &n);
}

/* Takes out the first entry, which dueq_first() has just shown, and adds another one in one go:
 * half of what the two take where entries are a heap. */
void dueq_replace_first(struct dueq *queue, const struct dueq_entry *entry);

/*
 * Takes out the first n entries, which dueq_look() has just shown.  Returns one
 * that will be due before long, so that its item can be fetched into
 * the cache meanwhile, or NULL.
 */
const struct dueq_entry *dueq_take(struct dueq *queue, size_t n);

#endif
