/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HISTORY_REPORT_H
#define WAITD_HISTORY_REPORT_H

/* The report of a batch that is over, as lines of its history.  Pure; not re-entrant. */

#include "daemon/session/history.h"

enum history_report_result {
    HISTORY_REPORT_DONE, /* all of it is written, or the plan asks for none */
    HISTORY_REPORT_MORE, /* the budget is spent */
    HISTORY_REPORT_NOMEM,
};

/* Continues it until *spent, to which what it takes is added, reaches the budget; at least one
 * unit of work. */
enum history_report_result history_report(struct history *history, struct batch *batch,
                                          size_t budget, size_t *spent);

#endif
