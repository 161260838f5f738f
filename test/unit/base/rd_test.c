/* The bounded reader: every get checks its bounds, the first failure sticks, and numbers from outside
 * are held against the bytes that are there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/rd.h"

/* --- the first failure sticks ------------------------------------------------------------------- */

/* Each runs one get on an input that is whole, and tells whether all it gave was zero. */
static bool get_u8(struct rd *r)
{
    return rd_u8(r) == 0;
}

static bool get_i8(struct rd *r)
{
    return rd_i8(r) == 0;
}

static bool get_u16(struct rd *r)
{
    return rd_u16(r) == 0;
}

static bool get_i16(struct rd *r)
{
    return rd_i16(r) == 0;
}

static bool get_u32(struct rd *r)
{
    return rd_u32(r) == 0;
}

static bool get_i32(struct rd *r)
{
    return rd_i32(r) == 0;
}

static bool get_u64(struct rd *r)
{
    return rd_u64(r) == 0;
}

static bool get_i64(struct rd *r)
{
    return rd_i64(r) == 0;
}

static bool get_f64(struct rd *r)
{
    double v = rd_f64(r);
    uint64_t bits;

    memcpy(&bits, &v, sizeof(bits));
    return bits == 0;
}

static bool get_uuid(struct rd *r)
{
    return uuid_is_zero(rd_uuid(r));
}

static bool get_uvarint(struct rd *r)
{
    return rd_uvarint(r) == 0;
}

static bool get_uvarlong(struct rd *r)
{
    return rd_uvarlong(r) == 0;
}

static bool get_varint(struct rd *r)
{
    return rd_varint(r) == 0;
}

static bool get_varlong(struct rd *r)
{
    return rd_varlong(r) == 0;
}

static bool get_slice(struct rd *r)
{
    return slice_is_null(rd_slice(r, 4));
}

static bool get_str16(struct rd *r)
{
    return slice_is_null(rd_str16(r, false));
}

static bool get_bytes32(struct rd *r)
{
    return slice_is_null(rd_bytes32(r, false));
}

static bool get_compact(struct rd *r)
{
    return slice_is_null(rd_compact(r, false));
}

static bool get_tags(struct rd *r)
{
    rd_skip_tags(r);
    return r->err != 0;
}

static bool get_count(struct rd *r)
{
    return rd_count(r, 1, 1, 10) == 0;
}

struct getter {
    const char *name;
    bool (*get)(struct rd *r);
    struct slice whole; /* an input it takes to the last byte */
};

static const struct getter getters[] = {
    {"u8", get_u8, {(const uint8_t *)"\x7f", 1}},
    {"i8", get_i8, {(const uint8_t *)"\xff", 1}},
    {"u16", get_u16, {(const uint8_t *)"\x7f\x01", 2}},
    {"i16", get_i16, {(const uint8_t *)"\xff\x01", 2}},
    {"u32", get_u32, {(const uint8_t *)"\x7f\x01\x02\x03", 4}},
    {"i32", get_i32, {(const uint8_t *)"\xff\x01\x02\x03", 4}},
    {"u64", get_u64, {(const uint8_t *)"\x7f\x01\x02\x03\x04\x05\x06\x07", 8}},
    {"i64", get_i64, {(const uint8_t *)"\xff\x01\x02\x03\x04\x05\x06\x07", 8}},
    {"f64", get_f64, {(const uint8_t *)"\x3f\xf0\x00\x00\x00\x00\x00\x00", 8}},
    {"uuid", get_uuid, {(const uint8_t *)"0123456789abcdef", 16}},
    {"uvarint", get_uvarint, {(const uint8_t *)"\x80\x80\x80\x80\x01", 5}},
    {"uvarlong", get_uvarlong, {(const uint8_t *)"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10}},
    {"varint", get_varint, {(const uint8_t *)"\x80\x80\x80\x80\x01", 5}},
    {"varlong", get_varlong, {(const uint8_t *)"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10}},
    {"slice", get_slice, {(const uint8_t *)"abcd", 4}},
    {"str16", get_str16, {(const uint8_t *)"\x00\x03xyz", 5}},
    {"bytes32", get_bytes32, {(const uint8_t *)"\x00\x00\x00\x03xyz", 7}},
    {"compact", get_compact, {(const uint8_t *)"\x04xyz", 4}},
};

static void test_each_get_takes_exactly_its_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(getters); i++) {
        struct rd r;

        rd_init(&r, getters[i].whole);
        if (getters[i].get(&r) || rd_finish(&r) != 0) {
            fail_msg("%s does not read its own input", getters[i].name);
        }
    }
}

static void test_each_get_fails_on_every_shorter_input(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(getters); i++) {
        for (size_t len = 0; len < getters[i].whole.len; len++) {
            struct rd r;

            rd_init(&r, slice_sub(getters[i].whole, 0, len));
            if (!getters[i].get(&r) || r.err != ERR_TRUNCATED || rd_finish(&r) != ERR_TRUNCATED) {
                fail_msg("%s of %zu bytes: err %s", getters[i].name, len, err_name(r.err));
            }
        }
    }
}

static void test_after_a_failure_nothing_moves_and_all_is_zero(void **state)
{
    static bool (*const more[])(struct rd * r) = {get_tags, get_count};
    static const uint8_t bytes[64] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(getters) + ARRAY_CNT(more); i++) {
        struct rd r;
        bool (*get)(struct rd *) =
            i < ARRAY_CNT(getters) ? getters[i].get : more[i - ARRAY_CNT(getters)];

        rd_init(&r, slice_of(bytes, sizeof(bytes)));
        rd_fail(&r, ERR_CORRUPT);
        assert_true(get(&r));
        assert_ptr_equal(r.cur, bytes);
        assert_int_equal(rd_left(&r), 0);
        assert_int_equal(rd_finish(&r), ERR_CORRUPT); /* the first failure, not a later one */
    }
}

static void test_null_input_is_an_empty_input(void **state)
{
    struct rd r;

    (void)state;
    rd_init(&r, SLICE_NULL);
    assert_int_equal(rd_left(&r), 0);
    assert_int_equal(rd_finish(&r), 0);
    assert_int_equal(rd_i32(&r), 0);
    assert_int_equal(rd_finish(&r), ERR_TRUNCATED);
}

static void test_leftover_bytes_are_an_error(void **state)
{
    struct rd r;

    (void)state;
    rd_init(&r, SLICE_LIT("\x00\x01\x02"));
    assert_int_equal(rd_u16(&r), 1);
    assert_int_equal(rd_left(&r), 1);
    assert_int_equal(rd_finish(&r), ERR_INVALID);
    assert_int_equal(rd_u8(&r), 2);
    assert_int_equal(rd_finish(&r), 0);
}

/* --- numbers ------------------------------------------------------------------------------------ */

static void test_signed_values(void **state)
{
    struct rd r;

    (void)state;
    rd_init(&r, SLICE_LIT("\xff\xff\xfe\xff\xff\xff\xfd\xff\xff\xff\xff\xff\xff\xff\xfc"));
    assert_int_equal(rd_i8(&r), -1);
    assert_int_equal(rd_i16(&r), -2);
    assert_int_equal(rd_i32(&r), -3);
    assert_true(rd_i64(&r) == -4);
    assert_int_equal(rd_finish(&r), 0);
}

struct varint_case {
    const char *bytes;
    size_t len;
    uint64_t value;
};

static void test_uvarint_at_its_limits(void **state)
{
    static const struct varint_case cases[] = {
        {"\x00", 1, 0},
        {"\x7f", 1, 127},
        {"\x80\x01", 2, 128},
        {"\xff\x7f", 2, 16383},
        {"\x80\x80\x01", 3, 16384},
        {"\xff\xff\x7f", 3, 2097151},
        {"\x80\x80\x80\x01", 4, 2097152},
        {"\xff\xff\xff\x7f", 4, 268435455},
        {"\x80\x80\x80\x80\x01", 5, 268435456},
        {"\xff\xff\xff\xff\x0f", 5, UINT32_MAX},
        {"\x80\x00", 2, 0}, /* longer than needed, as Kafka accepts it */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(cases); i++) {
        struct rd r;

        rd_init(&r, slice_of(cases[i].bytes, cases[i].len));
        assert_int_equal(rd_uvarint(&r), cases[i].value);
        assert_int_equal(rd_finish(&r), 0);
        rd_init(&r, slice_of(cases[i].bytes, cases[i].len));
        assert_true(rd_uvarlong(&r) == cases[i].value);
        assert_int_equal(rd_finish(&r), 0);
    }
}

static void test_uvarlong_at_its_limits(void **state)
{
    static const struct varint_case cases[] = {
        {"\x80\x80\x80\x80\x10", 5, (uint64_t)UINT32_MAX + 1},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 9, INT64_MAX},
        {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10, (uint64_t)INT64_MAX + 1},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(cases); i++) {
        struct rd r;

        rd_init(&r, slice_of(cases[i].bytes, cases[i].len));
        assert_true(rd_uvarlong(&r) == cases[i].value);
        assert_int_equal(rd_finish(&r), 0);
    }
}

static void test_varints_that_overflow_are_refused(void **state)
{
    static const struct slice too_big_32[] = {
        {(const uint8_t *)"\xff\xff\xff\xff\x10", 5},     /* bit 32 */
        {(const uint8_t *)"\xff\xff\xff\xff\x8f\x00", 6}, /* a sixth byte */
        {(const uint8_t *)"\x80\x80\x80\x80\x80", 5},
    };
    static const struct slice too_big_64[] = {
        {(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10}, /* bit 64 */
        {(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11},
    };
    struct rd r;

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(too_big_32); i++) {
        rd_init(&r, too_big_32[i]);
        assert_int_equal(rd_uvarint(&r), 0);
        assert_int_equal(rd_finish(&r), ERR_INVALID);
        rd_init(&r, too_big_32[i]);
        assert_int_equal(rd_varint(&r), 0);
        assert_int_equal(rd_finish(&r), ERR_INVALID);
    }
    for (size_t i = 0; i < ARRAY_CNT(too_big_64); i++) {
        rd_init(&r, too_big_64[i]);
        assert_true(rd_uvarlong(&r) == 0);
        assert_int_equal(rd_finish(&r), ERR_INVALID);
        rd_init(&r, too_big_64[i]);
        assert_true(rd_varlong(&r) == 0);
        assert_int_equal(rd_finish(&r), ERR_INVALID);
    }
}

static void test_zigzag(void **state)
{
    struct rd r;

    (void)state;
    rd_init(&r, SLICE_LIT("\x00\x01\x02\x03\xfe\xff\xff\xff\x0f\xff\xff\xff\xff\x0f"));
    assert_int_equal(rd_varint(&r), 0);
    assert_int_equal(rd_varint(&r), -1);
    assert_int_equal(rd_varint(&r), 1);
    assert_int_equal(rd_varint(&r), -2);
    assert_true(rd_varint(&r) == INT32_MAX);
    assert_true(rd_varint(&r) == INT32_MIN);
    assert_int_equal(rd_finish(&r), 0);
    rd_init(&r, SLICE_LIT("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                          "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
    assert_true(rd_varlong(&r) == INT64_MAX);
    assert_true(rd_varlong(&r) == INT64_MIN);
    assert_int_equal(rd_finish(&r), 0);
}

/* --- strings ------------------------------------------------------------------------------------ */

typedef struct slice (*str_get)(struct rd *r, bool nullable);

static void check_null(str_get get, struct slice null_form)
{
    struct rd r;

    rd_init(&r, null_form);
    assert_true(slice_is_null(get(&r, true)));
    assert_int_equal(rd_finish(&r), 0);
    rd_init(&r, null_form);
    assert_true(slice_is_null(get(&r, false)));
    assert_int_equal(rd_finish(&r), ERR_INVALID);
}

static void check_empty(str_get get, struct slice empty_form)
{
    struct rd r;
    struct slice s;

    rd_init(&r, empty_form);
    s = get(&r, false);
    assert_false(slice_is_null(s));
    assert_int_equal(s.len, 0);
    assert_int_equal(rd_finish(&r), 0);
}

static void test_null_and_empty_are_told_apart(void **state)
{
    (void)state;
    check_null(rd_str16, SLICE_LIT("\xff\xff"));
    check_null(rd_bytes32, SLICE_LIT("\xff\xff\xff\xff"));
    check_null(rd_compact, SLICE_LIT("\x00"));
    check_empty(rd_str16, SLICE_LIT("\x00\x00"));
    check_empty(rd_bytes32, SLICE_LIT("\x00\x00\x00\x00"));
    check_empty(rd_compact, SLICE_LIT("\x01"));
}

static void test_other_negative_lengths_are_invalid(void **state)
{
    struct rd r;

    (void)state;
    rd_init(&r, SLICE_LIT("\xff\xfe....."));
    assert_true(slice_is_null(rd_str16(&r, true)));
    assert_int_equal(r.err, ERR_INVALID);
    rd_init(&r, SLICE_LIT("\x80\x00\x00\x00....."));
    assert_true(slice_is_null(rd_bytes32(&r, true)));
    assert_int_equal(r.err, ERR_INVALID);
    rd_init(&r, SLICE_LIT("...."));
    assert_true(slice_is_null(rd_slice(&r, -1)));
    assert_int_equal(r.err, ERR_INVALID);
}

static void test_a_length_beyond_the_bytes_is_truncation(void **state)
{
    struct rd r;

    (void)state;
    rd_init(&r, SLICE_LIT("\x7f\xff\xff\xff!"));
    assert_true(slice_is_null(rd_bytes32(&r, true)));
    assert_int_equal(r.err, ERR_TRUNCATED);
    rd_init(&r, SLICE_LIT("\xff\xff\xff\xff\x0f!"));
    assert_true(slice_is_null(rd_compact(&r, true)));
    assert_int_equal(r.err, ERR_TRUNCATED);
    rd_init(&r, SLICE_LIT("...."));
    assert_true(slice_is_null(rd_slice(&r, INT64_MAX)));
    assert_int_equal(r.err, ERR_TRUNCATED);
}

static void test_views_point_into_the_input(void **state)
{
    struct slice in = SLICE_LIT("\x00\x03one\x04two");
    struct rd r;
    struct slice s;

    (void)state;
    rd_init(&r, in);
    s = rd_str16(&r, false);
    assert_ptr_equal(s.ptr, in.ptr + 2);
    assert_true(slice_eq_cstr(s, "one"));
    s = rd_compact(&r, false);
    assert_ptr_equal(s.ptr, in.ptr + 6);
    assert_true(slice_eq_cstr(s, "two"));
    assert_int_equal(rd_finish(&r), 0);
}

/* --- counts and tags ---------------------------------------------------------------------------- */

static int count_err(int64_t count, size_t min_item_bytes, int32_t max, int32_t *ret_cnt)
{
    struct rd r;

    rd_init(&r, SLICE_LIT("0123456789ab")); /* 12 bytes left */
    *ret_cnt = rd_count(&r, count, min_item_bytes, max);
    return r.err;
}

static void test_counts_are_held_against_the_bytes_left(void **state)
{
    int32_t cnt;

    (void)state;
    assert_int_equal(count_err(0, 4, 100, &cnt), 0);
    assert_int_equal(cnt, 0);
    assert_int_equal(count_err(3, 4, 100, &cnt), 0);
    assert_int_equal(cnt, 3);
    assert_int_equal(count_err(4, 4, 100, &cnt), ERR_LIMIT);
    assert_int_equal(cnt, 0);
    assert_int_equal(count_err(12, 1, 12, &cnt), 0);
    assert_int_equal(cnt, 12);
    assert_int_equal(count_err(12, 1, 11, &cnt), ERR_LIMIT);
    assert_int_equal(count_err(-1, 1, 11, &cnt), ERR_INVALID);
    assert_int_equal(count_err(INT64_MAX, 1, INT32_MAX, &cnt), ERR_LIMIT);
    assert_int_equal(count_err(INT32_MAX, SIZE_MAX, INT32_MAX, &cnt), ERR_LIMIT);
    /* Items that may take no bytes at all are held by the maximum alone. */
    assert_int_equal(count_err(1000, 0, 1000, &cnt), 0);
    assert_int_equal(cnt, 1000);
}

static void test_unknown_tags_are_skipped(void **state)
{
    struct rd r;

    (void)state;
    rd_init(&r, SLICE_LIT("\x00"));
    rd_skip_tags(&r);
    assert_int_equal(rd_finish(&r), 0);
    rd_init(&r, SLICE_LIT("\x02\x00\x01x\x85\x01\x03xyz!"));
    rd_skip_tags(&r);
    assert_int_equal(rd_u8(&r), '!');
    assert_int_equal(rd_finish(&r), 0);
}

static void test_tags_that_lie_end_at_once(void **state)
{
    struct rd r;

    (void)state;
    /* Four thousand million fields in five bytes: must fail, not spin. */
    rd_init(&r, SLICE_LIT("\xff\xff\xff\xff\x0f"));
    rd_skip_tags(&r);
    assert_int_equal(rd_finish(&r), ERR_TRUNCATED);
    rd_init(&r, SLICE_LIT("\x01\x00\x7f"));
    rd_skip_tags(&r);
    assert_int_equal(rd_finish(&r), ERR_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_get_takes_exactly_its_bytes),
        cmocka_unit_test(test_each_get_fails_on_every_shorter_input),
        cmocka_unit_test(test_after_a_failure_nothing_moves_and_all_is_zero),
        cmocka_unit_test(test_null_input_is_an_empty_input),
        cmocka_unit_test(test_leftover_bytes_are_an_error),
        cmocka_unit_test(test_signed_values),
        cmocka_unit_test(test_uvarint_at_its_limits),
        cmocka_unit_test(test_uvarlong_at_its_limits),
        cmocka_unit_test(test_varints_that_overflow_are_refused),
        cmocka_unit_test(test_zigzag),
        cmocka_unit_test(test_null_and_empty_are_told_apart),
        cmocka_unit_test(test_other_negative_lengths_are_invalid),
        cmocka_unit_test(test_a_length_beyond_the_bytes_is_truncation),
        cmocka_unit_test(test_views_point_into_the_input),
        cmocka_unit_test(test_counts_are_held_against_the_bytes_left),
        cmocka_unit_test(test_unknown_tags_are_skipped),
        cmocka_unit_test(test_tags_that_lie_end_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
