/* Text that grows up to a limit and stays whole when it meets it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void test_an_empty_text_is_a_text(void **state)
{
    struct str s;

    (void)state;
    str_init(&s, 100);
    assert_string_equal(s.ptr, "");
    str_add(&s, SLICE_NULL);
    str_add_fmt(&s, "%s", "");
    assert_string_equal(s.ptr, "");
    str_clear(&s);
    str_release(&s);
    str_release(&s);
}

static void test_pieces_follow_each_other(void **state)
{
    struct str s;

    (void)state;
    str_init(&s, 1000);
    str_add(&s, SLICE_LIT("partition "));
    str_add_fmt(&s, "%s-%d", "orders", 7);
    str_add_cstr(&s, "!");
    assert_string_equal(s.ptr, "partition orders-7!");
    assert_true(slice_eq_cstr(str_view(&s), "partition orders-7!"));
    str_clear(&s);
    assert_string_equal(s.ptr, "");
    str_add_cstr(&s, "again");
    assert_string_equal(s.ptr, "again");
    str_release(&s);
}

static void test_it_grows_in_steps_of_any_size(void **state)
{
    struct str s;

    (void)state;
    str_init(&s, 1u << 20);
    for (size_t i = 0; i < 300; i++) {
        str_add_fmt(&s, "%*d", (int)i, 1);
        assert_int_equal(strlen(s.ptr), s.len);
        assert_true(s.len < s.cap);
    }
    assert_int_equal(s.err, 0);
    assert_int_equal(s.len, 1 + 299 * 300 / 2);
    str_release(&s);
}

static void test_the_limit_sticks_and_keeps_what_fitted(void **state)
{
    struct str s;

    (void)state;
    str_init(&s, 10);
    str_add_cstr(&s, "0123456789");
    assert_int_equal(s.err, 0);
    str_add_cstr(&s, "x");
    assert_int_equal(s.err, ERR_LIMIT);
    assert_string_equal(s.ptr, "0123456789");
    str_clear(&s);
    assert_int_equal(s.err, 0);
    str_add_fmt(&s, "%d", 12345);
    str_add_fmt(&s, "%s", "too long now");
    str_add_cstr(&s, "y"); /* would fit, but comes after a hole */
    assert_int_equal(s.err, ERR_LIMIT);
    assert_string_equal(s.ptr, "12345");
    str_release(&s);
}

static void test_escapes(void **state)
{
    struct str s;

    (void)state;
    str_init(&s, 1000);
    str_add_escaped(&s, SLICE_LIT("a \"b\"\\\n\r\t\0\x7f\xc3\xa4~"), 100);
    assert_string_equal(s.ptr, "a \\x22b\\x22\\x5c\\x0a\\x0d\\x09\\x00\\x7f\\xc3\\xa4~");
    str_clear(&s);
    str_add_escaped(&s, SLICE_LIT("0123456789"), 4);
    assert_string_equal(s.ptr, "0123...");
    str_clear(&s);
    str_add_escaped(&s, SLICE_LIT("0123"), 4);
    assert_string_equal(s.ptr, "0123");
    str_clear(&s);
    str_add_escaped(&s, SLICE_NULL, 4);
    assert_string_equal(s.ptr, "");
    str_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_text_is_a_text),
        cmocka_unit_test(test_pieces_follow_each_other),
        cmocka_unit_test(test_it_grows_in_steps_of_any_size),
        cmocka_unit_test(test_the_limit_sticks_and_keeps_what_fitted),
        cmocka_unit_test(test_escapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
