/* Lines come out whole whatever the pieces they come in as. */
#include <fcntl.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/lines.h"

/* A file with this content, at its beginning. */
static int file_with(const void *bytes, size_t len)
{
    char path[] = "/tmp/ottla-lines-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void expect(struct lines *l, const char *text)
{
    struct slice line;
    assert_int_equal(lines_next(l, &line), 0);
    assert_true(slice_eq_cstr(line, text));
}

static void expect_end(struct lines *l, int rc)
{
    struct slice line;
    assert_int_equal(lines_next(l, &line), rc);
}

static void test_plain(void **state)
{
    (void)state;
    static const char text[] = "one\n\ntwo\r\nlast";
    int fd = file_with(text, sizeof(text) - 1);
    struct lines l;
    lines_init(&l, fd, 100);
    expect(&l, "one");
    expect(&l, "");
    expect(&l, "two\r");
    expect(&l, "last");
    expect_end(&l, ERR_CLOSED);
    expect_end(&l, ERR_CLOSED);
    assert_int_equal(l.cnt, 4);
    lines_release(&l);
    close(fd);
}

static void test_empty_input(void **state)
{
    (void)state;
    int fd = file_with("", 0);
    struct lines l;
    lines_init(&l, fd, 100);
    expect_end(&l, ERR_CLOSED);
    lines_release(&l);
    close(fd);
}

static void test_pieces(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct lines l;
    lines_init(&l, ends[0], 100);
    assert_int_equal(write(ends[1], "a", 1), 1);
    assert_int_equal(write(ends[1], "b\nc", 3), 3);
    expect(&l, "ab");
    assert_int_equal(write(ends[1], "d\n\n", 3), 3);
    expect(&l, "cd");
    expect(&l, "");
    close(ends[1]);
    expect_end(&l, ERR_CLOSED);
    lines_release(&l);
    close(ends[0]);
}

/* Larger than the buffer at first, so that it grows and moves. */
static void test_large(void **state)
{
    (void)state;
    enum { LINE = 999000, CNT = 5 };
    char *text = malloc((LINE + 1) * CNT);
    assert_non_null(text);
    for (size_t i = 0; i < CNT; i++) {
        memset(text + i * (LINE + 1), (int)('a' + i), LINE);
        text[i * (LINE + 1) + LINE] = '\n';
    }
    int fd = file_with(text, (LINE + 1) * CNT);
    struct lines l;
    lines_init(&l, fd, LINE);
    for (size_t i = 0; i < CNT; i++) {
        struct slice line;
        assert_int_equal(lines_next(&l, &line), 0);
        assert_int_equal(line.len, LINE);
        assert_int_equal(line.ptr[0], 'a' + i);
        assert_int_equal(line.ptr[LINE - 1], 'a' + i);
    }
    expect_end(&l, ERR_CLOSED);
    lines_release(&l);
    close(fd);
    free(text);
}

static void test_limit(void **state)
{
    (void)state;
    int fd = file_with("12345\n123456\n", 13);
    struct lines l;
    lines_init(&l, fd, 5);
    expect(&l, "12345");
    expect_end(&l, ERR_LIMIT);
    lines_release(&l);
    close(fd);
}

static void test_bad_descriptor(void **state)
{
    (void)state;
    struct lines l;
    lines_init(&l, -1, 5);
    expect_end(&l, ERR_IO);
    lines_release(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),  cmocka_unit_test(test_empty_input),
        cmocka_unit_test(test_pieces), cmocka_unit_test(test_large),
        cmocka_unit_test(test_limit),  cmocka_unit_test(test_bad_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
