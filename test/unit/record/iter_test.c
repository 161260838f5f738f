/*
 * Records come out as they went in, whatever packs them; what is wrong is an error and not a record;
 * a time finds its first record.
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

static void assert_slice(struct slice got, struct slice wanted)
{
    assert_int_equal(got.ptr == NULL, wanted.ptr == NULL);
    assert_int_equal(got.len, wanted.len);
    assert_true(slice_eq(got, wanted));
}

static void test_records_come_back(void **state)
{
    uint8_t *large = malloc(999000);
    struct prng prng;

    (void)state;
    assert_non_null(large);
    prng_init(&prng, 5);
    for (size_t i = 0; i < 999000; i++) {
        large[i] = (uint8_t)prng_next(&prng);
    }
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        const struct record_header headers[] = {{SLICE_LIT("k"), SLICE_LIT("v")},
                                                {SLICE_EMPTY, SLICE_NULL},
                                                {SLICE_LIT("e"), SLICE_EMPTY}};
        const struct record_fields wanted[] = {
            {.timestamp = 1000, .key = SLICE_LIT("key"), .value = SLICE_LIT("value")},
            {.timestamp = 999, .key = SLICE_NULL, .value = SLICE_NULL},
            {.timestamp = -1, .key = SLICE_EMPTY, .value = SLICE_EMPTY},
            {.timestamp = 1 << 30, .key = SLICE_LIT("large"), .value = slice_of(large, 999000)},
            {.timestamp = 5, .value = SLICE_LIT("x"), .headers = headers, .header_cnt = 3},
            {.timestamp = INT64_MAX - 1000, .key = slice_of(large, 70000), .value = SLICE_LIT("y")},
        };
        struct batch_options options = BATCH_OPTIONS_PLAIN;
        struct batch_builder b;
        struct slice batch;
        struct record_iter it;
        struct record rec;

        options.codec = (enum codec)codec;
        options.base_offset = 5000;
        batch_builder_init(&b, &options, 1 << 23);
        for (size_t i = 0; i < ARRAY_CNT(wanted); i++) {
            assert_int_equal(batch_builder_add(&b, &wanted[i]), 0);
        }
        assert_int_equal(batch_builder_finish(&b, codecs, &batch), 0);
        assert_int_equal(record_iter_init(&it, codecs, batch, 1 << 23), 0);
        for (size_t i = 0; i < ARRAY_CNT(wanted); i++) {
            assert_int_equal(record_iter_next(&it, &rec), 0);
            assert_int_equal(rec.offset, 5000 + i);
            assert_int_equal(rec.offset_delta, i);
            assert_true(rec.timestamp == wanted[i].timestamp);
            assert_slice(rec.key, wanted[i].key);
            assert_slice(rec.value, wanted[i].value);
            assert_int_equal(rec.header_cnt, wanted[i].header_cnt);
            for (int32_t h = 0; h < rec.header_cnt; h++) {
                struct slice key, value;

                assert_int_equal(record_header_next(&rec.headers, &key, &value), 0);
                assert_slice(key, headers[h].key);
                assert_slice(value, headers[h].value);
            }
            assert_int_equal(rec.headers.len, 0);
        }
        assert_int_equal(record_iter_next(&it, &rec), ERR_NOT_FOUND);
        record_iter_release(&it);
        batch_builder_release(&b);
    }
    free(large);
}

static int iterate(struct slice batch, uint64_t max, int32_t *ret_cnt)
{
    struct record_iter it;
    struct record rec;
    int rc = record_iter_init(&it, codecs, batch, max);

    *ret_cnt = 0;
    if (rc != 0) {
        return rc;
    }
    while ((rc = record_iter_next(&it, &rec)) == 0) {
        struct slice key, value;

        while (record_header_next(&rec.headers, &key, &value) == 0) {
            assert_non_null(key.ptr);
        }
        assert_int_equal(rec.headers.len, 0);
        (*ret_cnt)++;
    }
    record_iter_release(&it);
    return rc;
}

static void test_cut_batches(void **state)
{
    (void)state;
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        struct sample s = sample_make(codecs, (enum codec)codec, 30, 40);
        int32_t cnt;

        assert_int_equal(iterate(sample_view(&s), 1 << 20, &cnt), ERR_NOT_FOUND);
        assert_int_equal(cnt, 30);
        for (size_t len = 0; len < s.len; len++) {
            uint8_t *cut = malloc(len + (len == 0));
            int rc;

            assert_non_null(cut);
            memcpy(cut, s.ptr, len);
            assert_int_equal(iterate(slice_of(cut, len), 1 << 20, &cnt), ERR_TRUNCATED);
            if (len >= BATCH_HEADER_LEN) {
                store_be32(cut + BATCH_AT_LENGTH, (uint32_t)(len - BATCH_OVERHEAD_LEN));
                rc = iterate(slice_of(cut, len), 1 << 20, &cnt);
                assert_true(rc == ERR_TRUNCATED || rc == ERR_INVALID);
                assert_true(cnt <= 30);
            }
            free(cut);
        }
        sample_free(&s);
    }
}

static void test_limit(void **state)
{
    (void)state;
    for (int codec = CODEC_GZIP; codec < CODEC_CNT; codec++) {
        struct sample s = sample_make(codecs, (enum codec)codec, 1, 200000);
        int32_t cnt;

        assert_int_equal(iterate(sample_view(&s), 100000, &cnt), ERR_LIMIT);
        assert_int_equal(cnt, 0);
        sample_free(&s);
    }
}

/* A batch out of compaction: gaps in the offsets are fine, steps back are not. */
static void test_offsets_with_gaps(void **state)
{
    static const char gap[] = "\x0e\x00\x00\x04\x01\x02v\x00\x0e\x00\x00\x0a\x01\x02v\x00";
    static const char back[] = "\x0e\x00\x00\x0a\x01\x02v\x00\x0e\x00\x00\x04\x01\x02v\x00";
    static const char beyond[] = "\x0e\x00\x00\x04\x01\x02v\x00\x0e\x00\x00\x14\x01\x02v\x00";
    const char *const bytes[] = {gap, back, beyond};

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(bytes); i++) {
        struct sample s = sample_around(slice_of(bytes[i], 16), 2);
        int32_t cnt;

        store_be32(s.ptr + BATCH_AT_LAST_OFFSET_DELTA, 9);
        assert_int_equal(iterate(sample_view(&s), 1 << 20, &cnt),
                         i == 0 ? ERR_NOT_FOUND : ERR_INVALID);
        assert_int_equal(cnt, i == 0 ? 2 : 1);
        sample_free(&s);
    }
}

static void test_find_by_time(void **state)
{
    (void)state;
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        struct batch_options options = BATCH_OPTIONS_PLAIN;
        static const timestamp_ms_t times[] = {100, 300, 200, 400};
        struct batch_builder b;
        uint8_t *batch;
        size_t len;
        log_offset_t offset = 0;
        timestamp_ms_t ts = 0;

        options.codec = (enum codec)codec;
        options.base_offset = 10;
        batch_builder_init(&b, &options, 4096);
        for (size_t i = 0; i < ARRAY_CNT(times); i++) {
            struct record_fields r = {.timestamp = times[i], .value = SLICE_LIT("v")};

            assert_int_equal(batch_builder_add(&b, &r), 0);
        }
        assert_int_equal(batch_builder_detach(&b, codecs, &batch, &len), 0);
        assert_int_equal(batch_find_timestamp(codecs, slice_of(batch, len), 0, &offset, &ts), 0);
        assert_true(offset == 10 && ts == 100);
        assert_int_equal(batch_find_timestamp(codecs, slice_of(batch, len), 101, &offset, &ts), 0);
        assert_true(offset == 11 && ts == 300);
        assert_int_equal(batch_find_timestamp(codecs, slice_of(batch, len), 400, &offset, &ts), 0);
        assert_true(offset == 13 && ts == 400);
        assert_int_equal(batch_find_timestamp(codecs, slice_of(batch, len), 401, &offset, &ts),
                         ERR_NOT_FOUND);
        batch_set_log_append_time(batch, len, 9000);
        assert_int_equal(batch_find_timestamp(codecs, slice_of(batch, len), 5000, &offset, &ts), 0);
        assert_true(offset == 10 && ts == 9000);
        free(batch);
        batch_builder_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_come_back),
        cmocka_unit_test(test_cut_batches),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_offsets_with_gaps),
        cmocka_unit_test(test_find_by_time),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
