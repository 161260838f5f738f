#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "fake.h"
#include "gen/describe_cluster.h"

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

static struct describe_cluster_response ask(struct fake *f, int16_t version,
                                            const struct describe_cluster_request *rq)
{
    struct describe_cluster_response resp;

    assert_int_equal(fake_call(f, API_DESCRIBE_CLUSTER, version, rq, &resp), REQUEST_ANSWERED);
    return resp;
}

static void test_brokers(void **state)
{
    struct describe_cluster_request rq;

    describe_cluster_request_init(&rq);
    for (int16_t v = 0; v <= 2; v++) {
        struct describe_cluster_response resp;

        fake_listener(*state, "PLAINTEXT", false);
        resp = ask(*state, v, &rq);
        assert_int_equal(resp.error_code, KERR_NONE);
        assert_true(slice_is_null(resp.error_message));
        assert_int_equal(resp.cluster_id.len, UUID_TEXT_LEN);
        assert_int_equal(resp.controller_id, 1);
        assert_int_equal(resp.endpoint_type, 1);
        assert_int_equal(resp.brokers_cnt, 1);
        assert_int_equal(resp.brokers[0].broker_id, 1);
        assert_true(slice_eq_cstr(resp.brokers[0].host, "one.example"));
        assert_int_equal(resp.brokers[0].port, 9092);
        assert_true(slice_eq_cstr(resp.brokers[0].rack, "r1"));
        assert_false(resp.brokers[0].is_fenced);
        assert_int_equal(resp.cluster_authorized_operations, INT32_MIN);
        fake_listener(*state, "INTERNAL", true);
        assert_int_equal(ask(*state, v, &rq).brokers_cnt, 2);
    }
}

static void test_authorized_operations(void **state)
{
    struct describe_cluster_request rq;

    describe_cluster_request_init(&rq);
    rq.include_cluster_authorized_operations = true;
    assert_int_equal(ask(*state, 0, &rq).cluster_authorized_operations, 8096);
}

static void test_other_endpoints(void **state)
{
    struct describe_cluster_request rq;
    struct describe_cluster_response resp;

    describe_cluster_request_init(&rq);
    rq.endpoint_type = 2;
    resp = ask(*state, 1, &rq);
    assert_int_equal(resp.error_code, KERR_MISMATCHED_ENDPOINT_TYPE);
    assert_true(resp.error_message.len > 0);
    assert_int_equal(resp.brokers_cnt, 0);
    rq.endpoint_type = 77;
    assert_int_equal(ask(*state, 2, &rq).error_code, KERR_UNSUPPORTED_ENDPOINT_TYPE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_brokers),
        TEST(test_authorized_operations),
        TEST(test_other_endpoints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
