/* Topic names become folders and metric names; the hashes decide where records and groups live, so
 * they must be those of every other client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/topic.h"

static void test_legal_names(void **state)
{
    static const char *const names[] = {"test", "a", "...", "A-b_c.9", "__consumer_offsets"};
    char longest[TOPIC_NAME_LEN_MAX + 1];

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(names); i++) {
        assert_int_equal(topic_name_check(slice_cstr(names[i]), NULL), 0);
    }
    memset(longest, 'x', sizeof(longest));
    assert_true(topic_name_is_legal(slice_of(longest, TOPIC_NAME_LEN_MAX)));
    assert_false(topic_name_is_legal(slice_of(longest, TOPIC_NAME_LEN_MAX + 1)));
}

static void test_illegal_names_say_why(void **state)
{
    static const struct {
        const char *name;
        const char *part;
    } cases[] = {
        {"", "empty"},
        {".", "'.' or '..'"},
        {"..", "'.' or '..'"},
        {"a b", "0x20 at position 2"},
        {"a/b", "'/' at position 2"},
        {"\xc3\xa4", "0xc3"},
        {"a\x7f", "0x7f"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(cases); i++) {
        char why[TOPIC_NAME_WHY_LEN];

        assert_int_equal(topic_name_check(slice_cstr(cases[i].name), why), ERR_INVALID);
        assert_non_null(strstr(why, cases[i].part));
    }
    assert_false(topic_name_is_legal(SLICE_NULL));
    assert_false(topic_name_is_legal(slice_of("a\0b", 3)));
}

static void test_collision(void **state)
{
    (void)state;
    assert_true(topic_name_collides(SLICE_LIT("a.b"), SLICE_LIT("a_b")));
    assert_false(topic_name_collides(SLICE_LIT("a.b"), SLICE_LIT("a.b")));
    assert_false(topic_name_collides(SLICE_LIT("a.b"), SLICE_LIT("a-b")));
    assert_false(topic_name_collides(SLICE_LIT("a."), SLICE_LIT("a_b")));
    assert_true(topic_name_may_collide(SLICE_LIT("a.b")));
    assert_true(topic_name_may_collide(SLICE_LIT("a_b")));
    assert_false(topic_name_may_collide(SLICE_LIT("a-b")));
}

static void test_internal(void **state)
{
    (void)state;
    assert_true(topic_is_internal(SLICE_LIT("__consumer_offsets")));
    assert_true(topic_is_internal(SLICE_LIT("__transaction_state")));
    assert_false(topic_is_internal(SLICE_LIT("__consumer_offset")));
    assert_false(topic_is_internal(SLICE_LIT("test")));
}

static void test_java_string_hash(void **state)
{
    (void)state;
    /* By hand: h = 31 * h + unit, from the left. */
    assert_int_equal(java_string_hash(SLICE_EMPTY), 0);
    assert_int_equal(java_string_hash(SLICE_LIT("a")), 97);
    assert_int_equal(java_string_hash(SLICE_LIT("ab")), 97 * 31 + 98);
    assert_int_equal(java_string_hash(SLICE_LIT("hello")), 99162322);
    /* The well-known text whose hash is the least integer. */
    assert_int_equal(java_string_hash(SLICE_LIT("polygenelubricants")), INT32_MIN);
    assert_int_equal(java_string_hash(SLICE_LIT("\xc3\xa4")), 0xe4);
    assert_int_equal(java_string_hash(SLICE_LIT("\xe2\x82\xac")), 0x20ac);
    /* U+1F600 is d83d de00 in UTF-16. */
    assert_int_equal(java_string_hash(SLICE_LIT("\xf0\x9f\x98\x80")), 0xd83d * 31 + 0xde00);
    /* Cut or not shortest: one U+FFFD for each byte. */
    assert_int_equal(java_string_hash(SLICE_LIT("\xe2\x82")), 0xfffd * 31 + 0xfffd);
    assert_int_equal(java_string_hash(SLICE_LIT("\xc0\x80")), 0xfffd * 31 + 0xfffd);
}

static void test_coordinator_partition(void **state)
{
    (void)state;
    assert_int_equal(coordinator_partition(SLICE_LIT("hello"), 50), 99162322 % 50);
    assert_int_equal(coordinator_partition(SLICE_LIT("polygenelubricants"), 50), 0);
    for (int i = 0; i < 1000; i++) {
        char id[2] = {(char)('a' + i % 26), (char)(i % 128)};
        partition_id_t p = coordinator_partition(slice_of(id, 2), 7);

        assert_in_range(p, 0, 6);
    }
}

static void test_murmur2(void **state)
{
    /* Vectors that the clients of other languages test themselves with. */
    static const struct {
        const char *key;
        int32_t hash;
    } vectors[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(vectors); i++) {
        assert_int_equal((int32_t)murmur2(slice_cstr(vectors[i].key)), vectors[i].hash);
    }
    assert_int_equal(partition_for_key(SLICE_LIT("abc"), 100), 479470107 % 100);
    assert_int_equal(partition_for_key(SLICE_LIT("foobar"), 100), (-790332482 & 0x7fffffff) % 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_legal_names),      cmocka_unit_test(test_illegal_names_say_why),
        cmocka_unit_test(test_collision),        cmocka_unit_test(test_internal),
        cmocka_unit_test(test_java_string_hash), cmocka_unit_test(test_coordinator_partition),
        cmocka_unit_test(test_murmur2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
