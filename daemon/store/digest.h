/* SPDX-License-Identifier: ISC */
#ifndef WAITD_STORE_DIGEST_H
#define WAITD_STORE_DIGEST_H

/*
 * The SHA-256 of what is stored (FIPS 180-4): by OpenSSL where that is there, whose code
 * uses what the processor has for it (four times as fast, which is felt with requests of
 * megabytes), else by libmd.  Re-entrant.
 */

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32

void digest_of(const void *bytes, size_t len, uint8_t out[DIGEST_BYTES]);

#endif
