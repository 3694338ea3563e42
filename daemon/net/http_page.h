/* SPDX-License-Identifier: ISC */
#ifndef WAITD_HTTP_PAGE_H
#define WAITD_HTTP_PAGE_H

/*
 * The page at `/`, and its parts at /page/NAME: the files of daemon/net/page/ and some
 * of the samples, as they are in the tree.
 */

#include <stddef.h>

struct http_page_file {
    const char *name, *type;
    const unsigned char *bytes;
    size_t len;
};

/* Made by daemon/net/page/embed.sh; the name of the last is NULL. */
extern const struct http_page_file http_page_files[];

#endif
