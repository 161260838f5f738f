/* The table is searched by order and read by people: a row out of place, a default that is not legal
 * or a synonym of another type would only show much later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "model/settings.h"

static struct setting_why why;

static void set(struct settings *s, const char *name, const char *value, enum setting_source source)
{
    why.text[0] = '\0';
    if (settings_set(s, slice_cstr(name), slice_cstr(value), source, &why) != 0) {
        fail_msg("%s=%s: %s", name, value, why.text);
    }
}

static void refuse(struct settings *s, const char *name, const char *value, int rc,
                   const char *sentence)
{
    assert_int_equal(
        settings_set(s, slice_cstr(name), slice_cstr(value), SETTING_SOURCE_STATIC, &why), rc);
    assert_string_equal(why.text, sentence);
}

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

static void test_rows_are_in_order(void **state)
{
    (void)state;
    for (int i = 0; i < SETTING_CNT; i++) {
        const struct setting *row = setting_row((enum setting_id)i);
        enum setting_id id;

        assert_true(i == 0 || strcmp(setting_row((enum setting_id)(i - 1))->name, row->name) < 0);
        assert_int_equal(setting_find(slice_cstr(row->name), &id), 0);
        assert_int_equal(id, i);
        assert_true(strlen(row->doc) > 10);
        assert_int_equal(row->doc[strlen(row->doc) - 1], '.');
    }
    for (int i = 0; i < TOPIC_SETTING_CNT; i++) {
        const struct setting *row = topic_setting_row((enum topic_setting_id)i);
        enum topic_setting_id id;

        assert_true(i == 0 ||
                    strcmp(topic_setting_row((enum topic_setting_id)(i - 1))->name, row->name) < 0);
        assert_int_equal(topic_setting_find(slice_cstr(row->name), &id), 0);
        assert_int_equal(id, i);
    }
}

/* A file written for any Kafka since 1.1 must not be called wrong. */
static void test_names_of_every_age(void **state)
{
    static const char *const names[] = {
        "host.name",                             /* to 2.8 */
        "quota.producer.default",                /* to 2.8 */
        "zookeeper.sync.time.ms",                /* to 3.2 */
        "zookeeper.clientCnxnSocket",            /* to 3.9 */
        "inter.broker.protocol.version",         /* to 3.9 */
        "password.encoder.secret",               /* to 3.9 */
        "unstable.metadata.versions.enable",     /* to 3.8 */
        "controller.quorum.bootstrap.servers",   /* from 3.9 */
        "group.streams.num.standby.replicas",    /* from 4.1 */
        "group.consumer.assignment.interval.ms", /* from 4.3 */
        "cordoned.log.dirs",                     /* from 4.3 */
    };
    enum setting_id id;

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(names); i++) {
        if (setting_find(slice_cstr(names[i]), &id) != 0) {
            fail_msg("%s", names[i]);
        }
    }
}

static void test_defaults_are_legal(void **state)
{
    struct setting_value value;

    (void)state;
    for (int i = 0; i < SETTING_CNT; i++) {
        const struct setting *row = setting_row((enum setting_id)i);

        if (row->dflt != NULL && setting_parse(row, slice_cstr(row->dflt), &value, &why) != 0) {
            fail_msg("%s", why.text);
        }
    }
    for (int i = 0; i < TOPIC_SETTING_CNT; i++) {
        const struct setting *row = topic_setting_row((enum topic_setting_id)i);

        assert_non_null(row->dflt);
        if (setting_parse(row, slice_cstr(row->dflt), &value, &why) != 0) {
            fail_msg("%s", why.text);
        }
    }
}

/* A topic takes over what its broker synonym holds, so whatever is legal there must be here. */
static void test_topic_rows_fit_their_broker_rows(void **state)
{
    (void)state;
    for (int i = 0; i < TOPIC_SETTING_CNT; i++) {
        const struct setting *row = topic_setting_row((enum topic_setting_id)i);
        const struct setting *broker;

        if (row->broker == SETTING_NONE) {
            continue;
        }
        broker = setting_row((enum setting_id)row->broker);
        assert_int_equal(row->type, broker->type);
        assert_int_equal(row->words != NULL, broker->words != NULL);
        if (row->words != NULL) {
            assert_string_equal(row->words, broker->words);
        }
        if (row->type == SETTING_TYPE_INT) {
            assert_true(row->least <= broker->least);
            assert_true(row->greatest >= broker->greatest);
        }
    }
}

static void test_known_defaults(void **state)
{
    struct settings *s = *state;

    assert_string_equal(settings_text(s, SETTING_LISTENERS), "PLAINTEXT://localhost:9092");
    assert_int_equal(settings_int(s, SETTING_NUM_PARTITIONS), 1);
    assert_int_equal(settings_int(s, SETTING_MESSAGE_MAX_BYTES), 1048588);
    assert_true(settings_bool(s, SETTING_AUTO_CREATE_TOPICS_ENABLE));
    assert_null(settings_text(s, SETTING_ZOOKEEPER_CONNECT));
    assert_null(settings_text(s, SETTING_LOG_RETENTION_MS));
    assert_int_equal(settings_long(s, SETTING_LOG_RETENTION_MS), 0);
    assert_true(settings_double(s, SETTING_LOG_CLEANER_MIN_CLEANABLE_RATIO) == 0.5);
    assert_true(settings_double(s, SETTING_LOG_CLEANER_IO_MAX_BYTES_PER_SECOND) > 1e308);
    assert_int_equal(settings_word(s, SETTING_LOG_MESSAGE_TIMESTAMP_TYPE), 0);
    assert_false(settings_is_given(s, SETTING_LISTENERS));
}

static void test_set_and_get(void **state)
{
    struct settings *s = *state;

    set(s, "num.partitions", " 12 ", SETTING_SOURCE_STATIC);
    assert_int_equal(settings_int(s, SETTING_NUM_PARTITIONS), 12);
    assert_string_equal(settings_text(s, SETTING_NUM_PARTITIONS), "12");
    set(s, "num.partitions", "+3", SETTING_SOURCE_STATIC);
    assert_int_equal(settings_int(s, SETTING_NUM_PARTITIONS), 3);
    set(s, "delete.topic.enable", "FALSE", SETTING_SOURCE_STATIC);
    assert_false(settings_bool(s, SETTING_DELETE_TOPIC_ENABLE));
    set(s, "zookeeper.connect", "", SETTING_SOURCE_STATIC);
    assert_string_equal(settings_text(s, SETTING_ZOOKEEPER_CONNECT), "");
    assert_true(settings_is_given(s, SETTING_ZOOKEEPER_CONNECT));
    set(s, "log.retention.bytes", "9223372036854775807", SETTING_SOURCE_STATIC);
    assert_true(settings_long(s, SETTING_LOG_RETENTION_BYTES) == INT64_MAX);
    set(s, "log.retention.bytes", "-9223372036854775808", SETTING_SOURCE_STATIC);
    assert_true(settings_long(s, SETTING_LOG_RETENTION_BYTES) == INT64_MIN);
    set(s, "log.durability", "memory", SETTING_SOURCE_STATIC);
    assert_int_equal(settings_word(s, SETTING_LOG_DURABILITY), 2);
    set(s, "log.cleaner.min.cleanable.ratio", "0.25", SETTING_SOURCE_STATIC);
    assert_true(settings_double(s, SETTING_LOG_CLEANER_MIN_CLEANABLE_RATIO) == 0.25);
    assert_int_equal(settings_check(s, &why), 0);
}

static void test_refusals_are_sentences(void **state)
{
    struct settings *s = *state;

    refuse(s, "log.segment.bytes", "5", ERR_INVALID,
           "log.segment.bytes: 5 is below the least value 14");
    refuse(s, "log.segment.bytes", "2147483648", ERR_INVALID,
           "log.segment.bytes: 2147483648 is above the greatest value 2147483647");
    refuse(s, "log.retention.bytes", "9223372036854775808", ERR_INVALID,
           "log.retention.bytes: 9223372036854775808 is above the greatest value "
           "9223372036854775807");
    refuse(s, "log.retention.bytes", "-9223372036854775809", ERR_INVALID,
           "log.retention.bytes: -9223372036854775809 is below the least value "
           "-9223372036854775808");
    refuse(s, "num.partitions", "many", ERR_INVALID,
           "num.partitions: 'many' is not a whole number");
    refuse(s, "num.partitions", "", ERR_INVALID, "num.partitions: '' is not a whole number");
    refuse(s, "num.partitions", "-", ERR_INVALID, "num.partitions: '-' is not a whole number");
    refuse(s, "num.partitions", "1 2", ERR_INVALID, "num.partitions: '1 2' is not a whole number");
    refuse(s, "delete.topic.enable", "yes", ERR_INVALID,
           "delete.topic.enable: 'yes' is neither true nor false");
    refuse(s, "compression.type", "zip", ERR_INVALID,
           "compression.type: 'zip' is not one of producer,uncompressed,gzip,snappy,lz4,zstd");
    refuse(s, "log.cleanup.policy", "delete,keep", ERR_INVALID,
           "log.cleanup.policy: 'keep' is not one of delete,compact");
    refuse(s, "log.cleaner.min.cleanable.ratio", "1.5", ERR_INVALID,
           "log.cleaner.min.cleanable.ratio: 1.5 is above the greatest value 1");
    refuse(s, "log.cleaner.min.cleanable.ratio", "nan", ERR_INVALID,
           "log.cleaner.min.cleanable.ratio: 'nan' is not a number");
    refuse(s, "compression.gzip.level", "0", ERR_INVALID,
           "compression.gzip.level: 0 is not a level; there are 1 to 9, and -1 for the library's "
           "choice");
    refuse(s, "log.dri", "x", ERR_NOT_FOUND,
           "unknown setting 'log.dri'; the nearest known is 'log.dir'");
    refuse(s, "kein.solcher.name.weit.und.breit", "x", ERR_NOT_FOUND,
           "unknown setting 'kein.solcher.name.weit.und.breit'");
    assert_false(settings_is_given(s, SETTING_LOG_SEGMENT_BYTES));
    assert_false(settings_is_given(s, SETTING_DELETE_TOPIC_ENABLE));
}

static void test_refusal_keeps_the_old_value(void **state)
{
    struct settings *s = *state;

    set(s, "num.partitions", "4", SETTING_SOURCE_STATIC);
    refuse(s, "num.partitions", "0", ERR_INVALID, "num.partitions: 0 is below the least value 1");
    assert_int_equal(settings_int(s, SETTING_NUM_PARTITIONS), 4);
}

static void test_lengths_are_bounded(void **state)
{
    struct settings *s = *state;
    size_t len = SETTING_VALUE_LEN_MAX + 1;
    char *text = malloc(len);

    assert_non_null(text);
    memset(text, 'x', len);
    assert_int_equal(settings_set(s, slice_of(text, SETTING_NAME_LEN_MAX + 1), SLICE_EMPTY,
                                  SETTING_SOURCE_STATIC, &why),
                     ERR_LIMIT);
    assert_int_equal(
        settings_set(s, SLICE_LIT("log.dirs"), slice_of(text, len), SETTING_SOURCE_STATIC, &why),
        ERR_LIMIT);
    assert_int_equal(settings_set(s, SLICE_LIT("log.dirs"), slice_of(text, len - 1),
                                  SETTING_SOURCE_STATIC, &why),
                     0);
    assert_int_equal(
        settings_set(s, SLICE_LIT("log.dirs"), slice_of("a\0b", 3), SETTING_SOURCE_STATIC, &why),
        ERR_INVALID);
    free(text);
}

static void test_nearest(void **state)
{
    (void)state;
    assert_string_equal(setting_nearest(SLICE_LIT("num.partition")), "num.partitions");
    assert_string_equal(setting_nearest(SLICE_LIT("listner")), "listeners");
    assert_string_equal(setting_nearest(SLICE_LIT("log.segment.byts")), "log.segment.bytes");
    assert_null(setting_nearest(SLICE_LIT("x")));
    assert_null(setting_nearest(SLICE_EMPTY));
    assert_string_equal(topic_setting_nearest(SLICE_LIT("retension.ms")), "retention.ms");
    assert_null(topic_setting_nearest(SLICE_LIT("something.else.altogether")));
}

static void test_families(void **state)
{
    struct settings *s = *state;

    assert_true(settings_family_long(s, SETTING_LOG_RETENTION_MS) == 604800000);
    assert_true(settings_family_long(s, SETTING_LOG_FLUSH_INTERVAL_MS) == INT64_MAX);
    assert_string_equal(settings_family_text(s, SETTING_LOG_DIRS), "./data/standalone");
    assert_true(settings_family_long(s, SETTING_NODE_ID) == -1);

    set(s, "log.retention.hours", "2", SETTING_SOURCE_STATIC);
    assert_true(settings_family_long(s, SETTING_LOG_RETENTION_MS) == 7200000);
    set(s, "log.retention.minutes", "3", SETTING_SOURCE_STATIC);
    assert_true(settings_family_long(s, SETTING_LOG_RETENTION_MS) == 180000);
    set(s, "log.retention.ms", "5", SETTING_SOURCE_STATIC);
    assert_true(settings_family_long(s, SETTING_LOG_RETENTION_MS) == 5);
    set(s, "log.retention.ms", "-1", SETTING_SOURCE_STATIC);
    assert_true(settings_family_long(s, SETTING_LOG_RETENTION_MS) == -1);

    set(s, "log.roll.hours", "1", SETTING_SOURCE_STATIC);
    assert_true(settings_family_long(s, SETTING_LOG_ROLL_MS) == 3600000);
    set(s, "log.dir", "/a", SETTING_SOURCE_STATIC);
    assert_string_equal(settings_family_text(s, SETTING_LOG_DIRS), "/a");
    set(s, "log.dirs", "/b,/c", SETTING_SOURCE_STATIC);
    assert_string_equal(settings_family_text(s, SETTING_LOG_DIRS), "/b,/c");
    set(s, "broker.id", "7", SETTING_SOURCE_STATIC);
    assert_true(settings_family_long(s, SETTING_NODE_ID) == 7);
    assert_int_equal(settings_check(s, &why), 0);
    set(s, "node.id", "8", SETTING_SOURCE_STATIC);
    assert_int_equal(settings_check(s, &why), ERR_INVALID);
}

static void test_log_dirs_must_name_one(void **state)
{
    struct settings *s = *state;

    set(s, "log.dirs", " , ", SETTING_SOURCE_STATIC);
    assert_int_equal(settings_check(s, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "no directory is named"));
    set(s, "log.dirs", ",/a", SETTING_SOURCE_STATIC);
    assert_int_equal(settings_check(s, &why), 0);
}

static void test_rules_between_settings(void **state)
{
    struct settings *s = *state;

    set(s, "inter.broker.listener.name", "A", SETTING_SOURCE_STATIC);
    assert_int_equal(settings_check(s, &why), 0);
    set(s, "security.inter.broker.protocol", "SSL", SETTING_SOURCE_STATIC);
    assert_int_equal(settings_check(s, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "give only one of them"));
    settings_unset(s, SLICE_LIT("inter.broker.listener.name"), SETTING_SOURCE_STATIC);
    set(s, "log.cleaner.max.compaction.lag.ms", "5", SETTING_SOURCE_STATIC);
    set(s, "log.cleaner.min.compaction.lag.ms", "6", SETTING_SOURCE_STATIC);
    assert_int_equal(settings_check(s, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "is greater than"));
}

static void test_sources(void **state)
{
    struct settings *s = *state;

    set(s, "message.max.bytes", "100", SETTING_SOURCE_STATIC);
    set(s, "message.max.bytes", "200", SETTING_SOURCE_DYNAMIC_DEFAULT);
    assert_int_equal(settings_int(s, SETTING_MESSAGE_MAX_BYTES), 200);
    set(s, "message.max.bytes", "300", SETTING_SOURCE_DYNAMIC_BROKER);
    assert_int_equal(settings_int(s, SETTING_MESSAGE_MAX_BYTES), 300);
    settings_unset(s, SLICE_LIT("message.max.bytes"), SETTING_SOURCE_DYNAMIC_BROKER);
    assert_int_equal(settings_int(s, SETTING_MESSAGE_MAX_BYTES), 200);
    settings_unset(s, SLICE_LIT("message.max.bytes"), SETTING_SOURCE_DYNAMIC_DEFAULT);
    settings_unset(s, SLICE_LIT("message.max.bytes"), SETTING_SOURCE_STATIC);
    settings_unset(s, SLICE_LIT("no.such.thing"), SETTING_SOURCE_STATIC);
    assert_int_equal(settings_int(s, SETTING_MESSAGE_MAX_BYTES), 1048588);
}

static void test_prefixed_names(void **state)
{
    struct settings *s = *state;
    enum setting_id id;
    size_t len;

    set(s, "listener.name.internal.ssl.keystore.location", "/k", SETTING_SOURCE_STATIC);
    set(s, "listener.name.internal.plain.sasl.jaas.config", "secret", SETTING_SOURCE_STATIC);
    set(s, "listener.name.internal.max.connections", "4", SETTING_SOURCE_STATIC);
    set(s, "listener.name.internal.max.connections", "5", SETTING_SOURCE_STATIC);
    set(s, "rsm.config.anything", "x", SETTING_SOURCE_STATIC);
    assert_string_equal(
        settings_listener_text(s, SLICE_LIT("INTERNAL"), SETTING_SSL_KEYSTORE_LOCATION), "/k");
    assert_null(settings_listener_text(s, SLICE_LIT("OTHER"), SETTING_SSL_KEYSTORE_LOCATION));
    assert_string_equal(settings_listener_text(s, SLICE_LIT("INTERNAL"), SETTING_MAX_CONNECTIONS),
                        "5");
    assert_string_equal(settings_listener_text(s, SLICE_LIT("OTHER"), SETTING_MAX_CONNECTIONS),
                        "2147483647");
    assert_int_equal(
        setting_find_prefixed(SLICE_LIT("listener.name.a.b.num.partitions"), &id, &len), 0);
    assert_int_equal(id, SETTING_NUM_PARTITIONS);
    assert_int_equal(len, strlen("listener.name.a.b."));
    refuse(s, "listener.name.internal.max.connections", "-5", ERR_INVALID,
           "max.connections: -5 is below the least value 0");
    assert_int_equal(setting_find_prefixed(SLICE_LIT("listener.name.a.nothing"), &id, &len),
                     ERR_NOT_FOUND);
    assert_int_equal(setting_find_prefixed(SLICE_LIT("listener.name."), &id, &len), ERR_NOT_FOUND);
    assert_int_equal(setting_find_prefixed(SLICE_LIT("rsm.config."), &id, &len), ERR_NOT_FOUND);
    settings_unset(s, SLICE_LIT("listener.name.internal.max.connections"), SETTING_SOURCE_STATIC);
    assert_string_equal(settings_listener_text(s, SLICE_LIT("INTERNAL"), SETTING_MAX_CONNECTIONS),
                        "2147483647");
}

static void add_ignored(void *arg, const char *name, const struct setting *row)
{
    (void)row;
    str_add_fmt(arg, "%s ", name);
}

static void test_ignored_are_named(void **state)
{
    struct settings *s = *state;
    struct str names;

    str_init(&names, 1000);
    set(s, "num.io.threads", "8", SETTING_SOURCE_STATIC);
    set(s, "num.partitions", "8", SETTING_SOURCE_STATIC);
    set(s, "offsets.topic.replication.factor", "1", SETTING_SOURCE_STATIC);
    set(s, "config.providers.file.class", "x", SETTING_SOURCE_STATIC);
    settings_each_ignored(s, add_ignored, &names);
    assert_string_equal(names.ptr, "num.io.threads config.providers.file.class ");
    str_release(&names);
}

static void test_clone(void **state)
{
    struct settings *s = *state;
    struct settings *clone;

    set(s, "num.partitions", "8", SETTING_SOURCE_STATIC);
    set(s, "listener.name.a.max.connections", "5", SETTING_SOURCE_STATIC);
    assert_int_equal(settings_clone(s, &clone), 0);
    set(clone, "num.partitions", "9", SETTING_SOURCE_STATIC);
    assert_int_equal(settings_int(s, SETTING_NUM_PARTITIONS), 8);
    assert_int_equal(settings_int(clone, SETTING_NUM_PARTITIONS), 9);
    assert_string_equal(settings_listener_text(clone, SLICE_LIT("A"), SETTING_MAX_CONNECTIONS),
                        "5");
    settings_free(clone);
    settings_free(NULL);
}

static void test_list_items(void **state)
{
    struct slice rest = SLICE_LIT(" a, b ,,c");
    struct slice item;

    (void)state;
    assert_true(setting_list_next(&rest, &item));
    assert_true(slice_eq_cstr(item, "a"));
    assert_true(setting_list_next(&rest, &item));
    assert_true(slice_eq_cstr(item, "b"));
    assert_true(setting_list_next(&rest, &item));
    assert_int_equal(item.len, 0);
    assert_true(setting_list_next(&rest, &item));
    assert_true(slice_eq_cstr(item, "c"));
    assert_false(setting_list_next(&rest, &item));
    rest = SLICE_EMPTY;
    assert_false(setting_list_next(&rest, &item));
}

static void test_describe(void **state)
{
    struct settings *s = *state;
    struct setting_view v;

    settings_describe(s, SETTING_LOG_RETENTION_MS, &v);
    assert_true(slice_is_null(v.value));
    assert_int_equal(v.source, SETTING_SOURCE_DEFAULT);
    assert_int_equal(v.synonym_cnt, 1);
    assert_string_equal(v.synonyms[0].name, "log.retention.hours");

    set(s, "log.retention.minutes", "3", SETTING_SOURCE_STATIC);
    set(s, "log.retention.ms", "99", SETTING_SOURCE_DYNAMIC_BROKER);
    settings_describe(s, SETTING_LOG_RETENTION_MS, &v);
    assert_true(slice_eq_cstr(v.value, "99"));
    assert_int_equal(v.source, SETTING_SOURCE_DYNAMIC_BROKER);
    assert_int_equal(v.synonym_cnt, 3);
    assert_string_equal(v.synonyms[1].name, "log.retention.minutes");
    assert_int_equal(v.synonyms[1].source, SETTING_SOURCE_STATIC);
    assert_int_equal(v.synonyms[2].source, SETTING_SOURCE_DEFAULT);
    assert_false(v.is_read_only);

    set(s, "ssl.keystore.password", "secret", SETTING_SOURCE_STATIC);
    settings_describe(s, SETTING_SSL_KEYSTORE_PASSWORD, &v);
    assert_true(v.is_sensitive);
    assert_true(slice_is_null(v.value));
    assert_true(slice_is_null(v.synonyms[0].value));
    assert_int_equal(v.source, SETTING_SOURCE_STATIC);
    assert_int_equal(v.row->type, 9);

    settings_describe(s, SETTING_LOG_DIRS, &v);
    assert_true(v.is_read_only);
    for (int i = 0; i < SETTING_CNT; i++) {
        settings_describe(s, (enum setting_id)i, &v);
        assert_true(v.synonym_cnt <= SETTING_SYNONYMS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_in_order),
        cmocka_unit_test(test_names_of_every_age),
        cmocka_unit_test(test_defaults_are_legal),
        cmocka_unit_test(test_topic_rows_fit_their_broker_rows),
        cmocka_unit_test_setup_teardown(test_known_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_set_and_get, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals_are_sentences, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusal_keeps_the_old_value, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lengths_are_bounded, setup, teardown),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test_setup_teardown(test_families, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_dirs_must_name_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rules_between_settings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sources, setup, teardown),
        cmocka_unit_test_setup_teardown(test_prefixed_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ignored_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clone, setup, teardown),
        cmocka_unit_test(test_list_items),
        cmocka_unit_test_setup_teardown(test_describe, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
