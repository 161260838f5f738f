/* The writer gives what the reader takes, whatever the buffers below it look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/prng.h"
#include "base/rd.h"
#include "base/wr.h"

/* The chain's bytes in one piece, for the reader. */
static struct slice flatten(struct chain *c, uint8_t **ret_mem)
{
    uint8_t *mem = malloc(c->len + 1);

    assert_non_null(mem);
    assert_int_equal(chain_copy_out(c, mem, c->len), 0);
    *ret_mem = mem;
    return slice_of(mem, c->len);
}

static void test_exact_bytes(void **state)
{
    static const uint8_t expected[] = "\x01\xff\x01\x02\xff\xfe\x01\x02\x03\x04\xff\xff\xff\xfd"
                                      "\x01\x02\x03\x04\x05\x06\x07\x08\xff\xff\xff\xff\xff\xff"
                                      "\xff\xfc\x3f\xf0\x00\x00\x00\x00\x00\x00\x00\x02hi\xff\xff"
                                      "\x00\x00\x00\x02yo\xff\xff\xff\xff\x03ok\x00\x01raw";
    struct chain c;
    struct wr w;
    uint8_t *mem;
    struct slice got;

    (void)state;
    chain_init(&c);
    wr_init(&w, &c, 0);
    wr_u8(&w, 1);
    wr_i8(&w, -1);
    wr_u16(&w, 0x0102);
    wr_i16(&w, -2);
    wr_u32(&w, 0x01020304);
    wr_i32(&w, -3);
    wr_u64(&w, 0x0102030405060708);
    wr_i64(&w, -4);
    wr_f64(&w, 1.0);
    wr_str16(&w, SLICE_LIT("hi"));
    wr_str16(&w, SLICE_NULL);
    wr_bytes32(&w, SLICE_LIT("yo"));
    wr_bytes32(&w, SLICE_NULL);
    wr_compact(&w, SLICE_LIT("ok"));
    wr_compact(&w, SLICE_NULL);
    wr_compact(&w, SLICE_EMPTY);
    wr_bytes(&w, SLICE_LIT("raw"));
    wr_bytes(&w, SLICE_NULL);
    assert_int_equal(wr_finish(&w), 0);
    got = flatten(&c, &mem);
    assert_int_equal(got.len, sizeof(expected) - 1);
    assert_memory_equal(got.ptr, expected, got.len);
    free(mem);
    chain_clear(&c);
}

static void check_uvar(uint64_t v)
{
    struct chain c;
    struct wr w;
    struct rd r;
    uint8_t *mem;

    chain_init(&c);
    wr_init(&w, &c, 0);
    wr_uvarlong(&w, v);
    wr_varlong(&w, (int64_t)v);
    wr_uvarint(&w, (uint32_t)v);
    wr_varint(&w, (int32_t)(uint32_t)v);
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(c.len, uvarlong_size(v) + uvarlong_size(zigzag64((int64_t)v)) +
                                uvarint_size((uint32_t)v) +
                                uvarint_size(zigzag32((int32_t)(uint32_t)v)));
    rd_init(&r, flatten(&c, &mem));
    assert_true(rd_uvarlong(&r) == v);
    assert_true(rd_varlong(&r) == (int64_t)v);
    assert_true(rd_uvarint(&r) == (uint32_t)v);
    assert_true(rd_varint(&r) == (int32_t)(uint32_t)v);
    assert_int_equal(rd_finish(&r), 0);
    free(mem);
    chain_clear(&c);
}

static void test_varints_round_trip_at_every_length(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t v = (uint64_t)1 << bit;

        check_uvar(v - 1);
        check_uvar(v);
        check_uvar(~v);
        check_uvar(0 - v);
    }
    check_uvar(UINT64_MAX);
}

/* --- a random message, twice from the same seed: once written, once read and compared ------------- */

#define RANDOM_STR_MAX_BYTES 3000u

static struct slice random_text(struct prng *p, const uint8_t *from)
{
    uint64_t kind = prng_below(p, 8);

    if (kind == 0) {
        return SLICE_NULL;
    }
    return slice_of(from, kind == 1 ? 0 : prng_below(p, kind < 7 ? 40 : RANDOM_STR_MAX_BYTES));
}

static void write_one(struct wr *w, struct prng *p, const uint8_t *text)
{
    switch (prng_below(p, 10)) {
    case 0:
        wr_u8(w, (uint8_t)prng_next(p));
        break;
    case 1:
        wr_i16(w, (int16_t)prng_next(p));
        break;
    case 2:
        wr_i32(w, (int32_t)prng_next(p));
        break;
    case 3:
        wr_i64(w, (int64_t)prng_next(p));
        break;
    case 4:
        wr_uvarint(w, (uint32_t)(prng_next(p) >> prng_below(p, 64)));
        break;
    case 5:
        wr_varlong(w, (int64_t)(prng_next(p) >> prng_below(p, 64)));
        break;
    case 6:
        wr_str16(w, random_text(p, text));
        break;
    case 7:
        wr_bytes32(w, random_text(p, text));
        break;
    case 8:
        wr_compact(w, random_text(p, text));
        break;
    default:
        wr_sync(w);
        break;
    }
}

static void assert_same(struct slice a, struct slice b)
{
    assert_int_equal(slice_is_null(a), slice_is_null(b));
    assert_true(slice_eq(a, b));
}

static void read_one(struct rd *r, struct prng *p, const uint8_t *text)
{
    switch (prng_below(p, 10)) {
    case 0:
        assert_int_equal(rd_u8(r), (uint8_t)prng_next(p));
        break;
    case 1:
        assert_int_equal(rd_i16(r), (int16_t)prng_next(p));
        break;
    case 2:
        assert_int_equal(rd_i32(r), (int32_t)prng_next(p));
        break;
    case 3:
        assert_true(rd_i64(r) == (int64_t)prng_next(p));
        break;
    case 4:
        assert_int_equal(rd_uvarint(r), (uint32_t)(prng_next(p) >> prng_below(p, 64)));
        break;
    case 5:
        assert_true(rd_varlong(r) == (int64_t)(prng_next(p) >> prng_below(p, 64)));
        break;
    case 6:
        assert_same(rd_str16(r, true), random_text(p, text));
        break;
    case 7:
        assert_same(rd_bytes32(r, true), random_text(p, text));
        break;
    case 8:
        assert_same(rd_compact(r, true), random_text(p, text));
        break;
    default:
        break;
    }
}

static void test_random_messages_round_trip(void **state)
{
    static uint8_t text[RANDOM_STR_MAX_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (uint8_t)(i * 31);
    }
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct prng p;
        struct chain c;
        struct wr w;
        struct rd r;
        uint8_t *mem;
        uint64_t items = seed % 97;

        chain_init(&c);
        wr_init(&w, &c, (size_t)(seed % 3) * 700);
        prng_init(&p, seed);
        for (uint64_t i = 0; i < items; i++) {
            write_one(&w, &p, text);
        }
        assert_int_equal(wr_finish(&w), 0);
        rd_init(&r, flatten(&c, &mem));
        prng_init(&p, seed);
        for (uint64_t i = 0; i < items; i++) {
            read_one(&r, &p, text);
        }
        assert_int_equal(rd_finish(&r), 0);
        free(mem);
        chain_clear(&c);
    }
}

/* --- buffers ------------------------------------------------------------------------------------ */

static void test_a_good_hint_needs_one_buffer(void **state)
{
    struct chain c;
    struct wr w;

    (void)state;
    chain_init(&c);
    wr_init(&w, &c, 4000);
    for (int i = 0; i < 1000; i++) {
        wr_i32(&w, i);
    }
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(c.cnt, 1);
    assert_int_equal(c.len, 4000);
    chain_clear(&c);
}

static void test_a_second_writer_goes_on_in_the_same_buffer(void **state)
{
    struct chain c;
    struct wr w;

    (void)state;
    chain_init(&c);
    for (int i = 0; i < 10; i++) {
        wr_init(&w, &c, 16);
        wr_i64(&w, i);
        assert_int_equal(wr_finish(&w), 0);
    }
    assert_int_equal(c.cnt, 1);
    assert_int_equal(c.len, 80);
    chain_clear(&c);
}

static void test_text_too_long_for_its_length_is_refused(void **state)
{
    uint8_t *text = calloc(1, INT16_MAX + 1);
    struct chain c;
    struct wr w;

    (void)state;
    assert_non_null(text);
    chain_init(&c);
    wr_init(&w, &c, 0);
    wr_str16(&w, slice_of(text, INT16_MAX));
    assert_int_equal(w.err, 0);
    wr_str16(&w, slice_of(text, INT16_MAX + 1));
    assert_int_equal(w.err, ERR_RANGE);
    wr_u8(&w, 1);
    assert_int_equal(wr_finish(&w), ERR_RANGE); /* sticks */
    chain_clear(&c);
    free(text);
}

static void test_chains_are_moved_in_between(void **state)
{
    struct buf *b = buf_new(10000);
    struct chain c;
    struct chain records;
    struct wr w;
    struct rd r;
    uint8_t *mem;
    struct slice s;

    (void)state;
    assert_non_null(b);
    memset(b->data, 'r', 10000);
    chain_init(&c);
    chain_init(&records);
    assert_int_equal(chain_append_slice(&records, slice_of(b->data, 10000), b), 0);
    buf_unref(b);
    wr_init(&w, &c, 100);
    wr_i32(&w, 10000);
    wr_chain(&w, &records);
    wr_i32(&w, 77);
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(records.cnt, 0);
    assert_int_equal(c.len, 10008);
    assert_ptr_equal(chain_part_at(&c, 1)->ptr, b->data); /* moved, not copied */
    rd_init(&r, flatten(&c, &mem));
    s = rd_bytes32(&r, false);
    assert_int_equal(s.len, 10000);
    assert_int_equal(s.ptr[9999], 'r');
    assert_int_equal(rd_i32(&r), 77);
    assert_int_equal(rd_finish(&r), 0);
    free(mem);
    chain_clear(&c);
}

static void test_uuid(void **state)
{
    struct uuid id;
    struct chain c;
    struct wr w;
    struct rd r;
    uint8_t *mem;

    (void)state;
    memcpy(id.b, "0123456789abcdef", 16);
    chain_init(&c);
    wr_init(&w, &c, 16);
    wr_uuid(&w, id);
    assert_int_equal(wr_finish(&w), 0);
    rd_init(&r, flatten(&c, &mem));
    assert_true(uuid_eq(rd_uuid(&r), id));
    assert_int_equal(rd_finish(&r), 0);
    free(mem);
    chain_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_bytes),
        cmocka_unit_test(test_varints_round_trip_at_every_length),
        cmocka_unit_test(test_random_messages_round_trip),
        cmocka_unit_test(test_a_good_hint_needs_one_buffer),
        cmocka_unit_test(test_a_second_writer_goes_on_in_the_same_buffer),
        cmocka_unit_test(test_text_too_long_for_its_length_is_refused),
        cmocka_unit_test(test_chains_are_moved_in_between),
        cmocka_unit_test(test_uuid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
