/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SAY_H
#define WAITD_SAY_H

/*
 * What waitctl tells people on standard error: one line, `waitctl: ` in front,
 * in one write.  Control characters in it are shown as escapes.
 */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with `below` behind it as it stands: whole lines, fit for a terminal. */
struct bytes;
void say_with(const struct bytes *below, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
