/* Bytes written out by hand from the protocol's rules, held against the codecs in both directions. Spaces
 * part the fields; a slash ends a struct's tagged section. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gen/api_versions.h"
#include "gen/describe_topic_partitions.h"
#include "gen/fetch.h"
#include "gen/header.h"
#include "gen/metadata.h"
#include "gen/produce.h"

#define BYTES_MAX 512
#define STRUCT_BYTES_MAX 512
#define ARENA_BYTES 65536

static size_t from_hex(const char *hex, uint8_t ret[BYTES_MAX])
{
    size_t digits = 0;

    for (; *hex != '\0'; hex++) {
        if (isxdigit((unsigned char)*hex)) {
            int nibble = isdigit((unsigned char)*hex) ? *hex - '0' : *hex - 'a' + 10;

            ret[digits / 2] = (uint8_t)(digits % 2 == 0 ? nibble << 4 : ret[digits / 2] | nibble);
            digits++;
        }
    }
    assert_int_equal(digits % 2, 0);
    return digits / 2;
}

static void expect_encoded(const struct msg_desc *d, const void *m, int16_t version,
                           const uint8_t *wire, size_t len)
{
    uint8_t got[BYTES_MAX];
    size_t size = msg_size(d, m, version);
    struct chain c;
    struct wr w;

    chain_init(&c);
    wr_init(&w, &c, size);
    assert_int_equal(msg_encode(d, m, &w, version), 0);
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(c.len, len);
    assert_int_equal(size, len);
    assert_int_equal(chain_copy_out(&c, got, sizeof(got)), 0);
    assert_memory_equal(got, wire, len);
    chain_clear(&c);
}

/* m encodes to these bytes, and they decode to something that prints as m does and encodes to them. */
static void expect_both_ways(const struct msg_desc *d, const void *m, int16_t version,
                             const char *hex)
{
    uint8_t wire[BYTES_MAX];
    _Alignas(16) uint8_t parsed[STRUCT_BYTES_MAX];
    size_t len = from_hex(hex, wire);
    struct arena a;
    struct str want;
    struct str got;
    struct rd r;

    assert_true(d->schema->structs[d->root].size <= sizeof(parsed));
    arena_init(&a, ARENA_BYTES);
    str_init(&want, ARENA_BYTES);
    str_init(&got, ARENA_BYTES);
    msg_dump(d, m, &want, version);

    rd_init(&r, slice_of(wire, len));
    assert_int_equal(msg_decode(d, parsed, &r, version, &a), 0);
    assert_int_equal(rd_finish(&r), 0);
    msg_dump(d, parsed, &got, version);
    assert_string_equal(got.ptr, want.ptr);
    expect_encoded(d, parsed, version, wire, len);
    expect_encoded(d, m, version, wire, len);

    str_release(&want);
    str_release(&got);
    arena_release(&a);
}

static void headers(void **state)
{
    struct request_header q;
    struct response_header p;

    (void)state;
    request_header_init(&q);
    q.request_api_key = 18;
    q.request_api_version = 3;
    q.correlation_id = 7;
    q.client_id = SLICE_LIT("ab");
    expect_both_ways(&request_header_desc, &q, 0, "0012 0003 00000007");
    expect_both_ways(&request_header_desc, &q, 1, "0012 0003 00000007 0002 6162");
    /* The client id keeps its int16 length in the flexible version. */
    expect_both_ways(&request_header_desc, &q, 2, "0012 0003 00000007 0002 6162 /00");
    q.client_id = SLICE_NULL;
    expect_both_ways(&request_header_desc, &q, 2, "0012 0003 00000007 ffff /00");
    response_header_init(&p);
    p.correlation_id = 7;
    expect_both_ways(&response_header_desc, &p, 0, "00000007");
    expect_both_ways(&response_header_desc, &p, 1, "00000007 /00");
}

static void api_versions(void **state)
{
    struct api_versions_response_version key;
    struct api_versions_response p;
    struct api_versions_request q;

    (void)state;
    api_versions_request_init(&q);
    expect_both_ways(&api_versions_request_desc, &q, 0, "");
    q.client_software_name = SLICE_LIT("kcat");
    q.client_software_version = SLICE_LIT("1.0");
    expect_both_ways(&api_versions_request_desc, &q, 3, "05 6b636174  04 312e30 /00");

    api_versions_response_version_init(&key);
    key.api_key = 18;
    key.max_version = 3;
    api_versions_response_init(&p);
    p.api_keys = &key;
    p.api_keys_cnt = 1;
    p.throttle_time_ms = 9;
    p.finalized_features_epoch = 5;
    expect_both_ways(&api_versions_response_desc, &p, 0, "0000 00000001 0012 0000 0003");
    expect_both_ways(&api_versions_response_desc, &p, 1, "0000 00000001 0012 0000 0003 00000009");
    expect_both_ways(&api_versions_response_desc, &p, 3,
                     "0000 02 0012 0000 0003 /00 00000009 /01 01 08 0000000000000005");
    p.finalized_features_epoch = -1;
    p.error_code = 35;
    p.api_keys_cnt = 0;
    expect_both_ways(&api_versions_response_desc, &p, 3, "0023 01 00000009 /00");
}

static void produce(void **state)
{
    struct produce_request_partition_produce_data part;
    struct produce_request_topic_produce_data topic;
    struct produce_request q;
    static const uint8_t records[] = {1, 2, 3};

    (void)state;
    produce_request_partition_produce_data_init(&part);
    part.index = 4;
    part.records.mem = slice_of(records, sizeof(records));
    produce_request_topic_produce_data_init(&topic);
    topic.name = SLICE_LIT("t");
    topic.partition_data = &part;
    topic.partition_data_cnt = 1;
    produce_request_init(&q);
    q.acks = -1;
    q.timeout_ms = 30000;
    q.topic_data = &topic;
    q.topic_data_cnt = 1;
    expect_both_ways(&produce_request_desc, &q, 3,
                     "ffff ffff 00007530 00000001 0001 74 00000001 00000004 00000003 010203");
    expect_both_ways(&produce_request_desc, &q, 9,
                     "00 ffff 00007530 02 02 74 02 00000004 04 010203 /00 /00 /00");
    topic.topic_id.b[0] = 0xab;
    topic.topic_id.b[15] = 0xcd;
    expect_both_ways(&produce_request_desc, &q, 13,
                     "00 ffff 00007530 02 ab0000000000000000000000000000cd 02"
                     "00000004 04 010203 /00 /00 /00");
    q.transactional_id = SLICE_LIT("x");
    part.records.mem = SLICE_NULL;
    expect_both_ways(&produce_request_desc, &q, 3,
                     "0001 78 ffff 00007530 00000001 0001 74 00000001 00000004 ffffffff");
    /* Before version 3 there was no transactional id. */
    expect_both_ways(&produce_request_desc, &q, 0,
                     "ffff 00007530 00000001 0001 74 00000001 00000004 ffffffff");
}

static void produce_answer(void **state)
{
    struct produce_response_partition_produce_response part;
    struct produce_response_topic_produce_response topic;
    struct produce_response p;

    (void)state;
    produce_response_partition_produce_response_init(&part);
    part.index = 4;
    part.base_offset = 42;
    part.log_start_offset = 1;
    produce_response_topic_produce_response_init(&topic);
    topic.name = SLICE_LIT("t");
    topic.partition_responses = &part;
    topic.partition_responses_cnt = 1;
    produce_response_init(&p);
    p.responses = &topic;
    p.responses_cnt = 1;
    expect_both_ways(&produce_response_desc, &p, 3,
                     "00000001 0001 74 00000001 00000004 0000 000000000000002a ffffffffffffffff"
                     "00000000");
    part.error_code = 6;
    part.base_offset = -1;
    part.current_leader.leader_id = 2;
    part.current_leader.leader_epoch = 3;
    expect_both_ways(&produce_response_desc, &p, 9,
                     "02 02 74 02 00000004 0006 ffffffffffffffff ffffffffffffffff 0000000000000001"
                     "01 00 /00 /00 00000000 /00");
    expect_both_ways(&produce_response_desc, &p, 10,
                     "02 02 74 02 00000004 0006 ffffffffffffffff ffffffffffffffff 0000000000000001"
                     "01 00 /01 00 09 00000002 00000003 /00  /00 00000000 /00");
}

static void fetch(void **state)
{
    struct fetch_request_partition part;
    struct fetch_request_topic topic;
    struct fetch_request q;

    (void)state;
    fetch_request_partition_init(&part);
    part.fetch_offset = 42;
    part.partition_max_bytes = 1 << 20;
    fetch_request_topic_init(&topic);
    topic.topic = SLICE_LIT("t");
    topic.partitions = &part;
    topic.partitions_cnt = 1;
    fetch_request_init(&q);
    q.max_wait_ms = 500;
    q.min_bytes = 1;
    q.max_bytes = 50 << 20;
    q.topics = &topic;
    q.topics_cnt = 1;
    expect_both_ways(&fetch_request_desc, &q, 4,
                     "ffffffff 000001f4 00000001 03200000 00 00000001 0001 74 00000001"
                     "00000000 000000000000002a 00100000");
    expect_both_ways(&fetch_request_desc, &q, 12,
                     "ffffffff 000001f4 00000001 03200000 00 00000000 ffffffff 02 02 74 02"
                     "00000000 ffffffff 000000000000002a ffffffff ffffffffffffffff 00100000 /00 /00"
                     "01 01 /00");
    q.cluster_id = SLICE_LIT("c");
    expect_both_ways(&fetch_request_desc, &q, 12,
                     "ffffffff 000001f4 00000001 03200000 00 00000000 ffffffff 02 02 74 02"
                     "00000000 ffffffff 000000000000002a ffffffff ffffffffffffffff 00100000 /00 /00"
                     "01 01 /01 00 02 0263");
}

static void fetch_answer(void **state)
{
    struct fetch_response_partition_data part;
    struct fetch_response_fetchable_topic_response topic;
    struct fetch_response p;
    struct chain records;
    uint8_t wire[BYTES_MAX];
    size_t len = from_hex("00000000 0000 00000000 02 02 74 02 00000000 0000 0000000000000005"
                          "0000000000000005 0000000000000001 00 ffffffff 04 010203 /00 /00 /00",
                          wire);

    (void)state;
    fetch_response_partition_data_init(&part);
    part.high_watermark = 5;
    part.last_stable_offset = 5;
    part.log_start_offset = 1;
    part.aborted_transactions_cnt = -1;
    part.records.mem = SLICE_LIT("\1\2\3");
    fetch_response_fetchable_topic_response_init(&topic);
    topic.topic = SLICE_LIT("t");
    topic.partitions = &part;
    topic.partitions_cnt = 1;
    fetch_response_init(&p);
    p.responses = &topic;
    p.responses_cnt = 1;
    expect_both_ways(&fetch_response_desc, &p, 4,
                     "00000000 00000001 0001 74 00000001 00000000 0000 0000000000000005"
                     "0000000000000005 ffffffff 00000003 010203");
    expect_encoded(&fetch_response_desc, &p, 12, wire, len);

    /* The same from a chain, as the log hands records out. */
    chain_init(&records);
    assert_int_equal(chain_append_copy(&records, SLICE_LIT("\1")), 0);
    assert_int_equal(chain_append_slice(&records, SLICE_LIT("\2\3"), NULL), 0);
    part.records = (struct records){SLICE_NULL, &records};
    expect_encoded(&fetch_response_desc, &p, 12, wire, len);
    assert_int_equal(records.len, 0);
    chain_clear(&records);
}

static void metadata(void **state)
{
    struct metadata_request_topic by_id;
    struct metadata_request q;

    (void)state;
    metadata_request_init(&q);
    q.topics_cnt = -1;
    expect_both_ways(&metadata_request_desc, &q, 1, "ffffffff");
    expect_both_ways(&metadata_request_desc, &q, 12, "00 01 00 /00");
    q.topics_cnt = 0;
    expect_both_ways(&metadata_request_desc, &q, 0, "00000000");
    expect_both_ways(&metadata_request_desc, &q, 9, "01 01 00 00 /00");
    metadata_request_topic_init(&by_id);
    by_id.topic_id.b[15] = 9;
    by_id.name = SLICE_NULL;
    q.topics = &by_id;
    q.topics_cnt = 1;
    expect_both_ways(&metadata_request_desc, &q, 12,
                     "02 00000000000000000000000000000009 00 /00 01 00 /00");
}

static void metadata_answer(void **state)
{
    struct metadata_response_broker broker;
    struct metadata_response_partition part;
    struct metadata_response_topic topic;
    struct metadata_response p;
    int32_t replicas[] = {1};

    (void)state;
    metadata_response_broker_init(&broker);
    broker.node_id = 1;
    broker.host = SLICE_LIT("h");
    broker.port = 9092;
    metadata_response_partition_init(&part);
    part.leader_id = 1;
    part.leader_epoch = 3;
    part.replica_nodes = replicas;
    part.replica_nodes_cnt = 1;
    part.isr_nodes = replicas;
    part.isr_nodes_cnt = 1;
    metadata_response_topic_init(&topic);
    topic.name = SLICE_LIT("t");
    topic.topic_id.b[15] = 9;
    topic.partitions = &part;
    topic.partitions_cnt = 1;
    metadata_response_init(&p);
    p.brokers = &broker;
    p.brokers_cnt = 1;
    p.cluster_id = SLICE_LIT("c");
    p.controller_id = 1;
    p.topics = &topic;
    p.topics_cnt = 1;
    expect_both_ways(&metadata_response_desc, &p, 1,
                     "00000001 00000001 0001 68 00002384 ffff 00000001 00000001 0000 0001 74 00"
                     "00000001 0000 00000000 00000001 00000001 00000001 00000001 00000001");
    expect_both_ways(&metadata_response_desc, &p, 12,
                     "00000000 02 00000001 02 68 00002384 00 /00 02 63 00000001 02 0000 02 74"
                     "00000000000000000000000000000009 00 02 0000 00000000 00000001 00000003"
                     "02 00000001 02 00000001 01 /00 80000000 /00 /00");
}

static void structs_that_may_be_null(void **state)
{
    struct describe_topic_partitions_request_cursor cursor;
    struct describe_topic_partitions_request q;

    (void)state;
    describe_topic_partitions_request_init(&q);
    expect_both_ways(&describe_topic_partitions_request_desc, &q, 0, "01 000007d0 ff /00");
    describe_topic_partitions_request_cursor_init(&cursor);
    cursor.topic_name = SLICE_LIT("t");
    cursor.partition_index = 2;
    q.cursor = &cursor;
    expect_both_ways(&describe_topic_partitions_request_desc, &q, 0,
                     "01 000007d0 01 02 74 00000002 /00 /00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),
        cmocka_unit_test(api_versions),
        cmocka_unit_test(produce),
        cmocka_unit_test(produce_answer),
        cmocka_unit_test(fetch),
        cmocka_unit_test(fetch_answer),
        cmocka_unit_test(metadata),
        cmocka_unit_test(metadata_answer),
        cmocka_unit_test(structs_that_may_be_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
