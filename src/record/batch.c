/*
 * A batch as it lies on the wire and on disk; all integers big-endian:
 *
 *     0        8       12          16  17   21      23        27         35        43
 *     +--------+-------+-----------+---+----+-------+---------+----------+---------+--
 *     | base   | len-  | leader    | 2 |crc | attri-| last    | base     | max     |
 *     | offset | gth   | epoch     |   |    | butes | offset  | time-    | time-   |
 *     |        |       |           |   |    |       | delta   | stamp    | stamp   |
 *     +--------+-------+-----------+---+----+-------+---------+----------+---------+--
 *
 *    43         51      53         57       61
 *     +---------+-------+----------+--------+---------------------------------------+
 *     | producer| epoch | base     | record | records, one after the other;         |
 *     | id      |       | sequence | count  | with a codec: one compressed stream   |
 *     +---------+-------+----------+--------+---------------------------------------+
 *
 * The length counts from byte 12. The checksum is CRC-32C over byte 21 to the end, so the place in
 * the log (offset, epoch) can be written without touching it.
 */
#include "record/batch.h"

#include "base/assert.h"
#include "base/crc32c.h"

const char *codec_name(int codec)
{
    static const char *const names[CODEC_CNT] = {"uncompressed", "gzip", "snappy", "lz4", "zstd"};

    return codec_is_known(codec) ? names[codec] : NULL;
}

/* The smallest message of the formats before batches: crc, magic, attributes, two lengths. */
#define MESSAGE_LEN_MIN 14

int batch_peek(struct slice bytes, struct batch_header *ret)
{
    const uint8_t *p = bytes.ptr;
    struct batch_header h;

    if (bytes.len < BATCH_PEEK_LEN) {
        return ERR_TRUNCATED;
    }
    h.base_offset = (int64_t)load_be64(p + BATCH_AT_BASE_OFFSET);
    h.length = (int32_t)load_be32(p + BATCH_AT_LENGTH);
    h.magic = (int8_t)p[BATCH_AT_MAGIC];
    if ((h.magic == 0 || h.magic == 1) && h.length >= MESSAGE_LEN_MIN) {
        return ERR_VERSION;
    }
    if (h.magic != BATCH_MAGIC || h.length < BATCH_HEADER_LEN - BATCH_OVERHEAD_LEN ||
        h.length > INT32_MAX - BATCH_OVERHEAD_LEN) {
        return ERR_INVALID;
    }
    if (bytes.len < BATCH_HEADER_LEN) {
        return ERR_TRUNCATED;
    }
    h.leader_epoch = (int32_t)load_be32(p + BATCH_AT_LEADER_EPOCH);
    h.crc = load_be32(p + BATCH_AT_CRC);
    h.attributes = load_be16(p + BATCH_AT_ATTRIBUTES);
    h.last_offset_delta = (int32_t)load_be32(p + BATCH_AT_LAST_OFFSET_DELTA);
    h.base_timestamp = (int64_t)load_be64(p + BATCH_AT_BASE_TIMESTAMP);
    h.max_timestamp = (int64_t)load_be64(p + BATCH_AT_MAX_TIMESTAMP);
    h.producer_id = (int64_t)load_be64(p + BATCH_AT_PRODUCER_ID);
    h.producer_epoch = (int16_t)load_be16(p + BATCH_AT_PRODUCER_EPOCH);
    h.base_sequence = (int32_t)load_be32(p + BATCH_AT_BASE_SEQUENCE);
    h.record_cnt = (int32_t)load_be32(p + BATCH_AT_RECORD_CNT);
    if (h.base_offset > INT64_MAX - INT32_MAX - 1) {
        return ERR_INVALID;
    }
    *ret = h;
    return 0;
}

static uint32_t crc_of(const uint8_t *batch, size_t len)
{
    ASSERT(len >= BATCH_HEADER_LEN);
    return crc32c(slice_of(batch + BATCH_CRC_FROM, len - BATCH_CRC_FROM));
}

bool batch_crc_ok(struct slice batch)
{
    return crc_of(batch.ptr, batch.len) == load_be32(batch.ptr + BATCH_AT_CRC);
}

void batch_fix_crc(uint8_t *batch, size_t len)
{
    store_be32(batch + BATCH_AT_CRC, crc_of(batch, len));
}

void batch_stamp(uint8_t *batch, log_offset_t base_offset, leader_epoch_t leader_epoch)
{
    store_be64(batch + BATCH_AT_BASE_OFFSET, (uint64_t)base_offset);
    store_be32(batch + BATCH_AT_LEADER_EPOCH, (uint32_t)leader_epoch);
}

void batch_set_log_append_time(uint8_t *batch, size_t len, timestamp_ms_t now_ms)
{
    uint16_t attributes = load_be16(batch + BATCH_AT_ATTRIBUTES);

    store_be16(batch + BATCH_AT_ATTRIBUTES, attributes | BATCH_LOG_APPEND_TIME);
    batch_set_max_timestamp(batch, len, now_ms);
}

void batch_set_max_timestamp(uint8_t *batch, size_t len, timestamp_ms_t max_timestamp)
{
    store_be64(batch + BATCH_AT_MAX_TIMESTAMP, (uint64_t)max_timestamp);
    batch_fix_crc(batch, len);
}

void batch_header_write(uint8_t *ret_bytes, const struct batch_header *h)
{
    uint8_t *p = ret_bytes;

    store_be64(p + BATCH_AT_BASE_OFFSET, (uint64_t)h->base_offset);
    store_be32(p + BATCH_AT_LENGTH, (uint32_t)h->length);
    store_be32(p + BATCH_AT_LEADER_EPOCH, (uint32_t)h->leader_epoch);
    p[BATCH_AT_MAGIC] = (uint8_t)h->magic;
    store_be32(p + BATCH_AT_CRC, h->crc);
    store_be16(p + BATCH_AT_ATTRIBUTES, h->attributes);
    store_be32(p + BATCH_AT_LAST_OFFSET_DELTA, (uint32_t)h->last_offset_delta);
    store_be64(p + BATCH_AT_BASE_TIMESTAMP, (uint64_t)h->base_timestamp);
    store_be64(p + BATCH_AT_MAX_TIMESTAMP, (uint64_t)h->max_timestamp);
    store_be64(p + BATCH_AT_PRODUCER_ID, (uint64_t)h->producer_id);
    store_be16(p + BATCH_AT_PRODUCER_EPOCH, (uint16_t)h->producer_epoch);
    store_be32(p + BATCH_AT_BASE_SEQUENCE, (uint32_t)h->base_sequence);
    store_be32(p + BATCH_AT_RECORD_CNT, (uint32_t)h->record_cnt);
}
