/* SPDX-License-Identifier: ISC */
#ifndef WAITD_IMPORT_NAMES_H
#define WAITD_IMPORT_NAMES_H

#include <stddef.h>

#include "proto/names.h"

/* A set of names under a random key, which takes up to `room` of them; to be freed
 * with names_free().  NULL when memory ran out, or room is 2^32 - 1 or more. */
struct names *import_names_new(size_t room);

#endif
