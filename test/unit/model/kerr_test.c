/* Codes and names are the protocol's: a wrong pair would make clients retry what they must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/kerr.h"

static void test_known_codes(void **state)
{
    static const struct {
        int code;
        const char *name;
    } known[] = {
        {-1, "UNKNOWN_SERVER_ERROR"},
        {0, "NONE"},
        {1, "OFFSET_OUT_OF_RANGE"},
        {2, "CORRUPT_MESSAGE"},
        {3, "UNKNOWN_TOPIC_OR_PARTITION"},
        {5, "LEADER_NOT_AVAILABLE"},
        {6, "NOT_LEADER_OR_FOLLOWER"},
        {7, "REQUEST_TIMED_OUT"},
        {10, "MESSAGE_TOO_LARGE"},
        {17, "INVALID_TOPIC_EXCEPTION"},
        {18, "RECORD_LIST_TOO_LARGE"},
        {21, "INVALID_REQUIRED_ACKS"},
        {32, "INVALID_TIMESTAMP"},
        {35, "UNSUPPORTED_VERSION"},
        {36, "TOPIC_ALREADY_EXISTS"},
        {41, "NOT_CONTROLLER"},
        {42, "INVALID_REQUEST"},
        {45, "OUT_OF_ORDER_SEQUENCE_NUMBER"},
        {56, "KAFKA_STORAGE_ERROR"},
        {59, "UNKNOWN_PRODUCER_ID"},
        {68, "NON_EMPTY_GROUP"},
        {70, "FETCH_SESSION_ID_NOT_FOUND"},
        {74, "FENCED_LEADER_EPOCH"},
        {76, "UNSUPPORTED_COMPRESSION_TYPE"},
        {79, "MEMBER_ID_REQUIRED"},
        {87, "INVALID_RECORD"},
        {90, "PRODUCER_FENCED"},
        {100, "UNKNOWN_TOPIC_ID"},
        {103, "INCONSISTENT_TOPIC_ID"},
        {106, "FETCH_SESSION_TOPIC_ID_ERROR"},
        {110, "FENCED_MEMBER_EPOCH"},
        {120, "TRANSACTION_ABORTABLE"},
        {129, "REBOOTSTRAP_REQUIRED"},
        {133, "SHARE_SESSION_LIMIT_REACHED"},
        {136, "CONTROLLER_ID_NOT_REGISTERED"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        assert_string_equal(kerr_name((int16_t)known[i].code), known[i].name);
    }
}

static void test_every_code_has_a_row(void **state)
{
    (void)state;
    for (int code = KERR_CODE_MIN; code <= KERR_CODE_MAX; code++) {
        assert_non_null(kerr_name((int16_t)code));
        assert_string_not_equal(kerr_name((int16_t)code), "UNKNOWN_CODE");
        assert_true(strlen(kerr_text((int16_t)code)) > 5);
    }
}

static void test_codes_outside_are_named_so(void **state)
{
    static const int16_t outside[] = {-2, 137, INT16_MIN, INT16_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        assert_string_equal(kerr_name(outside[i]), "UNKNOWN_CODE");
        assert_false(kerr_is_retriable(outside[i]));
    }
}

static void test_retriable(void **state)
{
    (void)state;
    assert_true(kerr_is_retriable(KERR_NOT_LEADER_OR_FOLLOWER));
    assert_true(kerr_is_retriable(KERR_KAFKA_STORAGE_ERROR));
    assert_true(kerr_is_retriable(KERR_UNKNOWN_TOPIC_ID));
    assert_false(kerr_is_retriable(KERR_NONE));
    assert_false(kerr_is_retriable(KERR_MESSAGE_TOO_LARGE));
    assert_false(kerr_is_retriable(KERR_INVALID_RECORD));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_codes),
        cmocka_unit_test(test_every_code_has_a_row),
        cmocka_unit_test(test_codes_outside_are_named_so),
        cmocka_unit_test(test_retriable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
