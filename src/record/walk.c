/*
 * One pass over the bytes. Uncompressed records are checksummed in pieces that stay in the cache, and
 * the records of each piece are walked right behind. Compressed ones are checksummed first (damaged
 * bytes are never given to a decompressor) and walked as they come out, piece by piece.
 *
 * The walk has two gaits. The quick one takes a record that lies in one piece and is as nearly all
 * are: small numbers, in order. It decides nothing: whatever it does not like, it leaves to the slow
 * one, which reads byte by byte across pieces, accepts the unusual and names the fault.
 *
 * A record, every number a zig-zag varint:
 *
 *     length | attributes (1 byte, 0) | timestamp delta | offset delta | key length, key |
 *     value length, value | header count | { key length, key, value length, value } ...
 *
 * -1 is the length of a null key, value or header value. The length counts what follows it.
 */
#include "record/walk.h"

#include "base/assert.h"
#include "base/chk.h"
#include "base/crc32c.h"
#include "record/varint.h"

/* Large enough that starting a checksum does not matter, small enough for the first-level cache. */
#define CRC_PIECE_LEN ((size_t)16 * 1024)

/* length, attributes, timestamp delta, offset delta, key length: what is read before the first look
 * at what the length says. */
#define QUICK_FRONT_LEN (VARINT_QUICK_LEN * 4 + 1)

/* ---- the quick gait ---- */

/* Header key and value lengths up to `next`; the position behind them, or NULL. Each round moves on
 * by two bytes at least, so a huge count ends at `next`. */
static const uint8_t *quick_headers(const uint8_t *p, const uint8_t *next, uint32_t header_cnt)
{
    for (uint32_t i = 0; i < header_cnt; i++) {
        uint32_t len;

        if (p >= next || !varint_quick(&p, &len) || (len & 1) != 0 || p > next ||
            len >> 1 > (size_t)(next - p)) {
            return NULL;
        }
        p += len >> 1;
        if (!varint_quick(&p, &len) || p > next) {
            return NULL;
        }
        if ((len & 1) == 0) {
            if (len >> 1 > (size_t)(next - p)) {
                return NULL;
            }
            p += len >> 1;
        } else if (len != 1) {
            return NULL;
        }
    }
    return p;
}

/* Walks records for as long as they are simple and begin before `stop`. Reads at most
 * VARINT_QUICK_LEN - 1 bytes behind a record, which are checked to be there. */
static void walk_quick(struct walk *w, const uint8_t *stop)
{
    const uint8_t *const end = w->end;
    const uint8_t *rec = w->cur;
    const uint64_t delta_range = (uint64_t)w->delta_max - (uint64_t)w->delta_min;
    const uint64_t delta_min = (uint64_t)w->delta_min;
    int64_t top_delta = w->top_delta;
    uint32_t top_idx = w->top_idx;
    const uint32_t null_key = w->compacted ? 0 : 1; /* 0 is even: no null passes */
    uint32_t idx = w->idx;

    while (rec < stop && idx < w->cnt) {
        const uint8_t *p = rec;
        const uint8_t *next;
        uint32_t len, delta, offset, key, value, headers;
        int64_t ts;

        if ((size_t)(end - p) < QUICK_FRONT_LEN || !varint_quick(&p, &len) || (len & 1) != 0 ||
            (size_t)(end - p) < (size_t)(len >> 1) + VARINT_QUICK_LEN) {
            break;
        }
        next = p + (len >> 1);
        if (*p++ != 0 || !varint_quick(&p, &delta) || !varint_quick(&p, &offset) ||
            offset != idx << 1 || !varint_quick(&p, &key)) {
            break;
        }
        if ((key & 1) != 0) {
            if (key != null_key) {
                break;
            }
            key = 0;
        }
        /* p may be past next here, and by how much is known: the front of a record is bounded. */
        if (p > next || key >> 1 > (size_t)(next - p)) {
            break;
        }
        p += key >> 1;
        if (!varint_quick(&p, &value)) {
            break;
        }
        if ((value & 1) != 0) {
            if (value != 1) {
                break;
            }
            value = 0;
        }
        if (p > next || value >> 1 > (size_t)(next - p)) {
            break;
        }
        p += value >> 1;
        if (!varint_quick(&p, &headers) || (headers & 1) != 0) {
            break;
        }
        if (headers != 0) {
            p = quick_headers(p, next, headers >> 1);
        }
        if (p != next) {
            break;
        }
        ts = unzigzag32(delta);
        if ((uint64_t)ts - delta_min > delta_range) {
            break;
        }
        if (ts > top_delta) {
            top_delta = ts;
            top_idx = idx;
        }
        idx++;
        rec = next;
    }
    w->cur = rec;
    w->idx = idx;
    w->top_delta = top_delta;
    w->top_idx = top_idx;
}

/* ---- the slow gait ---- */

/* Each of these returns false with w->fault set. */
static bool fail(struct walk *w, enum validate_code code)
{
    w->fault = code;
    return false;
}

static bool inflate_failed(struct walk *w, int rc)
{
    w->rc = rc;
    return fail(w, rc == ERR_NOMEM         ? VALIDATE_NO_MEMORY
                   : rc == ERR_LIMIT       ? VALIDATE_BOMB
                   : rc == ERR_MISSING_LIB ? VALIDATE_CODEC_MISSING
                                           : VALIDATE_STREAM);
}

/* Gets the next piece; at the end of all bytes it fails with `at_end`. */
static bool refill(struct walk *w, enum validate_code at_end)
{
    struct slice piece;
    int rc;

    if (w->inf == NULL) {
        return fail(w, at_end);
    }
    rc = inflater_next(w->inf, &piece);
    if (rc != 0) {
        return inflate_failed(w, rc);
    }
    if (piece.len == 0) {
        return fail(w, at_end);
    }
    w->cur = piece.ptr;
    w->end = piece.ptr + piece.len;
    return true;
}

static bool get_byte(struct walk *w, uint8_t *ret)
{
    if (w->left == 0) {
        return fail(w, VALIDATE_RECORD_LENGTH);
    }
    if (w->cur == w->end && !refill(w, VALIDATE_RECORD_MISSING)) {
        return false;
    }
    w->left--;
    *ret = *w->cur++;
    return true;
}

static bool skip(struct walk *w, uint64_t len)
{
    DASSERT(len <= w->left);
    w->left -= len;
    while (len > (size_t)(w->end - w->cur)) {
        len -= (size_t)(w->end - w->cur);
        if (!refill(w, VALIDATE_RECORD_MISSING)) {
            return false;
        }
    }
    w->cur += len;
    return true;
}

static bool get_varlong(struct walk *w, int64_t *ret)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte;

        if (!get_byte(w, &byte)) {
            return false;
        }
        if (shift == 63 && byte > 1) {
            break;
        }
        v |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *ret = unzigzag64(v);
            return true;
        }
    }
    return fail(w, VALIDATE_RECORD_VARINT);
}

/* At most five bytes, the fifth with four bits. */
static bool get_varint(struct walk *w, int32_t *ret)
{
    uint32_t v = 0;

    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte;

        if (!get_byte(w, &byte)) {
            return false;
        }
        if (shift == 28 && byte > 15) {
            break;
        }
        v |= (uint32_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *ret = unzigzag32(v);
            return true;
        }
    }
    return fail(w, VALIDATE_RECORD_VARINT);
}

/* A length and the bytes it counts; -1 only where null is legal. */
static bool skip_bytes(struct walk *w, bool nullable, enum validate_code fault, bool *ret_null)
{
    int32_t len;

    if (!get_varint(w, &len)) {
        return false;
    }
    *ret_null = len == -1;
    if (len == -1 && nullable) {
        return true;
    }
    if (len < 0 || (uint64_t)len > w->left) {
        return fail(w, fault);
    }
    return skip(w, (uint64_t)len);
}

static bool check_timestamp(struct walk *w, int64_t delta)
{
    timestamp_ms_t ts;

    if (w->any_timestamp) {
        return true;
    }
    if (!chk_add(w->base_timestamp, delta, &ts)) {
        return fail(w, VALIDATE_TIMESTAMP);
    }
    /* A record without a timestamp is never too old. */
    if (ts != TIMESTAMP_NONE && (delta < w->delta_min || delta > w->delta_max)) {
        return fail(w, VALIDATE_TIMESTAMP);
    }
    if (delta > w->top_delta) {
        w->top_delta = delta;
        w->top_idx = w->idx;
    }
    return true;
}

static bool skip_headers(struct walk *w)
{
    int32_t cnt;
    bool null;

    if (!get_varint(w, &cnt)) {
        return false;
    }
    /* Each takes two bytes at least. */
    if (cnt < 0 || (uint64_t)cnt > w->left / 2) {
        return fail(w, VALIDATE_RECORD_HEADERS);
    }
    for (int32_t i = 0; i < cnt; i++) {
        if (!skip_bytes(w, false, VALIDATE_RECORD_HEADERS, &null) ||
            !skip_bytes(w, true, VALIDATE_RECORD_HEADERS, &null)) {
            return false;
        }
    }
    return true;
}

static bool walk_slow(struct walk *w)
{
    int32_t len, offset_delta;
    int64_t timestamp_delta;
    uint8_t attributes;
    bool null;

    w->left = UINT64_MAX;
    if (!get_varint(w, &len)) {
        return false;
    }
    if (len < 0 || (w->inf == NULL && (size_t)len > (size_t)(w->end - w->cur))) {
        return fail(w, VALIDATE_RECORD_LENGTH);
    }
    w->left = (uint64_t)len;
    if (!get_byte(w, &attributes)) {
        return false;
    }
    if (attributes != 0) {
        return fail(w, VALIDATE_RECORD_ATTRIBUTES);
    }
    if (!get_varlong(w, &timestamp_delta) || !get_varint(w, &offset_delta)) {
        return false;
    }
    if ((uint32_t)offset_delta != w->idx) {
        return fail(w, VALIDATE_RECORD_OFFSET);
    }
    if (!skip_bytes(w, true, VALIDATE_RECORD_KEY, &null)) {
        return false;
    }
    if (null && w->compacted) {
        return fail(w, VALIDATE_KEY_MISSING);
    }
    if (!skip_bytes(w, true, VALIDATE_RECORD_VALUE, &null) || !skip_headers(w)) {
        return false;
    }
    if (w->left != 0) {
        return fail(w, VALIDATE_RECORD_LENGTH);
    }
    if (!check_timestamp(w, timestamp_delta)) {
        return false;
    }
    w->idx++;
    return true;
}

/* ---- the two ways through the records ---- */

/* Walks the records that begin before `stop`, which lies in the piece at hand. */
static bool walk_to(struct walk *w, const uint8_t *stop)
{
    while (w->idx < w->cnt && w->cur < stop) {
        walk_quick(w, stop);
        if (w->idx < w->cnt && w->cur < stop && !walk_slow(w)) {
            return false;
        }
    }
    return true;
}

/* Checksum and walk in turns. A fault of the records only counts once the checksum is known to be
 * right, so the checksum goes on to the end. */
bool walk_plain(struct walk *w, struct slice batch, uint32_t crc_wanted)
{
    struct slice rest = slice_sub(batch, BATCH_CRC_FROM, batch.len);
    uint32_t crc = 0;
    bool ok = true;

    while (rest.len > 0) {
        struct slice piece = slice_sub(rest, 0, CRC_PIECE_LEN);

        crc = crc32c_more(crc, piece);
        rest = slice_sub(rest, piece.len, rest.len);
        ok = ok && walk_to(w, rest.ptr);
    }
    if (crc != crc_wanted) {
        return fail(w, VALIDATE_CRC);
    }
    if (!ok) {
        return false;
    }
    if (w->idx < w->cnt) {
        return fail(w, VALIDATE_RECORD_MISSING);
    }
    return w->cur == w->end || fail(w, VALIDATE_RECORD_EXTRA);
}

static bool walk_inflated(struct walk *w)
{
    struct slice piece;
    int rc;

    while (w->idx < w->cnt) {
        if (w->cur == w->end && !refill(w, VALIDATE_RECORD_MISSING)) {
            return false;
        }
        if (!walk_to(w, w->end)) {
            return false;
        }
    }
    if (w->cur != w->end) {
        return fail(w, VALIDATE_RECORD_EXTRA);
    }
    /* Only the stream's own end tells that it was whole: its checksum stands there. */
    rc = inflater_next(w->inf, &piece);
    if (rc != 0) {
        return inflate_failed(w, rc);
    }
    return piece.len == 0 || fail(w, VALIDATE_RECORD_EXTRA);
}

bool walk_compressed(struct walk *w, struct codecs *codecs, enum codec codec, struct slice stream,
                     uint64_t out_max)
{
    struct inflater inf;
    bool ok;
    int rc;

    if (codecs == NULL) {
        return inflate_failed(w, ERR_MISSING_LIB);
    }
    rc = inflater_start(&inf, codecs, codec, stream, out_max);
    if (rc != 0) {
        return inflate_failed(w, rc);
    }
    w->inf = &inf;
    w->cur = w->end;
    ok = walk_inflated(w);
    w->records_len = inf.out_total;
    inflater_end(&inf);
    w->inf = NULL;
    return ok;
}
