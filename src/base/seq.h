/*
 * A few numbers that one writer at a time changes together and any thread reads together, without
 * ever blocking the writer (a sequence lock). Readers retry while a change is under way. The writer is
 * whoever runs the owning actor.
 */
#ifndef OTTLA_BASE_SEQ_H
#define OTTLA_BASE_SEQ_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define SEQ_VALUES_MAX 12

struct seq {
    atomic_uint turn; /* odd while a change is under way */
    atomic_llong values[SEQ_VALUES_MAX];
};

static inline void seq_init(struct seq *s)
{
    atomic_init(&s->turn, 0);
    for (size_t i = 0; i < SEQ_VALUES_MAX; i++) {
        atomic_init(&s->values[i], 0);
    }
}

static inline void seq_write(struct seq *s, const int64_t *values, size_t cnt)
{
    unsigned turn = atomic_load_explicit(&s->turn, memory_order_relaxed);

    /* Release stores keep each value behind the odd turn (thread sanitizers know no fences). */
    atomic_store_explicit(&s->turn, turn + 1, memory_order_relaxed);
    for (size_t i = 0; i < cnt; i++) {
        atomic_store_explicit(&s->values[i], values[i], memory_order_release);
    }
    atomic_store_explicit(&s->turn, turn + 2, memory_order_release);
}

static inline void seq_read(struct seq *s, int64_t *ret_values, size_t cnt)
{
    unsigned before;
    unsigned after;

    do {
        before = atomic_load_explicit(&s->turn, memory_order_acquire);
        for (size_t i = 0; i < cnt; i++) {
            ret_values[i] = atomic_load_explicit(&s->values[i], memory_order_acquire);
        }
        after = atomic_load_explicit(&s->turn, memory_order_relaxed);
    } while (before != after || (before & 1) != 0);
}

#endif
