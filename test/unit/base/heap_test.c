/* Deadlines leave in order, equal ones in the order they came, after any mix of adding and removing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/heap.h"
#include "base/prng.h"

#define NODES 300

static void test_empty(void **state)
{
    struct heap_node n;
    struct heap h;

    (void)state;
    heap_init(&h);
    heap_node_init(&n);
    assert_null(heap_peek(&h));
    assert_false(heap_node_is_in(&n));
    heap_remove(&h, &n); /* is not in: nothing happens */
    heap_release(&h);
}

static void test_equal_deadlines_leave_in_order_of_arrival(void **state)
{
    struct heap_node nodes[NODES];
    struct heap h;

    (void)state;
    heap_init(&h);
    for (size_t i = 0; i < NODES; i++) {
        heap_node_init(&nodes[i]);
        assert_int_equal(heap_add(&h, &nodes[i], (int64_t)(i % 3)), 0);
        assert_true(heap_node_is_in(&nodes[i]));
    }
    for (size_t key = 0; key < 3; key++) {
        for (size_t i = key; i < NODES; i += 3) {
            assert_ptr_equal(heap_peek(&h), &nodes[i]);
            heap_remove(&h, &nodes[i]);
            assert_false(heap_node_is_in(&nodes[i]));
        }
    }
    assert_null(heap_peek(&h));
    heap_release(&h);
}

static void test_extreme_keys(void **state)
{
    static const int64_t keys[] = {0, INT64_MAX, INT64_MIN, -1, 1};
    static const int64_t sorted[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    struct heap_node nodes[ARRAY_CNT(keys)];
    struct heap h;

    (void)state;
    heap_init(&h);
    for (size_t i = 0; i < ARRAY_CNT(keys); i++) {
        heap_node_init(&nodes[i]);
        assert_int_equal(heap_add(&h, &nodes[i], keys[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_CNT(keys); i++) {
        assert_true(heap_peek(&h)->key == sorted[i]);
        heap_remove(&h, heap_peek(&h));
    }
    heap_release(&h);
}

/* The model: the earliest of what is in, by key and then by time of arrival, found by looking at all. */
static const struct heap_node *model_first(const struct heap_node *nodes)
{
    const struct heap_node *first = NULL;

    for (size_t i = 0; i < NODES; i++) {
        const struct heap_node *n = &nodes[i];

        if (heap_node_is_in(n) && (first == NULL || n->key < first->key ||
                                   (n->key == first->key && n->order < first->order))) {
            first = n;
        }
    }
    return first;
}

static void test_random_operations_against_a_search(void **state)
{
    struct heap_node nodes[NODES];
    struct prng p;
    struct heap h;

    (void)state;
    prng_init(&p, 7);
    heap_init(&h);
    for (size_t i = 0; i < NODES; i++) {
        heap_node_init(&nodes[i]);
    }
    for (int i = 0; i < 20000; i++) {
        struct heap_node *n = &nodes[prng_below(&p, NODES)];
        /* Phases of growing and of shrinking, so that both ends are visited. */
        bool grow = prng_below(&p, 10) < (i / 1000 % 2 == 0 ? 7u : 3u);

        if (grow && !heap_node_is_in(n)) {
            assert_int_equal(heap_add(&h, n, (int64_t)prng_below(&p, 50)), 0);
        } else if (!grow) {
            heap_remove(&h, n);
            assert_false(heap_node_is_in(n));
        }
        assert_ptr_equal(heap_peek(&h), model_first(nodes));
    }
    while (heap_peek(&h) != NULL) {
        assert_ptr_equal(heap_peek(&h), model_first(nodes));
        heap_remove(&h, heap_peek(&h));
    }
    assert_int_equal(h.cnt, 0);
    heap_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_equal_deadlines_leave_in_order_of_arrival),
        cmocka_unit_test(test_extreme_keys),
        cmocka_unit_test(test_random_operations_against_a_search),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
