/* CRC-32C over a piece: pass the result of the piece before, 0 for the first. */
#ifndef FLOOR_CRC32C_H
#define FLOOR_CRC32C_H

#include <isa-l.h>
#include <stddef.h>
#include <stdint.h>

static inline uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
    return ~crc32_iscsi((unsigned char *)(uintptr_t)data, (int)len, ~crc);
}

#endif
