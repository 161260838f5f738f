#include "base/actor.h"

#include "base/assert.h"

/*
 * The word: IDLE nobody runs it; BUSY somebody does and nothing new came; any other value is the top
 * of a stack of tasks pushed since the runner last looked. Only the runner leaves BUSY for IDLE, and
 * only by a compare-and-swap that finds nothing was pushed.
 */
#define WORD_IDLE ((uintptr_t)0)
#define WORD_BUSY ((uintptr_t)1)

void actor_init(struct actor *a)
{
    atomic_init(&a->word, WORD_IDLE);
    a->pending = NULL;
    a->runq_next = NULL;
    a->runner = NULL;
}

void runner_init(struct runner *r)
{
    *r = (struct runner){0};
}

static void runq_push(struct runner *r, struct actor *a)
{
    a->runq_next = NULL;
    if (r->runq_tail == NULL) {
        r->runq_head = a;
    } else {
        r->runq_tail->runq_next = a;
    }
    r->runq_tail = a;
}

static struct actor *runq_pop(struct runner *r)
{
    struct actor *a = r->runq_head;

    if (a != NULL) {
        r->runq_head = a->runq_next;
        if (r->runq_head == NULL) {
            r->runq_tail = NULL;
        }
    }
    return a;
}

/* Takes what was pushed, oldest first. */
static struct actor_task *take_pushed(struct actor *a)
{
    uintptr_t top = atomic_exchange_explicit(&a->word, WORD_BUSY, memory_order_acquire);
    struct actor_task *in_order = NULL;

    ASSERT(top != WORD_IDLE);
    while (top != WORD_BUSY) {
        /* The stack's end is marked by the word it was pushed onto. */
        struct actor_task *task = (struct actor_task *)top; /* the word holds the pointer */
        uintptr_t below = (uintptr_t)task->next;

        task->next = in_order;
        in_order = task;
        top = below;
    }
    return in_order;
}

/* Leaves the actor unless something was pushed meanwhile. */
static bool word_leave(struct actor *a)
{
    uintptr_t expected = WORD_BUSY;

    return atomic_compare_exchange_strong_explicit(&a->word, &expected, WORD_IDLE,
                                                   memory_order_release, memory_order_relaxed);
}

/* Runs the actor that this thread made busy. True when its budget ran out with work left. */
static bool actor_run(struct actor *a, struct runner *r)
{
    unsigned budget = ACTOR_BUDGET_CNT;

    a->runner = r;
    for (;;) {
        while (a->pending != NULL) {
            struct actor_task *task = a->pending;

            if (budget-- == 0) {
                return true;
            }
            bool is_last = task->is_last;

            a->pending = task->next;
            r->in_task = true;
            task->run(task);
            r->in_task = false;
            if (is_last) {
                return false; /* the actor may be gone */
            }
        }
        if (word_leave(a)) {
            return false;
        }
        a->pending = take_pushed(a);
    }
}

static void submit(struct actor *a, struct actor_task *task, struct runner *r)
{
    uintptr_t word = atomic_load_explicit(&a->word, memory_order_relaxed);

    for (;;) {
        if (word == WORD_IDLE) {
            if (atomic_compare_exchange_weak_explicit(&a->word, &word, WORD_BUSY,
                                                      memory_order_acquire, memory_order_relaxed)) {
                break;
            }
        } else {
            task->next = (struct actor_task *)word; /* WORD_BUSY marks the end of the stack */
            if (atomic_compare_exchange_weak_explicit(&a->word, &word, (uintptr_t)task,
                                                      memory_order_release, memory_order_relaxed)) {
                return;
            }
        }
    }
    task->next = NULL;
    a->pending = task;
    if (r->in_task) {
        runq_push(r, a);
        return;
    }
    if (actor_run(a, r)) {
        runq_push(r, a);
    }
    if (!r->in_task) {
        (void)runner_drain(r); /* what is left is seen by the owner's next drain */
    }
}

void actor_submit(struct actor *a, struct actor_task *task, struct runner *r)
{
    task->is_last = false;
    submit(a, task, r);
}

void actor_submit_last(struct actor *a, struct actor_task *task, struct runner *r)
{
    task->is_last = true;
    submit(a, task, r);
}

bool runner_drain(struct runner *r)
{
    struct actor *last = r->runq_tail;

    ASSERT(!r->in_task);
    while (r->runq_head != NULL) {
        struct actor *a = runq_pop(r);

        if (actor_run(a, r)) {
            runq_push(r, a);
        }
        if (a == last) {
            break;
        }
    }
    return r->runq_head != NULL;
}
