/* A topic's config is what the log obeys: inherited values must arrive in the topic's unit, and what a
 * client may set must be judged before it is stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/topic_config.h"

static struct setting_why why;

static int setup(void **state)
{
    struct settings *s = NULL;

    if (settings_new(&s) != 0) {
        return -1;
    }
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    settings_free(*state);
    return 0;
}

static void set(struct settings *s, const char *name, const char *value)
{
    assert_int_equal(
        settings_set(s, slice_cstr(name), slice_cstr(value), SETTING_SOURCE_STATIC, &why), 0);
}

static struct setting_pair pair(const char *name, const char *value)
{
    return (struct setting_pair){slice_cstr(name), slice_cstr(value)};
}

static void test_defaults(void **state)
{
    struct topic_config c;

    topic_config_resolve(*state, NULL, 0, &c);
    assert_int_equal(c.cleanup, TOPIC_CLEANUP_DELETE);
    assert_int_equal(c.compression, TOPIC_COMPRESSION_PRODUCER);
    assert_int_equal(c.compression_gzip_level, -1);
    assert_int_equal(c.compression_lz4_level, 9);
    assert_int_equal(c.compression_zstd_level, 3);
    assert_true(c.delete_retention_ms == 86400000);
    assert_true(c.file_delete_delay_ms == 60000);
    assert_true(c.flush_messages == INT64_MAX);
    assert_true(c.flush_ms == INT64_MAX);
    assert_int_equal(c.index_interval_bytes, 4096);
    assert_int_equal(c.max_message_bytes, 1048588);
    assert_int_equal(c.message_timestamp_type, TIMESTAMP_TYPE_CREATE_TIME);
    assert_true(c.message_timestamp_before_max_ms == INT64_MAX);
    assert_true(c.message_timestamp_after_max_ms == 3600000);
    assert_int_equal(c.min_insync_replicas, 1);
    assert_true(c.min_cleanable_dirty_ratio == 0.5);
    assert_false(c.preallocate);
    assert_true(c.retention_bytes == -1);
    assert_true(c.retention_ms == 604800000);
    assert_int_equal(c.segment_bytes, 1073741824);
    assert_true(c.segment_ms == 604800000);
    assert_true(c.segment_jitter_ms == 0);
    assert_int_equal(c.segment_index_bytes, 10485760);
    assert_false(c.unclean_leader_election_enable);
    assert_int_equal(c.durability, DURABILITY_FSYNC);
    assert_string_equal(durability_name(c.durability), "fsync");
}

static void test_broker_values_are_inherited(void **state)
{
    struct topic_config c;

    set(*state, "log.retention.hours", "1");
    set(*state, "log.roll.hours", "2");
    set(*state, "log.flush.scheduler.interval.ms", "500");
    set(*state, "log.durability", "memory");
    set(*state, "log.cleanup.policy", "compact, delete");
    set(*state, "compression.type", "zstd");
    set(*state, "log.message.timestamp.type", "LogAppendTime");
    set(*state, "message.max.bytes", "77");
    set(*state, "log.retention.bytes", "-7");
    topic_config_resolve(*state, NULL, 0, &c);
    assert_true(c.retention_ms == 3600000);
    assert_true(c.segment_ms == 7200000);
    assert_true(c.flush_ms == 500);
    assert_int_equal(c.durability, DURABILITY_MEMORY);
    assert_int_equal(c.cleanup, TOPIC_CLEANUP_DELETE | TOPIC_CLEANUP_COMPACT);
    assert_int_equal(c.compression, 4);
    assert_int_equal(c.message_timestamp_type, TIMESTAMP_TYPE_LOG_APPEND_TIME);
    assert_int_equal(c.max_message_bytes, 77);
    assert_true(c.retention_bytes == -1);
}

static void test_overrides_win(void **state)
{
    const struct setting_pair overrides[] = {
        pair("segment.bytes", "1000"),     pair("segment.bytes", "2000"),
        pair("durability", "replicated"),  pair("compression.type", "uncompressed"),
        pair("cleanup.policy", "compact"), pair("retention.ms", "-1"),
    };
    struct topic_config c;

    set(*state, "log.segment.bytes", "3000");
    topic_config_resolve(*state, overrides, ARRAY_CNT(overrides), &c);
    assert_int_equal(c.segment_bytes, 2000);
    assert_int_equal(c.durability, DURABILITY_REPLICATED);
    assert_int_equal(c.compression, 0);
    assert_int_equal(c.cleanup, TOPIC_CLEANUP_COMPACT);
    assert_true(c.retention_ms == -1);
}

static void test_stored_nonsense_is_passed_over(void **state)
{
    const struct setting_pair overrides[] = {
        pair("segment.bytes", "1000"),
        pair("segment.bytes", "much"),
        pair("a.setting.of.the.future", "1"),
        {SLICE_LIT("retention.ms"), SLICE_NULL},
    };
    struct topic_config c;

    topic_config_resolve(*state, overrides, ARRAY_CNT(overrides), &c);
    assert_int_equal(c.segment_bytes, 1000);
    assert_true(c.retention_ms == 604800000);
}

static void check(struct settings *s, struct setting_pair p, int rc, const char *sentence)
{
    why.text[0] = '\0';
    assert_int_equal(topic_settings_check(s, &p, 1, &why), rc);
    assert_string_equal(why.text, sentence);
}

static void test_check(void **state)
{
    const struct setting_pair lags[] = {pair("min.compaction.lag.ms", "10"),
                                        pair("max.compaction.lag.ms", "9")};
    static struct setting_pair many[SETTINGS_PER_TOPIC_MAX + 1];

    check(*state, pair("retention.ms", "1"), 0, "");
    check(*state, pair("message.format.version", "2.0"), 0, "");
    check(*state, pair("durability", "disk"), ERR_INVALID,
          "durability: 'disk' is not one of fsync,replicated,memory");
    check(*state, pair("log.segment.bytes", "1"), ERR_NOT_FOUND,
          "unknown topic setting 'log.segment.bytes'");
    check(*state, pair("retention.m", "1"), ERR_NOT_FOUND,
          "unknown topic setting 'retention.m'; the nearest known is 'retention.ms'");
    check(*state, (struct setting_pair){SLICE_LIT("retention.ms"), SLICE_NULL}, ERR_INVALID,
          "retention.ms: the value is null");
    check(*state, pair("segment.bytes", "13"), ERR_INVALID,
          "segment.bytes: 13 is below the least value 14");
    assert_int_equal(topic_settings_check(*state, lags, 2, &why), ERR_INVALID);
    assert_string_equal(why.text,
                        "min.compaction.lag.ms 10 is greater than max.compaction.lag.ms 9");
    assert_int_equal(topic_settings_check(*state, NULL, 0, &why), 0);
    for (size_t i = 0; i < ARRAY_CNT(many); i++) {
        many[i] = pair("retention.ms", "1");
    }
    assert_int_equal(topic_settings_check(*state, many, ARRAY_CNT(many), &why), ERR_LIMIT);
}

static void test_describe(void **state)
{
    const struct setting_pair overrides[] = {pair("retention.ms", "5"), pair("retention.ms", "x")};
    struct setting_view v;

    topic_settings_describe(*state, NULL, 0, TOPIC_SETTING_RETENTION_MS, &v);
    assert_true(slice_eq_cstr(v.value, "604800000"));
    assert_int_equal(v.source, SETTING_SOURCE_DEFAULT);
    assert_string_equal(v.row->name, "retention.ms");
    assert_int_equal(v.synonym_cnt, 1);
    assert_string_equal(v.synonyms[0].name, "log.retention.hours");
    assert_true(slice_eq_cstr(v.synonyms[0].value, "168"));

    set(*state, "log.retention.minutes", "2");
    topic_settings_describe(*state, NULL, 0, TOPIC_SETTING_RETENTION_MS, &v);
    assert_true(slice_eq_cstr(v.value, "120000"));
    assert_int_equal(v.source, SETTING_SOURCE_STATIC);

    topic_settings_describe(*state, overrides, 2, TOPIC_SETTING_RETENTION_MS, &v);
    assert_true(slice_eq_cstr(v.value, "5"));
    assert_int_equal(v.source, SETTING_SOURCE_TOPIC);
    assert_int_equal(v.synonym_cnt, 3);
    assert_string_equal(v.synonyms[0].name, "retention.ms");
    assert_string_equal(v.synonyms[1].name, "log.retention.minutes");
    assert_false(v.is_read_only);

    /* A default that no setting of the broker gives has no synonyms. */
    topic_settings_describe(*state, NULL, 0, TOPIC_SETTING_REMOTE_STORAGE_ENABLE, &v);
    assert_true(slice_eq_cstr(v.value, "false"));
    assert_int_equal(v.source, SETTING_SOURCE_DEFAULT);
    assert_int_equal(v.synonym_cnt, 0);

    set(*state, "log.local.retention.ms", "7");
    topic_settings_describe(*state, NULL, 0, TOPIC_SETTING_LOCAL_RETENTION_MS, &v);
    assert_true(slice_eq_cstr(v.value, "7"));
    assert_int_equal(v.source, SETTING_SOURCE_STATIC);
    assert_string_equal(v.synonyms[0].name, "log.local.retention.ms");
    topic_settings_describe(*state, NULL, 0, TOPIC_SETTING_MESSAGE_DOWNCONVERSION_ENABLE, &v);
    assert_int_equal(v.synonym_cnt, 1);
    assert_string_equal(v.synonyms[0].name, "log.message.downconversion.enable");
    for (int i = 0; i < TOPIC_SETTING_CNT; i++) {
        topic_settings_describe(*state, overrides, 2, (enum topic_setting_id)i, &v);
        assert_false(slice_is_null(v.value));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broker_values_are_inherited, setup, teardown),
        cmocka_unit_test_setup_teardown(test_overrides_win, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stored_nonsense_is_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check, setup, teardown),
        cmocka_unit_test_setup_teardown(test_describe, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
