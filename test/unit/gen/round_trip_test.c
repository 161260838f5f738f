/* Every message in every version: what is encoded is as long as was said, decodes, and encodes to the
 * same bytes again; cut anywhere, or with any byte changed, it is an error or another message, but
 * never a crash and never more memory than the arena may have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/prng.h"
#include "gen/api_keys.h"
#include "gen/messages.h"

#define ARENA_BYTES (1u << 20)
#define WIRE_BYTES (256u << 10)

struct fixture {
    struct arena made;   /* the random message */
    struct arena parsed; /* the decoded one */
    uint8_t *wire;
    uint8_t *again;
};

static int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof(*fx));

    arena_init(&fx->made, ARENA_BYTES);
    arena_init(&fx->parsed, ARENA_BYTES);
    fx->wire = malloc(WIRE_BYTES);
    fx->again = malloc(WIRE_BYTES);
    *state = fx;
    return fx->wire == NULL || fx->again == NULL;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    arena_release(&fx->made);
    arena_release(&fx->parsed);
    free(fx->wire);
    free(fx->again);
    free(fx);
    return 0;
}

static size_t struct_size(const struct msg_desc *d)
{
    return d->schema->structs[d->root].size;
}

static size_t encode(const struct msg_desc *d, const void *m, int16_t version, uint8_t *ret)
{
    struct chain c;
    struct wr w;
    size_t len;

    chain_init(&c);
    wr_init(&w, &c, 0);
    assert_int_equal(msg_encode(d, m, &w, version), 0);
    assert_int_equal(wr_finish(&w), 0);
    len = c.len;
    assert_true(len <= WIRE_BYTES);
    assert_int_equal(chain_copy_out(&c, ret, WIRE_BYTES), 0);
    chain_clear(&c);
    return len;
}

static int decode(const struct msg_desc *d, void *ret, const uint8_t *bytes, size_t len,
                  int16_t version, struct arena *a)
{
    struct rd r;
    int rc;

    rd_init(&r, slice_of(bytes, len));
    rc = msg_decode(d, ret, &r, version, a);
    return rc != 0 ? rc : rd_finish(&r);
}

static void *random_message(struct fixture *fx, const struct msg_desc *d, int16_t version,
                            struct prng *rng)
{
    void *m;

    arena_reset(&fx->made);
    m = arena_alloc(&fx->made, struct_size(d));
    assert_non_null(m);
    assert_int_equal(msg_random(d, m, rng, version, &fx->made), 0);
    return m;
}

static void *parsed_message(struct fixture *fx, const struct msg_desc *d)
{
    void *m;

    arena_reset(&fx->parsed);
    m = arena_alloc(&fx->parsed, struct_size(d));
    assert_non_null(m);
    return m;
}

static void one_round_trip(struct fixture *fx, const struct msg_desc *d, int16_t version,
                           uint64_t seed)
{
    struct prng rng;
    struct str line;
    struct str line_again;
    void *made;
    void *parsed = parsed_message(fx, d);
    size_t len;

    prng_init(&rng, seed);
    made = random_message(fx, d, version, &rng);
    len = encode(d, made, version, fx->wire);
    if (len != msg_size(d, made, version)) {
        fail_msg("%s v%d seed %llu: %zu bytes, size says %zu", d->name, version,
                 (unsigned long long)seed, len, msg_size(d, made, version));
    }
    if (decode(d, parsed, fx->wire, len, version, &fx->parsed) != 0) {
        fail_msg("%s v%d seed %llu: own bytes do not decode", d->name, version,
                 (unsigned long long)seed);
    }
    assert_int_equal(encode(d, parsed, version, fx->again), len);
    assert_memory_equal(fx->again, fx->wire, len);

    str_init(&line, 1u << 20);
    str_init(&line_again, 1u << 20);
    msg_dump(d, made, &line, version);
    msg_dump(d, parsed, &line_again, version);
    assert_int_equal(line.err, 0);
    assert_string_equal(line.ptr, line_again.ptr);
    str_release(&line);
    str_release(&line_again);
}

static void every_version_round_trips(void **state)
{
    for (size_t i = 0; i < MSG_CNT; i++) {
        for (int16_t v = msg_all[i]->first; v <= msg_all[i]->last; v++) {
            for (uint64_t seed = 1; seed <= 20; seed++) {
                one_round_trip(*state, msg_all[i], v, seed);
            }
        }
    }
}

/* A message without content: all defaults. */
static void defaults_round_trip(void **state)
{
    struct fixture *fx = *state;

    for (size_t i = 0; i < MSG_CNT; i++) {
        const struct msg_desc *d = msg_all[i];
        const struct msg_struct *root = &d->schema->structs[d->root];

        for (int16_t v = d->first; v <= d->last; v++) {
            void *parsed = parsed_message(fx, d);
            size_t len;
            size_t least = msg_is_flex(d, v) ? root->min_flex : root->min_rigid;
            struct chain c;
            struct wr w;

            chain_init(&c);
            wr_init(&w, &c, 0);
            /* A default may be a null that this version can not say: that is an error, no crash. */
            if (msg_encode(d, root->init, &w, v) != 0) {
                assert_int_equal(wr_finish(&w), ERR_INVALID);
                chain_clear(&c);
                continue;
            }
            assert_int_equal(wr_finish(&w), 0);
            chain_clear(&c);
            len = encode(d, root->init, v, fx->wire);
            assert_true(len >= least);
            assert_int_equal(decode(d, parsed, fx->wire, len, v, &fx->parsed), 0);
            assert_int_equal(encode(d, parsed, v, fx->again), len);
            assert_memory_equal(fx->again, fx->wire, len);
        }
    }
}

/* The bytes lie at the end of a block of their own, so a sanitizer sees the first byte read beyond. */
static void every_truncation_is_an_error(void **state)
{
    struct fixture *fx = *state;

    for (size_t i = 0; i < MSG_CNT; i++) {
        const struct msg_desc *d = msg_all[i];

        for (int16_t v = d->first; v <= d->last; v++) {
            struct prng rng;
            size_t len;

            prng_init(&rng, 7);
            len = encode(d, random_message(fx, d, v, &rng), v, fx->wire);
            for (size_t cut = 0; cut < len; cut += 1 + cut / 256) {
                uint8_t *bytes = malloc(cut == 0 ? 1 : cut);

                assert_non_null(bytes);
                memcpy(bytes, fx->wire, cut);
                if (decode(d, parsed_message(fx, d), bytes, cut, v, &fx->parsed) == 0) {
                    fail_msg("%s v%d: %zu of %zu bytes decode", d->name, v, cut, len);
                }
                free(bytes);
            }
        }
    }
}

static void changed_bytes_never_crash(void **state)
{
    struct fixture *fx = *state;
    struct prng rng;

    prng_init(&rng, 11);
    for (size_t i = 0; i < MSG_CNT; i++) {
        const struct msg_desc *d = msg_all[i];

        for (int16_t v = d->first; v <= d->last; v++) {
            size_t len = encode(d, random_message(fx, d, v, &rng), v, fx->wire);

            for (int n = 0; n < 50 && len > 0; n++) {
                size_t at = (size_t)prng_below(&rng, len);
                uint8_t old = fx->wire[at];
                void *parsed = parsed_message(fx, d);

                fx->wire[at] = (uint8_t)prng_next(&rng);
                if (decode(d, parsed, fx->wire, len, v, &fx->parsed) == 0) {
                    /* What decodes can be measured and encoded. */
                    assert_int_equal(encode(d, parsed, v, fx->again), msg_size(d, parsed, v));
                }
                assert_true(fx->parsed.used_bytes <= ARENA_BYTES);
                fx->wire[at] = old;
            }
        }
    }
}

static void other_versions_are_refused(void **state)
{
    struct fixture *fx = *state;

    for (size_t i = 0; i < MSG_CNT; i++) {
        const struct msg_desc *d = msg_all[i];
        const void *init = d->schema->structs[d->root].init;
        int16_t wrong[] = {-1, (int16_t)(d->last + 1), INT16_MAX, INT16_MIN};
        struct prng rng;

        prng_init(&rng, 1);
        for (size_t k = 0; k < ARRAY_CNT(wrong); k++) {
            void *parsed = parsed_message(fx, d);
            struct chain c;
            struct wr w;

            memset(fx->wire, 0, 64);
            assert_int_equal(decode(d, parsed, fx->wire, 64, wrong[k], &fx->parsed), ERR_VERSION);
            assert_int_equal(msg_random(d, parsed, &rng, wrong[k], &fx->parsed), ERR_VERSION);
            chain_init(&c);
            wr_init(&w, &c, 0);
            assert_int_equal(msg_encode(d, init, &w, wrong[k]), ERR_VERSION);
            assert_int_equal(wr_finish(&w), ERR_VERSION);
            chain_clear(&c);
        }
    }
}

static void the_key_table_is_whole(void **state)
{
    (void)state;
    assert_int_equal(API_KEY_CNT, 95);
    for (size_t key = 0; key < API_KEY_CNT; key++) {
        const struct api_key_info *info = &api_key_info[key];

        assert_non_null(info->name);
        assert_int_equal(info->request->first, info->response->first);
        assert_int_equal(info->request->last, info->response->last);
        assert_int_equal(info->request->first_flex, info->response->first_flex);
    }
    assert_string_equal(api_key_info[API_PRODUCE].name, "Produce");
    assert_int_equal(api_key_info[API_PRODUCE].request->last, 13);
    assert_int_equal(api_key_info[API_PRODUCE].request->first_flex, 9);
    assert_int_equal(api_key_info[API_WRITE_TXN_MARKERS].class, API_CLASS_BROKER);
    assert_int_equal(api_key_info[API_LEADER_AND_ISR].class, API_CLASS_CONTROLLER);
    assert_int_equal(api_key_info[API_INIT_PRODUCER_ID].unstable, 1u << 6);
    assert_string_equal(group_records[GROUP_RECORD_OFFSET_COMMIT].name, "OffsetCommit");
    assert_int_equal(GROUP_RECORD_OFFSET_COMMIT, 1);
    assert_string_equal(transaction_records[0].name, "TransactionLog");
    assert_string_equal(share_records[1].name, "ShareUpdate");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_version_round_trips),    cmocka_unit_test(defaults_round_trip),
        cmocka_unit_test(every_truncation_is_an_error), cmocka_unit_test(changed_bytes_never_crash),
        cmocka_unit_test(other_versions_are_refused),   cmocka_unit_test(the_key_table_is_whole),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
