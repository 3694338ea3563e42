/* SPDX-License-Identifier: ISC */
#include "daemon/store/wal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES       32
#define FRAME_HEADER_BYTES 24
#define MAGIC              UINT32_C(0x377f0682) /* its lowest bit: checksums are big-endian */
#define PAGE_BYTES_LEAST   512
#define PAGE_BYTES_MOST    65536

/* Commits behind a bad frame that one torn transaction cannot account for. */
#define COMMITS_OF_DAMAGE 2

struct wal {
    FILE *file;
    bool big_endian; /* the words that checksums are made of */
    uint32_t page_bytes;
    uint8_t salt[8];
    uint32_t sum[2]; /* of all up to here */
    uint8_t frame[FRAME_HEADER_BYTES + PAGE_BYTES_MOST];
};

static uint32_t big_word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t word(const struct wal *wal, const uint8_t *at)
{
    return wal->big_endian ? big_word(at) : __builtin_bswap32(big_word(at));
}

/* The format's own checksum, which continues that of what precedes. */
static void add_to_sum(struct wal *wal, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        wal->sum[0] += word(wal, bytes + i) + wal->sum[1];
        wal->sum[1] += word(wal, bytes + i + 4) + wal->sum[0];
    }
}

static bool sum_is(const struct wal *wal, const uint8_t *at)
{
    return big_word(at) == wal->sum[0] && big_word(at + 4) == wal->sum[1];
}

/* Whether the header is whole: that of a log which nothing was made safe in may be torn. */
static bool read_header(struct wal *wal)
{
    uint8_t header[HEADER_BYTES];
    uint32_t page_bytes;

    if (fread(header, HEADER_BYTES, 1, wal->file) != 1)
        return false;
    page_bytes = big_word(header + 8);
    if ((big_word(header) & ~UINT32_C(1)) != MAGIC || page_bytes < PAGE_BYTES_LEAST ||
        page_bytes > PAGE_BYTES_MOST || (page_bytes & (page_bytes - 1)) != 0)
        return false;
    wal->big_endian = (big_word(header) & 1) != 0;
    wal->page_bytes = page_bytes;
    memcpy(wal->salt, header + 16, sizeof(wal->salt));
    add_to_sum(wal, header, 24);
    return sum_is(wal, header + 24);
}

static bool read_frame(struct wal *wal)
{
    return fread(wal->frame, FRAME_HEADER_BYTES + wal->page_bytes, 1, wal->file) == 1;
}

/* The log is written over from its beginning with another salt each time. */
static bool is_of_this_log(const struct wal *wal)
{
    return memcmp(wal->frame + 8, wal->salt, sizeof(wal->salt)) == 0;
}

static bool is_good(struct wal *wal)
{
    if (!is_of_this_log(wal))
        return false;
    add_to_sum(wal, wal->frame, 8);
    add_to_sum(wal, wal->frame + FRAME_HEADER_BYTES, wal->page_bytes);
    return sum_is(wal, wal->frame + 16);
}

static bool is_commit(const struct wal *wal)
{
    return is_of_this_log(wal) && big_word(wal->frame + 4) != 0;
}

static unsigned count_commits(struct wal *wal)
{
    unsigned commits = 0;

    while (commits < COMMITS_OF_DAMAGE && read_frame(wal))
        commits += is_commit(wal);
    return commits;
}

/* The first bad frame, from 1, and how many commits are behind it: one torn
 * transaction has at most one. */
static unsigned commits_behind(struct wal *wal, uint64_t *bad)
{
    *bad = 1;
    while (read_frame(wal) && is_good(wal))
        ++*bad;
    return count_commits(wal);
}

/* The same where the header is bad: its 32 bytes lie in one sector and are written
 * before any frame, so what is behind it was a log. */
static unsigned commits_without_header(struct wal *wal, uint64_t *bad)
{
    *bad = 0;
    wal->page_bytes = WAL_PAGE_BYTES;
    if (fseek(wal->file, HEADER_BYTES, SEEK_SET) != 0 || !read_frame(wal))
        return 0;
    memcpy(wal->salt, wal->frame + 8, sizeof(wal->salt));
    if (fseek(wal->file, HEADER_BYTES, SEEK_SET) != 0)
        return 0;
    return count_commits(wal);
}

enum wal_state wal_check(const char *path, uint64_t *frame)
{
    struct wal *wal;
    enum wal_state state = WAL_SOUND;
    unsigned commits;
    uint64_t bad;
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return errno == ENOENT ? WAL_SOUND : WAL_UNREADABLE;
    wal = calloc(1, sizeof(*wal));
    if (wal == NULL) {
        fclose(file);
        return WAL_UNREADABLE;
    }
    wal->file = file;
    commits = read_header(wal) ? commits_behind(wal, &bad) : commits_without_header(wal, &bad);
    if (commits >= COMMITS_OF_DAMAGE) {
        state = WAL_DAMAGED;
        if (frame != NULL)
            *frame = bad;
    }
    if (ferror(file))
        state = WAL_UNREADABLE;
    fclose(file);
    free(wal);
    return state;
}
