/* Flags as people type them: both forms of a value, older names, repeated flags; and each mistake has a
 * sentence that names the flag and the way out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli/options.h"

enum { LIST, TOPIC, COUNT, CONFIG, CODEC, NEEDED, SPEC_CNT };

static const struct option specs[SPEC_CNT] = {
    [LIST] = {.name = "--list", .type = OPTION_FLAG},
    [TOPIC] = {.name = "--topic", .type = OPTION_TEXT, .value = "TOPIC", .older = "--old --older"},
    [COUNT] = {.name = "--count", .type = OPTION_INT, .value = "N", .least = 1, .greatest = 100},
    [CONFIG] = {.name = "--config", .type = OPTION_TEXT, .repeatable = true, .value = "K=V"},
    [CODEC] = {.name = "--codec", .type = OPTION_TEXT_MAYBE, .value = "C", .otherwise = "gzip"},
    [NEEDED] = {.name = "--needed", .type = OPTION_TEXT, .value = "X", .required = true},
};

#define PARSE(o, ...) parse((o), (const char *const[]){"command", __VA_ARGS__, NULL})

static int parse(struct options *o, const char *const *words)
{
    static char *argv[32];
    int argc = 0;
    for (; words[argc] != NULL; argc++) {
        argv[argc] = (char *)(uintptr_t)words[argc];
    }
    argv[argc] = NULL;
    return options_parse(o, specs, SPEC_CNT, argc, argv, 1);
}

static void expect_bad(const char *why, const struct options *o, int rc)
{
    assert_int_equal(rc, ERR_INVALID);
    if (strstr(o->why, why) == NULL) {
        fail_msg("'%s' says nothing of '%s'", o->why, why);
    }
}

static void test_values(void **state)
{
    (void)state;
    struct options o;
    assert_int_equal(PARSE(&o, "--list", "--topic", "a", "--count=7", "--config", "x=1",
                           "--config=y=2", "--needed", "n", "word", "--", "--list"),
                     0);
    assert_true(options_has(&o, LIST));
    assert_string_equal(options_text(&o, TOPIC, NULL), "a");
    assert_int_equal(options_int(&o, COUNT, -1), 7);
    assert_int_equal(o.values[CONFIG].cnt, 2);
    assert_string_equal(o.values[CONFIG].texts[0], "x=1");
    assert_string_equal(o.values[CONFIG].texts[1], "y=2");
    assert_int_equal(o.arg_cnt, 2);
    assert_string_equal(o.args[0], "word");
    assert_string_equal(o.args[1], "--list");
    options_release(&o);
}

static void test_defaults(void **state)
{
    (void)state;
    struct options o;
    assert_int_equal(PARSE(&o, "--needed", "n"), 0);
    assert_false(options_has(&o, TOPIC));
    assert_string_equal(options_text(&o, TOPIC, "default"), "default");
    assert_int_equal(options_int(&o, COUNT, -1), -1);
    options_release(&o);
}

static void test_last_value_counts(void **state)
{
    (void)state;
    struct options o;
    assert_int_equal(
        PARSE(&o, "--topic", "a", "--older", "b", "--needed=", "--count", "1", "--count", "2"), 0);
    assert_string_equal(options_text(&o, TOPIC, NULL), "b");
    assert_string_equal(options_text(&o, NEEDED, NULL), "");
    assert_int_equal(options_int(&o, COUNT, 0), 2);
    options_release(&o);
}

static void test_value_that_may_be_missing(void **state)
{
    (void)state;
    struct options o;
    assert_int_equal(PARSE(&o, "--needed", "n", "--codec", "zstd"), 0);
    assert_string_equal(options_text(&o, CODEC, NULL), "zstd");
    options_release(&o);
    assert_int_equal(PARSE(&o, "--codec", "--needed", "n"), 0);
    assert_string_equal(options_text(&o, CODEC, NULL), "gzip");
    options_release(&o);
    assert_int_equal(PARSE(&o, "--needed", "n", "--codec"), 0);
    assert_string_equal(options_text(&o, CODEC, NULL), "gzip");
    options_release(&o);
    assert_int_equal(PARSE(&o, "--needed", "n", "--codec=lz4"), 0);
    assert_string_equal(options_text(&o, CODEC, NULL), "lz4");
    options_release(&o);
}

static void test_negative_values(void **state)
{
    (void)state;
    struct options o;
    assert_int_equal(PARSE(&o, "--topic", "-1", "--needed", "n"), 0);
    assert_string_equal(options_text(&o, TOPIC, NULL), "-1");
    options_release(&o);
}

static void test_common_flags(void **state)
{
    (void)state;
    struct options o;
    assert_int_equal(PARSE(&o, "--help"), 0);
    assert_true(o.wants_help);
    options_release(&o);
    assert_int_equal(PARSE(&o, "-h"), 0);
    assert_true(o.wants_help);
    options_release(&o);
    assert_int_equal(PARSE(&o, "--version", "--no-color"), 0);
    assert_true(o.wants_version);
    assert_true(o.no_color);
    options_release(&o);
}

static void test_mistakes(void **state)
{
    (void)state;
    struct options o;
    expect_bad("did you mean --topic?", &o, PARSE(&o, "--topc", "a"));
    options_release(&o);
    expect_bad("did you mean --config?", &o, PARSE(&o, "--confg=a=b"));
    options_release(&o);
    expect_bad("--help lists them", &o, PARSE(&o, "--zzzzzz"));
    options_release(&o);
    expect_bad("--topic needs a value: --topic TOPIC", &o, PARSE(&o, "--topic"));
    options_release(&o);
    expect_bad("--topic needs a value", &o, PARSE(&o, "--topic", "--list"));
    options_release(&o);
    expect_bad("--list takes no value", &o, PARSE(&o, "--list=yes"));
    options_release(&o);
    expect_bad("whole number, not '7x'", &o, PARSE(&o, "--count", "7x"));
    options_release(&o);
    expect_bad("from 1 to 100; 101", &o, PARSE(&o, "--count", "101"));
    options_release(&o);
    expect_bad("--needed X is missing", &o, PARSE(&o, "--list"));
    options_release(&o);
}

static void test_numbers(void **state)
{
    (void)state;
    int64_t n = 42;
    assert_int_equal(parse_int("0", &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(parse_int("-9223372036854775808", &n), 0);
    assert_true(n == INT64_MIN);
    assert_int_equal(parse_int("+9223372036854775807", &n), 0);
    assert_true(n == INT64_MAX);
    n = 42;
    assert_int_equal(parse_int("9223372036854775808", &n), ERR_RANGE);
    assert_int_equal(parse_int("", &n), ERR_INVALID);
    assert_int_equal(parse_int("-", &n), ERR_INVALID);
    assert_int_equal(parse_int(" 1", &n), ERR_INVALID);
    assert_int_equal(parse_int("1 ", &n), ERR_INVALID);
    assert_int_equal(parse_int("0x10", &n), ERR_INVALID);
    assert_int_equal(n, 42);
}

/* Every command of the table can be found, explained and has an example; every flag is either
 * explained or taken silently, and its name is its own. */
static void test_command_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_command_cnt; i++) {
        const struct cli_command *c = cli_commands[i];
        assert_ptr_equal(cli_command_find(c->name), c);
        assert_true(strlen(c->summary) > 0 && strlen(c->usage) > 0 && strlen(c->details) > 0);
        assert_non_null(strstr(c->examples, c->name));
        for (size_t j = 0; j < c->option_cnt; j++) {
            const struct option *a = &c->options[j];
            assert_non_null(a->name);
            assert_true(a->name[0] == '-');
            assert_true(a->type == OPTION_FLAG || a->value != NULL);
            assert_true(a->type != OPTION_TEXT_MAYBE || a->otherwise != NULL);
            for (size_t k = 0; k < j; k++) {
                assert_string_not_equal(a->name, c->options[k].name);
            }
        }
    }
    assert_null(cli_command_find("nothing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_last_value_counts),
        cmocka_unit_test(test_value_that_may_be_missing),
        cmocka_unit_test(test_negative_values),
        cmocka_unit_test(test_common_flags),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_command_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
