/* Directories and names; whole files that are replaced so that a failure leaves the old one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/fault.h"
#include "os/os.h"
#include "tmp_dir.h"

static void write_file(struct tmp_dir *t, const char *name, const char *text)
{
    FILE *f = fopen(tmp_path(t, name), "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void assert_file(struct tmp_dir *t, const char *name, const char *expected)
{
    uint8_t *bytes = NULL;
    size_t len = 0;

    assert_int_equal(os_file_read_all(t->os, tmp_path(t, name), 1000, &bytes, &len), 0);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(bytes, expected, len);
    free(bytes);
}

/* --- directories -------------------------------------------------------------------------------- */

static void test_make_and_remove(void **state)
{
    struct tmp_dir *t = *state;

    assert_int_equal(os_mkdir(t->os, tmp_path(t, "d")), 0);
    assert_int_equal(os_mkdir(t->os, tmp_path(t, "d")), ERR_EXISTS);
    assert_int_equal(os_mkdir(t->os, tmp_path(t, "x/y")), ERR_NOT_FOUND);
    write_file(t, "d/f", "x");
    assert_int_equal(os_rmdir(t->os, tmp_path(t, "d")), ERR_NOT_EMPTY);
    assert_int_equal(os_unlink(t->os, tmp_path(t, "d/f")), 0);
    assert_int_equal(os_unlink(t->os, tmp_path(t, "d/f")), ERR_NOT_FOUND);
    assert_int_equal(os_rmdir(t->os, tmp_path(t, "d")), 0);
    assert_int_equal(os_rmdir(t->os, tmp_path(t, "d")), ERR_NOT_FOUND);
}

static void test_make_with_parents(void **state)
{
    struct tmp_dir *t = *state;
    struct os_stat st;

    assert_int_equal(os_mkdirs(t->os, tmp_path(t, "a/b//c/")), 0);
    assert_int_equal(os_mkdirs(t->os, tmp_path(t, "a/b/c")), 0);
    assert_int_equal(os_stat(t->os, tmp_path(t, "a/b/c"), &st), 0);
    assert_int_equal(st.kind, OS_KIND_DIR);
    write_file(t, "a/f", "x");
    assert_int_equal(os_mkdirs(t->os, tmp_path(t, "a/f")), ERR_NOT_DIR);
    assert_int_equal(os_mkdirs(t->os, tmp_path(t, "a/f/g")), ERR_NOT_DIR);
    assert_int_equal(os_mkdirs(t->os, "/"), 0);
    assert_int_equal(os_mkdirs(t->os, ""), ERR_INVALID);
}

static void test_stat(void **state)
{
    struct tmp_dir *t = *state;
    struct os_stat st = {.size_bytes = 99};
    char user[64];
    int64_t now_ms = os_wall_ms(t->os);

    assert_int_equal(os_stat(t->os, tmp_path(t, "f"), &st), ERR_NOT_FOUND);
    assert_int_equal(st.size_bytes, 99);
    write_file(t, "f", "12345");
    assert_int_equal(os_stat(t->os, tmp_path(t, "f"), &st), 0);
    assert_int_equal(st.kind, OS_KIND_FILE);
    assert_int_equal(st.size_bytes, 5);
    assert_int_equal(st.uid, os_uid(t->os));
    assert_string_equal(st.owner, os_user(t->os, user, sizeof(user)));
    assert_true(st.writable);
    /* File systems keep coarser time than the clock. */
    assert_true(st.mtime_ms > now_ms - 10000 && st.mtime_ms < now_ms + 10000);
    assert_int_equal(symlink("f", tmp_path(t, "link")), 0);
    assert_int_equal(os_stat(t->os, tmp_path(t, "link"), &st), 0);
    assert_int_equal(st.kind, OS_KIND_FILE);
    assert_int_equal(os_stat(t->os, "/dev/null", &st), 0);
    assert_int_equal(st.kind, OS_KIND_OTHER);
}

struct listing {
    char text[1024];
    int stop_at;
    int cnt;
};

static int list_one(void *ctx, const char *name, enum os_kind kind)
{
    struct listing *l = ctx;
    size_t len = strlen(l->text);

    snprintf(l->text + len, sizeof(l->text) - len, "%s%s ", name,
             kind == OS_KIND_DIR    ? "/"
             : kind == OS_KIND_FILE ? ""
                                    : "?");
    return ++l->cnt == l->stop_at ? 42 : 0;
}

static void test_list_is_in_order_of_names(void **state)
{
    struct tmp_dir *t = *state;
    struct listing l = {.cnt = 0};

    assert_int_equal(os_dir_list(t->os, t->dir, list_one, &l), 0);
    assert_int_equal(l.cnt, 0);
    write_file(t, "orders-10", "x");
    write_file(t, ".lock", "x");
    assert_int_equal(os_mkdir(t->os, tmp_path(t, "orders-2")), 0);
    write_file(t, "Zoo", "x");
    write_file(t, "orders-1", "x");
    assert_int_equal(mkfifo(tmp_path(t, "pipe"), 0600), 0);
    assert_int_equal(symlink("orders-2", tmp_path(t, "link")), 0);
    assert_int_equal(symlink("nowhere", tmp_path(t, "dangling")), 0);
    assert_int_equal(os_dir_list(t->os, t->dir, list_one, &l), 0);
    assert_string_equal(l.text, ".lock Zoo dangling? link/ orders-1 orders-10 orders-2/ pipe? ");
    l = (struct listing){.stop_at = 3};
    assert_int_equal(os_dir_list(t->os, t->dir, list_one, &l), 42);
    assert_int_equal(l.cnt, 3);
    assert_int_equal(os_dir_list(t->os, tmp_path(t, "none"), list_one, &l), ERR_NOT_FOUND);
    assert_int_equal(os_dir_list(t->os, tmp_path(t, "Zoo"), list_one, &l), ERR_NOT_DIR);
}

static int count_one(void *ctx, const char *name, enum os_kind kind)
{
    struct listing *l = ctx;

    (void)kind;
    assert_true(strcmp(l->text, name) < 0); /* rising */
    snprintf(l->text, sizeof(l->text), "%s", name);
    l->cnt++;
    return 0;
}

static void test_list_of_many(void **state)
{
    struct tmp_dir *t = *state;
    struct listing l = {.cnt = 0};

    for (int i = 0; i < 500; i++) {
        char name[32];

        snprintf(name, sizeof(name), "t-%d", i * 7 % 500);
        write_file(t, name, "");
    }
    assert_int_equal(os_dir_list(t->os, t->dir, count_one, &l), 0);
    assert_int_equal(l.cnt, 500);
}

static void test_rename_and_syncs(void **state)
{
    struct tmp_dir *t = *state;
    char from[512];

    write_file(t, "a", "new");
    write_file(t, "b", "old");
    snprintf(from, sizeof(from), "%s", tmp_path(t, "a"));
    assert_int_equal(os_rename(t->os, from, tmp_path(t, "b")), 0);
    assert_file(t, "b", "new");
    assert_int_equal(os_rename(t->os, from, tmp_path(t, "b")), ERR_NOT_FOUND);
    assert_int_equal(os_dir_sync(t->os, t->dir), 0);
    assert_int_equal(os_dir_sync(t->os, tmp_path(t, "b")), ERR_NOT_DIR);
    assert_int_equal(os_dir_sync(t->os, tmp_path(t, "c")), ERR_NOT_FOUND);
    assert_int_equal(os_fs_sync(t->os, t->dir), 0);
}

static void test_space(void **state)
{
    struct tmp_dir *t = *state;
    uint64_t total = 0;
    uint64_t usable = 0;

    assert_int_equal(os_fs_space(t->os, t->dir, &total, &usable), 0);
    assert_true(total > 0);
    assert_true(usable <= total);
    assert_int_equal(os_fs_space(t->os, tmp_path(t, "none"), &total, &usable), ERR_NOT_FOUND);
}

/* --- whole files -------------------------------------------------------------------------------- */

static void test_read_all(void **state)
{
    struct tmp_dir *t = *state;
    uint8_t *bytes = NULL;
    size_t len = 99;

    assert_int_equal(os_file_read_all(t->os, tmp_path(t, "f"), 10, &bytes, &len), ERR_NOT_FOUND);
    write_file(t, "f", "");
    assert_int_equal(os_file_read_all(t->os, tmp_path(t, "f"), 10, &bytes, &len), 0);
    assert_non_null(bytes);
    assert_int_equal(len, 0);
    free(bytes);
    bytes = NULL;
    write_file(t, "f", "0123456789");
    assert_int_equal(os_file_read_all(t->os, tmp_path(t, "f"), 9, &bytes, &len), ERR_LIMIT);
    assert_null(bytes);
    assert_file(t, "f", "0123456789");
    assert_int_equal(os_file_read_all(t->os, tmp_path(t, "f"), 10, &bytes, &len), 0);
    assert_int_equal(len, 10);
    free(bytes);
}

static void test_read_all_of_a_file_that_claims_no_size(void **state)
{
    struct tmp_dir *t = *state;
    uint8_t *bytes = NULL;
    size_t len = 0;

    assert_int_equal(os_file_read_all(t->os, "/proc/self/status", 100000, &bytes, &len), 0);
    assert_true(len > 100);
    assert_memory_equal(bytes, "Name:", 5);
    free(bytes);
    bytes = NULL;
    assert_int_equal(os_file_read_all(t->os, "/proc/self/status", 50, &bytes, &len), ERR_LIMIT);
    assert_null(bytes);
}

static void test_replace(void **state)
{
    struct tmp_dir *t = *state;
    struct os_stat st;

    assert_int_equal(os_file_replace(t->os, tmp_path(t, "f"), SLICE_LIT("first")), 0);
    assert_file(t, "f", "first");
    /* A leftover of a crash, longer than what comes. */
    write_file(t, "f.tmp", "half of something much longer");
    assert_int_equal(os_file_replace(t->os, tmp_path(t, "f"), SLICE_LIT("second")), 0);
    assert_file(t, "f", "second");
    assert_int_equal(os_stat(t->os, tmp_path(t, "f.tmp"), &st), ERR_NOT_FOUND);
    assert_int_equal(os_file_replace(t->os, tmp_path(t, "no/f"), SLICE_LIT("x")), ERR_NOT_FOUND);
}

static void test_replace_without_a_folder_in_the_name(void **state)
{
    struct tmp_dir *t = *state;
    char before[512];

    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(t->dir), 0);
    assert_int_equal(os_file_replace(t->os, "plain", SLICE_LIT("here")), 0);
    assert_int_equal(chdir(before), 0);
    assert_file(t, "plain", "here");
}

/* Every step fails in turn: what is read afterwards is whole, the old until the rename has happened. */
static void test_replace_that_fails_leaves_the_old_content(void **state)
{
    static const struct {
        enum os_fault_kind kind;
        const char *left;
    } steps[] = {
        {OS_FAULT_OPEN, "old"},
        {OS_FAULT_ALLOC, "old"},
        {OS_FAULT_PWRITE, "old"},
        {OS_FAULT_SYNC, "old"},
        {OS_FAULT_RENAME, "old"},
        {OS_FAULT_SHORT_WRITE, "old"},
        {OS_FAULT_DIR_SYNC, "new content"},
    };
    struct tmp_dir *t = *state;

    for (size_t i = 0; i < ARRAY_CNT(steps); i++) {
        int rc;

        assert_int_equal(os_file_replace(t->os, tmp_path(t, "f"), SLICE_LIT("old")), 0);
        os_fault_set(t->os, steps[i].kind, 1, ERR_IO);
        rc = os_file_replace(t->os, tmp_path(t, "f"), SLICE_LIT("new content"));
        assert_int_equal(rc, steps[i].kind == OS_FAULT_ALLOC ? ERR_NOMEM : ERR_IO);
        assert_true(os_fault_is_over(t->os, steps[i].kind));
        assert_file(t, "f", steps[i].left);
        assert_int_equal(access(tmp_path(t, "f.tmp"), F_OK), -1);
    }
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, tmp_dir_setup, tmp_dir_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIR(test_make_and_remove),
        WITH_DIR(test_make_with_parents),
        WITH_DIR(test_stat),
        WITH_DIR(test_list_is_in_order_of_names),
        WITH_DIR(test_list_of_many),
        WITH_DIR(test_rename_and_syncs),
        WITH_DIR(test_space),
        WITH_DIR(test_read_all),
        WITH_DIR(test_read_all_of_a_file_that_claims_no_size),
        WITH_DIR(test_replace),
        WITH_DIR(test_replace_without_a_folder_in_the_name),
        WITH_DIR(test_replace_that_fails_leaves_the_old_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
