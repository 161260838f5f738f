/* Append, roll, read, indexes, truncation and retention of one partition, on a real directory. */
#include "unit/log/world.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/chain.h"
#include "os/fault.h"

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

/* The index files, byte for byte: entries when more than the interval was written, a last time entry
 * at the roll, numbers big-endian. */
static void index_bytes(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    size_t batch_len;
    size_t len;
    uint8_t *bytes;
    uint8_t want[64];

    free(batch_make(0, 1, 1000, 0, 100, &batch_len));
    part_cfg(&cfg, 1 << 20);
    cfg.index_interval_bytes = (int32_t)(2 * batch_len); /* more than two batches since the last */
    part_new(w, &p, &cfg);
    for (int i = 0; i < 8; i++) {
        /* Timestamps 1000 1001 1002 | 500 | 1004 ...: one goes back. */
        assert_int_equal(part_append(&p, 1, i == 3 ? 500 : 1000 + i, 0, 100), 0);
    }
    assert_int_equal(plog_roll(p.log), 0);
    /* Batch 3 is the first with three batches before it, then 6. */
    store_be32(want, 3);
    store_be32(want + 4, (uint32_t)(3 * batch_len));
    store_be32(want + 8, 6);
    store_be32(want + 12, (uint32_t)(6 * batch_len));
    bytes = world_file(w, FIRST ".index", &len);
    assert_int_equal(len, 16);
    assert_memory_equal(bytes, want, 16);
    free(bytes);
    store_be64(want, 1002);
    store_be32(want + 8, 2);
    store_be64(want + 12, 1006);
    store_be32(want + 20, 6);
    store_be64(want + 24, 1007);
    store_be32(want + 32, 7);
    bytes = world_file(w, FIRST ".timeindex", &len);
    assert_int_equal(len, 36);
    assert_memory_equal(bytes, want, 36);
    free(bytes);
    assert_true(world_has(w, "orders-0/00000000000000000008.log"));
    part_close(w, &p);
}

static size_t segment_cnt(struct world *w, log_offset_t end)
{
    size_t cnt = 0;

    for (log_offset_t o = 0; o <= end; o++) {
        char name[64];

        snprintf(name, sizeof(name), "orders-0/%020lld.log", (long long)o);
        cnt += world_has(w, name) ? 1 : 0;
    }
    return cnt;
}

/* Every reason to begin a new segment. */
static void rolls(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    size_t batch_len;

    free(batch_make(0, 1, 1000, 0, 100, &batch_len));
    part_cfg(&cfg, (int32_t)(3 * batch_len));
    part_new(w, &p, &cfg);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(part_append(&p, 1, 1000, 0, 100), 0);
    }
    assert_int_equal(segment_cnt(w, 20), 1);
    assert_int_equal(part_append(&p, 1, 1000, 0, 100), 0); /* the fourth does not fit */
    assert_int_equal(segment_cnt(w, 20), 2);
    cfg.segment_ms = 5000;
    cfg.segment_bytes = 1 << 20;
    plog_set_cfg(p.log, &cfg);
    assert_int_equal(part_append(&p, 1, 6000, 0, 100), 0); /* exactly as old as allowed */
    assert_int_equal(segment_cnt(w, 20), 2);
    assert_int_equal(part_append(&p, 1, 6001, 0, 100), 0);
    assert_int_equal(segment_cnt(w, 20), 3);
    cfg.segment_ms = INT64_MAX;
    cfg.index_interval_bytes = 0;
    cfg.segment_index_bytes = 2 * 8;
    plog_set_cfg(p.log, &cfg);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(part_append(&p, 1, 6001, 0, 100), 0);
    }
    assert_int_equal(segment_cnt(w, 20), 4); /* the index is full */
    cfg.segment_bytes = 50;
    plog_set_cfg(p.log, &cfg);
    assert_int_equal(part_append(&p, 1, 6001, 0, 100), ERR_LIMIT);
    part_close(w, &p);
}

/* Offsets of a segment are 32 bits wide: a batch further off begins a new one. */
static void rolls_for_far_offsets(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    struct log_pos end;
    size_t len;
    uint8_t *a = batch_make(0, 1, 1000, 0, 10, &len);
    uint8_t *b = batch_make((log_offset_t)INT32_MAX + 1, 1, 1000, 0, 10, &len);
    uint8_t buf[200];
    size_t got;

    part_cfg(&cfg, 1 << 20);
    cfg.is_compacted = true;
    part_new(w, &p, &cfg);
    const struct plog_batch batches[2] = {
        {.bytes = slice_of(a, len), .first = 0, .last = 0, .max_timestamp = 1000},
        {.bytes = slice_of(b, len),
         .first = (log_offset_t)INT32_MAX + 1,
         .last = (log_offset_t)INT32_MAX + 1,
         .max_timestamp = 1000}};
    assert_int_equal(plog_append(p.log, batches, 2, &end), 0);
    assert_int_equal(end.offset, (log_offset_t)INT32_MAX + 2);
    assert_true(world_has(w, "orders-0/00000000002147483648.log") ||
                world_has(w, "orders-0/00000000000000000001.log"));
    assert_int_equal(part_read(&p, 5, 1, PLOG_BOUND_END, buf, sizeof(buf), &got), 0);
    assert_int_equal(got, len);
    assert_memory_equal(buf, b, len);
    assert_int_equal(plog_append(p.log, batches, 1, &end), ERR_INVALID); /* goes back */
    free(a);
    free(b);
    part_close(w, &p);
}

/* The bounds: nothing beyond the high watermark, out of range, partial last batch, whole first one. */
static void read_bounds(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    struct log_pos hw;
    struct plog_read read = {.max_bytes = 100000, .bound = PLOG_BOUND_HW, .at_least_one = true};
    struct plog_read_info info;
    struct chain c;
    struct log_pos end;
    size_t len;
    uint8_t *b;

    part_cfg(&cfg, 1 << 20);
    part_new(w, &p, &cfg);
    chain_init(&c);
    assert_int_equal(plog_read(p.log, &read, &c, &info), 0); /* empty log */
    assert_int_equal(c.len, 0);
    assert_true(info.at_bound);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(part_append(&p, 2, 1000, 0, 100), 0);
    }
    b = batch_make(8, 2, 1000, 0, 100, &len);
    assert_int_equal(
        plog_append(p.log, &(struct plog_batch){.bytes = slice_of(b, len), .first = 8, .last = 9},
                    1, &end),
        0);
    free(b);
    assert_int_equal(plog_read(p.log, &read, &c, &info), 0);
    assert_int_equal(c.len, 4 * len); /* the fifth is above the high watermark */
    assert_true(info.at_bound);
    assert_int_equal(info.marks.hw.offset, 8);
    assert_int_equal(info.marks.end.offset, 10);
    chain_clear(&c);
    read.offset = 8;
    assert_int_equal(plog_read(p.log, &read, &c, &info), 0);
    assert_int_equal(c.len, 0);
    read.bound = PLOG_BOUND_END;
    assert_int_equal(plog_read(p.log, &read, &c, &info), 0);
    assert_int_equal(c.len, len);
    chain_clear(&c);
    read.offset = 11;
    assert_int_equal(plog_read(p.log, &read, &c, &info), ERR_RANGE);
    assert_int_equal(info.marks.end.offset, 10);
    read.offset = -1;
    assert_int_equal(plog_read(p.log, &read, &c, &info), ERR_RANGE);
    read.offset = 0;
    read.max_bytes = len + 10; /* one batch and a bit */
    assert_int_equal(plog_read(p.log, &read, &c, &info), 0);
    assert_int_equal(c.len, len + 10);
    chain_clear(&c);
    read.max_bytes = len - 1;
    assert_int_equal(plog_read(p.log, &read, &c, &info), 0);
    assert_int_equal(c.len, len);
    chain_clear(&c);
    read.at_least_one = false;
    assert_int_equal(plog_read(p.log, &read, &c, &info), 0);
    assert_int_equal(c.len, 0);
    assert_int_equal(plog_locate(p.log, 5, &hw), 0);
    assert_int_equal(hw.pos, 2 * len);
    part_close(w, &p);
}

/* A reader with a cursor gets every batch once, over rolls and in pieces. */
static void cursor_follows(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    struct plog_cursor cursor = {0};
    struct plog_read read = {
        .max_bytes = 1 << 20, .bound = PLOG_BOUND_END, .at_least_one = true, .cursor = &cursor};
    uint64_t seen = 0;

    part_cfg(&cfg, 1500);
    part_new(w, &p, &cfg);
    for (int i = 0; i < 60; i++) {
        assert_int_equal(part_append(&p, 2, 1000, 0, 100), 0);
        for (int tries = 0; tries < 3; tries++) {
            struct plog_read_info info;
            struct chain c;

            chain_init(&c);
            assert_int_equal(plog_read(p.log, &read, &c, &info), 0);
            if (c.len > 0) {
                uint8_t head[8];

                assert_int_equal(pread(info.file->fd, head, 8, (off_t)info.pos), 8);
                assert_int_equal(load_be64(head), read.offset);
                assert_true(info.at_bound);
                assert_true(cursor.is_set);
                seen += c.len;
                read.offset = info.marks.end.offset;
            }
            chain_clear(&c);
        }
    }
    assert_int_equal(seen, plog_size_bytes(p.log));
    part_close(w, &p);
}

/* A truncation keeps what is below, also for a reader that holds bytes above it. */
static void truncates(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    struct plog_marks m;
    struct plog_read read = {.max_bytes = 1 << 20, .bound = PLOG_BOUND_END, .at_least_one = true};
    struct plog_read_info info;
    struct chain held;
    size_t len;
    size_t held_len;
    uint8_t *before;
    uint8_t *after;
    uint8_t buf[4096];

    part_cfg(&cfg, 2000);
    part_new(w, &p, &cfg);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(part_append(&p, 2, 1000 + i, i / 10, 100), 0);
    }
    part_sync(w, &p);
    chain_init(&held);
    read.offset = 20;
    assert_int_equal(plog_read(p.log, &read, &held, &info), 0);
    held_len = held.len;
    before = malloc(held_len);
    assert_int_equal(pread(info.file->fd, before, held_len, (off_t)info.pos), held_len);
    assert_int_equal(plog_truncate_to(p.log, 23), 0);
    plog_marks(p.log, &m);
    assert_int_equal(m.end.offset, 22); /* 23 is in the batch of 22 */
    assert_int_equal(m.hw.offset, 22);
    assert_int_equal(m.durable, 22);
    assert_int_equal(plog_epoch_latest(p.log), 1);
    for (int i = 11; i < 20; i++) {
        assert_int_equal(part_append(&p, 2, 5000 + i, 7, 100), 0);
    }
    after = malloc(held_len);
    assert_int_equal(pread(info.file->fd, after, held_len, (off_t)info.pos), held_len);
    assert_memory_equal(before, after, held_len); /* the reader's bytes are the old ones */
    chain_clear(&held);
    free(before);
    free(after);
    for (int i = 0; i < 20; i++) {
        uint8_t *want =
            batch_make(2 * i, 2, i < 11 ? 1000 + i : 5000 + i, i < 11 ? i / 10 : 7, 100, &len);
        size_t got;

        assert_int_equal(part_read(&p, 2 * i, 1, PLOG_BOUND_END, buf, sizeof(buf), &got), 0);
        assert_int_equal(got, len);
        assert_memory_equal(buf, want, len);
        free(want);
    }
    part_sync(w, &p);
    world_close(w, false);
    world_open(w);
    part_open(w, &p, &cfg);
    assert_false(p.recovery.is_faulty);
    plog_marks(p.log, &m);
    assert_int_equal(m.end.offset, 40);
    assert_int_equal(plog_epoch_at(p.log, 21), 1);
    assert_int_equal(plog_epoch_at(p.log, 22), 7);
}

/* Everything goes, the log begins again elsewhere; both survive a stop. */
static void resets(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    struct plog_marks m;

    part_cfg(&cfg, 2000);
    part_new(w, &p, &cfg);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(part_append(&p, 2, 1000 + i, 0, 100), 0);
    }
    part_sync(w, &p);
    assert_int_equal(plog_reset_to(p.log, 500), 0);
    plog_marks(p.log, &m);
    assert_int_equal(m.start, 500);
    assert_int_equal(m.end.offset, 500);
    assert_int_equal(plog_epoch_latest(p.log), LEADER_EPOCH_NONE);
    assert_int_equal(part_append(&p, 2, 1000, 3, 100), 0);
    part_sync(w, &p);
    world_close(w, false);
    world_open(w);
    part_open(w, &p, &cfg);
    assert_false(p.recovery.is_faulty);
    plog_marks(p.log, &m);
    assert_int_equal(m.start, 500);
    assert_int_equal(m.end.offset, 502);
}

static void retains(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    struct plog_marks m;
    size_t cnt;
    size_t batch_len;

    free(batch_make(0, 1, 1000, 0, 100, &batch_len));
    part_cfg(&cfg, (int32_t)(2 * batch_len));
    cfg.retention_ms = 1000;
    part_new(w, &p, &cfg);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(part_append(&p, 1, 1000 * i, i, 100), 0);
    }
    /* Segments 0-1 2-3 4-5 6-7 8-9; the newest of the first two is 3000. */
    assert_int_equal(plog_retention(p.log, 4000, &cnt), 0);
    assert_int_equal(cnt, 1);
    assert_int_equal(plog_retention(p.log, 4001, &cnt), 0);
    assert_int_equal(cnt, 1);
    plog_marks(p.log, &m);
    assert_int_equal(m.start, 4);
    assert_int_equal(plog_epoch_at(p.log, 4), 4);
    assert_int_equal(plog_epoch_at(p.log, 3), LEADER_EPOCH_NONE);
    /* By size: three segments of two, one may stay besides what is over. */
    cfg.retention_ms = -1;
    cfg.retention_bytes = (int64_t)(4 * batch_len);
    plog_set_cfg(p.log, &cfg);
    assert_int_equal(plog_retention(p.log, 0, &cnt), 0);
    assert_int_equal(cnt, 1);
    plog_marks(p.log, &m);
    assert_int_equal(m.start, 6);
    /* By the start. */
    cfg.retention_bytes = -1;
    plog_set_cfg(p.log, &cfg);
    assert_int_equal(plog_delete_records_to(p.log, 11), ERR_RANGE);
    assert_int_equal(plog_delete_records_to(p.log, 9), 0);
    plog_marks(p.log, &m);
    assert_int_equal(m.start, 9);
    assert_int_equal(plog_delete_records_to(p.log, 7), 0);
    plog_marks(p.log, &m);
    assert_int_equal(m.start, 9);
    assert_false(world_has(w, "orders-0/00000000000000000006.log"));
    /* The active one, too, when all of it is too old: the end stays. */
    cfg.retention_ms = 1;
    plog_set_cfg(p.log, &cfg);
    assert_int_equal(plog_retention(p.log, 1000000, &cnt), 0);
    assert_int_equal(cnt, 1);
    plog_marks(p.log, &m);
    assert_int_equal(m.start, 10);
    assert_int_equal(m.end.offset, 10);
    assert_int_equal(part_append(&p, 1, 5, 20, 100), 0);
    part_sync(w, &p);
    world_close(w, true);
    world_open(w);
    part_open(w, &p, &cfg);
    plog_marks(p.log, &m);
    assert_int_equal(m.start, 10);
    assert_int_equal(m.end.offset, 11);
    assert_false(p.recovery.is_faulty);
}

/* A segment that a reader holds is deleted under it, and still read. */
static void deleted_segment_is_read(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    struct plog_read read = {.max_bytes = 1 << 20, .bound = PLOG_BOUND_END, .at_least_one = true};
    struct plog_read_info info;
    struct chain held;
    uint8_t head[8];

    part_cfg(&cfg, 300);
    part_new(w, &p, &cfg);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(part_append(&p, 2, 1000, 0, 100), 0);
    }
    chain_init(&held);
    assert_int_equal(plog_read(p.log, &read, &held, &info), 0);
    assert_int_equal(plog_delete_records_to(p.log, 8), 0);
    reactor_turn(w->reactor, 20);
    assert_int_equal(pread(info.file->fd, head, 8, (off_t)info.pos), 8);
    assert_int_equal(load_be64(head), 0);
    chain_clear(&held);
    assert_int_equal(plog_read(p.log, &read, &held, &info), ERR_RANGE);
    part_close(w, &p);
}

static void finds_by_time(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    struct plog_found f;
    struct log_pos lso;

    part_cfg(&cfg, 2000);
    cfg.index_interval_bytes = 200;
    part_new(w, &p, &cfg);
    for (int i = 0; i < 40; i++) {
        /* Three records a batch: 10000+100i, +1, +2; batch 25 is from the past. */
        assert_int_equal(part_append(&p, 3, i == 25 ? 50 : 10000 + 100 * i, i / 20, 60), 0);
    }
    assert_int_equal(plog_offset_for_time(p.log, 0, PLOG_BOUND_HW, &f), 0);
    assert_int_equal(f.offset, 0);
    assert_int_equal(f.timestamp, 10000);
    assert_int_equal(f.epoch, 0);
    for (int i = 0; i < 40; i++) {
        for (int j = 0; j < 3; j++) {
            int want = i == 25 ? 26 : i;

            assert_int_equal(plog_offset_for_time(p.log, 10000 + 100 * i + j, PLOG_BOUND_HW, &f),
                             0);
            assert_int_equal(f.offset, 3 * want + (i == 25 ? 0 : j));
            assert_int_equal(f.timestamp, 10000 + 100 * want + (i == 25 ? 0 : j));
            assert_int_equal(f.epoch, want / 20);
        }
        assert_int_equal(plog_offset_for_time(p.log, 10000 + 100 * i + 50, PLOG_BOUND_HW, &f), 0);
        assert_int_equal(f.offset, i == 39 ? LOG_OFFSET_NONE : 3 * (i == 24 ? 26 : i + 1));
    }
    assert_int_equal(plog_offset_of_max_time(p.log, PLOG_BOUND_HW, &f), 0);
    assert_int_equal(f.offset, 119);
    assert_int_equal(f.timestamp, 13902);
    /* Below a lower bound. */
    assert_int_equal(plog_locate(p.log, 90, &lso), 0);
    plog_set_last_stable(p.log, &lso);
    assert_int_equal(plog_offset_of_max_time(p.log, PLOG_BOUND_STABLE, &f), 0);
    assert_int_equal(f.offset, 89);
    assert_int_equal(plog_offset_for_time(p.log, 13000, PLOG_BOUND_STABLE, &f), 0);
    assert_int_equal(f.offset, LOG_OFFSET_NONE);
    plog_earliest(p.log, &f);
    assert_int_equal(f.offset, 0);
    assert_int_equal(f.epoch, 0);
    plog_latest(p.log, PLOG_BOUND_HW, &f);
    assert_int_equal(f.offset, 120);
    assert_int_equal(f.epoch, 1);
    assert_int_equal(plog_delete_records_to(p.log, 31), 0);
    assert_int_equal(plog_offset_for_time(p.log, 0, PLOG_BOUND_HW, &f), 0);
    assert_int_equal(f.offset, 31);
    part_close(w, &p);
}

static void epochs_end(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    leader_epoch_t epoch;
    log_offset_t end;

    part_cfg(&cfg, 1 << 20);
    part_new(w, &p, &cfg);
    plog_epoch_end(p.log, 3, &epoch, &end);
    assert_int_equal(epoch, LEADER_EPOCH_NONE);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(part_append(&p, 10, 1000, i < 3 ? 2 : 5, 10), 0);
    }
    plog_epoch_end(p.log, 2, &epoch, &end);
    assert_int_equal(epoch, 2);
    assert_int_equal(end, 30);
    plog_epoch_end(p.log, 4, &epoch, &end);
    assert_int_equal(epoch, 2);
    assert_int_equal(end, 30);
    plog_epoch_end(p.log, 5, &epoch, &end);
    assert_int_equal(epoch, 5);
    assert_int_equal(end, 60);
    assert_int_equal(plog_epoch_begin(p.log, 9), 0);
    assert_int_equal(plog_epoch_latest(p.log), 9);
    plog_epoch_end(p.log, 5, &epoch, &end);
    assert_int_equal(end, 60);
    plog_epoch_end(p.log, 1, &epoch, &end); /* older than all: cut to where the first began */
    assert_int_equal(epoch, 1);
    assert_int_equal(end, 0);
    part_close(w, &p);
}

/* A removed partition is gone at once under its name, and can be made anew while the old handle lives. */
static void removes(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    struct part again;
    uint8_t buf[4096];
    size_t got;

    part_cfg(&cfg, 1000);
    part_new(w, &p, &cfg);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(part_append(&p, 2, 1000, 0, 100), 0);
    }
    assert_int_equal(plog_remove(p.log), 0);
    assert_false(world_has(w, "orders-0"));
    assert_int_equal(part_append(&p, 2, 1000, 0, 100), ERR_STOPPED);
    assert_int_equal(part_read(&p, 0, 100, PLOG_BOUND_END, buf, sizeof(buf), &got), ERR_STOPPED);
    part_new(w, &again, &cfg);
    assert_int_equal(part_append(&again, 2, 1000, 0, 100), 0);
    part_close(w, &p);
    part_sync(w, &again);
    assert_true(world_has(w, "orders-0"));
    part_close(w, &again);
}

/* A full disk: the append fails whole, what was there stays, the next one works. */
static void full_disk(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    struct plog_marks m;
    uint8_t buf[4096];
    size_t got;

    part_cfg(&cfg, 1000);
    part_new(w, &p, &cfg);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(part_append(&p, 2, 1000, 0, 100), 0);
    }
    for (int i = 0; i < 3; i++) {
        struct log_pos end;
        struct plog_batch batches[6];
        uint8_t *bytes[6];

        os_fault_set(w->os, i == 0 ? OS_FAULT_SHORT_WRITE : OS_FAULT_PWRITE, i == 2 ? 3 : 1,
                     ERR_NOSPACE);
        for (int j = 0; j < 6; j++) {
            size_t len;

            bytes[j] = batch_make(10 + 2 * j, 2, 1000, 1, 100, &len);
            batches[j] = (struct plog_batch){.bytes = slice_of(bytes[j], len),
                                             .first = 10 + 2 * j,
                                             .last = 11 + 2 * j,
                                             .max_timestamp = 1001,
                                             .epoch = 1};
        }
        assert_int_equal(plog_append(p.log, batches, 6, &end), ERR_NOSPACE);
        for (int j = 0; j < 6; j++) {
            free(bytes[j]);
        }
        plog_marks(p.log, &m);
        assert_int_equal(m.end.offset, 10);
        assert_int_equal(m.hw.offset, 10);
    }
    assert_true(log_dir_is_online(w->dir));
    assert_int_equal(part_append(&p, 2, 1000, 2, 100), 0);
    assert_int_equal(part_read(&p, 10, 1, PLOG_BOUND_HW, buf, sizeof(buf), &got), 0);
    assert_true(got > 0);
    part_sync(w, &p);
    world_close(w, false);
    world_open(w);
    part_open(w, &p, &cfg);
    assert_false(p.recovery.is_faulty);
    assert_int_equal(p.recovery.cut_bytes, 0);
    plog_marks(p.log, &m);
    assert_int_equal(m.end.offset, 12);
}

/* Any other failed write ends the directory. */
static void failed_write(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;

    part_cfg(&cfg, 1000);
    part_new(w, &p, &cfg);
    assert_int_equal(part_append(&p, 2, 1000, 0, 100), 0);
    os_fault_set(w->os, OS_FAULT_PWRITE, 1, ERR_IO);
    assert_int_equal(part_append(&p, 2, 1000, 0, 100), ERR_IO);
    assert_false(log_dir_is_online(w->dir));
    assert_int_equal(part_append(&p, 2, 1000, 0, 100), ERR_OFFLINE);
    reactor_turn(w->reactor, 0);
    reactor_turn(w->reactor, 0);
    assert_int_equal(w->offline_cnt, 1);
    assert_non_null(strstr(w->offline_why, w->path));
    world_close(w, true);
    assert_int_equal(w->close_rc, ERR_OFFLINE);
    assert_false(world_has(w, ".kafka_cleanshutdown"));
}

/* Many segments, few open files. */
static void few_descriptors(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    struct log_dir_stats stats;
    uint8_t buf[4096];
    size_t got;

    part_cfg(&cfg, 100);
    part_new(w, &p, &cfg);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(part_append(&p, 1, 1000, 0, 10), 0);
    }
    for (int i = 0; i < 50; i++) {
        assert_int_equal(part_read(&p, i, 1, PLOG_BOUND_END, buf, sizeof(buf), &got), 0);
        assert_int_equal(load_be64(buf), i);
    }
    part_sync(w, &p);
    log_dir_stats(w->dir, &stats);
    assert_true(stats.open_files <= 8);
    assert_true(stats.round_files >= 50);
    part_close(w, &p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_before_the_first_append, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_what_was_appended, setup, teardown),
        cmocka_unit_test_setup_teardown(index_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(rolls, setup, teardown),
        cmocka_unit_test_setup_teardown(rolls_for_far_offsets, setup, teardown),
        cmocka_unit_test_setup_teardown(read_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(cursor_follows, setup, teardown),
        cmocka_unit_test_setup_teardown(truncates, setup, teardown),
        cmocka_unit_test_setup_teardown(resets, setup, teardown),
        cmocka_unit_test_setup_teardown(retains, setup, teardown),
        cmocka_unit_test_setup_teardown(deleted_segment_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_by_time, setup, teardown),
        cmocka_unit_test_setup_teardown(epochs_end, setup, teardown),
        cmocka_unit_test_setup_teardown(removes, setup, teardown),
        cmocka_unit_test_setup_teardown(full_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(failed_write, setup, teardown),
        cmocka_unit_test_setup_teardown(few_descriptors, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
