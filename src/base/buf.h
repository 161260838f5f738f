/*
 * Reference-counted bytes that may outlive the request that brought them: frames, replies, batches.
 * Any thread may take or drop a reference; the bytes are written by the creator only, and only before
 * the buffer is shared.
 */
#ifndef OTTLA_BASE_BUF_H
#define OTTLA_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/ref.h"

struct buf {
    struct ref ref;
    uint8_t *data;
    size_t cap;                     /* bytes */
    size_t used;                    /* bytes written so far, by the creator */
    void (*release)(struct buf *b); /* NULL: header and data are one malloc */
    void *ctx;                      /* the releaser's */
};

/* A buffer of at least cap bytes, or NULL when memory is out. */
struct buf *buf_new(size_t cap);

/* Makes a buffer of a caller's memory; `release` frees data and header when the last reference goes. */
void buf_init_adopted(struct buf *b, uint8_t *data, size_t cap, void (*release)(struct buf *b),
                      void *ctx);

struct buf *buf_ref(struct buf *b);

/* Accepts NULL. */
void buf_unref(struct buf *b);

#endif
