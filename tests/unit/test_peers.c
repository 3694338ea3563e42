/* SPDX-License-Identifier: ISC */
#include "daemon/net/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/check.h"

static struct peers *peers;

static void set_up(void)
{
    peers = peers_new();
    ck_assert_ptr_nonnull(peers);
}

static void tear_down(void)
{
    peers_free(peers);
}

static struct peer *find_v4(uint32_t number)
{
    struct address from = {.len = sizeof(struct sockaddr_in)};
    struct sockaddr_in *in = (struct sockaddr_in *)&from.room;

    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(number);
    in->sin_port = htons((uint16_t)(number * 7));
    return peers_find(peers, &from, -1);
}

static struct peer *find_v6(const char *text)
{
    struct address from = {.len = sizeof(struct sockaddr_in6)};
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&from.room;

    in6->sin6_family = AF_INET6;
    ck_assert_int_eq(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
    return peers_find(peers, &from, -1);
}

START_TEST(an_address_has_so_many_connections)
{
    struct peer *peer = find_v4(0x7f000001);

    ck_assert(peers_join(peer, 2));
    ck_assert(peers_join(find_v4(0x7f000001), 2));
    ck_assert(!peers_join(find_v4(0x7f000001), 2));
    ck_assert(peers_join(find_v4(0x7f000002), 2));
    peers_leave(peer);
    ck_assert(peers_join(find_v4(0x7f000001), 2));
    ck_assert(!peers_join(peer, 2));
    ck_assert(!peers_join(peer, 1)); /* the limit has sunk */
    ck_assert(peers_join(peer, 0));
    ck_assert_str_eq(peers_noun(peer), "address");
    peers_leave(NULL);
}
END_TEST

START_TEST(ipv6_counts_by_64_bits_and_mapped_ipv4_as_ipv4)
{
    struct peer *peer = find_v6("2001:db8:1:2:3:4:5:6");

    ck_assert_ptr_eq(find_v6("2001:db8:1:2::1"), peer);
    ck_assert_ptr_ne(find_v6("2001:db8:1:3::1"), peer);
    ck_assert_ptr_eq(find_v6("::ffff:192.0.2.1"), find_v4(0xc0000201));
    ck_assert_ptr_ne(find_v6("::ffff:192.0.2.1"), find_v4(0xc0000202));
    ck_assert_str_eq(peers_noun(peer), "/64 network");
}
END_TEST

START_TEST(unix_sockets_count_by_user)
{
    struct address from = {.len = sizeof(sa_family_t), .any.sa_family = AF_UNIX};
    int pair[2];
    struct peer *peer;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    peer = peers_find(peers, &from, pair[0]);
    ck_assert_str_eq(peers_noun(peer), "user");
    ck_assert_ptr_eq(peers_find(peers, &from, pair[1]), peer);
    ck_assert_ptr_ne(peers_find(peers, &from, -1), peer); /* of whom nothing is known */
    ck_assert_ptr_ne(find_v4(getuid()), peer);
    close(pair[0]);
    close(pair[1]);
}
END_TEST

START_TEST(those_that_have_left_are_forgotten_and_the_others_are_not)
{
    enum { STAYING = 100, PASSING = 20000 };
    struct peer *staying[STAYING];

    for (uint32_t i = 0; i < STAYING; i++) {
        staying[i] = find_v4(i);
        ck_assert(peers_join(staying[i], 1));
    }
    for (uint32_t i = 0; i < PASSING; i++) {
        struct peer *peer = find_v4(1000 + i);

        ck_assert_ptr_nonnull(peer);
        ck_assert(peers_join(peer, 1));
        peers_leave(peer);
    }
    for (uint32_t i = 0; i < STAYING; i++) {
        ck_assert_ptr_eq(find_v4(i), staying[i]);
        ck_assert(!peers_join(staying[i], 1));
    }
    ck_assert_uint_lt(peers_known(peers), 4 * STAYING);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {an_address_has_so_many_connections, 1},
        {ipv6_counts_by_64_bits_and_mapped_ipv4_as_ipv4, 1},
        {unix_sockets_count_by_user, 1},
        {those_that_have_left_are_forgotten_and_the_others_are_not, 1},
    };

    return check_suite("peers", set_up, tear_down, tests, N(tests));
}
