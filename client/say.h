/* SPDX-License-Identifier: ISC */
#ifndef WAITD_SAY_H
#define WAITD_SAY_H

/*
 * What waitctl tells people on standard error: one line, `waitctl: ` in front,
 * in one write.  Control characters in it are shown as escapes.
 */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
