#include "base/chain.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/chk.h"

#define CHAIN_BUF_MIN_BYTES 256u
#define CHAIN_COPY_MAX_BYTES 2048u
#define CHAIN_COALESCE_BYTES 8192u

struct file_ref *file_ref_get(struct file_ref *f)
{
    ref_get(&f->ref);
    return f;
}

void file_ref_put(struct file_ref *f)
{
    if (f != NULL && ref_put(&f->ref)) {
        f->destroy(f);
    }
}

void chain_init(struct chain *c)
{
    c->len = 0;
    c->head = 0;
    c->cnt = 0;
    c->cap = 0;
    c->heap = NULL;
}

static void part_release(struct chain_part *p)
{
    buf_unref(p->owner);
    file_ref_put(p->file);
}

void chain_clear(struct chain *c)
{
    for (uint32_t i = 0; i < c->cnt; i++) {
        part_release(chain_part_at(c, i));
    }
    free(c->heap);
    chain_init(c);
}

/* A fresh part at the end, moving to the heap or compacting when the array is full. */
static struct chain_part *part_add(struct chain *c)
{
    uint32_t cap = c->cap == 0 ? CHAIN_PARTS_INLINE : c->cap;
    struct chain_part *parts = c->cap == 0 ? c->inl : c->heap;

    if (c->head + c->cnt == cap) {
        if (c->head > cap / 2) {
            memmove(parts, parts + c->head, c->cnt * sizeof(*parts));
            c->head = 0;
        } else {
            struct chain_part *grown;

            if (cap > UINT32_MAX / 2 / sizeof(*parts)) {
                return NULL;
            }
            grown = malloc((size_t)cap * 2 * sizeof(*parts));
            if (grown == NULL) {
                return NULL;
            }
            memcpy(grown, parts + c->head, c->cnt * sizeof(*parts));
            free(c->heap);
            c->heap = grown;
            c->cap = cap * 2;
            c->head = 0;
            parts = grown;
        }
    }
    parts += c->head + c->cnt;
    c->cnt++;
    *parts = (struct chain_part){0};
    return parts;
}

/* The last part when its buffer can be written on: ours alone, and the part ends where it is used. */
static struct chain_part *writable_tail(struct chain *c)
{
    struct chain_part *p;

    if (c->cnt == 0) {
        return NULL;
    }
    p = chain_part_at(c, c->cnt - 1);
    if (p->owner == NULL || p->owner->release != NULL || ref_is_shared(&p->owner->ref) ||
        p->ptr + p->len != p->owner->data + p->owner->used) {
        return NULL;
    }
    return p;
}

size_t chain_room(struct chain *c)
{
    struct chain_part *p = writable_tail(c);

    return p == NULL ? 0 : p->owner->cap - p->owner->used;
}

uint8_t *chain_reserve(struct chain *c, size_t len, size_t hint)
{
    struct chain_part *p = writable_tail(c);
    struct buf *b;

    if (p != NULL && p->owner->cap - p->owner->used >= len) {
        return p->owner->data + p->owner->used;
    }
    b = buf_new(MAX_OF(MAX_OF(len, hint), CHAIN_BUF_MIN_BYTES));
    if (b == NULL) {
        return NULL;
    }
    p = part_add(c);
    if (p == NULL) {
        buf_unref(b);
        return NULL;
    }
    p->ptr = b->data;
    p->owner = b;
    return b->data;
}

void chain_commit(struct chain *c, size_t len)
{
    struct chain_part *p = writable_tail(c);

    ASSERT(p != NULL && p->owner->cap - p->owner->used >= len);
    p->owner->used += len;
    p->len += len;
    c->len += len;
}

int chain_append_copy(struct chain *c, struct slice bytes)
{
    uint8_t *room;

    if (bytes.len == 0) {
        return 0;
    }
    room = chain_reserve(c, bytes.len, c->cnt == 0 ? bytes.len : CHAIN_COALESCE_BYTES);
    if (room == NULL) {
        return ERR_NOMEM;
    }
    memcpy(room, bytes.ptr, bytes.len);
    chain_commit(c, bytes.len);
    return 0;
}

int chain_append_slice(struct chain *c, struct slice bytes, struct buf *owner)
{
    struct chain_part *p;

    if (bytes.len == 0) {
        return 0;
    }
    p = part_add(c);
    if (p == NULL) {
        return ERR_NOMEM;
    }
    p->ptr = bytes.ptr;
    p->len = bytes.len;
    p->owner = owner == NULL ? NULL : buf_ref(owner);
    c->len += bytes.len;
    return 0;
}

int chain_append_file(struct chain *c, struct file_ref *file, uint64_t pos, size_t len)
{
    struct chain_part *p;

    if (len == 0) {
        return 0;
    }
    p = part_add(c);
    if (p == NULL) {
        return ERR_NOMEM;
    }
    p->len = len;
    p->file = file_ref_get(file);
    p->pos = pos;
    c->len += len;
    return 0;
}

int chain_move(struct chain *to, struct chain *from)
{
    int rc = 0;

    if (to->cnt == 0) {
        chain_clear(to);
        *to = *from;
        chain_init(from);
        return 0;
    }
    for (uint32_t i = 0; i < from->cnt && rc == 0; i++) {
        struct chain_part *src = chain_part_at(from, i);

        if (src->file == NULL && src->len <= CHAIN_COPY_MAX_BYTES) {
            rc = chain_append_copy(to, slice_of(src->ptr, src->len));
        } else {
            struct chain_part *dst = part_add(to);

            if (dst == NULL) {
                rc = ERR_NOMEM;
                break;
            }
            *dst = *src;
            to->len += src->len;
            src->owner = NULL;
            src->file = NULL;
        }
    }
    chain_clear(from);
    return rc;
}

void chain_consume(struct chain *c, size_t len)
{
    ASSERT(len <= c->len);
    c->len -= len;
    /* Empty parts go too (room that was reserved and never used): a sender always meets bytes. */
    while (c->cnt > 0) {
        struct chain_part *p = chain_part_at(c, 0);

        if (len < p->len) {
            p->len -= len;
            p->pos += p->file != NULL ? len : 0;
            p->ptr = p->file != NULL ? NULL : p->ptr + len;
            return;
        }
        len -= p->len;
        part_release(p);
        c->head++;
        c->cnt--;
    }
    c->head = 0;
}

int chain_copy_out(struct chain *c, uint8_t *ret_bytes, size_t cap)
{
    size_t at = 0;

    if (c->len > cap) {
        return ERR_LIMIT;
    }
    for (uint32_t i = 0; i < c->cnt; i++) {
        struct chain_part *p = chain_part_at(c, i);

        if (p->file != NULL) {
            return ERR_UNSUPPORTED;
        }
        memcpy(ret_bytes + at, p->ptr, p->len);
        at += p->len;
    }
    return 0;
}
