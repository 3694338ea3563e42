/* SPDX-License-Identifier: ISC */
#include "tests/support/refusals.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/reading.h"

char *refusals_read(const struct request_limits *limits, const char *text)
{
    return reading_all_ways(limits, text, strlen(text));
}

static void check_refusal(const struct request_limits *limits, const struct refusal *expected)
{
    char head[300], words[300];
    char *got = refusals_read(limits, expected->text);

    snprintf(head, sizeof(head), "%s|%s|", expected->code, expected->path);
    ck_assert_msg(strncmp(got, head, strlen(head)) == 0, "`%s`: %s, not %s", expected->text, got,
                  head);
    snprintf(words, sizeof(words), "%s", expected->words);
    for (char *word = strtok(words, "|"); word != NULL; word = strtok(NULL, "|"))
        ck_assert_msg(strstr(got + strlen(head), word) != NULL, "`%s`: no %s in %s", expected->text,
                      word, got);
    free(got);
}

void refusals_check(const struct request_limits *limits, const struct refusal *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_refusal(limits, &cases[i]);
}

void refusals_reads(const struct request_limits *limits, const char *text, const char *word,
                    const char *other)
{
    char *got = refusals_read(limits, text);

    ck_assert_msg(strstr(got, word) != NULL, "`%s`: no %s in %.300s", text, word, got);
    ck_assert_msg(other == NULL || strstr(got, other) != NULL, "`%s`: no %s in %.300s", text, other,
                  got);
    free(got);
}
