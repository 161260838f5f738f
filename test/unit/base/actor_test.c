/* Actors run each task exactly once, one at a time, in order; nothing is run in a nested way; a busy
 * actor leaves the runner to others. The last test does so with threads (also under TSan). */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/actor.h"
#include "base/err.h"
#include "base/prng.h"

/* --- one thread --------------------------------------------------------------------------------- */

struct trace {
    int ids[1000];
    size_t cnt;
    int depth;
    int depth_max;
};

struct step {
    struct actor_task task;
    struct trace *trace;
    struct runner *runner;
    struct actor *actor;
    int id;
    void (*also)(struct step *s);
    void *also_ctx;
};

static void step_run(struct actor_task *task)
{
    struct step *s = CONTAINER_OF(task, struct step, task);
    struct trace *t = s->trace;

    t->depth++;
    t->depth_max = t->depth > t->depth_max ? t->depth : t->depth_max;
    assert_true(t->cnt < ARRAY_CNT(t->ids));
    t->ids[t->cnt++] = s->id;
    assert_ptr_equal(actor_runner(s->actor), s->runner);
    if (s->also != NULL) {
        s->also(s);
    }
    t->depth--;
}

static void step_submit(struct step *s, struct actor *a, int id, struct trace *t, struct runner *r)
{
    s->task.run = step_run;
    s->trace = t;
    s->runner = r;
    s->actor = a;
    s->id = id;
    actor_submit(a, &s->task, r);
}

static void assert_trace(const struct trace *t, const int *ids, size_t cnt)
{
    assert_int_equal(t->cnt, cnt);
    for (size_t i = 0; i < cnt; i++) {
        assert_int_equal(t->ids[i], ids[i]);
    }
}

static void test_an_idle_actor_runs_at_once(void **state)
{
    struct trace t = {.cnt = 0};
    struct step s = {.also = NULL};
    struct actor a;
    struct runner r;

    (void)state;
    actor_init(&a);
    runner_init(&r);
    for (int i = 0; i < 3; i++) {
        step_submit(&s, &a, i, &t, &r); /* the task is free again after each run */
        assert_int_equal(t.cnt, i + 1);
    }
    assert_false(runner_has_work(&r));
    assert_false(runner_drain(&r));
}

/* Submits three more to the same actor from inside. */
static void also_three_more(struct step *s)
{
    struct step *more = s->also_ctx;

    for (int i = 0; i < 3; i++) {
        step_submit(&more[i], s->actor, s->id * 10 + i, s->trace, s->runner);
    }
    s->trace->ids[s->trace->cnt++] = -s->id; /* the end of this task */
}

static void test_a_busy_actor_runs_what_came_meanwhile_in_order(void **state)
{
    static const int expected[] = {1, -1, 10, 11, 12};
    struct trace t = {.cnt = 0};
    struct step more[3] = {{.also = NULL}};
    struct step s = {.also = also_three_more, .also_ctx = more};
    struct actor a;
    struct runner r;

    (void)state;
    actor_init(&a);
    runner_init(&r);
    step_submit(&s, &a, 1, &t, &r);
    assert_trace(&t, expected, ARRAY_CNT(expected));
    assert_int_equal(t.depth_max, 1);
}

struct ping {
    struct actor *other;
    struct step *step;
    int left;
};

/* Sends to another actor, whose task sends back: a recursion if it were run in place. */
static void also_ping(struct step *s)
{
    struct ping *p = s->also_ctx;
    struct actor *other = p->other;

    if (p->left-- == 0) {
        return;
    }
    p->other = s->actor;
    p->step->also = also_ping;
    p->step->also_ctx = p;
    {
        struct step *next = p->step;

        p->step = s;
        step_submit(next, other, s->id + 1, s->trace, s->runner);
    }
}

static void test_other_actors_run_after_the_task_never_inside(void **state)
{
    struct trace t = {.cnt = 0};
    struct step s[2] = {{.also = NULL}, {.also = NULL}};
    struct actor a;
    struct actor b;
    struct runner r;
    struct ping p = {.other = &b, .step = &s[1], .left = 500};

    (void)state;
    actor_init(&a);
    actor_init(&b);
    runner_init(&r);
    s[0].also = also_ping;
    s[0].also_ctx = &p;
    step_submit(&s[0], &a, 0, &t, &r);
    while (runner_has_work(&r)) {
        (void)runner_drain(&r);
    }
    assert_int_equal(t.depth_max, 1);
    assert_int_equal(t.cnt, 501);
    for (int i = 0; i < 501; i++) {
        assert_int_equal(t.ids[i], i);
    }
}

#define MANY 150

struct crowd {
    struct actor actors[2];
    struct step steps[2][MANY];
};

static void also_fill_two_actors(struct step *s)
{
    struct crowd *crowd = s->also_ctx;

    for (int i = 0; i < MANY; i++) {
        for (int j = 0; j < 2; j++) {
            step_submit(&crowd->steps[j][i], &crowd->actors[j], 1000 * (j + 1) + i, s->trace,
                        s->runner);
        }
    }
}

static void test_a_long_line_of_tasks_takes_turns(void **state)
{
    struct crowd *crowd = calloc(1, sizeof(*crowd));
    struct trace t = {.cnt = 0};
    struct step s = {.also = also_fill_two_actors, .also_ctx = crowd};
    struct actor a;
    struct runner r;
    size_t turns = 1;
    int next[2] = {1000, 2000};

    (void)state;
    assert_non_null(crowd);
    actor_init(&a);
    actor_init(&crowd->actors[0]);
    actor_init(&crowd->actors[1]);
    runner_init(&r);
    step_submit(&s, &a, 1, &t, &r);
    /* Not everything was run in one go: the caller gets his thread back in between. */
    assert_true(t.cnt < 2 * MANY);
    assert_true(runner_has_work(&r));
    while (runner_drain(&r)) {
        assert_true(turns++ < 10);
    }
    assert_int_equal(t.cnt, 1 + 2 * MANY);
    for (size_t i = 1, run = 0; i < t.cnt; i++) {
        int who = t.ids[i] / 1000 - 1;
        bool same = i > 1 && t.ids[i - 1] / 1000 == t.ids[i] / 1000;

        assert_int_equal(t.ids[i], next[who]++);
        run = same ? run + 1 : 1;
        assert_true(run <= ACTOR_BUDGET_CNT);
    }
    free(crowd);
}

/* --- threads ------------------------------------------------------------------------------------ */

#define THREADS 4
#define ACTORS 5
#define TASKS_PER_THREAD 50000

struct shared_actor {
    struct actor actor;
    unsigned run_cnt;          /* plain: TSan tells when two tasks meet */
    atomic_int inside;         /* and this tells without it */
    uint32_t last_of[THREADS]; /* the newest task of each thread */
    int wrong_cnt;
};

struct load_task {
    struct actor_task task;
    struct shared_actor *actor;
    struct shared_actor *then; /* NULL, or where it sends itself from inside */
    uint32_t thread_idx;
    uint32_t seq;
    int run_cnt;
};

struct load {
    struct shared_actor *actors;
    struct load_task *tasks;
    struct runner runner;
    uint32_t thread_idx;
    pthread_barrier_t *start;
};

static void load_task_run(struct actor_task *task)
{
    struct load_task *l = CONTAINER_OF(task, struct load_task, task);
    struct shared_actor *a = l->actor;

    a->wrong_cnt += atomic_fetch_add(&a->inside, 1) != 0;
    a->run_cnt++;
    if (l->run_cnt++ == 0) {
        /* From one thread straight to one actor: in the order of submission. */
        a->wrong_cnt += l->seq <= a->last_of[l->thread_idx];
        a->last_of[l->thread_idx] = l->seq;
    }
    if (l->seq % 64 == 0) {
        (void)sched_yield(); /* in the middle, so that others find the actor busy */
    }
    atomic_fetch_sub(&a->inside, 1);
    if (l->then != NULL) {
        l->actor = l->then;
        l->then = NULL;
        /* Whichever thread this is: its runner takes the next hop. The task may run elsewhere from
         * this call on. */
        actor_submit(&l->actor->actor, &l->task, actor_runner(&a->actor));
    }
}

static void *load_main(void *arg)
{
    struct load *load = arg;
    struct prng p;

    prng_init(&p, load->thread_idx);
    (void)pthread_barrier_wait(load->start);
    for (uint32_t i = 0; i < TASKS_PER_THREAD; i++) {
        struct load_task *l = &load->tasks[i];

        l->task.run = load_task_run;
        l->thread_idx = load->thread_idx;
        l->seq = i + 1;
        l->actor = &load->actors[prng_below(&p, ACTORS)];
        l->then = prng_below(&p, 3) == 0 ? &load->actors[prng_below(&p, ACTORS)] : NULL;
        actor_submit(&l->actor->actor, &l->task, &load->runner);
    }
    while (runner_drain(&load->runner)) {}
    return NULL;
}

static void test_threads_never_meet_in_an_actor(void **state)
{
    static struct shared_actor actors[ACTORS];
    static struct load loads[THREADS];
    pthread_barrier_t start;
    pthread_t threads[THREADS];
    uint64_t runs = 0;
    uint64_t expected = 0;

    (void)state;
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (size_t i = 0; i < ACTORS; i++) {
        actor_init(&actors[i].actor);
        atomic_init(&actors[i].inside, 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        loads[i].actors = actors;
        loads[i].thread_idx = i;
        loads[i].start = &start;
        loads[i].tasks = calloc(TASKS_PER_THREAD, sizeof(*loads[i].tasks));
        assert_non_null(loads[i].tasks);
        runner_init(&loads[i].runner);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, load_main, &loads[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    (void)pthread_barrier_destroy(&start);
    for (size_t i = 0; i < THREADS; i++) {
        struct prng p;

        prng_init(&p, i);
        for (size_t j = 0; j < TASKS_PER_THREAD; j++) {
            int hops = 1;

            (void)prng_below(&p, ACTORS);
            if (prng_below(&p, 3) == 0) {
                (void)prng_below(&p, ACTORS);
                hops = 2;
            }
            assert_int_equal(loads[i].tasks[j].run_cnt, hops);
            expected += (uint64_t)hops;
        }
        free(loads[i].tasks);
    }
    for (size_t i = 0; i < ACTORS; i++) {
        assert_int_equal(actors[i].wrong_cnt, 0);
        runs += actors[i].run_cnt;
    }
    assert_int_equal(runs, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_idle_actor_runs_at_once),
        cmocka_unit_test(test_a_busy_actor_runs_what_came_meanwhile_in_order),
        cmocka_unit_test(test_other_actors_run_after_the_task_never_inside),
        cmocka_unit_test(test_a_long_line_of_tasks_takes_turns),
        cmocka_unit_test(test_threads_never_meet_in_an_actor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
