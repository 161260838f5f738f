/* Clocks, randomness, the process, threads and locks. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "os/fault.h"
#include "os/os.h"

static int setup(void **state)
{
    struct os *os = NULL;
    int rc = os_new(&os);

    *state = os;
    return rc;
}

static int teardown(void **state)
{
    os_free(*state);
    return 0;
}

static void test_clocks(void **state)
{
    struct os *os = *state;
    int64_t wall_ms = os_wall_ms(os);
    int64_t last_us = os_mono_us(os);

    assert_true(wall_ms > 1700000000000); /* after 2023, so in milliseconds */
    assert_true(wall_ms < 7000000000000);
    for (int i = 0; i < 1000; i++) {
        int64_t now_us = os_mono_us(os);

        assert_true(now_us >= last_us);
        last_us = now_us;
    }
}

static void test_randomness_fills_everything(void **state)
{
    struct os *os = *state;
    static uint8_t seen[5000];
    static uint8_t bytes[5000];

    /* Each byte takes a value other than zero in some round, unless it is never written. */
    for (int round = 0; round < 20; round++) {
        memset(bytes, 0, sizeof(bytes));
        os_random(os, bytes, sizeof(bytes));
        for (size_t i = 0; i < sizeof(bytes); i++) {
            seen[i] |= bytes[i];
        }
    }
    for (size_t i = 0; i < sizeof(seen); i++) {
        assert_int_not_equal(seen[i], 0);
    }
    os_random(os, NULL, 0);
    assert_true(os_random_u64(os) != os_random_u64(os));
}

static void test_the_process(void **state)
{
    struct os *os = *state;
    struct rlimit lim;
    char name[256];
    char tiny[4];

    assert_true(os_cpu_cnt(os) >= 1);
    os_hostname(os, name, sizeof(name));
    assert_true(strlen(name) > 0);
    os_hostname(os, tiny, sizeof(tiny));
    assert_true(strlen(tiny) < sizeof(tiny));
    os_hostname(os, NULL, 0);
    assert_string_equal(os_user(os, name, sizeof(name)), name);
    assert_true(strlen(name) > 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &lim), 0);
    assert_true(lim.rlim_cur == lim.rlim_max);
    assert_true(os_fd_limit(os) == lim.rlim_cur);
    os_free(NULL);
}

/* --- threads ------------------------------------------------------------------------------------ */

struct seen {
    sigset_t mask;
    char name[32];
    int64_t deep;
};

/* Uses a good part of the stack, as compression does. */
static int64_t use_stack(int depth)
{
    char room[4096];

    memset(room, depth, sizeof(room));
    return depth == 0 ? room[0] : use_stack(depth - 1) + room[sizeof(room) - 1];
}

static void look_around(void *arg)
{
    struct seen *s = arg;

    (void)pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
    (void)pthread_getname_np(pthread_self(), s->name, sizeof(s->name));
    s->deep = use_stack(90); /* some 370 KiB */
}

static void test_threads_take_no_signals_and_have_names(void **state)
{
    struct os *os = *state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGCHLD};
    struct seen seen = {.deep = 0};
    struct os_thread *t = NULL;
    sigset_t before;
    sigset_t after;

    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
    assert_int_equal(os_thread_start(os, "a-name-that-is-too-long", look_around, &seen, &t), 0);
    os_thread_join(t);
    assert_string_equal(seen.name, "a-name-that-is-");
    assert_int_equal(seen.deep, 90 * 91 / 2);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
    for (size_t i = 0; i < ARRAY_CNT(signals); i++) {
        assert_int_equal(sigismember(&seen.mask, signals[i]), 1);
        assert_int_equal(sigismember(&after, signals[i]), sigismember(&before, signals[i]));
    }
    os_thread_join(NULL);
}

static void test_a_thread_that_does_not_start_is_an_error(void **state)
{
    struct os *os = *state;
    struct os_thread *t = NULL;

    os_fault_set(os, OS_FAULT_ALLOC, 1, ERR_NOMEM);
    assert_int_equal(os_thread_start(os, "x", look_around, NULL, &t), ERR_NOMEM);
    assert_null(t);
}

/* --- locks -------------------------------------------------------------------------------------- */

struct table {
    struct os_lock *lock;
    int turn; /* whose turn it is */
    int sum;
};

static void play(struct table *t, int me)
{
    os_lock_take(t->lock);
    for (int i = 0; i < 500; i++) {
        while (t->turn != me) {
            os_lock_wait(t->lock, -1);
        }
        t->sum = t->sum * 3 % 1000003 + me;
        t->turn = 1 - me;
        os_lock_wake(t->lock);
    }
    os_lock_drop(t->lock);
}

static void play_one(void *arg)
{
    play(arg, 1);
}

static void test_two_threads_take_turns(void **state)
{
    struct os *os = *state;
    struct table t = {.turn = 0};
    struct os_thread *thread = NULL;
    int expected = 0;

    assert_int_equal(os_lock_new(&t.lock), 0);
    assert_int_equal(os_thread_start(os, "player", play_one, &t, &thread), 0);
    play(&t, 0);
    os_thread_join(thread);
    for (int i = 0; i < 1000; i++) {
        expected = expected * 3 % 1000003 + i % 2;
    }
    assert_int_equal(t.sum, expected);
    os_lock_free(t.lock);
    os_lock_free(NULL);
}

static void test_a_wait_ends_in_time(void **state)
{
    struct os *os = *state;
    struct os_lock *l;
    int64_t start_us;

    assert_int_equal(os_lock_new(&l), 0);
    os_lock_take(l);
    start_us = os_mono_us(os);
    /* It may wake for no reason, but in sum it waits as long as it is told. */
    while (os_mono_us(os) - start_us < 30000) {
        os_lock_wait(l, 10);
    }
    os_lock_wait(l, 0);
    os_lock_drop(l);
    os_lock_free(l);
}

#define WITH_OS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_OS(test_clocks),
        WITH_OS(test_randomness_fills_everything),
        WITH_OS(test_the_process),
        WITH_OS(test_threads_take_no_signals_and_have_names),
        WITH_OS(test_a_thread_that_does_not_start_is_an_error),
        WITH_OS(test_two_threads_take_turns),
        WITH_OS(test_a_wait_ends_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
