#include "base/rd.h"

double rd_f64(struct rd *r)
{
    uint64_t bits = rd_u64(r);
    double v;

    memcpy(&v, &bits, sizeof(v));
    return v;
}

struct uuid rd_uuid(struct rd *r)
{
    struct uuid id = {{0}};
    const uint8_t *p = rd_take(r, sizeof(id.b));

    if (p != NULL) {
        memcpy(id.b, p, sizeof(id.b));
    }
    return id;
}

uint64_t rd_uvarlong(struct rd *r)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = rd_u8(r);

        if (shift == 63 && byte > 1) {
            break;
        }
        v |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return r->err != 0 ? 0 : v;
        }
    }
    rd_fail(r, ERR_INVALID);
    return 0;
}

uint32_t rd_uvarint(struct rd *r)
{
    uint32_t v = 0;

    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte = rd_u8(r);

        if (shift == 28 && byte > 15) {
            break;
        }
        v |= (uint32_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return r->err != 0 ? 0 : v;
        }
    }
    rd_fail(r, ERR_INVALID);
    return 0;
}

int32_t rd_varint(struct rd *r)
{
    uint32_t v = rd_uvarint(r);

    return (int32_t)((v >> 1) ^ (~(v & 1) + 1));
}

int64_t rd_varlong(struct rd *r)
{
    uint64_t v = rd_uvarlong(r);

    return (int64_t)((v >> 1) ^ (~(v & 1) + 1));
}

struct slice rd_slice(struct rd *r, int64_t len)
{
    const uint8_t *p;

    if (len < 0) {
        rd_fail(r, ERR_INVALID);
        return SLICE_NULL;
    }
    if ((uint64_t)len > rd_left(r)) {
        rd_fail(r, ERR_TRUNCATED);
        return SLICE_NULL;
    }
    p = rd_take(r, (size_t)len);
    return p == NULL ? SLICE_NULL : slice_of(p, (size_t)len);
}

static struct slice take_or_null(struct rd *r, int64_t len, bool nullable)
{
    if (len == -1 && nullable) {
        return SLICE_NULL;
    }
    return rd_slice(r, len);
}

struct slice rd_str16(struct rd *r, bool nullable)
{
    return take_or_null(r, rd_i16(r), nullable);
}

struct slice rd_bytes32(struct rd *r, bool nullable)
{
    return take_or_null(r, rd_i32(r), nullable);
}

struct slice rd_compact(struct rd *r, bool nullable)
{
    return take_or_null(r, (int64_t)rd_uvarint(r) - 1, nullable);
}

int32_t rd_count(struct rd *r, int64_t count, size_t min_item_bytes, int32_t max)
{
    if (r->err != 0) {
        return 0;
    }
    if (count < 0) {
        rd_fail(r, ERR_INVALID);
        return 0;
    }
    if (count > max || (min_item_bytes != 0 && (uint64_t)count > rd_left(r) / min_item_bytes)) {
        rd_fail(r, ERR_LIMIT);
        return 0;
    }
    return (int32_t)count;
}

void rd_skip_tags(struct rd *r)
{
    uint32_t cnt = rd_uvarint(r);

    for (uint32_t i = 0; i < cnt && r->err == 0; i++) {
        (void)rd_uvarint(r); /* the tag: unknown to us by definition */
        (void)rd_slice(r, (int64_t)rd_uvarint(r));
    }
}

int rd_finish(const struct rd *r)
{
    if (r->err != 0) {
        return r->err;
    }
    return r->cur == r->end ? 0 : ERR_INVALID;
}
