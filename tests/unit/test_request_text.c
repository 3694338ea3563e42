/* SPDX-License-Identifier: ISC */

/* The text that is kept of a detached batch, and compared under its key: the request as it came,
 * less the blanks between its tokens and less its `id` and `key`; however it is cut. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/reading.h"

/* Reads it in all ways, which come to the same. */
static void expect(const char *request, const char *text)
{
    char *reading = reading_all_ways(&reading_limits, request, strlen(request));
    const char *kept = strstr(reading, " text=");

    if (text == NULL) {
        ck_assert_msg(kept == NULL, "%s", reading);
    } else {
        ck_assert_msg(kept != NULL, "%s", reading);
        ck_assert_msg(strncmp(kept + 6, text, strlen(text)) == 0 && kept[6 + strlen(text)] == '\n',
                      "of %s: %s", request, kept);
    }
    free(reading);
}

START_TEST(blanks_between_tokens_go)
{
    expect(
        " { \"detach\" :\ttrue ,\r\n\"jobs\" : [ { \"wait\" : 1.50 , \"after\" : [ ] } , { } ] } ",
        "{\"detach\":true,\"jobs\":[{\"wait\":1.50,\"after\":[]},{}]}");
    expect("{\"detach\":true,\"jobs\":[]}", "{\"detach\":true,\"jobs\":[]}");
    expect("{\"jobs\":[{\"data\": [ true , null , -0.0e+1 ,\"\" ]} ],\"detach\":true}",
           "{\"jobs\":[{\"data\":[true,null,-0.0e+1,\"\"]}],\"detach\":true}");
}
END_TEST

START_TEST(strings_stay_as_they_are)
{
    expect("{\"detach\":true,\"jobs\":[{\"name\":\" a , } \\\" \\\\\"} , {\"data\":\"\\u0020 [ "
           "\\\\\\\" \"}]}",
           "{\"detach\":true,\"jobs\":[{\"name\":\" a , } \\\" \\\\\"},{\"data\":\"\\u0020 [ "
           "\\\\\\\" \"}]}");
    expect("{\"jobs\":[{\"name\":\"\xc3\xa9\"}],\"det\\u0061ch\":true}",
           "{\"jobs\":[{\"name\":\"\xc3\xa9\"}],\"det\\u0061ch\":true}");
}
END_TEST

START_TEST(id_and_key_go_wherever_they_stand)
{
    static const char text[] = "{\"detach\":true,\"jobs\":[{}]}";

    expect("{\"id\":1,\"detach\":true,\"jobs\":[{}]}", text);
    expect("{\"detach\":true, \"id\" : \"a,\\\"}\" , \"jobs\":[{}]}", text);
    expect("{\"detach\":true,\"jobs\":[{}],\"id\":7}", text);
    expect("{\"key\":\"k\",\"detach\":true,\"id\":7,\"jobs\":[{}]}", text);
    expect("{\"id\":7,\"key\":\"k\",\"detach\":true,\"jobs\":[{}]}", text);
    expect("{\"detach\":true,\"jobs\":[{}],\"id\":7,\"\\u006bey\":\"k , [\"}", text);
}
END_TEST

START_TEST(those_of_jobs_and_data_stay)
{
    expect("{\"detach\":true,\"key\":\"k\",\"jobs\":[{\"data\":{\"id\": 1,\"key\":{\"id\":[2]}}}]}",
           "{\"detach\":true,\"jobs\":[{\"data\":{\"id\":1,\"key\":{\"id\":[2]}}}]}");
}
END_TEST

START_TEST(of_other_requests_nothing_is_kept)
{
    expect("{\"jobs\":[]}", NULL);
    expect("{\"detach\":false,\"jobs\":[]}", NULL);
    expect("[{\"wait\":1}]", NULL);
    expect("{\"op\":\"ping\"}", NULL);
}
END_TEST

/* Longer than what is taken at a time. */
START_TEST(a_long_one_is_kept_whole)
{
    static const char job[] = " { \"name\" : \"a b\" , \"wait\" : 1 } ,",
                      kept[] = "{\"name\":\"a b\",\"wait\":1},";
    const size_t n = 20000;
    char *request = malloc(n * sizeof(job) + 64), *text = malloc(n * sizeof(kept) + 64);
    char *in = request, *out = text;

    ck_assert(request != NULL && text != NULL);
    in += sprintf(in, "{\"id\":1 , \"detach\":true,\"jobs\":[");
    out += sprintf(out, "{\"detach\":true,\"jobs\":[");
    for (size_t i = 0; i < n; i++) {
        in = stpcpy(in, job);
        out = stpcpy(out, kept);
    }
    strcpy(in, "{}]}");
    strcpy(out, "{}]}");
    expect(request, text);
    free(request);
    free(text);
}
END_TEST

static uint32_t draw(uint32_t *state, uint32_t n)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 8) % n;
}

/* Whatever stands wherever in the blocks that are taken at a time: strings of every length, with
 * all that means something outside of them, brackets that open and close, and blanks or none. */
START_TEST(blocks_are_taken_as_their_bytes_are)
{
    static const char *const tokens[] = {
        "[],",   "[[[]]],",   "{},",   "{\"a\":[{}]},",      "1.5e1,", "\" [ { , } ] \",",
        "\"\",", "\"\\\\\",", "true,", "\"\\\" a\\\\\\\"\","};
    static const char blanks[] = " \t\n\r", filler[] = "abcdefghijklmnopqrstuvwxyz {}[],:";
    uint32_t state = (uint32_t)_i;
    char request[8192], text[8192], string[64], *in, *out;

    in = stpcpy(request, "{\"detach\":true,\"id\":1,\"jobs\":[{\"data\":[");
    out = stpcpy(text, "{\"detach\":true,\"jobs\":[{\"data\":[");
    for (int i = 0; i < 40; i++) {
        const char *token = tokens[draw(&state, N(tokens))];

        for (uint32_t n = draw(&state, 2) * draw(&state, 20); n > 0; n--)
            *in++ = blanks[draw(&state, 4)];
        in = stpcpy(in, token);
        out = stpcpy(out, token);
        snprintf(string, sizeof(string), "\"%.*s\",", (int)draw(&state, 33), filler);
        in = stpcpy(in, string);
        out = stpcpy(out, string);
    }
    strcpy(in, "0]}]}");
    strcpy(out, "0]}]}");
    expect(request, text);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {blanks_between_tokens_go, 1},
        {strings_stay_as_they_are, 1},
        {id_and_key_go_wherever_they_stand, 1},
        {those_of_jobs_and_data_stay, 1},
        {of_other_requests_nothing_is_kept, 1},
        {a_long_one_is_kept_whole, 1},
        {blocks_are_taken_as_their_bytes_are, 60},
    };
    Suite *suite = suite_create("request_text");

    tcase_set_timeout(check_case(suite, "request_text", NULL, NULL, tests, N(tests)), 60);
    return suite;
}
