/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SAY_H
#define WAITD_SAY_H

#include <stdbool.h>

/*
 * What waitctl says to people on standard error: one line, `waitctl: ` in front,
 * in one write.  Control characters in it are shown as escapes.
 */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same as say() with `below` behind it unchanged: whole lines, fit for a terminal. */
struct bytes;
void say_with(const struct bytes *below, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends what was written to stdio's standard output.  Returns whether it could be
 * written, or nobody is there to read it; else that is reported. */
bool say_output(void);

#endif
