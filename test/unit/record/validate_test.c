/*
 * Each fault a produced batch can have meets its own code and Kafka's error for it; what is whole
 * passes, in every codec; and nothing that was cut or bent gets through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/prng.h"
#include "record/iter.h"
#include "support.h"

static struct codecs *codecs;

static int set_up(void **state)
{
    (void)state;
    codecs = codecs_new();
    return codecs == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    codecs_free(codecs);
    return 0;
}

static enum validate_code check(struct slice records, const struct validate_rules *rules,
                                int32_t *ret_idx)
{
    struct batch_info info;
    struct validate_fault fault = {.code = VALIDATE_OK, .record_idx = -7};
    int rc = batch_validate(records, rules, codecs, &info, &fault);

    if (rc == 0) {
        return VALIDATE_OK;
    }
    assert_int_not_equal(fault.code, VALIDATE_OK);
    assert_non_null(fault.text);
    assert_int_not_equal(fault.record_idx, -7);
    if (ret_idx != NULL) {
        *ret_idx = fault.record_idx;
    }
    return fault.code;
}

static void expect_with(struct slice records, const struct validate_rules *rules,
                        enum validate_code wanted)
{
    enum validate_code code = check(records, rules, NULL);

    if (code != wanted) {
        fail_msg("%s, not %s", validate_name(code), validate_name(wanted));
    }
}

static void expect(struct slice records, enum validate_code wanted)
{
    struct validate_rules rules = rules_default();

    expect_with(records, &rules, wanted);
}

/* ---- what is whole passes ---- */

static void test_whole_batches_pass(void **state)
{
    static const int counts[] = {1, 2, 7, 100, 5000};

    (void)state;
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        for (size_t i = 0; i < ARRAY_CNT(counts); i++) {
            struct sample s = sample_make(codecs, (enum codec)codec, counts[i], 90);
            struct validate_rules rules = rules_default();
            struct batch_info info;
            struct validate_fault fault;

            assert_int_equal(batch_validate(sample_view(&s), &rules, codecs, &info, &fault), 0);
            assert_int_equal(info.header.record_cnt, counts[i]);
            assert_int_equal(batch_len(&info.header), s.len);
            assert_int_equal(info.max_timestamp,
                             NOW_MS - 1000 + (counts[i] < 977 ? counts[i] - 1 : 976));
            assert_int_equal(info.max_timestamp_delta, counts[i] < 977 ? counts[i] - 1 : 976);
            assert_false(info.max_timestamp_wrong);
            assert_true(info.records_len >= (uint64_t)counts[i] * 7);
            sample_free(&s);
        }
    }
}

static void test_large_records_pass(void **state)
{
    (void)state;
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        struct sample s = sample_make(codecs, (enum codec)codec, 1, 999000);

        expect(sample_view(&s), VALIDATE_OK);
        sample_free(&s);
    }
}

/* ---- the header ---- */

struct header_case {
    const char *what;
    size_t at;
    unsigned width; /* bytes */
    int64_t value;
    enum validate_code wanted;
};

static const struct header_case header_cases[] = {
    {"base offset", BATCH_AT_BASE_OFFSET, 8, 1, VALIDATE_BASE_OFFSET},
    {"base offset at the end", BATCH_AT_BASE_OFFSET, 8, INT64_MAX, VALIDATE_BASE_OFFSET},
    {"negative base offset", BATCH_AT_BASE_OFFSET, 8, -1, VALIDATE_BASE_OFFSET},
    {"length of nothing", BATCH_AT_LENGTH, 4, 0, VALIDATE_LENGTH},
    {"negative length", BATCH_AT_LENGTH, 4, -1, VALIDATE_LENGTH},
    {"smallest length less one", BATCH_AT_LENGTH, 4, 48, VALIDATE_LENGTH},
    {"length of a header alone", BATCH_AT_LENGTH, 4, 49, VALIDATE_TRAILING},
    {"length beyond the end", BATCH_AT_LENGTH, 4, 1 << 20, VALIDATE_TRUNCATED},
    {"longest length", BATCH_AT_LENGTH, 4, INT32_MAX - 12, VALIDATE_TRUNCATED},
    {"length that overflows", BATCH_AT_LENGTH, 4, INT32_MAX, VALIDATE_LENGTH},
    {"magic 0", BATCH_AT_MAGIC, 1, 0, VALIDATE_MAGIC},
    {"magic 1", BATCH_AT_MAGIC, 1, 1, VALIDATE_MAGIC},
    {"magic 3", BATCH_AT_MAGIC, 1, 3, VALIDATE_MAGIC},
    {"codec 5", BATCH_AT_ATTRIBUTES, 2, 5, VALIDATE_CODEC},
    {"codec 7", BATCH_AT_ATTRIBUTES, 2, 7, VALIDATE_CODEC},
    {"log append time", BATCH_AT_ATTRIBUTES, 2, BATCH_LOG_APPEND_TIME, VALIDATE_TIMESTAMP_TYPE},
    {"transaction without producer", BATCH_AT_ATTRIBUTES, 2, BATCH_TRANSACTIONAL,
     VALIDATE_PRODUCER},
    {"control", BATCH_AT_ATTRIBUTES, 2, BATCH_CONTROL, VALIDATE_CONTROL},
    {"delete horizon", BATCH_AT_ATTRIBUTES, 2, BATCH_DELETE_HORIZON, VALIDATE_ATTRIBUTES},
    {"bit 7", BATCH_AT_ATTRIBUTES, 2, 0x80, VALIDATE_ATTRIBUTES},
    {"bit 15", BATCH_AT_ATTRIBUTES, 2, 0x8000, VALIDATE_ATTRIBUTES},
    {"last offset delta", BATCH_AT_LAST_OFFSET_DELTA, 4, 9, VALIDATE_LAST_OFFSET_DELTA},
    {"negative last offset delta", BATCH_AT_LAST_OFFSET_DELTA, 4, -1, VALIDATE_LAST_OFFSET_DELTA},
    {"no records", BATCH_AT_RECORD_CNT, 4, 0, VALIDATE_RECORD_COUNT},
    {"fewer than no records", BATCH_AT_RECORD_CNT, 4, -5, VALIDATE_RECORD_COUNT},
    {"smallest count", BATCH_AT_RECORD_CNT, 4, INT32_MIN, VALIDATE_RECORD_COUNT},
    {"producer without sequence", BATCH_AT_PRODUCER_ID, 8, 5, VALIDATE_PRODUCER},
    {"negative producer", BATCH_AT_PRODUCER_ID, 8, -2, VALIDATE_PRODUCER},
    {"base timestamp", BATCH_AT_BASE_TIMESTAMP, 8, -2, VALIDATE_TIMESTAMP},
    {"base timestamp far back", BATCH_AT_BASE_TIMESTAMP, 8, INT64_MIN, VALIDATE_TIMESTAMP},
    {"base timestamp far ahead", BATCH_AT_BASE_TIMESTAMP, 8, INT64_MAX, VALIDATE_TIMESTAMP},
    {"base timestamp two hours ahead", BATCH_AT_BASE_TIMESTAMP, 8, NOW_MS + 7200000,
     VALIDATE_TIMESTAMP},
};

static void put(uint8_t *p, unsigned width, int64_t value)
{
    for (unsigned i = 0; i < width; i++) {
        p[i] = (uint8_t)((uint64_t)value >> (8 * (width - 1 - i)));
    }
}

static void test_header_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(header_cases); i++) {
        const struct header_case *c = &header_cases[i];
        struct sample s = sample_make(codecs, CODEC_NONE, 8, 40);
        enum validate_code code;
        struct validate_rules rules = rules_default();

        put(s.ptr + c->at, c->width, c->value);
        batch_fix_crc(s.ptr, s.len);
        code = check(sample_view(&s), &rules, NULL);
        if (code != c->wanted) {
            fail_msg("%s: %s, not %s", c->what, validate_name(code), validate_name(c->wanted));
        }
        /* The same with a wrong checksum is a damaged batch, unless it is about what lies before the
         * checksum. */
        if (c->at >= BATCH_CRC_FROM) {
            s.ptr[BATCH_AT_CRC] ^= 0x10;
            expect(sample_view(&s), VALIDATE_CRC);
        }
        sample_free(&s);
    }
}

static void test_nothing_and_too_much(void **state)
{
    struct sample s = sample_make(codecs, CODEC_NONE, 3, 40);
    uint8_t *two = malloc(s.len * 2);
    struct validate_rules rules = rules_default();

    (void)state;
    assert_non_null(two);
    expect(SLICE_EMPTY, VALIDATE_EMPTY);
    expect(SLICE_NULL, VALIDATE_EMPTY);
    memcpy(two, s.ptr, s.len);
    memcpy(two + s.len, s.ptr, s.len);
    expect(slice_of(two, s.len * 2), VALIDATE_TRAILING);
    expect(slice_of(two, s.len + 1), VALIDATE_TRAILING);
    rules.batch_len_max = s.len;
    expect_with(sample_view(&s), &rules, VALIDATE_OK);
    rules.batch_len_max = s.len - 1;
    expect_with(sample_view(&s), &rules, VALIDATE_TOO_LARGE);
    free(two);
    sample_free(&s);
}

static void test_idempotent_producer(void **state)
{
    struct sample s = sample_make(codecs, CODEC_NONE, 3, 40);

    (void)state;
    put(s.ptr + BATCH_AT_PRODUCER_ID, 8, 4711);
    put(s.ptr + BATCH_AT_PRODUCER_EPOCH, 2, 0);
    put(s.ptr + BATCH_AT_BASE_SEQUENCE, 4, INT32_MAX);
    batch_fix_crc(s.ptr, s.len);
    expect(sample_view(&s), VALIDATE_OK);
    put(s.ptr + BATCH_AT_ATTRIBUTES, 2, BATCH_TRANSACTIONAL);
    batch_fix_crc(s.ptr, s.len);
    expect(sample_view(&s), VALIDATE_OK);
    put(s.ptr + BATCH_AT_PRODUCER_EPOCH, 2, -1);
    batch_fix_crc(s.ptr, s.len);
    expect(sample_view(&s), VALIDATE_PRODUCER);
    /* What some clients without idempotence leave there. */
    put(s.ptr + BATCH_AT_ATTRIBUTES, 2, 0);
    put(s.ptr + BATCH_AT_PRODUCER_ID, 8, -1);
    put(s.ptr + BATCH_AT_BASE_SEQUENCE, 4, 0);
    batch_fix_crc(s.ptr, s.len);
    expect(sample_view(&s), VALIDATE_OK);
    sample_free(&s);
}

static void test_zstd_by_version(void **state)
{
    struct sample s = sample_make(codecs, CODEC_ZSTD, 3, 40);
    struct validate_rules rules = rules_default();

    (void)state;
    rules.zstd_allowed = false;
    expect_with(sample_view(&s), &rules, VALIDATE_ZSTD);
    assert_int_equal(validate_kerr(VALIDATE_ZSTD), 76);
    sample_free(&s);
}

static void test_kafka_errors(void **state)
{
    (void)state;
    assert_int_equal(validate_kerr(VALIDATE_OK), 0);
    assert_int_equal(validate_kerr(VALIDATE_CRC), 2);
    assert_int_equal(validate_kerr(VALIDATE_TRUNCATED), 2);
    assert_int_equal(validate_kerr(VALIDATE_STREAM), 2);
    assert_int_equal(validate_kerr(VALIDATE_TOO_LARGE), 10);
    assert_int_equal(validate_kerr(VALIDATE_BOMB), 10);
    assert_int_equal(validate_kerr(VALIDATE_TIMESTAMP), 32);
    assert_int_equal(validate_kerr(VALIDATE_TIMESTAMP_TYPE), 32);
    assert_int_equal(validate_kerr(VALIDATE_CODEC), 76);
    assert_int_equal(validate_kerr(VALIDATE_MAGIC), 87);
    assert_int_equal(validate_kerr(VALIDATE_TRAILING), 87);
    assert_int_equal(validate_kerr(VALIDATE_KEY_MISSING), 87);
    assert_string_equal(validate_name(VALIDATE_KEY_MISSING), "KEY_MISSING");
}

/* ---- the records ---- */

/* length 7: attributes 0, timestamp delta 0, offset delta 0, null key, value "v", no headers */
#define RECORD_GOOD "\x0e\x00\x00\x00\x01\x02v\x00"

/* As SLICE_LIT, for static data. */
#define BYTES(lit) \
    { \
        (const uint8_t *)(lit), sizeof(lit) - 1 \
    }

struct record_case {
    const char *what;
    struct slice bytes;
    int32_t record_cnt;
    enum validate_code wanted;
    int32_t wanted_idx;
};

static const struct record_case record_cases[] = {
    {"one", BYTES(RECORD_GOOD), 1, VALIDATE_OK, 0},
    {"nothing", BYTES(""), 1, VALIDATE_RECORD_MISSING, -1},
    {"one of two", BYTES(RECORD_GOOD), 2, VALIDATE_RECORD_MISSING, -1},
    {"one of very many", BYTES(RECORD_GOOD), INT32_MAX, VALIDATE_RECORD_MISSING, -1},
    {"a byte too many", BYTES(RECORD_GOOD "\x00"), 1, VALIDATE_RECORD_EXTRA, -1},
    {"a record too many", BYTES(RECORD_GOOD RECORD_GOOD), 1, VALIDATE_RECORD_EXTRA, -1},
    {"offset delta twice", BYTES(RECORD_GOOD RECORD_GOOD), 2, VALIDATE_RECORD_OFFSET, 1},
    {"offset delta 1 first", BYTES("\x0e\x00\x00\x02\x01\x02v\x00"), 1, VALIDATE_RECORD_OFFSET, 0},
    {"negative offset delta", BYTES("\x0e\x00\x00\x01\x01\x02v\x00"), 1, VALIDATE_RECORD_OFFSET, 0},
    {"length too small", BYTES("\x0c\x00\x00\x00\x01\x02v\x00"), 1, VALIDATE_RECORD_LENGTH, 0},
    {"length 0", BYTES("\x00\x00\x00\x00\x01\x02v\x00"), 1, VALIDATE_RECORD_LENGTH, 0},
    {"negative length", BYTES("\x01\x00\x00\x00\x01\x02v\x00"), 1, VALIDATE_RECORD_LENGTH, 0},
    {"length beyond the end", BYTES("\x10\x00\x00\x00\x01\x02v\x00"), 1, VALIDATE_RECORD_LENGTH, 0},
    {"length of 2 GiB", BYTES("\xfe\xff\xff\xff\x0f\x00\x00\x00\x01\x02v\x00"), 1,
     VALIDATE_RECORD_LENGTH, 0},
    {"length too large by what follows",
     BYTES("\x10\x00\x00\x00\x01\x02v\x00"
           "\x0e\x00\x00\x02\x01\x02v\x00"),
     2, VALIDATE_RECORD_LENGTH, 0},
    {"length of six bytes", BYTES("\x8e\x80\x80\x80\x80\x00\x00\x00\x00\x01\x02v\x00"), 1,
     VALIDATE_RECORD_VARINT, 0},
    {"length with bits above 32", BYTES("\x8e\x80\x80\x80\x10\x00\x00\x00\x01\x02v\x00"), 1,
     VALIDATE_RECORD_VARINT, 0},
    {"length in more bytes than needed", BYTES("\x8e\x80\x80\x00\x00\x00\x00\x01\x02v\x00"), 1,
     VALIDATE_OK, 0},
    {"attributes", BYTES("\x0e\x01\x00\x00\x01\x02v\x00"), 1, VALIDATE_RECORD_ATTRIBUTES, 0},
    {"timestamp of eleven bytes",
     BYTES("\x22\x00\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00\x00\x01\x02v\x00"), 1,
     VALIDATE_RECORD_VARINT, 0},
    {"timestamp that overflows",
     BYTES("\x20\x00\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x01\x02v\x00"), 1,
     VALIDATE_TIMESTAMP, 0},
    {"key length -2", BYTES("\x0e\x00\x00\x00\x03\x02v\x00"), 1, VALIDATE_RECORD_KEY, 0},
    {"key beyond the record", BYTES("\x0e\x00\x00\x00\x08\x02v\x00"), 1, VALIDATE_RECORD_KEY, 0},
    {"key to the end of the record", BYTES("\x0e\x00\x00\x00\x06\x02v\x00"), 1,
     VALIDATE_RECORD_LENGTH, 0},
    {"value length -2", BYTES("\x0e\x00\x00\x00\x01\x03v\x00"), 1, VALIDATE_RECORD_VALUE, 0},
    {"value beyond the record", BYTES("\x0e\x00\x00\x00\x01\x06v\x00"), 1, VALIDATE_RECORD_VALUE,
     0},
    {"value of 2 GiB", BYTES("\x16\x00\x00\x00\x01\xfe\xff\xff\xff\x0fv\x00"), 1,
     VALIDATE_RECORD_VALUE, 0},
    {"value to the end of the record", BYTES("\x0e\x00\x00\x00\x01\x04v\x00"), 1,
     VALIDATE_RECORD_LENGTH, 0},
    {"null value", BYTES("\x0c\x00\x00\x00\x01\x01\x00"), 1, VALIDATE_OK, 0},
    {"negative header count", BYTES("\x0e\x00\x00\x00\x01\x02v\x01"), 1, VALIDATE_RECORD_HEADERS,
     0},
    {"headers that are not there", BYTES("\x0e\x00\x00\x00\x01\x02v\x02"), 1,
     VALIDATE_RECORD_HEADERS, 0},
    {"2^31-1 headers", BYTES("\x16\x00\x00\x00\x01\x02v\xfe\xff\xff\xff\x0f"), 1,
     VALIDATE_RECORD_HEADERS, 0},
    {"a header", BYTES("\x14\x00\x00\x00\x01\x02v\x02\x02h\x00"), 1, VALIDATE_OK, 0},
    {"a header with a null value", BYTES("\x14\x00\x00\x00\x01\x02v\x02\x02h\x01"), 1, VALIDATE_OK,
     0},
    {"a header with a null key", BYTES("\x12\x00\x00\x00\x01\x02v\x02\x01\x00"), 1,
     VALIDATE_RECORD_HEADERS, 0},
    {"a header key beyond the record", BYTES("\x14\x00\x00\x00\x01\x02v\x02\x08h\x00"), 1,
     VALIDATE_RECORD_HEADERS, 0},
    {"a header value beyond the record", BYTES("\x14\x00\x00\x00\x01\x02v\x02\x02h\x02"), 1,
     VALIDATE_RECORD_HEADERS, 0},
    {"a header value of -2", BYTES("\x14\x00\x00\x00\x01\x02v\x02\x02h\x03"), 1,
     VALIDATE_RECORD_HEADERS, 0},
};

/* Slow and quick gait, all codecs: the same bytes get the same verdict. */
static void record_case_run(const struct record_case *c, enum codec codec)
{
    struct validate_rules rules = rules_default();
    struct sample s;
    enum validate_code code;
    int32_t idx = 0;

    if (codec == CODEC_NONE) {
        s = sample_around(c->bytes, c->record_cnt);
    } else {
        struct bytebuf packed;

        bytebuf_init(&packed, 1 << 20);
        assert_int_equal(codec_compress(codecs, codec, CODEC_LEVEL_DEFAULT, c->bytes, &packed), 0);
        s = sample_packed(bytebuf_view(&packed), codec, c->record_cnt);
        bytebuf_release(&packed);
    }
    code = check(sample_view(&s), &rules, &idx);
    /* In a stream the end is not known beforehand, so a record too long is one that is missing. */
    if (code != c->wanted && !(codec != CODEC_NONE && code == VALIDATE_RECORD_MISSING &&
                               c->wanted == VALIDATE_RECORD_LENGTH)) {
        fail_msg("%s, codec %d: %s, not %s", c->what, codec, validate_name(code),
                 validate_name(c->wanted));
    }
    if (code == c->wanted && code != VALIDATE_OK) {
        assert_int_equal(idx, c->wanted_idx);
    }
    sample_free(&s);
}

static void test_record_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(record_cases); i++) {
        for (int codec = 0; codec < CODEC_CNT; codec++) {
            record_case_run(&record_cases[i], (enum codec)codec);
        }
    }
}

/* A bad record between many good ones: behind it there is room for the quick gait to read. */
static void test_record_faults_among_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(record_cases); i++) {
        const struct record_case *c = &record_cases[i];
        uint8_t bytes[256] = {0};
        struct validate_rules rules = rules_default();
        struct sample s;
        enum validate_code code;

        if (c->record_cnt != 1 || c->wanted == VALIDATE_OK ||
            c->wanted == VALIDATE_RECORD_MISSING || c->wanted == VALIDATE_RECORD_EXTRA) {
            continue;
        }
        memcpy(bytes, c->bytes.ptr, c->bytes.len);
        for (size_t at = c->bytes.len; at + 8 <= sizeof(bytes); at += 8) {
            memcpy(bytes + at, RECORD_GOOD, 8);
        }
        s = sample_around(slice_of(bytes, sizeof(bytes)), 20);
        code = check(sample_view(&s), &rules, NULL);
        if (code != c->wanted) {
            fail_msg("%s: %s, not %s", c->what, validate_name(code), validate_name(c->wanted));
        }
        sample_free(&s);
    }
}

static void test_keys_of_compacted_topics(void **state)
{
    struct validate_rules rules = rules_default();
    int32_t idx = 0;

    (void)state;
    rules.compacted = true;
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        struct sample one = sample_make(codecs, (enum codec)codec, 1, 10); /* has a key */
        struct sample many = sample_make(codecs, (enum codec)codec, 30, 10);

        expect_with(sample_view(&one), &rules, VALIDATE_OK);
        assert_int_equal(check(sample_view(&many), &rules, &idx), VALIDATE_KEY_MISSING);
        assert_int_equal(idx, 1);
        sample_free(&one);
        sample_free(&many);
    }
}

/* ---- time ---- */

static struct sample sample_at(timestamp_ms_t first, timestamp_ms_t second)
{
    struct batch_options options = BATCH_OPTIONS_PLAIN;
    struct record_fields r = {.timestamp = first, .value = SLICE_LIT("v")};
    struct batch_builder b;
    struct sample s;

    batch_builder_init(&b, &options, 4096);
    assert_int_equal(batch_builder_add(&b, &r), 0);
    r.timestamp = second;
    assert_int_equal(batch_builder_add(&b, &r), 0);
    assert_int_equal(batch_builder_detach(&b, NULL, &s.ptr, &s.len), 0);
    batch_builder_release(&b);
    return s;
}

static void expect_at(const struct validate_rules *rules, timestamp_ms_t first,
                      timestamp_ms_t second, enum validate_code wanted)
{
    struct sample s = sample_at(first, second);

    expect_with(sample_view(&s), rules, wanted);
    sample_free(&s);
}

static void test_timestamps(void **state)
{
    struct validate_rules rules = rules_default();

    (void)state;
    expect_at(&rules, NOW_MS, NOW_MS + 3600000, VALIDATE_OK);
    expect_at(&rules, NOW_MS, NOW_MS + 3600001, VALIDATE_TIMESTAMP);
    expect_at(&rules, 0, NOW_MS, VALIDATE_OK);
    expect_at(&rules, NOW_MS, 0, VALIDATE_OK);
    expect_at(&rules, -1, -1, VALIDATE_OK);
    expect_at(&rules, NOW_MS, -1, VALIDATE_OK);
    expect_at(&rules, NOW_MS, -2, VALIDATE_TIMESTAMP);
    rules.before_max_ms = 1000;
    expect_at(&rules, NOW_MS - 1000, NOW_MS, VALIDATE_OK);
    expect_at(&rules, NOW_MS, NOW_MS - 1001, VALIDATE_TIMESTAMP);
    expect_at(&rules, NOW_MS, -1, VALIDATE_OK);
    rules.after_max_ms = INT64_MAX;
    expect_at(&rules, NOW_MS, INT64_MAX, VALIDATE_OK);
    rules.log_append_time = true;
    expect_at(&rules, 5, -100, VALIDATE_OK);
    expect_at(&rules, -100, INT64_MAX - 200, VALIDATE_OK);
}

/* Anywhere among many records, where the quick gait reads. */
static void test_timestamps_among_others(void **state)
{
    (void)state;
    for (int bad = 0; bad < 100; bad++) {
        for (int codec = 0; codec < CODEC_CNT; codec++) {
            struct validate_rules rules = rules_default();
            struct batch_options options = BATCH_OPTIONS_PLAIN;
            struct batch_builder b;
            struct slice batch;
            int32_t idx = -1;

            options.codec = (enum codec)codec;
            batch_builder_init(&b, &options, 1 << 16);
            for (int i = 0; i < 100; i++) {
                struct record_fields r = {.timestamp = i == bad ? NOW_MS + 1001 : NOW_MS + i,
                                          .value = SLICE_LIT("some value")};

                assert_int_equal(batch_builder_add(&b, &r), 0);
            }
            assert_int_equal(batch_builder_finish(&b, codecs, &batch), 0);
            rules.after_max_ms = 1000;
            assert_int_equal(check(batch, &rules, &idx), VALIDATE_TIMESTAMP);
            assert_int_equal(idx, bad);
            rules.after_max_ms = 1001;
            expect_with(batch, &rules, VALIDATE_OK);
            batch_builder_release(&b);
        }
    }
}

static void test_max_timestamp(void **state)
{
    struct validate_rules rules = rules_default();
    struct sample s = sample_at(NOW_MS, NOW_MS - 5);
    struct batch_info info;
    struct validate_fault fault;

    (void)state;
    put(s.ptr + BATCH_AT_MAX_TIMESTAMP, 8, NOW_MS + 77);
    batch_fix_crc(s.ptr, s.len);
    assert_int_equal(batch_validate(sample_view(&s), &rules, NULL, &info, &fault), 0);
    assert_true(info.max_timestamp_wrong);
    assert_int_equal(info.max_timestamp, NOW_MS);
    assert_int_equal(info.max_timestamp_delta, 0);
    batch_set_max_timestamp(s.ptr, s.len, info.max_timestamp);
    assert_int_equal(batch_validate(sample_view(&s), &rules, NULL, &info, &fault), 0);
    assert_false(info.max_timestamp_wrong);
    rules.log_append_time = true;
    assert_int_equal(batch_validate(sample_view(&s), &rules, NULL, &info, &fault), 0);
    assert_int_equal(info.max_timestamp, rules.now_ms);
    assert_false(info.max_timestamp_wrong);
    sample_free(&s);
}

/* ---- cut and bent ---- */

static void test_truncated_everywhere(void **state)
{
    (void)state;
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        struct sample s = sample_make(codecs, (enum codec)codec, 20, 60);

        for (size_t len = 0; len < s.len; len++) {
            /* In a block of its own, so that a byte read behind it is seen by the sanitizers. */
            uint8_t *cut = malloc(len + (len == 0));
            enum validate_code code;
            struct validate_rules rules = rules_default();

            assert_non_null(cut);
            memcpy(cut, s.ptr, len);
            code = check(slice_of(cut, len), &rules, NULL);
            assert_int_equal(code, len == 0 ? VALIDATE_EMPTY : VALIDATE_TRUNCATED);
            /* The same with a header that believes it. */
            if (len >= BATCH_HEADER_LEN) {
                store_be32(cut + BATCH_AT_LENGTH, (uint32_t)(len - BATCH_OVERHEAD_LEN));
                code = check(slice_of(cut, len), &rules, NULL);
                assert_int_equal(code, VALIDATE_CRC);
                batch_fix_crc(cut, len);
                code = check(slice_of(cut, len), &rules, NULL);
                assert_int_not_equal(code, VALIDATE_OK);
                assert_int_equal(validate_kerr(code),
                                 codec == CODEC_NONE ? 87 : validate_kerr(code));
            }
            free(cut);
        }
        sample_free(&s);
    }
}

/* Each bit behind the checksum is under it. */
static void test_every_bit_counts(void **state)
{
    (void)state;
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        struct sample s = sample_make(codecs, (enum codec)codec, 5, 30);

        for (size_t at = BATCH_AT_CRC; at < s.len; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                s.ptr[at] ^= (uint8_t)(1u << bit);
                expect(sample_view(&s), VALIDATE_CRC);
                s.ptr[at] ^= (uint8_t)(1u << bit);
            }
        }
        expect(sample_view(&s), VALIDATE_OK);
        sample_free(&s);
    }
}

/* With a true checksum over bent bytes the verdict may be anything but a crash, and what passes can
 * be read: validation and iteration agree. */
static void test_bent_with_true_checksum(void **state)
{
    struct prng prng;

    (void)state;
    prng_init(&prng, 11);
    for (int round = 0; round < 4000; round++) {
        struct sample s = sample_make(codecs, (enum codec)(round % CODEC_CNT), 1 + round % 9, 50);
        struct validate_rules rules = rules_default();
        int changes = 1 + round % 3;

        for (int i = 0; i < changes; i++) {
            size_t at = BATCH_CRC_FROM + prng_below(&prng, s.len - BATCH_CRC_FROM);

            s.ptr[at] = (uint8_t)prng_next(&prng);
        }
        batch_fix_crc(s.ptr, s.len);
        rules.decompressed_len_max = 1 << 20;
        rules.log_append_time = round % 2 == 0;
        if (check(sample_view(&s), &rules, NULL) == VALIDATE_OK) {
            struct record_iter it;
            struct record rec;
            int32_t cnt = 0;
            int rc;

            assert_int_equal(record_iter_init(&it, codecs, sample_view(&s), 1 << 20), 0);
            while ((rc = record_iter_next(&it, &rec)) == 0) {
                cnt++;
            }
            /* Only timestamps nobody asked about may not be representable. */
            assert_true(rc == ERR_NOT_FOUND || (rules.log_append_time && rc == ERR_INVALID));
            assert_true(rc != ERR_NOT_FOUND || cnt == it.header.record_cnt);
            record_iter_release(&it);
        }
        sample_free(&s);
    }
}

/* ---- what the broker writes itself, and what it does not have ---- */

static void test_control_batches_of_our_own(void **state)
{
    struct batch_options options = BATCH_OPTIONS_PLAIN;
    struct record_fields marker = {
        .timestamp = NOW_MS, .key = SLICE_LIT("\0\0\0\1"), .value = SLICE_LIT("\0\0\0\0\0\7")};
    struct validate_rules rules = rules_default();
    struct batch_builder b;
    struct slice batch;

    (void)state;
    options.attributes = BATCH_CONTROL | BATCH_TRANSACTIONAL;
    options.producer_id = 9;
    options.producer_epoch = 1;
    batch_builder_init(&b, &options, 4096);
    assert_int_equal(batch_builder_add(&b, &marker), 0);
    assert_int_equal(batch_builder_finish(&b, NULL, &batch), 0);
    expect_with(batch, &rules, VALIDATE_CONTROL);
    rules.internal = true;
    expect_with(batch, &rules, VALIDATE_OK);
    batch_builder_release(&b);
}

static void test_compressed_without_codecs(void **state)
{
    struct sample s = sample_make(codecs, CODEC_GZIP, 3, 40);
    struct validate_rules rules = rules_default();
    struct batch_info info;
    struct validate_fault fault;

    (void)state;
    assert_int_equal(batch_validate(sample_view(&s), &rules, NULL, &info, &fault), ERR_MISSING_LIB);
    assert_int_equal(fault.code, VALIDATE_CODEC_MISSING);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_batches_pass),
        cmocka_unit_test(test_large_records_pass),
        cmocka_unit_test(test_header_faults),
        cmocka_unit_test(test_nothing_and_too_much),
        cmocka_unit_test(test_idempotent_producer),
        cmocka_unit_test(test_zstd_by_version),
        cmocka_unit_test(test_kafka_errors),
        cmocka_unit_test(test_record_faults),
        cmocka_unit_test(test_record_faults_among_others),
        cmocka_unit_test(test_keys_of_compacted_topics),
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_timestamps_among_others),
        cmocka_unit_test(test_max_timestamp),
        cmocka_unit_test(test_truncated_everywhere),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_bent_with_true_checksum),
        cmocka_unit_test(test_control_batches_of_our_own),
        cmocka_unit_test(test_compressed_without_codecs),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
