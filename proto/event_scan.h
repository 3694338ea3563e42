/* SPDX-License-Identifier: ISC */
#ifndef WAITD_EVENT_SCAN_H
#define WAITD_EVENT_SCAN_H

/*
 * The most frequent events, those of jobs, read in one pass when they
 * are written exactly as proto/event.c writes them: members in its order, no
 * blanks, text of plain ASCII.  Everything else is left to
 * proto/event_reader.c, which reads any event there may be.  Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "proto/event_read.h"

/*
 * Reads one line with its line feed.  Returns whether it could; *event is then
 * what event_reader_read() would make of the line, its strings lying in it, and is
 * otherwise of no use.
 */
bool event_scan(const char *line, size_t len, struct event_read *event);

#endif
