/* Where a broker listens decides who can reach it, so every form and every mistake is held here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "model/listener.h"

static struct listeners bound;
static struct listeners told;
static struct setting_why why;

/* Reads the lists with up to three settings given (NULL: left alone). */
static int read(const char *listeners, const char *advertised, const char *map, const char *inter)
{
    const char *const names[] = {"listeners", "advertised.listeners",
                                 "listener.security.protocol.map", "inter.broker.listener.name"};
    const char *const values[] = {listeners, advertised, map, inter};
    struct settings *s;
    int rc;

    assert_int_equal(settings_new(&s), 0);
    for (size_t i = 0; i < ARRAY_CNT(names); i++) {
        if (values[i] != NULL) {
            assert_int_equal(settings_set(s, slice_cstr(names[i]), slice_cstr(values[i]),
                                          SETTING_SOURCE_STATIC, &why),
                             0);
        }
    }
    why.text[0] = '\0';
    rc = listeners_from_settings(s, "box", &bound, &told, &why);
    settings_free(s);
    return rc;
}

static void refuse(const char *listeners, const char *advertised, const char *map,
                   const char *inter, const char *part)
{
    assert_int_equal(read(listeners, advertised, map, inter), ERR_INVALID);
    if (strstr(why.text, part) == NULL) {
        fail_msg("'%s' is not in: %s", part, why.text);
    }
}

static void test_default(void **state)
{
    (void)state;
    assert_int_equal(read(NULL, NULL, NULL, NULL), 0);
    assert_int_equal(bound.cnt, 1);
    assert_string_equal(bound.at[0].name, "PLAINTEXT");
    assert_string_equal(bound.at[0].host, "localhost");
    assert_int_equal(bound.at[0].port, 9092);
    assert_int_equal(bound.at[0].protocol, SECURITY_PLAINTEXT);
    assert_int_equal(told.cnt, 1);
    assert_string_equal(told.at[0].host, "localhost");
}

static void test_forms(void **state)
{
    (void)state;
    assert_int_equal(read("PLAINTEXT://:9092, in-side://[::1]:9093,B.C_d://10.0.0.1:0",
                          "b.c_d://x:1,INSIDE2://y:2,PLAINTEXT://z:3,IN-SIDE://[fe80::1]:4",
                          "PLAINTEXT:PLAINTEXT,IN-SIDE:PLAINTEXT,b.c_d:PLAINTEXT,INSIDE2:SSL",
                          NULL),
                     ERR_INVALID);
    assert_non_null(strstr(why.text, "INSIDE2 is not one of the names"));
    assert_int_equal(read("PLAINTEXT://:9092, in-side://[::1]:9093,B.C_d://10.0.0.1:0",
                          "b.c_d://x:1,PLAINTEXT://z:3,IN-SIDE://[fe80::1]:4",
                          "PLAINTEXT:PLAINTEXT,IN-SIDE:PLAINTEXT,b.c_d:PLAINTEXT", "in-side"),
                     0);
    assert_int_equal(bound.cnt, 3);
    assert_string_equal(bound.at[0].host, "");
    assert_string_equal(bound.at[1].name, "IN-SIDE");
    assert_string_equal(bound.at[1].host, "::1");
    assert_int_equal(bound.at[2].port, 0);
    assert_string_equal(told.at[0].host, "z");
    assert_string_equal(told.at[1].host, "fe80::1");
    assert_int_equal(told.at[2].port, 1);
    assert_non_null(listeners_find(&bound, SLICE_LIT("b.c_D")));
    assert_null(listeners_find(&bound, SLICE_LIT("b.c")));
}

static void test_wildcard_is_told_by_name(void **state)
{
    static const char *const wide[] = {"PLAINTEXT://:9092", "PLAINTEXT://0.0.0.0:9092",
                                       "PLAINTEXT://[::]:9092", "PLAINTEXT://[0:0::0]:9092"};

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(wide); i++) {
        assert_int_equal(read(wide[i], NULL, NULL, NULL), 0);
        assert_true(host_is_wildcard(bound.at[0].host));
        assert_string_equal(told.at[0].host, "box");
    }
    refuse("PLAINTEXT://:9092", "PLAINTEXT://0.0.0.0:9092", NULL, NULL, "nobody can connect");
    refuse("PLAINTEXT://:9092", "PLAINTEXT://:9092", NULL, NULL, "nobody can connect");
    refuse("PLAINTEXT://:9092", "PLAINTEXT://[::]:9092", NULL, NULL, "nobody can connect");
}

static void test_mistakes(void **state)
{
    (void)state;
    refuse("localhost:9092", NULL, NULL, NULL, "NAME://host:port");
    refuse("PLAINTEXT://localhost", NULL, NULL, NULL, "has no port");
    refuse("PLAINTEXT://localhost:", NULL, NULL, NULL, "port between 0 and 65535");
    refuse("PLAINTEXT://localhost:65536", NULL, NULL, NULL, "port between 0 and 65535");
    refuse("PLAINTEXT://localhost:9a", NULL, NULL, NULL, "port between 0 and 65535");
    refuse("PLAINTEXT://localhost:-1", NULL, NULL, NULL, "port between 0 and 65535");
    refuse("PLAINTEXT://::1:9092", NULL, NULL, NULL, "without brackets");
    refuse("PLAINTEXT://[host]:9092", NULL, NULL, NULL, "no IPv6 address");
    refuse("PLAINTEXT://a b:9092", NULL, NULL, NULL, "character that none has");
    refuse("://localhost:9092", NULL, NULL, NULL, "listener name of 1 to 63");
    refuse("PL/AIN://localhost:9092", NULL, NULL, NULL, "other than letters");
    refuse("", NULL, NULL, NULL, "no listener is named");
    refuse(" , ", NULL, NULL, NULL, "no listener is named");
    refuse("MINE://localhost:9092", NULL, NULL, NULL, "no protocol for the listener MINE");
    refuse("MINE://localhost:9092", NULL, "MINE:TELNET", NULL, "does not map to");
    refuse("PLAINTEXT://a:1,plaintext://b:2", NULL, NULL, NULL, "the name of a listener before");
    refuse("PLAINTEXT://a:1,SSL://b:1", NULL, NULL, NULL, "the port of a listener before");
    refuse("PLAINTEXT://:1,SSL://[::1]:1", NULL, NULL, NULL, "the port of a listener before");
    refuse("PLAINTEXT://a:1,SSL://b:2", "PLAINTEXT://a:1", NULL, NULL, "SSL is missing");
    refuse("PLAINTEXT://a:1", NULL, NULL, "OTHER", "inter.broker.listener.name: OTHER");
    refuse("SSL://a:1", NULL, NULL, NULL, "no listener speaks PLAINTEXT");
    assert_int_equal(read("PLAINTEXT://127.0.0.1:1,SSL://[::1]:1", NULL, NULL, NULL), 0);
    assert_int_equal(read("PLAINTEXT://a:0,SSL://b:0", NULL, NULL, NULL), 0);
    /* Two may be told the same port. */
    assert_int_equal(read("PLAINTEXT://a:1,SSL://b:2", "PLAINTEXT://x:5,SSL://y:5", NULL, NULL), 0);
}

static void test_too_many(void **state)
{
    struct str text;
    struct str map;

    (void)state;
    str_init(&text, 4096);
    str_init(&map, 4096);
    for (int i = 0; i <= LISTENERS_MAX; i++) {
        str_add_fmt(&text, "L%d://a:%d,", i, 10 + i);
        str_add_fmt(&map, "L%d:PLAINTEXT,", i);
    }
    refuse(text.ptr, NULL, map.ptr, NULL, "more than 16 listeners");
    str_release(&text);
    str_release(&map);
}

static void test_hosts(void **state)
{
    static const char *const loopback[] = {"localhost", "127.0.0.1",       "127.1.2.3",
                                           "::1",       "0:0:0:0:0:0:0:1", "0::0001"};
    static const char *const other[] = {"",        "0.0.0.0",         "::",    "10.0.0.1", "::11",
                                        "fe80::1", "127.example.org", "host1", "::1:1",    "1"};

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(loopback); i++) {
        if (!host_is_loopback(loopback[i]) || host_is_wildcard(loopback[i])) {
            fail_msg("%s", loopback[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_CNT(other); i++) {
        if (host_is_loopback(other[i])) {
            fail_msg("%s", other[i]);
        }
    }
    assert_true(host_is_wildcard("::ffff:0.0.0.0"));
    assert_false(host_is_wildcard("10.0.0.0"));
    assert_false(host_is_wildcard("::5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_wildcard_is_told_by_name),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_hosts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
