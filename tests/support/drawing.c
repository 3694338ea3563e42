/* SPDX-License-Identifier: ISC */
#include "tests/support/drawing.h"

#include "client/timeline/timeline_draw.h"
#include "client/timeline/timeline_internal.h"
#include "tests/support/check.h"

const char *drawing_text(struct timeline *timeline, struct bytes *out, unsigned label_columns,
                         unsigned columns, unsigned rows, int64_t span_ns, int64_t now_ns)
{
    const struct terminal terminal = {.columns = 80, .rows = 24};
    struct timeline_style style = {
        .terminal = &terminal, .columns = 80, .label_columns = label_columns};
    struct timeline_seen seen = {0};
    struct timeline_grid grid;

    ck_assert_int_eq(timeline_layout(timeline, columns, rows, span_ns, now_ns, &grid), 0);
    bytes_fini(out);
    timeline_draw_grid(out, &style, &grid, &seen);
    timeline_draw_legend(out, &style, &seen);
    timeline_layout_fini(&grid);
    bytes_add_char(out, '\0');
    return bytes_at(out);
}
