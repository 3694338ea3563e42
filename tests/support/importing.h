/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_IMPORTING_H
#define WAITD_TESTS_IMPORTING_H

/*
 * Imports texts and shows what comes of it as text: for a test program on Check.
 */

#include <stddef.h>

/* The files of one import; those that are NULL are not there. */
struct importing {
    const char *file, *second;
    const char *side; /* the graph or the workflow */
};

/*
 * What `waitctl import FORMAT` makes of the texts: the workers, then a line for each job,
 * as compact JSON.  For a refusal `FILE:LINE: MESSAGE`, with the files called file, second
 * and side.  That a batch is a request which waitd takes is asserted.  Valid until the
 * next call; remarks are then in importing_remarks().
 */
const char *importing_run(const char *format, struct importing texts);

/* What the last import remarked, a line each. */
const char *importing_remarks(void);

/* Assert that an import gave this batch, and this among its remarks ("" for none at all); and that
 * what an import gave begins so, as a refusal does. */
void importing_gives(const char *got, const char *batch, const char *remark);
void importing_begins(const char *got, const char *expected);

/* Frees what the two keep. */
void importing_fini(void);

#endif
