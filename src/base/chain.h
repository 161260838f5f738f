/*
 * A chain is a sequence of bytes in parts: slices with an owner, or ranges of a file. Replies are
 * built as chains and handed down to the socket, so record data is never copied on its way out: a
 * fetch answer is a few encoded bytes and a file range that the kernel sends itself.
 *
 * A chain belongs to one thread at a time; its parts' owners are reference-counted and shared.
 */
#ifndef OTTLA_BASE_CHAIN_H
#define OTTLA_BASE_CHAIN_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* An open file that parts refer to. `fd` is the operating system's handle, meaningful to os/ only. */
struct file_ref {
    struct ref ref;
    int fd;
    void (*destroy)(struct file_ref *f); /* closes and frees when the last reference goes */
};

struct file_ref *file_ref_get(struct file_ref *f);
void file_ref_put(struct file_ref *f); /* accepts NULL */

struct chain_part {
    const uint8_t *ptr;    /* bytes; NULL for a file range */
    size_t len;            /* bytes */
    struct buf *owner;     /* keeps ptr alive; NULL: the bytes outlive the chain */
    struct file_ref *file; /* for a file range */
    uint64_t pos;          /* where in the file */
};

#define CHAIN_PARTS_INLINE 2

struct chain {
    size_t len; /* bytes in all parts */
    uint32_t head;
    uint32_t cnt; /* parts [head, head + cnt) are in use */
    uint32_t cap; /* 0: the inline ones */
    struct chain_part *heap;
    struct chain_part inl[CHAIN_PARTS_INLINE];
};

/* The record set of a produce or fetch message: bytes in memory, or a chain whose parts are moved
 * into the message when it is encoded. Null: mem.ptr and chain both NULL. */
struct records {
    struct slice mem;
    struct chain *chain;
};

static inline size_t records_len(const struct records *r)
{
    return r->chain != NULL ? r->chain->len : r->mem.len;
}

void chain_init(struct chain *c);
void chain_clear(struct chain *c); /* drops every part; the chain is empty and usable again */

static inline struct chain_part *chain_part_at(struct chain *c, uint32_t idx)
{
    return (c->cap == 0 ? c->inl : c->heap) + c->head + idx;
}

/* Room for len more bytes in one piece at the end; write there, then chain_commit(). NULL when out
 * of memory. `hint` is how much will follow in all, to size a new buffer. */
uint8_t *chain_reserve(struct chain *c, size_t len, size_t hint);
size_t chain_room(struct chain *c); /* bytes that fit without a new buffer */
void chain_commit(struct chain *c, size_t len);

int chain_append_copy(struct chain *c, struct slice bytes) WARN_UNUSED;

/* Takes a reference of its own on `owner` (may be NULL). */
int chain_append_slice(struct chain *c, struct slice bytes, struct buf *owner) WARN_UNUSED;

/* Takes a reference of its own on `file`. */
int chain_append_file(struct chain *c, struct file_ref *file, uint64_t pos, size_t len) WARN_UNUSED;

/* Moves all parts of `from` to the end of `to`; small byte parts (≤ 2 KiB) are copied together, so
 * that a turn's replies leave in one piece. `from` is empty afterwards, also on failure. */
int chain_move(struct chain *to, struct chain *from) WARN_UNUSED;

/* Drops the first len bytes; len ≤ c->len. */
void chain_consume(struct chain *c, size_t len);

/* Copies byte parts out; file ranges are ERR_UNSUPPORTED. For tests and small messages. */
int chain_copy_out(struct chain *c, uint8_t *ret_bytes, size_t cap) WARN_UNUSED;

#endif
