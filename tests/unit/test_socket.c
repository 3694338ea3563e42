/* SPDX-License-Identifier: ISC */
#include "daemon/net/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/check.h"

static struct socket_transport transport;
static int client;

static void set_up(void)
{
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    socket_init(&transport, pair[0]);
    client = pair[1];
}

static void tear_down(void)
{
    close(transport.fd);
    if (client >= 0)
        close(client);
}

static void client_sends(const char *text)
{
    ck_assert_int_eq(send(client, text, strlen(text), 0), (int)strlen(text));
}

/* Receives up to `room` bytes, which are these. */
static void receives(size_t room, const char *text)
{
    char in[64] = "";

    ck_assert_int_eq(transport.transport.ops->receive(&transport.transport, in, room),
                     (int)strlen(text));
    ck_assert_str_eq(in, text);
}

static void is_readable(bool readable, bool look_again, bool eof)
{
    ck_assert_int_eq(transport.transport.readable, readable);
    ck_assert_int_eq(transport.transport.look_again, look_again);
    ck_assert_int_eq(transport.transport.eof, eof);
}

START_TEST(where_nobody_watches_nothing_is_the_last)
{
    client_sends("abc");
    receives(10, "abc");
    is_readable(true, false, false);
    receives(10, "");
    is_readable(false, false, false);
}
END_TEST

START_TEST(less_than_there_was_room_for_is_the_last)
{
    transport.watched = true;
    client_sends("abcdef");
    receives(4, "abcd");
    is_readable(true, false, false);
    receives(4, "ef");
    is_readable(false, true, false);
    receives(4, "");
    is_readable(false, false, false);
    client_sends("abcd");
    receives(4, "abcd");
    is_readable(true, false, false);
}
END_TEST

START_TEST(behind_the_last_there_is_an_end)
{
    transport.watched = transport.ended = true;
    client_sends("ab");
    close(client);
    client = -1;
    receives(4, "ab");
    is_readable(true, false, false);
    receives(4, "");
    is_readable(false, false, true);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {where_nobody_watches_nothing_is_the_last, 1},
        {less_than_there_was_room_for_is_the_last, 1},
        {behind_the_last_there_is_an_end, 1},
    };

    return check_suite("socket", set_up, tear_down, tests, N(tests));
}
