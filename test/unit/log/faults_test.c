/* Every call to the kernel fails once, at every place of a short life of a log. Whatever happens then,
 * what was told durable is there after a restart, and the restart itself works. */
#include "unit/log/world.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "os/fault.h"

#include <cmocka.h>

#define PLACES_MAX 60

/* Open, append over several segments, cut, delete, look up, stop. Every call may fail. */
static log_offset_t life(struct world *w, struct part *p, bool *ret_over)
{
    struct plog_cfg cfg;
    struct plog_callbacks cb;
    struct plog_found found;
    struct plog_marks m;
    struct uuid id = {{9}};
    log_offset_t durable = 0;
    uint8_t buf[4096];
    size_t len;
    size_t cnt;

    memset(p, 0, sizeof(*p));
    if (world_open_try(w) != 0) {
        assert_true(w->why.len > 0);
        w->dir = NULL;
        *ret_over = os_fault_is_over(w->os, OS_FAULT_OPEN);
        return 0;
    }
    part_cfg(&cfg, 700);
    cfg.index_interval_bytes = 100;
    cb = part_callbacks(p);
    if (plog_new(w->dir, TOPIC, 0, id, &cfg, &cb, &p->log) == 0) {
        for (int i = 0; i < 6; i++) {
            (void)!part_append(p, 2, 1000 + i, i, 100);
        }
        log_dir_commit_soon(w->dir);
        plog_marks(p->log, &m);
        for (int i = 0;
             i < 200 && p->durable.pos.offset < m.end.offset && log_dir_is_online(w->dir); i++) {
            reactor_turn(w->reactor, 10);
        }
        durable = p->durable.pos.offset;
        if (plog_truncate_to(p->log, 10) != ERR_RANGE) {
            durable = durable < 10 ? durable : 10;
        }
        (void)!part_append(p, 2, 2000, 8, 100);
        (void)!part_read(p, 1, 100, PLOG_BOUND_END, buf, sizeof(buf), &len);
        (void)!plog_offset_for_time(p->log, 1003, PLOG_BOUND_END, &found);
        (void)!plog_delete_records_to(p->log, 3);
        (void)!plog_retention(p->log, 1000, &cnt);
    }
    world_close(w, true);
    return durable;
}

static void every_call_fails_once(void **state)
{
    (void)state;
    for (int kind = OS_FAULT_OPEN; kind < OS_FAULT_THREAD; kind++) {
        for (long n = 1; n <= PLACES_MAX; n++) {
            struct world w;
            struct part p;
            struct plog_cfg cfg;
            struct plog_marks m;
            log_offset_t durable;
            bool is_over = false;
            bool has_files;

            world_init_in_memory(&w);
            os_fault_set(w.os, (enum os_fault_kind)kind, n,
                         n % 2 == 0 && kind == OS_FAULT_PWRITE ? ERR_NOSPACE : ERR_IO);
            durable = life(&w, &p, &is_over);
            is_over = os_fault_is_over(w.os, (enum os_fault_kind)kind);
            os_fault_set(w.os, (enum os_fault_kind)kind, 0, 0);
            world_open(&w);
            part_cfg(&cfg, 700);
            has_files = world_has(&w, "orders-0");
            if (!has_files && durable > 0) {
                fail_msg("kind %d place %ld: everything is gone", kind, n);
            }
            if (has_files) {
                part_open(&w, &p, &cfg);
                plog_marks(p.log, &m);
                if (m.end.offset < durable || p.recovery.is_faulty) {
                    fail_msg("kind %d place %ld: %lld was durable, the log ends at %lld %s", kind,
                             n, (long long)durable, (long long)m.end.offset, p.recovery.why);
                }
                assert_int_equal(part_append(&p, 1, 5000, 20, 10), 0);
            }
            world_release(&w);
            if (!is_over) {
                break; /* there are no more such calls in this life */
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_call_fails_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
