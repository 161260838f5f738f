/* Chains hold the same bytes whatever way they came in, and give every reference back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/chain.h"
#include "base/prng.h"

/* A file whose byte at any position is known without a file. */
struct fake_file {
    struct file_ref ref;
    int destroyed_cnt;
};

static uint8_t fake_byte(uint64_t pos)
{
    return (uint8_t)(pos * 7 + (pos >> 8));
}

static void fake_destroy(struct file_ref *f)
{
    CONTAINER_OF(f, struct fake_file, ref)->destroyed_cnt++;
}

static void fake_init(struct fake_file *f)
{
    ref_init(&f->ref.ref);
    f->ref.fd = -1;
    f->ref.destroy = fake_destroy;
    f->destroyed_cnt = 0;
}

/* Adopted buffers that count how often they were given back. */
struct counted_buf {
    struct buf b;
    int released_cnt;
};

static void counted_release(struct buf *b)
{
    CONTAINER_OF(b, struct counted_buf, b)->released_cnt++;
}

static void check_bytes(struct chain *c, const uint8_t *expected, size_t len)
{
    size_t at = 0;

    assert_int_equal(c->len, len);
    for (uint32_t i = 0; i < c->cnt; i++) {
        const struct chain_part *p = chain_part_at(c, i);

        assert_true(p->len <= len - at);
        for (size_t j = 0; j < p->len; j++) {
            uint8_t byte = p->file != NULL ? fake_byte(p->pos + j) : p->ptr[j];

            if (byte != expected[at + j]) {
                fail_msg("byte %zu is %02x, not %02x", at + j, byte, expected[at + j]);
            }
        }
        at += p->len;
    }
    assert_int_equal(at, len);
}

/* --- buffers ------------------------------------------------------------------------------------ */

static void test_a_buffer_goes_with_its_last_reference(void **state)
{
    struct counted_buf cb = {.released_cnt = 0};
    uint8_t data[8];

    (void)state;
    buf_init_adopted(&cb.b, data, sizeof(data), counted_release, NULL);
    assert_ptr_equal(buf_ref(&cb.b), &cb.b);
    buf_unref(&cb.b);
    assert_int_equal(cb.released_cnt, 0);
    buf_unref(&cb.b);
    assert_int_equal(cb.released_cnt, 1);
    buf_unref(NULL);
}

static void test_a_buffer_too_large_to_be_is_refused(void **state)
{
    (void)state;
    assert_null(buf_new(SIZE_MAX));
    assert_null(buf_new(SIZE_MAX - 8));
}

/* --- writing at the end --------------------------------------------------------------------------- */

static void test_reserved_bytes_count_when_committed(void **state)
{
    struct chain c;
    uint8_t *p;

    (void)state;
    chain_init(&c);
    assert_int_equal(chain_room(&c), 0);
    p = chain_reserve(&c, 10, 100);
    assert_non_null(p);
    assert_int_equal(c.len, 0);
    assert_true(chain_room(&c) >= 100);
    memcpy(p, "abcdefghij", 10);
    chain_commit(&c, 4);
    assert_int_equal(c.len, 4);
    /* The next reservation goes on where the last one ended. */
    assert_ptr_equal(chain_reserve(&c, 6, 0), p + 4);
    chain_commit(&c, 6);
    check_bytes(&c, (const uint8_t *)"abcdefghij", 10);
    assert_int_equal(c.cnt, 1);
    chain_clear(&c);
    assert_int_equal(c.len, 0);
    assert_int_equal(c.cnt, 0);
}

static void test_small_copies_share_a_buffer(void **state)
{
    struct chain c;

    (void)state;
    chain_init(&c);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(chain_append_copy(&c, SLICE_LIT("0123456789")), 0);
    }
    assert_int_equal(c.len, 2000);
    assert_true(c.cnt <= 2);
    assert_int_equal(chain_append_copy(&c, SLICE_NULL), 0);
    assert_int_equal(c.len, 2000);
    chain_clear(&c);
}

static void test_a_shared_buffer_is_never_written_on(void **state)
{
    struct chain a;
    struct chain b;
    struct chain_part *p;

    (void)state;
    chain_init(&a);
    chain_init(&b);
    assert_int_equal(chain_append_copy(&a, SLICE_LIT("first")), 0);
    p = chain_part_at(&a, 0);
    assert_int_equal(chain_append_slice(&b, slice_of(p->ptr, p->len), p->owner), 0);
    assert_int_equal(chain_room(&a), 0);
    assert_int_equal(chain_room(&b), 0);
    assert_int_equal(chain_append_copy(&a, SLICE_LIT("more")), 0);
    assert_int_equal(a.cnt, 2);
    chain_clear(&a);
    check_bytes(&b, (const uint8_t *)"first", 5);
    /* Alone again: but this part does not know what lies behind it unless it ends there. */
    assert_true(chain_room(&b) > 0);
    chain_clear(&b);
}

static void test_an_adopted_buffer_is_never_written_on(void **state)
{
    struct counted_buf cb = {.released_cnt = 0};
    uint8_t data[64] = "data";
    struct chain c;

    (void)state;
    buf_init_adopted(&cb.b, data, sizeof(data), counted_release, NULL);
    cb.b.used = 4;
    chain_init(&c);
    assert_int_equal(chain_append_slice(&c, slice_of(data, 4), &cb.b), 0);
    buf_unref(&cb.b);
    assert_int_equal(chain_room(&c), 0);
    assert_int_equal(chain_append_copy(&c, SLICE_LIT("x")), 0);
    assert_int_equal(data[4], 0);
    chain_clear(&c);
    assert_int_equal(cb.released_cnt, 1);
}

/* --- parts -------------------------------------------------------------------------------------- */

static void test_parts_keep_their_owners_alive(void **state)
{
    struct counted_buf cb = {.released_cnt = 0};
    struct fake_file f;
    uint8_t data[100];
    struct chain c;

    (void)state;
    memset(data, 'd', sizeof(data));
    buf_init_adopted(&cb.b, data, sizeof(data), counted_release, NULL);
    fake_init(&f);
    chain_init(&c);
    assert_int_equal(chain_append_slice(&c, slice_of(data, 10), &cb.b), 0);
    assert_int_equal(chain_append_file(&c, &f.ref, 5, 20), 0);
    assert_int_equal(chain_append_slice(&c, slice_of(data, 10), &cb.b), 0);
    assert_int_equal(chain_append_slice(&c, SLICE_LIT("static"), NULL), 0);
    buf_unref(&cb.b);
    file_ref_put(&f.ref);
    file_ref_put(NULL);
    assert_int_equal(c.len, 46);
    chain_consume(&c, 35);
    assert_int_equal(f.destroyed_cnt, 1);
    assert_int_equal(cb.released_cnt, 0);
    chain_consume(&c, 5);
    assert_int_equal(cb.released_cnt, 1);
    check_bytes(&c, (const uint8_t *)"static", 6);
    chain_clear(&c);
}

static void test_nothing_appended_is_no_part(void **state)
{
    struct counted_buf cb = {.released_cnt = 0};
    struct fake_file f;
    struct chain c;

    (void)state;
    buf_init_adopted(&cb.b, (uint8_t *)&cb, 1, counted_release, NULL);
    fake_init(&f);
    chain_init(&c);
    assert_int_equal(chain_append_slice(&c, slice_of(&cb, 0), &cb.b), 0);
    assert_int_equal(chain_append_file(&c, &f.ref, 5, 0), 0);
    assert_int_equal(c.cnt, 0);
    buf_unref(&cb.b);
    assert_int_equal(cb.released_cnt, 1);
}

static void test_consume_moves_inside_a_file_part(void **state)
{
    struct fake_file f;
    uint8_t expected[100];
    struct chain c;

    (void)state;
    for (size_t i = 0; i < sizeof(expected); i++) {
        expected[i] = fake_byte(1000 + i);
    }
    fake_init(&f);
    chain_init(&c);
    assert_int_equal(chain_append_file(&c, &f.ref, 1000, 100), 0);
    for (size_t i = 0; i < 99; i++) {
        chain_consume(&c, 1);
        check_bytes(&c, expected + i + 1, 99 - i);
    }
    assert_ptr_equal(chain_part_at(&c, 0)->ptr, NULL);
    chain_consume(&c, 1);
    assert_int_equal(c.cnt, 0);
    file_ref_put(&f.ref);
    assert_int_equal(f.destroyed_cnt, 1);
    chain_clear(&c);
}

/* A sender that sees no bytes at the head, sends none and consumes none, must not do so for ever. */
static void test_consume_never_leaves_an_empty_part_in_front(void **state)
{
    struct fake_file f;
    struct chain c;

    (void)state;
    fake_init(&f);
    chain_init(&c);
    assert_non_null(chain_reserve(&c, 10, 0)); /* and never committed */
    assert_int_equal(chain_append_file(&c, &f.ref, 3, 4), 0);
    assert_non_null(chain_reserve(&c, 10, 0));
    chain_consume(&c, 0);
    assert_ptr_equal(chain_part_at(&c, 0)->file, &f.ref);
    assert_int_equal(c.len, 4);
    chain_consume(&c, 4);
    assert_int_equal(c.cnt, 0);
    chain_clear(&c);
    file_ref_put(&f.ref);
    assert_int_equal(f.destroyed_cnt, 1);
}

static void test_copy_out(void **state)
{
    uint8_t out[8];
    struct fake_file f;
    struct chain c;

    (void)state;
    chain_init(&c);
    assert_int_equal(chain_copy_out(&c, out, 0), 0);
    assert_int_equal(chain_append_copy(&c, SLICE_LIT("abc")), 0);
    assert_int_equal(chain_append_slice(&c, SLICE_LIT("defgh"), NULL), 0);
    assert_int_equal(chain_copy_out(&c, out, 7), ERR_LIMIT);
    assert_int_equal(chain_copy_out(&c, out, 8), 0);
    assert_memory_equal(out, "abcdefgh", 8);
    chain_clear(&c);
    fake_init(&f);
    assert_int_equal(chain_append_file(&c, &f.ref, 0, 8), 0);
    assert_int_equal(chain_copy_out(&c, out, 8), ERR_UNSUPPORTED);
    chain_clear(&c);
    file_ref_put(&f.ref);
}

static void test_a_long_lived_chain_does_not_grow(void **state)
{
    struct chain c;

    (void)state;
    chain_init(&c);
    /* A queue that never holds more than three parts, over many rounds. */
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(chain_append_slice(&c, SLICE_LIT("ab"), NULL), 0);
        if (c.cnt == 3) {
            chain_consume(&c, 2);
        }
    }
    assert_true(c.cap <= 8);
    assert_int_equal(c.len, 4);
    chain_clear(&c);
}

/* --- moving ------------------------------------------------------------------------------------- */

static void test_move_into_an_empty_chain_takes_all(void **state)
{
    struct chain a;
    struct chain b;

    (void)state;
    chain_init(&a);
    chain_init(&b);
    assert_int_equal(chain_append_copy(&b, SLICE_LIT("one")), 0);
    assert_int_equal(chain_append_slice(&b, SLICE_LIT("two"), NULL), 0);
    assert_int_equal(chain_append_slice(&b, SLICE_LIT("three"), NULL), 0);
    assert_int_equal(chain_move(&a, &b), 0);
    assert_int_equal(b.cnt, 0);
    assert_int_equal(b.len, 0);
    check_bytes(&a, (const uint8_t *)"onetwothree", 11);
    /* Both are whole chains afterwards. */
    assert_int_equal(chain_append_copy(&b, SLICE_LIT("x")), 0);
    check_bytes(&b, (const uint8_t *)"x", 1);
    assert_int_equal(chain_move(&a, &b), 0);
    check_bytes(&a, (const uint8_t *)"onetwothreex", 12);
    assert_int_equal(chain_move(&a, &b), 0);
    assert_int_equal(a.len, 12);
    chain_clear(&a);
    chain_clear(&b);
}

static void test_move_copies_small_parts_together(void **state)
{
    struct chain a;
    struct chain b;

    (void)state;
    chain_init(&a);
    chain_init(&b);
    assert_int_equal(chain_append_copy(&a, SLICE_LIT("head")), 0);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(chain_append_copy(&b, SLICE_LIT("reply")), 0);
        assert_int_equal(chain_move(&a, &b), 0);
        assert_int_equal(b.cnt, 0);
    }
    assert_int_equal(a.len, 254);
    assert_int_equal(a.cnt, 1 + (a.cnt > 1)); /* one piece, or one more when a buffer was full */
    chain_clear(&a);
    chain_clear(&b);
}

static void test_move_keeps_large_and_file_parts_as_they_are(void **state)
{
    struct buf *big = buf_new(2049);
    struct fake_file f;
    struct chain a;
    struct chain b;

    (void)state;
    assert_non_null(big);
    memset(big->data, 'b', 2049);
    fake_init(&f);
    chain_init(&a);
    chain_init(&b);
    assert_int_equal(chain_append_copy(&a, SLICE_LIT("head")), 0);
    assert_int_equal(chain_append_slice(&b, slice_of(big->data, 2049), big), 0);
    assert_int_equal(chain_append_file(&b, &f.ref, 9, 1), 0);
    assert_int_equal(chain_append_copy(&b, SLICE_LIT("tail")), 0);
    assert_int_equal(chain_move(&a, &b), 0);
    assert_int_equal(a.cnt, 4);
    assert_ptr_equal(chain_part_at(&a, 1)->ptr, big->data);
    assert_ptr_equal(chain_part_at(&a, 2)->file, &f.ref);
    assert_int_equal(a.len, 4 + 2049 + 1 + 4);
    buf_unref(big);
    file_ref_put(&f.ref);
    assert_int_equal(f.destroyed_cnt, 0);
    chain_clear(&a);
    assert_int_equal(f.destroyed_cnt, 1);
    chain_clear(&b);
}

/* --- all together, against a flat array --------------------------------------------------------- */

#define MODEL_MAX_BYTES 100000u

struct model {
    uint8_t bytes[MODEL_MAX_BYTES];
    size_t len;
};

static void model_add(struct model *m, const uint8_t *bytes, size_t len)
{
    assert_true(m->len + len <= sizeof(m->bytes));
    memcpy(m->bytes + m->len, bytes, len);
    m->len += len;
}

/* One random way to append up to 3,000 bytes. */
static void random_append(struct prng *p, struct chain *c, struct model *m, struct fake_file *f)
{
    uint8_t bytes[3000];
    size_t len = (size_t)prng_below(p, prng_below(p, 2) == 0 ? 50 : sizeof(bytes));
    uint64_t pos = prng_below(p, 1u << 20);
    uint8_t *room;
    struct buf *b;

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)prng_next(p);
    }
    switch (prng_below(p, 4)) {
    case 0:
        assert_int_equal(chain_append_copy(c, slice_of(bytes, len)), 0);
        break;
    case 1:
        b = buf_new(len);
        assert_non_null(b);
        memcpy(b->data, bytes, len);
        b->used = len;
        assert_int_equal(chain_append_slice(c, slice_of(b->data, len), b), 0);
        buf_unref(b);
        break;
    case 2:
        room = chain_reserve(c, len + 10, 0);
        assert_non_null(room);
        memcpy(room, bytes, len);
        chain_commit(c, len);
        break;
    default:
        for (size_t i = 0; i < len; i++) {
            bytes[i] = fake_byte(pos + i);
        }
        assert_int_equal(chain_append_file(c, &f->ref, pos, len), 0);
        break;
    }
    model_add(m, bytes, len);
}

static void random_consume(struct prng *p, struct chain *c, struct model *m)
{
    size_t len = (size_t)prng_below(p, prng_below(p, 8) == 0 ? m->len + 1 : m->len / 4 + 1);

    chain_consume(c, len);
    memmove(m->bytes, m->bytes + len, m->len - len);
    m->len -= len;
}

static void test_random_operations_against_an_array(void **state)
{
    struct model *m = malloc(sizeof(*m));
    struct model *n = malloc(sizeof(*n));

    (void)state;
    assert_non_null(m);
    assert_non_null(n);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct fake_file f;
        struct prng p;
        struct chain c;
        struct chain d;

        prng_init(&p, seed);
        fake_init(&f);
        chain_init(&c);
        chain_init(&d);
        m->len = n->len = 0;
        for (int i = 0; i < 200; i++) {
            uint64_t what = prng_below(&p, 10);

            if (what < 4 && m->len < MODEL_MAX_BYTES / 4) {
                random_append(&p, &c, m, &f);
            } else if (what < 6 && n->len < MODEL_MAX_BYTES / 4) {
                random_append(&p, &d, n, &f);
            } else if (what < 9) {
                random_consume(&p, &c, m);
            } else {
                assert_int_equal(chain_move(&c, &d), 0);
                model_add(m, n->bytes, n->len);
                n->len = 0;
            }
        }
        check_bytes(&c, m->bytes, m->len);
        check_bytes(&d, n->bytes, n->len);
        chain_clear(&c);
        chain_clear(&d);
        file_ref_put(&f.ref);
        assert_int_equal(f.destroyed_cnt, 1);
    }
    free(m);
    free(n);
}

static void test_records_length(void **state)
{
    struct records r = {.mem = SLICE_LIT("abc"), .chain = NULL};
    struct chain c;

    (void)state;
    assert_int_equal(records_len(&r), 3);
    chain_init(&c);
    assert_int_equal(chain_append_copy(&c, SLICE_LIT("hello")), 0);
    r.chain = &c;
    assert_int_equal(records_len(&r), 5);
    chain_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_buffer_goes_with_its_last_reference),
        cmocka_unit_test(test_a_buffer_too_large_to_be_is_refused),
        cmocka_unit_test(test_reserved_bytes_count_when_committed),
        cmocka_unit_test(test_small_copies_share_a_buffer),
        cmocka_unit_test(test_a_shared_buffer_is_never_written_on),
        cmocka_unit_test(test_an_adopted_buffer_is_never_written_on),
        cmocka_unit_test(test_parts_keep_their_owners_alive),
        cmocka_unit_test(test_nothing_appended_is_no_part),
        cmocka_unit_test(test_consume_moves_inside_a_file_part),
        cmocka_unit_test(test_consume_never_leaves_an_empty_part_in_front),
        cmocka_unit_test(test_copy_out),
        cmocka_unit_test(test_a_long_lived_chain_does_not_grow),
        cmocka_unit_test(test_move_into_an_empty_chain_takes_all),
        cmocka_unit_test(test_move_copies_small_parts_together),
        cmocka_unit_test(test_move_keeps_large_and_file_parts_as_they_are),
        cmocka_unit_test(test_random_operations_against_an_array),
        cmocka_unit_test(test_records_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
