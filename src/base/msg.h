/*
 * Protocol messages from tables. A message is a C struct and a constant description of it: for each
 * field its type, its place in the struct and the versions that have it. The functions here walk the
 * description to decode, encode, measure, print and make up messages of any version; the generated
 * headers (src/gen) wrap them into typed functions, which is what callers use.
 *
 * In the structs: a string or bytes field is a slice, ptr NULL for null; an array is a pointer and a
 * count behind it, -1 for null; a struct that may be null is a pointer. What a version does not have
 * takes the schema's default on decode and is left out on encode.
 *
 * No owner and no thread: the tables are constant, all state is the caller's.
 */
#ifndef OTTLA_BASE_MSG_H
#define OTTLA_BASE_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/chain.h"
#include "base/err.h"
#include "base/prng.h"
#include "base/rd.h"
#include "base/str.h"
#include "base/uuid.h"
#include "base/wr.h"

enum msg_type {
    MSG_BOOL,
    MSG_INT8,
    MSG_INT16,
    MSG_UINT16,
    MSG_INT32,
    MSG_UINT32,
    MSG_INT64,
    MSG_FLOAT64,
    MSG_UUID,
    MSG_STRING,
    MSG_BYTES,
    MSG_RECORDS,
    MSG_STRUCT,     /* held by value */
    MSG_STRUCT_PTR, /* held by pointer: it may be null */
};

#define MSG_ARRAY 0x20u /* added to a type: pointer and int32_t count */
#define MSG_RIGID 0x40u /* added to a type: never in the compact form */
#define MSG_TYPE_MASK 0x1fu
#define MSG_NO_TAG UINT8_MAX

/* Versions first..last; an open range ends at INT8_MAX, an empty one is {1, 0}. */
struct msg_versions {
    int8_t first;
    int8_t last;
};

struct msg_field {
    uint16_t name;   /* where it begins in the schema's names */
    uint16_t strukt; /* index of the description of a struct type */
    uint16_t pos;    /* bytes from the beginning of the C struct */
    uint8_t type;    /* enum msg_type with its flags */
    uint8_t tag;     /* for fields in the tagged section */
    struct msg_versions in;
    struct msg_versions nullable;
};

/* Fields [field, field + body_cnt) are written in their order, the tag_cnt behind them go into the
 * tagged section, in the order of their tags. */
struct msg_struct {
    const void *init; /* an instance with every field at its default */
    uint16_t size;    /* bytes of the C struct */
    uint16_t field;
    uint8_t body_cnt;
    uint8_t tag_cnt;
    uint16_t min_rigid; /* the fewest bytes on the wire, over all rigid versions */
    uint16_t min_flex;  /* ... over all flexible versions */
};

struct msg_schema {
    const struct msg_struct *structs;
    const struct msg_field *fields;
    const char *names;
};

struct msg_desc {
    const char *name;
    const struct msg_schema *schema;
    uint16_t root; /* index of the struct */
    int8_t first;  /* versions */
    int8_t last;
    int8_t first_flex; /* INT8_MAX: no version is flexible */
};

static inline bool msg_is_flex(const struct msg_desc *d, int16_t version)
{
    return version >= d->first_flex;
}

/* Reads one message of this version into *ret. Slices point into the reader's bytes, arrays and
 * structs lie in `a`. Nothing is allocated for a count that could not fit into the bytes left, and
 * `a` bounds the rest. Unknown tagged fields are skipped. What follows the message stays unread.
 * ERR_VERSION; ERR_TRUNCATED, ERR_INVALID, ERR_LIMIT for bad bytes (the reader has the same error);
 * ERR_NOMEM when `a` is exhausted. After a failure *ret is not to be used. */
int msg_decode(const struct msg_desc *d, void *ret, struct rd *r, int16_t version,
               struct arena *a) WARN_UNUSED;

/* How many bytes msg_encode() will write, if it succeeds. */
size_t msg_size(const struct msg_desc *d, const void *m, int16_t version);

/* Writes a message; chains of record sets are moved into the writer's chain. The writer's sticky
 * error is also the result: ERR_VERSION; ERR_INVALID for a null that the version does not allow;
 * ERR_RANGE for a string or an array that is too long; ERR_NOMEM. */
int msg_encode(const struct msg_desc *d, const void *m, struct wr *w, int16_t version) WARN_UNUSED;

/* Appends one readable line without an end of line: {acks=-1 topic_data=[{name="a" …}]}. Text is
 * escaped, long text and bytes are cut. */
void msg_dump(const struct msg_desc *d, const void *m, struct str *s, int16_t version);

/* Makes up a valid message of this version, for round trips. ERR_VERSION, ERR_NOMEM. */
int msg_random(const struct msg_desc *d, void *ret, struct prng *rng, int16_t version,
               struct arena *a) WARN_UNUSED;

/* cnt structs of `size` bytes, each a copy of *init; NULL when out of memory or cnt < 0. */
void *msg_new_array(struct arena *a, const void *init, size_t size, int32_t cnt);

/*
 * The typed faces of the functions above; the generated headers use these for each struct.
 *
 * For every struct S, part of a message or a whole one:
 *     void S_init(struct S *m)                            every field at its default
 *     struct S *S_new(struct arena *a, int32_t cnt)       so many of them; NULL: out of memory
 */
#define MSG_DECLARE_PART(S) \
    extern const struct S S##_default; \
    static inline void S##_init(struct S *m) \
    { \
        *m = S##_default; \
    } \
    static inline struct S *S##_new(struct arena *a, int32_t cnt) \
    { \
        return msg_new_array(a, &S##_default, sizeof(struct S), cnt); \
    }

/* For every message M also what msg_x() does: M_decode, M_size, M_encode, M_dump, M_random. */
#define MSG_DECLARE(M) \
    MSG_DECLARE_PART(M) \
    extern const struct msg_desc M##_desc; \
    WARN_UNUSED static inline int M##_decode(struct M *ret, struct rd *r, int16_t version, \
                                             struct arena *a) \
    { \
        return msg_decode(&M##_desc, ret, r, version, a); \
    } \
    static inline size_t M##_size(const struct M *m, int16_t version) \
    { \
        return msg_size(&M##_desc, m, version); \
    } \
    WARN_UNUSED static inline int M##_encode(const struct M *m, struct wr *w, int16_t version) \
    { \
        return msg_encode(&M##_desc, m, w, version); \
    } \
    static inline void M##_dump(const struct M *m, struct str *s, int16_t version) \
    { \
        msg_dump(&M##_desc, m, s, version); \
    } \
    WARN_UNUSED static inline int M##_random(struct M *ret, struct prng *rng, int16_t version, \
                                             struct arena *a) \
    { \
        return msg_random(&M##_desc, ret, rng, version, a); \
    }

#endif
