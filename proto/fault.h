/* SPDX-License-Identifier: ISC */
#ifndef WAITD_FAULT_H
#define WAITD_FAULT_H

/*
 * Why a request is refused: the code that scripts look at, one sentence for a
 * person, and the path into the request, as jq writes it less the leading dot.
 * Both texts are plain UTF-8, not yet escaped for JSON.  Pure.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_code {
    FAULT_NONE,
    FAULT_BAD_JSON,
    FAULT_INVALID_REQUEST,
    FAULT_TOO_LARGE,
    FAULT_OVERLOADED,
    FAULT_NOT_FOUND,
    FAULT_SHUTTING_DOWN,
    FAULT_CANCELLED, /* a forecast, by request */
    FAULT_CONFLICT,
    FAULT_GONE,
    FAULT_UNAVAILABLE,
    FAULT_UNAUTHORIZED, /* who the client is it has not proved */
};

#define FAULT_CODES (FAULT_UNAUTHORIZED + 1)

/* At most 64 bytes of the client's text are quoted in a message. */
#define FAULT_QUOTE_MAX   64
#define FAULT_MESSAGE_MAX 384
#define FAULT_PATH_MAX    256

/* The length of a path in an event, where quotes and backslashes are escaped. */
#define FAULT_PATH_ESCAPED_MAX 320

struct fault {
    enum fault_code code;
    uint64_t offset; /* in the stream: of two faults the earlier one is reported */
    char message[FAULT_MESSAGE_MAX];
    char path[FAULT_PATH_MAX]; /* empty for none */
};

/* The code as an `error` event has it: `bad_json` and so on. */
const char *fault_code_name(enum fault_code code);

/*
 * Sets *fault unless it already has one at or before `offset`.
 * The message is made as by printf and cut, at a whole character, to what
 * fits.  Returns whether it was set; the path is then empty.
 */
bool fault_set(struct fault *fault, enum fault_code code, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool fault_vset(struct fault *fault, enum fault_code code, uint64_t offset, const char *format,
                va_list arguments) __attribute__((format(printf, 4, 0)));

/*
 * Copies at most FAULT_QUOTE_MAX bytes of text, cut at a whole character and
 * with `…` behind it where it was cut, into out; control characters, lone
 * surrogates and whatever is not UTF-8 are written as escapes.  For use as a
 * %s argument.
 */
#define FAULT_QUOTE_SIZE (FAULT_QUOTE_MAX + 4)
const char *fault_quote(char out[FAULT_QUOTE_SIZE], const char *text, size_t len);

#endif
