#include "base/buf.h"

#include <stdlib.h>

struct buf *buf_new(size_t cap)
{
    struct buf *b;

    if (cap > SIZE_MAX - sizeof(*b)) {
        return NULL;
    }
    b = malloc(sizeof(*b) + cap);
    if (b == NULL) {
        return NULL;
    }
    ref_init(&b->ref);
    b->data = (uint8_t *)(b + 1);
    b->cap = cap;
    b->used = 0;
    b->release = NULL;
    b->ctx = NULL;
    return b;
}

void buf_init_adopted(struct buf *b, uint8_t *data, size_t cap, void (*release)(struct buf *b),
                      void *ctx)
{
    ASSERT(release != NULL);
    ref_init(&b->ref);
    b->data = data;
    b->cap = cap;
    b->used = 0;
    b->release = release;
    b->ctx = ctx;
}

struct buf *buf_ref(struct buf *b)
{
    ref_get(&b->ref);
    return b;
}

void buf_unref(struct buf *b)
{
    if (b == NULL || !ref_put(&b->ref)) {
        return;
    }
    if (b->release != NULL) {
        b->release(b);
    } else {
        free(b);
    }
}
