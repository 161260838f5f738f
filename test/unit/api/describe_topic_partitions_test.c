#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "fake.h"
#include "gen/describe_topic_partitions.h"

static int setup(void **state)
{
    struct fake *f = fake_new();

    fake_add_topic(f, "m", 1, 3);
    fake_add_topic(f, "b", 2, 2);
    fake_add_topic(f, "z", 3, 1);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fake_free(*state);
    return 0;
}

static struct describe_topic_partitions_response ask(
    struct fake *f, const struct describe_topic_partitions_request *rq)
{
    struct describe_topic_partitions_response resp;

    assert_int_equal(fake_call(f, API_DESCRIBE_TOPIC_PARTITIONS, 0, rq, &resp), REQUEST_ANSWERED);
    return resp;
}

static struct describe_topic_partitions_request request_make(struct fake *f,
                                                             const char *const *names, int32_t cnt)
{
    struct describe_topic_partitions_request rq;

    describe_topic_partitions_request_init(&rq);
    rq.topics = describe_topic_partitions_request_topic_request_new(fake_arena(f), cnt);
    rq.topics_cnt = cnt;
    for (int32_t i = 0; i < cnt; i++) {
        rq.topics[i].name = slice_cstr(names[i]);
    }
    return rq;
}

static void test_all_sorted(void **state)
{
    struct describe_topic_partitions_request rq = request_make(*state, NULL, 0);
    struct describe_topic_partitions_response resp = ask(*state, &rq);
    const struct describe_topic_partitions_response_partition *p;

    assert_int_equal(resp.topics_cnt, 3);
    assert_true(slice_eq_cstr(resp.topics[0].name, "b"));
    assert_true(slice_eq_cstr(resp.topics[1].name, "m"));
    assert_true(slice_eq_cstr(resp.topics[2].name, "z"));
    assert_null(resp.next_cursor);
    assert_true(uuid_eq(resp.topics[1].topic_id, fake_id(1)));
    assert_int_equal(resp.topics[1].topic_authorized_operations, 3576);
    assert_int_equal(resp.topics[1].partitions_cnt, 3);
    p = &resp.topics[1].partitions[2];
    assert_int_equal(p->partition_index, 2);
    assert_int_equal(p->leader_id, 1);
    assert_int_equal(p->leader_epoch, 5);
    assert_int_equal(p->replica_nodes_cnt, 1);
    assert_int_equal(p->isr_nodes_cnt, 1);
    assert_int_equal(p->eligible_leader_replicas_cnt, 0);
    assert_int_equal(p->last_known_elr_cnt, 0);
    assert_int_equal(p->offline_replicas_cnt, 0);
}

/* Page by page each partition comes once, in order, whatever the size of a page. */
static void test_pages(void **state)
{
    static const char *const want = "b0b1m0m1m2z0";

    for (int32_t limit = 1; limit <= 7; limit++) {
        struct describe_topic_partitions_request rq = request_make(*state, NULL, 0);
        struct describe_topic_partitions_request_cursor cursor;
        char got[64] = "";
        size_t len = 0;

        rq.response_partition_limit = limit;
        for (int page = 0; page < 10; page++) {
            struct describe_topic_partitions_response resp = ask(*state, &rq);
            int32_t cnt = 0;

            for (int32_t i = 0; i < resp.topics_cnt; i++) {
                assert_int_equal(resp.topics[i].error_code, KERR_NONE);
                for (int32_t k = 0; k < resp.topics[i].partitions_cnt; k++) {
                    got[len++] = (char)resp.topics[i].name.ptr[0];
                    got[len++] = (char)('0' + resp.topics[i].partitions[k].partition_index);
                    cnt++;
                }
            }
            assert_true(cnt >= 1 && cnt <= limit);
            if (resp.next_cursor == NULL) {
                break;
            }
            cursor.topic_name = resp.next_cursor->topic_name;
            cursor.partition_index = resp.next_cursor->partition_index;
            rq.cursor = &cursor;
        }
        assert_string_equal(got, want);
    }
}

static void test_listed(void **state)
{
    const char *const names[] = {"z", "a/b", "nope", "b", "z", ""};
    struct describe_topic_partitions_request rq = request_make(*state, names, 6);
    struct describe_topic_partitions_response resp = ask(*state, &rq);

    assert_int_equal(resp.topics_cnt, 5);
    assert_int_equal(resp.topics[0].error_code, KERR_INVALID_TOPIC_EXCEPTION); /* "" */
    assert_int_equal(resp.topics[1].error_code, KERR_INVALID_TOPIC_EXCEPTION); /* a/b */
    assert_int_equal(resp.topics[2].error_code, KERR_NONE);
    assert_true(slice_eq_cstr(resp.topics[2].name, "b"));
    assert_int_equal(resp.topics[3].error_code, KERR_UNKNOWN_TOPIC_OR_PARTITION);
    assert_int_equal(resp.topics[3].partitions_cnt, 0);
    assert_true(slice_eq_cstr(resp.topics[4].name, "z"));
}

static void test_limits(void **state)
{
    struct describe_topic_partitions_request rq = request_make(*state, NULL, 0);
    struct describe_topic_partitions_response resp;

    rq.response_partition_limit = 0; /* a page holds one at least */
    resp = ask(*state, &rq);
    assert_int_equal(resp.topics_cnt, 1);
    assert_int_equal(resp.topics[0].partitions_cnt, 1);
    assert_non_null(resp.next_cursor);
    fake_set(*state, "max.request.partition.size.limit", "4");
    rq.response_partition_limit = 2000;
    resp = ask(*state, &rq);
    assert_int_equal(resp.topics_cnt, 2);
    assert_true(slice_eq_cstr(resp.next_cursor->topic_name, "m"));
    assert_int_equal(resp.next_cursor->partition_index, 2);
}

static void test_odd_cursors(void **state)
{
    const char *const names[] = {"b", "z"};
    struct describe_topic_partitions_request rq = request_make(*state, names, 2);
    struct describe_topic_partitions_request_cursor cursor = {SLICE_LIT("gone"), 7};
    struct describe_topic_partitions_response resp;

    /* A topic that went away meanwhile: on with the one behind it. */
    rq.cursor = &cursor;
    resp = ask(*state, &rq);
    assert_int_equal(resp.topics_cnt, 1);
    assert_true(slice_eq_cstr(resp.topics[0].name, "z"));
    assert_int_equal(resp.topics[0].partitions_cnt, 1);
    /* Beyond the topic's end. */
    cursor.topic_name = SLICE_LIT("b");
    cursor.partition_index = INT32_MAX;
    resp = ask(*state, &rq);
    assert_int_equal(resp.topics_cnt, 2);
    assert_int_equal(resp.topics[0].partitions_cnt, 0);
    assert_int_equal(resp.topics[1].partitions_cnt, 1);
    cursor.partition_index = -1;
    resp = ask(*state, &rq);
    assert_int_equal(resp.topics_cnt, 2);
    assert_int_equal(resp.topics[0].error_code, KERR_INVALID_REQUEST);
    assert_int_equal(resp.topics[1].error_code, KERR_INVALID_REQUEST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_sorted), TEST(test_pages),       TEST(test_listed),
        TEST(test_limits),     TEST(test_odd_cursors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
