/*
 * The whole check of what a producer sends for one partition: exactly one record batch of format 2,
 * every byte of it accounted for. What passes is stored as it came; nothing reads a record again
 * before a consumer does, so whatever no client could read must stop here.
 *
 * Pure but for the decompression contexts it borrows: no clock (the time is in the rules), nothing
 * allocated for uncompressed batches. Any thread, one `struct codecs` per thread.
 */
#ifndef OTTLA_RECORD_VALIDATE_H
#define OTTLA_RECORD_VALIDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "model/kerr.h"
#include "record/batch.h"
#include "record/compress.h"

/* X(name, Kafka's error, text for the answer) */
#define VALIDATE_LIST(X) \
    X(OK, NONE, "no fault") \
    X(TRUNCATED, CORRUPT_MESSAGE, "the batch ends before its length says") \
    X(LENGTH, CORRUPT_MESSAGE, "the batch's length can not hold a batch") \
    X(CRC, CORRUPT_MESSAGE, "the batch's checksum does not match its bytes") \
    X(STREAM, CORRUPT_MESSAGE, "the compressed records can not be decompressed") \
    X(EMPTY, INVALID_RECORD, "there is no record batch") \
    X(MAGIC, INVALID_RECORD, "the record format is not version 2") \
    X(TRAILING, INVALID_RECORD, "there is more than one batch for the partition") \
    X(BASE_OFFSET, INVALID_RECORD, "the base offset of a produced batch must be 0") \
    X(ATTRIBUTES, INVALID_RECORD, "the batch has attribute bits that nobody defined") \
    X(CONTROL, INVALID_RECORD, "clients may not write control batches") \
    X(RECORD_COUNT, INVALID_RECORD, "the record count must be at least 1") \
    X(LAST_OFFSET_DELTA, INVALID_RECORD, "the last offset delta is not the record count minus 1") \
    X(PRODUCER, INVALID_RECORD, "producer id, epoch and sequence contradict each other") \
    X(RECORD_MISSING, INVALID_RECORD, "there are fewer records than the batch counts") \
    X(RECORD_EXTRA, INVALID_RECORD, "there are bytes behind the last record") \
    X(RECORD_LENGTH, INVALID_RECORD, "the record's length does not match what is in it") \
    X(RECORD_VARINT, INVALID_RECORD, "the record has a number with too many bytes") \
    X(RECORD_ATTRIBUTES, INVALID_RECORD, "the record has attributes that nobody defined") \
    X(RECORD_OFFSET, INVALID_RECORD, "the record's offset delta is not its place in the batch") \
    X(RECORD_KEY, INVALID_RECORD, "the record's key has an illegal length") \
    X(RECORD_VALUE, INVALID_RECORD, "the record's value has an illegal length") \
    X(RECORD_HEADERS, INVALID_RECORD, "the record's headers have an illegal count or length") \
    X(KEY_MISSING, INVALID_RECORD, "a compacted topic needs a key in every record") \
    X(TIMESTAMP, INVALID_TIMESTAMP, "the timestamp is outside what the topic accepts") \
    X(TIMESTAMP_TYPE, INVALID_TIMESTAMP, "only the broker may set the append time") \
    X(TOO_LARGE, MESSAGE_TOO_LARGE, "the batch is larger than max.message.bytes") \
    X(BOMB, MESSAGE_TOO_LARGE, \
      "the batch decompresses to more, or needs a larger window, than this broker accepts") \
    X(CODEC, UNSUPPORTED_COMPRESSION_TYPE, "the batch's compression is none that is known") \
    X(ZSTD, UNSUPPORTED_COMPRESSION_TYPE, "zstd needs version 7 of the Produce request or later") \
    X(CODEC_MISSING, UNSUPPORTED_COMPRESSION_TYPE, \
      "the broker can not open snappy batches: the package libsnappy1v5 is not installed") \
    X(NO_MEMORY, UNKNOWN_SERVER_ERROR, "the broker is out of memory")

enum validate_code {
#define X(name, kerr, text) VALIDATE_##name,
    VALIDATE_LIST(X)
#undef X
};

struct validate_rules {
    timestamp_ms_t now_ms;
    int64_t before_max_ms; /* how far behind or ahead of now a CreateTime may lie */
    int64_t after_max_ms;
    uint64_t batch_len_max;        /* max.message.bytes */
    uint64_t decompressed_len_max; /* 0: DECOMPRESSED_LEN_MAX_DEFAULT */
    bool log_append_time; /* the topic's records get the broker's time: theirs is not looked at */
    bool compacted;       /* every record needs a key */
    bool zstd_allowed;    /* the request's version knows it */
    bool internal;        /* written by the broker itself: control batches allowed */
};

struct validate_fault {
    enum validate_code code;
    int32_t record_idx; /* -1: the batch as such */
    const char *text;   /* constant, never NULL */
};

/* What the way of the batch into the log needs to know. */
struct batch_info {
    struct batch_header header;
    timestamp_ms_t max_timestamp; /* over the records; with log_append_time: now_ms */
    int32_t max_timestamp_delta;  /* which record has it first, as an offset delta */
    bool max_timestamp_wrong;     /* the header says something else: batch_set_max_timestamp() */
    uint64_t records_len;         /* bytes of all records, decompressed */
};

/* Checks the record set of one partition. `codecs` may be NULL if none of the batches is compressed
 * (a compressed one is then CODEC_MISSING). Returns 0 with *ret set; otherwise ret_fault is set, and
 * the result is ERR_INVALID for a fault of the sender's, ERR_NOMEM or ERR_MISSING_LIB for ours. A
 * damaged batch is named as damaged (CRC), whatever else its bytes then seem to say. */
int batch_validate(struct slice records, const struct validate_rules *rules, struct codecs *codecs,
                   struct batch_info *ret, struct validate_fault *ret_fault) WARN_UNUSED;

/* The error a client gets. Faults with a record_idx also go into the answer's record errors. */
enum kerr validate_kerr(enum validate_code code);

/* The constant's name without prefix, for logs and tests; and its text. Never NULL. */
const char *validate_name(enum validate_code code);
const char *validate_text(enum validate_code code);

#endif
