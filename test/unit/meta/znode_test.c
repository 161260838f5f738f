/* The bodies of nodes: exactly Kafka's text out, whatever any Kafka version wrote in, and no trust. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "meta/meta.h"
#include "meta/znode.h"

static struct arena arena;
static struct str text;

static int begin(void **state)
{
    (void)state;
    arena_init(&arena, 16u << 20);
    str_init(&text, META_BODY_LEN_MAX);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_release(&arena);
    str_release(&text);
    return 0;
}

static struct uuid some_id(void)
{
    struct uuid id;

    for (size_t i = 0; i < sizeof(id.b); i++) {
        id.b[i] = (uint8_t)(i * 17 + 3);
    }
    return id;
}

static const struct listeners two_listeners = {
    .cnt = 2,
    .at = {{.protocol = SECURITY_SASL_SSL, .port = 9093, .name = "OUT", .host = "::1"},
           {.protocol = SECURITY_PLAINTEXT, .port = 9092, .name = "IN", .host = "b.example"}}};

static void a_broker_goes_there_and_back(void **state)
{
    static struct znode_broker b;
    static struct znode_broker back;

    (void)state;
    b = (struct znode_broker){
        .endpoints = two_listeners, .rack = SLICE_LIT("r\"1"), .timestamp_ms = 1700000000123};
    assert_int_equal(znode_broker_encode(&b, &text), 0);
    assert_string_equal(
        text.ptr, "{\"version\":5,\"host\":\"b.example\",\"port\":9092,\"endpoints\":[\"OUT://[::1]"
                  ":9093\",\"IN://b.example:9092\"],\"jmx_port\":-1,\"timestamp\":\"1700000000123\""
                  ",\"rack\":\"r\\\"1\",\"listener_security_protocol_map\":{\"OUT\":\"SASL_SSL\","
                  "\"IN\":\"PLAINTEXT\"},\"features\":{}}");
    assert_int_equal(znode_broker_decode(str_view(&text), &arena, &back), 0);
    assert_int_equal(back.endpoints.cnt, 2);
    assert_string_equal(back.endpoints.at[0].host, "::1");
    assert_string_equal(back.endpoints.at[0].name, "OUT");
    assert_int_equal(back.endpoints.at[0].protocol, SECURITY_SASL_SSL);
    assert_int_equal(back.endpoints.at[0].port, 9093);
    assert_true(slice_eq_cstr(back.rack, "r\"1"));
    assert_int_equal(back.timestamp_ms, 1700000000123);
}

static void a_broker_without_plaintext_has_no_host(void **state)
{
    static struct znode_broker b;

    (void)state;
    b.endpoints = two_listeners;
    b.endpoints.cnt = 1;
    b.rack = SLICE_NULL;
    assert_int_equal(znode_broker_encode(&b, &text), 0);
    assert_non_null(strstr(text.ptr, "\"host\":null,\"port\":-1,"));
    assert_null(strstr(text.ptr, "rack"));
}

/* Version 4 of a real cluster, and one of before listeners had names. */
static void older_brokers_are_read(void **state)
{
    static struct znode_broker b;

    (void)state;
    assert_int_equal(
        znode_broker_decode(
            SLICE_LIT("{\"listener_security_protocol_map\":{\"PLAINTEXT\":\"PLAINTEXT\"},"
                      "\"endpoints\":[\"PLAINTEXT://kafka-1.lan:9092\"],\"jmx_port\":-1,\"host\":"
                      "\"kafka-1.lan\",\"timestamp\":\"1594302131\",\"port\":9092,\"version\":4}"),
            &arena, &b),
        0);
    assert_string_equal(b.endpoints.at[0].host, "kafka-1.lan");
    assert_true(slice_is_null(b.rack));
    assert_int_equal(
        znode_broker_decode(SLICE_LIT("{\"version\":2,\"host\":\"h\",\"port\":9092,\"jmx_port\":1,"
                                      "\"timestamp\":\"1\",\"endpoints\":[\"SSL://h:9093\"]}"),
                            &arena, &b),
        0);
    assert_int_equal(b.endpoints.at[0].protocol, SECURITY_SSL);
}

static void a_topic_goes_there_and_back(void **state)
{
    static const broker_id_t ids[] = {1, 2, 3};
    const struct znode_replicas partitions[] = {{2, ids}, {3, ids}, {0, ids}};
    struct znode_topic t = {.id = some_id(), .partition_cnt = 3, .partitions = partitions};
    struct znode_topic back;
    char id[UUID_TEXT_LEN + 1];
    char expected[256];

    (void)state;
    uuid_format(t.id, id);
    (void)snprintf(expected, sizeof(expected),
                   "{\"removing_replicas\":{},\"partitions\":{\"0\":[1,2],\"1\":[1,2,3],\"2\":[]},"
                   "\"topic_id\":\"%s\",\"adding_replicas\":{},\"version\":3}",
                   id);
    assert_int_equal(znode_topic_encode(&t, &text), 0);
    assert_string_equal(text.ptr, expected);
    assert_int_equal(znode_topic_decode(str_view(&text), &arena, &back), 0);
    assert_true(uuid_eq(back.id, t.id));
    assert_int_equal(back.partition_cnt, 3);
    assert_int_equal(back.partitions[1].cnt, 3);
    assert_int_equal(back.partitions[1].ids[2], 3);
    assert_int_equal(back.partitions[2].cnt, 0);
}

static void older_topics_are_read(void **state)
{
    struct znode_topic t;

    (void)state;
    assert_int_equal(
        znode_topic_decode(SLICE_LIT("{\"version\":1,\"partitions\":{\"10\":[1],"
                                     "\"1\":[1],\"0\":[2],\"2\":[1],\"3\":[1],\"4\":[1]"
                                     ",\"5\":[1],\"6\":[1],\"7\":[1],\"8\":[1],\"9\":"
                                     "[4]}}"),
                           &arena, &t),
        0);
    assert_true(uuid_is_zero(t.id));
    assert_int_equal(t.partition_cnt, 11);
    assert_int_equal(t.partitions[0].ids[0], 2);
    assert_int_equal(t.partitions[9].ids[0], 4);
}

static void a_state_goes_there_and_back(void **state)
{
    static const broker_id_t isr[] = {4, 5};
    struct znode_state s = {
        .leader = 4, .leader_epoch = 6, .controller_epoch = 2, .isr_cnt = 2, .isr = isr};
    struct znode_state back;

    (void)state;
    assert_int_equal(znode_state_encode(&s, &text), 0);
    assert_string_equal(text.ptr, "{\"controller_epoch\":2,\"leader\":4,\"version\":1,"
                                  "\"leader_epoch\":6,\"isr\":[4,5]}");
    assert_int_equal(znode_state_decode(str_view(&text), &arena, &back), 0);
    assert_int_equal(back.leader, 4);
    assert_int_equal(back.leader_epoch, 6);
    assert_int_equal(back.isr_cnt, 2);
    assert_int_equal(back.isr[1], 5);
    assert_int_equal(back.leader_recovery_state, 0);
    s.leader_recovery_state = 1;
    str_clear(&text);
    assert_int_equal(znode_state_encode(&s, &text), 0);
    assert_int_equal(znode_state_decode(str_view(&text), &arena, &back), 0);
    assert_int_equal(back.leader_recovery_state, 1);
}

static void a_config_goes_there_and_back(void **state)
{
    const struct setting_pair pairs[] = {{SLICE_LIT("a"), SLICE_LIT("1")},
                                         {SLICE_LIT("b"), SLICE_LIT("x\ny \xc3\xa9")},
                                         {SLICE_LIT("a"), SLICE_LIT("2")}};
    struct znode_config c = {.pairs = pairs, .pair_cnt = 3};
    struct znode_config back;

    (void)state;
    assert_int_equal(znode_config_encode(&c, &text), 0);
    assert_string_equal(text.ptr,
                        "{\"version\":1,\"config\":{\"a\":\"2\",\"b\":\"x\\ny \xc3\xa9\"}}");
    assert_int_equal(znode_config_decode(str_view(&text), &arena, &back), 0);
    assert_int_equal(back.pair_cnt, 2);
    assert_true(slice_eq(back.pairs[1].value, pairs[1].value));
}

/* What could not be read back must not be written. */
static void text_that_is_not_text_is_refused(void **state)
{
    const struct setting_pair pairs[] = {{SLICE_LIT("a"), SLICE_LIT("\xff\xfe")},
                                         {SLICE_LIT("a"), SLICE_LIT("x\0y")},
                                         {SLICE_LIT("a\0b"), SLICE_LIT("x")},
                                         {SLICE_LIT("a\xc3"), SLICE_LIT("x")},
                                         {SLICE_LIT(""), SLICE_LIT("x")}};

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(pairs); i++) {
        struct znode_config c = {.pairs = &pairs[i], .pair_cnt = 1};

        assert_int_equal(znode_config_encode(&c, &text), ERR_INVALID);
    }
}

static void the_cluster_goes_there_and_back(void **state)
{
    struct uuid id;
    struct znode_controller c = {.broker_id = 3, .timestamp_ms = 17};
    struct znode_controller c_back;
    struct znode_producer_ids p = {.broker_id = 1, .first = 1000, .last = 1999};
    struct znode_producer_ids p_back;
    int32_t epoch;

    (void)state;
    assert_int_equal(znode_cluster_id_encode(some_id(), &text), 0);
    assert_int_equal(strncmp(text.ptr, "{\"version\":\"1\",\"id\":\"", 21), 0);
    assert_int_equal(znode_cluster_id_decode(str_view(&text), &id), 0);
    assert_true(uuid_eq(id, some_id()));
    str_clear(&text);
    assert_int_equal(znode_controller_encode(&c, &text), 0);
    assert_string_equal(text.ptr, "{\"version\":2,\"brokerid\":3,\"timestamp\":\"17\","
                                  "\"kraftControllerEpoch\":-1}");
    assert_int_equal(znode_controller_decode(str_view(&text), &c_back), 0);
    assert_int_equal(c_back.broker_id, 3);
    assert_int_equal(
        znode_controller_decode(
            SLICE_LIT("{\"version\":1,\"brokerid\":0,\"timestamp\":\"1594302131\"}"), &c_back),
        0);
    assert_int_equal(c_back.timestamp_ms, 1594302131);
    str_clear(&text);
    assert_int_equal(znode_producer_ids_encode(&p, &text), 0);
    assert_string_equal(text.ptr, "{\"version\":1,\"broker\":1,\"block_start\":\"1000\","
                                  "\"block_end\":\"1999\"}");
    assert_int_equal(znode_producer_ids_decode(str_view(&text), &p_back), 0);
    assert_int_equal(p_back.last, 1999);
    assert_int_equal(znode_epoch_decode(SLICE_LIT("42"), &epoch), 0);
    assert_int_equal(epoch, 42);
    assert_int_equal(znode_epoch_decode(SLICE_LIT(""), &epoch), ERR_INVALID);
    assert_int_equal(znode_epoch_decode(SLICE_LIT("-"), &epoch), ERR_INVALID);
    assert_int_equal(znode_epoch_decode(SLICE_LIT("-1"), &epoch), ERR_INVALID);
    assert_int_equal(znode_epoch_decode(SLICE_LIT("99999999999"), &epoch), ERR_INVALID);
}

static void nothing_is_trusted(void **state)
{
    static const char *const topics[] = {
        "",
        "{",
        "[]",
        "null",
        "7",
        "{}",
        "{\"version\":3}",
        "{\"version\":\"3\",\"partitions\":{}}",
        "{\"version\":0,\"partitions\":{}}",
        "{\"version\":3,\"partitions\":[]}",
        "{\"version\":3,\"partitions\":{\"1\":[1]}}",
        "{\"version\":3,\"partitions\":{\"0\":[1],\"2\":[1]}}",
        "{\"version\":3,\"partitions\":{\"0\":[1],\"00\":[1]}}",
        "{\"version\":3,\"partitions\":{\"-0\":[1],\"0\":[1]}}",
        "{\"version\":3,\"partitions\":{\"x\":[1]}}",
        "{\"version\":3,\"partitions\":{\"\":[1]}}",
        "{\"version\":3,\"partitions\":{\"99999999999999999999\":[1]}}",
        "{\"version\":3,\"partitions\":{\"0\":1}}",
        "{\"version\":3,\"partitions\":{\"0\":[\"1\"]}}",
        "{\"version\":3,\"partitions\":{\"0\":[4294967296]}}",
        "{\"version\":3,\"partitions\":{\"0\":[1.5]}}",
        "{\"version\":3,\"partitions\":{\"0\":[1]},\"topic_id\":\"short\"}",
        "{\"version\":3,\"partitions\":{\"0\":[1]},\"topic_id\":5}",
        "{\"version\":3,\"partitions\":{\"0\":[1]}} more",
    };
    static const char *const endpoints[] = {"",
                                            "h",
                                            "PLAINTEXT",
                                            "PLAINTEXT:",
                                            "PLAINTEXT://",
                                            "PLAINTEXT://h",
                                            "PLAINTEXT://h:",
                                            "PLAINTEXT://h:x",
                                            "PLAINTEXT://h:65536",
                                            "PLAINTEXT://h:-1",
                                            "PLAINTEXT://:1",
                                            "://h:1",
                                            "WHAT://h:1"};
    static struct znode_broker b;
    struct znode_topic t;
    struct znode_config c;
    struct znode_state s;
    struct uuid id;
    char body[512];

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(topics); i++) {
        if (znode_topic_decode(slice_cstr(topics[i]), &arena, &t) != ERR_INVALID) {
            fail_msg("%s", topics[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_CNT(endpoints); i++) {
        (void)snprintf(body, sizeof(body),
                       "{\"version\":2,\"timestamp\":\"1\",\"endpoints\":[\"%s\"]}", endpoints[i]);
        if (znode_broker_decode(slice_cstr(body), &arena, &b) != ERR_INVALID) {
            fail_msg("%s", endpoints[i]);
        }
    }
    assert_int_equal(
        znode_config_decode(SLICE_LIT("{\"version\":1,\"config\":{\"a\":1}}"), &arena, &c),
        ERR_INVALID);
    assert_int_equal(znode_state_decode(SLICE_LIT("{\"version\":1,\"leader\":1}"), &arena, &s),
                     ERR_INVALID);
    assert_int_equal(znode_cluster_id_decode(SLICE_LIT("{\"id\":\"\"}"), &id), ERR_INVALID);
}

static void depth_and_size_are_bounded(void **state)
{
    char *deep = malloc(META_BODY_LEN_MAX + 2);
    struct znode_topic t;
    struct arena small;
    size_t at;

    (void)state;
    assert_non_null(deep);
    memset(deep, '[', META_BODY_LEN_MAX + 1);
    assert_int_equal(znode_topic_decode(slice_of(deep, META_BODY_LEN_MAX), &arena, &t),
                     ERR_INVALID);
    assert_int_equal(znode_topic_decode(slice_of(deep, META_BODY_LEN_MAX + 1), &arena, &t),
                     ERR_LIMIT);
    /* Brackets within a string are text. */
    assert_int_equal(
        znode_topic_decode(
            SLICE_LIT("{\"version\":3,\"x\":\"[[[[[[[[[[[[[[\\\"[[[[[[\",\"partitions\":{}}"),
            &arena, &t),
        0);
    /* More replicas than anyone has. */
    at = (size_t)snprintf(deep, 64, "{\"version\":1,\"partitions\":{\"0\":[1");
    for (int i = 0; i < REPLICAS_PER_PARTITION_MAX; i++) {
        deep[at++] = ',';
        deep[at++] = '1';
    }
    memcpy(deep + at, "]}}", 3);
    assert_int_equal(znode_topic_decode(slice_of(deep, at + 3), &arena, &t), ERR_LIMIT);
    arena_init(&small, 1024);
    assert_int_equal(znode_topic_decode(SLICE_LIT("{\"version\":3,\"partitions\":{}}"), &small, &t),
                     0);
    arena_release(&small);
    free(deep);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_broker_goes_there_and_back),    T(a_broker_without_plaintext_has_no_host),
        T(older_brokers_are_read),          T(a_topic_goes_there_and_back),
        T(older_topics_are_read),           T(a_state_goes_there_and_back),
        T(a_config_goes_there_and_back),    T(text_that_is_not_text_is_refused),
        T(the_cluster_goes_there_and_back), T(nothing_is_trusted),
        T(depth_and_size_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
