/* SPDX-License-Identifier: ISC */
#include "client/net/simulator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/bytes.h"
#include "tests/support/check.h"
#include "tests/support/rig.h"

/* What is computed in the client's own process, read line by line and under its limits, is what
 * the daemon's channel answers, to the byte; only `instance` is another's. */

static struct rig rig;
static struct bytes computed;

static void set_up(void)
{
    rig_init(&rig);
    rig.env.version = PACKAGE_VERSION;
    rig_open(&rig);
}

static void tear_down(void)
{
    rig_fini(&rig);
    bytes_fini(&computed);
}

/* Reads what there is, or lets the simulator work towards it. */
static void read_lines(struct simulator *simulator)
{
    char piece[4096];
    size_t len = simulator_read(simulator, piece, sizeof piece);

    bytes_add(&computed, piece, len);
    ck_assert(!computed.failed);
}

/* Puts the rig's instance in the place of that which was drawn. */
static void replace_instances(char *text)
{
    static const char member[] = "\"instance\":\"";

    while ((text = strstr(text, member)) != NULL) {
        text += sizeof member - 1;
        memcpy(text, rig.env.instance, strlen(rig.env.instance));
    }
}

/* Computes what the text asks for, which is given in pieces. */
static const char *compute(const char *text, size_t piece)
{
    struct simulator *simulator = simulator_new();
    size_t len = strlen(text), at = 0;

    ck_assert_ptr_nonnull(simulator);
    bytes_fini(&computed);
    while (at < len) {
        at += simulator_feed(simulator, text + at, len - at < piece ? len - at : piece);
        read_lines(simulator);
    }
    simulator_end_text(simulator);
    while (!simulator_is_drained(simulator)) {
        ck_assert(simulator_is_ready(simulator));
        read_lines(simulator);
    }
    simulator_free(simulator);
    bytes_add_char(&computed, '\0');
    replace_instances(computed.data + computed.start);
    return bytes_at(&computed);
}

#define V "\"clock\":\"virtual\""

static const char *const conversations[] = {
    "",
    "{" V ",\"jobs\":[]}",
    "{\"id\":\"tea\"," V ",\"jobs\":[{\"wait\":1},{\"name\":\"b\",\"wait\":0.5,\"data\":[1]}]}",
    "{" V ",\"events\":\"all\",\"jobs\":[{\"steps\":[{\"wait\":1,\"note\":\"n\"},{\"compute\":2}],"
    "\"fail\":true,\"retries\":2,\"backoff\":{\"initial\":1}},{\"compute\":3,\"name\":\"c\"}]}",
    "{" V ",\"events\":\"none\",\"jobs\":[{\"wait\":1,\"count\":1000}]}",
    "{" V ",\"jobs\":[{\"wait\":1}]}{" V ",\"jobs\":[{\"wait\":2}]}",
    "{" V
    ",\"report\":true,\"pools\":{\"db\":2},\"jobs\":[{\"name\":\"a\",\"compute\":1,\"count\":3},"
    "{\"after\":\"a\",\"compute\":2,\"pool\":\"db\"}]}",
    "{" V ",\"report\":true,\"events\":\"none\",\"jobs\":[{}]}{\"op\":\"cancel\",\"batch\":1}",
    "{\"op\":\"ping\"}{\"op\":\"ping\",\"id\":7}",
    "{\"op\":\"cancel\",\"batch\":1}{\"op\":\"cancel\",\"batch\":99999999999999999999,\"id\":"
    "\"x\"}",
    "{" V ",\"events\":\"all\",\"jobs\":[{\"wait\":1},{\"wait\":0}]}{\"op\":\"cancel\",\"batch\":1,"
    "\"id\":1}",
    "{" V ",\"events\":\"all\",\"jobs\":[{\"wait\":1,\"name\":\"a\"},{\"after\":\"a\"}]}"
    "{\"op\":\"cancel\",\"batch\":1,\"job\":0}",
    "{" V ",\"until\":\"first_done\",\"jobs\":[{\"wait\":1},{\"wait\":2}]}"
    "{\"op\":\"cancel\",\"batch\":1,\"job\":1,\"id\":\"c\"}",
    "{" V ",\"jobs\":[{\"wait\":1}]}{\"op\":\"cancel\",\"batch\":1,\"job\":1}",
    "{" V ",\"jobs\":[{}]}{\"op\":\"cancel\",\"batch\":1}",
    "{\"jobs\":[{\"wiat\":1}],\"id\":\"late\"} {\"op\":\"nap\"} 12",
    "{" V ",\"jobs\":[{\"count\":1000001}]}{" V ",\"jobs\":[{\"wait\":\"721h\"}]}",
    "{" V ",\"jobs\":[{}]}{\"op\":\"quit\"}{\"op\":\"ping\"}",
    "{" V ",\"jobs\":[{\"wait\":1}]}]{\"op\":\"ping\"}",
    "{" V ",\"jobs\":[{\"wait\":1}",
    "{\"op\":\"forecast\",\"id\":\"f\",\"runs\":40,\"events\":\"all\",\"jobs\":[{\"name\":\"a\","
    "\"wait\":{\"dist\":\"exponential\",\"mean\":1}}]}",
    "{\"op\":\"forecast\",\"runs\":3,\"jobs\":[]}",
    "{\"op\":\"forecast\",\"runs\":0,\"jobs\":[]}",
    "{" V ",\"jobs\":[{\"wait\":1}]}\n{" V ",\"jobs\":[{\"wait\":2}]}\n{\"op\":\"ping\"}\n",
};

START_TEST(answers_are_the_daemon_s_to_the_byte)
{
    rig_send(&rig, conversations[_i]);
    rig_end_input(&rig);
    rig_finish(&rig);
    ck_assert_str_eq(compute(conversations[_i], SIZE_MAX), rig.out);
}
END_TEST

START_TEST(pieces_make_no_difference)
{
    struct bytes whole = {0};

    bytes_add_string(&whole, compute(conversations[3], SIZE_MAX));
    bytes_add_char(&whole, '\0');
    for (size_t piece = 1; piece < strlen(conversations[3]); piece++)
        ck_assert_str_eq(compute(conversations[3], piece), bytes_at(&whole));
    bytes_fini(&whole);
}
END_TEST

START_TEST(many_batches_are_read_no_faster_than_they_are_done)
{
    static const char request[] =
        "{" V ",\"events\":\"none\",\"jobs\":[{\"wait\":1,\"count\":400000}]}";
    struct simulator *simulator = simulator_new();
    size_t taken = 0;

    for (int i = 0; i < 10; i++)
        taken += simulator_feed(simulator, request, sizeof request - 1);
    ck_assert_uint_eq(taken, 3 * (sizeof request - 1));
    ck_assert(!simulator_wants_text(simulator));
    for (int i = 0; i < 1000 && !simulator_wants_text(simulator); i++)
        read_lines(simulator);
    ck_assert(simulator_wants_text(simulator));
    simulator_free(simulator);
}
END_TEST

/* Asks for what takes long, looks after some calls that it goes on, and ends it. */
static void end_soon(const char *request, const char *ends, const char *answer)
{
    struct simulator *simulator = simulator_new();
    size_t len = strlen(ends);

    ck_assert_uint_eq(simulator_feed(simulator, request, strlen(request)), strlen(request));
    for (int i = 0; i < 10; i++)
        read_lines(simulator);
    ck_assert(simulator_is_ready(simulator));
    ck_assert(!simulator_wants_text(simulator));
    simulator_interrupt(simulator);
    ck_assert_uint_eq(simulator_feed(simulator, ends, len), len);
    simulator_end_text(simulator);
    while (!simulator_is_drained(simulator)) {
        read_lines(simulator);
    }
    simulator_free(simulator);
    bytes_add_char(&computed, '\0');
    ck_assert_msg(strstr(bytes_at(&computed), answer) != NULL, "%s", bytes_at(&computed));
}

START_TEST(a_forecast_can_be_ended_soon)
{
    end_soon(
        "{\"op\":\"forecast\",\"id\":\"f\",\"runs\":10000,\"jobs\":[{\"wait\":1,\"count\":100000}]"
        "}",
        "",
        "{\"event\":\"error\",\"code\":\"cancelled\",\"message\":\"the forecast was cancelled by "
        "request\",\"id\":\"f\"}\n");
}
END_TEST

/* However many jobs wait: else no cancel would be read either. */
START_TEST(the_largest_batches_can_be_ended_soon)
{
    static const char large[] =
        "{" V ",\"events\":\"none\",\"jobs\":[{\"wait\":1,\"repeat\":1000,\"count\":1000000}]}";
    char two[2 * sizeof large];

    snprintf(two, sizeof two, "%s%s", large, large);
    end_soon(two, "{\"op\":\"cancel\",\"batch\":1}{\"op\":\"cancel\",\"batch\":2}",
             "{\"event\":\"cancelled\",\"batch\":2,\"jobs\":1000000}\n");
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {answers_are_the_daemon_s_to_the_byte, N(conversations)},
        {pieces_make_no_difference, 1},
        {many_batches_are_read_no_faster_than_they_are_done, 1},
        {a_forecast_can_be_ended_soon, 1},
        {the_largest_batches_can_be_ended_soon, 1},
    };

    return check_suite("simulator", set_up, tear_down, tests, N(tests));
}
