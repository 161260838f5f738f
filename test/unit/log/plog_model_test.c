/*
 * Random operations on a log and, beside it, on a list of batches in memory: after each step both say
 * the same. Among the operations are clean stops, kills, and kills that tear the unsynced tail of the
 * last file. OTTLA_SEED=n runs one seed, OTTLA_ROUNDS=n that many.
 */
#include "unit/log/world.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/chain.h"
#include "base/prng.h"

#include <cmocka.h>

#define SEEDS_DEFAULT 12
#define STEPS 250
#define BATCHES_MAX 4096
#define READ_BYTES (1 << 16)

struct model_batch {
    log_offset_t base;
    int32_t cnt;
    timestamp_ms_t ts;
    leader_epoch_t epoch;
    size_t len; /* of a record's value */
};

struct model {
    struct world w;
    struct part p;
    struct plog_cfg cfg;
    struct prng rng;
    uint64_t seed;
    int step;
    struct model_batch batches[BATCHES_MAX];
    size_t cnt;
    log_offset_t start;
    log_offset_t end;
    log_offset_t durable;
    leader_epoch_t epoch;
    timestamp_ms_t now;
};

#define CHECK(m, cond) \
    do { \
        if (!(cond)) { \
            fail_msg("seed %" PRIu64 " step %d: %s", (m)->seed, (m)->step, #cond); \
        } \
    } while (0)

static uint64_t below(struct model *m, uint64_t limit)
{
    return prng_below(&m->rng, limit);
}

/* The batch that holds the offset, or the next one. */
static size_t batch_at(const struct model *m, log_offset_t offset)
{
    size_t i = 0;

    while (i < m->cnt && m->batches[i].base + m->batches[i].cnt <= offset) {
        i++;
    }
    return i;
}

static void do_append(struct model *m)
{
    struct plog_batch batches[5];
    uint8_t *bytes[5];
    size_t cnt = 1 + below(m, 5);
    struct log_pos end;
    log_offset_t next = m->end;

    if (m->cnt + cnt > BATCHES_MAX) {
        return;
    }
    if (below(m, 20) == 0) {
        m->epoch++;
    }
    for (size_t i = 0; i < cnt; i++) {
        struct model_batch *b = &m->batches[m->cnt + i];
        size_t len;

        m->now += (timestamp_ms_t)below(m, 50);
        *b = (struct model_batch){.base = next,
                                  .cnt = 1 + (int32_t)below(m, 5),
                                  .ts = m->now - (timestamp_ms_t)below(m, 30),
                                  .epoch = m->epoch,
                                  .len = below(m, 300)};
        bytes[i] = batch_make(b->base, b->cnt, b->ts, b->epoch, b->len, &len);
        batches[i] = (struct plog_batch){.bytes = slice_of(bytes[i], len),
                                         .first = b->base,
                                         .last = b->base + b->cnt - 1,
                                         .max_timestamp = b->ts + b->cnt - 1,
                                         .epoch = b->epoch};
        next += b->cnt;
    }
    CHECK(m, plog_append(m->p.log, batches, cnt, &end) == 0);
    CHECK(m, end.offset == next);
    plog_set_high_watermark(m->p.log, &end);
    m->cnt += cnt;
    m->end = next;
    for (size_t i = 0; i < cnt; i++) {
        free(bytes[i]);
    }
}

static void do_read(struct model *m)
{
    static uint8_t buf[READ_BYTES];
    log_offset_t offset = m->start + (log_offset_t)below(m, (uint64_t)(m->end - m->start) + 1);
    size_t max = 1 + below(m, 3000);
    size_t at = 0;
    size_t len;
    size_t i = batch_at(m, offset);

    CHECK(m, part_read(&m->p, offset, max, PLOG_BOUND_END, buf, sizeof(buf), &len) == 0);
    CHECK(m, (len == 0) == (offset == m->end));
    while (at < len) {
        size_t want_len;
        uint8_t *want;

        CHECK(m, i < m->cnt);
        want = batch_make(m->batches[i].base, m->batches[i].cnt, m->batches[i].ts,
                          m->batches[i].epoch, m->batches[i].len, &want_len);
        CHECK(m, at > 0 || len >= want_len);
        CHECK(m, memcmp(buf + at, want, want_len < len - at ? want_len : len - at) == 0);
        free(want);
        at += want_len;
        i++;
    }
}

static void do_find_time(struct model *m)
{
    timestamp_ms_t t = (timestamp_ms_t)below(m, (uint64_t)m->now + 20);
    struct plog_found found;
    log_offset_t want = LOG_OFFSET_NONE;

    for (size_t i = batch_at(m, m->start); i < m->cnt && want == LOG_OFFSET_NONE; i++) {
        const struct model_batch *b = &m->batches[i];

        for (int32_t j = 0; j < b->cnt && want == LOG_OFFSET_NONE; j++) {
            if (b->ts + j >= t && b->base + j >= m->start) {
                want = b->base + j;
            }
        }
    }
    CHECK(m, plog_offset_for_time(m->p.log, t, PLOG_BOUND_END, &found) == 0);
    CHECK(m, found.offset == want);
}

static void do_epochs(struct model *m)
{
    if (m->end > m->start) {
        log_offset_t offset = m->start + (log_offset_t)below(m, (uint64_t)(m->end - m->start));
        const struct model_batch *b = &m->batches[batch_at(m, offset)];

        CHECK(m, plog_epoch_at(m->p.log, offset) == b->epoch);
    }
}

static void model_cut(struct model *m, log_offset_t offset)
{
    while (m->cnt > 0 && m->batches[m->cnt - 1].base + m->batches[m->cnt - 1].cnt > offset) {
        m->cnt--;
        m->end = m->batches[m->cnt].base;
    }
    m->durable = m->durable < m->end ? m->durable : m->end;
}

static void do_truncate(struct model *m)
{
    log_offset_t offset = m->start + (log_offset_t)below(m, (uint64_t)(m->end - m->start) + 1);
    log_offset_t lowest = m->end - 60;

    offset = offset < lowest ? lowest : offset;
    CHECK(m, plog_truncate_to(m->p.log, offset) == 0);
    model_cut(m, offset);
    m->start = m->start < m->end ? m->start : m->end;
}

static void do_delete_records(struct model *m)
{
    log_offset_t offset = m->start + (log_offset_t)below(m, (uint64_t)(m->end - m->start) / 3 + 1);

    CHECK(m, plog_delete_records_to(m->p.log, offset) == 0);
    m->start = offset;
}

static void do_retention(struct model *m)
{
    struct plog_marks marks;
    size_t cnt;

    m->cfg.retention_ms = below(m, 2) == 0 ? -1 : (int64_t)(500 + below(m, 3000));
    m->cfg.retention_bytes = below(m, 2) == 0 ? -1 : (int64_t)(5000 + below(m, 50000));
    plog_set_cfg(m->p.log, &m->cfg);
    CHECK(m, plog_retention(m->p.log, m->now, &cnt) == 0);
    plog_marks(m->p.log, &marks);
    CHECK(m, marks.start >= m->start);
    CHECK(m, marks.start <= m->end);
    CHECK(m, cnt > 0 || marks.start == m->start);
    if (marks.start < m->end) {
        const struct model_batch *b = &m->batches[batch_at(m, marks.start)];

        CHECK(m, marks.start == m->start || b->base == marks.start);
    }
    m->start = marks.start;
}

static void do_sync(struct model *m)
{
    part_sync(&m->w, &m->p);
    m->durable = m->end;
}

/* Takes a piece off the unsynced end of the last segment file, or puts garbage behind it. */
static void tear_tail(struct model *m)
{
    struct plog_pos_name {
        char name[64];
        log_offset_t base;
    } last = {.base = -1};
    size_t len;
    size_t at = 0;
    size_t keep_min = 0;
    size_t keep;
    uint8_t *bytes;
    size_t i;

    for (log_offset_t o = m->end; o >= 0 && last.base < 0; o--) {
        snprintf(last.name, sizeof(last.name), "orders-0/%020" PRId64 ".log", o);
        last.base = world_has(&m->w, last.name) ? o : -1;
    }
    if (last.base < 0) {
        return;
    }
    bytes = world_file(&m->w, last.name, &len);
    CHECK(m, bytes != NULL);
    i = batch_at(m, last.base);
    for (size_t j = i; at < len; j++) { /* where the durable part ends */
        CHECK(m, j < m->cnt);
        at += load_be32(bytes + at + 8) + 12;
        if (m->batches[j].base + m->batches[j].cnt <= m->durable) {
            keep_min = at;
        }
    }
    keep = keep_min + below(m, len - keep_min + 1);
    world_put(&m->w, last.name, bytes, keep);
    at = 0;
    for (; i < m->cnt && at + load_be32(bytes + at + 8) + 12 <= keep; i++) {
        at += load_be32(bytes + at + 8) + 12;
        if (at >= len) {
            i++;
            break;
        }
    }
    if (i < m->cnt) {
        m->cnt = i;
        m->end = m->batches[i].base;
    }
    free(bytes);
}

static void do_reopen(struct model *m, bool clean, bool tear)
{
    struct plog_marks marks;
    bool had_files = m->cnt > 0 || world_has(&m->w, "orders-0");

    world_close(&m->w, clean);
    CHECK(m, m->w.close_rc == 0);
    if (tear) {
        tear_tail(m);
    }
    world_open(&m->w);
    CHECK(m, log_dir_was_clean(m->w.dir) == clean);
    if (!had_files) {
        part_new(&m->w, &m->p, &m->cfg);
        return;
    }
    part_open(&m->w, &m->p, &m->cfg);
    if (m->p.recovery.is_faulty) {
        fail_msg("seed %" PRIu64 " step %d: %s", m->seed, m->step, m->p.recovery.why);
    }
    CHECK(m, m->p.recovery.was_scanned || clean);
    plog_marks(m->p.log, &marks);
    if (marks.start > m->end) {
        CHECK(m, marks.start == marks.end.offset); /* everything left had been deleted */
        m->end = marks.end.offset;
    }
    CHECK(m, marks.end.offset == m->end);
    CHECK(m, marks.durable == m->end);
    CHECK(m, marks.start <= m->start || marks.start == marks.end.offset);
    CHECK(m, !clean || marks.start == m->start);
    m->start = marks.start;
    m->durable = m->end;
    plog_set_high_watermark(m->p.log, &marks.end);
    m->epoch++; /* a new leader, as a broker would have it */
}

static void do_step(struct model *m)
{
    uint64_t dice = below(m, 1000);

    if (dice < 400) {
        do_append(m);
    } else if (dice < 700) {
        do_read(m);
    } else if (dice < 780) {
        do_find_time(m);
    } else if (dice < 840) {
        do_epochs(m);
    } else if (dice < 870) {
        do_truncate(m);
    } else if (dice < 890) {
        do_delete_records(m);
    } else if (dice < 910) {
        do_retention(m);
    } else if (dice < 930) {
        CHECK(m, plog_roll(m->p.log) == 0);
    } else if (dice < 955) {
        do_sync(m);
    } else {
        do_reopen(m, dice < 970, dice >= 985);
    }
}

static void run_seed(uint64_t seed)
{
    struct model *m = calloc(1, sizeof(*m));
    struct plog_marks marks;

    assert_non_null(m);
    m->seed = seed;
    prng_init(&m->rng, seed);
    world_init_in_memory(&m->w);
    world_open(&m->w);
    part_cfg(&m->cfg, 2000 + (int32_t)below(m, 8000));
    m->cfg.index_interval_bytes = (int32_t)below(m, 2000);
    m->cfg.segment_ms = 2000;
    m->now = 1000;
    part_new(&m->w, &m->p, &m->cfg);
    for (m->step = 0; m->step < STEPS; m->step++) {
        do_step(m);
        plog_marks(m->p.log, &marks);
        CHECK(m, marks.start == m->start);
        CHECK(m, marks.end.offset == m->end);
        CHECK(m, marks.durable <= m->end);
        m->durable = marks.durable > m->durable ? marks.durable : m->durable;
    }
    world_release(&m->w);
    free(m);
}

static void random_operations(void **state)
{
    const char *seed = getenv("OTTLA_SEED");
    const char *rounds = getenv("OTTLA_ROUNDS");
    uint64_t cnt = rounds == NULL ? SEEDS_DEFAULT : strtoull(rounds, NULL, 10);

    (void)state;
    if (seed != NULL) {
        run_seed(strtoull(seed, NULL, 10));
        return;
    }
    for (uint64_t i = 0; i < cnt; i++) {
        run_seed(i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_operations)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
