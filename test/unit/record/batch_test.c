/*
 * The header is read and written field by field as the format says, and what a leader changes in place
 * changes nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "record/batch.h"
#include "record/rewrite.h"
#include "support.h"

/* One record "hi" without key, of producer 0x1122334455667788; made by hand. */
static const uint8_t golden[] = {
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x2a, /* base offset 42 */
    0x00, 0x00, 0x00, 0x3a,                         /* length 58 */
    0x00, 0x00, 0x00, 0x07,                         /* leader epoch 7 */
    0x02,                                           /* magic */
    0x00, 0x00, 0x00, 0x00,                         /* crc, filled in by the test */
    0x00, 0x10,                                     /* transactional */
    0x00, 0x00, 0x00, 0x00,                         /* last offset delta */
    0x00, 0x00, 0x01, 0x8b, 0xcf, 0xe5, 0x68, 0x00, /* base timestamp 1700000000000 */
    0x00, 0x00, 0x01, 0x8b, 0xcf, 0xe5, 0x68, 0x00, /* max timestamp */
    0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, /* producer id */
    0x00, 0x03,                                     /* producer epoch */
    0x00, 0x00, 0x01, 0x00,                         /* base sequence 256 */
    0x00, 0x00, 0x00, 0x01,                         /* one record */
    0x10, 0x00, 0x00, 0x00, 0x01, 0x04, 'h',  'i',  0x00,
};

static void test_header_by_hand(void **state)
{
    uint8_t bytes[sizeof(golden)];
    struct batch_options options = BATCH_OPTIONS_PLAIN;
    struct record_fields r = {.timestamp = 1700000000000, .value = SLICE_LIT("hi")};
    struct batch_builder b;
    struct batch_header h;
    struct slice built;

    (void)state;
    memcpy(bytes, golden, sizeof(bytes));
    batch_fix_crc(bytes, sizeof(bytes));
    assert_int_equal(batch_peek(slice_of(bytes, BATCH_HEADER_LEN), &h), 0);
    assert_int_equal(h.base_offset, 42);
    assert_int_equal(batch_len(&h), sizeof(golden) - 0);
    assert_int_equal(h.leader_epoch, 7);
    assert_int_equal(h.attributes, BATCH_TRANSACTIONAL);
    assert_int_equal(h.last_offset_delta, 0);
    assert_int_equal(h.base_timestamp, 1700000000000);
    assert_int_equal(h.max_timestamp, 1700000000000);
    assert_int_equal(h.producer_id, 0x1122334455667788);
    assert_int_equal(h.producer_epoch, 3);
    assert_int_equal(h.base_sequence, 256);
    assert_int_equal(h.record_cnt, 1);
    assert_true(batch_crc_ok(slice_of(bytes, sizeof(bytes))));
    assert_true(batch_is_transactional(&h) && !batch_is_control(&h));
    assert_int_equal(batch_codec(&h), CODEC_NONE);

    options.base_offset = 42;
    options.leader_epoch = 7;
    options.attributes = BATCH_TRANSACTIONAL;
    options.producer_id = 0x1122334455667788;
    options.producer_epoch = 3;
    options.base_sequence = 256;
    batch_builder_init(&b, &options, 1000);
    assert_int_equal(batch_builder_add(&b, &r), 0);
    assert_int_equal(batch_builder_finish(&b, NULL, &built), 0);
    assert_int_equal(built.len, sizeof(bytes));
    assert_memory_equal(built.ptr, bytes, sizeof(bytes));
    batch_builder_release(&b);
}

static void test_peek_wants_a_batch(void **state)
{
    static const uint8_t zeros[200];
    struct sample s = sample_make(NULL, CODEC_NONE, 2, 20);
    struct batch_header h = {.record_cnt = -77};

    (void)state;
    for (size_t len = 0; len < BATCH_HEADER_LEN; len++) {
        assert_int_equal(batch_peek(slice_of(s.ptr, len), &h), ERR_TRUNCATED);
    }
    assert_int_equal(batch_peek(slice_of(zeros, sizeof(zeros)), &h), ERR_INVALID);
    s.ptr[BATCH_AT_MAGIC] = 1;
    assert_int_equal(batch_peek(sample_view(&s), &h), ERR_VERSION);
    s.ptr[BATCH_AT_MAGIC] = 0;
    assert_int_equal(batch_peek(sample_view(&s), &h), ERR_VERSION);
    s.ptr[BATCH_AT_MAGIC] = 0x82;
    assert_int_equal(batch_peek(sample_view(&s), &h), ERR_INVALID);
    s.ptr[BATCH_AT_MAGIC] = 2;
    store_be32(s.ptr + BATCH_AT_LENGTH, 48);
    assert_int_equal(batch_peek(sample_view(&s), &h), ERR_INVALID);
    store_be32(s.ptr + BATCH_AT_LENGTH, INT32_MAX);
    assert_int_equal(batch_peek(sample_view(&s), &h), ERR_INVALID);
    store_be32(s.ptr + BATCH_AT_LENGTH, 49);
    store_be64(s.ptr, INT64_MAX);
    assert_int_equal(batch_peek(sample_view(&s), &h), ERR_INVALID);
    assert_int_equal(h.record_cnt, -77); /* untouched by failures */
    sample_free(&s);
}

static void test_stamp_lies_outside_the_checksum(void **state)
{
    struct sample s = sample_make(NULL, CODEC_NONE, 2, 20);
    struct batch_header h;

    (void)state;
    batch_stamp(s.ptr, 0x123456789a, 99);
    assert_true(batch_crc_ok(sample_view(&s)));
    assert_int_equal(batch_peek(sample_view(&s), &h), 0);
    assert_int_equal(h.base_offset, 0x123456789a);
    assert_int_equal(h.leader_epoch, 99);
    assert_int_equal(batch_last_offset(&h), 0x123456789a + 1);
    sample_free(&s);
}

static void test_log_append_time(void **state)
{
    struct sample s = sample_make(NULL, CODEC_NONE, 2, 20);
    struct batch_header before, after;

    (void)state;
    assert_int_equal(batch_peek(sample_view(&s), &before), 0);
    batch_set_log_append_time(s.ptr, s.len, 4711);
    assert_true(batch_crc_ok(sample_view(&s)));
    assert_int_equal(batch_peek(sample_view(&s), &after), 0);
    assert_true(batch_has_log_append_time(&after));
    assert_int_equal(after.max_timestamp, 4711);
    assert_int_equal(after.base_timestamp, before.base_timestamp);
    sample_free(&s);
}

static void test_builder_limits(void **state)
{
    struct batch_options options = BATCH_OPTIONS_PLAIN;
    struct record_fields r = {.timestamp = 1, .value = SLICE_LIT("0123456789")};
    struct record_fields far = {.timestamp = INT64_MIN, .value = SLICE_LIT("0123456789")};
    struct batch_builder b;
    struct slice batch;
    struct batch_header h;
    int cnt = 0;

    (void)state;
    batch_builder_init(&b, &options, 200);
    assert_int_equal(batch_builder_finish(&b, NULL, &batch), ERR_INVALID);
    while (batch_builder_add(&b, &r) == 0) {
        cnt++;
    }
    assert_true(cnt > 5);
    assert_int_equal(batch_builder_add(&b, &r), ERR_LIMIT);
    assert_int_equal(batch_builder_add(&b, &far), ERR_RANGE);
    assert_int_equal(batch_builder_finish(&b, NULL, &batch), 0);
    assert_int_equal(batch_peek(batch, &h), 0);
    assert_int_equal(h.record_cnt, cnt);
    assert_true(batch.len <= 200 && batch.len == batch_builder_len(&b));
    batch_builder_reset(&b);
    assert_int_equal(batch_builder_add(&b, &r), 0);
    assert_int_equal(batch_builder_finish(&b, NULL, &batch), 0);
    assert_int_equal(batch_peek(batch, &h), 0);
    assert_int_equal(h.record_cnt, 1);
    batch_builder_release(&b);
}

/* From each codec to each: the records stay the same to the byte, and the result is valid. */
static void test_rewrite(void **state)
{
    struct codecs *codecs = codecs_new();

    (void)state;
    assert_non_null(codecs);
    for (int from = 0; from < CODEC_CNT; from++) {
        struct sample s = sample_make(codecs, (enum codec)from, 3000, 60);
        struct sample plain = sample_make(codecs, CODEC_NONE, 3000, 60);

        for (int to = 0; to < CODEC_CNT; to++) {
            struct rewrite_options options = {.codec = (enum codec)to,
                                              .level = CODEC_LEVEL_DEFAULT,
                                              .decompressed_len_max = 1 << 24};
            struct validate_rules rules = rules_default();
            struct batch_info info;
            struct validate_fault fault;
            struct bytebuf there, back;

            bytebuf_init(&there, 1 << 24);
            bytebuf_init(&back, plain.len);
            assert_int_equal(batch_rewrite(codecs, sample_view(&s), &options, &there), 0);
            assert_int_equal(batch_validate(bytebuf_view(&there), &rules, codecs, &info, &fault),
                             0);
            assert_int_equal(batch_codec(&info.header), to);
            options.codec = CODEC_NONE;
            assert_int_equal(batch_rewrite(codecs, bytebuf_view(&there), &options, &back), 0);
            assert_int_equal(back.len, plain.len);
            assert_memory_equal(back.ptr, plain.ptr, plain.len);

            /* Too little room leaves nothing behind. */
            back.len = 0;
            back.max = 1000;
            back.cap = 1000;
            options.codec = (enum codec)to;
            assert_int_equal(batch_rewrite(codecs, sample_view(&s), &options, &back), ERR_LIMIT);
            assert_int_equal(back.len, 0);
            bytebuf_release(&there);
            bytebuf_release(&back);
        }
        sample_free(&s);
        sample_free(&plain);
    }
    codecs_free(codecs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_by_hand),
        cmocka_unit_test(test_peek_wants_a_batch),
        cmocka_unit_test(test_stamp_lies_outside_the_checksum),
        cmocka_unit_test(test_log_append_time),
        cmocka_unit_test(test_builder_limits),
        cmocka_unit_test(test_rewrite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
