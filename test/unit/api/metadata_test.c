#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/err.h"
#include "fake.h"
#include "gen/metadata.h"

static int setup(void **state)
{
    struct fake *f = fake_new();

    fake_add_topic(f, "alpha", 1, 2);
    fake_add_topic(f, "beta.x", 2, 1);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fake_free(*state);
    return 0;
}

static struct metadata_response ask(struct fake *f, int16_t version, struct metadata_request *rq)
{
    struct metadata_response resp;

    assert_int_equal(fake_call(f, API_METADATA, version, rq, &resp), REQUEST_ANSWERED);
    return resp;
}

static struct metadata_response ask_names(struct fake *f, int16_t version, const char *const *names,
                                          int32_t cnt, bool auto_create)
{
    struct metadata_request rq;

    metadata_request_init(&rq);
    rq.topics = metadata_request_topic_new(fake_arena(f), cnt);
    rq.topics_cnt = cnt;
    for (int32_t i = 0; i < cnt; i++) {
        rq.topics[i].name = slice_cstr(names[i]);
    }
    rq.allow_auto_topic_creation = auto_create;
    return ask(f, version, &rq);
}

static const struct metadata_response_topic *topic_of(const struct metadata_response *resp,
                                                      const char *name)
{
    for (int32_t i = 0; i < resp->topics_cnt; i++) {
        if (slice_eq_cstr(resp->topics[i].name, name)) {
            return &resp->topics[i];
        }
    }
    fail_msg("no topic %s in the answer", name);
    return NULL;
}

static void test_all_topics(void **state)
{
    struct metadata_request rq;
    struct metadata_response resp;

    for (int16_t v = 0; v <= 13; v++) {
        metadata_request_init(&rq);
        rq.topics_cnt = v == 0 ? 0 : -1;
        resp = ask(*state, v, &rq);
        assert_int_equal(resp.topics_cnt, 2);
        assert_int_equal(topic_of(&resp, "alpha")->partitions_cnt, 2);
        assert_int_equal(topic_of(&resp, "alpha")->error_code, KERR_NONE);
        if (v > 0) { /* an empty list is no topics */
            rq.topics_cnt = 0;
            assert_int_equal(ask(*state, v, &rq).topics_cnt, 0);
        }
    }
}

static void test_one_topic_in_full(void **state)
{
    struct metadata_response resp = ask_names(*state, 12, (const char *const[]){"alpha"}, 1, false);
    const struct metadata_response_topic *t = topic_of(&resp, "alpha");

    assert_int_equal(resp.brokers_cnt, 1); /* the other has no PLAINTEXT */
    assert_int_equal(resp.brokers[0].node_id, 1);
    assert_true(slice_eq_cstr(resp.brokers[0].host, "one.example"));
    assert_int_equal(resp.brokers[0].port, 9092);
    assert_true(slice_eq_cstr(resp.brokers[0].rack, "r1"));
    assert_int_equal(resp.cluster_id.len, UUID_TEXT_LEN);
    assert_int_equal(resp.controller_id, 1);
    assert_int_equal(resp.topics_cnt, 1);
    assert_true(uuid_eq(t->topic_id, fake_id(1)));
    assert_false(t->is_internal);
    assert_int_equal(t->partitions_cnt, 2);
    assert_int_equal(t->partitions[1].partition_index, 1);
    assert_int_equal(t->partitions[1].leader_id, 1);
    assert_int_equal(t->partitions[1].leader_epoch, 5);
    assert_int_equal(t->partitions[1].replica_nodes_cnt, 1);
    assert_int_equal(t->partitions[1].replica_nodes[0], 1);
    assert_int_equal(t->partitions[1].isr_nodes_cnt, 1);
    assert_int_equal(t->partitions[1].offline_replicas_cnt, 0);
    assert_int_equal(t->topic_authorized_operations, INT32_MIN);
}

static void test_by_listener(void **state)
{
    struct fake *f = *state;
    struct metadata_response resp;

    fake_listener(f, "INTERNAL", true);
    resp = ask_names(f, 9, (const char *const[]){"alpha"}, 1, false);
    assert_int_equal(resp.brokers_cnt, 2);
    assert_int_equal(resp.brokers[1].node_id, 2);
    assert_true(slice_eq_cstr(resp.brokers[1].host, "10.0.0.2"));
    assert_true(slice_is_null(resp.brokers[1].rack));
}

static void test_leaders_out_of_reach(void **state)
{
    struct fake *f = *state;
    const broker_id_t both[] = {2, 1};
    const broker_id_t lost[] = {9};
    struct metadata_response resp;
    const struct metadata_response_partition *p;

    fake_add_topic_on(f, "led-by-2", 3, 1, both, 2, 2);
    fake_add_topic_on(f, "led-by-9", 4, 1, lost, 1, 9);
    fake_add_topic_on(f, "leaderless", 5, 1, both, 2, BROKER_ID_NONE);

    resp = ask_names(f, 8, (const char *const[]){"led-by-2"}, 1, false);
    p = &resp.topics[0].partitions[0];
    assert_int_equal(p->error_code, KERR_LISTENER_NOT_FOUND);
    assert_int_equal(p->leader_id, -1);
    assert_int_equal(p->replica_nodes_cnt, 2);
    assert_int_equal(p->offline_replicas_cnt, 1);
    assert_int_equal(p->offline_replicas[0], 2);

    resp = ask_names(f, 5, (const char *const[]){"led-by-2"}, 1, false);
    assert_int_equal(resp.topics[0].partitions[0].error_code, KERR_LEADER_NOT_AVAILABLE);
    resp = ask_names(f, 8, (const char *const[]){"led-by-9"}, 1, false);
    assert_int_equal(resp.topics[0].partitions[0].error_code, KERR_LEADER_NOT_AVAILABLE);
    resp = ask_names(f, 8, (const char *const[]){"leaderless"}, 1, false);
    assert_int_equal(resp.topics[0].partitions[0].error_code, KERR_LEADER_NOT_AVAILABLE);

    /* v0 hides who cannot be reached */
    fake_add_topic_on(f, "followed-by-2", 6, 1, both, 2, 1);
    resp = ask_names(f, 0, (const char *const[]){"followed-by-2"}, 1, false);
    p = &resp.topics[0].partitions[0];
    assert_int_equal(p->error_code, KERR_REPLICA_NOT_AVAILABLE);
    assert_int_equal(p->replica_nodes_cnt, 1);
    assert_int_equal(p->replica_nodes[0], 1);
    assert_int_equal(p->isr_nodes_cnt, 1);
}

static void test_unknown_invalid_and_twice(void **state)
{
    const char *const names[] = {"alpha", "", "nope", "a/b", "alpha", "nope", ".."};
    struct metadata_response resp = ask_names(*state, 4, names, 7, false);

    assert_int_equal(resp.topics_cnt, 5);
    assert_int_equal(topic_of(&resp, "alpha")->error_code, KERR_NONE);
    assert_int_equal(topic_of(&resp, "nope")->error_code, KERR_UNKNOWN_TOPIC_OR_PARTITION);
    assert_int_equal(topic_of(&resp, "a/b")->error_code, KERR_INVALID_TOPIC_EXCEPTION);
    assert_int_equal(topic_of(&resp, "")->error_code, KERR_INVALID_TOPIC_EXCEPTION);
    assert_int_equal(topic_of(&resp, "..")->error_code, KERR_INVALID_TOPIC_EXCEPTION);
    fake_turn(*state, 0);
    assert_int_equal(fake_catalog_calls(*state), 0);
}

static void test_by_id(void **state)
{
    struct metadata_request rq;
    struct metadata_response resp;

    metadata_request_init(&rq);
    rq.topics = metadata_request_topic_new(fake_arena(*state), 4);
    rq.topics_cnt = 4;
    for (int i = 0; i < 4; i++) {
        rq.topics[i].name = SLICE_NULL;
    }
    rq.topics[0].topic_id = fake_id(2);
    rq.topics[1].topic_id = fake_id(77);
    rq.topics[2].topic_id = fake_id(2);
    resp = ask(*state, 12, &rq);
    assert_int_equal(resp.topics_cnt, 3);
    assert_true(slice_eq_cstr(resp.topics[0].name, "beta.x"));
    assert_int_equal(resp.topics[0].partitions_cnt, 1);
    assert_int_equal(resp.topics[1].error_code, KERR_UNKNOWN_TOPIC_ID);
    assert_true(slice_is_null(resp.topics[1].name));
    assert_true(uuid_eq(resp.topics[1].topic_id, fake_id(77)));
    assert_int_equal(resp.topics[2].error_code, KERR_UNKNOWN_TOPIC_ID); /* neither name nor id */

    /* too early: every topic is refused, and nothing else is told */
    resp = ask(*state, 11, &rq);
    assert_int_equal(resp.topics_cnt, 4);
    assert_int_equal(resp.topics[0].error_code, KERR_INVALID_REQUEST);
    assert_int_equal(resp.topics[3].error_code, KERR_INVALID_REQUEST);
    assert_int_equal(resp.brokers_cnt, 0);
}

static void test_auto_creation(void **state)
{
    struct fake *f = *state;
    const char *const one[] = {"fresh"};
    struct metadata_response resp = ask_names(f, 9, one, 1, true);

    assert_int_equal(resp.topics[0].error_code, KERR_LEADER_NOT_AVAILABLE);
    assert_int_equal(resp.topics[0].partitions_cnt, 0);
    fake_turn(f, 0);
    assert_true(fake_has_topic(f, "fresh"));
    resp = ask_names(f, 9, one, 1, true);
    assert_int_equal(resp.topics[0].error_code, KERR_NONE);
    assert_int_equal(resp.topics[0].partitions_cnt, 3); /* the catalog was asked for the default */
    assert_int_equal(fake_catalog_calls(f), 1);

    /* before v4 nobody can say no */
    resp = ask_names(f, 1, (const char *const[]){"old"}, 1, true);
    assert_int_equal(resp.topics[0].error_code, KERR_LEADER_NOT_AVAILABLE);
    fake_turn(f, 0);
    assert_true(fake_has_topic(f, "old"));
}

static void test_auto_creation_refused(void **state)
{
    struct fake *f = *state;
    const char *const names[] = {"a b", "beta_x", "__consumer_offsets"};
    struct metadata_response resp = ask_names(f, 9, names, 3, true);

    assert_int_equal(topic_of(&resp, "a b")->error_code, KERR_INVALID_TOPIC_EXCEPTION);
    assert_int_equal(topic_of(&resp, "beta_x")->error_code, KERR_INVALID_TOPIC_EXCEPTION);
    assert_int_equal(topic_of(&resp, names[2])->error_code, KERR_UNKNOWN_TOPIC_OR_PARTITION);
    assert_true(topic_of(&resp, names[2])->is_internal);
    fake_set(f, "auto.create.topics.enable", "false");
    resp = ask_names(f, 9, (const char *const[]){"fresh"}, 1, true);
    assert_int_equal(resp.topics[0].error_code, KERR_UNKNOWN_TOPIC_OR_PARTITION);
    fake_turn(f, 0);
    assert_int_equal(fake_catalog_calls(f), 0);
}

/* A creation that was under way when another began is not an error, and leaks nothing. */
static void test_auto_creation_twice(void **state)
{
    struct fake *f = *state;

    fake_hold(f);
    (void)ask_names(f, 9, (const char *const[]){"fresh"}, 1, true);
    (void)ask_names(f, 9, (const char *const[]){"fresh"}, 1, true);
    fake_turn(f, 0);
    assert_int_equal(fake_held(f), 2);
    fake_let_go(f);
    assert_true(fake_has_topic(f, "fresh"));
}

static void test_auto_creation_is_bounded(void **state)
{
    struct fake *f = *state;
    struct metadata_request rq;
    struct metadata_response resp;
    char text[1000][16];

    metadata_request_init(&rq);
    rq.topics = metadata_request_topic_new(fake_arena(f), 1000);
    rq.topics_cnt = 1000;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(text[i], sizeof(text[i]), "t%d", i);
        rq.topics[i].name = slice_cstr(text[i]);
    }
    resp = ask(f, 9, &rq);
    assert_int_equal(resp.topics_cnt, 1000);
    assert_int_equal(resp.topics[999].error_code, KERR_LEADER_NOT_AVAILABLE);
    fake_turn(f, 0);
    assert_int_equal(fake_catalog_calls(f), 100);
}

static void test_authorized_operations(void **state)
{
    struct metadata_request rq;
    struct metadata_response resp;

    metadata_request_init(&rq);
    rq.topics_cnt = -1;
    rq.include_topic_authorized_operations = true;
    rq.include_cluster_authorized_operations = true;
    resp = ask(*state, 8, &rq);
    /* read, write, create, delete, alter, describe, describe and alter configs */
    assert_int_equal(resp.topics[0].topic_authorized_operations, 3576);
    assert_int_equal(resp.cluster_authorized_operations, 8096);
    rq.include_cluster_authorized_operations = false;
    resp = ask(*state, 8, &rq);
    assert_int_equal(resp.cluster_authorized_operations, INT32_MIN);
}

static void test_broken_bodies_close(void **state)
{
    static const uint8_t many[] = {0x7f, 0xff, 0xff, 0xff};
    struct metadata_response resp;

    assert_int_equal(fake_call_raw(*state, API_METADATA, 1, SLICE_EMPTY, 1, &resp), REQUEST_CLOSE);
    assert_int_equal(fake_call_raw(*state, API_METADATA, 1, slice_of(many, 4), 1, &resp),
                     REQUEST_CLOSE);
    assert_int_equal(fake_call_raw(*state, API_METADATA, 14, SLICE_EMPTY, 1, &resp), REQUEST_CLOSE);
    assert_int_equal(fake_call_raw(*state, API_METADATA, -1, SLICE_EMPTY, 1, &resp), REQUEST_CLOSE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_topics),
        TEST(test_one_topic_in_full),
        TEST(test_by_listener),
        TEST(test_leaders_out_of_reach),
        TEST(test_unknown_invalid_and_twice),
        TEST(test_by_id),
        TEST(test_auto_creation),
        TEST(test_auto_creation_refused),
        TEST(test_auto_creation_twice),
        TEST(test_auto_creation_is_bounded),
        TEST(test_authorized_operations),
        TEST(test_broken_bodies_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
