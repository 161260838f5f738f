#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "fake.h"
#include "gen/api_versions.h"

static int setup(void **state)
{
    *state = fake_new();
    return 0;
}

static int teardown(void **state)
{
    fake_free(*state);
    return 0;
}

static struct api_versions_request request_make(void)
{
    struct api_versions_request rq;

    api_versions_request_init(&rq);
    rq.client_software_name = SLICE_LIT("ottla-test");
    rq.client_software_version = SLICE_LIT("1.0");
    return rq;
}

static struct api_versions_response ask(struct fake *f, int16_t version,
                                        const struct api_versions_request *rq)
{
    struct api_versions_response resp;

    assert_int_equal(fake_call(f, API_API_VERSIONS, version, rq, &resp), REQUEST_ANSWERED);
    return resp;
}

static void test_every_version_tells_the_table(void **state)
{
    struct api_versions_request rq = request_make();

    for (int16_t v = 0; v <= 5; v++) {
        struct api_versions_response resp = ask(*state, v, &rq);

        assert_int_equal(resp.error_code, KERR_NONE);
        assert_int_equal(resp.api_keys_cnt, api_table_cnt);
        for (size_t i = 0; i < api_table_cnt; i++) {
            assert_int_equal(resp.api_keys[i].api_key, api_table[i].key);
            assert_int_equal(resp.api_keys[i].min_version, api_table[i].min);
            assert_int_equal(resp.api_keys[i].max_version, api_table[i].max);
        }
        assert_int_equal(resp.supported_features_cnt, 0);
        assert_int_equal(resp.finalized_features_cnt, 0);
        assert_int_equal(resp.finalized_features_epoch, -1);
        assert_false(resp.zk_migration_ready);
        assert_int_equal(resp.api_keys[0].api_key, API_PRODUCE);
        assert_int_equal(resp.api_keys[0].min_version, 0); /* old librdkafka looks for it */
    }
}

/* What is advertised can be decoded and answered: the schema has it, and it is not unstable. */
static void test_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_table_cnt; i++) {
        const struct api_key_info *info = &api_key_info[api_table[i].key];

        assert_true(i == 0 || api_table[i - 1].key < api_table[i].key);
        assert_true(api_table[i].min >= info->request->first);
        assert_true(api_table[i].max <= info->request->last);
        assert_true(api_table[i].min <= api_table[i].max);
        assert_int_equal(info->unstable >> api_table[i].min, 0);
        assert_non_null(api_table[i].handle);
        assert_ptr_equal(api_find(api_table[i].key), &api_table[i]);
    }
    assert_null(api_find(-1));
    assert_null(api_find(API_KEY_CNT));
}

static void test_unknown_version_is_answered_in_v0(void **state)
{
    static const int16_t versions[] = {6, 99, INT16_MAX, -1};

    for (size_t i = 0; i < ARRAY_CNT(versions); i++) {
        struct api_versions_response resp;

        /* a body that nobody could read */
        assert_int_equal(
            fake_call_raw(*state, API_API_VERSIONS, versions[i], SLICE_LIT("\xff\xff"), 0, &resp),
            REQUEST_ANSWERED);
        assert_int_equal(resp.error_code, KERR_UNSUPPORTED_VERSION);
        assert_int_equal(resp.api_keys_cnt, 1);
        assert_int_equal(resp.api_keys[0].api_key, API_API_VERSIONS);
        assert_int_equal(resp.api_keys[0].min_version, 0);
        assert_int_equal(resp.api_keys[0].max_version, 5);
    }
}

static void test_software_texts(void **state)
{
    static const char *const good[] = {"a",          "7",         "apache-kafka-java",
                                       "librdkafka", "1.2.3-RC1", "a..b"};
    static const char *const bad[] = {"", "-", "a-", ".a", "a b", "a_b", "a\n", "\xc3\xa4"};
    struct api_versions_request rq = request_make();

    for (size_t i = 0; i < ARRAY_CNT(good); i++) {
        rq.client_software_name = slice_cstr(good[i]);
        assert_int_equal(ask(*state, 3, &rq).error_code, KERR_NONE);
    }
    for (size_t i = 0; i < ARRAY_CNT(bad); i++) {
        rq = request_make();
        rq.client_software_name = slice_cstr(bad[i]);
        assert_int_equal(ask(*state, 3, &rq).error_code, KERR_INVALID_REQUEST);
        rq = request_make();
        rq.client_software_version = slice_cstr(bad[i]);
        assert_int_equal(ask(*state, 4, &rq).error_code, KERR_INVALID_REQUEST);
        assert_int_equal(ask(*state, 2, &rq).error_code, KERR_NONE); /* has no such field */
    }
}

static void test_another_cluster_or_broker(void **state)
{
    struct api_versions_request rq = request_make();
    char ours[UUID_TEXT_LEN + 1];

    uuid_format(fake_id(200), ours);
    rq.cluster_id = slice_cstr(ours);
    rq.node_id = FAKE_BROKER_ID;
    assert_int_equal(ask(*state, 5, &rq).error_code, KERR_NONE);
    rq.node_id = 2;
    assert_int_equal(ask(*state, 5, &rq).error_code, KERR_REBOOTSTRAP_REQUIRED);
    rq.node_id = -1;
    rq.cluster_id = SLICE_LIT("another");
    assert_int_equal(ask(*state, 5, &rq).error_code, KERR_REBOOTSTRAP_REQUIRED);
    assert_int_equal(ask(*state, 4, &rq).error_code, KERR_NONE);
}

static void test_unknown_keys_close(void **state)
{
    struct api_versions_response resp;

    assert_int_equal(fake_call_raw(*state, 999, 0, SLICE_EMPTY, 0, &resp), REQUEST_CLOSE);
    assert_int_equal(fake_call_raw(*state, -1, 0, SLICE_EMPTY, 0, &resp), REQUEST_CLOSE);
    assert_int_equal(fake_call_raw(*state, API_JOIN_GROUP, 0, SLICE_EMPTY, 0, &resp),
                     REQUEST_CLOSE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_version_tells_the_table),     TEST(test_table_is_sound),
        TEST(test_unknown_version_is_answered_in_v0), TEST(test_software_texts),
        TEST(test_another_cluster_or_broker),         TEST(test_unknown_keys_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
