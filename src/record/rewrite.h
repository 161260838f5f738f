/*
 * The one place where a batch is encoded anew: a topic whose compression.type names a codec gets
 * batches of that codec, whatever the producer sent. The records themselves do not change, only how
 * they are packed, so they stream from one codec into the other.
 */
#ifndef OTTLA_RECORD_REWRITE_H
#define OTTLA_RECORD_REWRITE_H

#include "record/batch.h"
#include "record/bytebuf.h"
#include "record/compress.h"

struct rewrite_options {
    enum codec codec;
    int32_t level; /* CODEC_LEVEL_DEFAULT for the codec's own */
    uint64_t decompressed_len_max;
};

/* `batch` is one whole, validated batch; its like in the other codec is appended to `out`, which may
 * be limited to max.message.bytes: the size counts again. `codecs` runs both ways. ERR_LIMIT: the new
 * batch does not fit, or more than decompressed_len_max came out of the old one. Other errors as in
 * inflater_next(). After a failure `out` is as long as before. */
int batch_rewrite(struct codecs *codecs, struct slice batch, const struct rewrite_options *options,
                  struct bytebuf *out) WARN_UNUSED;

#endif
