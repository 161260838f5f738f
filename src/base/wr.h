/*
 * A writer that appends to a chain. Big-endian; the first failure (memory) sticks and wr_finish()
 * reports it. Sizes are known beforehand (every message has a size function), so one buffer is
 * reserved and the puts are plain stores into it. The counterpart of base/rd.h.
 */
#ifndef OTTLA_BASE_WR_H
#define OTTLA_BASE_WR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/chain.h"
#include "base/err.h"
#include "base/slice.h"
#include "base/uuid.h"

struct wr {
    struct chain *chain;
    uint8_t *start; /* what was handed out and not committed yet: [start, cur) */
    uint8_t *cur;
    uint8_t *end;
    size_t hint; /* bytes expected in all */
    int err;
};

/* Writes to the end of `c`. `hint_bytes` (0 if unknown) sizes the first buffer. Until wr_finish() or
 * wr_sync() the chain must not be touched by others. */
void wr_init(struct wr *w, struct chain *c, size_t hint_bytes);

/* Makes the chain hold everything written so far. */
void wr_sync(struct wr *w);

/* wr_sync(), then the sticky error. */
int wr_finish(struct wr *w) WARN_UNUSED;

/* Slow path of the puts: room for len bytes, or NULL and a sticky error. */
uint8_t *wr_grow(struct wr *w, size_t len);

static inline uint8_t *wr_room(struct wr *w, size_t len)
{
    uint8_t *p = w->cur;

    if ((size_t)(w->end - p) < len) {
        p = wr_grow(w, len);
        if (p == NULL) {
            return NULL;
        }
    }
    w->cur = p + len;
    return p;
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
    uint8_t *p = wr_room(w, 1);

    if (p != NULL) {
        *p = v;
    }
}

static inline void wr_i8(struct wr *w, int8_t v)
{
    wr_u8(w, (uint8_t)v);
}

static inline void wr_u16(struct wr *w, uint16_t v)
{
    uint8_t *p = wr_room(w, 2);

    if (p != NULL) {
        store_be16(p, v);
    }
}

static inline void wr_i16(struct wr *w, int16_t v)
{
    wr_u16(w, (uint16_t)v);
}

static inline void wr_u32(struct wr *w, uint32_t v)
{
    uint8_t *p = wr_room(w, 4);

    if (p != NULL) {
        store_be32(p, v);
    }
}

static inline void wr_i32(struct wr *w, int32_t v)
{
    wr_u32(w, (uint32_t)v);
}

static inline void wr_u64(struct wr *w, uint64_t v)
{
    uint8_t *p = wr_room(w, 8);

    if (p != NULL) {
        store_be64(p, v);
    }
}

static inline void wr_i64(struct wr *w, int64_t v)
{
    wr_u64(w, (uint64_t)v);
}

void wr_f64(struct wr *w, double v);
void wr_uuid(struct wr *w, struct uuid id);
void wr_uvarint(struct wr *w, uint32_t v);
void wr_uvarlong(struct wr *w, uint64_t v);
void wr_varint(struct wr *w, int32_t v);
void wr_varlong(struct wr *w, int64_t v);

/* Bytes without a length. */
void wr_bytes(struct wr *w, struct slice bytes);

/* Length-prefixed bytes; a NULL ptr is written as null. */
void wr_str16(struct wr *w, struct slice s);
void wr_bytes32(struct wr *w, struct slice s);
void wr_compact(struct wr *w, struct slice s);

/* Moves the parts of `c` in behind what is written so far, without copying large ones. */
void wr_chain(struct wr *w, struct chain *c);

/* How many bytes a varint takes. */
static inline size_t uvarint_size(uint32_t v)
{
    return v < 1u << 7 ? 1 : v < 1u << 14 ? 2 : v < 1u << 21 ? 3 : v < 1u << 28 ? 4 : 5;
}

static inline size_t uvarlong_size(uint64_t v)
{
    size_t len = 1;

    while (v >= 0x80) {
        v >>= 7;
        len++;
    }
    return len;
}

static inline uint32_t zigzag32(int32_t v)
{
    return ((uint32_t)v << 1) ^ (v < 0 ? UINT32_MAX : 0);
}

static inline uint64_t zigzag64(int64_t v)
{
    return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

#endif
