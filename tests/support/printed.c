/* SPDX-License-Identifier: ISC */
#include "tests/support/printed.h"

#include "tests/support/check.h"

char *printed(void (*print)(FILE *out))
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    ck_assert_ptr_nonnull(out);
    print(out);
    fclose(out);
    return text;
}
