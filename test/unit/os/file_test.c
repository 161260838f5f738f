/* Files: all or an error; locks that another broker respects; references that keep them open. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/os.h"
#include "tmp_dir.h"

static struct os_file *open_file(struct tmp_dir *t, const char *name, unsigned flags)
{
    struct os_file *f = NULL;

    assert_int_equal(os_file_open(t->os, tmp_path(t, name), flags, &f), 0);
    assert_non_null(f);
    return f;
}

static void assert_content(struct os_file *f, const char *expected)
{
    char bytes[256];
    size_t got = 0;

    assert_int_equal(os_file_pread(f, 0, bytes, sizeof(bytes), &got), 0);
    assert_int_equal(got, strlen(expected));
    assert_memory_equal(bytes, expected, got);
}

static void test_open_flags(void **state)
{
    struct tmp_dir *t = *state;
    struct os_file *f = (struct os_file *)t; /* to see that failures leave it alone */
    struct stat st;

    assert_int_equal(os_file_open(t->os, tmp_path(t, "a"), OS_READ, &f), ERR_NOT_FOUND);
    assert_int_equal(os_file_open(t->os, tmp_path(t, "a"), OS_WRITE, &f), ERR_NOT_FOUND);
    assert_int_equal(os_file_open(t->os, tmp_path(t, "no/a"), OS_CREATE | OS_WRITE, &f),
                     ERR_NOT_FOUND);
    assert_ptr_equal(f, t);
    f = open_file(t, "a", OS_WRITE | OS_CREATE | OS_EXCL);
    assert_int_equal(os_file_pwrite(f, 0, SLICE_LIT("content")), 0);
    assert_content(f, "content"); /* writing implies reading */
    os_file_close(f);
    assert_int_equal(stat(tmp_path(t, "a"), &st), 0);
    assert_int_equal(st.st_mode & 0600, 0600);
    assert_int_equal(os_file_open(t->os, tmp_path(t, "a"), OS_WRITE | OS_CREATE | OS_EXCL, &f),
                     ERR_EXISTS);
    assert_int_equal(os_file_open(t->os, tmp_path(t, "a/b"), OS_READ, &f), ERR_NOT_DIR);
    assert_int_equal(os_file_open(t->os, t->dir, OS_WRITE, &f), ERR_INVALID);
    f = open_file(t, "a", OS_READ);
    assert_content(f, "content");
    assert_true(os_file_pwrite(f, 0, SLICE_LIT("x")) < 0);
    os_file_close(f);
    f = open_file(t, "a", OS_WRITE | OS_TRUNC);
    assert_content(f, "");
    os_file_close(f);
    os_file_close(NULL);
}

static void test_descriptors_are_not_inherited(void **state)
{
    struct tmp_dir *t = *state;
    struct os_file *f = open_file(t, "a", OS_WRITE | OS_CREATE);
    int fd = os_file_as_ref(f)->fd;

    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    os_file_close(f);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void test_a_reference_keeps_the_file_open(void **state)
{
    struct tmp_dir *t = *state;
    struct os_file *f = open_file(t, "a", OS_WRITE | OS_CREATE);
    int fd = os_file_as_ref(f)->fd;
    struct chain c;

    chain_init(&c);
    assert_int_equal(os_file_pwrite(f, 0, SLICE_LIT("0123456789")), 0);
    assert_int_equal(chain_append_file(&c, os_file_as_ref(f), 2, 5), 0);
    os_file_close(f);
    assert_true(fcntl(fd, F_GETFD) >= 0);
    chain_consume(&c, 4);
    assert_true(fcntl(fd, F_GETFD) >= 0);
    chain_consume(&c, 1);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    chain_clear(&c);
}

static void test_reads_end_at_the_end(void **state)
{
    struct tmp_dir *t = *state;
    struct os_file *f = open_file(t, "a", OS_WRITE | OS_CREATE);
    char bytes[16] = "................";
    size_t got = 99;

    assert_int_equal(os_file_pread(f, 0, bytes, sizeof(bytes), &got), 0);
    assert_int_equal(got, 0);
    assert_int_equal(os_file_pwrite(f, 0, SLICE_LIT("0123456789")), 0);
    assert_int_equal(os_file_pread(f, 7, bytes, sizeof(bytes), &got), 0);
    assert_int_equal(got, 3);
    assert_memory_equal(bytes, "789.", 4);
    assert_int_equal(os_file_pread(f, 10, bytes, sizeof(bytes), &got), 0);
    assert_int_equal(got, 0);
    assert_int_equal(os_file_pread(f, 1000000, bytes, sizeof(bytes), &got), 0);
    assert_int_equal(got, 0);
    assert_int_equal(os_file_pread(f, 3, bytes, 4, &got), 0);
    assert_int_equal(got, 4);
    assert_memory_equal(bytes, "3456", 4);
    os_file_close(f);
}

static void test_writes_behind_the_end_leave_zeros(void **state)
{
    struct tmp_dir *t = *state;
    struct os_file *f = open_file(t, "a", OS_WRITE | OS_CREATE);
    uint64_t size = 0;
    char bytes[8];
    size_t got;

    assert_int_equal(os_file_pwrite(f, 4, SLICE_LIT("abcd")), 0);
    assert_int_equal(os_file_size(f, &size), 0);
    assert_int_equal(size, 8);
    assert_int_equal(os_file_pread(f, 0, bytes, 8, &got), 0);
    assert_memory_equal(bytes, "\0\0\0\0abcd", 8);
    assert_int_equal(os_file_truncate(f, 5), 0);
    assert_int_equal(os_file_size(f, &size), 0);
    assert_int_equal(size, 5);
    assert_int_equal(os_file_datasync(f), 0);
    assert_int_equal(os_file_sync(f), 0);
    os_file_close(f);
}

/* More slices than one call takes, empty ones among them. */
static void test_many_slices_land_one_behind_the_other(void **state)
{
    struct tmp_dir *t = *state;
    struct os_file *f = open_file(t, "a", OS_WRITE | OS_CREATE);
    struct slice pieces[300];
    uint8_t written[4096];
    uint8_t read[4096];
    size_t len = 0;
    size_t got;

    for (size_t i = 0; i < sizeof(written); i++) {
        written[i] = (uint8_t)(i * 13);
    }
    for (size_t i = 0; i < 300; i++) {
        size_t piece = i % 27; /* 0 too */

        pieces[i] = piece == 0 ? SLICE_NULL : slice_of(written + len, piece);
        len += piece;
    }
    assert_true(len <= sizeof(written));
    assert_int_equal(os_file_pwritev(f, 100, pieces, 300), 0);
    assert_int_equal(os_file_pread(f, 100, read, sizeof(read), &got), 0);
    assert_int_equal(got, len);
    assert_memory_equal(read, written, len);
    assert_int_equal(os_file_pwritev(f, 0, NULL, 0), 0);
    assert_int_equal(os_file_pwrite(f, 0, SLICE_NULL), 0);
    os_file_close(f);
}

static void test_reserve_keeps_the_size(void **state)
{
    struct tmp_dir *t = *state;
    struct os_file *f = open_file(t, "a", OS_WRITE | OS_CREATE);
    uint64_t size = 99;
    int rc = os_file_reserve(f, 0, 1u << 20);

    assert_true(rc == 0 || rc == ERR_UNSUPPORTED);
    if (rc == 0) {
        struct stat st;

        assert_int_equal(fstat(os_file_as_ref(f)->fd, &st), 0);
        assert_true(st.st_blocks * 512 >= 1 << 20);
    }
    assert_int_equal(os_file_reserve(f, 0, 0), 0);
    assert_int_equal(os_file_size(f, &size), 0);
    assert_int_equal(size, 0);
    os_file_readahead(f, 0, 4096);
    os_file_close(f);
}

static void test_nowait_reads_what_is_in_memory(void **state)
{
    struct tmp_dir *t = *state;
    struct os_file *f = open_file(t, "a", OS_WRITE | OS_CREATE);
    char bytes[32];
    size_t got = 77;
    int rc;

    assert_int_equal(os_file_pwrite(f, 0, SLICE_LIT("0123456789")), 0);
    rc = os_file_pread_nowait(f, 0, bytes, sizeof(bytes), &got);
    if (rc == ERR_UNSUPPORTED) {
        print_message("this file system cannot tell what is in memory\n");
    } else {
        /* Just written, so in memory: and only the end cuts it short. */
        assert_int_equal(rc, 0);
        assert_int_equal(got, 10);
        assert_memory_equal(bytes, "0123456789", 10);
    }
    /* Thrown out of memory: either it says so or it reads the truth. */
    assert_int_equal(os_file_sync(f), 0);
    assert_int_equal(posix_fadvise(os_file_as_ref(f)->fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    got = 77;
    rc = os_file_pread_nowait(f, 0, bytes, sizeof(bytes), &got);
    assert_true(rc == 0 || rc == ERR_AGAIN || rc == ERR_UNSUPPORTED);
    assert_int_equal(got, rc == 0 ? 10 : 77);
    os_file_close(f);
}

/* --- locks -------------------------------------------------------------------------------------- */

/* Takes the lock as a Kafka broker does, by fcntl in a process of its own. 0, or the errno. */
static int lock_as_another_process(const char *path)
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int fd = open(path, O_RDWR);

        _exit(fd < 0 ? 99 : fcntl(fd, F_SETLK, &lock) == 0 ? 0 : errno);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_a_lock_holds_against_this_and_other_processes(void **state)
{
    struct tmp_dir *t = *state;
    struct os_file *a = open_file(t, ".lock", OS_WRITE | OS_CREATE);
    struct os_file *b = open_file(t, ".lock", OS_WRITE | OS_CREATE);
    int errnum;

    assert_int_equal(lock_as_another_process(tmp_path(t, ".lock")), 0);
    assert_int_equal(os_file_lock(a), 0);
    assert_int_equal(os_file_lock(a), 0);
    assert_int_equal(os_file_lock(b), ERR_BUSY);
    errnum = lock_as_another_process(tmp_path(t, ".lock"));
    assert_true(errnum == EAGAIN || errnum == EACCES);
    os_file_close(a);
    assert_int_equal(os_file_lock(b), 0);
    os_file_close(b);
    assert_int_equal(lock_as_another_process(tmp_path(t, ".lock")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_open_flags, tmp_dir_setup, tmp_dir_teardown),
        cmocka_unit_test_setup_teardown(test_descriptors_are_not_inherited, tmp_dir_setup,
                                        tmp_dir_teardown),
        cmocka_unit_test_setup_teardown(test_a_reference_keeps_the_file_open, tmp_dir_setup,
                                        tmp_dir_teardown),
        cmocka_unit_test_setup_teardown(test_reads_end_at_the_end, tmp_dir_setup, tmp_dir_teardown),
        cmocka_unit_test_setup_teardown(test_writes_behind_the_end_leave_zeros, tmp_dir_setup,
                                        tmp_dir_teardown),
        cmocka_unit_test_setup_teardown(test_many_slices_land_one_behind_the_other, tmp_dir_setup,
                                        tmp_dir_teardown),
        cmocka_unit_test_setup_teardown(test_reserve_keeps_the_size, tmp_dir_setup,
                                        tmp_dir_teardown),
        cmocka_unit_test_setup_teardown(test_nowait_reads_what_is_in_memory, tmp_dir_setup,
                                        tmp_dir_teardown),
        cmocka_unit_test_setup_teardown(test_a_lock_holds_against_this_and_other_processes,
                                        tmp_dir_setup, tmp_dir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
