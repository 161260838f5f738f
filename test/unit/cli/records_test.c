/* Lines to records and records to lines, as Kafka's console tools do it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/line_record.h"
#include "cli/record_format.h"
#include "cli/topic_filter.h"

struct fixture {
    struct properties p;
    struct line_format f;
    char why[LINE_RECORD_WHY_LEN];
};

#define FORMAT(x, ...) format((x), (const char *const[]){__VA_ARGS__, NULL})

static int format(struct fixture *x, const char *const *pairs)
{
    properties_init(&x->p);
    for (; *pairs != NULL; pairs++) {
        assert_int_equal(properties_add_pair(&x->p, *pairs), 0);
    }
    return line_format_init(&x->f, &x->p, x->why);
}

static void check_slice(struct slice got, const char *wanted)
{
    if (wanted == NULL) {
        assert_true(slice_is_null(got));
    } else {
        assert_false(slice_is_null(got));
        assert_true(slice_eq_cstr(got, wanted));
    }
}

static void expect(struct fixture *x, const char *line, const char *headers, const char *key,
                   const char *value)
{
    struct line_record r;
    assert_int_equal(line_record_parse(&x->f, slice_cstr(line), 1, &r, x->why), 0);
    check_slice(r.headers, headers);
    check_slice(r.key, key);
    check_slice(r.value, value);
}

static void expect_bad(struct fixture *x, const char *line, const char *why)
{
    struct line_record r;
    assert_int_equal(line_record_parse(&x->f, slice_cstr(line), 3, &r, x->why), ERR_INVALID);
    assert_string_equal(x->why, why);
}

static void test_values_only(void **state)
{
    (void)state;
    struct fixture x;
    assert_int_equal(FORMAT(&x, "unknown=1"), 0);
    expect(&x, "a\tb", NULL, NULL, "a\tb");
    expect(&x, "", NULL, NULL, "");
    properties_release(&x.p);
}

static void test_keys(void **state)
{
    (void)state;
    struct fixture x;
    assert_int_equal(FORMAT(&x, "parse.key=true", "key.separator=::", "null.marker=NULL"), 0);
    expect(&x, "k::v", NULL, "k", "v");
    expect(&x, "::v", NULL, "", "v");
    expect(&x, "k::", NULL, "k", "");
    expect(&x, "k::a::b", NULL, "k", "a::b");
    expect(&x, "k:x::v", NULL, "k:x", "v");
    expect(&x, "NULL::NULL", NULL, NULL, NULL);
    expect_bad(&x, "k:v", "No key separator found on line number 3: 'k:v'");
    properties_release(&x.p);
}

static void test_ignored_errors(void **state)
{
    (void)state;
    struct fixture x;
    assert_int_equal(FORMAT(&x, "parse.key=true", "parse.headers=true", "ignore.error=true"), 0);
    expect(&x, "all value", NULL, NULL, "all value");
    properties_release(&x.p);
}

static void test_headers(void **state)
{
    (void)state;
    struct fixture x;
    assert_int_equal(FORMAT(&x, "parse.key=true", "parse.headers=true", "null.marker=NIL"), 0);
    expect(&x, "a:1,b:2\tk\tv", "a:1,b:2", "k", "v");
    expect(&x, "\tk\tv", NULL, "k", "v");
    expect(&x, "NIL\tk\tv", NULL, "k", "v");
    expect_bad(&x, "v", "No headers delimiter found on line number 3: 'v'");

    struct slice rest = SLICE_LIT("a:1,b:NIL,c:,d:x:y");
    static const char *const names[] = {"a", "b", "c", "d"};
    static const char *const values[] = {"1", NULL, "", "x:y"};
    struct slice name;
    struct slice value;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(line_header_next(&x.f, &rest, 1, &name, &value, x.why), 0);
        check_slice(name, names[i]);
        check_slice(value, values[i]);
    }
    assert_int_equal(line_header_next(&x.f, &rest, 1, &name, &value, x.why), ERR_NOT_FOUND);

    rest = SLICE_LIT("novalue");
    assert_int_equal(line_header_next(&x.f, &rest, 9, &name, &value, x.why), ERR_INVALID);
    assert_string_equal(x.why, "No header key separator found in pair 'novalue' on line number 9");
    rest = SLICE_LIT("NIL:x");
    assert_int_equal(line_header_next(&x.f, &rest, 9, &name, &value, x.why), ERR_INVALID);
    properties_release(&x.p);
}

static void test_separators_must_differ(void **state)
{
    (void)state;
    struct fixture x;
    assert_int_equal(FORMAT(&x, "parse.headers=true", "headers.separator=:"), ERR_INVALID);
    assert_non_null(strstr(x.why, "headers.separator and headers.key.separator"));
    properties_release(&x.p);
    assert_int_equal(FORMAT(&x, "parse.key=true", "key.separator=x", "null.marker=x"), ERR_INVALID);
    properties_release(&x.p);
    assert_int_equal(FORMAT(&x, "parse.key=true", "key.separator="), ERR_INVALID);
    properties_release(&x.p);
}

/* ---- Printing ------------------------------------------------------------------------------- */

static void expect_print(const char *const *pairs, const struct record_view *r, const char *text)
{
    struct properties p;
    properties_init(&p);
    for (; *pairs != NULL; pairs++) {
        assert_int_equal(properties_add_pair(&p, *pairs), 0);
    }
    struct record_format f;
    record_format_init(&f, &p);
    char *out = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&out, &len);
    assert_non_null(stream);
    record_print(stream, &f, r);
    assert_int_equal(fclose(stream), 0);
    assert_string_equal(out, text);
    free(out);
    properties_release(&p);
}

#define PRINT(r, text, ...) expect_print((const char *const[]){__VA_ARGS__, NULL}, (r), (text))

static void test_print(void **state)
{
    (void)state;
    const struct record_header headers[] = {{SLICE_LIT("h"), SLICE_LIT("1")},
                                            {SLICE_LIT("n"), SLICE_NULL}};
    struct record_view r = {
        .timestamp_type = "CreateTime",
        .timestamp = 1700000000000,
        .partition = 3,
        .offset = 42,
        .key = SLICE_LIT("k"),
        .value = SLICE_LIT("v"),
        .headers = headers,
        .header_cnt = 2,
    };
    PRINT(&r, "v\n", "other=1");
    PRINT(&r, "k\tv\n", "print.key=true");
    PRINT(&r, "k\n", "print.key=true", "print.value=false");
    PRINT(&r, "", "print.value=false");
    PRINT(&r, "CreateTime:1700000000000|Partition:3|Offset:42|h:1,n:null|k|v;", "print.key=true",
          "print.timestamp=true", "print.partition=TRUE", "print.offset=true", "print.headers=true",
          "key.separator=|", "line.separator=;");

    r.timestamp_type = NULL;
    r.key = SLICE_NULL;
    r.value = SLICE_NULL;
    r.header_cnt = 0;
    PRINT(&r, "NO_TIMESTAMP\tNO_HEADERS\t-\t-\n", "print.key=true", "print.timestamp=true",
          "print.headers=true", "null.literal=-");
}

/* ---- Names ---------------------------------------------------------------------------------- */

static bool has(const char *text, const char *name)
{
    struct topic_filter f;
    assert_int_equal(topic_filter_init(&f, text), 0);
    bool found = topic_filter_has(&f, slice_cstr(name));
    topic_filter_release(&f);
    return found;
}

static void test_filter(void **state)
{
    (void)state;
    assert_true(has("test", "test"));
    assert_false(has("test", "test2"));
    assert_false(has("test", "atest"));
    assert_true(has("test.*", "test2"));
    assert_true(has("a,b", "b"));
    assert_true(has(" 'a|b' ", "a"));
    assert_false(has("a,b", "ab"));
    assert_true(has("t-\\d+", "t-12"));
    assert_false(has("t-\\d+", "t-x"));
    assert_false(has(".*", ""));

    struct topic_filter f;
    assert_int_equal(topic_filter_init(&f, "a(b"), ERR_INVALID);
    assert_non_null(strstr(f.why, "a(b"));
    topic_filter_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_only),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_ignored_errors),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_separators_must_differ),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
