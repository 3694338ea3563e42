/* SPDX-License-Identifier: ISC */
#include "daemon/store/digest.h"

#include <sha2.h>

#ifdef HAVE_OPENSSL
#include <openssl/sha.h>
#endif

static void digest_by_libmd(const void *bytes, size_t len, uint8_t *out)
{
    SHA2_CTX context;

    SHA256Init(&context);
    SHA256Update(&context, bytes, len);
    SHA256Final(out, &context);
}

void digest_of(const void *bytes, size_t len, uint8_t out[DIGEST_BYTES])
{
#ifdef HAVE_OPENSSL
    if (SHA256(bytes, len, out) != NULL) /* else out of memory */
        return;
#endif
    digest_by_libmd(bytes, len, out);
}
