#include "base/wr.h"

#define WR_STEP_BYTES 512u

void wr_init(struct wr *w, struct chain *c, size_t hint_bytes)
{
    w->chain = c;
    w->start = NULL;
    w->cur = NULL;
    w->end = NULL;
    w->hint = hint_bytes;
    w->err = 0;
}

void wr_sync(struct wr *w)
{
    if (w->cur != w->start) {
        chain_commit(w->chain, (size_t)(w->cur - w->start));
    }
    w->start = w->cur = w->end = NULL;
}

int wr_finish(struct wr *w)
{
    wr_sync(w);
    return w->err;
}

uint8_t *wr_grow(struct wr *w, size_t len)
{
    uint8_t *p;

    if (w->err != 0) {
        return NULL;
    }
    wr_sync(w);
    p = chain_reserve(w->chain, len, w->hint > WR_STEP_BYTES ? w->hint : WR_STEP_BYTES);
    if (p == NULL) {
        w->err = ERR_NOMEM;
        return NULL;
    }
    w->hint = 0; /* the hint is for the first buffer */
    w->start = w->cur = p;
    w->end = p + chain_room(w->chain);
    return p;
}

void wr_f64(struct wr *w, double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof(bits));
    wr_u64(w, bits);
}

void wr_uuid(struct wr *w, struct uuid id)
{
    wr_bytes(w, slice_of(id.b, sizeof(id.b)));
}

void wr_uvarint(struct wr *w, uint32_t v)
{
    while (v >= 0x80) {
        wr_u8(w, (uint8_t)(v | 0x80));
        v >>= 7;
    }
    wr_u8(w, (uint8_t)v);
}

void wr_uvarlong(struct wr *w, uint64_t v)
{
    while (v >= 0x80) {
        wr_u8(w, (uint8_t)(v | 0x80));
        v >>= 7;
    }
    wr_u8(w, (uint8_t)v);
}

void wr_varint(struct wr *w, int32_t v)
{
    wr_uvarint(w, zigzag32(v));
}

void wr_varlong(struct wr *w, int64_t v)
{
    wr_uvarlong(w, zigzag64(v));
}

void wr_bytes(struct wr *w, struct slice bytes)
{
    uint8_t *p;

    if (bytes.len == 0) {
        return;
    }
    p = wr_room(w, bytes.len);
    if (p != NULL) {
        memcpy(p, bytes.ptr, bytes.len);
    }
}

void wr_str16(struct wr *w, struct slice s)
{
    if (s.len > INT16_MAX) {
        w->err = w->err != 0 ? w->err : ERR_RANGE;
        return;
    }
    wr_i16(w, slice_is_null(s) ? -1 : (int16_t)s.len);
    wr_bytes(w, s);
}

void wr_bytes32(struct wr *w, struct slice s)
{
    if (s.len > INT32_MAX) {
        w->err = w->err != 0 ? w->err : ERR_RANGE;
        return;
    }
    wr_i32(w, slice_is_null(s) ? -1 : (int32_t)s.len);
    wr_bytes(w, s);
}

void wr_compact(struct wr *w, struct slice s)
{
    if (s.len > INT32_MAX) {
        w->err = w->err != 0 ? w->err : ERR_RANGE;
        return;
    }
    wr_uvarint(w, slice_is_null(s) ? 0 : (uint32_t)s.len + 1);
    wr_bytes(w, s);
}

void wr_chain(struct wr *w, struct chain *c)
{
    int rc;

    wr_sync(w);
    rc = chain_move(w->chain, c);
    if (rc != 0 && w->err == 0) {
        w->err = rc;
    }
}
