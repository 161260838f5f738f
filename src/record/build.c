#include "record/build.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/chk.h"
#include "base/wr.h"

#define VARINT_LEN_MAX 5

void batch_builder_init(struct batch_builder *b, const struct batch_options *options,
                        size_t len_max)
{
    *b = (struct batch_builder){.options = *options};
    bytebuf_init(&b->batch, len_max);
    bytebuf_init(&b->packed, len_max);
}

void batch_builder_release(struct batch_builder *b)
{
    bytebuf_release(&b->batch);
    bytebuf_release(&b->packed);
}

void batch_builder_reset(struct batch_builder *b)
{
    b->batch.len = 0;
    b->packed.len = 0;
    b->record_cnt = 0;
}

/* ---- sizes, then plain stores into room that is known to be there ---- */

static size_t varint_len(int64_t v)
{
    return uvarlong_size(zigzag64(v));
}

/* Adds the bytes of a length-prefixed slice to *len; false when it can not be in a record. */
static bool bytes_len_add(struct slice s, size_t *len)
{
    if (s.ptr == NULL) {
        *len += 1;
        return true;
    }
    return s.len <= INT32_MAX && chk_add(*len, s.len + varint_len((int64_t)s.len), len);
}

static bool body_len(const struct record_fields *r, int64_t timestamp_delta, int32_t offset_delta,
                     size_t *ret)
{
    size_t len = 1 + varint_len(timestamp_delta) + varint_len(offset_delta);

    if (!bytes_len_add(r->key, &len) || !bytes_len_add(r->value, &len)) {
        return false;
    }
    len += varint_len(r->header_cnt);
    for (int32_t i = 0; i < r->header_cnt; i++) {
        ASSERT(r->headers[i].key.ptr != NULL);
        if (!bytes_len_add(r->headers[i].key, &len) || !bytes_len_add(r->headers[i].value, &len)) {
            return false;
        }
    }
    *ret = len;
    return len <= INT32_MAX;
}

static uint8_t *put_varint(uint8_t *p, int64_t v)
{
    uint64_t left = zigzag64(v);

    while (left >= 0x80) {
        *p++ = (uint8_t)(left | 0x80);
        left >>= 7;
    }
    *p++ = (uint8_t)left;
    return p;
}

static uint8_t *put_bytes(uint8_t *p, struct slice s)
{
    if (s.ptr == NULL) {
        return put_varint(p, -1);
    }
    p = put_varint(p, (int64_t)s.len);
    if (s.len > 0) {
        memcpy(p, s.ptr, s.len);
    }
    return p + s.len;
}

int batch_builder_add(struct batch_builder *b, const struct record_fields *r)
{
    bool first = b->record_cnt == 0;
    timestamp_ms_t base = first ? r->timestamp : b->base_timestamp;
    int64_t delta;
    size_t len;
    uint8_t *p;
    int rc;

    ASSERT(r->header_cnt >= 0);
    if (b->record_cnt == INT32_MAX || !chk_sub(r->timestamp, base, &delta) ||
        !body_len(r, delta, b->record_cnt, &len)) {
        return ERR_RANGE;
    }
    rc = bytebuf_reserve(&b->batch, len + VARINT_LEN_MAX + (first ? BATCH_HEADER_LEN : 0));
    if (rc != 0) {
        return rc;
    }
    if (first) {
        b->batch.len = BATCH_HEADER_LEN;
    }
    p = put_varint(b->batch.ptr + b->batch.len, (int64_t)len);
    *p++ = 0;
    p = put_varint(p, delta);
    p = put_varint(p, b->record_cnt);
    p = put_bytes(p, r->key);
    p = put_bytes(p, r->value);
    p = put_varint(p, r->header_cnt);
    for (int32_t i = 0; i < r->header_cnt; i++) {
        p = put_bytes(p, r->headers[i].key);
        p = put_bytes(p, r->headers[i].value);
    }
    b->batch.len = (size_t)(p - b->batch.ptr);
    b->base_timestamp = base;
    b->max_timestamp = first ? r->timestamp : MAX_OF(b->max_timestamp, r->timestamp);
    b->record_cnt++;
    return 0;
}

static void header_put(const struct batch_builder *b, uint8_t *batch, size_t len)
{
    const struct batch_options *o = &b->options;
    struct batch_header h = {
        .base_offset = o->base_offset,
        .length = (int32_t)(len - BATCH_OVERHEAD_LEN),
        .leader_epoch = o->leader_epoch,
        .magic = BATCH_MAGIC,
        .attributes =
            (uint16_t)((o->attributes & (unsigned)~BATCH_CODEC_MASK) | (unsigned)o->codec),
        .last_offset_delta = b->record_cnt - 1,
        .base_timestamp = b->base_timestamp,
        .max_timestamp = b->max_timestamp,
        .producer_id = o->producer_id,
        .producer_epoch = o->producer_epoch,
        .base_sequence = o->base_sequence,
        .record_cnt = b->record_cnt,
    };

    batch_header_write(batch, &h);
    batch_fix_crc(batch, len);
}

static int finish(struct batch_builder *b, struct codecs *codecs, struct bytebuf **ret)
{
    struct bytebuf *out = &b->batch;

    if (b->record_cnt == 0) {
        return ERR_INVALID;
    }
    if (b->options.codec != CODEC_NONE) {
        int rc;

        out = &b->packed;
        out->len = 0;
        rc = bytebuf_reserve(out, BATCH_HEADER_LEN);
        if (rc != 0) {
            return rc;
        }
        out->len = BATCH_HEADER_LEN;
        rc =
            codec_compress(codecs, b->options.codec, b->options.level,
                           slice_sub(bytebuf_view(&b->batch), BATCH_HEADER_LEN, b->batch.len), out);
        if (rc != 0) {
            return rc;
        }
    }
    if (out->len > INT32_MAX) {
        return ERR_LIMIT;
    }
    header_put(b, out->ptr, out->len);
    *ret = out;
    return 0;
}

int batch_builder_finish(struct batch_builder *b, struct codecs *codecs, struct slice *ret_batch)
{
    struct bytebuf *out;
    int rc = finish(b, codecs, &out);

    if (rc == 0) {
        *ret_batch = bytebuf_view(out);
    }
    return rc;
}

int batch_builder_detach(struct batch_builder *b, struct codecs *codecs, uint8_t **ret_bytes,
                         size_t *ret_len)
{
    struct bytebuf *out;
    int rc = finish(b, codecs, &out);

    if (rc != 0) {
        return rc;
    }
    *ret_bytes = out->ptr;
    *ret_len = out->len;
    bytebuf_init(out, out->max);
    batch_builder_reset(b);
    return 0;
}
