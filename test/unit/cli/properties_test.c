/* Java's .properties as Java reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/properties.h"

static void load(struct properties *p, const char *text)
{
    properties_init(p);
    assert_int_equal(properties_add_text(p, slice_cstr(text)), 0);
}

static void test_lines(void **state)
{
    (void)state;
    struct properties p;
    load(&p, "# comment\n"
             "! another \\\n"
             "a=1\n"
             "  b : 2 \n"
             "c 3\r\n"
             "\n"
             "d=\n"
             "e\n"
             "f==x\n"
             "a=last");
    assert_string_equal(properties_get(&p, "a"), "last");
    assert_string_equal(properties_get(&p, "b"), "2 ");
    assert_string_equal(properties_get(&p, "c"), "3");
    assert_string_equal(properties_get(&p, "d"), "");
    assert_string_equal(properties_get(&p, "e"), "");
    assert_string_equal(properties_get(&p, "f"), "=x");
    assert_null(properties_get(&p, "# comment"));
    assert_null(properties_get(&p, "!"));
    assert_int_equal(p.cnt, 7);
    properties_release(&p);
}

static void test_escapes(void **state)
{
    (void)state;
    struct properties p;
    load(&p, "tab=a\\tb\n"
             "key\\ with\\=both=v\n"
             "joined=one,\\\n"
             "     two\n"
             "uni=\\u00e9\\u20ac\\u0041\n"
             "odd=\\q\\u12\n"
             "end=x\\");
    assert_string_equal(properties_get(&p, "tab"), "a\tb");
    assert_string_equal(properties_get(&p, "key with=both"), "v");
    assert_string_equal(properties_get(&p, "joined"), "one,two");
    assert_string_equal(properties_get(&p, "uni"), "\xc3\xa9\xe2\x82\xac"
                                                   "A");
    assert_string_equal(properties_get(&p, "odd"), "qu12");
    assert_non_null(properties_get(&p, "end"));
    properties_release(&p);
}

static void test_pairs(void **state)
{
    (void)state;
    struct properties p;
    properties_init(&p);
    assert_int_equal(properties_add_pair(&p, "a=b=c"), 0);
    assert_int_equal(properties_add_pair(&p, "sep="), 0);
    assert_int_equal(properties_add_pair(&p, "none"), ERR_INVALID);
    assert_int_equal(properties_add_pair(&p, "=x"), ERR_INVALID);
    assert_string_equal(properties_get(&p, "a"), "b=c");
    assert_string_equal(properties_get(&p, "sep"), "");
    properties_release(&p);
}

static void test_bool(void **state)
{
    (void)state;
    struct properties p;
    load(&p, "a=true\nb= TRUE \nc=truex\nd=false\ne=\nf=tru\n");
    assert_true(properties_get_bool(&p, "a", false));
    assert_true(properties_get_bool(&p, "b", false));
    assert_false(properties_get_bool(&p, "c", true));
    assert_false(properties_get_bool(&p, "d", true));
    assert_false(properties_get_bool(&p, "e", true));
    assert_false(properties_get_bool(&p, "f", true));
    assert_true(properties_get_bool(&p, "missing", true));
    properties_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_bool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
