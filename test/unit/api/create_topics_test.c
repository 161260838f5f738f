#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "fake.h"
#include "gen/create_topics.h"

static int setup(void **state)
{
    *state = fake_new();
    fake_add_topic(*state, "there", 1, 1);
    return 0;
}

static int teardown(void **state)
{
    fake_free(*state);
    return 0;
}

static struct create_topics_request request_make(struct fake *f, const char *const *names,
                                                 int32_t cnt)
{
    struct create_topics_request rq;

    create_topics_request_init(&rq);
    rq.topics = create_topics_request_creatable_topic_new(fake_arena(f), cnt);
    rq.topics_cnt = cnt;
    for (int32_t i = 0; i < cnt; i++) {
        rq.topics[i].name = slice_cstr(names[i]);
        rq.topics[i].num_partitions = i + 1;
        rq.topics[i].replication_factor = 1;
    }
    return rq;
}

static struct create_topics_response ask(struct fake *f, int16_t version,
                                         const struct create_topics_request *rq)
{
    struct create_topics_response resp;

    assert_int_equal(fake_call(f, API_CREATE_TOPICS, version, rq, &resp), REQUEST_ANSWERED);
    return resp;
}

static void test_several_in_order(void **state)
{
    const char *const names[] = {"c", "there", "a", "b"};

    for (int16_t v = 0; v <= 7; v++) {
        struct fake *f = fake_new();
        struct create_topics_request rq = request_make(f, names, 4);
        struct create_topics_response resp;

        fake_add_topic(f, "there", 1, 1);
        resp = ask(f, v, &rq);
        assert_int_equal(resp.topics_cnt, 4);
        for (int i = 0; i < 4; i++) {
            assert_true(slice_eq_cstr(resp.topics[i].name, names[i]));
            assert_int_equal(resp.topics[i].error_code, i == 1 ? KERR_TOPIC_ALREADY_EXISTS : 0);
            assert_true(fake_has_topic(f, names[i]));
        }
        if (v >= 1) {
            assert_true(slice_is_null(resp.topics[0].error_message));
            assert_true(resp.topics[1].error_message.len > 0);
        }
        if (v >= 5) {
            assert_int_equal(resp.topics[2].num_partitions, 3);
            assert_int_equal(resp.topics[2].replication_factor, 1);
            assert_int_equal(resp.topics[1].num_partitions, -1);
        }
        if (v >= 7) {
            assert_false(uuid_is_zero(resp.topics[0].topic_id));
            assert_true(uuid_is_zero(resp.topics[1].topic_id));
        }
        fake_free(f);
    }
    (void)state;
}

static void test_nothing_asked_for(void **state)
{
    struct create_topics_request rq = request_make(*state, NULL, 0);

    assert_int_equal(ask(*state, 5, &rq).topics_cnt, 0);
}

static void test_duplicates(void **state)
{
    const char *const names[] = {"x", "y", "x", "x", ""};
    struct create_topics_request rq = request_make(*state, names, 5);
    struct create_topics_response resp = ask(*state, 5, &rq);

    assert_int_equal(resp.topics_cnt, 5);
    assert_int_equal(resp.topics[0].error_code, KERR_INVALID_REQUEST);
    assert_int_equal(resp.topics[1].error_code, KERR_NONE);
    assert_int_equal(resp.topics[2].error_code, KERR_INVALID_REQUEST);
    assert_int_equal(resp.topics[3].error_code, KERR_INVALID_REQUEST);
    assert_false(fake_has_topic(*state, "x"));
    assert_true(fake_has_topic(*state, "y"));
}

static void test_validate_only(void **state)
{
    const char *const names[] = {"x"};
    struct create_topics_request rq = request_make(*state, names, 1);
    struct create_topics_response resp;

    rq.validate_only = true;
    resp = ask(*state, 7, &rq);
    assert_int_equal(resp.topics[0].error_code, KERR_NONE);
    assert_int_equal(resp.topics[0].num_partitions, 1);
    assert_true(uuid_is_zero(resp.topics[0].topic_id));
    assert_true(resp.topics[0].configs_cnt > 0);
    assert_false(fake_has_topic(*state, "x"));
}

static void test_settings_come_back(void **state)
{
    const char *const names[] = {"x"};
    struct create_topics_request rq = request_make(*state, names, 1);
    struct create_topics_response resp;
    int found = 0;

    rq.topics[0].configs = create_topics_request_creatable_topic_config_new(fake_arena(*state), 1);
    rq.topics[0].configs_cnt = 1;
    rq.topics[0].configs[0].name = SLICE_LIT("retention.ms");
    rq.topics[0].configs[0].value = SLICE_LIT("123456");
    fake_set(*state, "log.segment.bytes", "2000000");
    resp = ask(*state, 5, &rq);
    assert_int_equal(resp.topics[0].topic_config_error_code, 0);
    for (int32_t i = 0; i < resp.topics[0].configs_cnt; i++) {
        const struct create_topics_response_creatable_topic_configs *c = &resp.topics[0].configs[i];

        assert_false(slice_is_null(c->name));
        if (slice_eq_cstr(c->name, "retention.ms")) {
            assert_true(slice_eq_cstr(c->value, "123456"));
            assert_int_equal(c->config_source, SETTING_SOURCE_TOPIC);
            found++;
        } else if (slice_eq_cstr(c->name, "segment.bytes")) {
            assert_true(slice_eq_cstr(c->value, "2000000"));
            assert_int_equal(c->config_source, SETTING_SOURCE_STATIC);
            found++;
        } else if (slice_eq_cstr(c->name, "cleanup.policy")) {
            assert_true(slice_eq_cstr(c->value, "delete"));
            assert_int_equal(c->config_source, SETTING_SOURCE_DEFAULT);
            assert_false(c->is_sensitive);
            found++;
        }
    }
    assert_int_equal(found, 3);
}

static void test_time_out(void **state)
{
    struct fake *f = *state;
    const char *const names[] = {"slow", "slower", "dup", "dup"};
    struct create_topics_request rq = request_make(f, names, 4);
    struct create_topics_response resp;

    rq.timeout_ms = 20;
    fake_hold(f);
    fake_send(f, API_CREATE_TOPICS, 5, &rq);
    fake_turn(f, 0);
    assert_int_equal(fake_held(f), 2);
    assert_false(fake_is_answered(f));
    assert_int_equal(fake_receive(f, &resp), REQUEST_ANSWERED);
    assert_int_equal(resp.topics[0].error_code, KERR_REQUEST_TIMED_OUT);
    assert_int_equal(resp.topics[1].error_code, KERR_REQUEST_TIMED_OUT);
    assert_int_equal(resp.topics[2].error_code, KERR_INVALID_REQUEST);
    /* The creations go on after the request, and its memory, are gone. */
    fake_let_go(f);
    assert_true(fake_has_topic(f, "slow"));
    assert_true(fake_has_topic(f, "slower"));
}

static void test_in_time(void **state)
{
    struct fake *f = *state;
    const char *const names[] = {"slow"};
    struct create_topics_request rq = request_make(f, names, 1);
    struct create_topics_response resp;

    rq.timeout_ms = 60000;
    fake_hold(f);
    fake_send(f, API_CREATE_TOPICS, 5, &rq);
    fake_turn(f, 0);
    fake_turn(f, 0);
    assert_false(fake_is_answered(f));
    fake_let_go(f);
    assert_int_equal(fake_receive(f, &resp), REQUEST_ANSWERED);
    assert_int_equal(resp.topics[0].error_code, KERR_NONE);
}

/* No time at all: what is done at once is done, what is not has not been in time. */
static void test_no_time(void **state)
{
    struct fake *f = *state;
    const char *const names[] = {"quick"};
    struct create_topics_request rq = request_make(f, names, 1);
    struct create_topics_response resp;

    rq.timeout_ms = 0;
    assert_int_equal(ask(f, 5, &rq).topics[0].error_code, KERR_NONE);
    rq.timeout_ms = -5;
    rq.topics[0].name = SLICE_LIT("late");
    fake_hold(f);
    resp = ask(f, 5, &rq);
    assert_int_equal(resp.topics[0].error_code, KERR_REQUEST_TIMED_OUT);
    fake_let_go(f);
}

static void test_assignment(void **state)
{
    const char *const names[] = {"x"};
    struct create_topics_request rq = request_make(*state, names, 1);
    int32_t one[] = {1};
    struct create_topics_response resp;

    rq.topics[0].num_partitions = -1;
    rq.topics[0].replication_factor = -1;
    rq.topics[0].assignments =
        create_topics_request_creatable_replica_assignment_new(fake_arena(*state), 2);
    rq.topics[0].assignments_cnt = 2;
    for (int i = 0; i < 2; i++) {
        rq.topics[0].assignments[i].partition_index = i;
        rq.topics[0].assignments[i].broker_ids = one;
        rq.topics[0].assignments[i].broker_ids_cnt = 1;
    }
    resp = ask(*state, 6, &rq);
    assert_int_equal(resp.topics[0].error_code, KERR_NONE);
    assert_int_equal(resp.topics[0].num_partitions, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_several_in_order),
        TEST(test_nothing_asked_for),
        TEST(test_duplicates),
        TEST(test_validate_only),
        TEST(test_settings_come_back),
        TEST(test_time_out),
        TEST(test_in_time),
        TEST(test_no_time),
        TEST(test_assignment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
