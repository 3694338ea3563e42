/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_DRAWING_H
#define WAITD_TESTS_DRAWING_H

#include "client/base/bytes.h"
#include "client/timeline/timeline.h"

/* A timeline's rows and legend as text, in ASCII and without colours, in so many columns behind
 * those of labels.  In out, which is emptied first. */
const char *drawing_text(struct timeline *timeline, struct bytes *out, unsigned label_columns,
                         unsigned columns, unsigned rows, int64_t span_ns, int64_t now_ns);

#endif
