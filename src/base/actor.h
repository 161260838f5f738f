/*
 * An actor runs tasks one at a time and has no home thread: a partition, a coordinator. Its state is
 * one atomic word: idle, busy, or busy with a stack of tasks that came meanwhile. Submitting to an
 * idle actor runs the task right there on the caller's thread; submitting to a busy one pushes it for
 * whoever runs the actor now.
 *
 * Trampoline: inside a task nothing else is ever run in a nested way. Submitting to another actor
 * from a task puts that actor on the runner's list, and it runs when the task has returned. Budget:
 * after ACTOR_BUDGET_CNT tasks the actor goes to the end of the runner's list.
 *
 * Threads: a runner belongs to one thread (a reactor has one). Actors may be submitted to from any
 * thread that has a runner.
 */
#ifndef OTTLA_BASE_ACTOR_H
#define OTTLA_BASE_ACTOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACTOR_BUDGET_CNT 64

/* Embedded in what the task is about; belongs to the actor from submission until `run` is called. */
struct actor_task {
    struct actor_task *next;
    void (*run)(struct actor_task *task);
    bool is_last; /* see actor_submit_last() */
};

struct actor {
    _Atomic(uintptr_t) word;
    struct actor_task *pending; /* in order; the runner's */
    struct actor *runq_next;
    struct runner *runner; /* who runs it now; read it from inside a task only */
};

struct runner {
    struct actor *runq_head;
    struct actor *runq_tail;
    bool in_task;
};

void actor_init(struct actor *a);
void runner_init(struct runner *r);

/* Hands `task` to the actor. When this call finds the actor idle and no task is running on `r`, the
 * task has run when it returns. */
void actor_submit(struct actor *a, struct actor_task *task, struct runner *r);

/* From inside a task: the runner of the thread that runs it. */
static inline struct runner *actor_runner(const struct actor *a)
{
    return a->runner;
}

/* The actor's last task: nothing may be submitted at the same time or afterwards, and `run` may free the
 * actor. No other task may: the runner looks at the actor when a task has returned. */
void actor_submit_last(struct actor *a, struct actor_task *task, struct runner *r);

/* Runs actors from the list until it is empty or each has had its budget once. True when some are
 * left: the caller comes back in its next turn. */
bool runner_drain(struct runner *r);

static inline bool runner_has_work(const struct runner *r)
{
    return r->runq_head != NULL;
}

#endif
