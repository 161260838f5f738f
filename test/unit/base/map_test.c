/* The map: limit, order of insertion, the rule for removing while walking, the seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/prng.h"

static int values[2000];

static void test_add_get_remove(void **state)
{
    struct map m;

    (void)state;
    map_init(&m, 1, 10);
    assert_null(map_get(&m, SLICE_LIT("a")));
    assert_null(map_remove(&m, SLICE_LIT("a")));
    assert_int_equal(map_add(&m, SLICE_LIT("a"), &values[0]), 0);
    assert_int_equal(map_add(&m, SLICE_LIT("ab"), &values[1]), 0);
    assert_int_equal(map_add(&m, SLICE_LIT("a"), &values[2]), ERR_EXISTS);
    assert_ptr_equal(map_get(&m, SLICE_LIT("a")), &values[0]);
    assert_ptr_equal(map_get(&m, SLICE_LIT("ab")), &values[1]);
    assert_null(map_get(&m, SLICE_LIT("b")));
    assert_ptr_equal(map_remove(&m, SLICE_LIT("a")), &values[0]);
    assert_null(map_get(&m, SLICE_LIT("a")));
    assert_int_equal(m.cnt, 1);
    assert_ptr_equal(map_remove(&m, SLICE_LIT("ab")), &values[1]);
    assert_int_equal(m.cnt, 0);
    assert_null(map_first(&m));
    assert_int_equal(map_add(&m, SLICE_LIT("a"), &values[3]), 0);
    assert_ptr_equal(map_get(&m, SLICE_LIT("a")), &values[3]);
    map_release(&m);
    map_release(&m);
    assert_null(map_get(&m, SLICE_LIT("a")));
}

static void test_keys_are_copied_bytes(void **state)
{
    char key[] = "group\0one";
    struct map m;

    (void)state;
    map_init(&m, 1, 10);
    assert_int_equal(map_add(&m, slice_of(key, 9), &values[0]), 0);
    memset(key, 'x', sizeof(key));
    assert_ptr_equal(map_get(&m, slice_of("group\0one", 9)), &values[0]);
    assert_null(map_get(&m, slice_of("group\0two", 9)));
    assert_true(slice_eq(map_key(map_first(&m)), slice_of("group\0one", 9)));
    map_release(&m);
}

static void test_the_empty_key_is_a_key(void **state)
{
    struct map m;

    (void)state;
    map_init(&m, 1, 10);
    assert_int_equal(map_add(&m, SLICE_EMPTY, &values[0]), 0);
    assert_ptr_equal(map_get(&m, SLICE_EMPTY), &values[0]);
    assert_ptr_equal(map_get(&m, SLICE_NULL), &values[0]);
    assert_int_equal(map_add(&m, SLICE_NULL, &values[1]), ERR_EXISTS);
    assert_ptr_equal(map_remove(&m, SLICE_NULL), &values[0]);
    map_release(&m);
}

static void test_the_limit_holds(void **state)
{
    struct map m;

    (void)state;
    map_init(&m, 1, 3);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(map_add_u64(&m, i, &values[i]), 0);
    }
    assert_int_equal(map_add_u64(&m, 9, &values[9]), ERR_LIMIT);
    assert_int_equal(map_add_u64(&m, 2, &values[9]), ERR_EXISTS);
    assert_ptr_equal(map_remove_u64(&m, 1), &values[1]);
    assert_int_equal(map_add_u64(&m, 9, &values[9]), 0);
    map_release(&m);
    map_init(&m, 1, 0);
    assert_int_equal(map_add_u64(&m, 9, &values[9]), ERR_LIMIT);
    map_release(&m);
}

static void test_walk_is_in_order_of_insertion_whatever_the_seed(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct map m;
        int idx = 0;

        map_init(&m, seed, 2000);
        for (int i = 0; i < 2000; i++) {
            char key[16];
            int len = snprintf(key, sizeof(key), "topic-%d", i * 7919 % 2000);

            assert_int_equal(map_add(&m, slice_of(key, (size_t)len), &values[i]), 0);
        }
        for (struct map_entry *it = map_first(&m); it != NULL; it = map_next(it)) {
            assert_ptr_equal(map_value(it), &values[idx]);
            idx++;
        }
        assert_int_equal(idx, 2000);
        map_release(&m);
    }
}

static void test_entries_may_go_while_walking(void **state)
{
    struct map m;
    size_t kept = 0;

    (void)state;
    map_init(&m, 3, 1000);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(map_add_u64(&m, i, &values[i]), 0);
    }
    for (struct map_entry *it = map_first(&m); it != NULL;) {
        struct map_entry *next = map_next(it);
        size_t idx = (size_t)((int *)map_value(it) - values);

        if (idx % 3 != 0) {
            /* The key lies in the entry that goes: the map must not look at it afterwards. */
            assert_ptr_equal(map_remove(&m, map_key(it)), &values[idx]);
        } else {
            kept++;
        }
        it = next;
    }
    assert_int_equal(m.cnt, kept);
    assert_int_equal(kept, 334);
    for (struct map_entry *it = map_first(&m); it != NULL; it = map_next(it)) {
        assert_int_equal((size_t)((int *)map_value(it) - values) % 3, 0);
    }
    map_release(&m);
}

static void test_random_operations_against_an_array(void **state)
{
    const void *model[64] = {NULL};
    struct prng p;
    struct map m;
    size_t cnt = 0;

    (void)state;
    prng_init(&p, 42);
    map_init(&m, 99, 40);
    for (int i = 0; i < 20000; i++) {
        uint64_t key = prng_below(&p, 64);
        void *value = &values[prng_below(&p, 2000)];

        if (prng_below(&p, 2) == 0) {
            int expected = model[key] != NULL ? ERR_EXISTS : cnt == 40 ? ERR_LIMIT : 0;

            assert_int_equal(map_add_u64(&m, key, value), expected);
            if (expected == 0) {
                model[key] = value;
                cnt++;
            }
        } else {
            assert_ptr_equal(map_remove_u64(&m, key), model[key]);
            cnt -= model[key] != NULL ? 1 : 0;
            model[key] = NULL;
        }
        assert_ptr_equal(map_get_u64(&m, key), model[key]);
        assert_int_equal(m.cnt, cnt);
    }
    map_release(&m);
}

static void test_hash_depends_on_seed_length_and_every_byte(void **state)
{
    uint8_t bytes[40] = {0};
    uint64_t plain = hash_bytes(7, slice_of(bytes, sizeof(bytes)));

    (void)state;
    assert_true(plain == hash_bytes(7, slice_of(bytes, sizeof(bytes))));
    assert_true(plain != hash_bytes(8, slice_of(bytes, sizeof(bytes))));
    for (size_t len = 0; len < sizeof(bytes); len++) {
        assert_true(plain != hash_bytes(7, slice_of(bytes, len)));
    }
    for (size_t i = 0; i < sizeof(bytes) * 8; i++) {
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_true(plain != hash_bytes(7, slice_of(bytes, sizeof(bytes))));
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
    }
}

/* Names that differ in a few digits, as clients choose them, must spread over the low bits, which
 * pick the bucket. 4,096 keys in 4,096 buckets: a good hash leaves about 1/e of them empty. */
static void test_similar_names_spread(void **state)
{
    static uint8_t hit[4096];
    int empty = 0;

    (void)state;
    for (int i = 0; i < 4096; i++) {
        char key[32];
        int len = snprintf(key, sizeof(key), "consumer-group-%d", i);

        hit[hash_bytes(5, slice_of(key, (size_t)len)) & 4095] = 1;
    }
    for (int i = 0; i < 4096; i++) {
        empty += hit[i] == 0;
    }
    assert_in_range(empty, 1350, 1670);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add_get_remove),
        cmocka_unit_test(test_keys_are_copied_bytes),
        cmocka_unit_test(test_the_empty_key_is_a_key),
        cmocka_unit_test(test_the_limit_holds),
        cmocka_unit_test(test_walk_is_in_order_of_insertion_whatever_the_seed),
        cmocka_unit_test(test_entries_may_go_while_walking),
        cmocka_unit_test(test_random_operations_against_an_array),
        cmocka_unit_test(test_hash_depends_on_seed_length_and_every_byte),
        cmocka_unit_test(test_similar_names_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
