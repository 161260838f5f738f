/*
 * A small pool of threads for work that may block: fsync, cold reads, deletes, long validation. A job
 * runs on one worker; then its `done` runs on the reactor it names. Jobs of one queue run one at a
 * time and in order; jobs of different queues run in parallel.
 *
 * Threads: workers_submit() may be called from any thread. `run` must not touch what the reactor or
 * an actor owns; `done` may.
 */
#ifndef OTTLA_OS_WORKERS_H
#define OTTLA_OS_WORKERS_H

#include "base/err.h"
#include "os/os.h"
#include "os/reactor.h"

struct workers;

struct worker_job {
    struct worker_job *next;
    struct worker_queue *queue; /* NULL: no order wanted */
    struct reactor *reactor;    /* where done runs; NULL: nowhere */
    struct reactor_task task;   /* the pool's, for posting back */
    void (*run)(struct worker_job *job);
    void (*done)(struct worker_job *job);
};

/* Order among jobs; embedded in its owner, zero-initialised by worker_queue_init(). */
struct worker_queue {
    struct worker_job *head;
    struct worker_job *tail;
    int running;
};

void worker_queue_init(struct worker_queue *q);

int workers_new(struct os *os, unsigned thread_cnt, struct workers **ret_w) WARN_UNUSED;

/* Runs what was submitted, joins the threads. Accepts NULL. */
void workers_free(struct workers *w);

void workers_submit(struct workers *w, struct worker_job *job);

#endif
