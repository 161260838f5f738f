#include "base/heap.h"

#include <stdlib.h>

#include "base/assert.h"

void heap_init(struct heap *h)
{
    *h = (struct heap){0};
}

void heap_release(struct heap *h)
{
    free(h->nodes);
    heap_init(h);
}

static bool node_before(const struct heap_node *a, const struct heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void node_place(struct heap *h, struct heap_node *n, size_t idx)
{
    h->nodes[idx] = n;
    n->idx = idx;
}

static void sift_up(struct heap *h, struct heap_node *n)
{
    size_t idx = n->idx;

    while (idx > 0 && node_before(n, h->nodes[(idx - 1) / 2])) {
        node_place(h, h->nodes[(idx - 1) / 2], idx);
        idx = (idx - 1) / 2;
    }
    node_place(h, n, idx);
}

static void sift_down(struct heap *h, struct heap_node *n)
{
    size_t idx = n->idx;

    for (;;) {
        size_t child = idx * 2 + 1;

        if (child >= h->cnt) {
            break;
        }
        if (child + 1 < h->cnt && node_before(h->nodes[child + 1], h->nodes[child])) {
            child++;
        }
        if (!node_before(h->nodes[child], n)) {
            break;
        }
        node_place(h, h->nodes[child], idx);
        idx = child;
    }
    node_place(h, n, idx);
}

int heap_add(struct heap *h, struct heap_node *n, int64_t key)
{
    ASSERT(!heap_node_is_in(n));
    if (h->cnt == h->cap) {
        size_t cap = h->cap == 0 ? 16 : h->cap * 2;
        struct heap_node **grown = realloc(h->nodes, cap * sizeof(*grown));

        if (grown == NULL) {
            return ERR_NOMEM;
        }
        h->nodes = grown;
        h->cap = cap;
    }
    n->key = key;
    n->order = h->order_next++;
    node_place(h, n, h->cnt++);
    sift_up(h, n);
    return 0;
}

void heap_remove(struct heap *h, struct heap_node *n)
{
    struct heap_node *last;

    if (!heap_node_is_in(n)) {
        return;
    }
    ASSERT(n->idx < h->cnt && h->nodes[n->idx] == n);
    last = h->nodes[--h->cnt];
    if (last != n) {
        node_place(h, last, n->idx);
        sift_up(h, last);
        sift_down(h, last);
    }
    n->idx = HEAP_IDX_NONE;
}

struct heap_node *heap_peek(const struct heap *h)
{
    return h->cnt == 0 ? NULL : h->nodes[0];
}
