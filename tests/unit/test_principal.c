/* SPDX-License-Identifier: ISC */

/* Who is who, and who may see whose. */

#include <string.h>

#include "daemon/session/principal.h"
#include "tests/support/check.h"

START_TEST(four_forms_name_a_principal)
{
    static const char *const names[] = {"local", "unix:0", "unix:1000", "token:ci",
                                        "cert:CN=a b,O=\\C3\\A9"};
    static const char *const others[] = {
        "",       "Local", "local:", "unix:",     "unix:-1", "unix:1a",
        "token:", "cert:", "uid:5",  "token:a\n", "root",    "cert:\xc3\xa9"};

    for (size_t i = 0; i < N(names); i++)
        ck_assert_msg(principal_is_name(names[i]), "%s", names[i]);
    for (size_t i = 0; i < N(others); i++)
        ck_assert_msg(!principal_is_name(others[i]), "%s", others[i]);
}
END_TEST

START_TEST(a_name_has_255_bytes_at_most)
{
    char name[PRINCIPAL_NAME_MAX + 2] = "cert:";

    memset(name + 5, 'x', PRINCIPAL_NAME_MAX - 5);
    ck_assert(principal_is_name(name));
    name[PRINCIPAL_NAME_MAX] = 'x';
    ck_assert(!principal_is_name(name));
}
END_TEST

START_TEST(each_sees_its_own_and_an_administrator_all)
{
    struct principal *alice = principal_new("token:alice", false);
    struct principal *also_alice = principal_new("token:alice", false);
    struct principal *bob = principal_new("token:bob", false);
    struct principal *admin = principal_new("unix:0", true);

    ck_assert(principal_may_see(alice, alice));
    ck_assert(principal_may_see(alice, also_alice));
    ck_assert(!principal_may_see(alice, bob));
    ck_assert(!principal_may_see(alice, admin));
    ck_assert(principal_may_see(admin, alice));
    ck_assert(principal_may_see(NULL, alice));
    ck_assert_ptr_eq(principal_hold(alice), alice);
    principal_release(alice);
    principal_release(alice);
    principal_release(also_alice);
    principal_release(bob);
    principal_release(admin);
    principal_release(principal_hold(NULL));
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {four_forms_name_a_principal, 1},
        {a_name_has_255_bytes_at_most, 1},
        {each_sees_its_own_and_an_administrator_all, 1},
    };

    return check_suite("principal", NULL, NULL, tests, N(tests));
}
