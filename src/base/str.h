/*
 * A growing text with a limit, always NUL-terminated: log lines, tables, JSON. The first failure
 * (memory or limit) sticks; the text then keeps what fitted. One owner.
 */
#ifndef OTTLA_BASE_STR_H
#define OTTLA_BASE_STR_H

#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"

struct str {
    char *ptr; /* never NULL after str_init(): points at "" while empty */
    size_t len;
    size_t cap;
    size_t limit_bytes;
    int err;
};

void str_init(struct str *s, size_t limit_bytes);
void str_release(struct str *s);
void str_clear(struct str *s);
void str_add(struct str *s, struct slice text);
void str_add_cstr(struct str *s, const char *text);
void str_add_fmt(struct str *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Text from outside: control characters, quotes and bytes beyond ASCII as \xNN, cut to max_len. */
void str_add_escaped(struct str *s, struct slice text, size_t max_len);

static inline struct slice str_view(const struct str *s)
{
    return slice_of(s->ptr, s->len);
}

#endif
