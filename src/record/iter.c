#include "record/iter.h"

#include "base/assert.h"
#include "base/chk.h"
#include "base/rd.h"

/* A header is two length bytes at least. */
#define RECORD_HEADER_LEN_MIN 2

int record_iter_init(struct record_iter *it, struct codecs *codecs, struct slice batch,
                     uint64_t decompressed_len_max)
{
    struct record_iter made = {.last_delta = -1};
    struct batch_header *h = &made.header;
    struct slice body;
    int rc = batch_peek(batch, h);

    if (rc != 0) {
        return rc;
    }
    if (batch_len(h) > batch.len) {
        return ERR_TRUNCATED;
    }
    if (!codec_is_known(batch_codec(h))) {
        return ERR_UNSUPPORTED;
    }
    if (h->record_cnt < 0 || h->last_offset_delta < 0) {
        return ERR_INVALID;
    }
    body = slice_sub(batch, BATCH_HEADER_LEN, batch_len(h) - BATCH_HEADER_LEN);
    made.left = body;
    if (batch_codec(h) != CODEC_NONE) {
        if (codecs == NULL) {
            return ERR_MISSING_LIB;
        }
        rc = inflater_start(&made.inf, codecs, (enum codec)batch_codec(h), body,
                            decompressed_len_max);
        if (rc != 0) {
            return rc;
        }
        made.inflating = true;
        made.left = SLICE_EMPTY;
        bytebuf_init(&made.buf, (size_t)MIN_OF(decompressed_len_max, (uint64_t)SIZE_MAX / 2));
    }
    *it = made;
    return 0;
}

void record_iter_release(struct record_iter *it)
{
    if (it->inflating) {
        inflater_end(&it->inf);
        it->inflating = false;
    }
    bytebuf_release(&it->buf);
}

/* Adds a piece behind what is left to read. ERR_TRUNCATED: there is none. */
static int fill(struct record_iter *it)
{
    struct slice piece;
    int rc;

    if (!it->inflating) {
        return ERR_TRUNCATED;
    }
    rc = inflater_next(&it->inf, &piece);
    if (rc != 0) {
        return rc;
    }
    if (piece.len == 0) {
        return ERR_TRUNCATED;
    }
    if (it->left.len > 0 && it->left.ptr != it->buf.ptr) {
        memmove(it->buf.ptr, it->left.ptr, it->left.len);
    }
    it->buf.len = it->left.len;
    it->left = bytebuf_view(&it->buf);
    rc = bytebuf_add(&it->buf, piece);
    it->left = bytebuf_view(&it->buf);
    return rc;
}

/* The bytes of the next record, without its length. */
static int record_take(struct record_iter *it, struct slice *ret_body)
{
    for (;;) {
        struct rd r;
        int32_t len;
        int rc;

        rd_init(&r, it->left);
        len = rd_varint(&r);
        if (r.err == 0 && len < 0) {
            return ERR_INVALID;
        }
        if (r.err == 0 && (size_t)len <= rd_left(&r)) {
            *ret_body = slice_of(r.cur, (size_t)len);
            it->left = slice_of(r.cur + len, rd_left(&r) - (size_t)len);
            return 0;
        }
        if (r.err != 0 && r.err != ERR_TRUNCATED) {
            return r.err;
        }
        rc = fill(it);
        if (rc != 0) {
            return rc;
        }
    }
}

static struct slice bytes_get(struct rd *r, bool nullable)
{
    int32_t len = rd_varint(r);

    return len == -1 && nullable ? SLICE_NULL : rd_slice(r, len);
}

static int record_parse(const struct record_iter *it, struct slice body, struct record *ret)
{
    const struct batch_header *h = &it->header;
    struct record rec = {0};
    const uint8_t *headers;
    int64_t delta;
    struct rd r;
    int rc;

    rd_init(&r, body);
    (void)rd_u8(&r); /* attributes: none are defined */
    delta = rd_varlong(&r);
    rec.offset_delta = rd_varint(&r);
    rec.key = bytes_get(&r, true);
    rec.value = bytes_get(&r, true);
    rec.header_cnt = rd_count(&r, rd_varint(&r), RECORD_HEADER_LEN_MIN, INT32_MAX);
    headers = r.cur;
    for (int32_t i = 0; i < rec.header_cnt; i++) {
        (void)bytes_get(&r, false); /* only the lengths matter here */
        (void)bytes_get(&r, true);
    }
    rc = rd_finish(&r);
    if (rc != 0) {
        return rc;
    }
    rec.headers = slice_of(headers, (size_t)(r.end - headers));
    /* Compaction leaves gaps, but never changes the order. */
    if (rec.offset_delta <= it->last_delta || rec.offset_delta > h->last_offset_delta) {
        return ERR_INVALID;
    }
    rec.offset = h->base_offset + rec.offset_delta;
    if (batch_has_log_append_time(h)) {
        rec.timestamp = h->max_timestamp;
    } else if (!chk_add(h->base_timestamp, delta, &rec.timestamp)) {
        return ERR_INVALID;
    }
    *ret = rec;
    return 0;
}

static int end_check(struct record_iter *it)
{
    if (it->left.len > 0) {
        return ERR_INVALID;
    }
    if (it->inflating) {
        int rc = fill(it);

        if (rc == 0) {
            return ERR_INVALID;
        }
        if (rc != ERR_TRUNCATED || !it->inf.done) {
            return rc;
        }
    }
    return ERR_NOT_FOUND;
}

int record_iter_next(struct record_iter *it, struct record *ret)
{
    struct slice body;
    int rc;

    if (it->idx == it->header.record_cnt) {
        return end_check(it);
    }
    rc = record_take(it, &body);
    if (rc == 0) {
        rc = record_parse(it, body, ret);
    }
    if (rc == 0) {
        it->idx++;
        it->last_delta = ret->offset_delta;
    }
    return rc;
}

int record_header_next(struct slice *headers, struct slice *ret_key, struct slice *ret_value)
{
    struct slice key, value;
    struct rd r;

    if (headers->len == 0) {
        return ERR_NOT_FOUND;
    }
    rd_init(&r, *headers);
    key = bytes_get(&r, false);
    value = bytes_get(&r, true);
    if (r.err != 0) {
        return r.err;
    }
    *ret_key = key;
    *ret_value = value;
    *headers = slice_of(r.cur, rd_left(&r));
    return 0;
}

int batch_find_timestamp(struct codecs *codecs, struct slice batch, timestamp_ms_t timestamp,
                         log_offset_t *ret_offset, timestamp_ms_t *ret_timestamp)
{
    struct record_iter it;
    struct record rec;
    int rc = record_iter_init(&it, codecs, batch, DECOMPRESSED_LEN_MAX_DEFAULT);

    if (rc != 0) {
        return rc;
    }
    do {
        rc = record_iter_next(&it, &rec);
    } while (rc == 0 && rec.timestamp < timestamp);
    if (rc == 0) {
        *ret_offset = rec.offset;
        *ret_timestamp = rec.timestamp;
    }
    record_iter_release(&it);
    return rc;
}
