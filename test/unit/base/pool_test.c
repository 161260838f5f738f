/* Frame buffers are used again, never more are kept than allowed, and they may come back on any
 * thread and after the pool's end. The last test does so with threads (also under TSan). */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "base/pool.h"
#include "base/prng.h"

static struct pool *new_pool(size_t keep_bytes_max)
{
    struct pool *p = NULL;

    assert_int_equal(pool_new(keep_bytes_max, &p), 0);
    return p;
}

static void test_the_smallest_size_that_fits(void **state)
{
    static const struct {
        size_t min_bytes;
        size_t cap;
    } cases[] = {
        {0, POOL_SMALL_BYTES},
        {1, POOL_SMALL_BYTES},
        {16 * 1024 + 300, POOL_SMALL_BYTES}, /* a client's default batch and its request */
        {POOL_SMALL_BYTES, POOL_SMALL_BYTES},
        {POOL_SMALL_BYTES + 1, POOL_MEDIUM_BYTES},
        {POOL_MEDIUM_BYTES, POOL_MEDIUM_BYTES},
        {POOL_MEDIUM_BYTES + 1, POOL_LARGE_BYTES},
        {1024 * 1024 + 300, POOL_LARGE_BYTES},
        {POOL_LARGE_BYTES, POOL_LARGE_BYTES},
        {POOL_LARGE_BYTES + 1, POOL_LARGE_BYTES + 1},
        {5000001, 5000001},
    };
    struct pool *p = new_pool(0);

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(cases); i++) {
        struct buf *b = pool_get(p, cases[i].min_bytes);

        assert_non_null(b);
        assert_int_equal(b->cap, cases[i].cap);
        assert_int_equal(b->used, 0);
        memset(b->data, 0xee, b->cap); /* all of it is ours */
        assert_int_equal(pool_out_bytes(p), b->cap);
        buf_unref(b);
        assert_int_equal(pool_out_bytes(p), 0);
    }
    assert_null(pool_get(p, SIZE_MAX));
    assert_null(pool_get(p, SIZE_MAX - 8));
    pool_free(p);
    pool_free(NULL);
}

static void test_buffers_are_used_again(void **state)
{
    struct pool *p = new_pool(10 * POOL_SMALL_BYTES);
    struct buf *b = pool_get(p, 100);
    uint8_t *data = b->data;

    (void)state;
    b->used = 55;
    buf_unref(b);
    assert_int_equal(pool_kept_bytes(p), POOL_SMALL_BYTES);
    for (int i = 0; i < 10; i++) {
        b = pool_get(p, 100);
        assert_ptr_equal(b->data, data);
        assert_int_equal(b->used, 0);
        assert_int_equal(pool_kept_bytes(p), 0);
        buf_unref(b);
    }
    /* Another size is not served from it. */
    b = pool_get(p, POOL_SMALL_BYTES + 1);
    assert_true(b->data != data);
    assert_int_equal(pool_kept_bytes(p), POOL_SMALL_BYTES);
    buf_unref(b);
    pool_free(p);
}

static void test_the_newest_is_used_first(void **state)
{
    struct pool *p = new_pool(10 * POOL_SMALL_BYTES);
    struct buf *a = pool_get(p, 1);
    struct buf *b = pool_get(p, 1);
    uint8_t *newest = b->data;

    (void)state;
    buf_unref(a);
    buf_unref(b);
    a = pool_get(p, 1);
    assert_ptr_equal(a->data, newest);
    buf_unref(a);
    pool_free(p);
}

static void test_no_more_is_kept_than_allowed(void **state)
{
    struct pool *p = new_pool(POOL_LARGE_BYTES + 2 * POOL_SMALL_BYTES);
    struct buf *bufs[6];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        bufs[i] = pool_get(p, 1);
    }
    for (size_t i = 0; i < 6; i++) {
        buf_unref(bufs[i]);
    }
    assert_int_equal(pool_kept_bytes(p), 6 * POOL_SMALL_BYTES);
    /* What is kept of one size leaves less for the others. */
    bufs[0] = pool_get(p, POOL_LARGE_BYTES);
    buf_unref(bufs[0]);
    assert_int_equal(pool_kept_bytes(p), 6 * POOL_SMALL_BYTES);
    pool_trim(p);
    assert_int_equal(pool_kept_bytes(p), 0);
    for (size_t i = 0; i < 2; i++) {
        bufs[i] = pool_get(p, POOL_LARGE_BYTES);
    }
    for (size_t i = 0; i < 2; i++) {
        buf_unref(bufs[i]);
    }
    assert_int_equal(pool_kept_bytes(p), POOL_LARGE_BYTES);
    pool_free(p);
}

static void test_huge_ones_are_never_kept(void **state)
{
    struct pool *p = new_pool(100 * POOL_LARGE_BYTES);
    struct buf *b = pool_get(p, 10 * POOL_LARGE_BYTES);

    (void)state;
    assert_non_null(b);
    buf_unref(b);
    assert_int_equal(pool_kept_bytes(p), 0);
    assert_int_equal(pool_out_bytes(p), 0);
    pool_free(p);
}

static void test_references_hold_a_buffer_back(void **state)
{
    struct pool *p = new_pool(10 * POOL_SMALL_BYTES);
    struct buf *b = pool_get(p, 100);

    (void)state;
    (void)buf_ref(b);
    buf_unref(b);
    assert_int_equal(pool_out_bytes(p), POOL_SMALL_BYTES);
    assert_int_equal(pool_kept_bytes(p), 0);
    buf_unref(b);
    assert_int_equal(pool_out_bytes(p), 0);
    pool_free(p);
}

static void test_buffers_outlive_the_pool(void **state)
{
    struct pool *p = new_pool(10 * POOL_SMALL_BYTES);
    struct buf *kept = pool_get(p, 100);
    struct buf *out = pool_get(p, 100);
    struct buf *huge = pool_get(p, 2 * POOL_LARGE_BYTES);

    (void)state;
    buf_unref(kept);
    pool_free(p);
    memset(out->data, 1, out->cap);
    memset(huge->data, 1, huge->cap);
    buf_unref(out); /* the leak checker looks for the rest */
    buf_unref(huge);
}

/* --- threads ------------------------------------------------------------------------------------ */

#define THREADS 3
#define ROUNDS 30000

/* Hands buffers from the owner to the others, who drop them. */
struct hand {
    struct stack stack;
    struct flag stop;
};

struct handed {
    struct stack_node node;
    struct buf *buf;
    uint8_t mark;
};

static int drop_all(struct stack *s)
{
    struct stack_node *n = stack_take_all(s);
    int cnt = 0;

    while (n != NULL) {
        struct handed *h = CONTAINER_OF(n, struct handed, node);

        n = n->next;
        /* Nobody else may have got this memory while it was ours. */
        for (size_t i = 0; i < 100; i++) {
            ASSERT(h->buf->data[i] == h->mark);
        }
        buf_unref(h->buf);
        free(h);
        cnt++;
    }
    return cnt;
}

static void *dropper_main(void *arg)
{
    struct hand *hand = arg;

    while (!flag_get(&hand->stop)) {
        (void)drop_all(&hand->stack);
    }
    (void)drop_all(&hand->stack);
    return NULL;
}

static void test_buffers_come_back_on_any_thread(void **state)
{
    static struct hand hands[THREADS];
    size_t limit = 20 * POOL_SMALL_BYTES + POOL_MEDIUM_BYTES;
    struct pool *p = new_pool(limit);
    pthread_t ids[THREADS];
    struct prng prng;

    (void)state;
    prng_init(&prng, 5);
    for (size_t i = 0; i < THREADS; i++) {
        stack_init(&hands[i].stack);
        flag_init(&hands[i].stop, false);
        assert_int_equal(pthread_create(&ids[i], NULL, dropper_main, &hands[i]), 0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        struct handed *h = malloc(sizeof(*h));
        uint64_t kind = prng_below(&prng, 100);

        while (pool_out_bytes(p) > 400 * POOL_SMALL_BYTES) {
            (void)sched_yield(); /* the droppers are behind */
        }
        assert_non_null(h);
        h->buf = pool_get(p, kind == 0 ? POOL_LARGE_BYTES + 1 : kind < 10 ? 50000 : 100);
        assert_non_null(h->buf);
        h->mark = (uint8_t)i;
        memset(h->buf->data, h->mark, 100);
        assert_true(pool_kept_bytes(p) <= limit + THREADS * POOL_MEDIUM_BYTES);
        stack_push(&hands[prng_below(&prng, THREADS)].stack, &h->node);
    }
    /* The pool goes first, with buffers still out. */
    pool_free(p);
    for (size_t i = 0; i < THREADS; i++) {
        flag_set(&hands[i].stop, true);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(ids[i], NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_smallest_size_that_fits),
        cmocka_unit_test(test_buffers_are_used_again),
        cmocka_unit_test(test_the_newest_is_used_first),
        cmocka_unit_test(test_no_more_is_kept_than_allowed),
        cmocka_unit_test(test_huge_ones_are_never_kept),
        cmocka_unit_test(test_references_hold_a_buffer_back),
        cmocka_unit_test(test_buffers_outlive_the_pool),
        cmocka_unit_test(test_buffers_come_back_on_any_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
