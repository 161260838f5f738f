/*
 * Reads the records of one batch, compressed or not: for tools, for finding an offset by its time,
 * for compaction and tests. Not on the way of produce or fetch, which never look into a batch.
 *
 * The bytes are trusted no more than any others: each number is checked, and memory is spent only on
 * what has been decompressed (one record at a time, and the codec's piece). Used by one thread; it
 * borrows the batch and the `struct codecs` for as long as it lives.
 */
#ifndef OTTLA_RECORD_ITER_H
#define OTTLA_RECORD_ITER_H

#include "record/batch.h"
#include "record/bytebuf.h"
#include "record/compress.h"

struct record {
    log_offset_t offset;
    int32_t offset_delta;
    timestamp_ms_t timestamp; /* the batch's append time where it has one */
    struct slice key;         /* may be null */
    struct slice value;       /* may be null */
    int32_t header_cnt;
    struct slice headers; /* for record_header_next() */
};

struct record_iter {
    struct batch_header header;
    struct inflater inf;
    bool inflating;
    struct slice left;  /* what can be read without getting more */
    struct bytebuf buf; /* compressed: holds `left` */
    int32_t idx;        /* of the next record */
    int32_t last_delta; /* offset delta of the last one read, -1 before */
};

/* `batch` begins with one whole batch, whose checksum the caller has looked at (or does not care for).
 * `codecs` may be NULL when the batch is not compressed. Errors of batch_peek() and inflater_start();
 * ERR_TRUNCATED: the batch is not whole; ERR_UNSUPPORTED: an unknown codec. After a failure there is
 * nothing to release. */
int record_iter_init(struct record_iter *it, struct codecs *codecs, struct slice batch,
                     uint64_t decompressed_len_max) WARN_UNUSED;
void record_iter_release(struct record_iter *it);

/* The next record; its slices live until the next call. ERR_NOT_FOUND behind the last one, when
 * everything was in order. ERR_INVALID, ERR_TRUNCATED: it was not. ERR_LIMIT, ERR_NOMEM. */
int record_iter_next(struct record_iter *it, struct record *ret) WARN_UNUSED;

/* Takes the next header off *headers, which begins as record.headers. ERR_NOT_FOUND at the end; the
 * lengths were checked with the record. */
int record_header_next(struct slice *headers, struct slice *ret_key,
                       struct slice *ret_value) WARN_UNUSED;

/* The first record with a timestamp of at least `timestamp`; ERR_NOT_FOUND when there is none. */
int batch_find_timestamp(struct codecs *codecs, struct slice batch, timestamp_ms_t timestamp,
                         log_offset_t *ret_offset, timestamp_ms_t *ret_timestamp) WARN_UNUSED;

#endif
