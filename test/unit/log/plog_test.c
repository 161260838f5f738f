/* Append, roll, read, indexes, truncation and retention of one partition, on a real directory. */
#include "unit/log/world.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/chain.h"

#include <cmocka.h>

#define FIRST "orders-0/00000000000000000000"

static int setup(void **state)
{
    struct world *w = malloc(sizeof(*w));

    assert_non_null(w);
    world_init(w);
    world_open(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    world_release(*state);
    free(*state);
    return 0;
}

/* A new partition has nothing on disk; the first append makes the folder with everything in it. */
static void nothing_before_the_first_append(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    size_t len;
    uint8_t *text;

    part_cfg(&cfg, 1 << 20);
    part_new(w, &p, &cfg);
    assert_false(world_has(w, "orders-0"));
    assert_int_equal(part_append(&p, 1, 1000, 0, 10), 0);
    assert_true(world_has(w, FIRST ".log"));
    text = world_file(w, "orders-0/partition.metadata", &len);
    assert_non_null(text);
    assert_memory_equal(text, "version: 0\ntopic_id: AQIDAAAAAAAAAAAAAAAAAA\n", len);
    free(text);
    part_close(w, &p);
}

/* What is appended is what is read, byte for byte, from every offset. */
static void reads_what_was_appended(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    uint8_t *buf = malloc(1 << 20);
    struct plog_marks m;

    part_cfg(&cfg, 8192);
    part_new(w, &p, &cfg);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(part_append(&p, 3, 1000 + i, 0, 200), 0);
    }
    plog_marks(p.log, &m);
    assert_int_equal(m.end.offset, 300);
    assert_int_equal(m.hw.offset, 300);
    for (log_offset_t o = 0; o < 300; o++) {
        size_t len;
        size_t want_len;
        uint8_t *want = batch_make(o / 3 * 3, 3, 1000 + o / 3, 0, 200, &want_len);

        assert_int_equal(part_read(&p, o, 1, PLOG_BOUND_HW, buf, 1 << 20, &len), 0);
        assert_int_equal(len, want_len);
        assert_memory_equal(buf, want, want_len);
        free(want);
    }
    free(buf);
    part_sync(w, &p);
    assert_int_equal(p.durable.pos.offset, 300);
    part_close(w, &p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_before_the_first_append, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_what_was_appended, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
