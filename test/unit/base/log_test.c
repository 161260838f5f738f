/* A log line is one line, whatever clients put into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

struct sink {
    char line[5000];
    int line_cnt;
};

static void sink_write(struct logger *lg, enum log_level level, struct slice line)
{
    struct sink *s = lg->ctx;

    (void)level;
    assert_true(line.len < sizeof(s->line));
    memcpy(s->line, line.ptr, line.len);
    s->line[line.len] = '\0';
    s->line_cnt++;
}

static void test_the_shape_of_a_line(void **state)
{
    struct sink s = {.line_cnt = 0};
    struct logger lg = {.level = LOG_INFO, .write = sink_write, .ctx = &s};

    (void)state;
    LOG(&lg, LOG_INFO, "broker.started", KV_CSTR("listener", "PLAINTEXT://:9092"),
        KV_INT("took_ms", -3), KV_TEXT("topic", SLICE_LIT("orders")));
    assert_string_equal(s.line,
                        "info  broker.started listener=PLAINTEXT://:9092 took_ms=-3 topic=orders");
    LOG(&lg, LOG_ERROR, "disk.failed", KV_INT("free", INT64_MIN));
    assert_string_equal(s.line, "error disk.failed free=-9223372036854775808");
    assert_int_equal(s.line_cnt, 2);
}

static void test_lines_below_the_level_are_not_made(void **state)
{
    struct sink s = {.line_cnt = 0};
    struct logger lg = {.level = LOG_WARN, .write = sink_write, .ctx = &s};
    struct logger *none = NULL;

    (void)state;
    LOG(&lg, LOG_INFO, "quiet", KV_INT("n", 1));
    assert_int_equal(s.line_cnt, 0);
    LOG(&lg, LOG_WARN, "loud", KV_INT("n", 1));
    assert_int_equal(s.line_cnt, 1);
    LOG(none, LOG_ERROR, "nowhere", KV_INT("n", 1));
}

static void test_texts_with_spaces_are_quoted_and_others_escaped(void **state)
{
    struct sink s = {.line_cnt = 0};
    struct logger lg = {.level = LOG_TRACE, .write = sink_write, .ctx = &s};

    (void)state;
    LOG(&lg, LOG_WARN, "x", KV_CSTR("a", "two words"), KV_CSTR("b", ""), KV_CSTR("c", "k=v"));
    assert_string_equal(s.line, "warn  x a=\"two words\" b=\"\" c=\"k=v\"");
    /* A client that tries to forge a line of its own. */
    LOG(&lg, LOG_WARN, "x", KV_TEXT("client", SLICE_LIT("me\"\nerror disk.failed \\")));
    assert_string_equal(s.line, "warn  x client=\"me\\x22\\x0aerror disk.failed \\x5c\"");
    LOG(&lg, LOG_WARN, "x", KV_TEXT("client", SLICE_LIT("\0\x1b[31m\xff")));
    assert_string_equal(s.line, "warn  x client=\"\\x00\\x1b[31m\\xff\"");
    LOG(&lg, LOG_WARN, "x", KV_TEXT("none", SLICE_NULL));
    assert_string_equal(s.line, "warn  x none=\"\"");
}

static void test_long_texts_are_cut(void **state)
{
    struct sink s = {.line_cnt = 0};
    struct logger lg = {.level = LOG_TRACE, .write = sink_write, .ctx = &s};
    static uint8_t text[100000];

    (void)state;
    memset(text, 'a', sizeof(text));
    LOG(&lg, LOG_DEBUG, "x", KV_TEXT("t", slice_of(text, sizeof(text))), KV_INT("after", 1));
    assert_true(strlen(s.line) < 1100);
    assert_non_null(strstr(s.line, "... after=1"));
    /* Worse: each byte four times as long when escaped, and many of them. One line all the same. */
    memset(text, '\n', sizeof(text));
    LOG(&lg, LOG_TRACE, "x", KV_TEXT("t", slice_of(text, sizeof(text))),
        KV_TEXT("u", slice_of(text, sizeof(text))));
    assert_true(strlen(s.line) <= 4096);
    assert_true(strncmp(s.line, "trace x t=\"\\x0a\\x0a", 17) == 0);
    assert_null(strchr(s.line, '\n'));
    assert_int_equal(s.line_cnt, 2);
}

static void test_level_names(void **state)
{
    (void)state;
    assert_string_equal(log_level_name(LOG_ERROR), "error");
    assert_string_equal(log_level_name(LOG_WARN), "warn");
    assert_string_equal(log_level_name(LOG_INFO), "info");
    assert_string_equal(log_level_name(LOG_DEBUG), "debug");
    assert_string_equal(log_level_name(LOG_TRACE), "trace");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_shape_of_a_line),
        cmocka_unit_test(test_lines_below_the_level_are_not_made),
        cmocka_unit_test(test_texts_with_spaces_are_quoted_and_others_escaped),
        cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_level_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
