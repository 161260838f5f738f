/*
 * Record batches as a stranger sends them. The first byte of the input says which of three ways:
 *
 *   raw        the rest is the batch; with another bit its length and checksum are made true
 *   records    the rest is the records, plain or compressed here, under a true header
 *   bent       a whole batch is built by the input's choices, then bytes of it are changed by the
 *              rest of the input, with the checksum made true again in half of the cases
 *
 * Whatever passes validation must be readable record by record, with as many records and the same
 * largest timestamp as validation found, and must stay so in another codec.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/chk.h"
#include "base/rd.h"
#include "record/build.h"
#include "record/iter.h"
#include "record/rewrite.h"
#include "record/validate.h"

#define NOW_MS ((timestamp_ms_t)1700000000000)
#define OUT_MAX ((size_t)1 << 18)
#define BATCH_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct codecs *codecs;

static int iterate(struct slice batch, int32_t *ret_cnt, timestamp_ms_t *ret_max)
{
    struct record_iter it;
    struct record rec;
    int32_t cnt = 0;
    timestamp_ms_t max = INT64_MIN;
    int rc = record_iter_init(&it, codecs, batch, OUT_MAX);

    if (rc != 0) {
        return rc;
    }
    while ((rc = record_iter_next(&it, &rec)) == 0) {
        struct slice headers = rec.headers;
        struct slice key, value;
        int32_t header_cnt = 0;

        while (record_header_next(&headers, &key, &value) == 0) {
            header_cnt++;
        }
        ASSERT(header_cnt == rec.header_cnt);
        max = rec.timestamp > max ? rec.timestamp : max;
        cnt++;
    }
    record_iter_release(&it);
    *ret_cnt = cnt;
    *ret_max = max;
    return rc;
}

static void check_rewritten(struct slice batch, const struct validate_rules *rules,
                            enum codec codec, const struct batch_info *info)
{
    struct rewrite_options options = {.codec = codec, .level = 1, .decompressed_len_max = OUT_MAX};
    struct batch_info again;
    struct validate_fault fault;
    struct bytebuf out;

    bytebuf_init(&out, BATCH_MAX);
    ASSERT(batch_rewrite(codecs, batch, &options, &out) == 0);
    ASSERT(batch_validate(bytebuf_view(&out), rules, codecs, &again, &fault) == 0);
    ASSERT(again.header.record_cnt == info->header.record_cnt);
    ASSERT(again.records_len == info->records_len);
    ASSERT(again.max_timestamp == info->max_timestamp);
    ASSERT(again.max_timestamp_delta == info->max_timestamp_delta);
    bytebuf_release(&out);
}

static void check(struct slice batch, uint8_t choice)
{
    struct validate_rules rules = {
        .now_ms = NOW_MS,
        .before_max_ms = (choice & 1) != 0 ? INT64_MAX : 100000,
        .after_max_ms = (choice & 2) != 0 ? INT64_MAX : 3600000,
        .batch_len_max = BATCH_MAX,
        .decompressed_len_max = OUT_MAX,
        .compacted = (choice & 4) != 0,
        .log_append_time = (choice & 8) != 0,
        .zstd_allowed = true,
        .internal = (choice & 16) != 0,
    };
    struct batch_info info;
    struct validate_fault fault = {.code = VALIDATE_OK};
    int32_t cnt = 0;
    timestamp_ms_t max = 0;
    int valid = batch_validate(batch, &rules, codecs, &info, &fault);
    int read = iterate(batch, &cnt, &max);

    ASSERT((valid == 0) == (fault.code == VALIDATE_OK));
    if (valid != 0) {
        ASSERT(validate_kerr(fault.code) != KERR_NONE);
        return;
    }
    /* With the broker's time nobody looks at the records' own, which then may overflow. */
    if (read != ERR_NOT_FOUND) {
        ASSERT(rules.log_append_time && read == ERR_INVALID);
        return;
    }
    ASSERT(cnt == info.header.record_cnt);
    if (!rules.log_append_time) {
        ASSERT(max == info.max_timestamp);
    }
    check_rewritten(batch, &rules, (enum codec)(choice % CODEC_CNT), &info);
}

static void check_copy(struct slice bytes, uint8_t choice, bool make_true)
{
    uint8_t *copy = malloc(bytes.len + 1);

    if (copy == NULL) {
        return;
    }
    memcpy(copy, bytes.ptr, bytes.len);
    if (make_true && bytes.len >= BATCH_HEADER_LEN) {
        store_be32(copy + BATCH_AT_LENGTH, (uint32_t)(bytes.len - BATCH_OVERHEAD_LEN));
        copy[BATCH_AT_MAGIC] = BATCH_MAGIC;
        batch_fix_crc(copy, bytes.len);
    }
    check(slice_of(copy, bytes.len), choice);
    free(copy);
}

static void check_records(struct rd *r, uint8_t choice)
{
    enum codec codec = (enum codec)(rd_u8(r) % CODEC_CNT);
    int32_t cnt = rd_u8(r);
    struct slice records = slice_of(r->cur, rd_left(r));
    struct batch_header h = {
        .magic = BATCH_MAGIC,
        .leader_epoch = LEADER_EPOCH_NONE,
        .attributes = (uint16_t)codec,
        .last_offset_delta = cnt - 1,
        .base_timestamp = NOW_MS,
        .producer_id = PRODUCER_ID_NONE,
        .producer_epoch = PRODUCER_EPOCH_NONE,
        .base_sequence = SEQUENCE_NONE,
        .record_cnt = cnt,
    };
    struct bytebuf out;
    int rc;

    bytebuf_init(&out, BATCH_MAX);
    rc = bytebuf_reserve(&out, BATCH_HEADER_LEN);
    if (rc == 0) {
        out.len = BATCH_HEADER_LEN;
        rc = codec_compress(codecs, codec, 1, records, &out);
    }
    if (rc == 0) {
        h.length = (int32_t)(out.len - BATCH_OVERHEAD_LEN);
        batch_header_write(out.ptr, &h);
        batch_fix_crc(out.ptr, out.len);
        check(bytebuf_view(&out), choice);
    }
    bytebuf_release(&out);
}

static void check_bent(struct rd *r, uint8_t choice, bool make_true)
{
    struct batch_options options = BATCH_OPTIONS_PLAIN;
    struct record_header headers[4];
    struct batch_builder b;
    uint8_t *batch;
    size_t len;
    int record_cnt;
    int change_cnt;

    options.codec = (enum codec)(rd_u8(r) % CODEC_CNT);
    options.level = 1;
    record_cnt = 1 + rd_u8(r) % 32;
    change_cnt = rd_u8(r) % 8;
    batch_builder_init(&b, &options, BATCH_MAX);
    for (int i = 0; i < record_cnt; i++) {
        uint8_t shape = rd_u8(r);
        struct record_fields f = {.timestamp = NOW_MS - shape * (timestamp_ms_t)1000};

        f.key =
            (shape & 1) != 0 ? SLICE_NULL : rd_slice(r, (int64_t)MIN_OF(rd_left(r), shape & 0x3fu));
        f.value =
            (shape & 2) != 0 ? SLICE_NULL : rd_slice(r, (int64_t)MIN_OF(rd_left(r), (size_t)shape));
        f.headers = headers;
        f.header_cnt = shape >> 6;
        for (int h = 0; h < f.header_cnt; h++) {
            headers[h].key = SLICE_LIT("header");
            headers[h].value = h == 1 ? SLICE_NULL : SLICE_LIT("of the record");
        }
        if (batch_builder_add(&b, &f) != 0) {
            break;
        }
    }
    if (batch_builder_detach(&b, codecs, &batch, &len) == 0) {
        for (int i = 0; i < change_cnt; i++) {
            size_t at = rd_u16(r) % len;

            batch[at] ^= rd_u8(r);
        }
        if (make_true) {
            batch_fix_crc(batch, len);
        }
        check(slice_of(batch, len), choice);
        free(batch);
    }
    batch_builder_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd r;
    uint8_t way;
    uint8_t choice;

    rd_init(&r, slice_of(data, size));
    way = rd_u8(&r);
    choice = rd_u8(&r);
    if (r.err != 0) {
        return 0;
    }
    codecs = codecs_new();
    ASSERT(codecs != NULL);
    switch (way % 4) {
    case 0:
        check_copy(slice_of(r.cur, rd_left(&r)), choice, (way & 4) != 0);
        break;
    case 1:
        check_records(&r, choice);
        break;
    default:
        check_bent(&r, choice, (way & 4) != 0);
        break;
    }
    codecs_free(codecs);
    return 0;
}
