/* SPDX-License-Identifier: ISC */
#ifndef WAITD_OPTION_HELP_H
#define WAITD_OPTION_HELP_H

/* What `--help` says of an option: `-t, --threads N` and its text behind, in 79 columns.
 * The shells' completions read these lines. */

#include <stdio.h>

#include "proto/options/option_table.h"

/* tail: put behind the text, or on a line of its own where it has no room; may be empty. */
void option_help_print(FILE *out, const struct option_row *row, const char *tail);

#endif
