/*
 * The heads of what a segment file is made of: record batches (magic 2) and the entries of older
 * message sets (magic 0 and 1). Only what placing, checking and indexing need; pure functions.
 */
#ifndef OTTLA_LOG_ENTRY_H
#define OTTLA_LOG_ENTRY_H

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "model/ids.h"

#define ENTRY_HEAD_LEN 61u   /* enough for every magic */
#define ENTRY_PREFIX_LEN 17u /* up to the magic byte */
#define ENTRY_MIN_LEN 26u    /* the shortest entry, of magic 0 */
#define ENTRY_CRC_FROM 21u   /* of magic 2: what the checksum covers begins here */

struct entry {
    log_offset_t
        base; /* magic 0 and 1: the same as last; the first inner offset is not in the head */
    log_offset_t last;
    uint64_t len_bytes;           /* with its first 12 bytes */
    timestamp_ms_t max_timestamp; /* TIMESTAMP_NONE: none */
    leader_epoch_t epoch;         /* LEADER_EPOCH_NONE for magic 0 and 1 */
    uint32_t crc;
    uint8_t magic;
};

/* Reads the head of an entry. `bytes` begins with it and has as much as there is, at most
 * ENTRY_HEAD_LEN are looked at. ERR_TRUNCATED: the head is not all there; ERR_INVALID: no entry. */
int entry_peek(struct slice bytes, struct entry *ret) WARN_UNUSED;

#endif
