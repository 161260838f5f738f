/* Recovery: every torn tail is cut to whole batches, damage is never cut, indexes come back. */
#include "unit/log/world.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include <cmocka.h>

#define SEGMENT_0 "orders-0/00000000000000000000"

static int setup(void **state)
{
    struct world *w = malloc(sizeof(*w));

    assert_non_null(w);
    world_init(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    world_release(*state);
    free(*state);
    return 0;
}

/* A log of `cnt` batches with 3 records each, synced, stopped. */
static void log_make(struct world *w, const struct plog_cfg *cfg, int cnt, size_t len, bool clean)
{
    struct part p;

    world_open(w);
    part_new(w, &p, cfg);
    for (int i = 0; i < cnt; i++) {
        assert_int_equal(part_append(&p, 3, 1000 + 10 * i, i / 4, len), 0);
    }
    part_sync(w, &p);
    world_close(w, clean);
    assert_int_equal(w->close_rc, 0);
}

static void reads_back(struct part *p, int cnt, size_t len)
{
    for (int i = 0; i < cnt; i++) {
        uint8_t buf[65536];
        size_t want_len;
        size_t got;
        uint8_t *want = batch_make(3 * i, 3, 1000 + 10 * i, i / 4, len, &want_len);

        assert_int_equal(part_read(p, 3 * i + 1, 1, PLOG_BOUND_END, buf, sizeof(buf), &got), 0);
        assert_int_equal(got, want_len);
        assert_memory_equal(buf, want, want_len);
        free(want);
    }
}

static void clean_stop_needs_no_scan(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct plog_marks m;
    struct part p;

    part_cfg(&cfg, 4096);
    log_make(w, &cfg, 40, 200, true);
    assert_true(world_has(w, ".kafka_cleanshutdown"));
    world_open(w);
    assert_true(log_dir_was_clean(w->dir));
    assert_false(world_has(w, ".kafka_cleanshutdown"));
    part_open(w, &p, &cfg);
    assert_false(p.recovery.was_scanned);
    assert_false(p.recovery.is_faulty);
    assert_int_equal(p.recovery.topic_id.b[1], 2);
    plog_marks(p.log, &m);
    assert_int_equal(m.end.offset, 120);
    assert_int_equal(m.hw.offset, 120);
    assert_int_equal(m.durable, 120);
    reads_back(&p, 40, 200);
    assert_int_equal(plog_epoch_latest(p.log), 9);
    assert_int_equal(plog_epoch_at(p.log, 13), 1);
    assert_int_equal(part_append(&p, 1, 5000, 10, 10), 0);
}

static void unclean_stop_scans(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct plog_marks m;
    struct part p;

    part_cfg(&cfg, 4096);
    log_make(w, &cfg, 40, 200, false);
    world_open(w);
    assert_false(log_dir_was_clean(w->dir));
    part_open(w, &p, &cfg);
    assert_true(p.recovery.was_scanned);
    assert_int_equal(p.recovery.cut_bytes, 0);
    plog_marks(p.log, &m);
    assert_int_equal(m.end.offset, 120);
    reads_back(&p, 40, 200);
    assert_int_equal(plog_epoch_latest(p.log), 9);
    assert_int_equal(plog_epoch_at(p.log, 13), 1);
}

/* The file is cut at every byte of the last two batches: what is left is the whole batches before. */
static void torn_at_every_byte(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    size_t len;
    size_t batch_len;
    uint8_t *log;

    part_cfg(&cfg, 1 << 20);
    log_make(w, &cfg, 5, 20, false);
    log = world_file(w, SEGMENT_0 ".log", &len);
    assert_non_null(log);
    batch_len = len / 5;
    assert_int_equal(batch_len * 5, len);
    for (size_t cut = 3 * batch_len; cut < len; cut++) {
        struct plog_marks m;
        struct part p;
        size_t left;
        uint8_t *after;
        size_t whole = cut / batch_len;

        world_put(w, SEGMENT_0 ".log", log, cut);
        world_open(w);
        part_open(w, &p, &cfg);
        plog_marks(p.log, &m);
        assert_int_equal(m.end.offset, 3 * whole);
        assert_false(p.recovery.is_faulty);
        assert_int_equal(p.recovery.cut_bytes, cut - whole * batch_len);
        assert_int_equal(p.recovery.why[0] != '\0', cut % batch_len != 0);
        after = world_file(w, SEGMENT_0 ".log", &left);
        assert_int_equal(left, whole * batch_len);
        free(after);
        assert_int_equal(part_append(&p, 1, 9000, 7, 5), 0);
        world_close(w, false);
    }
    free(log);
}

/* A flipped bit with good batches behind it is damage: nothing is cut, what is before is served. */
static void damage_is_not_cut(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    size_t len;
    uint8_t *log;
    size_t batch_len;

    part_cfg(&cfg, 1 << 20);
    log_make(w, &cfg, 10, 50, false);
    log = world_file(w, SEGMENT_0 ".log", &len);
    batch_len = len / 10;
    for (size_t at = 0; at < batch_len; at++) {
        struct plog_marks m;
        struct part p;
        size_t left;
        size_t got;
        uint8_t buf[4096];
        uint8_t *after;

        if (at >= 12 && at < 16) {
            continue; /* the leader epoch lies outside of the checksum */
        }
        log[4 * batch_len + at] ^= 0x10;
        world_put(w, SEGMENT_0 ".log", log, len);
        world_open(w);
        part_open(w, &p, &cfg);
        if (!p.recovery.is_faulty) {
            fail_msg("a flip at byte %zu was not found", at);
        }
        assert_true(plog_is_faulty(p.log));
        assert_true(strlen(p.recovery.why) > 20);
        plog_marks(p.log, &m);
        assert_int_equal(m.end.offset, 12);
        assert_int_equal(part_read(&p, 11, 100, PLOG_BOUND_END, buf, sizeof(buf), &got), 0);
        assert_int_equal(got, batch_len);
        assert_int_equal(part_append(&p, 1, 9000, 7, 5), ERR_CORRUPT);
        world_close(w, true);
        assert_false(world_has(w, ".kafka_cleanshutdown"));
        after = world_file(w, SEGMENT_0 ".log", &left);
        assert_int_equal(left, len);
        assert_memory_equal(after, log, len);
        free(after);
        log[4 * batch_len + at] ^= 0x10;
    }
    free(log);
}

/* Less than the recovery point promises is damage, too, even where it looks like a torn tail. */
static void loss_below_the_recovery_point(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    size_t len;
    uint8_t *log;

    part_cfg(&cfg, 1 << 20);
    log_make(w, &cfg, 10, 50, true); /* writes the checkpoints */
    world_open(w);
    world_close(w, false);
    log = world_file(w, SEGMENT_0 ".log", &len);
    world_put(w, SEGMENT_0 ".log", log, len - 1);
    free(log);
    world_open(w);
    part_open(w, &p, &cfg);
    assert_true(p.recovery.is_faulty);
    assert_int_equal(part_append(&p, 1, 9000, 7, 5), ERR_CORRUPT);
}

static void indexes_come_back(void **state)
{
    static const char *const names[] = {SEGMENT_0 ".index", SEGMENT_0 ".timeindex"};
    struct world *w = *state;
    struct plog_cfg cfg;

    part_cfg(&cfg, 64 * 1024);
    cfg.index_interval_bytes = 512;
    log_make(w, &cfg, 100, 100, true);
    for (size_t i = 0; i < 2; i++) {
        size_t len;
        uint8_t *good = world_file(w, names[i], &len);

        assert_non_null(good);
        assert_true(len > 40);
        for (int kind = 0; kind < 4; kind++) {
            uint8_t *bad = calloc(1, 2 * len + 1000);
            struct part p;
            size_t left;
            uint8_t *after;
            char path[256];

            memcpy(bad, good, len);
            if (kind == 0) { /* missing */
                snprintf(path, sizeof(path), "%s/%s", w->path, names[i]);
                assert_int_equal(os_unlink(w->os, path), 0);
            } else if (kind == 1) { /* allocated ahead, filled with zeros */
                world_put(w, names[i], bad, 2 * len + 1000);
            } else if (kind == 2) { /* garbage */
                memset(bad, 0xa5, len);
                world_put(w, names[i], bad, len);
            } else { /* cut in an entry */
                world_put(w, names[i], bad, len - 3);
            }
            world_open(w);
            part_open(w, &p, &cfg);
            assert_false(p.recovery.is_faulty);
            reads_back(&p, 100, 100);
            world_close(w, true);
            after = world_file(w, names[i], &left);
            assert_int_equal(left, len);
            assert_memory_equal(after, good, len);
            free(after);
            free(bad);
        }
        free(good);
    }
}

/* Garbage behind the last batch, and a later segment of nothing but garbage, are torn tails. */
static void garbage_behind(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct plog_marks m;
    struct part p;
    size_t len;
    uint8_t *log;
    uint8_t *more;

    part_cfg(&cfg, 1 << 20);
    log_make(w, &cfg, 5, 50, false);
    log = world_file(w, SEGMENT_0 ".log", &len);
    more = malloc(len + 70000);
    memcpy(more, log, len);
    for (size_t i = 0; i < 70000; i++) {
        more[len + i] = (uint8_t)(i * 31 >> 3);
    }
    world_put(w, SEGMENT_0 ".log", more, len + 70000);
    world_put(w, "orders-0/00000000000000000015.log", more + len, 5000);
    world_put(w, "orders-0/00000000000000000015.index", more, 16);
    free(more);
    free(log);
    world_open(w);
    part_open(w, &p, &cfg);
    assert_false(p.recovery.is_faulty);
    assert_int_equal(p.recovery.cut_bytes, 75000);
    plog_marks(p.log, &m);
    assert_int_equal(m.end.offset, 15);
    assert_false(world_has(w, "orders-0/00000000000000000015.log"));
    assert_false(world_has(w, "orders-0/00000000000000000015.index"));
}

static void a_missing_segment_is_told(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    char path[256];

    part_cfg(&cfg, 1024);
    log_make(w, &cfg, 20, 200, false);
    assert_true(world_has(w, "orders-0/00000000000000000003.log"));
    snprintf(path, sizeof(path), "%s/orders-0/00000000000000000003.log", w->path);
    assert_int_equal(os_unlink(w->os, path), 0);
    world_open(w);
    part_open(w, &p, &cfg);
    assert_true(p.recovery.is_faulty);
    assert_non_null(strstr(p.recovery.why, "missing"));
}

static void leftovers_go(void **state)
{
    static const char *const gone[] = {
        SEGMENT_0 ".log.deleted",
        SEGMENT_0 ".timeindex.deleted",
        "orders-0/00000000000000000500.log.cleaned",
        "orders-0/leader-epoch-checkpoint.tmp",
        "orders-0/00000000000000000777.index",
    };
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;

    part_cfg(&cfg, 4096);
    log_make(w, &cfg, 5, 50, true);
    for (size_t i = 0; i < ARRAY_CNT(gone); i++) {
        world_put(w, gone[i], "x", 1);
    }
    world_put(w, "orders-0/notes.txt", "mine", 4);
    world_open(w);
    part_open(w, &p, &cfg);
    for (size_t i = 0; i < ARRAY_CNT(gone); i++) {
        assert_false(world_has(w, gone[i]));
    }
    assert_true(world_has(w, "orders-0/notes.txt"));
    reads_back(&p, 5, 50);
}

/* The output of a compaction takes the place of the segments it covers. */
static void swap_files_take_over(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct plog_marks m;
    struct part p;
    size_t a_len;
    size_t b_len;
    size_t got;
    uint8_t buf[4096];
    uint8_t *a = batch_make(0, 3, 1000, 0, 10, &a_len);
    uint8_t *b = batch_make(6, 3, 1000, 0, 10, &b_len);
    uint8_t *both = malloc(a_len + b_len);

    part_cfg(&cfg, 300);
    cfg.is_compacted = true;
    log_make(w, &cfg, 6, 50, true); /* one batch a segment: 0 3 6 9 12 15 */
    assert_true(world_has(w, "orders-0/00000000000000000006.log"));
    memcpy(both, a, a_len);
    memcpy(both + a_len, b, b_len);
    world_put(w, SEGMENT_0 ".log.swap", both, a_len + b_len);
    world_open(w);
    part_open(w, &p, &cfg);
    assert_false(p.recovery.is_faulty);
    assert_false(world_has(w, SEGMENT_0 ".log.swap"));
    assert_false(world_has(w, "orders-0/00000000000000000003.log"));
    assert_false(world_has(w, "orders-0/00000000000000000006.log"));
    assert_true(world_has(w, "orders-0/00000000000000000009.log"));
    plog_marks(p.log, &m);
    assert_int_equal(m.end.offset, 18);
    /* Offsets 3 to 5 are gone: a read there goes on with the next batch. */
    assert_int_equal(part_read(&p, 4, 1, PLOG_BOUND_END, buf, sizeof(buf), &got), 0);
    assert_int_equal(got, b_len);
    assert_memory_equal(buf, b, b_len);
    free(a);
    free(b);
    free(both);
}

/* Recovery of its own result finds nothing to do, however often. */
static void recovery_is_idempotent(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    size_t len;
    uint8_t *log;

    part_cfg(&cfg, 1 << 20);
    log_make(w, &cfg, 20, 50, false);
    log = world_file(w, SEGMENT_0 ".log", &len);
    world_put(w, SEGMENT_0 ".log", log, len - 5);
    free(log);
    for (int i = 0; i < 10; i++) {
        struct plog_marks m;
        struct part p;

        world_open(w);
        part_open(w, &p, &cfg);
        assert_int_equal(p.recovery.cut_bytes > 0, i == 0);
        plog_marks(p.log, &m);
        assert_int_equal(m.end.offset, 57);
        world_close(w, false);
    }
}

/* Without checkpoint files everything is found again from the logs. */
static void lost_checkpoints(void **state)
{
    static const char *const names[] = {
        "recovery-point-offset-checkpoint",
        "replication-offset-checkpoint",
        "log-start-offset-checkpoint",
        "orders-0/leader-epoch-checkpoint",
    };
    struct world *w = *state;
    struct plog_cfg cfg;
    struct plog_marks m;
    struct part p;

    part_cfg(&cfg, 2048);
    log_make(w, &cfg, 20, 50, true);
    for (int damaged = 0; damaged < 2; damaged++) {
        for (size_t i = 0; i < ARRAY_CNT(names); i++) {
            world_put(w, names[i], damaged != 0 ? "0\n5\nwhat 1" : "", damaged != 0 ? 10 : 0);
        }
        world_open(w);
        part_open(w, &p, &cfg);
        assert_true(p.recovery.was_scanned == (damaged != 0));
        plog_marks(p.log, &m);
        assert_int_equal(m.start, 0);
        assert_int_equal(m.hw.offset, 0); /* as for a follower; a single replica raises it */
        assert_int_equal(m.end.offset, 60);
        reads_back(&p, 20, 50);
        if (damaged != 0) {
            assert_int_equal(plog_epoch_at(p.log, 13), 1);
        }
        world_close(w, false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(clean_stop_needs_no_scan, setup, teardown),
        cmocka_unit_test_setup_teardown(unclean_stop_scans, setup, teardown),
        cmocka_unit_test_setup_teardown(torn_at_every_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_is_not_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(loss_below_the_recovery_point, setup, teardown),
        cmocka_unit_test_setup_teardown(indexes_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(garbage_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(a_missing_segment_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(leftovers_go, setup, teardown),
        cmocka_unit_test_setup_teardown(swap_files_take_over, setup, teardown),
        cmocka_unit_test_setup_teardown(recovery_is_idempotent, setup, teardown),
        cmocka_unit_test_setup_teardown(lost_checkpoints, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
