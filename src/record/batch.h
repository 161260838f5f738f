/*
 * Record batches, format version 2: the 61-byte header, and the few fields of it that a leader
 * rewrites in place. Everything here works on borrowed bytes, allocates nothing and keeps nothing;
 * any thread may call it on bytes that are its own.
 *
 * What is inside a batch is checked by record/validate.h and read by record/iter.h.
 */
#ifndef OTTLA_RECORD_BATCH_H
#define OTTLA_RECORD_BATCH_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/slice.h"
#include "model/ids.h"

/* Where each field begins, and how long the header is. */
enum batch_at {
    BATCH_AT_BASE_OFFSET = 0,
    BATCH_AT_LENGTH = 8,
    BATCH_AT_LEADER_EPOCH = 12,
    BATCH_AT_MAGIC = 16,
    BATCH_AT_CRC = 17,
    BATCH_AT_ATTRIBUTES = 21,
    BATCH_AT_LAST_OFFSET_DELTA = 23,
    BATCH_AT_BASE_TIMESTAMP = 27,
    BATCH_AT_MAX_TIMESTAMP = 35,
    BATCH_AT_PRODUCER_ID = 43,
    BATCH_AT_PRODUCER_EPOCH = 51,
    BATCH_AT_BASE_SEQUENCE = 53,
    BATCH_AT_RECORD_CNT = 57,
    BATCH_HEADER_LEN = 61,
};

#define BATCH_MAGIC 2

/* The length field counts the bytes behind itself. */
#define BATCH_OVERHEAD_LEN 12
#define BATCH_CRC_FROM BATCH_AT_ATTRIBUTES

/* Enough of any entry, old formats included, to read its magic and its length. */
#define BATCH_PEEK_LEN (BATCH_AT_MAGIC + 1)

static_assert(BATCH_AT_LENGTH + 4 == BATCH_OVERHEAD_LEN, "the length field ends the overhead");
static_assert(BATCH_AT_CRC == BATCH_AT_MAGIC + 1 && BATCH_CRC_FROM == BATCH_AT_CRC + 4,
              "magic, checksum and attributes stand in a row");
static_assert(BATCH_AT_BASE_TIMESTAMP == BATCH_AT_LAST_OFFSET_DELTA + 4 &&
                  BATCH_AT_MAX_TIMESTAMP == BATCH_AT_BASE_TIMESTAMP + 8 &&
                  BATCH_AT_PRODUCER_ID == BATCH_AT_MAX_TIMESTAMP + 8,
              "the timestamps lie between the offset delta and the producer");
static_assert(BATCH_AT_RECORD_CNT + 4 == BATCH_HEADER_LEN, "the count ends the header");

enum batch_attribute {
    BATCH_CODEC_MASK = 0x07,
    BATCH_LOG_APPEND_TIME = 0x08,
    BATCH_TRANSACTIONAL = 0x10,
    BATCH_CONTROL = 0x20,
    BATCH_DELETE_HORIZON = 0x40, /* the base timestamp is a delete horizon: compaction only */
    BATCH_ATTRIBUTES_KNOWN = 0x7f,
};

enum codec {
    CODEC_NONE = 0,
    CODEC_GZIP = 1,
    CODEC_SNAPPY = 2,
    CODEC_LZ4 = 3,
    CODEC_ZSTD = 4,
};

#define CODEC_CNT 5

struct batch_header {
    log_offset_t base_offset;
    int32_t length; /* of what follows the length field */
    leader_epoch_t leader_epoch;
    int8_t magic;
    uint32_t crc;
    uint16_t attributes;
    int32_t last_offset_delta;
    timestamp_ms_t base_timestamp;
    timestamp_ms_t max_timestamp;
    producer_id_t producer_id;
    producer_epoch_t producer_epoch;
    int32_t base_sequence;
    int32_t record_cnt;
};

/* The whole batch in bytes, header included. */
static inline size_t batch_len(const struct batch_header *h)
{
    return (size_t)h->length + BATCH_OVERHEAD_LEN;
}

/* May be a number that no codec has: ask codec_is_known(). */
static inline int batch_codec(const struct batch_header *h)
{
    return h->attributes & BATCH_CODEC_MASK;
}

static inline bool codec_is_known(int codec)
{
    return codec >= CODEC_NONE && codec < CODEC_CNT;
}

static inline bool batch_is_control(const struct batch_header *h)
{
    return (h->attributes & BATCH_CONTROL) != 0;
}

static inline bool batch_is_transactional(const struct batch_header *h)
{
    return (h->attributes & BATCH_TRANSACTIONAL) != 0;
}

static inline bool batch_has_log_append_time(const struct batch_header *h)
{
    return (h->attributes & BATCH_LOG_APPEND_TIME) != 0;
}

/* The offset of the last record, also of one that compaction took out. */
static inline log_offset_t batch_last_offset(const struct batch_header *h)
{
    return h->base_offset + h->last_offset_delta;
}

/* "gzip", "uncompressed": as the topic setting compression.type spells it. NULL for a codec nobody
 * knows. */
const char *codec_name(int codec);

/* Reads the header at the front of `bytes`; the batch itself need not be there in full. Checks that
 * the header is, that the length can hold one, that the magic is 2, that offsets do not overflow.
 * ERR_TRUNCATED: fewer bytes than a header. ERR_VERSION: a message of format 0 or 1. ERR_INVALID:
 * no batch begins here. */
int batch_peek(struct slice bytes, struct batch_header *ret) WARN_UNUSED;

/* `batch`: exactly one batch, as long as batch_len() says. */
bool batch_crc_ok(struct slice batch);

/* The stored checksum made true again after a change behind it. len: the whole batch. */
void batch_fix_crc(uint8_t *batch, size_t len);

/* Gives the batch its place in the log. Both fields lie outside the checksum. */
void batch_stamp(uint8_t *batch, log_offset_t base_offset, leader_epoch_t leader_epoch);

/* Makes the batch one whose records all carry the broker's time. Checksum included. */
void batch_set_log_append_time(uint8_t *batch, size_t len, timestamp_ms_t now_ms);

/* Puts right a maximum that the producer got wrong. Checksum included. */
void batch_set_max_timestamp(uint8_t *batch, size_t len, timestamp_ms_t max_timestamp);

/* Writes all 61 bytes of a header, the checksum as the struct has it. */
void batch_header_write(uint8_t *ret_bytes, const struct batch_header *h);

#endif
