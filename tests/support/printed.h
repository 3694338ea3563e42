/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_PRINTED_H
#define WAITD_TESTS_PRINTED_H

/* What is printed to a stream, as text. */

#include <stdio.h>

/* What a function prints; to be freed. */
char *printed(void (*print)(FILE *out));

#endif
