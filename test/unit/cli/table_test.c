/* Two columns stay columns: wrapped, aligned, with long names on a line of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/table.h"

static void expect(const struct table_row *rows, size_t cnt, size_t width, const char *text)
{
    struct str s;
    str_init(&s, 10000);
    table_print(&s, rows, cnt, width);
    assert_string_equal(s.ptr, text);
    assert_int_equal(s.err, 0);
    str_release(&s);
}

static void test_columns(void **state)
{
    (void)state;
    const struct table_row rows[] = {{"a", "one"}, {"long", "two words"}, {"b", ""}};
    expect(rows, 3, 80,
           "  a     one\n"
           "  long  two words\n"
           "  b\n");
    expect(rows, 0, 80, "");
}

static void test_wrap(void **state)
{
    (void)state;
    const struct table_row rows[] = {{"a", "the quick brown fox jumps over the lazy dog"}};
    expect(rows, 1, 25,
           "  a  the quick brown fox\n"
           "     jumps over the lazy\n"
           "     dog\n");
}

static void test_word_wider_than_the_width(void **state)
{
    (void)state;
    const struct table_row rows[] = {{"a", "x 0123456789012345678901234567890123456789 y"}};
    expect(rows, 1, 10,
           "  a  x\n"
           "     0123456789012345678901234567890123456789\n"
           "     y\n");
}

static void test_wide_left_side(void **state)
{
    (void)state;
    const struct table_row rows[] = {{"--a-name-that-is-much-too-wide-for-it", "text"},
                                     {"-b", "text"}};
    expect(rows, 2, 80,
           "  --a-name-that-is-much-too-wide-for-it\n"
           "      text\n"
           "  -b  text\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_word_wider_than_the_width),
        cmocka_unit_test(test_wide_left_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
