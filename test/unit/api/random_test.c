/*
 * Whatever can be said in a request is answered, in every version, and the answer can be read; whatever
 * ends too early closes the connection. Run under sanitizers this is also the test that no handler
 * reads where nothing is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/prng.h"
#include "base/wr.h"
#include "fake.h"

#define ROUNDS 40
#define MESSAGE_BYTES_MAX 4096

static const int16_t keys[] = {
    API_LIST_OFFSETS,  API_METADATA,         API_API_VERSIONS,     API_CREATE_TOPICS,
    API_DELETE_TOPICS, API_DESCRIBE_CONFIGS, API_DESCRIBE_CLUSTER, API_DESCRIBE_TOPIC_PARTITIONS,
};

static struct fake *fake_with_topics(void)
{
    struct fake *f = fake_new();

    fake_add_topic(f, "a", 1, 2);
    fake_add_topic_on(f, "b", 2, 1, (const broker_id_t[]){2, 1}, 2, 2);
    return f;
}

static void *random_request(struct fake *f, struct prng *rng, int16_t key, int16_t version)
{
    const struct msg_desc *desc = api_key_info[key].request;
    void *m = arena_calloc(fake_arena(f), 1, MESSAGE_BYTES_MAX);

    assert_non_null(m);
    assert_true(desc->schema->structs[desc->root].size <= MESSAGE_BYTES_MAX);
    assert_int_equal(msg_random(desc, m, rng, version, fake_arena(f)), 0);
    return m;
}

static void *answer_room(struct fake *f)
{
    return arena_calloc(fake_arena(f), 1, MESSAGE_BYTES_MAX);
}

static void each_version(void (*run)(struct fake *f, struct prng *rng, int16_t key,
                                     int16_t version))
{
    struct prng rng;

    prng_init(&rng, 20250101);
    for (size_t i = 0; i < ARRAY_CNT(keys); i++) {
        const struct api_entry *e = api_find(keys[i]);

        for (int16_t v = e->min; v <= e->max; v++) {
            for (int round = 0; round < ROUNDS; round++) {
                struct fake *f = fake_with_topics();

                run(f, &rng, keys[i], v);
                fake_free(f);
            }
        }
    }
}

static void run_answered(struct fake *f, struct prng *rng, int16_t key, int16_t version)
{
    void *rq = random_request(f, rng, key, version);

    assert_int_equal(fake_call(f, key, version, rq, answer_room(f)), REQUEST_ANSWERED);
    fake_turn(f, 0); /* topics made behind the answer */
}

static struct slice encoded(struct fake *f, int16_t key, int16_t version, const void *m)
{
    struct chain c;
    struct wr w;
    uint8_t *bytes;
    size_t at = 0;

    chain_init(&c);
    wr_init(&w, &c, 0);
    assert_int_equal(msg_encode(api_key_info[key].request, m, &w, version), 0);
    assert_int_equal(wr_finish(&w), 0);
    bytes = arena_alloc(fake_arena(f), c.len);
    for (uint32_t i = 0; i < c.cnt; i++) {
        memcpy(bytes + at, chain_part_at(&c, i)->ptr, chain_part_at(&c, i)->len);
        at += chain_part_at(&c, i)->len;
    }
    chain_clear(&c);
    return slice_of(bytes, at);
}

/* In memory of its own size, so that a sanitizer sees a read behind the end. */
static enum request_outcome call_exactly(struct fake *f, int16_t key, int16_t version,
                                         struct slice body)
{
    uint8_t *copy = malloc(body.len == 0 ? 1 : body.len);
    enum request_outcome outcome;

    assert_non_null(copy);
    memcpy(copy, body.ptr, body.len);
    outcome = fake_call_here(f, key, version, slice_of(copy, body.len), answer_room(f));
    free(copy);
    return outcome;
}

static void run_cut(struct fake *f, struct prng *rng, int16_t key, int16_t version)
{
    struct slice body = encoded(f, key, version, random_request(f, rng, key, version));
    size_t len = body.len == 0 ? 0 : (size_t)prng_below(rng, body.len);

    if (len < body.len) {
        assert_int_equal(call_exactly(f, key, version, slice_sub(body, 0, len)), REQUEST_CLOSE);
    }
}

static void run_damaged(struct fake *f, struct prng *rng, int16_t key, int16_t version)
{
    struct slice body = encoded(f, key, version, random_request(f, rng, key, version));
    uint8_t *bytes = (uint8_t *)(uintptr_t)body.ptr;
    enum request_outcome outcome;

    for (int i = 0; i < 3 && body.len > 0; i++) {
        bytes[prng_below(rng, body.len)] = (uint8_t)prng_next(rng);
    }
    outcome = call_exactly(f, key, version, body);
    assert_true(outcome == REQUEST_ANSWERED || outcome == REQUEST_CLOSE);
    fake_turn(f, 0);
}

static void test_all_are_answered(void **state)
{
    (void)state;
    each_version(run_answered);
}

static void test_cut_ones_close(void **state)
{
    (void)state;
    each_version(run_cut);
}

static void test_damaged_ones_do_no_harm(void **state)
{
    (void)state;
    each_version(run_damaged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_are_answered),
        cmocka_unit_test(test_cut_ones_close),
        cmocka_unit_test(test_damaged_ones_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
