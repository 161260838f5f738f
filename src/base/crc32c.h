/* CRC-32C (Castagnoli) as record batches and checkpoints use it: RFC 3720, appendix B.4. Pure. */
#ifndef OTTLA_BASE_CRC32C_H
#define OTTLA_BASE_CRC32C_H

#include <stdint.h>

#include "base/slice.h"

/* The checksum of the bytes. */
uint32_t crc32c(struct slice bytes);

/* Continues a checksum: crc32c(ab) == crc32c_more(crc32c(a), b). Start from 0. */
uint32_t crc32c_more(uint32_t crc, struct slice bytes);

#endif
