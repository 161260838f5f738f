/*
 * A partition's folder is <topic>-<partition>, its files are named by the offset of their first
 * record in 20 digits. Folders on their way out end in -delete, files in .deleted.
 */
#include "log/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "model/topic.h"

#define PARTITION_DIGITS_MAX 10u
#define HEX_LEN 32u

bool name_ends_with(struct slice name, const char *suffix)
{
    size_t len = strlen(suffix);

    return name.len >= len && memcmp(name.ptr + name.len - len, suffix, len) == 0;
}

/* Decimal digits, no sign, no leading zero but for 0 itself. */
static bool parse_partition(struct slice digits, partition_id_t *ret)
{
    int64_t value = 0;

    if (digits.len == 0 || digits.len > PARTITION_DIGITS_MAX ||
        (digits.len > 1 && digits.ptr[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9') {
            return false;
        }
        value = value * 10 + (digits.ptr[i] - '0');
    }
    if (value > INT32_MAX) {
        return false;
    }
    *ret = (partition_id_t)value;
    return true;
}

enum folder_kind folder_name_parse(struct slice name, struct slice *ret_topic,
                                   partition_id_t *ret_partition)
{
    size_t dash = name.len;

    ASSERT(ret_topic != NULL);
    ASSERT(ret_partition != NULL);
    if (name_ends_with(name, "-delete")) {
        return FOLDER_DELETED;
    }
    if (name_ends_with(name, "-future")) {
        return FOLDER_FUTURE;
    }
    if (name_ends_with(name, "-stray")) {
        return FOLDER_STRAY;
    }
    while (dash > 0 && name.ptr[dash - 1] != '-') {
        dash--;
    }
    if (dash < 2 || !parse_partition(slice_of(name.ptr + dash, name.len - dash), ret_partition) ||
        !topic_name_is_legal(slice_of(name.ptr, dash - 1))) {
        return FOLDER_FOREIGN;
    }
    *ret_topic = slice_of(name.ptr, dash - 1);
    return FOLDER_PARTITION;
}

static int fits(int len, size_t cap)
{
    return len < 0 || (size_t)len >= cap ? ERR_LIMIT : 0;
}

int folder_path(char *ret_path, size_t cap, const char *parent, struct slice topic,
                partition_id_t partition)
{
    ASSERT(partition >= 0);
    return fits(snprintf(ret_path, cap, "%s/%.*s-%" PRId32, parent, SLICE_FMT(topic), partition),
                cap);
}

void folder_away_name(char ret_name[LOG_NAME_MAX + 1], struct slice topic, partition_id_t partition,
                      const uint8_t random[16], const char *why)
{
    char hex[HEX_LEN + 1];
    char tail[HEX_LEN + 24];
    int tail_len;
    size_t topic_len;

    ASSERT(partition >= 0);
    for (size_t i = 0; i < HEX_LEN / 2; i++) {
        snprintf(hex + 2 * i, 3, "%02x", random[i]);
    }
    tail_len = snprintf(tail, sizeof(tail), "-%" PRId32 ".%s-%s", partition, hex, why);
    ASSERT(tail_len > 0);
    ASSERT((size_t)tail_len < sizeof(tail));
    topic_len =
        topic.len < LOG_NAME_MAX - (size_t)tail_len ? topic.len : LOG_NAME_MAX - (size_t)tail_len;
    memcpy(ret_name, topic.ptr, topic_len);
    memcpy(ret_name + topic_len, tail, (size_t)tail_len + 1);
}

int segment_path(char *ret_path, size_t cap, const char *folder, log_offset_t base,
                 const char *suffix, const char *more)
{
    ASSERT(base >= 0);
    return fits(snprintf(ret_path, cap, "%s/%020" PRId64 "%s%s", folder, base, suffix, more), cap);
}

int file_path(char *ret_path, size_t cap, const char *folder, const char *name)
{
    return fits(snprintf(ret_path, cap, "%s/%s", folder, name), cap);
}

bool segment_name_parse(struct slice name, const char *suffix, log_offset_t *ret_base)
{
    uint64_t value = 0;

    if (name.len != SEGMENT_DIGITS + strlen(suffix) || !name_ends_with(name, suffix)) {
        return false;
    }
    for (size_t i = 0; i < SEGMENT_DIGITS; i++) {
        unsigned digit = (unsigned)name.ptr[i] - '0';

        if (digit > 9 || value > ((uint64_t)INT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *ret_base = (log_offset_t)value;
    return true;
}
