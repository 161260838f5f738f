/* The last reference is found exactly once, whoever drops it; a flag is raised by exactly one. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ref.h"

#define THREADS 4
#define ROUNDS 20000

struct shared {
    struct ref ref;
    struct flag flag;
    struct counter raised;
    struct counter last;
    struct pub pub;
};

static void *thread_main(void *arg)
{
    struct shared *s = arg;

    for (int i = 0; i < ROUNDS; i++) {
        ref_get(&s->ref);
        if (ref_put(&s->ref)) {
            counter_add(&s->last, 1000000); /* must not be: the thread's own is still held */
        }
    }
    if (flag_raise(&s->flag)) {
        counter_add(&s->raised, 1);
    }
    if (ref_put(&s->ref)) {
        counter_add(&s->last, 1);
    }
    return NULL;
}

static void test_one_of_many_threads_is_the_last(void **state)
{
    struct shared s;
    pthread_t ids[THREADS];

    (void)state;
    ref_init(&s.ref);
    flag_init(&s.flag, false);
    counter_init(&s.raised, 0);
    counter_init(&s.last, 0);
    for (size_t i = 1; i < THREADS; i++) {
        ref_get(&s.ref);
    }
    assert_true(ref_is_shared(&s.ref));
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&ids[i], NULL, thread_main, &s), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(ids[i], NULL), 0);
    }
    assert_int_equal(counter_get(&s.last), 1);
    assert_int_equal(counter_get(&s.raised), 1);
    assert_true(flag_get(&s.flag));
    assert_false(flag_raise(&s.flag));
}

static void test_counter_gives_the_sum(void **state)
{
    struct counter c;

    (void)state;
    counter_init(&c, 5);
    assert_int_equal(counter_add(&c, 3), 8);
    assert_int_equal(counter_add(&c, -10), -2);
    assert_int_equal(counter_get(&c), -2);
}

static void test_published_pointer(void **state)
{
    struct shared s;
    int x;

    (void)state;
    pub_set(&s.pub, &x);
    assert_ptr_equal(pub_get(&s.pub), &x);
    pub_set(&s.pub, NULL);
    assert_null(pub_get(&s.pub));
}

static void test_a_stack_is_taken_whole(void **state)
{
    struct stack_node nodes[3];
    struct stack_node *n;
    struct stack s;

    (void)state;
    stack_init(&s);
    assert_null(stack_take_all(&s));
    for (size_t i = 0; i < 3; i++) {
        stack_push(&s, &nodes[i]);
    }
    n = stack_take_all(&s);
    for (size_t i = 3; i-- > 0; n = n->next) {
        assert_ptr_equal(n, &nodes[i]);
    }
    assert_null(n);
    assert_null(stack_take_all(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_of_many_threads_is_the_last),
        cmocka_unit_test(test_counter_gives_the_sum),
        cmocka_unit_test(test_published_pointer),
        cmocka_unit_test(test_a_stack_is_taken_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
