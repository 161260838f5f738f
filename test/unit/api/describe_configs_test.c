#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "fake.h"
#include "gen/describe_configs.h"

static int setup(void **state)
{
    struct fake *f = fake_new();

    fake_add_topic(f, "plain", 1, 1);
    fake_add_topic_with(f, "kept", 2, "retention.ms", "86400000");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fake_free(*state);
    return 0;
}

static struct describe_configs_request request_make(struct fake *f, int8_t type, const char *name,
                                                    const char *const *keys, int32_t cnt)
{
    struct describe_configs_request rq;

    describe_configs_request_init(&rq);
    rq.resources_cnt = 1;
    rq.resources = describe_configs_request_resource_new(fake_arena(f), 1);
    rq.resources[0].resource_type = type;
    rq.resources[0].resource_name = slice_cstr(name);
    rq.resources[0].configuration_keys_cnt = keys == NULL ? -1 : cnt;
    if (keys != NULL) {
        rq.resources[0].configuration_keys =
            arena_calloc(fake_arena(f), (size_t)cnt, sizeof(struct slice));
        for (int32_t i = 0; i < cnt; i++) {
            rq.resources[0].configuration_keys[i] = slice_cstr(keys[i]);
        }
    }
    return rq;
}

static struct describe_configs_response ask(struct fake *f, int16_t version,
                                            const struct describe_configs_request *rq)
{
    struct describe_configs_response resp;

    assert_int_equal(fake_call(f, API_DESCRIBE_CONFIGS, version, rq, &resp), REQUEST_ANSWERED);
    return resp;
}

static const struct describe_configs_response_resource_result *row_find(
    const struct describe_configs_response *resp, const char *name)
{
    for (int32_t i = 0; i < resp->results[0].configs_cnt; i++) {
        if (slice_eq_cstr(resp->results[0].configs[i].name, name)) {
            return &resp->results[0].configs[i];
        }
    }
    return NULL;
}

static const struct describe_configs_response_resource_result *row_of(
    const struct describe_configs_response *resp, const char *name)
{
    const struct describe_configs_response_resource_result *row = row_find(resp, name);

    if (row == NULL) {
        fail_msg("no setting %s in the answer", name);
    }
    return row;
}

static void test_all_of_a_topic(void **state)
{
    struct describe_configs_request rq =
        request_make(*state, CONFIG_RESOURCE_TOPIC, "kept", NULL, 0);

    for (int16_t v = 0; v <= 4; v++) {
        struct describe_configs_response resp = ask(*state, v, &rq);
        const struct describe_configs_response_resource_result *set = row_of(&resp, "retention.ms");
        const struct describe_configs_response_resource_result *dflt =
            row_of(&resp, "cleanup.policy");

        assert_int_equal(resp.results[0].error_code, KERR_NONE);
        assert_int_equal(resp.results[0].resource_type, CONFIG_RESOURCE_TOPIC);
        assert_true(slice_eq_cstr(resp.results[0].resource_name, "kept"));
        assert_true(slice_eq_cstr(set->value, "86400000"));
        assert_true(slice_eq_cstr(dflt->value, "delete"));
        assert_false(set->read_only);
        if (v == 0) {
            assert_false(set->is_default);
            assert_true(dflt->is_default);
        } else {
            assert_int_equal(set->config_source, SETTING_SOURCE_TOPIC);
            assert_int_equal(dflt->config_source, SETTING_SOURCE_DEFAULT);
            assert_int_equal(set->synonyms_cnt, 0); /* not asked for */
        }
        if (v >= 3) {
            assert_int_equal(set->config_type, SETTING_TYPE_LONG);
            assert_true(slice_is_null(set->documentation));
        }
        /* a setting of the past is not shown to those who ask for everything */
        assert_null(row_find(&resp, "message.format.version"));
    }
}

static void test_synonyms_and_documentation(void **state)
{
    const char *const keys[] = {"retention.ms"};
    struct describe_configs_request rq =
        request_make(*state, CONFIG_RESOURCE_TOPIC, "kept", keys, 1);
    const struct describe_configs_response_resource_result *row;
    struct describe_configs_response resp;

    fake_set(*state, "log.retention.hours", "2");
    rq.include_synonyms = true;
    rq.include_documentation = true;
    resp = ask(*state, 4, &rq);
    assert_int_equal(resp.results[0].configs_cnt, 1);
    row = row_of(&resp, "retention.ms");
    assert_true(row->documentation.len > 10);
    assert_true(row->synonyms_cnt >= 2);
    assert_true(slice_eq_cstr(row->synonyms[0].name, "retention.ms"));
    assert_true(slice_eq_cstr(row->synonyms[0].value, "86400000"));
    assert_int_equal(row->synonyms[0].source, SETTING_SOURCE_TOPIC);
    assert_int_equal(row->synonyms[1].source, SETTING_SOURCE_STATIC);
}

/* A value that is converted from another unit is a text of its own. */
static void test_converted_values(void **state)
{
    const char *const keys[] = {"retention.ms"};
    struct describe_configs_request rq =
        request_make(*state, CONFIG_RESOURCE_TOPIC, "plain", keys, 1);
    struct describe_configs_response resp;

    fake_set(*state, "log.retention.hours", "2");
    resp = ask(*state, 4, &rq);
    assert_true(slice_eq_cstr(row_of(&resp, "retention.ms")->value, "7200000"));
}

static void test_named_keys(void **state)
{
    const char *const keys[] = {"segment.bytes", "nonsense",      "",
                                "retention.ms",  "segment.bytes", "message.format.version"};
    struct describe_configs_request rq =
        request_make(*state, CONFIG_RESOURCE_TOPIC, "plain", keys, 6);
    struct describe_configs_response resp = ask(*state, 4, &rq);

    assert_int_equal(resp.results[0].configs_cnt, 3);
    (void)row_of(&resp, "message.format.version"); /* who asks by name is told */
    rq.resources[0].configuration_keys_cnt = 0;
    assert_int_equal(ask(*state, 4, &rq).results[0].configs_cnt, 0);
}

static void test_topics_that_are_not_there(void **state)
{
    struct describe_configs_request rq =
        request_make(*state, CONFIG_RESOURCE_TOPIC, "nope", NULL, 0);
    struct describe_configs_response resp = ask(*state, 1, &rq);

    assert_int_equal(resp.results[0].error_code, KERR_UNKNOWN_TOPIC_OR_PARTITION);
    assert_int_equal(resp.results[0].configs_cnt, 0);
    assert_true(resp.results[0].error_message.len > 0);
    rq.resources[0].resource_name = SLICE_LIT("a/b");
    assert_int_equal(ask(*state, 1, &rq).results[0].error_code, KERR_INVALID_TOPIC_EXCEPTION);
    rq.resources[0].resource_name = SLICE_EMPTY;
    assert_int_equal(ask(*state, 1, &rq).results[0].error_code, KERR_INVALID_TOPIC_EXCEPTION);
}

static void test_broker(void **state)
{
    struct describe_configs_request rq = request_make(*state, CONFIG_RESOURCE_BROKER, "1", NULL, 0);
    struct describe_configs_response resp;
    const struct describe_configs_response_resource_result *row;

    fake_set(*state, "num.partitions", "7");
    fake_set(*state, "ssl.key.password", "secret");
    rq.include_synonyms = true;
    resp = ask(*state, 4, &rq);
    assert_int_equal(resp.results[0].error_code, KERR_NONE);
    row = row_of(&resp, "num.partitions");
    assert_true(slice_eq_cstr(row->value, "7"));
    assert_int_equal(row->config_source, SETTING_SOURCE_STATIC);
    assert_true(row->read_only);
    assert_int_equal(row->config_type, SETTING_TYPE_INT);
    row = row_of(&resp, "ssl.key.password");
    assert_true(row->is_sensitive);
    assert_true(slice_is_null(row->value));
    for (int32_t i = 0; i < row->synonyms_cnt; i++) {
        assert_true(slice_is_null(row->synonyms[i].value));
    }
}

static void test_broker_names(void **state)
{
    static const char *const others[] = {"2", "01", "+1", "1 ", "-1", "x", "11111111111"};
    struct describe_configs_request rq = request_make(*state, CONFIG_RESOURCE_BROKER, "", NULL, 0);
    struct describe_configs_response resp = ask(*state, 4, &rq);

    assert_int_equal(resp.results[0].error_code, KERR_NONE); /* the defaults of all: none set */
    assert_int_equal(resp.results[0].configs_cnt, 0);
    for (size_t i = 0; i < ARRAY_CNT(others); i++) {
        rq.resources[0].resource_name = slice_cstr(others[i]);
        assert_int_equal(ask(*state, 4, &rq).results[0].error_code, KERR_INVALID_REQUEST);
    }
}

static void test_other_types(void **state)
{
    static const int8_t types[] = {0, 1, 3, 8, 16, 32, 127, -1};

    for (size_t i = 0; i < ARRAY_CNT(types); i++) {
        struct describe_configs_request rq = request_make(*state, types[i], "1", NULL, 0);
        struct describe_configs_response resp = ask(*state, 2, &rq);

        assert_int_equal(resp.results_cnt, 1);
        assert_int_equal(resp.results[0].error_code, KERR_INVALID_REQUEST);
        assert_int_equal(resp.results[0].resource_type, types[i]);
        assert_true(resp.results[0].error_message.len > 0);
    }
}

static void test_several_resources(void **state)
{
    struct describe_configs_request rq;
    struct describe_configs_response resp;

    describe_configs_request_init(&rq);
    assert_int_equal(ask(*state, 1, &rq).results_cnt, 0);
    rq.resources_cnt = 4;
    rq.resources = describe_configs_request_resource_new(fake_arena(*state), 4);
    for (int i = 0; i < 4; i++) {
        rq.resources[i].configuration_keys_cnt = -1;
        rq.resources[i].resource_type = i == 1 ? CONFIG_RESOURCE_BROKER : CONFIG_RESOURCE_TOPIC;
        rq.resources[i].resource_name = i == 1   ? SLICE_LIT("1")
                                        : i == 3 ? SLICE_LIT("kept")
                                                 : SLICE_LIT("plain");
    }
    resp = ask(*state, 1, &rq);
    assert_int_equal(resp.results_cnt, 3);
    assert_true(slice_eq_cstr(resp.results[0].resource_name, "plain"));
    assert_int_equal(resp.results[1].resource_type, CONFIG_RESOURCE_BROKER);
    assert_true(slice_eq_cstr(resp.results[2].resource_name, "kept"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_of_a_topic),
        TEST(test_synonyms_and_documentation),
        TEST(test_converted_values),
        TEST(test_named_keys),
        TEST(test_topics_that_are_not_there),
        TEST(test_broker),
        TEST(test_broker_names),
        TEST(test_other_types),
        TEST(test_several_resources),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
