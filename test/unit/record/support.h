/* Batches for the tests of this folder. */
#ifndef OTTLA_TEST_RECORD_SUPPORT_H
#define OTTLA_TEST_RECORD_SUPPORT_H

#include "record/build.h"
#include "record/validate.h"

#define NOW_MS ((timestamp_ms_t)1700000000000)

/* Writable bytes of one batch. */
struct sample {
    uint8_t *ptr;
    size_t len;
};

static inline struct slice sample_view(const struct sample *s)
{
    return slice_of(s->ptr, s->len);
}

/* What a topic at default settings asks of a batch, at NOW_MS. */
struct validate_rules rules_default(void);

/* record_cnt records with keys, null values and headers here and there, values of about value_len
 * bytes that compress somewhat. Fails the test on any error. */
struct sample sample_make(struct codecs *codecs, enum codec codec, int record_cnt,
                          size_t value_len);

/* A batch around the given (uncompressed) records, its header right and its checksum too. */
struct sample sample_around(struct slice records, int32_t record_cnt);

/* A batch whose compressed stream is given. */
struct sample sample_packed(struct slice stream, enum codec codec, int32_t record_cnt);

void sample_free(struct sample *s);

#endif
