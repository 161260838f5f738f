/* Ids as Kafka prints them, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/prng.h"
#include "base/uuid.h"

static void check_text(struct uuid id, const char *expected)
{
    char text[UUID_TEXT_LEN + 1];
    struct uuid back;

    uuid_format(id, text);
    assert_string_equal(text, expected);
    assert_int_equal(uuid_parse(slice_cstr(text), &back), 0);
    assert_true(uuid_eq(back, id));
}

static void test_known_texts(void **state)
{
    struct uuid id = {{0}};

    (void)state;
    assert_true(uuid_is_zero(id));
    check_text(id, "AAAAAAAAAAAAAAAAAAAAAA");
    id.b[15] = 1; /* the id of the metadata topic */
    assert_false(uuid_is_zero(id));
    check_text(id, "AAAAAAAAAAAAAAAAAAAAAQ");
    memset(id.b, 0xff, sizeof(id.b));
    check_text(id, "_____________________w");
    for (size_t i = 0; i < sizeof(id.b); i++) {
        id.b[i] = (uint8_t)(0xfb - i);
    }
    check_text(id, "-_r5-Pf29fTz8vHw7-7t7A");
}

static void test_random_ids_round_trip(void **state)
{
    struct prng p;

    (void)state;
    prng_init(&p, 11);
    for (int i = 0; i < 1000; i++) {
        char text[UUID_TEXT_LEN + 1];
        struct uuid id;
        struct uuid back;

        for (size_t j = 0; j < sizeof(id.b); j++) {
            id.b[j] = (uint8_t)prng_next(&p);
        }
        uuid_format(id, text);
        assert_int_equal(strlen(text), UUID_TEXT_LEN);
        assert_int_equal(uuid_parse(slice_cstr(text), &back), 0);
        assert_true(uuid_eq(back, id));
    }
}

static void test_texts_that_are_no_ids(void **state)
{
    static const char *const texts[] = {
        "",
        "AAAAAAAAAAAAAAAAAAAAA",   /* one short */
        "AAAAAAAAAAAAAAAAAAAAAAA", /* one long */
        "AAAAAAAAAAAAAAAAAAAAA=",  /* padding */
        "AAAAAAAAAA+AAAAAAAAAAA",  /* the other base64 */
        "AAAAAAAAAA/AAAAAAAAAAA",
        "AAAAAAAAAA AAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAB", /* bits beyond the 128th */
        "AAAAAAAAAA\377AAAAAAAAAAA",
    };
    struct uuid id;

    (void)state;
    memset(id.b, 7, sizeof(id.b));
    for (size_t i = 0; i < ARRAY_CNT(texts); i++) {
        assert_int_equal(uuid_parse(slice_cstr(texts[i]), &id), ERR_INVALID);
    }
    assert_int_equal(uuid_parse(SLICE_NULL, &id), ERR_INVALID);
    assert_int_equal(id.b[3], 7); /* untouched on failure */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_texts),
        cmocka_unit_test(test_random_ids_round_trip),
        cmocka_unit_test(test_texts_that_are_no_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
