/* Lists of brokers as people write them: ports by default, IPv6, blanks, protocols; and what is wrong
 * is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/endpoint.h"

static void expect(const char *text, const char *formatted)
{
    struct endpoints e;
    char why[ENDPOINT_WHY_LEN] = "";
    assert_int_equal(endpoints_parse(text, &e, why), 0);
    char all[1024] = "";
    size_t len = 0;
    for (size_t i = 0; i < e.cnt; i++) {
        char one[ENDPOINT_TEXT_LEN];
        len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s", i == 0 ? "" : " ",
                                endpoint_format(&e.at[i], one));
    }
    assert_string_equal(all, formatted);
}

static void expect_bad(const char *text, const char *word)
{
    struct endpoints e;
    char why[ENDPOINT_WHY_LEN] = "";
    assert_int_equal(endpoints_parse(text, &e, why), ERR_INVALID);
    if (strstr(why, word) == NULL) {
        fail_msg("'%s' says nothing of '%s'", why, word);
    }
}

static void test_good_lists(void **state)
{
    (void)state;
    expect("localhost:9092", "localhost:9092");
    expect("localhost", "localhost:9092");
    expect("a:1,b:65535", "a:1 b:65535");
    expect(" a:1 , b , ", "a:1 b:9092");
    expect("[::1]:9093", "[::1]:9093");
    expect("[::1]", "[::1]:9092");
    expect("fe80::1", "[fe80::1]:9092");
    expect("PLAINTEXT://host.example:1234", "host.example:1234");
    expect("PLAINTEXT://[::1]:1234", "[::1]:1234");
}

static void test_bad_lists(void **state)
{
    (void)state;
    expect_bad("", "no broker");
    expect_bad(" , ", "no broker");
    expect_bad("host:", "port");
    expect_bad("host:0", "port");
    expect_bad("host:65536", "port");
    expect_bad("host:99999999999", "port");
    expect_bad("host:12a", "port");
    expect_bad("host:-1", "port");
    expect_bad(":9092", "host");
    expect_bad("[::1", "brackets");
    expect_bad("[::1]x", "brackets");
    expect_bad("[]:1", "host");
    expect_bad("a b:1", "host");
    expect_bad("PLAINTEXT://", "host");
}

static void test_limits(void **state)
{
    (void)state;
    char text[HOST_NAME_LEN_MAX + 8];
    memset(text, 'a', sizeof(text));
    text[HOST_NAME_LEN_MAX + 1] = '\0';
    expect_bad(text, "host");

    char many[(ENDPOINTS_MAX + 1) * 4 + 1] = "";
    for (int i = 0; i <= ENDPOINTS_MAX; i++) {
        memcpy(many + (size_t)i * 4, "a:1,", 5);
    }
    expect_bad(many, "more than");
}

static void test_failure_leaves_result_alone(void **state)
{
    (void)state;
    struct endpoints e = {.cnt = 7};
    char why[ENDPOINT_WHY_LEN];
    assert_int_equal(endpoints_parse("a:1,b:x", &e, why), ERR_INVALID);
    assert_int_equal(e.cnt, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_lists),
        cmocka_unit_test(test_bad_lists),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_failure_leaves_result_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
