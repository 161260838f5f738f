/* The small text files and the names, against texts made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "log/entry.h"
#include "log/names.h"
#include "log/text_files.h"

#include <cmocka.h>

static void meta_properties_of_kafka(void **state)
{
    static const char v0[] = "#\n#Thu Jan 01 00:00:00 UTC 1970\nbroker.id=3\ncluster.id=abc\n"
                             "directory.id=AQIDAAAAAAAAAAAAAAAAAA\nversion=0\n";
    static const char v1[] =
        "! by hand\r\n version : 1\r\nnode.id 12\r\ncluster.id=a\\=b\r\nmore=x\r\n";
    struct meta_properties m;
    struct str out;

    (void)state;
    assert_int_equal(meta_properties_parse(SLICE_LIT(v0), &m), 0);
    assert_int_equal(m.version, 0);
    assert_int_equal(m.node_id, 3);
    assert_string_equal(m.cluster_id, "abc");
    str_init(&out, 1000);
    meta_properties_format(&out, &m, 0);
    assert_string_equal(out.ptr, v0);
    str_clear(&out);
    meta_properties_format(&out, &m, INT64_C(1709210096789));
    assert_non_null(strstr(out.ptr, "#Thu Feb 29 12:34:56 UTC 2024\n"));
    str_release(&out);
    assert_int_equal(meta_properties_parse(SLICE_LIT(v1), &m), 0);
    assert_int_equal(m.version, 1);
    assert_int_equal(m.node_id, 12);
    assert_string_equal(m.cluster_id, "a=b");
    assert_true(uuid_is_zero(m.directory_id));
}

static void meta_properties_refused(void **state)
{
    static const struct {
        const char *text;
        int rc;
    } rows[] = {
        {"", ERR_INVALID},
        {"broker.id=1\n", ERR_INVALID},
        {"version=2\n", ERR_VERSION},
        {"version=0\nbroker.id=-1\n", ERR_INVALID},
        {"version=0\nbroker.id=99999999999\n", ERR_INVALID},
        {"version=0\ndirectory.id=short\n", ERR_INVALID},
        {"version=0\njust words without\x01value\n", 0},
        {"version=0\nnovalue\n", ERR_INVALID},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
        struct meta_properties m;

        if (meta_properties_parse(slice_cstr(rows[i].text), &m) != rows[i].rc) {
            fail_msg("row %zu", i);
        }
    }
}

static int offset_sum(void *ctx, struct slice topic, partition_id_t partition, log_offset_t offset)
{
    *(int64_t *)ctx += (int64_t)topic.len * 1000000 + partition * 1000 + offset;
    return 0;
}

static void checkpoints(void **state)
{
    static const struct {
        const char *text;
        int rc;
        int64_t sum;
    } rows[] = {
        {"0\n2\nab 1 5\nc 0 7\n", 0, 3001012},
        {"0\n0\n", 0, 0},
        {"0\n0", 0, 0},
        {"0\r\n1\r\nab 1 5\r\n", 0, 2001005},
        {"1\n0\n", ERR_VERSION, 0},
        {"", ERR_INVALID, 0},
        {"0\n2\nab 1 5\n", ERR_INVALID, 2001005},
        {"0\n1\nab 1 5\nab 2 5\n", ERR_INVALID, 2001005},
        {"0\n1\nab 1\n", ERR_INVALID, 0},
        {"0\n1\nab 1 5 6\n", ERR_INVALID, 0},
        {"0\n1\nab -1 5\n", ERR_INVALID, 0},
        {"0\n1\nab 1 9223372036854775808\n", ERR_INVALID, 0},
        {"0\n999999999\n", ERR_INVALID, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
        int64_t sum = 0;
        int rc = offsets_parse(slice_cstr(rows[i].text), offset_sum, &sum);

        if (rc != rows[i].rc || sum != rows[i].sum) {
            fail_msg("row %zu: %d %lld", i, rc, (long long)sum);
        }
    }
}

static int epoch_sum(void *ctx, leader_epoch_t epoch, log_offset_t start)
{
    *(int64_t *)ctx += epoch * 1000 + start;
    return 0;
}

static void epochs(void **state)
{
    int64_t sum = 0;

    (void)state;
    assert_int_equal(epochs_parse(SLICE_LIT("0\n2\n0 0\n3 40\n"), epoch_sum, &sum), 0);
    assert_int_equal(sum, 3040);
    assert_int_equal(epochs_parse(SLICE_LIT("0\n2\n3 0\n3 40\n"), epoch_sum, &sum), ERR_INVALID);
    assert_int_equal(epochs_parse(SLICE_LIT("0\n2\n3 50\n4 40\n"), epoch_sum, &sum), ERR_INVALID);
}

static void folder_names(void **state)
{
    static const struct {
        const char *name;
        enum folder_kind kind;
        const char *topic;
        int partition;
    } rows[] = {
        {"a-0", FOLDER_PARTITION, "a", 0},
        {"a-b-12", FOLDER_PARTITION, "a-b", 12},
        {"__consumer_offsets-49", FOLDER_PARTITION, "__consumer_offsets", 49},
        {"a-2147483647", FOLDER_PARTITION, "a", INT32_MAX},
        {"a-2147483648", FOLDER_FOREIGN, NULL, 0},
        {"a-01", FOLDER_FOREIGN, NULL, 0},
        {"a-", FOLDER_FOREIGN, NULL, 0},
        {"-1", FOLDER_FOREIGN, NULL, 0},
        {"a", FOLDER_FOREIGN, NULL, 0},
        {"a b-1", FOLDER_FOREIGN, NULL, 0},
        {"..-1", FOLDER_FOREIGN, NULL, 0},
        {"a-0.0123456789abcdef0123456789abcdef-delete", FOLDER_DELETED, NULL, 0},
        {"a-0.0123456789abcdef0123456789abcdef-future", FOLDER_FUTURE, NULL, 0},
        {"a-0.0123456789abcdef0123456789abcdef-stray", FOLDER_STRAY, NULL, 0},
    };
    char longest[250];
    char name[LOG_NAME_MAX + 1];
    static const uint8_t random[16] = {0xab};

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
        struct slice topic = SLICE_NULL;
        partition_id_t partition = 0;

        if (folder_name_parse(slice_cstr(rows[i].name), &topic, &partition) != rows[i].kind ||
            (rows[i].topic != NULL &&
             (!slice_eq_cstr(topic, rows[i].topic) || partition != rows[i].partition))) {
            fail_msg("row %zu", i);
        }
    }
    folder_away_name(name, SLICE_LIT("orders"), 7, random, "delete");
    assert_string_equal(name, "orders-7.ab000000000000000000000000000000-delete");
    memset(longest, 'x', 249);
    longest[249] = '\0';
    folder_away_name(name, slice_cstr(longest), INT32_MAX, random, "delete");
    assert_int_equal(strlen(name), LOG_NAME_MAX);
    assert_true(name_ends_with(slice_cstr(name), "-delete"));
}

static void segment_names(void **state)
{
    log_offset_t base;
    char path[LOG_PATH_MAX];

    (void)state;
    assert_true(segment_name_parse(SLICE_LIT("00000000000000000042.log"), ".log", &base));
    assert_int_equal(base, 42);
    assert_true(segment_name_parse(SLICE_LIT("09223372036854775807.log"), ".log", &base));
    assert_int_equal(base, INT64_MAX);
    assert_false(segment_name_parse(SLICE_LIT("09223372036854775808.log"), ".log", &base));
    assert_false(segment_name_parse(SLICE_LIT("0000000000000000042.log"), ".log", &base));
    assert_false(segment_name_parse(SLICE_LIT("0000000000000000004x.log"), ".log", &base));
    assert_false(segment_name_parse(SLICE_LIT("00000000000000000042.log.swap"), ".log", &base));
    assert_int_equal(segment_path(path, sizeof(path), "d", 42, ".index", ".deleted"), 0);
    assert_string_equal(path, "d/00000000000000000042.index.deleted");
    assert_int_equal(segment_path(path, 20, "d", 42, ".index", ""), ERR_LIMIT);
}

static void old_entries(void **state)
{
    /* offset 5, size 22, crc, magic 1, attributes, timestamp 7, null key, null value */
    static const uint8_t v1[34] = {0, 0, 0,    0,    0,    0,    0,    5,    0,    0,   0, 22,
                                   1, 2, 3,    4,    1,    0,    0,    0,    0,    0,   0, 0,
                                   0, 7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t v0[34];
    struct entry e;

    (void)state;
    assert_int_equal(entry_peek(slice_of(v1, sizeof(v1)), &e), 0);
    assert_int_equal(e.last, 5);
    assert_int_equal(e.magic, 1);
    assert_int_equal(e.len_bytes, 34);
    assert_int_equal(e.max_timestamp, 7);
    assert_int_equal(e.epoch, LEADER_EPOCH_NONE);
    memcpy(v0, v1, sizeof(v0));
    v0[16] = 0;
    v0[11] = 14;
    assert_int_equal(entry_peek(slice_of(v0, 26), &e), 0);
    assert_int_equal(e.len_bytes, 26);
    assert_int_equal(e.max_timestamp, TIMESTAMP_NONE);
    v0[11] = 13;
    assert_int_equal(entry_peek(slice_of(v0, 26), &e), ERR_INVALID);
    v0[16] = 3;
    assert_int_equal(entry_peek(slice_of(v0, 26), &e), ERR_INVALID);
    assert_int_equal(entry_peek(slice_of(v0, 16), &e), ERR_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meta_properties_of_kafka),
        cmocka_unit_test(meta_properties_refused),
        cmocka_unit_test(checkpoints),
        cmocka_unit_test(epochs),
        cmocka_unit_test(folder_names),
        cmocka_unit_test(segment_names),
        cmocka_unit_test(old_entries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
