/*
 * Each allocation fails once, the first, the second, the third ...: the call says so, nothing leaks and
 * the next call works.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/chk.h"
#include "record/iter.h"
#include "record/rewrite.h"
#include "support.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

/* How many allocations still succeed; -1: all. */
static long allocations_left = -1;

/* The largest one asked for since somebody set this to 0. */
static size_t largest_len;

#ifndef SANITIZED
#define SANITIZED 0

/* Stands before the C library's own in every program that defines it; the libraries use it too. The
 * sanitizers do the same for themselves, so there this test only runs the calls without failures. */
void *__libc_malloc(size_t len);
void *__libc_calloc(size_t cnt, size_t len);
void *__libc_realloc(void *old, size_t len);

static bool refused(size_t len)
{
    largest_len = MAX_OF(largest_len, len);
    if (allocations_left < 0) {
        return false;
    }
    if (allocations_left == 0) {
        return true;
    }
    allocations_left--;
    return false;
}

void *malloc(size_t len)
{
    return refused(len) ? NULL : __libc_malloc(len);
}

void *calloc(size_t cnt, size_t len)
{
    return refused(cnt * len) ? NULL : __libc_calloc(cnt, len);
}

void *realloc(void *old, size_t len)
{
    return refused(len) ? NULL : __libc_realloc(old, len);
}
#endif

static struct sample samples[CODEC_CNT];

/* All that allocates, once, in a codec. */
static int run(enum codec codec)
{
    struct codecs *codecs = codecs_new();
    /* The C++ library under snappy's compression ends the process when it gets no memory. */
    struct rewrite_options options = {.codec = codec == CODEC_SNAPPY ? CODEC_NONE : codec,
                                      .level = CODEC_LEVEL_DEFAULT,
                                      .decompressed_len_max = 1 << 24};
    struct validate_rules rules = rules_default();
    struct batch_info info;
    struct validate_fault fault;
    struct record_iter it;
    struct record rec;
    struct bytebuf out;
    int rc;

    if (codecs == NULL) {
        return ERR_NOMEM;
    }
    bytebuf_init(&out, 1 << 24);
    rc = batch_validate(sample_view(&samples[codec]), &rules, codecs, &info, &fault);
    if (rc == 0) {
        rc = batch_rewrite(codecs, sample_view(&samples[codec]), &options, &out);
    }
    if (rc == 0) {
        rc = record_iter_init(&it, codecs, bytebuf_view(&out), 1 << 24);
    }
    if (rc == 0) {
        while ((rc = record_iter_next(&it, &rec)) == 0) {}
        rc = rc == ERR_NOT_FOUND ? 0 : rc;
        record_iter_release(&it);
    }
    bytebuf_release(&out);
    codecs_free(codecs);
    return rc;
}

static void test_each_allocation_fails(void **state)
{
    (void)state;
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        struct codecs *codecs = codecs_new();
        long cnt = 0;
        int rc = ERR_NOMEM;

        assert_non_null(codecs);
        samples[codec] = sample_make(codecs, (enum codec)codec, 50, 3000);
        /* The library of snappy is loaded before: the loader does not like to be refused. */
        assert_int_equal(codecs_require(codecs, (enum codec)codec), 0);
        for (; !SANITIZED && rc != 0; cnt++) {
            allocations_left = cnt;
            rc = run((enum codec)codec);
            allocations_left = -1;
            assert_true(rc == 0 || rc == ERR_NOMEM || rc == ERR_MISSING_LIB);
            assert_true(cnt < 1000);
        }
        assert_true(SANITIZED || cnt > 1);
        assert_int_equal(run((enum codec)codec), 0);
        codecs_free(codecs);
        sample_free(&samples[codec]);
    }
}

static void test_builder(void **state)
{
    struct batch_options options = BATCH_OPTIONS_PLAIN;
    struct record_fields r = {.timestamp = NOW_MS, .value = SLICE_LIT("v")};
    struct batch_builder b;
    struct slice batch;

    (void)state;
    batch_builder_init(&b, &options, 1000);
    if (!SANITIZED) {
        int rc;

        allocations_left = 0;
        rc = batch_builder_add(&b, &r);
        allocations_left = -1;
        assert_int_equal(rc, ERR_NOMEM);
    }
    assert_int_equal(batch_builder_add(&b, &r), 0);
    assert_int_equal(batch_builder_finish(&b, NULL, &batch), 0);
    batch_builder_release(&b);
}

/* Twenty bytes that announce 2 GB, in each codec's own way: refused, and nothing of that size is ever
 * asked for. */
static void test_announced_lengths_cost_nothing(void **state)
{
    static const struct {
        enum codec codec;
        uint8_t stream[20];
    } lies[] = {
        {CODEC_SNAPPY, {0xff, 0xff, 0xff, 0xff, 0x07, 0x00}},
        {CODEC_SNAPPY,
         {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff}},
        {CODEC_ZSTD, {0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0x00, 0x00, 0x00, 0x7f}}, /* in one segment */
        {CODEC_ZSTD, {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8}},               /* a window of 2 GiB */
        {CODEC_LZ4, {0x04, 0x22, 0x4d, 0x18, 0x68, 0x70, 0, 0, 0, 0x7f}}, /* a content size */
    };
    struct codecs *codecs = codecs_new();

    (void)state;
    assert_non_null(codecs);
    assert_int_equal(codecs_require(codecs, CODEC_SNAPPY), 0);
    for (size_t i = 0; i < ARRAY_CNT(lies); i++) {
        struct sample s =
            sample_packed(slice_of(lies[i].stream, sizeof(lies[i].stream)), lies[i].codec, 1);
        struct validate_rules rules = rules_default();
        struct batch_info info;
        struct validate_fault fault;

        rules.decompressed_len_max = UINT64_MAX;
        largest_len = 0;
        assert_int_equal(batch_validate(sample_view(&s), &rules, codecs, &info, &fault),
                         ERR_INVALID);
        assert_true(fault.code == VALIDATE_STREAM || fault.code == VALIDATE_BOMB);
        assert_true(largest_len < (size_t)10 << 20);
        sample_free(&s);
    }
    codecs_free(codecs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_fails),
        cmocka_unit_test(test_builder),
        cmocka_unit_test(test_announced_lengths_cost_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
