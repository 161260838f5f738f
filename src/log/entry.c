/*
 * Magic 2:  base i64 | length i32 | leader epoch i32 | magic i8 | crc u32 | attributes i16 |
 *           last offset delta i32 | base timestamp i64 | max timestamp i64 | producer id i64 |
 *           producer epoch i16 | base sequence i32 | count i32 | records
 * Magic 0:  offset i64 | size i32 | crc u32 | magic i8 | attributes i8 | key | value
 * Magic 1:  ... | attributes i8 | timestamp i64 | key | value
 *
 * Valid: offsets not negative, the length at least that of the head, the last offset in range. The
 * checksum is not looked at here.
 */
#include "log/entry.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "record/batch.h"

#define LEN_POS 8u
#define MAGIC_POS 16u
#define TIMESTAMP_POS_V1 18u
#define LEN_PREFIX 12u
#define LEN_MIN_V0 14
#define LEN_MIN_V1 22
#define LEN_MIN_V2 49

static int peek_batch(struct slice bytes, struct entry *e)
{
    struct batch_header h;
    int rc = batch_peek(bytes, &h);

    if (rc != 0) {
        return rc == ERR_TRUNCATED ? rc : ERR_INVALID;
    }
    e->last = batch_last_offset(&h);
    e->epoch = h.leader_epoch;
    e->crc = h.crc;
    e->max_timestamp = h.max_timestamp;
    return 0;
}

int entry_peek(struct slice bytes, struct entry *ret)
{
    static const int32_t len_min[] = {LEN_MIN_V0, LEN_MIN_V1, LEN_MIN_V2};
    struct entry e = {.max_timestamp = TIMESTAMP_NONE, .epoch = LEADER_EPOCH_NONE};
    int32_t len;
    int rc = 0;

    ASSERT(ret != NULL);
    if (bytes.len < ENTRY_PREFIX_LEN) {
        return ERR_TRUNCATED;
    }
    e.base = (log_offset_t)load_be64(bytes.ptr);
    e.last = e.base;
    len = (int32_t)load_be32(bytes.ptr + LEN_POS);
    e.magic = bytes.ptr[MAGIC_POS];
    if (e.base < 0 || e.magic >= ARRAY_CNT(len_min) || len < len_min[e.magic]) {
        return ERR_INVALID;
    }
    e.len_bytes = (uint64_t)len + LEN_PREFIX;
    if (e.magic == 2) {
        rc = peek_batch(bytes, &e);
    } else {
        e.crc = load_be32(bytes.ptr + LEN_PREFIX);
        if (e.magic == 1) {
            if (bytes.len < TIMESTAMP_POS_V1 + 8) {
                return ERR_TRUNCATED;
            }
            e.max_timestamp = (timestamp_ms_t)load_be64(bytes.ptr + TIMESTAMP_POS_V1);
        }
    }
    if (rc == 0) {
        *ret = e;
    }
    return rc;
}
