/* SPDX-License-Identifier: ISC */
#include "proto/nearest.h"

#include <string.h>

void nearest_begin(struct nearest *nearest, const char *typed, size_t len)
{
    *nearest = (struct nearest){.typed = typed, .len = len};
}

static char folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c == '_' ? '-' : c;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The restricted edit distance with swaps, row by row (R. Lowrance and R. A.
 * Wagner, An Extension of the String-to-String Correction Problem, 1975, with
 * each part of a word changed once at most). */
static unsigned edits_between(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned rows[3][NEAREST_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];

    for (unsigned j = 0; j <= b_len; j++)
        last[j] = before[j] = j;
    for (unsigned i = 1; i <= a_len; i++) {
        unsigned *oldest = before;

        row[0] = i;
        for (unsigned j = 1; j <= b_len; j++) {
            unsigned change = folded(a[i - 1]) != folded(b[j - 1]);

            row[j] = least(last[j - 1] + change, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                folded(a[i - 2]) == folded(b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_len];
}

void nearest_try(struct nearest *nearest, const char *candidate)
{
    size_t len = strlen(candidate), longer = len > nearest->len ? len : nearest->len;
    unsigned edits;

    if (longer > NEAREST_MAX)
        return;
    edits = edits_between(nearest->typed, nearest->len, candidate, len);
    if (edits > longer / 3 || (nearest->best != NULL && edits >= nearest->edits))
        return;
    nearest->best = candidate;
    nearest->edits = edits;
}
