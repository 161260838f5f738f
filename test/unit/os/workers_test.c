/* Workers: order within a queue, parallelism between queues, threads only when needed, nothing lost at
 * the end, and dones on the reactor. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/fault.h"
#include "os/reactor.h"
#include "os/workers.h"

#define DEADLINE_US 20000000 /* a wait longer than this has failed */

struct fixture {
    struct os *os;
    struct reactor *reactor;
    struct workers *workers;
};

static int setup_with(void **state, unsigned thread_cnt)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (f == NULL || os_new(&f->os) != 0 || reactor_new(f->os, &f->reactor) != 0 ||
        workers_new(f->os, thread_cnt, &f->workers) != 0) {
        return -1;
    }
    *state = f;
    return 0;
}

static int setup_one(void **state)
{
    return setup_with(state, 1);
}

static int setup_four(void **state)
{
    return setup_with(state, 4);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    workers_free(f->workers);
    reactor_free(f->reactor);
    os_free(f->os);
    free(f);
    return 0;
}

/* Threads of the pool, by their names: sanitizers have threads of their own. */
static int worker_thread_cnt(void)
{
    DIR *dir = opendir("/proc/self/task");
    const struct dirent *e;
    int cnt = 0;

    assert_non_null(dir);
    while ((e = readdir(dir)) != NULL) {
        char path[300];
        char name[8] = "";
        FILE *f;

        snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
        f = fopen(path, "re");
        if (f != NULL) {
            cnt += fgets(name, sizeof(name), f) != NULL && strcmp(name, "worker-") == 0;
            (void)fclose(f);
        }
    }
    (void)closedir(dir);
    return cnt;
}

/* Turns the reactor until *cnt has come to `wanted`. */
static void turn_until(struct fixture *f, const int *cnt, int wanted)
{
    int64_t until_us = os_mono_us(f->os) + DEADLINE_US;

    while (*cnt != wanted) {
        assert_true(os_mono_us(f->os) < until_us);
        reactor_turn(f->reactor, 1000);
    }
}

/* --- one queue ---------------------------------------------------------------------------------- */

#define JOBS 300

struct ledger {
    int run_cnt; /* plain on purpose: the queue alone keeps two jobs apart, and TSan watches */
    int run_ids[JOBS];
    int done_cnt;
    int done_ids[JOBS];
};

struct entry {
    struct worker_job job;
    struct ledger *ledger;
    int id;
};

static void entry_run(struct worker_job *job)
{
    struct entry *e = CONTAINER_OF(job, struct entry, job);

    e->ledger->run_ids[e->ledger->run_cnt++] = e->id;
}

static void entry_done(struct worker_job *job)
{
    struct entry *e = CONTAINER_OF(job, struct entry, job);

    e->ledger->done_ids[e->ledger->done_cnt++] = e->id;
}

static void submit_entry(struct fixture *f, struct entry *e, struct ledger *ledger,
                         struct worker_queue *q, int id)
{
    *e = (struct entry){
        .job = {.queue = q, .reactor = f->reactor, .run = entry_run, .done = entry_done},
        .ledger = ledger,
        .id = id,
    };
    workers_submit(f->workers, &e->job);
}

static void test_a_queue_keeps_its_order(void **state)
{
    struct fixture *f = *state;
    static struct entry entries[2][JOBS];
    static struct ledger ledgers[2];
    struct worker_queue queues[2];

    memset(ledgers, 0, sizeof(ledgers));
    for (size_t q = 0; q < 2; q++) {
        worker_queue_init(&queues[q]);
    }
    for (int i = 0; i < JOBS; i++) {
        for (size_t q = 0; q < 2; q++) {
            submit_entry(f, &entries[q][i], &ledgers[q], &queues[q], i);
        }
    }
    for (size_t q = 0; q < 2; q++) {
        turn_until(f, &ledgers[q].done_cnt, JOBS);
        assert_int_equal(ledgers[q].run_cnt, JOBS);
        for (int i = 0; i < JOBS; i++) {
            assert_int_equal(ledgers[q].run_ids[i], i);
            assert_int_equal(ledgers[q].done_ids[i], i);
        }
    }
}

static void test_the_end_runs_what_was_submitted(void **state)
{
    struct fixture *f = *state;
    static struct entry entries[JOBS];
    static struct ledger ledger;
    struct worker_queue q;

    memset(&ledger, 0, sizeof(ledger));
    worker_queue_init(&q);
    for (int i = 0; i < JOBS; i++) {
        submit_entry(f, &entries[i], &ledger, &q, i);
    }
    workers_free(f->workers);
    f->workers = NULL;
    assert_int_equal(ledger.run_cnt, JOBS);
    assert_int_equal(ledger.done_cnt, 0); /* the reactor has not turned yet */
    turn_until(f, &ledger.done_cnt, JOBS);
    workers_free(NULL);
}

/* --- several queues, and none ------------------------------------------------------------------- */

struct meeting {
    struct os *os;
    struct os_lock *lock;
    int here_cnt;
    int wanted_cnt;
    int missed_cnt;
    int done_cnt;
};

struct guest {
    struct worker_job job;
    struct meeting *m;
};

/* Ends only when all the others have begun: so they do run at the same time. */
static void guest_run(struct worker_job *job)
{
    struct meeting *m = CONTAINER_OF(job, struct guest, job)->m;
    int64_t until_us = os_mono_us(m->os) + DEADLINE_US;

    os_lock_take(m->lock);
    m->here_cnt++;
    os_lock_wake(m->lock);
    while (m->here_cnt < m->wanted_cnt && os_mono_us(m->os) < until_us) {
        os_lock_wait(m->lock, 1000);
    }
    m->missed_cnt += m->here_cnt < m->wanted_cnt;
    os_lock_drop(m->lock);
}

static void guest_done(struct worker_job *job)
{
    CONTAINER_OF(job, struct guest, job)->m->done_cnt++;
}

static void meet(struct fixture *f, struct worker_queue *queues)
{
    struct meeting m = {.os = f->os, .wanted_cnt = 4};
    struct guest guests[4];

    assert_int_equal(os_lock_new(&m.lock), 0);
    for (size_t i = 0; i < 4; i++) {
        guests[i] = (struct guest){
            .job = {.queue = queues == NULL ? NULL : &queues[i],
                    .reactor = f->reactor,
                    .run = guest_run,
                    .done = guest_done},
            .m = &m,
        };
        workers_submit(f->workers, &guests[i].job);
    }
    turn_until(f, &m.done_cnt, 4);
    assert_int_equal(m.missed_cnt, 0);
    os_lock_free(m.lock);
}

static void test_queues_run_side_by_side(void **state)
{
    struct worker_queue queues[4];

    for (size_t i = 0; i < 4; i++) {
        worker_queue_init(&queues[i]);
    }
    meet(*state, queues);
    meet(*state, queues);
}

static void test_jobs_without_a_queue_run_side_by_side(void **state)
{
    meet(*state, NULL);
    meet(*state, NULL);
}

static void test_threads_start_when_there_is_work(void **state)
{
    struct fixture *f = *state;
    struct ledger ledger = {.run_cnt = 0};
    struct entry e;

    assert_int_equal(worker_thread_cnt(), 0);
    for (int i = 0; i < 20; i++) {
        submit_entry(f, &e, &ledger, NULL, 0);
        turn_until(f, &ledger.done_cnt, i + 1);
        assert_int_equal(worker_thread_cnt(), 1); /* the idle one is taken first */
    }
    for (int i = 0; i < 3; i++) {
        meet(f, NULL);
        assert_int_equal(worker_thread_cnt(), 4);
    }
}

/* --- what is gone when it is done ---------------------------------------------------------------- */

struct owner {
    struct worker_queue queue;
    struct entry first;
    struct entry last;
    int *freed_cnt;
};

static void owner_done(struct worker_job *job)
{
    struct owner *o = CONTAINER_OF(job, struct owner, last.job);
    int *freed_cnt = o->freed_cnt;

    free(o); /* the queue too: nobody may look at it any more */
    (*freed_cnt)++;
}

static void test_done_may_free_the_job_and_its_queue(void **state)
{
    struct fixture *f = *state;
    int freed_cnt = 0;
    struct ledger ledger;

    for (int i = 0; i < 200; i++) {
        struct owner *o = calloc(1, sizeof(*o));

        assert_non_null(o);
        ledger = (struct ledger){.run_cnt = 0};
        worker_queue_init(&o->queue);
        o->freed_cnt = &freed_cnt;
        submit_entry(f, &o->first, &ledger, &o->queue, 1);
        o->last = (struct entry){
            .job = {.queue = &o->queue,
                    .reactor = f->reactor,
                    .run = entry_run,
                    .done = owner_done},
            .ledger = &ledger,
            .id = 2,
        };
        workers_submit(f->workers, &o->last.job);
        turn_until(f, &freed_cnt, i + 1);
    }
}

static void free_run(struct worker_job *job)
{
    free(CONTAINER_OF(job, struct entry, job));
}

static void test_a_job_without_reactor_may_free_itself(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 100; i++) {
        struct entry *e = calloc(1, sizeof(*e));

        assert_non_null(e);
        e->job.run = free_run;
        workers_submit(f->workers, &e->job);
    }
    workers_free(f->workers); /* the leak checker counts them */
    f->workers = NULL;
}

/* --- many who submit ------------------------------------------------------------------------------ */

struct submitter {
    struct fixture *f;
    struct worker_queue *queue;
    struct entry *entries;
};

static void shared_run(struct worker_job *job)
{
    struct entry *e = CONTAINER_OF(job, struct entry, job);

    e->ledger->run_cnt++;
}

static void submit_many(void *arg)
{
    struct submitter *s = arg;

    for (int i = 0; i < JOBS; i++) {
        s->entries[i].job = (struct worker_job){.queue = s->queue, .run = shared_run};
        workers_submit(s->f->workers, &s->entries[i].job);
    }
}

static void test_any_thread_may_submit(void **state)
{
    struct fixture *f = *state;
    static struct entry entries[3][JOBS];
    struct ledger ledger = {.run_cnt = 0};
    struct submitter submitters[3];
    struct os_thread *threads[3];
    struct worker_queue q;

    worker_queue_init(&q);
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < JOBS; j++) {
            entries[i][j].ledger = &ledger;
        }
        submitters[i] = (struct submitter){.f = f, .queue = &q, .entries = entries[i]};
        assert_int_equal(
            os_thread_start(f->os, "submitter", submit_many, &submitters[i], &threads[i]), 0);
    }
    for (size_t i = 0; i < 3; i++) {
        os_thread_join(threads[i]);
    }
    workers_free(f->workers);
    f->workers = NULL;
    assert_int_equal(ledger.run_cnt, 3 * JOBS);
}

/* --- no threads to be had ------------------------------------------------------------------------- */

static void test_without_threads_the_submitter_works_himself(void **state)
{
    struct fixture *f = *state;
    struct ledger ledger = {.run_cnt = 0};
    struct entry entries[3];
    struct worker_queue q;

    worker_queue_init(&q);
    os_fault_set(f->os, OS_FAULT_THREAD, -1, ERR_NOMEM);
    for (int i = 0; i < 3; i++) {
        submit_entry(f, &entries[i], &ledger, i == 0 ? NULL : &q, i);
        assert_int_equal(ledger.run_cnt, i + 1);
        assert_int_equal(ledger.done_cnt, 0); /* not before the reactor turns */
    }
    assert_int_equal(worker_thread_cnt(), 0);
    turn_until(f, &ledger.done_cnt, 3);
}

static void test_one_thread_is_enough_when_no_more_start(void **state)
{
    struct fixture *f = *state;
    static struct entry entries[JOBS];
    static struct ledger ledger;

    memset(&ledger, 0, sizeof(ledger));
    os_fault_set(f->os, OS_FAULT_THREAD, -2, ERR_NOMEM);
    for (int i = 0; i < JOBS; i++) {
        submit_entry(f, &entries[i], &ledger, NULL, i);
    }
    turn_until(f, &ledger.done_cnt, JOBS);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(ledger.run_ids[i], i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* First those that count threads: a joined one may still be seen for a moment. */
        cmocka_unit_test_setup_teardown(test_without_threads_the_submitter_works_himself,
                                        setup_four, teardown),
        cmocka_unit_test_setup_teardown(test_threads_start_when_there_is_work, setup_four,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_queue_keeps_its_order, setup_four, teardown),
        cmocka_unit_test_setup_teardown(test_the_end_runs_what_was_submitted, setup_one, teardown),
        cmocka_unit_test_setup_teardown(test_queues_run_side_by_side, setup_four, teardown),
        cmocka_unit_test_setup_teardown(test_jobs_without_a_queue_run_side_by_side, setup_four,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_done_may_free_the_job_and_its_queue, setup_four,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_job_without_reactor_may_free_itself, setup_four,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_any_thread_may_submit, setup_four, teardown),
        cmocka_unit_test_setup_teardown(test_one_thread_is_enough_when_no_more_start, setup_four,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
