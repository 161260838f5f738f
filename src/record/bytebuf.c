#include "record/bytebuf.h"

#include <stdlib.h>

#include "base/chk.h"

#define BYTEBUF_CAP_MIN 256u

void bytebuf_init(struct bytebuf *b, size_t max)
{
    *b = (struct bytebuf){.max = max};
}

void bytebuf_release(struct bytebuf *b)
{
    free(b->ptr);
    bytebuf_init(b, b->max);
}

int bytebuf_reserve(struct bytebuf *b, size_t len)
{
    size_t cap;
    uint8_t *grown;

    if (len <= b->cap - b->len) {
        return 0;
    }
    if (len > b->max - b->len) {
        return ERR_LIMIT;
    }
    cap = b->cap > b->max / 2 ? b->max : MAX_OF(b->cap * 2, BYTEBUF_CAP_MIN);
    cap = MIN_OF(MAX_OF(cap, b->len + len), b->max);
    grown = realloc(b->ptr, cap);
    if (grown == NULL) {
        return ERR_NOMEM;
    }
    b->ptr = grown;
    b->cap = cap;
    return 0;
}

int bytebuf_add(struct bytebuf *b, struct slice bytes)
{
    int rc = bytebuf_reserve(b, bytes.len);

    if (rc != 0) {
        return rc;
    }
    if (bytes.len > 0) {
        memcpy(b->ptr + b->len, bytes.ptr, bytes.len);
        b->len += bytes.len;
    }
    return 0;
}
