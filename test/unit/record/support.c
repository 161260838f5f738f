#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/prng.h"

struct validate_rules rules_default(void)
{
    return (struct validate_rules){
        .now_ms = NOW_MS,
        .before_max_ms = INT64_MAX,
        .after_max_ms = 3600000,
        .batch_len_max = 1048588,
        .zstd_allowed = true,
    };
}

struct sample sample_make(struct codecs *codecs, enum codec codec, int record_cnt, size_t value_len)
{
    struct batch_options options = BATCH_OPTIONS_PLAIN;
    struct record_header headers[] = {{SLICE_LIT("origin"), SLICE_LIT("unit test")},
                                      {SLICE_LIT(""), SLICE_NULL},
                                      {SLICE_LIT("empty"), SLICE_EMPTY}};
    uint8_t *value = malloc(value_len + 1);
    struct batch_builder b;
    struct sample s;
    struct prng prng;

    assert_non_null(value);
    prng_init(&prng, 7);
    options.codec = codec;
    batch_builder_init(&b, &options, (size_t)1 << 28);
    for (int i = 0; i < record_cnt; i++) {
        struct record_fields r = {.timestamp = NOW_MS - 1000 + i % 977};

        for (size_t at = 0; at < value_len; at++) {
            value[at] = (uint8_t)('a' + prng_below(&prng, 8));
        }
        r.key = i % 3 == 0 ? SLICE_LIT("a key") : i % 3 == 1 ? SLICE_NULL : SLICE_EMPTY;
        r.value = i % 5 == 4 ? SLICE_NULL : slice_of(value, value_len);
        r.headers = headers;
        r.header_cnt = i % 4;
        assert_int_equal(batch_builder_add(&b, &r), 0);
    }
    assert_int_equal(batch_builder_detach(&b, codecs, &s.ptr, &s.len), 0);
    batch_builder_release(&b);
    free(value);
    return s;
}

static struct sample around(struct slice body, unsigned attributes, int32_t record_cnt)
{
    struct batch_header h = {
        .length = (int32_t)(BATCH_HEADER_LEN - BATCH_OVERHEAD_LEN + body.len),
        .leader_epoch = LEADER_EPOCH_NONE,
        .magic = BATCH_MAGIC,
        .attributes = (uint16_t)attributes,
        .last_offset_delta = record_cnt - 1,
        .base_timestamp = NOW_MS,
        .max_timestamp = NOW_MS,
        .producer_id = PRODUCER_ID_NONE,
        .producer_epoch = PRODUCER_EPOCH_NONE,
        .base_sequence = SEQUENCE_NONE,
        .record_cnt = record_cnt,
    };
    struct sample s = {.len = BATCH_HEADER_LEN + body.len};

    s.ptr = malloc(s.len);
    assert_non_null(s.ptr);
    if (body.len > 0) {
        memcpy(s.ptr + BATCH_HEADER_LEN, body.ptr, body.len);
    }
    batch_header_write(s.ptr, &h);
    batch_fix_crc(s.ptr, s.len);
    return s;
}

struct sample sample_around(struct slice records, int32_t record_cnt)
{
    return around(records, CODEC_NONE, record_cnt);
}

struct sample sample_packed(struct slice stream, enum codec codec, int32_t record_cnt)
{
    return around(stream, codec, record_cnt);
}

void sample_free(struct sample *s)
{
    free(s->ptr);
    s->ptr = NULL;
}
