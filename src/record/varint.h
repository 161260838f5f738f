/*
 * The zig-zag varints of records, for the two loops that read many millions of them a second. The
 * quick form reads up to three bytes without looking at the end: its callers know that three bytes
 * are there. Everything else uses base/rd.h.
 */
#ifndef OTTLA_RECORD_VARINT_H
#define OTTLA_RECORD_VARINT_H

#include <stdbool.h>
#include <stdint.h>

#define VARINT_QUICK_LEN 3

/* Moves *p and gives the number as written (not yet un-zig-zagged); false when it is longer than
 * VARINT_QUICK_LEN bytes. */
static inline bool varint_quick(const uint8_t **p, uint32_t *ret)
{
    const uint8_t *at = *p;
    uint32_t v = at[0];

    if (__builtin_expect(v < 0x80, 1)) {
        *p = at + 1;
        *ret = v;
        return true;
    }
    v = (v & 0x7f) | (uint32_t)at[1] << 7;
    if (__builtin_expect(v < 0x80 << 7, 1)) {
        *p = at + 2;
        *ret = v;
        return true;
    }
    v = (v & 0x3fff) | (uint32_t)at[2] << 14;
    *p = at + 3;
    *ret = v;
    return v < 0x80 << 14;
}

static inline int32_t unzigzag32(uint32_t v)
{
    return (int32_t)((v >> 1) ^ (~(v & 1) + 1));
}

static inline int64_t unzigzag64(uint64_t v)
{
    return (int64_t)((v >> 1) ^ (~(v & 1) + 1));
}

#endif
