/*
 * Bytes in one piece that grow up to a limit: batches being built, compressed output. One owner.
 * Growth follows the bytes that are really there, never a length that somebody announced.
 */
#ifndef OTTLA_RECORD_BYTEBUF_H
#define OTTLA_RECORD_BYTEBUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

struct bytebuf {
    uint8_t *ptr;
    size_t len;
    size_t cap;
    size_t max; /* len never exceeds it */
};

void bytebuf_init(struct bytebuf *b, size_t max);
void bytebuf_release(struct bytebuf *b);

/* Room for len more bytes at ptr + b->len. ERR_LIMIT beyond max, ERR_NOMEM. */
int bytebuf_reserve(struct bytebuf *b, size_t len) WARN_UNUSED;

int bytebuf_add(struct bytebuf *b, struct slice bytes) WARN_UNUSED;

static inline struct slice bytebuf_view(const struct bytebuf *b)
{
    return b->ptr == NULL ? SLICE_EMPTY : slice_of(b->ptr, b->len);
}

#endif
