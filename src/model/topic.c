/*
 * Topic names are ASCII letters, digits, '.', '_' and '-', at most 249 of them, and neither "." nor
 * "..", because they become folder names.
 */
#include "model/topic.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/bytes.h"

static bool topic_char_is_legal(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static size_t topic_name_first_illegal(struct slice name)
{
    size_t pos = 0;

    while (pos < name.len && topic_char_is_legal(name.ptr[pos])) {
        pos++;
    }
    return pos;
}

int topic_name_check(struct slice name, char why[TOPIC_NAME_WHY_LEN])
{
    char unused[TOPIC_NAME_WHY_LEN];
    size_t pos;

    if (why == NULL) {
        why = unused;
    }
    if (name.len == 0) {
        (void)snprintf(why, TOPIC_NAME_WHY_LEN, "a topic name must not be empty");
        return ERR_INVALID;
    }
    if (slice_eq_cstr(name, ".") || slice_eq_cstr(name, "..")) {
        (void)snprintf(why, TOPIC_NAME_WHY_LEN, "a topic name must not be '.' or '..'");
        return ERR_INVALID;
    }
    if (name.len > TOPIC_NAME_LEN_MAX) {
        (void)snprintf(why, TOPIC_NAME_WHY_LEN,
                       "the topic name has %zu characters, at most %d are allowed", name.len,
                       TOPIC_NAME_LEN_MAX);
        return ERR_INVALID;
    }
    pos = topic_name_first_illegal(name);
    if (pos == name.len) {
        return 0;
    }
    if (name.ptr[pos] > ' ' && name.ptr[pos] < 127) {
        (void)snprintf(
            why, TOPIC_NAME_WHY_LEN,
            "the topic name has '%c' at position %zu; allowed are ASCII letters, digits, "
            "'.', '_' and '-'",
            name.ptr[pos], pos + 1);
    } else {
        (void)snprintf(why, TOPIC_NAME_WHY_LEN,
                       "the topic name has the byte 0x%02x at position %zu; allowed are ASCII "
                       "letters, digits, '.', '_' and '-'",
                       name.ptr[pos], pos + 1);
    }
    return ERR_INVALID;
}

bool topic_name_is_legal(struct slice name)
{
    return topic_name_check(name, NULL) == 0;
}

bool topic_name_collides(struct slice a, struct slice b)
{
    bool differs = false;

    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        uint8_t x = a.ptr[i] == '.' ? '_' : a.ptr[i];
        uint8_t y = b.ptr[i] == '.' ? '_' : b.ptr[i];

        if (x != y) {
            return false;
        }
        differs = differs || a.ptr[i] != b.ptr[i];
    }
    return differs;
}

bool topic_name_may_collide(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '.' || name.ptr[i] == '_') {
            return true;
        }
    }
    return false;
}

bool topic_is_internal(struct slice name)
{
    return slice_eq_cstr(name, TOPIC_CONSUMER_OFFSETS) ||
           slice_eq_cstr(name, TOPIC_TRANSACTION_STATE) ||
           slice_eq_cstr(name, TOPIC_SHARE_GROUP_STATE);
}

/* One code point from the front of `s`, and in *ret_len how many bytes it took: 1 and U+FFFD when
 * the bytes are no shortest-form UTF-8 of a scalar value. */
static uint32_t utf8_code_point(struct slice s, size_t *ret_len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t lead = s.ptr[0];
    size_t len = lead < 0x80       ? 1
                 : lead >> 5 == 6  ? 2
                 : lead >> 4 == 14 ? 3
                 : lead >> 3 == 30 ? 4
                                   : 0;
    uint32_t point;

    *ret_len = 1;
    if (len == 1) {
        return lead;
    }
    if (len == 0 || len > s.len) {
        return 0xfffd;
    }
    point = lead & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s.ptr[i] & 0xc0) != 0x80) {
            return 0xfffd;
        }
        point = (point << 6) | (s.ptr[i] & 0x3fu);
    }
    if (point < least[len] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
        return 0xfffd;
    }
    *ret_len = len;
    return point;
}

int32_t java_string_hash(struct slice utf8)
{
    uint32_t hash = 0;

    while (utf8.len > 0) {
        size_t len;
        uint32_t point = utf8_code_point(utf8, &len);

        if (point >= 0x10000) {
            hash = hash * 31 + (0xd800 + ((point - 0x10000) >> 10));
            hash = hash * 31 + (0xdc00 + ((point - 0x10000) & 0x3ff));
        } else {
            hash = hash * 31 + point;
        }
        utf8 = slice_sub(utf8, len, utf8.len);
    }
    return (int32_t)hash;
}

/* Kafka clears the sign bit for one family of hashes and, for the other, takes the absolute value
 * with the least integer as 0. */
partition_id_t coordinator_partition(struct slice id, int32_t partition_cnt)
{
    int32_t hash = java_string_hash(id);

    ASSERT(partition_cnt > 0);
    if (hash == INT32_MIN) {
        return 0;
    }
    return (hash < 0 ? -hash : hash) % partition_cnt;
}

uint32_t murmur2(struct slice bytes)
{
    const uint32_t m = 0x5bd1e995;
    const uint8_t *p = bytes.ptr;
    size_t left = bytes.len;
    uint32_t h = 0x9747b28cu ^ (uint32_t)bytes.len;

    for (; left >= 4; left -= 4, p += 4) {
        uint32_t k = load_le32(p) * m;

        k = (k ^ (k >> 24)) * m;
        h = (h * m) ^ k;
    }
    if (left >= 3) {
        h ^= (uint32_t)p[2] << 16;
    }
    if (left >= 2) {
        h ^= (uint32_t)p[1] << 8;
    }
    if (left >= 1) {
        h = (h ^ p[0]) * m;
    }
    h = (h ^ (h >> 13)) * m;
    return h ^ (h >> 15);
}

partition_id_t partition_for_key(struct slice key, int32_t partition_cnt)
{
    ASSERT(partition_cnt > 0);
    return (int32_t)(murmur2(key) & 0x7fffffff) % partition_cnt;
}
