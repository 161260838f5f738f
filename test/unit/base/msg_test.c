/* The codec itself, on a small table written by hand: what the generated messages do not make easy to
 * reach, and what each kind of bad bytes leads to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/msg.h"

/* Version 0 is rigid, 1 and 2 are flexible. */
struct pet_toy {
    struct slice label; /* 1+, may be null in 2 */
    int8_t age;         /* tag 3 */
};

struct pet {
    bool tame;
    uint16_t legs;
    uint32_t hairs;
    double weight;
    struct uuid chip;
    struct slice fixed; /* never compact, may be null */
    struct slice photo; /* bytes */
    struct pet_toy *toys;
    int32_t toys_cnt; /* may be null from 1 */
    struct slice *names;
    int32_t names_cnt;
    struct pet_toy *best;   /* 2+, may be null */
    struct pet_toy spare;   /* 1+, tag 1 */
    struct records records; /* may be null */
    struct slice motto;     /* 1+, tag 0, "woof" */
};

static const struct {
    char age[4];
    char best[5];
    char chip[5];
    char fixed[6];
    char hairs[6];
    char label[6];
    char legs[5];
    char motto[6];
    char names[6];
    char photo[6];
    char records[8];
    char spare[6];
    char tame[5];
    char toys[5];
    char weight[7];
} names = {"age",   "best",  "chip",    "fixed", "hairs", "label", "legs",  "motto",
           "names", "photo", "records", "spare", "tame",  "toys",  "weight"};

#define NAME(n) offsetof(__typeof__(names), n)
#define EMPTY \
    { \
        (const uint8_t *)"", 0 \
    }

static const struct pet_toy toy_default = {.label = EMPTY, .age = 1};
static const struct pet pet_default = {
    .legs = 4,
    .fixed = {NULL, 0},
    .photo = EMPTY,
    .spare = {.label = EMPTY, .age = 1},
    .records = {{NULL, 0}, NULL},
    .motto = {(const uint8_t *)"woof", 4},
};

static const struct msg_field fields[] = {
    {NAME(label), 0, offsetof(struct pet_toy, label), MSG_STRING, MSG_NO_TAG, {1, 127}, {2, 127}},
    {NAME(age), 0, offsetof(struct pet_toy, age), MSG_INT8, 3, {1, 127}, {1, 0}},
    {NAME(tame), 0, offsetof(struct pet, tame), MSG_BOOL, MSG_NO_TAG, {0, 127}, {1, 0}},
    {NAME(legs), 0, offsetof(struct pet, legs), MSG_UINT16, MSG_NO_TAG, {0, 127}, {1, 0}},
    {NAME(hairs), 0, offsetof(struct pet, hairs), MSG_UINT32, MSG_NO_TAG, {0, 127}, {1, 0}},
    {NAME(weight), 0, offsetof(struct pet, weight), MSG_FLOAT64, MSG_NO_TAG, {0, 127}, {1, 0}},
    {NAME(chip), 0, offsetof(struct pet, chip), MSG_UUID, MSG_NO_TAG, {0, 127}, {1, 0}},
    {NAME(fixed),
     0,
     offsetof(struct pet, fixed),
     MSG_STRING | MSG_RIGID,
     MSG_NO_TAG,
     {0, 127},
     {0, 127}},
    {NAME(photo), 0, offsetof(struct pet, photo), MSG_BYTES, MSG_NO_TAG, {0, 127}, {1, 0}},
    {NAME(toys),
     0,
     offsetof(struct pet, toys),
     MSG_STRUCT | MSG_ARRAY,
     MSG_NO_TAG,
     {1, 127},
     {1, 127}},
    {NAME(names),
     0,
     offsetof(struct pet, names),
     MSG_STRING | MSG_ARRAY,
     MSG_NO_TAG,
     {0, 127},
     {1, 0}},
    {NAME(best), 0, offsetof(struct pet, best), MSG_STRUCT_PTR, MSG_NO_TAG, {2, 127}, {2, 127}},
    {NAME(records), 0, offsetof(struct pet, records), MSG_RECORDS, MSG_NO_TAG, {0, 127}, {0, 127}},
    {NAME(motto), 0, offsetof(struct pet, motto), MSG_STRING, 0, {1, 127}, {1, 0}},
    {NAME(spare), 0, offsetof(struct pet, spare), MSG_STRUCT, 1, {1, 127}, {1, 0}},
};

static const struct msg_struct structs[] = {
    {&toy_default, sizeof(struct pet_toy), 0, 1, 1, 1, 2},
    {&pet_default, sizeof(struct pet), 2, 11, 2, 45, 38},
};

static const struct msg_schema schema = {structs, fields, (const char *)&names};
static const struct msg_desc pet_desc = {"Pet", &schema, 1, 0, 2, 1};

/* tame, legs, hairs, weight 0.5, chip */
#define SCALARS "\x01\x00\x04\x00\x00\x00\x07\x3f\xe0\x00\x00\x00\x00\x00\x00" CHIP
#define CHIP "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09"
/* fixed null, photo empty (compact), toys null, names empty, records null */
#define MIDDLE_1 "\xff\xff\x01\x00\x01\x00"
#define MIDDLE_2 "\xff\xff\x01\x00\x01\xff\x00"

static int setup(void **state)
{
    struct arena *a = malloc(sizeof(*a));

    if (a == NULL) {
        return -1;
    }
    arena_init(a, 4096);
    *state = a;
    return 0;
}

static int teardown(void **state)
{
    arena_release(*state);
    free(*state);
    return 0;
}

static int decode(struct pet *ret, struct slice bytes, int16_t version, struct arena *a)
{
    struct rd r;
    int rc;

    rd_init(&r, bytes);
    rc = msg_decode(&pet_desc, ret, &r, version, a);
    return rc != 0 ? rc : rd_finish(&r);
}

static int encode_error(const struct pet *m, int16_t version)
{
    struct chain c;
    struct wr w;
    int rc;

    chain_init(&c);
    wr_init(&w, &c, 0);
    rc = msg_encode(&pet_desc, m, &w, version);
    assert_int_equal(wr_finish(&w), rc);
    chain_clear(&c);
    return rc;
}

static void expect_dump(const struct pet *m, int16_t version, const char *want)
{
    struct str s;

    str_init(&s, 4096);
    msg_dump(&pet_desc, m, &s, version);
    assert_string_equal(s.ptr, want);
    str_release(&s);
}

static void absent_fields_get_their_default(void **state)
{
    struct pet m;

    memset(&m, 0x5a, sizeof(m));
    assert_int_equal(decode(&m,
                            SLICE_LIT(SCALARS "\x00\x02hi\x00\x00\x00\x01x"
                                              "\x00\x00\x00\x00\xff\xff\xff\xff"),
                            0, *state),
                     0);
    assert_true(m.tame);
    assert_int_equal(m.legs, 4);
    assert_int_equal(m.hairs, 7);
    assert_true(m.weight > 0.4 && m.weight < 0.6);
    assert_int_equal(m.chip.b[15], 9);
    assert_true(slice_eq_cstr(m.fixed, "hi"));
    assert_true(slice_eq_cstr(m.photo, "x"));
    assert_int_equal(m.toys_cnt, 0);
    assert_null(m.best);
    assert_true(slice_is_null(m.records.mem));
    assert_true(slice_eq_cstr(m.motto, "woof"));
    assert_int_equal(m.spare.age, 1);
    assert_non_null(m.spare.label.ptr);
}

static void tags_are_read_in_any_order_and_unknown_ones_skipped(void **state)
{
    struct pet m;

    assert_int_equal(decode(&m,
                            SLICE_LIT(SCALARS MIDDLE_1 "\x03"
                                                       "\x7f\x03"
                                                       "abc"
                                                       "\x01\x05\x02q\x01\x03\x01\x09"
                                                       "\x00\x03\x03yo"),
                            1, *state),
                     ERR_INVALID); /* the size of tag 1 is one byte short */
    assert_int_equal(decode(&m,
                            SLICE_LIT(SCALARS MIDDLE_1 "\x03"
                                                       "\x7f\x03"
                                                       "abc"
                                                       "\x01\x06\x02q\x01\x03\x01\x09"
                                                       "\x00\x03\x03yo"),
                            1, *state),
                     0);
    assert_true(slice_eq_cstr(m.motto, "yo"));
    assert_true(slice_eq_cstr(m.spare.label, "q"));
    assert_int_equal(m.spare.age, 9);
}

static void a_tag_must_be_as_long_as_it_says(void **state)
{
    struct pet m;

    /* One byte more than the string takes. */
    assert_int_equal(decode(&m, SLICE_LIT(SCALARS MIDDLE_1 "\x01\x00\x04\x03yo!"), 1, *state),
                     ERR_INVALID);
    /* More than there is. */
    assert_int_equal(decode(&m, SLICE_LIT(SCALARS MIDDLE_1 "\x01\x00\x7f\x03yo"), 1, *state),
                     ERR_TRUNCATED);
}

static void nulls_where_they_may_not_be_are_errors(void **state)
{
    struct pet m;

    /* photo null in version 0, then names null. */
    assert_int_equal(decode(&m,
                            SLICE_LIT(SCALARS "\xff\xff\xff\xff\xff\xff"
                                              "\x00\x00\x00\x00\xff\xff\xff\xff"),
                            0, *state),
                     ERR_INVALID);
    assert_int_equal(decode(&m,
                            SLICE_LIT(SCALARS "\xff\xff\x00\x00\x00\x00"
                                              "\xff\xff\xff\xff\xff\xff\xff\xff"),
                            0, *state),
                     ERR_INVALID);
    /* A toy's label is null in version 1; version 2 allows it. */
    assert_int_equal(
        decode(&m, SLICE_LIT(SCALARS "\xff\xff\x01\x02\x00\x00\x01\x00\x00"), 1, *state),
        ERR_INVALID);
    assert_int_equal(
        decode(&m, SLICE_LIT(SCALARS "\xff\xff\x01\x02\x00\x00\x01\xff\x00\x00"), 2, *state), 0);
    assert_true(slice_is_null(m.toys[0].label));

    m = pet_default;
    assert_int_equal(encode_error(&m, 0), 0);
    m.photo = SLICE_NULL;
    assert_int_equal(encode_error(&m, 0), ERR_INVALID);
    m = pet_default;
    m.names_cnt = -1;
    assert_int_equal(encode_error(&m, 2), ERR_INVALID);
    m = pet_default;
    m.spare.label = SLICE_NULL;
    assert_int_equal(encode_error(&m, 1), ERR_INVALID);
    assert_int_equal(encode_error(&m, 2), 0);
}

static void a_struct_that_may_be_null(void **state)
{
    struct pet m;

    assert_int_equal(decode(&m, SLICE_LIT(SCALARS MIDDLE_2 "\x00"), 2, *state), 0);
    assert_null(m.best);
    assert_int_equal(m.toys_cnt, -1);
    assert_int_equal(
        decode(&m, SLICE_LIT(SCALARS "\xff\xff\x01\x00\x01\x01\x02z\x00\x00\x00"), 2, *state), 0);
    assert_non_null(m.best);
    assert_true(slice_eq_cstr(m.best->label, "z"));
    assert_int_equal(m.best->age, 1);
}

static void counts_are_checked_before_memory_is_taken(void **state)
{
    struct arena *a = *state;
    struct pet m;
    struct rd r;
    /* 2 billion names, of which none is there; as the count of toys; and a negative count. */
    static const char rigid[] = SCALARS "\xff\xff\x00\x00\x00\x00\x7f\xff\xff\xff";
    static const char flex[] = SCALARS "\xff\xff\x01\xff\xff\xff\xff\x07\x00\x00\x00\x00";
    static const char negative[] = SCALARS "\xff\xff\x00\x00\x00\x00\xff\xff\xff\xfe";

    assert_int_equal(decode(&m, slice_of(rigid, sizeof(rigid) - 1), 0, a), ERR_LIMIT);
    assert_int_equal(decode(&m, slice_of(flex, sizeof(flex) - 1), 1, a), ERR_LIMIT);
    assert_int_equal(decode(&m, slice_of(negative, sizeof(negative) - 1), 0, a), ERR_INVALID);
    assert_int_equal(a->used_bytes, 0);
    /* The reader keeps the error: what follows reads nothing. */
    rd_init(&r, slice_of(rigid, sizeof(rigid) - 1));
    assert_int_equal(msg_decode(&pet_desc, &m, &r, 0, a), ERR_LIMIT);
    assert_int_equal(r.err, ERR_LIMIT);
}

/* 400 one-byte names are 6400 bytes of slices: more than the arena may hold. */
static void the_arena_bounds_what_small_bytes_become(void **state)
{
    struct arena *a = *state;
    uint8_t bytes[512] = {0};
    struct pet m;
    size_t len = sizeof(SCALARS "\xff\xff\x01\x00") - 1;

    memcpy(bytes, SCALARS "\xff\xff\x01\x00", len);
    bytes[len++] = 0x91; /* 400 + 1 */
    bytes[len++] = 0x03;
    memset(bytes + len, 1, 400);
    assert_int_equal(decode(&m, slice_of(bytes, len + 402), 1, a), ERR_NOMEM);
    assert_true(a->used_bytes <= a->limit_bytes);
}

static void strings_end_at_32767_bytes(void **state)
{
    static uint8_t bytes[33000];
    struct pet m = pet_default;
    size_t len = sizeof(SCALARS MIDDLE_1) - 1;

    (void)state;
    m.motto = slice_of(bytes, 32767);
    assert_int_equal(encode_error(&m, 1), 0);
    m.motto.len++;
    assert_int_equal(encode_error(&m, 1), ERR_RANGE);
    m = pet_default;
    m.fixed = slice_of(bytes, 32768);
    assert_int_equal(encode_error(&m, 0), ERR_RANGE);

    memcpy(bytes, SCALARS MIDDLE_1 "\x01\x00", len + 2);
    memcpy(bytes + len + 2, "\x83\x80\x02\x81\x80\x02", 6); /* 32771 bytes: a string of 32768 */
    assert_int_equal(decode(&m, slice_of(bytes, len + 8 + 32768), 1, *state), ERR_INVALID);
    memcpy(bytes + len + 2, "\x82\x80\x02\x80\x80\x02", 6); /* one less */
    assert_int_equal(decode(&m, slice_of(bytes, len + 8 + 32767), 1, *state), 0);
}

static void a_dump_is_one_readable_line(void **state)
{
    struct pet_toy toys[2] = {toy_default, toy_default};
    struct slice names_of_it[2] = {SLICE_LIT("a\nb"), SLICE_EMPTY};
    static const uint8_t photo[20] = {0xde, 0xad};
    struct pet m = pet_default;

    (void)state;
    expect_dump(&m, 0,
                "{tame=false legs=4 hairs=0 weight=0 chip=AAAAAAAAAAAAAAAAAAAAAA fixed=null "
                "photo=<0 bytes> names=[] records=null}");
    toys[0].label = SLICE_LIT("ball");
    toys[1].age = -3;
    m.photo = slice_of(photo, sizeof(photo));
    m.toys = toys;
    m.toys_cnt = 2;
    m.names = names_of_it;
    m.names_cnt = 2;
    m.best = toys;
    m.motto = SLICE_LIT("grr");
    m.weight = 1.5;
    expect_dump(&m, 2,
                "{tame=false legs=4 hairs=0 weight=1.5 chip=AAAAAAAAAAAAAAAAAAAAAA fixed=null "
                "photo=<20 bytes dead0000000000000000000000000000...> "
                "toys=[{label=\"ball\"}, {label=\"\" age=-3}] names=[\"a\\x0ab\", \"\"] "
                "best={label=\"ball\"} records=null motto=\"grr\"}");
}

static void random_messages_round_trip(void **state)
{
    struct arena *a = *state;
    uint8_t wire[4096];
    struct prng rng;

    prng_init(&rng, 3);
    for (int i = 0; i < 3000; i++) {
        int16_t version = (int16_t)(i % 3);
        struct pet m;
        struct pet parsed;
        struct chain c;
        struct wr w;

        arena_reset(a);
        assert_int_equal(msg_random(&pet_desc, &m, &rng, version, a), 0);
        chain_init(&c);
        wr_init(&w, &c, 0);
        assert_int_equal(msg_encode(&pet_desc, &m, &w, version), 0);
        assert_int_equal(wr_finish(&w), 0);
        assert_int_equal(c.len, msg_size(&pet_desc, &m, version));
        assert_true(c.len >= (version == 0 ? structs[1].min_rigid : structs[1].min_flex));
        assert_int_equal(chain_copy_out(&c, wire, sizeof(wire)), 0);
        assert_int_equal(decode(&parsed, slice_of(wire, c.len), version, a), 0);
        assert_int_equal(msg_size(&pet_desc, &parsed, version), c.len);
        chain_clear(&c);
    }
}

static void an_array_of_defaults(void **state)
{
    struct arena *a = *state;
    struct pet_toy *toys = msg_new_array(a, &toy_default, sizeof(toy_default), 3);

    assert_non_null(toys);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(toys[i].age, 1);
        assert_non_null(toys[i].label.ptr);
    }
    assert_non_null(msg_new_array(a, &toy_default, sizeof(toy_default), 0));
    assert_null(msg_new_array(a, &toy_default, sizeof(toy_default), -1));
    assert_null(msg_new_array(a, &toy_default, sizeof(toy_default), 1 << 20));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(absent_fields_get_their_default),
        TEST(tags_are_read_in_any_order_and_unknown_ones_skipped),
        TEST(a_tag_must_be_as_long_as_it_says),
        TEST(nulls_where_they_may_not_be_are_errors),
        TEST(a_struct_that_may_be_null),
        TEST(counts_are_checked_before_memory_is_taken),
        TEST(the_arena_bounds_what_small_bytes_become),
        TEST(strings_end_at_32767_bytes),
        TEST(a_dump_is_one_readable_line),
        TEST(random_messages_round_trip),
        TEST(an_array_of_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
