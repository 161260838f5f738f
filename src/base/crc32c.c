#include "base/crc32c.h"

#include <isa-l/crc.h>

/* The library takes an int length and leaves pre- and post-inversion to us. */
#define CRC_STEP_BYTES (1u << 30)

uint32_t crc32c_more(uint32_t crc, struct slice bytes)
{
    uint32_t state = ~crc;

    while (bytes.len > 0) {
        size_t len = bytes.len < CRC_STEP_BYTES ? bytes.len : CRC_STEP_BYTES;
        union {
            const uint8_t *in;
            unsigned char *lib; /* the library's prototype lacks the const; it only reads */
        } p = {.in = bytes.ptr};

        state = crc32_iscsi(p.lib, (int)len, state);
        bytes.ptr += len;
        bytes.len -= len;
    }
    return ~state;
}

uint32_t crc32c(struct slice bytes)
{
    return crc32c_more(0, bytes);
}
