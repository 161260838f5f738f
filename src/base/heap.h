/*
 * A binary heap of deadlines: timers and everything that waits. Nodes are embedded in their owners;
 * equal deadlines leave in the order they came, so a run is repeatable. One owner; no locking.
 */
#ifndef OTTLA_BASE_HEAP_H
#define OTTLA_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HEAP_IDX_NONE SIZE_MAX

struct heap_node {
    int64_t key; /* the deadline, in the owner's unit */
    uint64_t order;
    size_t idx; /* HEAP_IDX_NONE while not in a heap */
};

struct heap {
    struct heap_node **nodes;
    size_t cnt;
    size_t cap;
    uint64_t order_next;
};

void heap_init(struct heap *h);
void heap_release(struct heap *h);

static inline void heap_node_init(struct heap_node *n)
{
    n->idx = HEAP_IDX_NONE;
}

static inline bool heap_node_is_in(const struct heap_node *n)
{
    return n->idx != HEAP_IDX_NONE;
}

/* The node must not be in a heap. */
int heap_add(struct heap *h, struct heap_node *n, int64_t key) WARN_UNUSED;

/* No-op when the node is not in a heap. */
void heap_remove(struct heap *h, struct heap_node *n);

/* The earliest, or NULL. */
struct heap_node *heap_peek(const struct heap *h);

#endif
