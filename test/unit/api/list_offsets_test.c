/* What ListOffsets refuses. That it finds offsets is held by the end-to-end tests, over real logs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "fake.h"
#include "gen/list_offsets.h"

static int setup(void **state)
{
    struct fake *f = fake_new();

    fake_add_topic(f, "here", 1, 4);
    fake_add_topic_on(f, "elsewhere", 2, 1, (const broker_id_t[]){2, 1}, 2, 2);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fake_free(*state);
    return 0;
}

struct asked {
    const char *topic;
    int32_t partition;
    int64_t timestamp;
};

static struct list_offsets_response ask(struct fake *f, int16_t version, const struct asked *asked,
                                        int32_t cnt)
{
    struct list_offsets_request rq;
    struct list_offsets_response resp;

    list_offsets_request_init(&rq);
    rq.replica_id = -1;
    rq.topics_cnt = cnt;
    rq.topics = list_offsets_request_topic_new(fake_arena(f), cnt);
    for (int32_t i = 0; i < cnt; i++) {
        rq.topics[i].name = slice_cstr(asked[i].topic);
        rq.topics[i].partitions_cnt = 1;
        rq.topics[i].partitions = list_offsets_request_partition_new(fake_arena(f), 1);
        rq.topics[i].partitions[0].partition_index = asked[i].partition;
        rq.topics[i].partitions[0].timestamp = asked[i].timestamp;
    }
    assert_int_equal(fake_call(f, API_LIST_OFFSETS, version, &rq, &resp), REQUEST_ANSWERED);
    assert_int_equal(resp.topics_cnt, cnt);
    for (int32_t i = 0; i < cnt; i++) {
        assert_int_equal(resp.topics[i].partitions_cnt, 1);
        assert_int_equal(resp.topics[i].partitions[0].partition_index, asked[i].partition);
    }
    return resp;
}

static void test_unknown_and_elsewhere(void **state)
{
    const struct asked asked[] = {
        {"nope", 0, -1}, {"", 0, -2}, {"here", 4, -1}, {"here", -1, -1}, {"elsewhere", 0, -1},
    };

    for (int16_t v = 0; v <= 11; v++) {
        struct list_offsets_response resp = ask(*state, v, asked, 5);

        for (int i = 0; i < 5; i++) {
            assert_int_equal(resp.topics[i].partitions[0].error_code,
                             i == 4 ? KERR_NOT_LEADER_OR_FOLLOWER
                                    : KERR_UNKNOWN_TOPIC_OR_PARTITION);
            if (v > 0) {
                assert_int_equal(resp.topics[i].partitions[0].offset, -1);
                assert_int_equal(resp.topics[i].partitions[0].timestamp, -1);
                assert_int_equal(resp.topics[i].partitions[0].leader_epoch, -1);
            } else {
                assert_int_equal(resp.topics[i].partitions[0].old_style_offsets_cnt, 0);
            }
        }
    }
}

static void test_named_twice(void **state)
{
    const struct asked asked[] = {
        {"elsewhere", 0, -1},
        {"here", 9, -1},
        {"elsewhere", 0, -2},
        {"here", 8, -1},
    };
    struct list_offsets_response resp = ask(*state, 1, asked, 4);

    assert_int_equal(resp.topics[0].partitions[0].error_code, KERR_INVALID_REQUEST);
    assert_int_equal(resp.topics[1].partitions[0].error_code, KERR_UNKNOWN_TOPIC_OR_PARTITION);
    assert_int_equal(resp.topics[2].partitions[0].error_code, KERR_INVALID_REQUEST);
    assert_int_equal(resp.topics[3].partitions[0].error_code, KERR_UNKNOWN_TOPIC_OR_PARTITION);
    resp = ask(*state, 0, asked, 4);
    assert_int_equal(resp.topics[0].partitions[0].error_code, KERR_NOT_LEADER_OR_FOLLOWER);
}

/* Each special timestamp has the version it came with; what nobody knows is refused in all. */
static void test_special_timestamps(void **state)
{
    static const struct {
        int64_t timestamp;
        int16_t since;
    } specials[] = {{-1, 1}, {-2, 1},  {-3, 7},  {-4, 8},
                    {-5, 9}, {-6, 11}, {-7, 99}, {INT64_MIN, 99}};

    for (size_t i = 0; i < ARRAY_CNT(specials); i++) {
        for (int16_t v = 1; v <= 11; v++) {
            const struct asked asked = {"elsewhere", 0, specials[i].timestamp};
            struct list_offsets_response resp = ask(*state, v, &asked, 1);

            assert_int_equal(resp.topics[0].partitions[0].error_code,
                             v < specials[i].since ? KERR_UNSUPPORTED_VERSION
                                                   : KERR_NOT_LEADER_OR_FOLLOWER);
        }
    }
}

static void test_nothing_asked_for(void **state)
{
    struct list_offsets_request rq;
    struct list_offsets_response resp;

    list_offsets_request_init(&rq);
    for (int16_t v = 0; v <= 11; v++) {
        rq.topics_cnt = 0;
        assert_int_equal(fake_call(*state, API_LIST_OFFSETS, v, &rq, &resp), REQUEST_ANSWERED);
        assert_int_equal(resp.topics_cnt, 0);
        rq.topics_cnt = 1;
        rq.topics = list_offsets_request_topic_new(fake_arena(*state), 1);
        rq.topics[0].name = SLICE_LIT("here");
        assert_int_equal(fake_call(*state, API_LIST_OFFSETS, v, &rq, &resp), REQUEST_ANSWERED);
        assert_int_equal(resp.topics_cnt, 1);
        assert_int_equal(resp.topics[0].partitions_cnt, 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_unknown_and_elsewhere),
        TEST(test_named_twice),
        TEST(test_special_timestamps),
        TEST(test_nothing_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
