/* Every error has a value, a name and a text of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static const int codes[] = {
#define X(name, value, text) name,
    ERR_LIST(X)
#undef X
};

static void test_names_and_texts_are_distinct(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(codes); i++) {
        assert_true(codes[i] < 0);
        assert_string_not_equal(err_name(codes[i]), "ERR_UNNAMED");
        assert_true(strncmp(err_name(codes[i]), "ERR_", 4) == 0);
        assert_true(strlen(err_text(codes[i])) > 0);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(codes[i], codes[j]);
            assert_string_not_equal(err_name(codes[i]), err_name(codes[j]));
            assert_string_not_equal(err_text(codes[i]), err_text(codes[j]));
        }
    }
}

static void test_success_and_strangers_have_words_too(void **state)
{
    (void)state;
    assert_string_equal(err_name(0), "OK");
    assert_string_equal(err_text(0), "no error");
    assert_string_equal(err_name(-9999), "ERR_UNNAMED");
    assert_non_null(err_text(7));
    assert_string_equal(err_name(ERR_NOSPACE), "ERR_NOSPACE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_texts_are_distinct),
        cmocka_unit_test(test_success_and_strangers_have_words_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
