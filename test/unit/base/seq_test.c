/* Readers of a sequence-locked tuple never see half of a change, and see it move. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ref.h"
#include "base/seq.h"

#define READERS 2
#define ROUNDS 200000

struct fixture {
    struct seq seq;
    struct flag stop;
    pthread_mutex_t writers; /* who holds it is the writer at this time */
};

/* A tuple that belongs together: each value follows from the first. */
static void tuple_of(int64_t n, int64_t *ret_values)
{
    for (int64_t i = 0; i < SEQ_VALUES_MAX; i++) {
        ret_values[i] = n * (i + 1) - i;
    }
}

static int is_torn(const int64_t *values)
{
    int64_t expected[SEQ_VALUES_MAX];

    tuple_of(values[0], expected);
    for (size_t i = 0; i < SEQ_VALUES_MAX; i++) {
        if (values[i] != expected[i]) {
            return 1;
        }
    }
    return 0;
}

struct reader {
    struct fixture *f;
    int torn_cnt;
    int back_cnt;
    int64_t last;
};

static void *reader_main(void *arg)
{
    struct reader *r = arg;

    for (bool last = false; !last;) {
        int64_t values[SEQ_VALUES_MAX];

        last = flag_get(&r->f->stop); /* once more after the writers have ended */
        seq_read(&r->f->seq, values, SEQ_VALUES_MAX);
        r->torn_cnt += is_torn(values);
        r->back_cnt += values[0] < r->last;
        r->last = values[0];
    }
    return NULL;
}

static void *writer_main(void *arg)
{
    struct fixture *f = arg;

    for (int i = 0; i < ROUNDS; i++) {
        int64_t values[SEQ_VALUES_MAX];

        pthread_mutex_lock(&f->writers);
        seq_read(&f->seq, values, 1);
        tuple_of(values[0] + 1, values);
        seq_write(&f->seq, values, SEQ_VALUES_MAX);
        pthread_mutex_unlock(&f->writers);
    }
    return NULL;
}

static void test_tuples_are_never_torn(void **state)
{
    struct fixture f = {.writers = PTHREAD_MUTEX_INITIALIZER};
    struct reader readers[READERS];
    pthread_t reader_ids[READERS];
    pthread_t writer_ids[2];
    int64_t values[SEQ_VALUES_MAX];

    (void)state;
    seq_init(&f.seq);
    flag_init(&f.stop, false);
    tuple_of(0, values);
    seq_write(&f.seq, values, SEQ_VALUES_MAX);
    for (size_t i = 0; i < READERS; i++) {
        readers[i] = (struct reader){.f = &f};
        assert_int_equal(pthread_create(&reader_ids[i], NULL, reader_main, &readers[i]), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&writer_ids[i], NULL, writer_main, &f), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(writer_ids[i], NULL), 0);
    }
    flag_set(&f.stop, true);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(reader_ids[i], NULL), 0);
        assert_int_equal(readers[i].torn_cnt, 0);
        assert_int_equal(readers[i].back_cnt, 0);
        assert_int_equal(readers[i].last, 2 * ROUNDS);
    }
}

static void test_a_part_of_the_tuple_may_be_read(void **state)
{
    struct seq s;
    int64_t values[SEQ_VALUES_MAX] = {0};

    (void)state;
    seq_init(&s);
    seq_read(&s, values, SEQ_VALUES_MAX);
    assert_int_equal(values[SEQ_VALUES_MAX - 1], 0);
    tuple_of(5, values);
    seq_write(&s, values, 3);
    values[0] = values[1] = values[2] = values[3] = 0;
    seq_read(&s, values, 4);
    assert_int_equal(values[0], 5);
    assert_int_equal(values[1], 9);
    assert_int_equal(values[2], 13);
    assert_int_equal(values[3], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_part_of_the_tuple_may_be_read),
        cmocka_unit_test(test_tuples_are_never_torn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
