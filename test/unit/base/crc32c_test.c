/* The checksum against published vectors, a slow one bit by bit, and itself in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crc32c.h"
#include "base/prng.h"

static void test_check_value(void **state)
{
    (void)state;
    assert_int_equal(crc32c(SLICE_LIT("123456789")), 0xe3069283);
    assert_int_equal(crc32c(SLICE_NULL), 0);
}

static void test_vectors_of_rfc_3720(void **state)
{
    /* A SCSI read command: its bytes that are not zero. */
    uint8_t read_pdu[48] = {[0] = 0x01,  [1] = 0xc0,  [16] = 0x14, [22] = 0x04,
                            [27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02};
    uint8_t b[32];

    (void)state;
    memset(b, 0, sizeof(b));
    assert_int_equal(crc32c(slice_of(b, sizeof(b))), 0x8a9136aa);
    memset(b, 0xff, sizeof(b));
    assert_int_equal(crc32c(slice_of(b, sizeof(b))), 0x62a8ab43);
    for (size_t i = 0; i < sizeof(b); i++) {
        b[i] = (uint8_t)i;
    }
    assert_int_equal(crc32c(slice_of(b, sizeof(b))), 0x46dd794e);
    for (size_t i = 0; i < sizeof(b); i++) {
        b[i] = (uint8_t)(31 - i);
    }
    assert_int_equal(crc32c(slice_of(b, sizeof(b))), 0x113fdb5c);
    assert_int_equal(crc32c(slice_of(read_pdu, sizeof(read_pdu))), 0xd9963a56);
}

/* The definition: the polynomial 0x1EDC6F41, bits reflected. */
static uint32_t crc_bit_by_bit(struct slice bytes)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= bytes.ptr[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
        }
    }
    return ~crc;
}

static void test_any_length_and_any_split(void **state)
{
    static uint8_t bytes[5000];
    struct prng p;

    (void)state;
    prng_init(&p, 3);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)prng_next(&p);
    }
    for (int i = 0; i < 500; i++) {
        size_t from = (size_t)prng_below(&p, 64); /* any alignment */
        size_t len = (size_t)prng_below(&p, i < 250 ? 300 : sizeof(bytes) - 64);
        size_t cut = (size_t)prng_below(&p, len + 1);
        struct slice whole = slice_of(bytes + from, len);
        uint32_t crc = crc32c(whole);

        assert_int_equal(crc, crc_bit_by_bit(whole));
        assert_int_equal(
            crc, crc32c_more(crc32c(slice_sub(whole, 0, cut)), slice_sub(whole, cut, SIZE_MAX)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_value),
        cmocka_unit_test(test_vectors_of_rfc_3720),
        cmocka_unit_test(test_any_length_and_any_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
