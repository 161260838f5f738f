#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "fake.h"
#include "gen/delete_topics.h"

static int setup(void **state)
{
    struct fake *f = fake_new();

    fake_add_topic(f, "a", 1, 1);
    fake_add_topic(f, "b", 2, 1);
    fake_add_topic(f, "c", 3, 1);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fake_free(*state);
    return 0;
}

static struct delete_topics_response ask(struct fake *f, int16_t version,
                                         const struct delete_topics_request *rq)
{
    struct delete_topics_response resp;

    assert_int_equal(fake_call(f, API_DELETE_TOPICS, version, rq, &resp), REQUEST_ANSWERED);
    return resp;
}

static struct delete_topics_request by_names(struct fake *f, const char *const *names, int32_t cnt)
{
    struct delete_topics_request rq;

    delete_topics_request_init(&rq);
    rq.timeout_ms = 10000;
    rq.topic_names_cnt = cnt;
    rq.topic_names = arena_calloc(fake_arena(f), (size_t)cnt, sizeof(struct slice));
    rq.topics_cnt = cnt;
    rq.topics = delete_topics_request_topic_state_new(fake_arena(f), cnt);
    for (int32_t i = 0; i < cnt; i++) {
        rq.topic_names[i] = slice_cstr(names[i]);
        rq.topics[i].name = slice_cstr(names[i]);
    }
    return rq;
}

static void test_by_name(void **state)
{
    const char *const names[] = {"b", "nope", "a"};

    for (int16_t v = 0; v <= 6; v++) {
        struct fake *f = fake_new();
        struct delete_topics_request rq = by_names(f, names, 3);
        struct delete_topics_response resp;

        fake_add_topic(f, "a", 1, 1);
        fake_add_topic(f, "b", 2, 1);
        resp = ask(f, v, &rq);
        assert_int_equal(resp.responses_cnt, 3);
        for (int i = 0; i < 3; i++) {
            assert_true(slice_eq_cstr(resp.responses[i].name, names[i]));
            assert_int_equal(resp.responses[i].error_code,
                             i == 1 ? KERR_UNKNOWN_TOPIC_OR_PARTITION : KERR_NONE);
            assert_false(fake_has_topic(f, names[i]));
        }
        if (v >= 5) {
            assert_true(resp.responses[1].error_message.len > 0);
            assert_true(slice_is_null(resp.responses[0].error_message));
        }
        if (v >= 6) {
            assert_true(uuid_eq(resp.responses[0].topic_id, fake_id(2)));
        }
        fake_free(f);
    }
    (void)state;
}

static void test_by_id(void **state)
{
    struct delete_topics_request rq;
    struct delete_topics_response resp;

    delete_topics_request_init(&rq);
    rq.timeout_ms = 10000;
    rq.topics_cnt = 4;
    rq.topics = delete_topics_request_topic_state_new(fake_arena(*state), 4);
    rq.topics[0].topic_id = fake_id(3);
    rq.topics[1].topic_id = fake_id(99);
    rq.topics[2].name = SLICE_LIT("a"); /* both at once */
    rq.topics[2].topic_id = fake_id(1);
    /* the fourth is neither */
    resp = ask(*state, 6, &rq);
    assert_int_equal(resp.responses[0].error_code, KERR_NONE);
    assert_true(slice_eq_cstr(resp.responses[0].name, "c"));
    assert_int_equal(resp.responses[1].error_code, KERR_UNKNOWN_TOPIC_ID);
    assert_true(slice_is_null(resp.responses[1].name));
    assert_true(uuid_eq(resp.responses[1].topic_id, fake_id(99)));
    assert_int_equal(resp.responses[2].error_code, KERR_INVALID_REQUEST);
    assert_int_equal(resp.responses[3].error_code, KERR_INVALID_REQUEST);
    assert_false(fake_has_topic(*state, "c"));
    assert_true(fake_has_topic(*state, "a"));
}

static void test_duplicates(void **state)
{
    const char *const names[] = {"a", "b", "a"};
    struct delete_topics_request rq = by_names(*state, names, 3);
    struct delete_topics_response resp = ask(*state, 4, &rq);

    assert_int_equal(resp.responses[0].error_code, KERR_INVALID_REQUEST);
    assert_int_equal(resp.responses[1].error_code, KERR_NONE);
    assert_int_equal(resp.responses[2].error_code, KERR_INVALID_REQUEST);
    assert_true(fake_has_topic(*state, "a"));

    /* once by its name, once by its id */
    rq.topics_cnt = 2;
    rq.topics[1].name = SLICE_NULL;
    rq.topics[1].topic_id = fake_id(1);
    resp = ask(*state, 6, &rq);
    assert_int_equal(resp.responses[0].error_code, KERR_INVALID_REQUEST);
    assert_int_equal(resp.responses[1].error_code, KERR_INVALID_REQUEST);
    assert_true(fake_has_topic(*state, "a"));
}

static void test_disabled(void **state)
{
    const char *const names[] = {"a"};
    struct delete_topics_request rq = by_names(*state, names, 1);

    fake_set(*state, "delete.topic.enable", "false");
    assert_int_equal(ask(*state, 3, &rq).responses[0].error_code, KERR_TOPIC_DELETION_DISABLED);
    assert_int_equal(ask(*state, 2, &rq).responses[0].error_code, KERR_INVALID_REQUEST);
    assert_int_equal(fake_catalog_calls(*state), 0);
}

static void test_nothing_asked_for(void **state)
{
    struct delete_topics_request rq = by_names(*state, NULL, 0);

    assert_int_equal(ask(*state, 1, &rq).responses_cnt, 0);
    assert_int_equal(ask(*state, 6, &rq).responses_cnt, 0);
}

static void test_time_out(void **state)
{
    struct fake *f = *state;
    const char *const names[] = {"a", "c"};
    struct delete_topics_request rq = by_names(f, names, 2);
    struct delete_topics_response resp;

    rq.timeout_ms = 20;
    fake_hold(f);
    resp = ask(f, 6, &rq);
    assert_int_equal(resp.responses[0].error_code, KERR_REQUEST_TIMED_OUT);
    assert_int_equal(resp.responses[1].error_code, KERR_REQUEST_TIMED_OUT);
    assert_true(fake_has_topic(f, "a"));
    fake_let_go(f);
    assert_false(fake_has_topic(f, "a"));
    assert_false(fake_has_topic(f, "c"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_by_name),           TEST(test_by_id),
        TEST(test_duplicates),        TEST(test_disabled),
        TEST(test_nothing_asked_for), TEST(test_time_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
