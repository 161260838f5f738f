/*
 * A bounded reader over borrowed bytes. Every get checks the bounds; the first failure sticks: later
 * gets give zero and move nothing, and rd_finish() reports it once at the end. So a decoder is a
 * straight list of gets with one check. Views point into the input and live as long as it does.
 *
 * Wire rules: big-endian integers; int16 or int32 length prefixes, -1 for null; "compact" forms with
 * an unsigned varint of length + 1, 0 for null; zig-zag varints inside record batches.
 */
#ifndef OTTLA_BASE_RD_H
#define OTTLA_BASE_RD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/slice.h"
#include "base/uuid.h"

struct rd {
    const uint8_t *cur;
    const uint8_t *end;
    int err; /* 0, or the first failure */
};

static inline void rd_init(struct rd *r, struct slice bytes)
{
    r->cur = bytes.ptr;
    r->end = bytes.ptr == NULL ? NULL : bytes.ptr + bytes.len;
    r->err = 0;
}

static inline size_t rd_left(const struct rd *r)
{
    return r->err != 0 || r->cur == NULL ? 0 : (size_t)(r->end - r->cur);
}

/* Records a failure; the first one stays. */
static inline void rd_fail(struct rd *r, int err)
{
    if (r->err == 0) {
        r->err = err;
    }
}

/* len bytes as a view, or NULL and a sticky ERR_TRUNCATED. */
static inline const uint8_t *rd_take(struct rd *r, size_t len)
{
    const uint8_t *p = r->cur;

    if (r->err != 0 || len > (size_t)(r->end - r->cur)) {
        rd_fail(r, ERR_TRUNCATED);
        return NULL;
    }
    r->cur += len;
    return p;
}

static inline uint8_t rd_u8(struct rd *r)
{
    const uint8_t *p = rd_take(r, 1);

    return p == NULL ? 0 : *p;
}

static inline int8_t rd_i8(struct rd *r)
{
    return (int8_t)rd_u8(r);
}

static inline uint16_t rd_u16(struct rd *r)
{
    const uint8_t *p = rd_take(r, 2);

    return p == NULL ? 0 : load_be16(p);
}

static inline int16_t rd_i16(struct rd *r)
{
    return (int16_t)rd_u16(r);
}

static inline uint32_t rd_u32(struct rd *r)
{
    const uint8_t *p = rd_take(r, 4);

    return p == NULL ? 0 : load_be32(p);
}

static inline int32_t rd_i32(struct rd *r)
{
    return (int32_t)rd_u32(r);
}

static inline uint64_t rd_u64(struct rd *r)
{
    const uint8_t *p = rd_take(r, 8);

    return p == NULL ? 0 : load_be64(p);
}

static inline int64_t rd_i64(struct rd *r)
{
    return (int64_t)rd_u64(r);
}

double rd_f64(struct rd *r);
struct uuid rd_uuid(struct rd *r);

/* Unsigned varint of at most 5 (32 bits) or 10 (64 bits) bytes; a longer one is ERR_INVALID. */
uint32_t rd_uvarint(struct rd *r);
uint64_t rd_uvarlong(struct rd *r);

/* Zig-zag varints, as in record batches. */
int32_t rd_varint(struct rd *r);
int64_t rd_varlong(struct rd *r);

/* len bytes as a slice; len < 0 is ERR_INVALID. */
struct slice rd_slice(struct rd *r, int64_t len);

/* Length-prefixed bytes; the null forms give SLICE_NULL. A negative length other than -1, or a null
 * where `nullable` is false, is ERR_INVALID. */
struct slice rd_str16(struct rd *r, bool nullable);
struct slice rd_bytes32(struct rd *r, bool nullable);
struct slice rd_compact(struct rd *r, bool nullable);

/* Checks a count from outside before anything is allocated for it: it must be in [0, max] and
 * count * min_item_bytes must fit into what is left. Returns the count, or 0 with a sticky error. */
int32_t rd_count(struct rd *r, int64_t count, size_t min_item_bytes, int32_t max);

/* Skips a section of tagged fields that nobody here knows. */
void rd_skip_tags(struct rd *r);

/* 0 when every get succeeded and nothing is left over; ERR_INVALID for trailing bytes. */
int rd_finish(const struct rd *r) WARN_UNUSED;

#endif
