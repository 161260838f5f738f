#include "base/pool.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/chk.h"

/*
 * Each size has two lists: `kept` is the owner's alone; `returned` is where any thread pushes what
 * comes back. The owner takes from the first and, when that is empty, takes the second whole. So
 * nobody locks and nobody pops while others do.
 *
 * A buffer that is out holds a reference on the pool, and so does the owner: whoever comes last frees
 * the pool with all that it keeps.
 */

#define SIZE_CNT 3
#define SIZE_NONE SIZE_CNT

static const size_t sizes[SIZE_CNT] = {POOL_SMALL_BYTES, POOL_MEDIUM_BYTES, POOL_LARGE_BYTES};

struct pool {
    struct ref ref;
    struct flag closed;
    struct counter kept_bytes;
    struct counter out_bytes;
    size_t keep_bytes_max;
    struct stack_node *kept[SIZE_CNT];
    struct stack returned[SIZE_CNT];
};

struct pool_buf {
    struct buf buf;
    struct stack_node node;
    unsigned size_idx; /* SIZE_NONE: larger than all of them */
    uint8_t data[];
};

static struct pool_buf *buf_of_node(struct stack_node *n)
{
    return CONTAINER_OF(n, struct pool_buf, node);
}

static void nodes_free(struct pool *p, struct stack_node *n)
{
    while (n != NULL) {
        struct pool_buf *b = buf_of_node(n);

        n = n->next;
        (void)counter_add(&p->kept_bytes, -(long long)sizes[b->size_idx]);
        free(b);
    }
}

void pool_trim(struct pool *p)
{
    for (size_t i = 0; i < SIZE_CNT; i++) {
        nodes_free(p, p->kept[i]);
        p->kept[i] = NULL;
        nodes_free(p, stack_take_all(&p->returned[i]));
    }
}

static void pool_unref(struct pool *p)
{
    if (ref_put(&p->ref)) {
        pool_trim(p);
        free(p);
    }
}

int pool_new(size_t keep_bytes_max, struct pool **ret_pool)
{
    struct pool *p = malloc(sizeof(*p));

    if (p == NULL) {
        return ERR_NOMEM;
    }
    ref_init(&p->ref);
    flag_init(&p->closed, false);
    counter_init(&p->kept_bytes, 0);
    counter_init(&p->out_bytes, 0);
    p->keep_bytes_max = keep_bytes_max;
    for (size_t i = 0; i < SIZE_CNT; i++) {
        p->kept[i] = NULL;
        stack_init(&p->returned[i]);
    }
    *ret_pool = p;
    return 0;
}

void pool_free(struct pool *p)
{
    if (p == NULL) {
        return;
    }
    flag_set(&p->closed, true);
    pool_trim(p);
    pool_unref(p);
}

/* Room among the kept ones for one more of this size. Never above the limit, whoever returns now. */
static bool keep_take(struct pool *p, size_t bytes)
{
    if (flag_get(&p->closed)) {
        return false;
    }
    if ((unsigned long long)counter_add(&p->kept_bytes, (long long)bytes) <= p->keep_bytes_max) {
        return true;
    }
    (void)counter_add(&p->kept_bytes, -(long long)bytes);
    return false;
}

/* The last reference has gone, on any thread. */
static void pool_buf_release(struct buf *b)
{
    struct pool *p = b->ctx;
    struct pool_buf *pb = CONTAINER_OF(b, struct pool_buf, buf);

    (void)counter_add(&p->out_bytes, -(long long)b->cap);
    if (pb->size_idx != SIZE_NONE && keep_take(p, b->cap)) {
        stack_push(&p->returned[pb->size_idx], &pb->node);
    } else {
        free(pb);
    }
    pool_unref(p);
}

/* One that was used before, or NULL. */
static struct pool_buf *kept_take(struct pool *p, unsigned size_idx)
{
    struct stack_node *n = p->kept[size_idx];

    if (n == NULL) {
        n = stack_take_all(&p->returned[size_idx]);
    }
    if (n == NULL) {
        return NULL;
    }
    p->kept[size_idx] = n->next;
    (void)counter_add(&p->kept_bytes, -(long long)sizes[size_idx]);
    return buf_of_node(n);
}

struct buf *pool_get(struct pool *p, size_t min_bytes)
{
    struct pool_buf *b = NULL;
    unsigned size_idx = 0;
    size_t cap = min_bytes;

    while (size_idx < SIZE_CNT && sizes[size_idx] < min_bytes) {
        size_idx++;
    }
    if (size_idx != SIZE_NONE) {
        cap = sizes[size_idx];
        b = kept_take(p, size_idx);
    }
    if (b == NULL) {
        size_t total;

        if (!chk_add(sizeof(*b), cap, &total)) {
            return NULL;
        }
        b = malloc(total);
        if (b == NULL) {
            return NULL;
        }
        b->size_idx = size_idx;
    }
    ref_get(&p->ref);
    (void)counter_add(&p->out_bytes, (long long)cap);
    buf_init_adopted(&b->buf, b->data, cap, pool_buf_release, p);
    return &b->buf;
}

size_t pool_out_bytes(const struct pool *p)
{
    return (size_t)counter_get(&p->out_bytes);
}

size_t pool_kept_bytes(const struct pool *p)
{
    return (size_t)counter_get(&p->kept_bytes);
}
