/* The reactor's turn: posted tasks in order and never slept through, timers by deadline, flush hooks
 * once at the end, descriptors that may vanish while events are being acted on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/actor.h"
#include "os/os.h"
#include "os/reactor.h"

#define DEADLINE_US 20000000 /* a wait longer than this has failed */

struct fixture {
    struct os *os;
    struct reactor *r;
    char trace[256];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (f == NULL || os_new(&f->os) != 0 || reactor_new(f->os, &f->r) != 0) {
        return -1;
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    reactor_free(f->r);
    os_free(f->os);
    free(f);
    return 0;
}

static void note(struct fixture *f, char c)
{
    size_t len = strlen(f->trace);

    assert_true(len + 1 < sizeof(f->trace));
    f->trace[len] = c;
}

/* --- posted tasks ------------------------------------------------------------------------------- */

struct post {
    struct reactor_task task;
    struct fixture *f;
    char name;
    struct post *then; /* posted from inside */
};

static void post_run(struct reactor_task *task)
{
    struct post *p = CONTAINER_OF(task, struct post, task);

    note(p->f, p->name);
    if (p->then != NULL) {
        reactor_post(p->f->r, &p->then->task);
    }
}

static void test_posted_tasks_run_in_order(void **state)
{
    struct fixture *f = *state;
    struct post d = {.task.run = post_run, .f = f, .name = 'd'};
    struct post posts[3] = {
        {.task.run = post_run, .f = f, .name = 'a'},
        {.task.run = post_run, .f = f, .name = 'b', .then = &d},
        {.task.run = post_run, .f = f, .name = 'c'},
    };

    for (size_t i = 0; i < 3; i++) {
        reactor_post(f->r, &posts[i].task);
    }
    assert_string_equal(f->trace, "");
    reactor_turn(f->r, -1); /* does not sleep: there is something to do */
    assert_string_equal(f->trace, "abc");
    reactor_turn(f->r, -1); /* nor over what was posted in the turn before */
    assert_string_equal(f->trace, "abcd");
    reactor_turn(f->r, 0);
    assert_string_equal(f->trace, "abcd");
}

#define POSTS 20000

struct flood {
    struct fixture *f;
    int ran_cnt;
    int wrong_cnt;
};

struct flood_task {
    struct reactor_task task;
    struct flood *flood;
    int seq;
};

static void flood_run(struct reactor_task *task)
{
    struct flood_task *t = CONTAINER_OF(task, struct flood_task, task);

    t->flood->wrong_cnt += t->seq != t->flood->ran_cnt;
    t->flood->ran_cnt++;
    if (t->seq == POSTS - 1) {
        reactor_stop(t->flood->f->r);
    }
}

static void flood_main(void *arg)
{
    struct flood_task *tasks = arg;

    for (int i = 0; i < POSTS; i++) {
        reactor_post(tasks[i].flood->f->r, &tasks[i].task);
        if (i % 100 == 0) {
            (void)usleep(1); /* lets the reactor fall asleep, so that posts meet that moment too */
        }
    }
}

/* Sleeping without end must never miss a post: a lost one lets this test hang. */
static void test_no_post_is_slept_through(void **state)
{
    struct fixture *f = *state;
    struct flood flood = {.f = f};
    struct flood_task *tasks = calloc(POSTS, sizeof(*tasks));
    struct os_thread *t = NULL;

    assert_non_null(tasks);
    for (int i = 0; i < POSTS; i++) {
        tasks[i] = (struct flood_task){.task.run = flood_run, .flood = &flood, .seq = i};
    }
    assert_int_equal(os_thread_start(f->os, "poster", flood_main, tasks, &t), 0);
    reactor_run(f->r);
    os_thread_join(t);
    assert_int_equal(flood.ran_cnt, POSTS);
    assert_int_equal(flood.wrong_cnt, 0);
    free(tasks);
}

static void stop_main(void *arg)
{
    reactor_stop(arg);
}

static void test_stop_wakes_a_sleeper(void **state)
{
    struct fixture *f = *state;
    struct os_thread *t = NULL;

    assert_int_equal(os_thread_start(f->os, "stopper", stop_main, f->r, &t), 0);
    reactor_run(f->r);
    os_thread_join(t);
    reactor_run(f->r); /* stopped stays stopped */
    reactor_free(NULL);
}

struct asker {
    struct reactor *r;
    bool answer;
};

static void ask_main(void *arg)
{
    struct asker *a = arg;

    a->answer = reactor_is_current(a->r);
}

static void test_a_reactor_knows_its_thread(void **state)
{
    struct fixture *f = *state;
    struct asker a = {.r = f->r, .answer = true};
    struct os_thread *t = NULL;

    assert_true(reactor_is_current(f->r));
    assert_int_equal(os_thread_start(f->os, "asker", ask_main, &a, &t), 0);
    os_thread_join(t);
    assert_false(a.answer);
    assert_ptr_equal(reactor_os(f->r), f->os);
    assert_ptr_equal(reactor_of_runner(reactor_runner(f->r)), f->r);
}

/* --- timers ------------------------------------------------------------------------------------- */

struct alarm {
    struct reactor_timer timer;
    struct fixture *f;
    char name;
    struct alarm *cancels;
};

static void alarm_run(struct reactor_timer *t)
{
    struct alarm *a = CONTAINER_OF(t, struct alarm, timer);

    note(a->f, a->name);
    if (a->cancels != NULL) {
        reactor_timer_cancel(a->f->r, &a->cancels->timer);
    }
}

static void alarm_init(struct alarm *a, struct fixture *f, char name)
{
    reactor_timer_init(&a->timer, alarm_run);
    a->f = f;
    a->name = name;
    a->cancels = NULL;
}

static void test_timers_run_by_deadline(void **state)
{
    struct fixture *f = *state;
    int64_t now_ms = reactor_mono_ms(f->r);
    struct alarm a[4];

    for (size_t i = 0; i < 4; i++) {
        alarm_init(&a[i], f, (char)('a' + i));
    }
    assert_int_equal(reactor_timer_set(f->r, &a[0].timer, now_ms - 1), 0);
    assert_int_equal(reactor_timer_set(f->r, &a[1].timer, now_ms - 3), 0);
    assert_int_equal(reactor_timer_set(f->r, &a[2].timer, now_ms + 3600000), 0);
    assert_int_equal(reactor_timer_set(f->r, &a[3].timer, now_ms - 1), 0);
    reactor_turn(f->r, -1);
    assert_string_equal(f->trace, "bad");
    reactor_timer_cancel(f->r, &a[2].timer);
    reactor_timer_cancel(f->r, &a[2].timer);
}

static void test_a_sleep_ends_with_the_next_timer(void **state)
{
    struct fixture *f = *state;
    int64_t start_ms;
    struct alarm a;

    alarm_init(&a, f, 'a');
    reactor_turn(f->r, 0);
    start_ms = reactor_mono_ms(f->r);
    assert_int_equal(reactor_timer_set(f->r, &a.timer, start_ms + 30), 0);
    while (f->trace[0] == '\0') {
        assert_true(reactor_mono_us(f->r) < start_ms * 1000 + DEADLINE_US);
        reactor_turn(f->r, -1);
    }
    assert_true(reactor_mono_ms(f->r) >= start_ms + 30);
    assert_true(reactor_wall_ms(f->r) > 1700000000000);
}

static void test_setting_again_moves_and_cancel_holds_within_a_turn(void **state)
{
    struct fixture *f = *state;
    int64_t now_ms = reactor_mono_ms(f->r);
    struct alarm a;
    struct alarm b;

    alarm_init(&a, f, 'a');
    alarm_init(&b, f, 'b');
    assert_int_equal(reactor_timer_set(f->r, &b.timer, now_ms - 5), 0);
    assert_int_equal(reactor_timer_set(f->r, &a.timer, now_ms - 4), 0);
    assert_int_equal(reactor_timer_set(f->r, &b.timer, now_ms - 3), 0); /* behind a now */
    a.cancels = &b;
    reactor_turn(f->r, 0);
    reactor_turn(f->r, 0);
    assert_string_equal(f->trace, "a");
}

/* --- flush hooks --------------------------------------------------------------------------------- */

struct hook {
    struct reactor_flush flush;
    struct fixture *f;
    char name;
    struct hook *arms;
};

static void hook_run(struct reactor_flush *flush)
{
    struct hook *h = CONTAINER_OF(flush, struct hook, flush);
    struct hook *next = h->arms;

    note(h->f, h->name);
    h->arms = NULL;
    if (next != NULL) {
        reactor_flush_arm(h->f->r, &next->flush);
    }
}

static void test_flush_hooks_run_once_at_the_end(void **state)
{
    struct fixture *f = *state;
    struct hook c = {.flush.run = hook_run, .f = f, .name = 'C'};
    struct hook a = {.flush.run = hook_run, .f = f, .name = 'A', .arms = &c};
    struct hook b = {.flush.run = hook_run, .f = f, .name = 'B'};
    struct post p = {.task.run = post_run, .f = f, .name = 'p'};

    reactor_flush_arm(f->r, &a.flush);
    reactor_flush_arm(f->r, &b.flush);
    reactor_flush_arm(f->r, &a.flush); /* is armed: once is enough */
    reactor_post(f->r, &p.task);
    reactor_turn(f->r, 0);
    assert_string_equal(f->trace, "pABC"); /* what a hook arms belongs to the same turn */
    reactor_turn(f->r, 0);
    assert_string_equal(f->trace, "pABC");
}

static void test_a_hook_may_be_taken_back(void **state)
{
    struct fixture *f = *state;
    struct hook h[3];

    for (size_t gone = 0; gone < 3; gone++) {
        static const char *const left[] = {"bc", "ac", "ab"};

        memset(f->trace, 0, sizeof(f->trace));
        for (size_t i = 0; i < 3; i++) {
            h[i] = (struct hook){.flush.run = hook_run, .f = f, .name = (char)('a' + i)};
            reactor_flush_arm(f->r, &h[i].flush);
        }
        reactor_flush_cancel(f->r, &h[gone].flush);
        reactor_flush_cancel(f->r, &h[gone].flush);
        reactor_turn(f->r, 0);
        assert_string_equal(f->trace, left[gone]);
        reactor_flush_arm(f->r, &h[gone].flush);
        reactor_flush_cancel(f->r, &h[gone].flush); /* the list is sound afterwards */
        reactor_turn(f->r, 0);
        assert_string_equal(f->trace, left[gone]);
    }
}

/* --- descriptors --------------------------------------------------------------------------------- */

struct end {
    struct reactor_watch watch;
    struct fixture *f;
    struct end *removes;
    char name;
    unsigned seen;
};

static void end_run(struct reactor_watch *w, unsigned events)
{
    struct end *e = CONTAINER_OF(w, struct end, watch);
    char byte;

    e->seen |= events;
    note(e->f, e->name);
    if ((events & REACTOR_READ) != 0) {
        (void)!read(e->watch.fd, &byte, 1);
    }
    if (e->removes != NULL) {
        reactor_watch_remove(e->f->r, &e->removes->watch);
        e->removes = NULL;
    }
}

static void test_a_watch_tells_what_happens(void **state)
{
    struct fixture *f = *state;
    int fds[2];
    struct end e = {.watch.run = end_run, .f = f, .name = 'r'};

    assert_int_equal(pipe(fds), 0);
    e.watch.fd = fds[0];
    e.watch.events = REACTOR_READ;
    assert_int_equal(reactor_watch_add(f->r, &e.watch), 0);
    reactor_turn(f->r, 0);
    assert_string_equal(f->trace, "");
    assert_int_equal(write(fds[1], "x", 1), 1);
    reactor_turn(f->r, -1);
    assert_string_equal(f->trace, "r");
    assert_int_equal(e.seen, REACTOR_READ);
    /* Not wanted, not told. */
    assert_int_equal(reactor_watch_set(f->r, &e.watch, 0), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    reactor_turn(f->r, 0);
    assert_string_equal(f->trace, "r");
    assert_int_equal(reactor_watch_set(f->r, &e.watch, REACTOR_READ), 0);
    reactor_turn(f->r, -1);
    assert_string_equal(f->trace, "rr");
    (void)close(fds[1]);
    reactor_turn(f->r, -1);
    assert_true((e.seen & REACTOR_HANGUP) != 0);
    reactor_watch_remove(f->r, &e.watch);
    reactor_turn(f->r, 0);
    assert_string_equal(f->trace, "rrr");
    (void)close(fds[0]);
}

/* Two descriptors are ready in one turn, and whichever runs first removes the other, which must not
 * be told any more: its owner may be gone. */
static void test_a_watch_removed_in_the_turn_is_not_told(void **state)
{
    struct fixture *f = *state;
    int fds[2][2];
    struct end ends[2];

    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pipe(fds[i]), 0);
        ends[i] = (struct end){
            .watch = {.run = end_run, .fd = fds[i][0], .events = REACTOR_READ},
            .f = f,
            .name = (char)('0' + i),
            .removes = &ends[1 - i],
        };
        assert_int_equal(reactor_watch_add(f->r, &ends[i].watch), 0);
        assert_int_equal(write(fds[i][1], "x", 1), 1);
    }
    reactor_turn(f->r, -1);
    assert_int_equal(strlen(f->trace), 1);
    reactor_watch_remove(f->r, &ends[f->trace[0] - '0'].watch);
    reactor_turn(f->r, 0);
    assert_int_equal(strlen(f->trace), 1);
    for (size_t i = 0; i < 2; i++) {
        (void)close(fds[i][0]);
        (void)close(fds[i][1]);
    }
}

/* --- actors on a reactor ------------------------------------------------------------------------- */

struct chatter {
    struct actor actor;
    struct actor_task task;
    struct fixture *f;
    int left;
};

static void chatter_run(struct actor_task *task)
{
    struct chatter *c = CONTAINER_OF(task, struct chatter, task);

    if (c->left-- > 0) {
        actor_submit(&c->actor, &c->task, actor_runner(&c->actor));
    }
}

static void test_an_actor_that_never_ends_lets_others_live(void **state)
{
    struct fixture *f = *state;
    struct chatter c = {.f = f, .left = 1000};
    struct post p = {.task.run = post_run, .f = f, .name = 'p'};
    int turns = 0;

    actor_init(&c.actor);
    c.task.run = chatter_run;
    actor_submit(&c.actor, &c.task, reactor_runner(f->r));
    assert_true(c.left > 0);
    reactor_post(f->r, &p.task);
    reactor_turn(f->r, -1);
    assert_string_equal(f->trace, "p");
    assert_true(c.left > 0);
    while (c.left >= 0) {
        assert_true(turns++ < 1000);
        reactor_turn(f->r, -1); /* never sleeps with actors waiting */
    }
}

#define WITH_REACTOR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_REACTOR(test_posted_tasks_run_in_order),
        WITH_REACTOR(test_no_post_is_slept_through),
        WITH_REACTOR(test_stop_wakes_a_sleeper),
        WITH_REACTOR(test_a_reactor_knows_its_thread),
        WITH_REACTOR(test_timers_run_by_deadline),
        WITH_REACTOR(test_a_sleep_ends_with_the_next_timer),
        WITH_REACTOR(test_setting_again_moves_and_cancel_holds_within_a_turn),
        WITH_REACTOR(test_flush_hooks_run_once_at_the_end),
        WITH_REACTOR(test_a_hook_may_be_taken_back),
        WITH_REACTOR(test_a_watch_tells_what_happens),
        WITH_REACTOR(test_a_watch_removed_in_the_turn_is_not_told),
        WITH_REACTOR(test_an_actor_that_never_ends_lets_others_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
