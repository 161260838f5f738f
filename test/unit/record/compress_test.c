/*
 * Every codec gives back what went in, in pieces; streams of other writers are read; and no stream,
 * however it is cut, bent or inflated, costs more than the limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <lz4frame.h>
#include <zstd.h>
#include <cmocka.h>

#include "base/chk.h"
#include "base/prng.h"
#include "record/compress.h"
#include "support.h"

#define MB ((size_t)1024 * 1024)

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

/* Text that compresses about threefold. */
static uint8_t *text_make(size_t len)
{
    uint8_t *text = malloc(len + 1);
    struct prng prng;

    assert_non_null(text);
    prng_init(&prng, len);
    for (size_t i = 0; i < len; i++) {
        text[i] = (uint8_t)("etaoin shrdlu"[prng_below(&prng, i % 64 < 32 ? 13 : 3)]);
    }
    return text;
}

static int inflate_all(enum codec codec, struct slice in, uint64_t out_max, uint64_t *ret_len)
{
    struct inflater inf;
    struct slice piece = SLICE_EMPTY;
    int rc = inflater_start(&inf, codecs, codec, in, out_max);

    *ret_len = 0;
    if (rc != 0) {
        return rc;
    }
    do {
        rc = inflater_next(&inf, &piece);
        *ret_len += rc == 0 ? piece.len : 0;
    } while (rc == 0 && piece.len > 0);
    inflater_end(&inf);
    return rc;
}

static void test_round_trips(void **state)
{
    static const size_t lens[] = {0,     1,     100,   32767,  32768,  32769,
                                  65535, 65536, 65537, 131072, 999000, 3 * MB + 17};

    (void)state;
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        for (size_t i = 0; i < ARRAY_CNT(lens); i++) {
            uint8_t *text = text_make(lens[i]);
            struct bytebuf packed, back;

            bytebuf_init(&packed, 8 * MB);
            bytebuf_init(&back, lens[i]);
            assert_int_equal(codec_compress(codecs, (enum codec)codec, CODEC_LEVEL_DEFAULT,
                                            slice_of(text, lens[i]), &packed),
                             0);
            assert_int_equal(
                codec_decompress(codecs, (enum codec)codec, bytebuf_view(&packed), &back), 0);
            assert_int_equal(back.len, lens[i]);
            assert_memory_equal(bytebuf_view(&back).ptr, text, lens[i]);
            if (codec != CODEC_NONE && lens[i] > 1000) {
                assert_true(packed.len < lens[i]);
            }
            bytebuf_release(&packed);
            bytebuf_release(&back);
            free(text);
        }
    }
}

static void test_levels(void **state)
{
    static const int32_t levels[] = {INT32_MIN, -200000, -1, 0, 1, 6, 9, 12, 17, 19, 22, INT32_MAX};
    uint8_t *text = text_make(50000);

    (void)state;
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        for (size_t i = 0; i < ARRAY_CNT(levels); i++) {
            struct bytebuf packed, back;

            bytebuf_init(&packed, MB);
            bytebuf_init(&back, 50000);
            assert_int_equal(codec_compress(codecs, (enum codec)codec, levels[i],
                                            slice_of(text, 50000), &packed),
                             0);
            assert_int_equal(
                codec_decompress(codecs, (enum codec)codec, bytebuf_view(&packed), &back), 0);
            assert_int_equal(back.len, 50000);
            bytebuf_release(&packed);
            bytebuf_release(&back);
        }
    }
    free(text);
}

static void test_pieces_are_bounded(void **state)
{
    uint8_t *text = text_make(4 * MB);

    (void)state;
    for (int codec = CODEC_GZIP; codec < CODEC_CNT; codec++) {
        struct bytebuf packed;
        struct inflater inf;
        struct slice piece;
        size_t at = 0;

        bytebuf_init(&packed, 8 * MB);
        assert_int_equal(codec_compress(codecs, (enum codec)codec, CODEC_LEVEL_DEFAULT,
                                        slice_of(text, 4 * MB), &packed),
                         0);
        assert_int_equal(
            inflater_start(&inf, codecs, (enum codec)codec, bytebuf_view(&packed), 4 * MB), 0);
        for (;;) {
            assert_int_equal(inflater_next(&inf, &piece), 0);
            if (piece.len == 0) {
                break;
            }
            assert_true(piece.len <= 65536);
            assert_true(at + piece.len <= 4 * MB);
            assert_memory_equal(piece.ptr, text + at, piece.len);
            at += piece.len;
        }
        assert_int_equal(at, 4 * MB);
        inflater_end(&inf);
        bytebuf_release(&packed);
    }
    free(text);
}

/* One byte more than allowed is refused, exactly as many are not. */
static void test_limit_is_exact(void **state)
{
    static const size_t lens[] = {1, 1000, 65536, 200000};

    (void)state;
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        for (size_t i = 0; i < ARRAY_CNT(lens); i++) {
            uint8_t *text = text_make(lens[i]);
            struct bytebuf packed;
            uint64_t len;

            bytebuf_init(&packed, MB);
            assert_int_equal(codec_compress(codecs, (enum codec)codec, CODEC_LEVEL_DEFAULT,
                                            slice_of(text, lens[i]), &packed),
                             0);
            assert_int_equal(inflate_all((enum codec)codec, bytebuf_view(&packed), lens[i], &len),
                             0);
            assert_int_equal(len, lens[i]);
            assert_int_equal(
                inflate_all((enum codec)codec, bytebuf_view(&packed), lens[i] - 1, &len),
                ERR_LIMIT);
            assert_true(len < lens[i]);
            bytebuf_release(&packed);
            free(text);
        }
    }
}

static void test_output_limit_of_compression(void **state)
{
    uint8_t *text = text_make(100000);

    (void)state;
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        for (size_t max = 0; max < 20000; max += 1999) {
            struct bytebuf packed;

            bytebuf_init(&packed, max);
            assert_int_equal(codec_compress(codecs, (enum codec)codec, CODEC_LEVEL_DEFAULT,
                                            slice_of(text, 100000), &packed),
                             ERR_LIMIT);
            assert_true(packed.len <= max && packed.cap <= max);
            bytebuf_release(&packed);
        }
    }
    free(text);
}

/* ---- what other writers send ---- */

/* The block that lies in a frame of one block, and a large one made by hand out of literals. */
static void test_raw_snappy(void **state)
{
    uint8_t *text = text_make(300000);
    struct bytebuf packed, back;

    (void)state;
    bytebuf_init(&packed, MB);
    bytebuf_init(&back, 300000);
    assert_int_equal(
        codec_compress(codecs, CODEC_SNAPPY, CODEC_LEVEL_DEFAULT, slice_of(text, 30000), &packed),
        0);
    assert_int_equal(codec_decompress(codecs, CODEC_SNAPPY,
                                      slice_sub(bytebuf_view(&packed), 20, packed.len), &back),
                     0);
    assert_int_equal(back.len, 30000);
    assert_memory_equal(back.ptr, text, 30000);

    packed.len = 0;
    back.len = 0;
    assert_int_equal(bytebuf_add(&packed, SLICE_LIT("\xe0\xa7\x12")), 0); /* 300000 */
    for (size_t at = 0; at < 300000; at += 30000) {
        /* A literal with a length of two bytes behind the tag: 30000 - 1. */
        assert_int_equal(bytebuf_add(&packed, SLICE_LIT("\xf4\x2f\x75")), 0);
        assert_int_equal(bytebuf_add(&packed, slice_of(text + at, 30000)), 0);
    }
    assert_int_equal(codec_decompress(codecs, CODEC_SNAPPY, bytebuf_view(&packed), &back), 0);
    assert_int_equal(back.len, 300000);
    assert_memory_equal(back.ptr, text, 300000);
    bytebuf_release(&packed);
    bytebuf_release(&back);
    free(text);
}

/* A producer may choose larger blocks, checksums and a content size. */
static void test_lz4_frames_of_others(void **state)
{
    static const LZ4F_blockSizeID_t sizes[] = {LZ4F_max64KB, LZ4F_max256KB, LZ4F_max1MB,
                                               LZ4F_max4MB};
    size_t text_len = 5 * MB;
    uint8_t *text = text_make(text_len);

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(sizes); i++) {
        for (int linked = 0; linked < 2; linked++) {
            LZ4F_preferences_t prefs = {
                .frameInfo = {.blockSizeID = sizes[i],
                              .blockMode = linked ? LZ4F_blockLinked : LZ4F_blockIndependent,
                              .contentChecksumFlag = LZ4F_contentChecksumEnabled,
                              .contentSize = text_len,
                              .blockChecksumFlag = LZ4F_blockChecksumEnabled}};
            size_t cap = LZ4F_compressFrameBound(text_len, &prefs);
            uint8_t *packed = malloc(cap);
            size_t len;
            uint64_t out_len;

            assert_non_null(packed);
            len = LZ4F_compressFrame(packed, cap, text, text_len, &prefs);
            assert_false(LZ4F_isError(len));
            assert_int_equal(inflate_all(CODEC_LZ4, slice_of(packed, len), text_len, &out_len),
                             linked ? ERR_INVALID : 0);
            if (!linked) {
                assert_int_equal(out_len, text_len);
                packed[len - 1] ^= 1; /* the content checksum */
                assert_int_equal(inflate_all(CODEC_LZ4, slice_of(packed, len), text_len, &out_len),
                                 ERR_INVALID);
            }
            free(packed);
        }
    }
    free(text);
}

static void test_zstd_windows(void **state)
{
    size_t text_len = 12 * MB;
    uint8_t *text = text_make(text_len);
    size_t cap = ZSTD_compressBound(text_len);
    uint8_t *packed = malloc(cap);

    (void)state;
    assert_non_null(packed);
    for (int window_log = 20; window_log <= 27; window_log++) {
        ZSTD_CCtx *c = ZSTD_createCCtx();
        size_t len;
        uint64_t out_len;

        assert_non_null(c);
        ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, 1);
        ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, window_log);
        ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
        len = ZSTD_compress2(c, packed, cap, text, text_len);
        assert_false(ZSTD_isError(len));
        assert_int_equal(inflate_all(CODEC_ZSTD, slice_of(packed, len), text_len, &out_len),
                         window_log <= 23 ? 0 : ERR_LIMIT);
        ZSTD_freeCCtx(c);
    }
    free(packed);
    free(text);
}

/* ---- hostile streams ---- */

static void test_cut_everywhere(void **state)
{
    uint8_t *text = text_make(3000);

    (void)state;
    for (int codec = CODEC_GZIP; codec < CODEC_CNT; codec++) {
        struct bytebuf packed;

        bytebuf_init(&packed, MB);
        assert_int_equal(codec_compress(codecs, (enum codec)codec, CODEC_LEVEL_DEFAULT,
                                        slice_of(text, 3000), &packed),
                         0);
        for (size_t len = 0; len < packed.len; len++) {
            uint8_t *cut = malloc(len + (len == 0));
            uint64_t out_len;
            int rc;

            assert_non_null(cut);
            memcpy(cut, packed.ptr, len);
            rc = inflate_all((enum codec)codec, slice_of(cut, len), MB, &out_len);
            /* The frame around snappy has no end: cut between two blocks it is whole. */
            if (codec == CODEC_SNAPPY && len == 16) {
                assert_int_equal(rc, 0);
                assert_int_equal(out_len, 0);
            } else {
                assert_true(rc == ERR_TRUNCATED || rc == ERR_INVALID);
            }
            free(cut);
        }
        bytebuf_release(&packed);
    }
    free(text);
}

static void test_bytes_behind_the_end(void **state)
{
    uint8_t *text = text_make(3000);

    (void)state;
    for (int codec = CODEC_GZIP; codec < CODEC_CNT; codec++) {
        for (size_t extra = 1; extra < 20; extra++) {
            struct bytebuf packed;
            uint64_t out_len;
            int rc;

            bytebuf_init(&packed, MB);
            assert_int_equal(codec_compress(codecs, (enum codec)codec, CODEC_LEVEL_DEFAULT,
                                            slice_of(text, 3000), &packed),
                             0);
            assert_int_equal(
                bytebuf_add(&packed, slice_of("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", extra)),
                0);
            rc = inflate_all((enum codec)codec, bytebuf_view(&packed), MB, &out_len);
            assert_true(rc == ERR_INVALID || (codec == CODEC_SNAPPY && rc == ERR_TRUNCATED));
            bytebuf_release(&packed);
        }
    }
    free(text);
}

static void test_two_streams(void **state)
{
    uint8_t *text = text_make(3000);

    (void)state;
    for (int codec = CODEC_GZIP; codec < CODEC_CNT; codec++) {
        struct bytebuf packed;
        uint64_t out_len;

        bytebuf_init(&packed, MB);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(codec_compress(codecs, (enum codec)codec, CODEC_LEVEL_DEFAULT,
                                            slice_of(text, 3000), &packed),
                             0);
        }
        assert_int_not_equal(inflate_all((enum codec)codec, bytebuf_view(&packed), MB, &out_len),
                             0);
        bytebuf_release(&packed);
    }
    free(text);
}

static void test_noise(void **state)
{
    static const struct {
        enum codec codec;
        uint8_t front[16];
        size_t front_len;
    } fronts[] = {
        {CODEC_GZIP, {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3}, 10},
        {CODEC_SNAPPY, {0}, 0},
        {CODEC_SNAPPY, {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1}, 16},
        {CODEC_LZ4, {0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82}, 7},
        {CODEC_ZSTD, {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58}, 6},
    };
    struct prng prng;

    (void)state;
    prng_init(&prng, 3);
    for (int round = 0; round < 20000; round++) {
        size_t which = (size_t)round % ARRAY_CNT(fronts);
        size_t len = fronts[which].front_len + prng_below(&prng, 200);
        uint8_t *bytes = malloc(len + 1);
        uint64_t out_len;

        assert_non_null(bytes);
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (uint8_t)prng_next(&prng);
        }
        if (round % 7 != 0) {
            memcpy(bytes, fronts[which].front, fronts[which].front_len);
        }
        (void)inflate_all(fronts[which].codec, slice_of(bytes, len), MB, &out_len);
        assert_true(out_len <= MB);
        free(bytes);
    }
}

static double cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A few kilobytes that would become gigabytes stop at the limit. The time has a wide bound: the work
 * is 16 MB, not 2 GB. */
static void test_bombs(void **state)
{
    uint8_t *zeros = calloc(1, MB);

    (void)state;
    assert_non_null(zeros);
    for (int codec = CODEC_GZIP; codec < CODEC_CNT; codec++) {
        struct bytebuf packed;
        struct deflater def;
        uint64_t out_len;
        double start;

        bytebuf_init(&packed, 200 * MB);
        assert_int_equal(deflater_start(&def, codecs, (enum codec)codec, 1, &packed), 0);
        for (int i = 0; i < 64; i++) {
            assert_int_equal(deflater_push(&def, slice_of(zeros, MB)), 0);
        }
        assert_int_equal(deflater_finish(&def), 0);
        deflater_end(&def);
        start = cpu_s();
        assert_int_equal(inflate_all((enum codec)codec, bytebuf_view(&packed), 16 * MB, &out_len),
                         ERR_LIMIT);
        assert_true(cpu_s() - start < 2.0);
        assert_true(out_len <= 16 * MB);
        bytebuf_release(&packed);
    }
    free(zeros);
}

/* A snappy block that says it becomes 2 GB, in twenty bytes: refused before memory is spent. */
static void test_snappy_header_lies(void **state)
{
    static const uint8_t lie[20] = {0xff, 0xff, 0xff, 0xff, 0x07};
    static const uint8_t over[20] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint64_t out_len;

    (void)state;
    assert_int_equal(inflate_all(CODEC_SNAPPY, slice_of(lie, sizeof(lie)), UINT64_MAX, &out_len),
                     ERR_INVALID);
    assert_int_equal(inflate_all(CODEC_SNAPPY, slice_of(over, sizeof(over)), UINT64_MAX, &out_len),
                     ERR_INVALID);
    assert_int_equal(inflate_all(CODEC_SNAPPY, SLICE_EMPTY, MB, &out_len), ERR_INVALID);
}

/* Through the whole validation: a bomb is a batch too large, not a fault of ours. */
static void test_bomb_as_a_batch(void **state)
{
    uint8_t *zeros = calloc(1, MB);

    (void)state;
    assert_non_null(zeros);
    for (int codec = CODEC_GZIP; codec < CODEC_CNT; codec++) {
        struct validate_rules rules = rules_default();
        struct batch_info info;
        struct validate_fault fault;
        struct bytebuf packed;
        struct deflater def;
        struct sample s;

        bytebuf_init(&packed, 100 * MB);
        assert_int_equal(deflater_start(&def, codecs, (enum codec)codec, 1, &packed), 0);
        /* One record of 256 MB less its front. */
        assert_int_equal(deflater_push(&def, SLICE_LIT("\xd8\xff\xff\xff\x01\x00\x00\x00\x01"
                                                       "\xc0\xff\xff\xff\x01")),
                         0);
        for (int i = 0; i < 64; i++) {
            assert_int_equal(deflater_push(&def, slice_of(zeros, MB)), 0);
        }
        assert_int_equal(deflater_finish(&def), 0);
        deflater_end(&def);
        s = sample_packed(bytebuf_view(&packed), (enum codec)codec, 1);
        rules.batch_len_max = UINT32_MAX;
        rules.decompressed_len_max = 8 * MB;
        assert_int_equal(batch_validate(sample_view(&s), &rules, codecs, &info, &fault),
                         ERR_INVALID);
        assert_int_equal(fault.code, VALIDATE_BOMB);
        assert_int_equal(validate_kerr(fault.code), KERR_MESSAGE_TOO_LARGE);
        sample_free(&s);
        bytebuf_release(&packed);
    }
    free(zeros);
}

static void test_require_and_words(void **state)
{
    (void)state;
    for (int codec = 0; codec < CODEC_CNT; codec++) {
        assert_int_equal(codecs_require(codecs, (enum codec)codec), 0);
        assert_non_null(codec_name(codec));
    }
    assert_null(codec_name(5));
    assert_null(codec_name(-1));
    assert_non_null(strstr(codec_missing_text(), "libsnappy1v5"));
    codecs_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_pieces_are_bounded),
        cmocka_unit_test(test_limit_is_exact),
        cmocka_unit_test(test_output_limit_of_compression),
        cmocka_unit_test(test_raw_snappy),
        cmocka_unit_test(test_lz4_frames_of_others),
        cmocka_unit_test(test_zstd_windows),
        cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_bytes_behind_the_end),
        cmocka_unit_test(test_two_streams),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_snappy_header_lies),
        cmocka_unit_test(test_bomb_as_a_batch),
        cmocka_unit_test(test_require_and_words),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
