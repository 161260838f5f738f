/*
 * A view of bytes: the only way bytes are passed around. Never NUL-terminated unless a name says
 * cstr. A NULL ptr is "null" in the sense of the protocol; an empty slice has a ptr that is not NULL.
 * Whoever hands a slice out says how long the bytes live.
 */
#ifndef OTTLA_BASE_SLICE_H
#define OTTLA_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *ptr;
    size_t len;
};

#define SLICE_NULL ((struct slice){NULL, 0})
#define SLICE_EMPTY ((struct slice){(const uint8_t *)"", 0})
#define SLICE_LIT(lit) ((struct slice){(const uint8_t *)(lit), sizeof(lit) - 1})
/* For printf's "%.*s". */
#define SLICE_FMT(s) (int)(s).len, (const char *)(s).ptr

static inline struct slice slice_of(const void *ptr, size_t len)
{
    return (struct slice){ptr, len};
}

/* The bytes of a C string, without its NUL. */
static inline struct slice slice_cstr(const char *cstr)
{
    return (struct slice){(const uint8_t *)cstr, strlen(cstr)};
}

static inline bool slice_is_null(struct slice s)
{
    return s.ptr == NULL;
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_eq_cstr(struct slice a, const char *cstr)
{
    return slice_eq(a, slice_cstr(cstr));
}

/* Order by bytes, a prefix before the longer one. */
static inline int slice_cmp(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int rc = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);

    return rc != 0 ? rc : (a.len > b.len) - (a.len < b.len);
}

static inline bool slice_starts_with(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* The part [from, from + len), cut to what is there. */
static inline struct slice slice_sub(struct slice s, size_t from, size_t len)
{
    if (from > s.len) {
        from = s.len;
    }
    if (len > s.len - from) {
        len = s.len - from;
    }
    return (struct slice){s.ptr == NULL ? NULL : s.ptr + from, len};
}

#endif
