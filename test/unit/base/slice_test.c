/* Slices: null is not empty, comparison is by bytes, parts are cut to what is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slice.h"

static void test_null_is_not_empty(void **state)
{
    (void)state;
    assert_true(slice_is_null(SLICE_NULL));
    assert_false(slice_is_null(SLICE_EMPTY));
    assert_false(slice_is_null(slice_cstr("")));
    /* As bytes they are the same nothing. */
    assert_true(slice_eq(SLICE_NULL, SLICE_EMPTY));
    assert_int_equal(SLICE_LIT("abc").len, 3);
}

static void test_equality(void **state)
{
    (void)state;
    assert_true(slice_eq(SLICE_LIT("a\0b"), slice_of("a\0b", 3)));
    assert_false(slice_eq(SLICE_LIT("a\0b"), SLICE_LIT("a\0c")));
    assert_false(slice_eq(SLICE_LIT("ab"), SLICE_LIT("abc")));
    assert_true(slice_eq_cstr(SLICE_LIT("topic"), "topic"));
    assert_false(slice_eq_cstr(SLICE_LIT("topic"), "topics"));
}

static void test_order_is_by_unsigned_bytes_then_length(void **state)
{
    (void)state;
    assert_int_equal(slice_cmp(SLICE_LIT("a"), SLICE_LIT("a")), 0);
    assert_true(slice_cmp(SLICE_LIT("a"), SLICE_LIT("b")) < 0);
    assert_true(slice_cmp(SLICE_LIT("\xff"), SLICE_LIT("a")) > 0);
    assert_true(slice_cmp(SLICE_LIT("ab"), SLICE_LIT("abc")) < 0);
    assert_true(slice_cmp(SLICE_LIT("b"), SLICE_LIT("abc")) > 0);
    assert_true(slice_cmp(SLICE_NULL, SLICE_LIT("a")) < 0);
    assert_int_equal(slice_cmp(SLICE_NULL, SLICE_EMPTY), 0);
}

static void test_prefix(void **state)
{
    (void)state;
    assert_true(slice_starts_with(SLICE_LIT("__consumer"), SLICE_LIT("__")));
    assert_true(slice_starts_with(SLICE_LIT("x"), SLICE_NULL));
    assert_false(slice_starts_with(SLICE_LIT("_"), SLICE_LIT("__")));
    assert_false(slice_starts_with(SLICE_LIT("x_"), SLICE_LIT("__")));
}

static void test_parts_never_reach_beyond_the_end(void **state)
{
    struct slice s = SLICE_LIT("0123456789");

    (void)state;
    assert_true(slice_eq_cstr(slice_sub(s, 2, 3), "234"));
    assert_true(slice_eq_cstr(slice_sub(s, 8, 100), "89"));
    assert_true(slice_eq_cstr(slice_sub(s, 8, SIZE_MAX), "89"));
    assert_int_equal(slice_sub(s, 10, 1).len, 0);
    assert_int_equal(slice_sub(s, SIZE_MAX, SIZE_MAX).len, 0);
    assert_ptr_equal(slice_sub(s, 4, 0).ptr, s.ptr + 4);
    assert_true(slice_is_null(slice_sub(SLICE_NULL, 3, 4)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_is_not_empty),
        cmocka_unit_test(test_equality),
        cmocka_unit_test(test_order_is_by_unsigned_bytes_then_length),
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_parts_never_reach_beyond_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
