/*
 * One mutex guards everything: the list of jobs that may start, and every order queue. A queue that
 * has a job started or on that list is `running`; further jobs wait in the queue itself, and the next
 * one goes to the list when the one before it has ended. So a list entry can always be taken blindly.
 *
 * Threads start when a job finds nobody idle, up to the limit, and then stay; a pool that was never
 * used has none, and an idle one sleeps.
 *
 * `done` is posted with the mutex held, after the queue was brought up to date: the reactor may free
 * job and queue in `done`, and the dones of one queue reach their reactor in order.
 */
#include "os/workers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "os/os_impl.h"

#define WORKERS_THREADS_MAX 256u

struct workers {
    struct os *os;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    struct worker_job *head; /* may start at once, in order */
    struct worker_job *tail;
    unsigned ready_cnt;
    unsigned idle_cnt; /* threads that wait for the condition */
    unsigned thread_cnt;
    unsigned thread_max;
    bool stopping;
    struct os_thread *threads[];
};

void worker_queue_init(struct worker_queue *q)
{
    q->head = NULL;
    q->tail = NULL;
    q->running = 0;
}

static void list_push(struct worker_job **head, struct worker_job **tail, struct worker_job *job)
{
    job->next = NULL;
    if (*head == NULL) {
        *head = job;
    } else {
        (*tail)->next = job;
    }
    *tail = job;
}

static struct worker_job *list_pop(struct worker_job **head, struct worker_job **tail)
{
    struct worker_job *job = *head;

    if (job != NULL) {
        *head = job->next;
        if (*head == NULL) {
            *tail = NULL;
        }
        job->next = NULL;
    }
    return job;
}

static void ready_push(struct workers *w, struct worker_job *job)
{
    list_push(&w->head, &w->tail, job);
    w->ready_cnt++;
}

static void job_done(struct reactor_task *task)
{
    struct worker_job *job = CONTAINER_OF(task, struct worker_job, task);

    job->done(job);
}

/* Runs the next job of the list. The mutex is held at entry and exit, not while the job runs. */
static void job_run_next(struct workers *w)
{
    struct worker_job *job = list_pop(&w->head, &w->tail);
    struct worker_queue *queue = job->queue;
    struct reactor *reactor = job->done != NULL ? job->reactor : NULL;
    struct worker_job *next;

    w->ready_cnt--;
    pthread_mutex_unlock(&w->mutex);
    job->run(job); /* without a reactor the job may be gone now */
    pthread_mutex_lock(&w->mutex);
    if (queue != NULL) {
        next = list_pop(&queue->head, &queue->tail);
        if (next != NULL) {
            ready_push(w, next);
        } else {
            queue->running = 0;
        }
    }
    if (reactor != NULL) {
        job->task.run = job_done;
        reactor_post(reactor, &job->task);
    }
}

static void worker_main(void *arg)
{
    struct workers *w = arg;

    pthread_mutex_lock(&w->mutex);
    for (;;) {
        while (w->head != NULL) {
            job_run_next(w);
        }
        /* What still waits in a queue follows a job that some thread runs: that one takes it. */
        if (w->stopping) {
            break;
        }
        w->idle_cnt++;
        pthread_cond_wait(&w->cond, &w->mutex);
        w->idle_cnt--;
    }
    pthread_mutex_unlock(&w->mutex);
}

int workers_new(struct os *os, unsigned thread_cnt, struct workers **ret_w)
{
    struct workers *w;

    ASSERT(thread_cnt > 0);
    thread_cnt = thread_cnt > WORKERS_THREADS_MAX ? WORKERS_THREADS_MAX : thread_cnt;
    w = os_alloc(os, sizeof(*w) + thread_cnt * sizeof(w->threads[0]));
    if (w == NULL) {
        return ERR_NOMEM;
    }
    *w = (struct workers){.os = os, .thread_max = thread_cnt};
    (void)pthread_mutex_init(&w->mutex, NULL);
    (void)pthread_cond_init(&w->cond, NULL);
    *ret_w = w;
    return 0;
}

void workers_free(struct workers *w)
{
    if (w == NULL) {
        return;
    }
    pthread_mutex_lock(&w->mutex);
    w->stopping = true;
    pthread_cond_broadcast(&w->cond);
    pthread_mutex_unlock(&w->mutex);
    for (unsigned i = 0; i < w->thread_cnt; i++) {
        os_thread_join(w->threads[i]);
    }
    ASSERT(w->head == NULL);
    (void)pthread_cond_destroy(&w->cond);
    (void)pthread_mutex_destroy(&w->mutex);
    free(w);
}

/* One more thread when there is more to do than there are idle ones. */
static void thread_add(struct workers *w)
{
    char name[16];

    if (w->ready_cnt <= w->idle_cnt || w->thread_cnt == w->thread_max || w->stopping) {
        return;
    }
    snprintf(name, sizeof(name), "worker-%u", w->thread_cnt % 1000);
    if (os_thread_start(w->os, name, worker_main, w, &w->threads[w->thread_cnt]) == 0) {
        w->thread_cnt++;
    }
}

void workers_submit(struct workers *w, struct worker_job *job)
{
    struct worker_queue *queue = job->queue;

    pthread_mutex_lock(&w->mutex);
    if (queue != NULL && queue->running != 0) {
        list_push(&queue->head, &queue->tail, job);
    } else {
        if (queue != NULL) {
            queue->running = 1;
        }
        ready_push(w, job);
        thread_add(w);
        pthread_cond_signal(&w->cond);
    }
    /* No thread is to be had at all: late is better than never. */
    while (w->thread_cnt == 0 && w->head != NULL) {
        job_run_next(w);
    }
    pthread_mutex_unlock(&w->mutex);
}
