/*
 * The header first, then the records: record/walk.c. A batch whose checksum is wrong is damaged, and
 * nothing else that its bytes seem to say counts; so every fault found in the header waits for the
 * checksum before it is told.
 */
#include "record/validate.h"

#include "base/chk.h"
#include "record/walk.h"

static int64_t sub_saturated(int64_t a, int64_t b)
{
    int64_t v;

    return chk_sub(a, b, &v) ? v : b > 0 ? INT64_MIN : INT64_MAX;
}

static int64_t add_saturated(int64_t a, int64_t b)
{
    int64_t v;

    return chk_add(a, b, &v) ? v : b > 0 ? INT64_MAX : INT64_MIN;
}

/* What the header alone tells. */
static enum validate_code check_header(const struct batch_header *h,
                                       const struct validate_rules *rules)
{
    bool idempotent = h->producer_id >= 0;

    if (h->base_offset != 0) {
        return VALIDATE_BASE_OFFSET;
    }
    if ((h->attributes & ~(BATCH_ATTRIBUTES_KNOWN & ~BATCH_DELETE_HORIZON)) != 0) {
        return VALIDATE_ATTRIBUTES;
    }
    if (batch_is_control(h) && !rules->internal) {
        return VALIDATE_CONTROL;
    }
    if (!codec_is_known(batch_codec(h))) {
        return VALIDATE_CODEC;
    }
    if (batch_codec(h) == CODEC_ZSTD && !rules->zstd_allowed) {
        return VALIDATE_ZSTD;
    }
    if (h->record_cnt <= 0) {
        return VALIDATE_RECORD_COUNT;
    }
    if (h->last_offset_delta != h->record_cnt - 1) {
        return VALIDATE_LAST_OFFSET_DELTA;
    }
    /* Some clients leave a sequence of 0 in batches without a producer id: harmless. Markers have an
     * id and no sequence. */
    if (h->producer_id < PRODUCER_ID_NONE || (idempotent && h->producer_epoch < 0) ||
        (idempotent && h->base_sequence < 0 && !batch_is_control(h)) ||
        (!idempotent && batch_is_transactional(h))) {
        return VALIDATE_PRODUCER;
    }
    if (batch_has_log_append_time(h)) {
        return VALIDATE_TIMESTAMP_TYPE;
    }
    if (!rules->log_append_time && h->base_timestamp < TIMESTAMP_NONE) {
        return VALIDATE_TIMESTAMP;
    }
    return VALIDATE_OK;
}

static void walk_init(struct walk *w, const struct batch_header *h, struct slice records,
                      const struct validate_rules *rules)
{
    *w = (struct walk){
        .cur = records.ptr,
        .end = records.ptr + records.len,
        .records_len = records.len,
        .cnt = (uint32_t)h->record_cnt,
        .compacted = rules->compacted && !batch_is_control(h),
        .any_timestamp = rules->log_append_time,
        .base_timestamp = h->base_timestamp,
        .delta_min = INT64_MIN,
        .delta_max = INT64_MAX,
        .top_delta = INT64_MIN,
    };
    if (!rules->log_append_time) {
        timestamp_ms_t oldest = sub_saturated(rules->now_ms, rules->before_max_ms);
        timestamp_ms_t newest = add_saturated(rules->now_ms, rules->after_max_ms);

        w->delta_min = sub_saturated(MAX_OF(oldest, 0), h->base_timestamp);
        w->delta_max = sub_saturated(newest, h->base_timestamp);
        if (w->delta_max < w->delta_min) {
            /* Nothing passes but the slow gait's exception. */
            w->delta_min = INT64_MAX;
            w->delta_max = INT64_MAX;
        }
    }
}

static int fault_set(struct validate_fault *ret_fault, enum validate_code code, int32_t record_idx,
                     int rc)
{
    *ret_fault = (struct validate_fault){
        .code = code, .record_idx = record_idx, .text = validate_text(code)};
    return rc == ERR_NOMEM || rc == ERR_MISSING_LIB ? rc : ERR_INVALID;
}

/* A fault inside a record is told with the record's number, one between records without. */
static int32_t fault_idx(const struct walk *w)
{
    switch (w->fault) {
    case VALIDATE_RECORD_LENGTH:
    case VALIDATE_RECORD_VARINT:
    case VALIDATE_RECORD_ATTRIBUTES:
    case VALIDATE_RECORD_OFFSET:
    case VALIDATE_RECORD_KEY:
    case VALIDATE_RECORD_VALUE:
    case VALIDATE_RECORD_HEADERS:
    case VALIDATE_KEY_MISSING:
    case VALIDATE_TIMESTAMP:
        return (int32_t)w->idx;
    case VALIDATE_OK:
    case VALIDATE_TRUNCATED:
    case VALIDATE_LENGTH:
    case VALIDATE_CRC:
    case VALIDATE_STREAM:
    case VALIDATE_EMPTY:
    case VALIDATE_MAGIC:
    case VALIDATE_TRAILING:
    case VALIDATE_BASE_OFFSET:
    case VALIDATE_ATTRIBUTES:
    case VALIDATE_CONTROL:
    case VALIDATE_RECORD_COUNT:
    case VALIDATE_LAST_OFFSET_DELTA:
    case VALIDATE_PRODUCER:
    case VALIDATE_RECORD_MISSING:
    case VALIDATE_RECORD_EXTRA:
    case VALIDATE_TIMESTAMP_TYPE:
    case VALIDATE_TOO_LARGE:
    case VALIDATE_BOMB:
    case VALIDATE_CODEC:
    case VALIDATE_ZSTD:
    case VALIDATE_CODEC_MISSING:
    case VALIDATE_NO_MEMORY:
        return -1;
    }
    return -1;
}

/* Bounds, format, size: what must hold before a checksum means anything. */
static enum validate_code check_front(struct slice records, const struct validate_rules *rules,
                                      struct batch_header *ret)
{
    int rc;

    if (records.len == 0) {
        return VALIDATE_EMPTY;
    }
    if (records.len >= BATCH_PEEK_LEN && records.ptr[BATCH_AT_MAGIC] != BATCH_MAGIC) {
        return VALIDATE_MAGIC;
    }
    rc = batch_peek(records, ret);
    if (rc != 0) {
        return rc == ERR_TRUNCATED                                  ? VALIDATE_TRUNCATED
               : load_be64(records.ptr + BATCH_AT_BASE_OFFSET) != 0 ? VALIDATE_BASE_OFFSET
                                                                    : VALIDATE_LENGTH;
    }
    if (batch_len(ret) > records.len) {
        return VALIDATE_TRUNCATED;
    }
    if (batch_len(ret) < records.len) {
        return VALIDATE_TRAILING;
    }
    return records.len > rules->batch_len_max ? VALIDATE_TOO_LARGE : VALIDATE_OK;
}

int batch_validate(struct slice records, const struct validate_rules *rules, struct codecs *codecs,
                   struct batch_info *ret, struct validate_fault *ret_fault)
{
    struct batch_info info = {0};
    struct batch_header *h = &info.header;
    enum validate_code code = check_front(records, rules, h);
    struct slice body;
    struct walk w;
    bool ok;

    if (code != VALIDATE_OK) {
        return fault_set(ret_fault, code, -1, 0);
    }
    code = check_header(h, rules);
    body = slice_sub(records, BATCH_HEADER_LEN, records.len);
    if (code != VALIDATE_OK || batch_codec(h) != CODEC_NONE) {
        if (!batch_crc_ok(records)) {
            code = VALIDATE_CRC;
        }
        if (code != VALIDATE_OK) {
            return fault_set(ret_fault, code, -1, 0);
        }
    }
    walk_init(&w, h, body, rules);
    if (batch_codec(h) == CODEC_NONE) {
        ok = walk_plain(&w, records, h->crc);
    } else {
        uint64_t out_max = rules->decompressed_len_max;

        ok = walk_compressed(&w, codecs, (enum codec)batch_codec(h), body,
                             out_max != 0 ? out_max : DECOMPRESSED_LEN_MAX_DEFAULT);
    }
    if (!ok) {
        return fault_set(ret_fault, w.fault, fault_idx(&w), w.rc);
    }
    info.records_len = w.records_len;
    if (rules->log_append_time) {
        info.max_timestamp = rules->now_ms;
        info.max_timestamp_delta = 0;
    } else {
        info.max_timestamp = h->base_timestamp + w.top_delta;
        info.max_timestamp_delta = (int32_t)w.top_idx;
        info.max_timestamp_wrong = info.max_timestamp != h->max_timestamp;
    }
    *ret = info;
    return 0;
}

enum kerr validate_kerr(enum validate_code code)
{
    switch (code) {
#define X(name, kerr, text) \
    case VALIDATE_##name: \
        return KERR_##kerr;
        VALIDATE_LIST(X)
#undef X
    }
    return KERR_UNKNOWN_SERVER_ERROR;
}

const char *validate_name(enum validate_code code)
{
    switch (code) {
#define X(name, kerr, text) \
    case VALIDATE_##name: \
        return #name;
        VALIDATE_LIST(X)
#undef X
    }
    return "UNNAMED";
}

const char *validate_text(enum validate_code code)
{
    switch (code) {
#define X(name, kerr, text) \
    case VALIDATE_##name: \
        return text;
        VALIDATE_LIST(X)
#undef X
    }
    return "a fault without a name";
}
