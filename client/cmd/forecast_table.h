/* SPDX-License-Identifier: ISC */
#ifndef WAITD_FORECAST_TABLE_H
#define WAITD_FORECAST_TABLE_H

/* A forecast for people to read: percentiles, a histogram, what was critical; and rows
 * of what varies.  Pure. */

#include "client/base/bytes.h"
#include "client/cmd/vary.h"
#include "proto/figures.h"

struct forecast_table {
    const char *title; /* of the batch */
    unsigned columns;  /* that a line may take */
    bool is_utf8;      /* else ASCII alone */
};

/* Appends all that is known of one forecast.  runs: each of figures->runs. */
void forecast_table_append(const struct forecast_table *table, const struct plan *plan,
                           const struct forecast_figures *figures, const struct forecast_run *runs,
                           struct bytes *out);

/* Appends what is above the rows of what varies, one of them, i of these figures, and
 * what is below: the point from which more brings little. */
void forecast_table_begin_rows(const struct forecast_table *table, const struct vary *vary,
                               const struct forecast_figures *figures, struct bytes *out);
void forecast_table_append_row(const struct forecast_table *table, const struct vary *vary,
                               size_t i, const struct forecast_figures *figures, struct bytes *out);
void forecast_table_end_rows(const struct vary *vary, const struct forecast_figures *figures,
                             struct bytes *out);

#endif
