/* The arena keeps its limit, aligns everything, and a reset one takes nothing new for small work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void test_pieces_are_aligned_and_apart(void **state)
{
    struct arena a;
    uint8_t *pieces[200];

    (void)state;
    arena_init(&a, 1u << 20);
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = arena_alloc(&a, i);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        memset(pieces[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_int_equal(pieces[i][j], i);
        }
    }
    arena_release(&a);
    assert_int_equal(a.used_bytes, 0);
    assert_int_equal(a.limit_bytes, 1u << 20);
}

static void test_the_limit_holds(void **state)
{
    struct arena a;
    size_t got = 0;

    (void)state;
    arena_init(&a, 10000);
    while (arena_alloc(&a, 100) != NULL) {
        got += 100;
        assert_true(a.used_bytes <= 10000);
    }
    assert_true(got > 7000); /* nearly all of it was of use */
    assert_null(arena_alloc(&a, 20000));
    arena_reset(&a);
    assert_non_null(arena_alloc(&a, 100));
    arena_release(&a);
    arena_init(&a, 0);
    assert_null(arena_alloc(&a, 1));
    arena_release(&a);
}

static void test_one_piece_as_large_as_the_limit(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 4096);
    assert_non_null(arena_alloc(&a, 4096));
    assert_null(arena_alloc(&a, 1));
    arena_release(&a);
}

static void test_lengths_that_overflow_are_refused(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, SIZE_MAX);
    /* Each wraps somewhere else: rounding up, the chunk's header, the bytes in use. */
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 16));
    assert_non_null(arena_alloc(&a, 16));
    assert_null(arena_alloc(&a, SIZE_MAX - 31));
    assert_null(arena_calloc(&a, SIZE_MAX / 8, 9));
    assert_null(arena_cstr(&a, slice_of("", SIZE_MAX)));
    arena_release(&a);
}

static void test_reset_keeps_the_first_chunk(void **state)
{
    struct arena a;
    void *first;
    size_t used;

    (void)state;
    arena_init(&a, 1u << 20);
    arena_reset(&a); /* of nothing */
    first = arena_alloc(&a, 100);
    used = a.used_bytes;
    assert_non_null(first);
    for (int i = 0; i < 100; i++) {
        assert_non_null(arena_alloc(&a, 1000));
    }
    assert_true(a.used_bytes > used);
    arena_reset(&a);
    assert_int_equal(a.used_bytes, used);
    assert_ptr_equal(arena_alloc(&a, 100), first);
    arena_release(&a);
}

static void test_reset_gives_a_huge_first_chunk_back(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 16u << 20);
    assert_non_null(arena_alloc(&a, 8u << 20));
    arena_reset(&a);
    assert_true(a.used_bytes <= 256 * 1024);
    assert_non_null(arena_alloc(&a, 100));
    arena_release(&a);
}

static void test_calloc_is_zero_also_after_reset(void **state)
{
    struct arena a;
    uint8_t *p;

    (void)state;
    arena_init(&a, 1u << 20);
    p = arena_alloc(&a, 500);
    assert_non_null(p);
    memset(p, 0xff, 500);
    arena_reset(&a);
    p = arena_calloc(&a, 50, 10);
    assert_non_null(p);
    for (size_t i = 0; i < 500; i++) {
        assert_int_equal(p[i], 0);
    }
    assert_non_null(arena_calloc(&a, 0, 10));
    arena_release(&a);
}

static void test_copies(void **state)
{
    struct arena a;
    char text[] = "topic";
    struct slice dup;
    char *cstr;

    (void)state;
    arena_init(&a, 1u << 20);
    dup = arena_dup(&a, slice_of(text, 5));
    cstr = arena_cstr(&a, slice_of(text, 5));
    memset(text, '?', 5);
    assert_true(slice_eq_cstr(dup, "topic"));
    assert_string_equal(cstr, "topic");
    assert_true(slice_is_null(arena_dup(&a, SLICE_NULL)));
    assert_false(slice_is_null(arena_dup(&a, SLICE_EMPTY)));
    assert_string_equal(arena_cstr(&a, SLICE_NULL), "");
    arena_release(&a);
    arena_init(&a, 0);
    assert_true(slice_is_null(arena_dup(&a, SLICE_LIT("x"))));
    assert_null(arena_cstr(&a, SLICE_LIT("x")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_aligned_and_apart),
        cmocka_unit_test(test_the_limit_holds),
        cmocka_unit_test(test_one_piece_as_large_as_the_limit),
        cmocka_unit_test(test_lengths_that_overflow_are_refused),
        cmocka_unit_test(test_reset_keeps_the_first_chunk),
        cmocka_unit_test(test_reset_gives_a_huge_first_chunk_back),
        cmocka_unit_test(test_calloc_is_zero_also_after_reset),
        cmocka_unit_test(test_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
