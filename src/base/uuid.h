/* 128-bit ids (topics, directories, clusters) and Kafka's text form of them: 22 characters of
 * URL-safe base64 without padding. A value type. */
#ifndef OTTLA_BASE_UUID_H
#define OTTLA_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/slice.h"

#define UUID_TEXT_LEN 22

struct uuid {
    uint8_t b[16];
};

static inline bool uuid_eq(struct uuid a, struct uuid b)
{
    return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

static inline bool uuid_is_zero(struct uuid a)
{
    static const struct uuid zero = {{0}};

    return uuid_eq(a, zero);
}

/* Writes 22 characters and a NUL. */
void uuid_format(struct uuid id, char ret_text[UUID_TEXT_LEN + 1]);

/* ERR_INVALID when the text is not 22 legal characters. */
int uuid_parse(struct slice text, struct uuid *ret_id) WARN_UNUSED;

#endif
