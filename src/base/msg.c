/*
 * The interpreter over message tables.
 *
 * A struct on the wire is its body fields in order, those its version has, then in flexible versions
 * a section of tagged fields:
 *
 *     rigid      field field ...
 *     flexible   field field ... uvarint(count) { uvarint(tag) uvarint(size) field } ...
 *
 *     field      rigid                          flexible ("compact")
 *     string     int16 length, bytes            uvarint length + 1, bytes
 *     bytes      int32 length, bytes            uvarint length + 1, bytes
 *     array      int32 count, items             uvarint count + 1, items
 *     null       -1 as the length or count      0
 *     struct     its fields; if it may be null: int8 1 before them, or int8 -1 alone
 *
 * Numbers are big-endian and the same in both. A tagged field is left out when it has its default.
 *
 * Recursion follows the description, whose depth is fixed when it is generated, never the input.
 */
#include "base/msg.h"

#include <string.h>

#include "base/assert.h"

#define DUMP_TEXT_MAX 128u
#define DUMP_BYTES_MAX 16u

/* What every walk needs. */
struct walk {
    const struct msg_schema *schema;
    int16_t version;
    bool flex;
};

static const struct {
    uint8_t held;  /* bytes in memory */
    uint8_t rigid; /* fewest bytes on the wire */
    uint8_t flex;
} type_sizes[] = {
    [MSG_BOOL] = {sizeof(bool), 1, 1},
    [MSG_INT8] = {1, 1, 1},
    [MSG_INT16] = {2, 2, 2},
    [MSG_UINT16] = {2, 2, 2},
    [MSG_INT32] = {4, 4, 4},
    [MSG_UINT32] = {4, 4, 4},
    [MSG_INT64] = {8, 8, 8},
    [MSG_FLOAT64] = {8, 8, 8},
    [MSG_UUID] = {16, 16, 16},
    [MSG_STRING] = {sizeof(struct slice), 2, 1},
    [MSG_BYTES] = {sizeof(struct slice), 4, 1},
    [MSG_RECORDS] = {sizeof(struct records), 4, 1},
    [MSG_STRUCT] = {0, 0, 0}, /* as its description says */
    [MSG_STRUCT_PTR] = {sizeof(void *), 1, 1},
};

/* An array field: pointer, then count. */
struct array {
    void *items;
    int32_t cnt;
};

static bool in_versions(struct msg_versions range, int16_t version)
{
    return version >= range.first && version <= range.last;
}

static bool is_nullable(const struct walk *k, const struct msg_field *f)
{
    return in_versions(f->nullable, k->version);
}

static bool is_compact(const struct walk *k, const struct msg_field *f)
{
    return k->flex && (f->type & MSG_RIGID) == 0;
}

static enum msg_type type_of(const struct msg_field *f)
{
    return (enum msg_type)(f->type & MSG_TYPE_MASK);
}

static const struct msg_struct *struct_of(const struct walk *k, const struct msg_field *f)
{
    return &k->schema->structs[f->strukt];
}

/* Bytes of one item of f in memory. */
static size_t item_held(const struct walk *k, const struct msg_field *f)
{
    enum msg_type type = type_of(f);

    return type == MSG_STRUCT ? struct_of(k, f)->size : type_sizes[type].held;
}

static struct array array_get(const uint8_t *at)
{
    struct array a;

    memcpy(&a.items, at, sizeof(a.items));
    memcpy(&a.cnt, at + sizeof(a.items), sizeof(a.cnt));
    ASSERT(a.cnt <= 0 || a.items != NULL);
    return a;
}

static void array_set(uint8_t *at, struct array a)
{
    memcpy(at, &a.items, sizeof(a.items));
    memcpy(at + sizeof(a.items), &a.cnt, sizeof(a.cnt));
}

static const uint8_t *ptr_get(const uint8_t *at)
{
    const uint8_t *p;

    memcpy(&p, at, sizeof(p));
    return p;
}

static void ptr_set(uint8_t *at, const void *p)
{
    memcpy(at, &p, sizeof(p));
}

static struct slice slice_get(const uint8_t *at)
{
    struct slice s;

    memcpy(&s, at, sizeof(s));
    return s;
}

static struct records records_get(const uint8_t *at)
{
    struct records s;

    memcpy(&s, at, sizeof(s));
    return s;
}

/* ---- decode --------------------------------------------------------------------------------- */

static void decode_struct(const struct walk *k, const struct msg_struct *st, uint8_t *ret,
                          struct rd *r, struct arena *a);

static struct slice decode_string(struct rd *r, bool compact, bool nullable)
{
    struct slice s = compact ? rd_compact(r, nullable) : rd_str16(r, nullable);

    /* The compact form could be longer than what the other form can hold; Kafka refuses that. */
    if (s.len > INT16_MAX) {
        rd_fail(r, ERR_INVALID);
    }
    return s;
}

static void decode_struct_ptr(const struct walk *k, const struct msg_field *f, uint8_t *ret,
                              struct rd *r, struct arena *a)
{
    const struct msg_struct *st = struct_of(k, f);
    int8_t present = 1;
    uint8_t *p;

    if (is_nullable(k, f)) {
        present = rd_i8(r);
    }
    if (r->err != 0 || present < 0) {
        ptr_set(ret, NULL);
        return;
    }
    p = arena_alloc(a, st->size);
    if (p == NULL) {
        rd_fail(r, ERR_NOMEM);
        return;
    }
    ptr_set(ret, p);
    decode_struct(k, st, p, r, a);
}

/* One item of f, array or not. */
static inline void decode_item(const struct walk *k, const struct msg_field *f, uint8_t *ret,
                               struct rd *r, struct arena *a)
{
    switch (type_of(f)) {
    case MSG_BOOL: {
        bool v = rd_u8(r) != 0;
        memcpy(ret, &v, sizeof(v));
        break;
    }
    case MSG_INT8:
        *ret = rd_u8(r);
        break;
    case MSG_INT16:
    case MSG_UINT16: {
        uint16_t v = rd_u16(r);
        memcpy(ret, &v, sizeof(v));
        break;
    }
    case MSG_INT32:
    case MSG_UINT32: {
        uint32_t v = rd_u32(r);
        memcpy(ret, &v, sizeof(v));
        break;
    }
    case MSG_INT64:
    case MSG_FLOAT64: {
        uint64_t v = rd_u64(r);
        memcpy(ret, &v, sizeof(v));
        break;
    }
    case MSG_UUID: {
        const uint8_t *p = rd_take(r, sizeof(struct uuid));
        if (p != NULL) {
            memcpy(ret, p, sizeof(struct uuid));
        }
        break;
    }
    case MSG_STRING: {
        /* In an array the field's nullability is the array's: items are never null. */
        bool nullable = (f->type & MSG_ARRAY) == 0 && is_nullable(k, f);
        struct slice v = decode_string(r, is_compact(k, f), nullable);
        memcpy(ret, &v, sizeof(v));
        break;
    }
    case MSG_BYTES:
    case MSG_RECORDS: {
        bool nullable = (f->type & MSG_ARRAY) == 0 && is_nullable(k, f);
        struct slice v = is_compact(k, f) ? rd_compact(r, nullable) : rd_bytes32(r, nullable);
        if (type_of(f) == MSG_BYTES) {
            memcpy(ret, &v, sizeof(v));
        } else {
            struct records rec = {v, NULL};
            memcpy(ret, &rec, sizeof(rec));
        }
        break;
    }
    case MSG_STRUCT:
        decode_struct(k, struct_of(k, f), ret, r, a);
        break;
    case MSG_STRUCT_PTR:
        decode_struct_ptr(k, f, ret, r, a);
        break;
    }
}

/* The fewest bytes one item of an array can have. */
static size_t item_min(const struct walk *k, const struct msg_field *f)
{
    enum msg_type type = type_of(f);

    if (type == MSG_STRUCT) {
        return k->flex ? struct_of(k, f)->min_flex : struct_of(k, f)->min_rigid;
    }
    return k->flex ? type_sizes[type].flex : type_sizes[type].rigid;
}

static void decode_array(const struct walk *k, const struct msg_field *f, uint8_t *ret,
                         struct rd *r, struct arena *a)
{
    int64_t wire = is_compact(k, f) ? (int64_t)rd_uvarint(r) - 1 : rd_i32(r);
    struct array arr = {NULL, 0};
    size_t held;
    uint8_t *item;

    if (r->err != 0) {
        return;
    }
    if (wire == -1 && is_nullable(k, f)) {
        arr.cnt = -1;
        array_set(ret, arr);
        return;
    }
    arr.cnt = rd_count(r, wire, item_min(k, f), INT32_MAX);
    if (arr.cnt > 0) {
        held = item_held(k, f);
        arr.items = arena_alloc(a, held * (size_t)arr.cnt);
        if (arr.items == NULL) {
            rd_fail(r, ERR_NOMEM);
            return;
        }
        item = arr.items;
        for (int32_t i = 0; i < arr.cnt && r->err == 0; i++, item += held) {
            decode_item(k, f, item, r, a);
        }
    }
    array_set(ret, arr);
}

static inline void decode_field(const struct walk *k, const struct msg_field *f, uint8_t *ret,
                                struct rd *r, struct arena *a)
{
    if ((f->type & MSG_ARRAY) != 0) {
        decode_array(k, f, ret + f->pos, r, a);
    } else {
        decode_item(k, f, ret + f->pos, r, a);
    }
}

static void decode_tags(const struct walk *k, const struct msg_struct *st, uint8_t *ret,
                        struct rd *r, struct arena *a)
{
    const struct msg_field *tagged = &k->schema->fields[st->field + st->body_cnt];
    uint32_t cnt = rd_uvarint(r);

    for (uint32_t i = 0; i < cnt && r->err == 0; i++) {
        uint32_t tag = rd_uvarint(r);
        struct slice bytes = rd_slice(r, rd_uvarint(r));

        for (uint8_t t = 0; t < st->tag_cnt && r->err == 0; t++) {
            if (tagged[t].tag == tag && in_versions(tagged[t].in, k->version)) {
                struct rd sub;

                rd_init(&sub, bytes);
                decode_field(k, &tagged[t], ret, &sub, a);
                /* The bytes are all there, so a field that wants more or less is wrong, not cut. */
                if (rd_finish(&sub) != 0) {
                    rd_fail(r, sub.err == ERR_TRUNCATED ? ERR_INVALID : rd_finish(&sub));
                }
                break;
            }
        }
    }
}

static void decode_struct(const struct walk *k, const struct msg_struct *st, uint8_t *ret,
                          struct rd *r, struct arena *a)
{
    const struct msg_field *f = &k->schema->fields[st->field];
    const struct msg_field *end = f + st->body_cnt;

    memcpy(ret, st->init, st->size);
    for (; f < end; f++) {
        if (in_versions(f->in, k->version)) {
            decode_field(k, f, ret, r, a);
        }
    }
    if (k->flex) {
        decode_tags(k, st, ret, r, a);
    }
}

int msg_decode(const struct msg_desc *d, void *ret, struct rd *r, int16_t version, struct arena *a)
{
    struct walk k = {d->schema, version, msg_is_flex(d, version)};

    if (version < d->first || version > d->last) {
        rd_fail(r, ERR_VERSION);
        return r->err;
    }
    decode_struct(&k, &d->schema->structs[d->root], ret, r, a);
    return r->err;
}

/* ---- defaults ------------------------------------------------------------------------------- */

static bool struct_is_init(const struct walk *k, const struct msg_struct *st, const uint8_t *m);

static bool item_is_init(const struct walk *k, const struct msg_field *f, const uint8_t *m,
                         const uint8_t *init)
{
    switch (type_of(f)) {
    case MSG_STRING:
    case MSG_BYTES: {
        struct slice a = slice_get(m);
        struct slice b = slice_get(init);

        return slice_is_null(a) == slice_is_null(b) && slice_eq(a, b);
    }
    case MSG_RECORDS: {
        struct records a = records_get(m);
        struct records b = records_get(init);

        return a.chain == NULL && slice_is_null(a.mem) == slice_is_null(b.mem) &&
               slice_eq(a.mem, b.mem);
    }
    case MSG_STRUCT:
        return struct_is_init(k, struct_of(k, f), m);
    case MSG_STRUCT_PTR:
        return ptr_get(m) == NULL;
    case MSG_BOOL:
    case MSG_INT8:
    case MSG_INT16:
    case MSG_UINT16:
    case MSG_INT32:
    case MSG_UINT32:
    case MSG_INT64:
    case MSG_FLOAT64:
    case MSG_UUID:
        break;
    }
    return memcmp(m, init, type_sizes[type_of(f)].held) == 0;
}

/* Whether field f of the struct m has its default. */
static bool field_is_init(const struct walk *k, const struct msg_struct *st,
                          const struct msg_field *f, const uint8_t *m)
{
    const uint8_t *init = (const uint8_t *)st->init + f->pos;

    if ((f->type & MSG_ARRAY) != 0) {
        return array_get(m + f->pos).cnt == array_get(init).cnt; /* 0 or -1 */
    }
    return item_is_init(k, f, m + f->pos, init);
}

static bool struct_is_init(const struct walk *k, const struct msg_struct *st, const uint8_t *m)
{
    const struct msg_field *f = &k->schema->fields[st->field];

    for (const struct msg_field *end = f + st->body_cnt + st->tag_cnt; f < end; f++) {
        if (!field_is_init(k, st, f, m)) {
            return false;
        }
    }
    return true;
}

/* Whether a tagged field is written. */
static bool tag_is_written(const struct walk *k, const struct msg_struct *st,
                           const struct msg_field *f, const uint8_t *m)
{
    return in_versions(f->in, k->version) && !field_is_init(k, st, f, m);
}

/* ---- size ----------------------------------------------------------------------------------- */

static size_t size_struct(const struct walk *k, const struct msg_struct *st, const uint8_t *m);

/* The prefix of a length or count; null counts as 0 in the compact form. */
static size_t size_prefix(bool compact, size_t rigid, size_t len, bool null)
{
    return !compact ? rigid : null ? 1 : uvarlong_size((uint64_t)len + 1);
}

static size_t size_item(const struct walk *k, const struct msg_field *f, const uint8_t *m)
{
    switch (type_of(f)) {
    case MSG_STRING:
    case MSG_BYTES: {
        struct slice s = slice_get(m);

        return size_prefix(is_compact(k, f), type_of(f) == MSG_STRING ? 2 : 4, s.len,
                           slice_is_null(s)) +
               s.len;
    }
    case MSG_RECORDS: {
        struct records rec = records_get(m);
        size_t len = records_len(&rec);
        bool null = rec.chain == NULL && slice_is_null(rec.mem);

        return size_prefix(is_compact(k, f), 4, len, null) + len;
    }
    case MSG_STRUCT:
        return size_struct(k, struct_of(k, f), m);
    case MSG_STRUCT_PTR: {
        const uint8_t *p = ptr_get(m);
        size_t prefix = is_nullable(k, f) ? 1 : 0;

        return prefix + (p == NULL ? 0 : size_struct(k, struct_of(k, f), p));
    }
    case MSG_BOOL:
    case MSG_INT8:
    case MSG_INT16:
    case MSG_UINT16:
    case MSG_INT32:
    case MSG_UINT32:
    case MSG_INT64:
    case MSG_FLOAT64:
    case MSG_UUID:
        break;
    }
    return type_sizes[type_of(f)].rigid;
}

static size_t size_field(const struct walk *k, const struct msg_field *f, const uint8_t *m)
{
    struct array arr;
    const uint8_t *item;
    size_t held;
    size_t size;

    if ((f->type & MSG_ARRAY) == 0) {
        return size_item(k, f, m + f->pos);
    }
    arr = array_get(m + f->pos);
    if (arr.cnt <= 0) {
        return is_compact(k, f) ? 1 : 4;
    }
    size = size_prefix(is_compact(k, f), 4, (size_t)arr.cnt, false);
    if (type_of(f) < MSG_STRING) {
        return size + (size_t)arr.cnt * type_sizes[type_of(f)].rigid;
    }
    held = item_held(k, f);
    item = arr.items;
    for (int32_t i = 0; i < arr.cnt; i++, item += held) {
        size += size_item(k, f, item);
    }
    return size;
}

static size_t size_struct(const struct walk *k, const struct msg_struct *st, const uint8_t *m)
{
    const struct msg_field *f = &k->schema->fields[st->field];
    const struct msg_field *end = f + st->body_cnt;
    size_t size = 0;
    uint32_t tag_cnt = 0;

    for (; f < end; f++) {
        if (in_versions(f->in, k->version)) {
            size += size_field(k, f, m);
        }
    }
    if (!k->flex) {
        return size;
    }
    for (end = f + st->tag_cnt; f < end; f++) {
        if (tag_is_written(k, st, f, m)) {
            size_t len = size_field(k, f, m);

            size += uvarint_size(f->tag) + uvarlong_size(len) + len;
            tag_cnt++;
        }
    }
    return size + uvarint_size(tag_cnt);
}

size_t msg_size(const struct msg_desc *d, const void *m, int16_t version)
{
    struct walk k = {d->schema, version, msg_is_flex(d, version)};

    return size_struct(&k, &d->schema->structs[d->root], m);
}

/* ---- encode --------------------------------------------------------------------------------- */

static void encode_struct(const struct walk *k, const struct msg_struct *st, const uint8_t *m,
                          struct wr *w);

static void encode_fail(struct wr *w, int err)
{
    if (w->err == 0) {
        w->err = err;
    }
}

static void encode_slice(const struct walk *k, const struct msg_field *f, const uint8_t *m,
                         struct wr *w)
{
    struct slice s = slice_get(m);
    bool is_string = type_of(f) == MSG_STRING;

    if (slice_is_null(s) && ((f->type & MSG_ARRAY) != 0 || !is_nullable(k, f))) {
        encode_fail(w, ERR_INVALID);
    } else if (is_string && s.len > INT16_MAX) {
        encode_fail(w, ERR_RANGE);
    } else if (is_compact(k, f)) {
        wr_compact(w, s);
    } else if (is_string) {
        wr_str16(w, s);
    } else {
        wr_bytes32(w, s);
    }
}

static void encode_records(const struct walk *k, const struct msg_field *f, const uint8_t *m,
                           struct wr *w)
{
    struct records rec = records_get(m);
    size_t len = records_len(&rec);
    bool null = rec.chain == NULL && slice_is_null(rec.mem);

    if (null && !is_nullable(k, f)) {
        encode_fail(w, ERR_INVALID);
        return;
    }
    if (len > INT32_MAX) {
        encode_fail(w, ERR_RANGE);
        return;
    }
    if (is_compact(k, f)) {
        wr_uvarint(w, null ? 0 : (uint32_t)len + 1);
    } else {
        wr_i32(w, null ? -1 : (int32_t)len);
    }
    if (rec.chain != NULL) {
        wr_chain(w, rec.chain);
    } else {
        wr_bytes(w, rec.mem);
    }
}

static void encode_struct_ptr(const struct walk *k, const struct msg_field *f, const uint8_t *m,
                              struct wr *w)
{
    const uint8_t *p = ptr_get(m);

    if (p == NULL && !is_nullable(k, f)) {
        encode_fail(w, ERR_INVALID);
        return;
    }
    if (is_nullable(k, f)) {
        wr_i8(w, p == NULL ? -1 : 1);
    }
    if (p != NULL) {
        encode_struct(k, struct_of(k, f), p, w);
    }
}

static void encode_item(const struct walk *k, const struct msg_field *f, const uint8_t *m,
                        struct wr *w)
{
    switch (type_of(f)) {
    case MSG_BOOL:
    case MSG_INT8:
        wr_u8(w, *m);
        break;
    case MSG_INT16:
    case MSG_UINT16: {
        uint16_t v;
        memcpy(&v, m, sizeof(v));
        wr_u16(w, v);
        break;
    }
    case MSG_INT32:
    case MSG_UINT32: {
        uint32_t v;
        memcpy(&v, m, sizeof(v));
        wr_u32(w, v);
        break;
    }
    case MSG_INT64:
    case MSG_FLOAT64: {
        uint64_t v;
        memcpy(&v, m, sizeof(v));
        wr_u64(w, v);
        break;
    }
    case MSG_UUID:
        wr_bytes(w, slice_of(m, sizeof(struct uuid)));
        break;
    case MSG_STRING:
    case MSG_BYTES:
        encode_slice(k, f, m, w);
        break;
    case MSG_RECORDS:
        encode_records(k, f, m, w);
        break;
    case MSG_STRUCT:
        encode_struct(k, struct_of(k, f), m, w);
        break;
    case MSG_STRUCT_PTR:
        encode_struct_ptr(k, f, m, w);
        break;
    }
}

static void encode_field(const struct walk *k, const struct msg_field *f, const uint8_t *m,
                         struct wr *w)
{
    struct array arr;
    const uint8_t *item;
    size_t held;

    if ((f->type & MSG_ARRAY) == 0) {
        encode_item(k, f, m + f->pos, w);
        return;
    }
    arr = array_get(m + f->pos);
    if (arr.cnt < 0 && !is_nullable(k, f)) {
        encode_fail(w, ERR_INVALID);
        return;
    }
    if (is_compact(k, f)) {
        wr_uvarint(w, arr.cnt < 0 ? 0 : (uint32_t)arr.cnt + 1);
    } else {
        wr_i32(w, arr.cnt < 0 ? -1 : arr.cnt);
    }
    held = item_held(k, f);
    item = arr.items;
    for (int32_t i = 0; i < arr.cnt && w->err == 0; i++, item += held) {
        encode_item(k, f, item, w);
    }
}

static void encode_tags(const struct walk *k, const struct msg_struct *st, const uint8_t *m,
                        struct wr *w)
{
    const struct msg_field *first = &k->schema->fields[st->field + st->body_cnt];
    const struct msg_field *end = first + st->tag_cnt;
    uint32_t cnt = 0;

    for (const struct msg_field *f = first; f < end; f++) {
        cnt += tag_is_written(k, st, f, m) ? 1 : 0;
    }
    wr_uvarint(w, cnt);
    for (const struct msg_field *f = first; f < end && cnt > 0; f++) {
        if (tag_is_written(k, st, f, m)) {
            size_t len = size_field(k, f, m);

            if (len > INT32_MAX) {
                encode_fail(w, ERR_RANGE);
                return;
            }
            wr_uvarint(w, f->tag);
            wr_uvarint(w, (uint32_t)len);
            encode_field(k, f, m, w);
        }
    }
}

static void encode_struct(const struct walk *k, const struct msg_struct *st, const uint8_t *m,
                          struct wr *w)
{
    const struct msg_field *f = &k->schema->fields[st->field];
    const struct msg_field *end = f + st->body_cnt;

    for (; f < end; f++) {
        if (in_versions(f->in, k->version)) {
            encode_field(k, f, m, w);
        }
    }
    if (k->flex) {
        encode_tags(k, st, m, w);
    }
}

int msg_encode(const struct msg_desc *d, const void *m, struct wr *w, int16_t version)
{
    struct walk k = {d->schema, version, msg_is_flex(d, version)};

    if (version < d->first || version > d->last) {
        encode_fail(w, ERR_VERSION);
        return w->err;
    }
    encode_struct(&k, &d->schema->structs[d->root], m, w);
    return w->err;
}

/* ---- dump ----------------------------------------------------------------------------------- */

static void dump_struct(const struct walk *k, const struct msg_struct *st, const uint8_t *m,
                        struct str *s);

static void dump_bytes(struct str *s, struct slice bytes, size_t len)
{
    size_t shown = bytes.len < DUMP_BYTES_MAX ? bytes.len : DUMP_BYTES_MAX;

    str_add_fmt(s, "<%zu bytes", len);
    for (size_t i = 0; i < shown; i++) {
        str_add_fmt(s, "%s%02x", i == 0 ? " " : "", bytes.ptr[i]);
    }
    str_add_cstr(s, shown < len ? "...>" : ">");
}

static void dump_number(const struct msg_field *f, const uint8_t *m, struct str *s)
{
    union {
        bool b;
        int8_t i8;
        int16_t i16;
        uint16_t u16;
        int32_t i32;
        uint32_t u32;
        int64_t i64;
        double f64;
        struct uuid uuid;
    } v;
    char text[UUID_TEXT_LEN + 1];
    enum msg_type type = type_of(f);

    memcpy(&v, m, type_sizes[type].held);
    if (type == MSG_BOOL) {
        str_add_cstr(s, v.b ? "true" : "false");
    } else if (type == MSG_FLOAT64) {
        str_add_fmt(s, "%g", v.f64);
    } else if (type == MSG_UUID) {
        uuid_format(v.uuid, text);
        str_add_cstr(s, text);
    } else {
        str_add_fmt(s, "%lld",
                    type == MSG_INT8     ? (long long)v.i8
                    : type == MSG_INT16  ? (long long)v.i16
                    : type == MSG_UINT16 ? (long long)v.u16
                    : type == MSG_INT32  ? (long long)v.i32
                    : type == MSG_UINT32 ? (long long)v.u32
                                         : (long long)v.i64);
    }
}

static void dump_item(const struct walk *k, const struct msg_field *f, const uint8_t *m,
                      struct str *s)
{
    switch (type_of(f)) {
    case MSG_STRING:
    case MSG_BYTES: {
        struct slice v = slice_get(m);

        if (slice_is_null(v)) {
            str_add_cstr(s, "null");
        } else if (type_of(f) == MSG_BYTES) {
            dump_bytes(s, v, v.len);
        } else {
            str_add_cstr(s, "\"");
            str_add_escaped(s, v, DUMP_TEXT_MAX);
            str_add_cstr(s, "\"");
        }
        break;
    }
    case MSG_RECORDS: {
        struct records rec = records_get(m);

        if (rec.chain == NULL && slice_is_null(rec.mem)) {
            str_add_cstr(s, "null");
        } else {
            dump_bytes(s, rec.chain == NULL ? rec.mem : SLICE_NULL, records_len(&rec));
        }
        break;
    }
    case MSG_STRUCT:
        dump_struct(k, struct_of(k, f), m, s);
        break;
    case MSG_STRUCT_PTR:
        if (ptr_get(m) == NULL) {
            str_add_cstr(s, "null");
        } else {
            dump_struct(k, struct_of(k, f), ptr_get(m), s);
        }
        break;
    case MSG_BOOL:
    case MSG_INT8:
    case MSG_INT16:
    case MSG_UINT16:
    case MSG_INT32:
    case MSG_UINT32:
    case MSG_INT64:
    case MSG_FLOAT64:
    case MSG_UUID:
        dump_number(f, m, s);
        break;
    }
}

static void dump_field(const struct walk *k, const struct msg_field *f, const uint8_t *m,
                       struct str *s)
{
    struct array arr;
    const uint8_t *item;

    str_add_fmt(s, "%s=", k->schema->names + f->name);
    if ((f->type & MSG_ARRAY) == 0) {
        dump_item(k, f, m + f->pos, s);
        return;
    }
    arr = array_get(m + f->pos);
    if (arr.cnt < 0) {
        str_add_cstr(s, "null");
        return;
    }
    item = arr.items;
    str_add_cstr(s, "[");
    for (int32_t i = 0; i < arr.cnt && s->err == 0; i++, item += item_held(k, f)) {
        str_add_cstr(s, i == 0 ? "" : ", ");
        dump_item(k, f, item, s);
    }
    str_add_cstr(s, "]");
}

static void dump_struct(const struct walk *k, const struct msg_struct *st, const uint8_t *m,
                        struct str *s)
{
    const struct msg_field *f = &k->schema->fields[st->field];
    const struct msg_field *tagged = f + st->body_cnt;
    const char *sep = "";

    str_add_cstr(s, "{");
    for (; f < tagged + st->tag_cnt && s->err == 0; f++) {
        if (f < tagged ? in_versions(f->in, k->version) : tag_is_written(k, st, f, m)) {
            str_add_cstr(s, sep);
            dump_field(k, f, m, s);
            sep = " ";
        }
    }
    str_add_cstr(s, "}");
}

void msg_dump(const struct msg_desc *d, const void *m, struct str *s, int16_t version)
{
    struct walk k = {d->schema, version, msg_is_flex(d, version)};

    dump_struct(&k, &d->schema->structs[d->root], m, s);
}

/* ---- random --------------------------------------------------------------------------------- */

static int random_struct(const struct walk *k, const struct msg_struct *st, uint8_t *ret,
                         struct prng *rng, struct arena *a);

/* Small numbers, extremes and anything. */
static uint64_t random_number(struct prng *rng)
{
    switch (prng_below(rng, 4)) {
    case 0:
        return prng_below(rng, 4) - 1;
    case 1:
        return (UINT64_C(1) << prng_below(rng, 64)) - prng_below(rng, 2);
    default:
        return prng_next(rng);
    }
}

static int random_slice(const struct msg_field *f, bool nullable, struct slice *ret,
                        struct prng *rng, struct arena *a)
{
    /* Lengths around the place where the compact form's prefix grows to two bytes, now and then. */
    size_t len =
        (size_t)(prng_below(rng, 16) == 0 ? 120 + prng_below(rng, 16) : prng_below(rng, 12));
    uint8_t *p;

    if (nullable && prng_below(rng, 4) == 0) {
        *ret = SLICE_NULL;
        return 0;
    }
    p = arena_alloc(a, len);
    if (p == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < len; i++) {
        p[i] = (uint8_t)(type_of(f) == MSG_STRING ? 'a' + prng_below(rng, 26) : prng_next(rng));
    }
    *ret = slice_of(p, len);
    return 0;
}

static int random_item(const struct walk *k, const struct msg_field *f, uint8_t *ret,
                       struct prng *rng, struct arena *a)
{
    bool nullable = (f->type & MSG_ARRAY) == 0 && is_nullable(k, f);
    uint8_t *p;
    int rc;

    switch (type_of(f)) {
    case MSG_BOOL: {
        bool v = prng_below(rng, 2) == 1;
        memcpy(ret, &v, sizeof(v));
        return 0;
    }
    case MSG_INT8:
    case MSG_INT16:
    case MSG_UINT16:
    case MSG_INT32:
    case MSG_UINT32:
    case MSG_INT64:
    case MSG_FLOAT64: {
        uint64_t v = random_number(rng);
        memcpy(ret, &v, type_sizes[type_of(f)].held);
        return 0;
    }
    case MSG_UUID:
        for (size_t i = 0; i < sizeof(struct uuid); i++) {
            ret[i] = (uint8_t)prng_next(rng);
        }
        return 0;
    case MSG_STRING:
    case MSG_BYTES:
    case MSG_RECORDS: {
        struct records rec = {{NULL, 0}, NULL};

        rc = random_slice(f, nullable, &rec.mem, rng, a);
        if (rc == 0 && type_of(f) == MSG_RECORDS) {
            memcpy(ret, &rec, sizeof(rec));
        } else if (rc == 0) {
            memcpy(ret, &rec.mem, sizeof(rec.mem));
        }
        return rc;
    }
    case MSG_STRUCT:
        return random_struct(k, struct_of(k, f), ret, rng, a);
    case MSG_STRUCT_PTR:
        if (nullable && prng_below(rng, 4) == 0) {
            ptr_set(ret, NULL);
            return 0;
        }
        p = arena_alloc(a, struct_of(k, f)->size);
        if (p == NULL) {
            return ERR_NOMEM;
        }
        ptr_set(ret, p);
        return random_struct(k, struct_of(k, f), p, rng, a);
    }
    return 0;
}

static int random_field(const struct walk *k, const struct msg_field *f, uint8_t *ret,
                        struct prng *rng, struct arena *a)
{
    struct array arr = {NULL, (int32_t)prng_below(rng, 4)};
    size_t held = item_held(k, f);
    uint8_t *item;
    int rc = 0;

    if ((f->type & MSG_ARRAY) == 0) {
        return random_item(k, f, ret + f->pos, rng, a);
    }
    if (is_nullable(k, f) && prng_below(rng, 4) == 0) {
        arr.cnt = -1;
    }
    if (arr.cnt > 0) {
        arr.items = arena_alloc(a, held * (size_t)arr.cnt);
        if (arr.items == NULL) {
            return ERR_NOMEM;
        }
    }
    item = arr.items;
    for (int32_t i = 0; i < arr.cnt && rc == 0; i++, item += held) {
        rc = random_item(k, f, item, rng, a);
    }
    array_set(ret + f->pos, arr);
    return rc;
}

static int random_struct(const struct walk *k, const struct msg_struct *st, uint8_t *ret,
                         struct prng *rng, struct arena *a)
{
    const struct msg_field *f = &k->schema->fields[st->field];
    const struct msg_field *tagged = f + st->body_cnt;
    int rc = 0;

    memcpy(ret, st->init, st->size);
    for (; f < tagged + st->tag_cnt && rc == 0; f++) {
        if (in_versions(f->in, k->version) && (f < tagged || prng_below(rng, 2) == 0)) {
            rc = random_field(k, f, ret, rng, a);
        }
    }
    return rc;
}

int msg_random(const struct msg_desc *d, void *ret, struct prng *rng, int16_t version,
               struct arena *a)
{
    struct walk k = {d->schema, version, msg_is_flex(d, version)};

    if (version < d->first || version > d->last) {
        return ERR_VERSION;
    }
    return random_struct(&k, &d->schema->structs[d->root], ret, rng, a);
}

void *msg_new_array(struct arena *a, const void *init, size_t size, int32_t cnt)
{
    uint8_t *items;

    if (cnt < 0 || (size_t)cnt > SIZE_MAX / size) {
        return NULL;
    }
    items = arena_alloc(a, size * (size_t)cnt);
    for (int32_t i = 0; items != NULL && i < cnt; i++) {
        memcpy(items + (size_t)i * size, init, size);
    }
    return items;
}
