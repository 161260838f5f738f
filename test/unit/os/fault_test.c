/* Faults strike at the call they are set for, and only there; each kind reaches the caller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "os/conn.h"
#include "os/fault.h"
#include "os/os.h"
#include "os/workers.h"
#include "tmp_dir.h"

static void test_the_nth_call_fails_once(void **state)
{
    struct tmp_dir *t = *state;
    struct os_file *f;
    size_t got;
    char b[4];

    assert_int_equal(os_file_open(t->os, tmp_path(t, "f"), OS_WRITE | OS_CREATE, &f), 0);
    assert_int_equal(os_file_pwrite(f, 0, SLICE_LIT("abcd")), 0);
    os_fault_set(t->os, OS_FAULT_PREAD, 3, ERR_CORRUPT);
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(os_file_pread(f, 0, b, 4, &got), i == 3 ? ERR_CORRUPT : 0);
        assert_int_equal(os_fault_is_over(t->os, OS_FAULT_PREAD), i >= 3);
    }
    os_file_close(f);
}

static void test_a_disk_may_die_for_good(void **state)
{
    struct tmp_dir *t = *state;
    struct os_file *f;

    assert_int_equal(os_file_open(t->os, tmp_path(t, "f"), OS_WRITE | OS_CREATE, &f), 0);
    os_fault_set(t->os, OS_FAULT_PWRITE, -2, ERR_IO);
    assert_int_equal(os_file_pwrite(f, 0, SLICE_LIT("a")), 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(os_file_pwrite(f, 0, SLICE_LIT("b")), ERR_IO);
    }
    assert_false(os_fault_is_over(t->os, OS_FAULT_PWRITE));
    os_fault_set(t->os, OS_FAULT_PWRITE, 0, 0);
    assert_int_equal(os_file_pwrite(f, 0, SLICE_LIT("c")), 0);
    os_file_close(f);
}

static void test_short_writes(void **state)
{
    struct tmp_dir *t = *state;
    struct os_file *f;
    uint64_t size;
    char b[8];
    size_t got;

    assert_int_equal(os_file_open(t->os, tmp_path(t, "f"), OS_WRITE | OS_CREATE, &f), 0);
    os_fault_set(t->os, OS_FAULT_SHORT_WRITE, 1, ERR_NOSPACE);
    assert_int_equal(os_file_pwrite(f, 0, SLICE_LIT("01234567")), ERR_NOSPACE);
    assert_int_equal(os_file_size(f, &size), 0);
    assert_int_equal(size, 4); /* torn: half of it is there */
    os_fault_set(t->os, OS_FAULT_SHORT_WRITE, 1, 0);
    assert_int_equal(os_file_pwrite(f, 0, SLICE_LIT("abcdefgh")), 0);
    assert_int_equal(os_file_pread(f, 0, b, 8, &got), 0);
    assert_memory_equal(b, "abcdefgh", 8);
    os_file_close(f);
}

static int never(void *ctx, const char *name, enum os_kind kind)
{
    (void)ctx;
    (void)name;
    (void)kind;
    return 0;
}

static void run_nothing(void *arg)
{
    (void)arg;
}

/* One call of each kind that must meet its fault. */
static int call_kind(struct tmp_dir *t, enum os_fault_kind kind, struct os_file *f)
{
    struct os_file *other = NULL;
    struct os_thread *thread = NULL;
    struct os_conn *conn = NULL;
    struct workers *workers = NULL;
    struct os_stat st;
    size_t got;
    char b[4];
    int rc = 0;

    switch (kind) {
    case OS_FAULT_OPEN:
        rc = os_file_open(t->os, tmp_path(t, "f"), OS_READ, &other);
        os_file_close(other);
        return rc;
    case OS_FAULT_PREAD:
        return os_file_pread_nowait(f, 0, b, 4, &got);
    case OS_FAULT_PWRITE:
    case OS_FAULT_SHORT_WRITE:
        return os_file_pwrite(f, 0, SLICE_LIT("abcd"));
    case OS_FAULT_SYNC:
        return os_file_datasync(f);
    case OS_FAULT_DIR_SYNC:
        return os_dir_sync(t->os, t->dir);
    case OS_FAULT_FS_SYNC:
        return os_fs_sync(t->os, t->dir);
    case OS_FAULT_TRUNCATE:
        return os_file_truncate(f, 1);
    case OS_FAULT_RESERVE:
        return os_file_reserve(f, 0, 1);
    case OS_FAULT_STAT:
        return os_stat(t->os, t->dir, &st);
    case OS_FAULT_MKDIR:
        return os_mkdir(t->os, tmp_path(t, "d"));
    case OS_FAULT_RENAME:
        return os_rename(t->os, t->dir, t->dir);
    case OS_FAULT_UNLINK:
        return os_unlink(t->os, tmp_path(t, "f"));
    case OS_FAULT_LIST:
        return os_dir_list(t->os, t->dir, never, NULL);
    case OS_FAULT_ALLOC:
        rc = workers_new(t->os, 2, &workers);
        workers_free(workers);
        return rc;
    case OS_FAULT_THREAD:
        rc = os_thread_start(t->os, "x", run_nothing, NULL, &thread);
        os_thread_join(thread);
        return rc;
    case OS_FAULT_CONNECT:
        rc = os_conn_open(t->os, "127.0.0.1", 1, 1000, &conn);
        os_conn_close(conn);
        return rc;
    case OS_FAULT_KIND_CNT:
        break;
    }
    return rc;
}

static void test_every_kind_reaches_its_caller(void **state)
{
    struct tmp_dir *t = *state;
    struct os_file *f;

    assert_int_equal(os_file_open(t->os, tmp_path(t, "f"), OS_WRITE | OS_CREATE, &f), 0);
    for (int kind = 0; kind < OS_FAULT_KIND_CNT; kind++) {
        /* An error that none of them gives by itself. */
        os_fault_set(t->os, (enum os_fault_kind)kind, 1, ERR_OFFLINE);
        assert_int_equal(call_kind(t, (enum os_fault_kind)kind, f),
                         kind == OS_FAULT_ALLOC ? ERR_NOMEM : ERR_OFFLINE);
        assert_true(os_fault_is_over(t->os, (enum os_fault_kind)kind));
    }
    os_file_close(f);
}

static void test_two_systems_share_no_plan(void **state)
{
    struct tmp_dir *t = *state;
    struct os *other;

    assert_int_equal(os_new(&other), 0);
    os_fault_set(t->os, OS_FAULT_MKDIR, -1, ERR_IO);
    assert_int_equal(os_mkdir(t->os, tmp_path(t, "d")), ERR_IO);
    assert_int_equal(os_mkdir(other, tmp_path(t, "d")), 0);
    os_free(other);
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, tmp_dir_setup, tmp_dir_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIR(test_the_nth_call_fails_once),
        WITH_DIR(test_a_disk_may_die_for_good),
        WITH_DIR(test_short_writes),
        WITH_DIR(test_every_kind_reaches_its_caller),
        WITH_DIR(test_two_systems_share_no_plan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
