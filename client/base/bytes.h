/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BYTES_H
#define WAITD_BYTES_H

/*
 * Bytes on their way: appended at the end, taken from the front.  All zero is
 * an empty one.  When out of memory what is appended is dropped and `failed`
 * stays set, so that a whole text can be put together and looked at once.
 */

#include <stdbool.h>
#include <stddef.h>

struct bytes {
    char *data;
    size_t start, end, room;
    bool failed;
};

void bytes_fini(struct bytes *bytes); /* leaves it empty, fit to be used again */
void bytes_add(struct bytes *bytes, const char *data, size_t len);
void bytes_add_string(struct bytes *bytes, const char *string);
void bytes_add_char(struct bytes *bytes, char c);
void bytes_add_format(struct bytes *bytes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for len bytes at the end, to be written and then claimed by
 * bytes_commit(); NULL when out of memory. */
static inline char *bytes_reserve(struct bytes *bytes, size_t len);
static inline void bytes_commit(struct bytes *bytes, size_t len);

/* Takes len bytes, at most all, from the front. */
void bytes_consume(struct bytes *bytes, size_t len);

/* The room of bytes_reserve() where there is none yet. */
char *bytes_grow(struct bytes *bytes, size_t len);

static inline char *bytes_reserve(struct bytes *bytes, size_t len)
{
    return bytes->data != NULL && bytes->room - bytes->end >= len ? bytes->data + bytes->end
                                                                  : bytes_grow(bytes, len);
}

static inline void bytes_commit(struct bytes *bytes, size_t len)
{
    bytes->end += len;
}

static inline const char *bytes_at(const struct bytes *bytes)
{
    return bytes->data != NULL ? bytes->data + bytes->start : "";
}

static inline size_t bytes_len(const struct bytes *bytes)
{
    return bytes->end - bytes->start;
}

#endif
