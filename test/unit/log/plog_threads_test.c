/* One thread appends, rolls, cuts and retains; others read meanwhile. For the thread sanitizer, and:
 * a reader never sees anything but whole, right batches at the offset it asked for. */
#include "unit/log/world.h"

#include <setjmp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/chain.h"
#include "base/crc32c.h"
#include "base/prng.h"

#include <cmocka.h>

#define READERS 2
#define STEPS 3000

struct shared {
    struct part *p;
    atomic_bool stop;
    atomic_uint reads;
    atomic_uint bad;
};

/* The first batch of what a read gave. */
static bool batch_is_right(const struct plog_read_info *info, log_offset_t offset, size_t len)
{
    uint8_t *bytes = malloc(len);
    bool is_right =
        bytes != NULL && pread(info->file->fd, bytes, len, (off_t)info->pos) == (ssize_t)len;

    if (is_right) {
        log_offset_t base = (log_offset_t)load_be64(bytes);
        size_t batch_len = load_be32(bytes + 8) + 12;
        log_offset_t last = base + (log_offset_t)load_be32(bytes + 23);

        is_right = base <= offset && offset <= last && batch_len <= len &&
                   crc32c(slice_of(bytes + 21, batch_len - 21)) == load_be32(bytes + 17);
    }
    free(bytes);
    return is_right;
}

static void reader_run(void *arg)
{
    struct shared *s = arg;
    struct plog_cursor cursor = {0};
    struct prng rng;

    prng_init(&rng, (uint64_t)(uintptr_t)&rng);
    while (!atomic_load(&s->stop)) {
        struct plog_marks m;
        struct plog_read read = {
            .max_bytes = 700, .bound = PLOG_BOUND_END, .at_least_one = true, .cursor = &cursor};
        struct plog_read_info info;
        struct plog_found found;
        struct chain c;
        int rc;

        plog_marks(s->p->log, &m);
        read.offset =
            m.start + (log_offset_t)prng_below(&rng, (uint64_t)(m.end.offset - m.start) + 1);
        chain_init(&c);
        rc = plog_read(s->p->log, &read, &c, &info);
        if (rc == 0 && c.len > 0) {
            atomic_fetch_add(&s->reads, 1);
            if (!batch_is_right(&info, read.offset, c.len)) {
                atomic_fetch_add(&s->bad, 1);
            }
        } else if (rc != 0 && rc != ERR_RANGE) {
            atomic_fetch_add(&s->bad, 1);
        }
        chain_clear(&c);
        plog_latest(s->p->log, PLOG_BOUND_HW, &found);
        if (plog_epoch_at(s->p->log, m.start) > 1000 || plog_size_bytes(s->p->log) > 1u << 30) {
            atomic_fetch_add(&s->bad, 1);
        }
    }
}

static void readers_beside_a_writer(void **state)
{
    struct world w;
    struct part p;
    struct plog_cfg cfg;
    struct prng rng;
    struct shared s = {.p = &p};
    struct os_thread *threads[READERS];

    (void)state;
    world_init(&w);
    world_open(&w);
    part_cfg(&cfg, 3000);
    cfg.index_interval_bytes = 300;
    part_new(&w, &p, &cfg);
    prng_init(&rng, 7);
    assert_int_equal(part_append(&p, 2, 1000, 0, 20), 0);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(os_thread_start(w.os, "reader", reader_run, &s, &threads[i]), 0);
    }
    for (int i = 0; i < STEPS; i++) {
        struct plog_marks m;
        uint64_t dice = prng_below(&rng, 100);

        plog_marks(p.log, &m);
        if (dice < 2 && m.end.offset - m.start > 40) {
            assert_int_equal(plog_truncate_to(p.log, m.end.offset - 10), 0);
        } else if (dice < 5) {
            assert_int_equal(plog_delete_records_to(p.log, m.start + (m.hw.offset - m.start) / 4),
                             0);
        } else {
            assert_int_equal(
                part_append(&p, 2, 1000 + i, i / 100, 50 + (size_t)prng_below(&rng, 100)), 0);
        }
        if (i % 20 == 0) {
            log_dir_commit_soon(w.dir);
            reactor_turn(w.reactor, 0);
        }
    }
    atomic_store(&s.stop, true);
    for (size_t i = 0; i < READERS; i++) {
        os_thread_join(threads[i]);
    }
    assert_true(atomic_load(&s.reads) > 0);
    assert_int_equal(atomic_load(&s.bad), 0);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(readers_beside_a_writer)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
