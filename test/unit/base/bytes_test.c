/* Loads, stores, checked arithmetic, the small generator: the pieces without state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/chk.h"
#include "base/prng.h"

static void test_network_order(void **state)
{
    uint8_t b[9] = {0};

    (void)state;
    /* From an odd address: nothing may assume alignment. */
    store_be16(b + 1, 0x0102);
    assert_memory_equal(b + 1, "\x01\x02", 2);
    assert_int_equal(load_be16(b + 1), 0x0102);
    store_be32(b + 1, 0x01020304);
    assert_memory_equal(b + 1, "\x01\x02\x03\x04", 4);
    assert_int_equal(load_be32(b + 1), 0x01020304);
    store_be64(b + 1, 0x0102030405060708);
    assert_memory_equal(b + 1, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    assert_true(load_be64(b + 1) == 0x0102030405060708);
    assert_int_equal(load_le32(b + 1), 0x04030201);
}

static void test_checked_arithmetic_tells_overflow(void **state)
{
    size_t u = 0;
    int64_t s = 0;
    int32_t narrow = 0;

    (void)state;
    assert_true(chk_add((size_t)1, (size_t)2, &u));
    assert_int_equal(u, 3);
    assert_false(chk_add(SIZE_MAX, (size_t)1, &u));
    assert_false(chk_sub((size_t)1, (size_t)2, &u));
    assert_true(chk_sub((size_t)2, (size_t)2, &u));
    assert_int_equal(u, 0);
    assert_false(chk_mul(SIZE_MAX / 2, (size_t)3, &u));
    assert_false(chk_add(INT64_MAX, (int64_t)1, &s));
    assert_true(chk_sub(INT64_MIN, (int64_t)-1, &s));
    assert_true(s == INT64_MIN + 1);
    assert_false(chk_add((int64_t)INT32_MAX, (int64_t)1, &narrow));
    assert_int_equal(MIN_OF(3, 4), 3);
    assert_int_equal(MAX_OF(3, 4), 4);
}

static void test_generator_gives_the_published_numbers(void **state)
{
    struct prng a;
    struct prng b;

    (void)state;
    prng_init(&a, 1234567);
    assert_true(prng_next(&a) == 6457827717110365317u);
    assert_true(prng_next(&a) == 3203168211198807973u);
    prng_init(&a, 9);
    prng_init(&b, 9);
    for (int i = 0; i < 100; i++) {
        uint64_t limit = (uint64_t)i + 1;

        assert_true(prng_below(&a, limit) < limit);
        (void)prng_next(&b); /* below draws exactly one number */
    }
    assert_true(prng_next(&a) == prng_next(&b));
    assert_true(prng_below(&a, 0) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_network_order),
        cmocka_unit_test(test_checked_arithmetic_tells_overflow),
        cmocka_unit_test(test_generator_gives_the_published_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
