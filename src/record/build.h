/*
 * Builds record batches: for the broker's own records, for tools, load and tests. One owner; no
 * thread of its own. Records go into one growing buffer, so building a stream of batches of the same
 * size allocates nothing after the first.
 */
#ifndef OTTLA_RECORD_BUILD_H
#define OTTLA_RECORD_BUILD_H

#include "record/batch.h"
#include "record/bytebuf.h"
#include "record/compress.h"

struct batch_options {
    enum codec codec;
    int32_t level; /* CODEC_LEVEL_DEFAULT for the codec's own */
    log_offset_t base_offset;
    leader_epoch_t leader_epoch;
    uint16_t attributes; /* BATCH_TRANSACTIONAL, BATCH_CONTROL, BATCH_LOG_APPEND_TIME */
    producer_id_t producer_id;
    producer_epoch_t producer_epoch;
    int32_t base_sequence;
};

/* What a producer without idempotence sends. */
#define BATCH_OPTIONS_PLAIN \
    ((struct batch_options){.level = CODEC_LEVEL_DEFAULT, \
                            .leader_epoch = LEADER_EPOCH_NONE, \
                            .producer_id = PRODUCER_ID_NONE, \
                            .producer_epoch = PRODUCER_EPOCH_NONE, \
                            .base_sequence = SEQUENCE_NONE})

struct record_header {
    struct slice key;   /* not null */
    struct slice value; /* may be null */
};

struct record_fields {
    timestamp_ms_t timestamp;
    struct slice key;   /* may be null */
    struct slice value; /* may be null */
    const struct record_header *headers;
    int32_t header_cnt;
};

struct batch_builder {
    struct batch_options options;
    struct bytebuf batch;  /* header and records, not compressed */
    struct bytebuf packed; /* header and compressed records */
    timestamp_ms_t base_timestamp;
    timestamp_ms_t max_timestamp;
    int32_t record_cnt;
};

/* len_max: of the batch, before compression and after. */
void batch_builder_init(struct batch_builder *b, const struct batch_options *options,
                        size_t len_max);
void batch_builder_release(struct batch_builder *b);

/* Ready for the next batch; keeps options and memory. */
void batch_builder_reset(struct batch_builder *b);

/* How long the batch would be now, uncompressed. */
static inline size_t batch_builder_len(const struct batch_builder *b)
{
    return b->batch.len == 0 ? BATCH_HEADER_LEN : b->batch.len;
}

/* ERR_LIMIT: the batch is full. ERR_RANGE: a key, value or header of 2 GiB, or too many records.
 * The batch is unchanged after a failure. */
int batch_builder_add(struct batch_builder *b, const struct record_fields *r) WARN_UNUSED;

/* The finished batch, a view that lives until the builder is used again. `codecs` may be NULL for
 * CODEC_NONE. ERR_INVALID: there are no records. */
int batch_builder_finish(struct batch_builder *b, struct codecs *codecs,
                         struct slice *ret_batch) WARN_UNUSED;

/* The same as one's own bytes to write into: freed with free(). */
int batch_builder_detach(struct batch_builder *b, struct codecs *codecs, uint8_t **ret_bytes,
                         size_t *ret_len) WARN_UNUSED;

#endif
