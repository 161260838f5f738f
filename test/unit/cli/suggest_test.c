/* Typing mistakes find the word that was meant, and other words find nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/suggest.h"

static void test_distance(void **state)
{
    (void)state;
    assert_int_equal(suggest_distance("", ""), 0);
    assert_int_equal(suggest_distance("topics", "topics"), 0);
    assert_int_equal(suggest_distance("", "abc"), 3);
    assert_int_equal(suggest_distance("abc", ""), 3);
    assert_int_equal(suggest_distance("topcs", "topics"), 1);
    assert_int_equal(suggest_distance("topicss", "topics"), 1);
    assert_int_equal(suggest_distance("tobics", "topics"), 1);
    assert_int_equal(suggest_distance("tpoics", "topics"), 1);
    assert_int_equal(suggest_distance("kitten", "sitting"), 3);
}

static void test_long_words_are_cut(void **state)
{
    (void)state;
    char a[200];
    memset(a, 'a', sizeof(a));
    a[sizeof(a) - 1] = '\0';
    assert_int_equal(suggest_distance(a, a), 0);
    assert_int_equal(suggest_distance(a, ""), 63);
}

static const char *nearest(const char *word)
{
    static const char *const words[] = {"topics",     "produce", "consume",   "server",
                                        "--describe", "--topic", "--topic-id"};
    struct suggestion s;
    suggest_init(&s, word);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        suggest_consider(&s, words[i]);
    }
    return s.nearest;
}

static void test_nearest(void **state)
{
    (void)state;
    assert_string_equal(nearest("topic"), "topics");
    assert_string_equal(nearest("prodcue"), "produce");
    assert_string_equal(nearest("consum"), "consume");
    assert_string_equal(nearest("--desc"), "--describe");
    assert_string_equal(nearest("--topcs"), "--topic");
    assert_null(nearest("zookeeper"));
    assert_null(nearest("x"));
    assert_null(nearest(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_long_words_are_cut),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
