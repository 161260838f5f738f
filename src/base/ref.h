/*
 * Reference counts that may be touched from any thread. The object is born with one reference, the
 * creator's; the one who drops the last destroys it.
 */
#ifndef OTTLA_BASE_REF_H
#define OTTLA_BASE_REF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/assert.h"

struct ref {
    atomic_uint cnt;
};

static inline void ref_init(struct ref *r)
{
    atomic_init(&r->cnt, 1);
}

static inline void ref_get(struct ref *r)
{
    unsigned before = atomic_fetch_add_explicit(&r->cnt, 1, memory_order_relaxed);

    ASSERT(before != 0);
}

/* True when this was the last reference: the caller destroys the object. */
static inline bool ref_put(struct ref *r)
{
    unsigned before = atomic_fetch_sub_explicit(&r->cnt, 1, memory_order_acq_rel);

    ASSERT(before != 0);
    return before == 1;
}

/* How many references there are at this moment. */
static inline unsigned ref_cnt(struct ref *r)
{
    return atomic_load_explicit(&r->cnt, memory_order_acquire);
}

static inline bool ref_is_shared(struct ref *r)
{
    return atomic_load_explicit(&r->cnt, memory_order_acquire) > 1;
}

/* A flag that any thread may raise or look at. */
struct flag {
    atomic_bool on;
};

static inline void flag_init(struct flag *f, bool on)
{
    atomic_init(&f->on, on);
}

static inline void flag_set(struct flag *f, bool on)
{
    atomic_store_explicit(&f->on, on, memory_order_release);
}

static inline bool flag_get(const struct flag *f)
{
    return atomic_load_explicit(&f->on, memory_order_acquire);
}

/* True for exactly the one caller that turned it from off to on. */
static inline bool flag_raise(struct flag *f)
{
    return !atomic_exchange_explicit(&f->on, true, memory_order_acq_rel);
}

/* A number that any thread may add to or look at: metrics, budgets, and what is still to come. Whoever
 * sees it at a value sees, too, what the others did before they brought it there. */
struct counter {
    atomic_llong value;
};

static inline void counter_init(struct counter *c, long long value)
{
    atomic_init(&c->value, value);
}

/* The value after the addition. */
static inline long long counter_add(struct counter *c, long long delta)
{
    return atomic_fetch_add_explicit(&c->value, delta, memory_order_acq_rel) + delta;
}

static inline long long counter_get(const struct counter *c)
{
    return atomic_load_explicit(&c->value, memory_order_acquire);
}

/* A pointer published by one writer and read by any thread that knows the object stays alive. */
struct pub {
    _Atomic(void *) ptr;
};

static inline void pub_set(struct pub *p, void *ptr)
{
    atomic_store_explicit(&p->ptr, ptr, memory_order_release);
}

static inline void *pub_get(const struct pub *p)
{
    return atomic_load_explicit(&p->ptr, memory_order_acquire);
}

/* A stack that any thread pushes on and takes as a whole. Taking all at once knows no ABA problem. */
struct stack_node {
    struct stack_node *next;
};

struct stack {
    _Atomic(struct stack_node *) top;
};

static inline void stack_init(struct stack *s)
{
    atomic_init(&s->top, NULL);
}

static inline void stack_push(struct stack *s, struct stack_node *n)
{
    struct stack_node *top = atomic_load_explicit(&s->top, memory_order_relaxed);

    do {
        n->next = top;
    } while (!atomic_compare_exchange_weak_explicit(&s->top, &top, n, memory_order_release,
                                                    memory_order_relaxed));
}

/* Linked by next, the newest first; NULL when empty. */
static inline struct stack_node *stack_take_all(struct stack *s)
{
    if (atomic_load_explicit(&s->top, memory_order_relaxed) == NULL) {
        return NULL; /* no exclusive cache line for nothing */
    }
    return atomic_exchange_explicit(&s->top, NULL, memory_order_acquire);
}

#endif
