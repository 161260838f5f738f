/*
 * recovery-point-offset-checkpoint,      0                       version
 * replication-offset-checkpoint,         2                       how many lines follow
 * log-start-offset-checkpoint,           orders 0 1500           topic, partition, offset
 * cleaner-offset-checkpoint              orders 1 1498
 *
 * leader-epoch-checkpoint                0
 *                                        2
 *                                        0 0                     epoch, its first offset
 *                                        3 1200
 *
 * partition.metadata                     version: 0
 *                                        topic_id: 5hiN...       22 characters
 *
 * meta.properties                        #                       Java properties, sorted by key
 *                                        #Mon Nov 23 18:00:00 UTC 2026
 *                                        broker.id=1             version 1: node.id
 *                                        cluster.id=...
 *                                        directory.id=...
 *                                        version=0
 *
 * Valid: the version is known, exactly as many lines as counted, numbers in range. A file that is not
 * valid is as good as none: what it says is a shortcut, or can be had from the log.
 */
#include "log/text_files.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

#define SECONDS_PER_DAY 86400
#define DAYS_PER_ERA 146097 /* 400 years */
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

/* --- lines and words --------------------------------------------------------------------------- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}

static struct slice trimmed(struct slice s)
{
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s = slice_sub(s, 1, s.len);
    }
    while (s.len > 0 && is_blank(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

/* The next line, trimmed; false at the end of the text. */
static bool line_next(struct slice *rest, struct slice *ret_line)
{
    const uint8_t *end;
    size_t len;

    if (rest->len == 0) {
        return false;
    }
    end = memchr(rest->ptr, '\n', rest->len);
    len = end == NULL ? rest->len : (size_t)(end - rest->ptr);
    *ret_line = trimmed(slice_of(rest->ptr, len));
    *rest = slice_sub(*rest, len + 1, rest->len);
    return true;
}

/* The next word of a line; an empty one at its end. */
static struct slice word_next(struct slice *line)
{
    size_t len = 0;
    struct slice word;

    *line = trimmed(*line);
    while (len < line->len && !is_blank(line->ptr[len])) {
        len++;
    }
    word = slice_of(line->ptr, len);
    *line = slice_sub(*line, len, line->len);
    return word;
}

/* A decimal number in [least, greatest]; false otherwise. */
static bool number_of(struct slice word, int64_t least, int64_t greatest, int64_t *ret)
{
    bool negative = word.len > 0 && word.ptr[0] == '-';
    int64_t value = 0;

    if (negative) {
        word = slice_sub(word, 1, word.len);
    }
    if (word.len == 0) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        int digit = word.ptr[i] - '0';

        if (digit < 0 || digit > 9 || value > (INT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    value = negative ? -value : value;
    if (value < least || value > greatest) {
        return false;
    }
    *ret = value;
    return true;
}

static bool number_next(struct slice *line, int64_t least, int64_t greatest, int64_t *ret)
{
    return number_of(word_next(line), least, greatest, ret);
}

/* Version and count of a checkpoint. */
static int head_parse(struct slice *rest, int64_t *ret_cnt)
{
    struct slice line;
    int64_t version;

    if (!line_next(rest, &line) || !number_of(line, 0, INT32_MAX, &version)) {
        return ERR_INVALID;
    }
    if (version != 0) {
        return ERR_VERSION;
    }
    if (!line_next(rest, &line) || !number_of(line, 0, INT32_MAX, ret_cnt)) {
        return ERR_INVALID;
    }
    return 0;
}

/* Only blank lines may be left. */
static int tail_check(struct slice rest)
{
    struct slice line;

    while (line_next(&rest, &line)) {
        if (line.len > 0) {
            return ERR_INVALID;
        }
    }
    return 0;
}

/* --- checkpoints ------------------------------------------------------------------------------- */

int offsets_parse(struct slice text,
                  int (*each)(void *ctx, struct slice topic, partition_id_t partition,
                              log_offset_t offset),
                  void *ctx)
{
    int64_t cnt = 0;
    int rc = head_parse(&text, &cnt);

    ASSERT(each != NULL);
    for (int64_t i = 0; i < cnt && rc == 0; i++) {
        struct slice line;
        struct slice topic;
        int64_t partition;
        int64_t offset;

        if (!line_next(&text, &line)) {
            return ERR_INVALID;
        }
        topic = word_next(&line);
        if (topic.len == 0 || !number_next(&line, 0, INT32_MAX, &partition) ||
            !number_next(&line, 0, INT64_MAX, &offset) || trimmed(line).len > 0) {
            return ERR_INVALID;
        }
        rc = each(ctx, topic, (partition_id_t)partition, offset);
    }
    return rc != 0 ? rc : tail_check(text);
}

void offsets_format_head(struct str *out, size_t cnt)
{
    str_add_fmt(out, "0\n%zu\n", cnt);
}

void offsets_format_line(struct str *out, struct slice topic, partition_id_t partition,
                         log_offset_t offset)
{
    ASSERT(partition >= 0);
    ASSERT(offset >= 0);
    str_add(out, topic); /* as bytes: what was read is written again, whatever it was */
    str_add_fmt(out, " %" PRId32 " %" PRId64 "\n", partition, offset);
}

int epochs_parse(struct slice text,
                 int (*each)(void *ctx, leader_epoch_t epoch, log_offset_t start), void *ctx)
{
    int64_t cnt = 0;
    int64_t epoch_before = -1;
    int64_t start_before = -1;
    int rc = head_parse(&text, &cnt);

    ASSERT(each != NULL);
    for (int64_t i = 0; i < cnt && rc == 0; i++) {
        struct slice line;
        int64_t epoch;
        int64_t start;

        if (!line_next(&text, &line) || !number_next(&line, epoch_before + 1, INT32_MAX, &epoch) ||
            !number_next(&line, start_before, INT64_MAX, &start) || trimmed(line).len > 0) {
            return ERR_INVALID;
        }
        epoch_before = epoch;
        start_before = start;
        rc = each(ctx, (leader_epoch_t)epoch, start);
    }
    return rc != 0 ? rc : tail_check(text);
}

void epochs_format_head(struct str *out, size_t cnt)
{
    str_add_fmt(out, "0\n%zu\n", cnt);
}

void epochs_format_line(struct str *out, leader_epoch_t epoch, log_offset_t start)
{
    ASSERT(epoch >= 0);
    ASSERT(start >= 0);
    str_add_fmt(out, "%" PRId32 " %" PRId64 "\n", epoch, start);
}

/* --- partition.metadata ------------------------------------------------------------------------ */

int partition_metadata_parse(struct slice text, struct uuid *ret_topic_id)
{
    static const char version_key[] = "version:";
    static const char id_key[] = "topic_id:";
    struct slice line;
    int64_t version = -1;
    struct uuid id = {{0}};
    bool has_id = false;

    while (line_next(&text, &line)) {
        struct slice key = word_next(&line);
        struct slice value = trimmed(line);

        if (slice_eq_cstr(key, version_key) && !number_of(value, 0, INT32_MAX, &version)) {
            return ERR_INVALID;
        }
        if (slice_eq_cstr(key, id_key)) {
            if (uuid_parse(value, &id) != 0) {
                return ERR_INVALID;
            }
            has_id = true;
        }
    }
    if (version < 0 || !has_id) {
        return ERR_INVALID;
    }
    if (version != 0) {
        return ERR_VERSION;
    }
    *ret_topic_id = id;
    return 0;
}

void partition_metadata_format(struct str *out, struct uuid topic_id)
{
    char text[UUID_TEXT_LEN + 1];

    uuid_format(topic_id, text);
    str_add_fmt(out, "version: 0\ntopic_id: %s\n", text);
}

/* --- meta.properties --------------------------------------------------------------------------- */

/* A backslash stands before a character that has a meaning of its own; ids need no more than that. */
static int unescape(struct slice s, char *ret, size_t cap)
{
    size_t len = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\\' && i + 1 < s.len) {
            i++;
        }
        if (s.ptr[i] < 0x20 || s.ptr[i] >= 0x7f || len + 1 >= cap) {
            return ERR_INVALID;
        }
        ret[len++] = (char)s.ptr[i];
    }
    ret[len] = '\0';
    return 0;
}

static int property_take(struct meta_properties *m, struct slice key, struct slice value)
{
    int64_t number;

    if (slice_eq_cstr(key, "version")) {
        if (!number_of(value, 0, INT32_MAX, &number)) {
            return ERR_INVALID;
        }
        m->version = (int32_t)number;
    } else if (slice_eq_cstr(key, "broker.id") || slice_eq_cstr(key, "node.id")) {
        if (!number_of(value, 0, INT32_MAX, &number)) {
            return ERR_INVALID;
        }
        m->node_id = (broker_id_t)number;
    } else if (slice_eq_cstr(key, "cluster.id")) {
        return unescape(value, m->cluster_id, sizeof(m->cluster_id));
    } else if (slice_eq_cstr(key, "directory.id")) {
        return uuid_parse(value, &m->directory_id);
    }
    return 0;
}

int meta_properties_parse(struct slice text, struct meta_properties *ret)
{
    struct meta_properties m = {.version = -1, .node_id = BROKER_ID_NONE};
    struct slice line;

    ASSERT(ret != NULL);
    while (line_next(&text, &line)) {
        size_t len = 0;
        struct slice value;
        int rc;

        if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == '!') {
            continue;
        }
        while (len < line.len && line.ptr[len] != '=' && line.ptr[len] != ':' &&
               !is_blank(line.ptr[len])) {
            len++;
        }
        if (len == line.len) {
            return ERR_INVALID;
        }
        value = trimmed(slice_sub(line, len, line.len));
        if (value.len > 0 && (value.ptr[0] == '=' || value.ptr[0] == ':')) {
            value = trimmed(slice_sub(value, 1, value.len));
        }
        rc = property_take(&m, slice_of(line.ptr, len), value);
        if (rc != 0) {
            return rc;
        }
    }
    if (m.version < 0) {
        return ERR_INVALID;
    }
    if (m.version > 1) {
        return ERR_VERSION;
    }
    *ret = m;
    return 0;
}

/* A day of the civil calendar from the count of days since 1970 (proleptic Gregorian, from March). */
static void civil_of_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    int64_t z = days + DAYS_TO_1970;
    int64_t era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t doe = z - era * DAYS_PER_ERA;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    *ret_day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *ret_month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *ret_year = yoe + era * 400 + (*ret_month <= 2 ? 1 : 0);
}

static void date_add(struct str *out, int64_t now_ms)
{
    static const char *const week[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t seconds = now_ms < 0 ? 0 : now_ms / 1000;
    int64_t days = seconds / SECONDS_PER_DAY;
    int64_t in_day = seconds % SECONDS_PER_DAY;
    int64_t year;
    int month;
    int day;

    civil_of_days(days, &year, &month, &day);
    str_add_fmt(out, "%s %s %02d %02d:%02d:%02d UTC %" PRId64, week[days % 7], months[month - 1],
                day, (int)(in_day / 3600), (int)(in_day / 60 % 60), (int)(in_day % 60), year);
}

void meta_properties_format(struct str *out, const struct meta_properties *m, int64_t now_ms)
{
    char id[UUID_TEXT_LEN + 1];

    ASSERT(m->version == 0 || m->version == 1);
    str_add_cstr(out, "#\n#");
    date_add(out, now_ms);
    str_add_cstr(out, "\n");
    if (m->version == 0 && m->node_id != BROKER_ID_NONE) {
        str_add_fmt(out, "broker.id=%" PRId32 "\n", m->node_id);
    }
    if (m->cluster_id[0] != '\0') {
        str_add_fmt(out, "cluster.id=%s\n", m->cluster_id);
    }
    if (!uuid_is_zero(m->directory_id)) {
        uuid_format(m->directory_id, id);
        str_add_fmt(out, "directory.id=%s\n", id);
    }
    if (m->version == 1 && m->node_id != BROKER_ID_NONE) {
        str_add_fmt(out, "node.id=%" PRId32 "\n", m->node_id);
    }
    str_add_fmt(out, "version=%" PRId32 "\n", m->version);
}
