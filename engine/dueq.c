/* SPDX-License-Identifier: ISC */
#include "engine/dueq.h"

#include <stdlib.h>
#include <string.h>

#include "engine/tournament.h"

#define PAGE_MOST  4096
#define PAGE_LEAST 64
#define BULK       32 /* entries pushed at once that are worth a run */

/* Runs that are worth merging ahead, how many entries of each, about, and of all at most. */
#define AHEAD_RUNS    4
#define AHEAD_OF_EACH 16
#define AHEAD_MOST    1024

/* Entries in a line of the cache. */
#define LINE (64 / sizeof(struct dueq_entry))

/* Entries on a page that are worth a tournament. */
#define PLAYERS_LEAST 8

/* What a page is sorted by. */
#define DIGIT_BITS   8
#define DIGIT_VALUES (1U << DIGIT_BITS)
#define ID_DIGITS    (32 / DIGIT_BITS)
#define DIGITS       (ID_DIGITS + 64 / DIGIT_BITS)

/* A run's first entry, next to where the rest is. */
struct dueq_run {
    int64_t due_ns;
    uint32_t id;
    uint32_t at, end; /* among all pages' entries */
};

/* As one number of 128 bits, which takes a comparison and a subtraction and no branch:
 * which is first is a matter of chance where it matters. */
static bool before(int64_t a_ns, uint32_t a, int64_t b_ns, uint32_t b)
{
    __extension__ typedef __int128 place;

    return ((place)a_ns << 64 | a) < ((place)b_ns << 64 | b);
}

static bool entry_before(const struct dueq_entry *a, const struct dueq_entry *b)
{
    return before(a->due_ns, a->id, b->due_ns, b->id);
}

static bool run_before(const struct dueq_run *a, const struct dueq_run *b)
{
    return before(a->due_ns, a->id, b->due_ns, b->id);
}

/* ---- Pages ------------------------------------------------------------------ */

static uint32_t page_size(uint32_t room)
{
    uint32_t size = PAGE_LEAST;

    if (room <= PAGE_LEAST)
        return room > 0 ? room : 1;
    while (size < PAGE_MOST && size < room / 8)
        size *= 2;
    return size;
}

/* Runs that there may be beside n entries. */
static uint32_t runs_allowed(const struct dueq *queue, uint32_t n)
{
    return (uint32_t)(2 * (uint64_t)n / queue->page_size) + 2;
}

static struct dueq_entry *take_page(struct dueq *queue)
{
    uint32_t page = queue->n_free > 0 ? queue->free_pages[--queue->n_free] : queue->used_pages++;

    return &queue->pages[(size_t)page * queue->page_size];
}

void dueq_clear(struct dueq *queue)
{
    queue->used_pages = queue->n_free = queue->n_runs = 0;
    queue->n = queue->n_page = queue->n_heaped = queue->n_taken = 0;
    queue->ahead_end = queue->n_replaced = queue->top = 0;
    queue->plays = false;
    if (queue->pages == NULL)
        return;
    queue->page = take_page(queue);
    if (queue->n_pages > 1)
        queue->scratch = take_page(queue);
}

int dueq_init(struct dueq *queue, uint32_t room)
{
    memset(queue, 0, sizeof(*queue));
    queue->page_size = page_size(room);
    queue->n_pages = 1;
    if (room > queue->page_size) { /* one more run until the shortest is freed, and one of those
                                    * merged ahead; page and scratch */
        uint32_t runs = runs_allowed(queue, room) + 2;

        queue->n_pages = runs + 2;
        queue->runs = malloc(runs * sizeof(*queue->runs));
        queue->free_pages = malloc(queue->n_pages * sizeof(*queue->free_pages));
    }
    queue->pages = malloc((size_t)queue->n_pages * queue->page_size * sizeof(*queue->pages));
    if (queue->pages == NULL ||
        (queue->n_pages > 1 && (queue->runs == NULL || queue->free_pages == NULL))) {
        dueq_fini(queue);
        return -1;
    }
    dueq_clear(queue);
    return 0;
}

void dueq_fini(struct dueq *queue)
{
    free(queue->pages);
    free(queue->runs);
    free(queue->free_pages);
    memset(queue, 0, sizeof(*queue));
}

/* ---- Sorting a page ------------------------------------------------------------ */

static bool is_sorted(const struct dueq_entry *entries, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        if (entry_before(&entries[i], &entries[i - 1]))
            return false;
    return true;
}

/* One digit of an entry: of its id the lower ones, of its due time the others. */
static unsigned digit_of(const struct dueq_entry *entry, unsigned digit)
{
    if (digit < ID_DIGITS)
        return entry->id >> DIGIT_BITS * digit & (DIGIT_VALUES - 1);
    return (unsigned)((uint64_t)entry->due_ns >> DIGIT_BITS * (digit - ID_DIGITS)) &
           (DIGIT_VALUES - 1);
}

/* Sorts by one digit, leaving those that are equal in it in their order. */
static void sort_by_digit(const struct dueq_entry *from, uint32_t n, unsigned digit,
                          struct dueq_entry *to)
{
    uint32_t place[DIGIT_VALUES] = {0};
    uint32_t first = 0;

    for (uint32_t i = 0; i < n; i++)
        place[digit_of(&from[i], digit)]++;
    for (unsigned value = 0; value < DIGIT_VALUES; value++) {
        uint32_t count = place[value];

        place[value] = first;
        first += count;
    }
    for (uint32_t i = 0; i < n; i++)
        to[place[digit_of(&from[i], digit)]++] = from[i];
}

/* Which digits there are to sort by: those that differ at all, and of the ids
 * none if they are in order as it is. */
static unsigned distinct_digits(const struct dueq_entry *entries, uint32_t n)
{
    struct dueq_entry differs = {0};
    unsigned distinct = 0;
    bool ids_sorted = true;

    for (uint32_t i = 1; i < n; i++) {
        differs.due_ns |= entries[i].due_ns ^ entries[i - 1].due_ns;
        differs.id |= entries[i].id ^ entries[i - 1].id;
        ids_sorted &= entries[i - 1].id < entries[i].id;
    }
    for (unsigned digit = ids_sorted ? ID_DIGITS : 0; digit < DIGITS; digit++)
        distinct |= (digit_of(&differs, digit) != 0 ? 1U : 0U) << digit;
    return distinct;
}

/* Sorts the page, digit by digit from the least on: D. E. Knuth, "The Art of
 * Computer Programming", vol. 3, 5.2.5.  It may thereby change places with the
 * scratch page. */
static void sort_page(struct dueq *queue)
{
    unsigned distinct;

    if (is_sorted(queue->page, queue->n_page))
        return;
    distinct = distinct_digits(queue->page, queue->n_page);
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        struct dueq_entry *from = queue->page;

        if ((distinct & 1U << digit) == 0)
            continue;
        sort_by_digit(from, queue->n_page, digit, queue->scratch);
        queue->page = queue->scratch;
        queue->scratch = from - queue->n_taken;
        queue->n_taken = 0;
    }
}

/* ---- The page as a tournament --------------------------------------------------------- */

static struct tournament_player *players_of(const struct dueq *queue)
{
    return (struct tournament_player *)(void *)queue->scratch;
}

/* Once the first entry has been replaced as often in a row as there are entries: that pays for the
 * beginning and the end, so that it costs no more whatever comes then. */
static bool is_worth_tournament(const struct dueq *queue)
{
    return queue->n_page >= PLAYERS_LEAST && queue->n_replaced >= queue->n_page &&
           queue->n_runs == 0 && queue->n_pages > 1;
}

/* Entries stay where they are, and their places play for them. */
static void begin_tournament(struct dueq *queue)
{
    struct tournament_player *players = players_of(queue);

    tournament_begin(players, queue->n_page);
    for (uint32_t i = 0; i < queue->n_page; i++)
        tournament_enter(players, queue->n_page, i, queue->page[i].due_ns, queue->page[i].id);
    queue->top = tournament_winner(players);
    queue->plays = true;
}

/* If there is one: what it leaves is in no order. */
static void end_tournament(struct dueq *queue)
{
    queue->n_replaced = 0;
    if (!queue->plays)
        return;
    queue->plays = false;
    queue->top = queue->n_heaped = 0;
}

/* ---- The heap of runs -------------------------------------------------------------- */

static void run_rise(struct dueq *queue, uint32_t at, struct dueq_run run)
{
    for (; at > 0 && run_before(&run, &queue->runs[(at - 1) / 2]); at = (at - 1) / 2)
        queue->runs[at] = queue->runs[(at - 1) / 2];
    queue->runs[at] = run;
}

static void run_sink(struct dueq *queue, uint32_t at, struct dueq_run run)
{
    struct dueq_run *runs = queue->runs;

    for (uint32_t child; (child = 2 * at + 1) < queue->n_runs; at = child) {
        if (child + 1 < queue->n_runs)
            child += run_before(&runs[child + 1], &runs[child]);
        if (!run_before(&runs[child], &run))
            break;
        runs[at] = runs[child];
    }
    runs[at] = run;
}

static void run_add(struct dueq *queue, const struct dueq_entry *entries, uint32_t n)
{
    uint32_t at = (uint32_t)(entries - queue->pages);

    run_rise(
        queue, queue->n_runs++,
        (struct dueq_run){.due_ns = entries->due_ns, .id = entries->id, .at = at, .end = at + n});
}

static void run_remove(struct dueq *queue, uint32_t at)
{
    struct dueq_run last = queue->runs[--queue->n_runs];

    if (queue->runs[at].end == queue->ahead_end)
        queue->ahead_end = 0;
    if (at == queue->n_runs)
        return;
    if (at > 0 && run_before(&last, &queue->runs[(at - 1) / 2]))
        run_rise(queue, at, last);
    else
        run_sink(queue, at, last);
}

/* Takes the first n entries of the first run.  Returns its next one, or NULL where those were
 * all. */
static const struct dueq_entry *run_advance(struct dueq *queue, size_t n)
{
    struct dueq_run run = queue->runs[0];
    const struct dueq_entry *next;

    run.at += (uint32_t)n;
    if (run.at == run.end) {
        queue->free_pages[queue->n_free++] = (run.end - 1) / queue->page_size;
        run_remove(queue, 0);
        return NULL;
    }
    next = &queue->pages[run.at];
    if (run.end - run.at > LINE) /* it will be wanted soon */
        __builtin_prefetch(next + LINE);
    run.due_ns = next->due_ns;
    run.id = next->id;
    run_sink(queue, 0, run);
    return next;
}

static uint32_t shortest_run(const struct dueq *queue)
{
    uint32_t shortest = 0;

    for (uint32_t i = 1; i < queue->n_runs; i++)
        if (queue->runs[i].end - queue->runs[i].at <
            queue->runs[shortest].end - queue->runs[shortest].at)
            shortest = i;
    return shortest;
}

/* Makes the page of the shortest run the one that gathers: in order, it is a
 * heap as well. */
static void absorb_shortest(struct dueq *queue)
{
    uint32_t shortest = shortest_run(queue);
    const struct dueq_run *run = &queue->runs[shortest];

    queue->n_page = queue->n_heaped = run->end - run->at;
    queue->in_order = true;
    queue->page = &queue->pages[(size_t)(run->at / queue->page_size) * queue->page_size];
    memmove(queue->page, &queue->pages[run->at], queue->n_page * sizeof(*queue->page));
    run_remove(queue, shortest);
}

static void end_page(struct dueq *queue)
{
    end_tournament(queue);
    sort_page(queue);
    run_add(queue, queue->page, queue->n_page);
    queue->n_page = queue->n_heaped = queue->n_taken = 0;
    if (queue->n_runs > runs_allowed(queue, queue->n))
        absorb_shortest(queue);
    else
        queue->page = take_page(queue);
}

void dueq_make_room(struct dueq *queue)
{
    struct dueq_entry *start = queue->page - queue->n_taken;

    if (queue->n_taken < queue->n_page && queue->n_pages > 1) {
        end_page(queue);
        return;
    }
    memmove(start, queue->page, queue->n_page * sizeof(*start));
    queue->page = start;
    queue->n_taken = 0;
}

/* ---- The page as a heap --------------------------------------------------------------- */

/* Four children each: half the levels of two, and those of one are compared side by side. */
#define CHILDREN 4

static uint32_t parent_of(uint32_t at)
{
    return (at - 1) / CHILDREN;
}

static void rise(struct dueq_entry *heap, uint32_t at, struct dueq_entry entry)
{
    for (; at > 0 && entry_before(&entry, &heap[parent_of(at)]); at = parent_of(at))
        heap[at] = heap[parent_of(at)];
    heap[at] = entry;
}

/* The first of four. */
static uint32_t first_of_four(const struct dueq_entry *heap, uint32_t at)
{
    uint32_t a = at + entry_before(&heap[at + 1], &heap[at]);
    uint32_t b = at + 2 + entry_before(&heap[at + 3], &heap[at + 2]);

    return entry_before(&heap[b], &heap[a]) ? b : a;
}

/* Sinks the entry from the top of a heap of n others: as most belong near the bottom, all the way
 * down first and then up to its place (I. Wegener, "Bottom-up heapsort", 1993). */
static void sink(struct dueq_entry *heap, uint32_t n, struct dueq_entry entry)
{
    uint32_t at = 0, child, first;

    for (; (child = CHILDREN * at + 1) + CHILDREN <= n; at = first) {
        first = first_of_four(heap, child);
        heap[at] = heap[first];
    }
    if (child < n) { /* fewer than four */
        for (first = child++; child < n; child++)
            first = entry_before(&heap[child], &heap[first]) ? child : first;
        heap[at] = heap[first];
        at = first;
    }
    rise(heap, at, entry);
}

/* Puts what was pushed lately into order: many as a run, few into the heap. */
static void settle(struct dueq *queue)
{
    uint32_t late;

    end_tournament(queue);
    late = queue->n_page - queue->n_heaped;
    if (late >= BULK && late >= queue->n_heaped && queue->n_pages > 1) {
        end_page(queue);
        return;
    }
    for (; queue->n_heaped < queue->n_page; queue->n_heaped++) {
        const struct dueq_entry *entry = &queue->page[queue->n_heaped];

        queue->in_order =
            queue->n_heaped == 0 || (queue->in_order && entry_before(entry - 1, entry));
        if (!queue->in_order)
            rise(queue->page, queue->n_heaped, *entry);
    }
}

/* Takes the first entry of the page. */
static void take_from_page(struct dueq *queue)
{
    queue->n_heaped = --queue->n_page;
    if (queue->in_order) {
        queue->page++;
        queue->n_taken++;
    } else {
        sink(queue->page, queue->n_page, queue->page[queue->n_page]);
    }
}

/* ---- The queue ------------------------------------------------------------------------- */

/* Whether the first entry is the page's. */
static bool page_is_first(const struct dueq *queue)
{
    const struct dueq_run *run = queue->runs;

    return queue->n_page > 0 && (queue->n_runs == 0 || before(queue->page->due_ns, queue->page->id,
                                                              run->due_ns, run->id));
}

/* Whether an entry of the first run precedes all that is not in that run. */
static bool leads(const struct dueq *queue, const struct dueq_entry *entry)
{
    const struct dueq_run *runs = queue->runs;

    for (uint32_t i = 1; i < 3 && i < queue->n_runs; i++)
        if (before(runs[i].due_ns, runs[i].id, entry->due_ns, entry->id))
            return false;
    return queue->n_page == 0 || entry_before(entry, queue->page);
}

/* How many entries of the first run, at most `most`, precede all others: twice as far each time,
 * since most often it is not far, and then nothing far is touched. */
static size_t count_leading(const struct dueq *queue, size_t most)
{
    const struct dueq_entry *first = &queue->pages[queue->runs->at];
    size_t len = queue->runs->end - queue->runs->at, n, longer;

    if (len > most)
        len = most;
    for (n = 1; n < len; n = longer) {
        longer = 2 * n < len ? 2 * n : len;
        if (!leads(queue, &first[longer - 1]))
            break;
    }
    return n;
}

/* Merges what comes first in the runs into one more run, which precedes them all: see dueq.h.
 * It is one at a time, and only as long as there is a page for the next that is full. */
static void merge_ahead(struct dueq *queue)
{
    uint32_t most = AHEAD_OF_EACH * queue->n_runs, n = 0;
    struct dueq_entry *entries;

    if (queue->n_runs + 1 >= queue->n_pages - 2)
        return;
    if (most > AHEAD_MOST)
        most = AHEAD_MOST;
    if (most > queue->page_size)
        most = queue->page_size;
    entries = take_page(queue);
    for (; n < most && queue->n_runs > 0; n++) {
        entries[n] = queue->pages[queue->runs->at];
        (void)run_advance(queue, 1);
    }
    run_add(queue, entries, n);
    queue->ahead_end = (uint32_t)(entries - queue->pages) + n;
}

const struct dueq_entry *dueq_look(struct dueq *queue, size_t most, size_t *n)
{
    if (queue->n_heaped < queue->n_page)
        settle(queue);
    *n = 1;
    if (page_is_first(queue))
        return queue->page + queue->top;
    if (queue->n_runs == 0)
        return NULL;
    *n = count_leading(queue, most);
    if (*n == 1 && most > 1 && queue->n_runs >= AHEAD_RUNS && queue->ahead_end == 0) {
        merge_ahead(queue);
        *n = count_leading(queue, most);
    }
    return &queue->pages[queue->runs->at];
}

void dueq_replace_first(struct dueq *queue, const struct dueq_entry *entry)
{
    if (queue->plays) {
        queue->page[queue->top] = *entry;
        queue->top = tournament_replace(players_of(queue), queue->n_page, entry->due_ns, entry->id);
        return;
    }
    if (!page_is_first(queue) || queue->in_order) {
        (void)dueq_take(queue, 1);
        dueq_push(queue, entry);
        return;
    }
    sink(queue->page, queue->n_page, *entry);
    queue->n_replaced++;
    if (is_worth_tournament(queue))
        begin_tournament(queue);
}

const struct dueq_entry *dueq_take(struct dueq *queue, size_t n)
{
    queue->n -= (uint32_t)n;
    if (queue->plays)
        settle(queue);
    queue->n_replaced = 0;
    if (page_is_first(queue)) {
        take_from_page(queue);
        return NULL;
    }
    return run_advance(queue, n);
}
