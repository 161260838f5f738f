#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static char empty[1]; /* never written: every write grows first */

void str_init(struct str *s, size_t limit_bytes)
{
    *s = (struct str){.ptr = empty, .limit_bytes = limit_bytes};
}

void str_release(struct str *s)
{
    if (s->cap > 0) {
        free(s->ptr);
    }
    str_init(s, s->limit_bytes);
}

void str_clear(struct str *s)
{
    s->len = 0;
    s->err = 0;
    if (s->cap > 0) {
        s->ptr[0] = '\0';
    }
}

/* Room for len bytes and the NUL. */
static int str_grow(struct str *s, size_t len)
{
    size_t cap = s->cap == 0 ? 64 : s->cap;
    char *grown;

    if (s->err != 0) {
        return s->err;
    }
    if (len > s->limit_bytes || s->len > s->limit_bytes - len) {
        s->err = ERR_LIMIT;
        return s->err;
    }
    if (s->len + len < s->cap) {
        return 0;
    }
    while (cap <= s->len + len) {
        cap *= 2;
    }
    grown = realloc(s->cap == 0 ? NULL : s->ptr, cap);
    if (grown == NULL) {
        s->err = ERR_NOMEM;
        return s->err;
    }
    s->ptr = grown;
    s->cap = cap;
    s->ptr[s->len] = '\0';
    return 0;
}

void str_add(struct str *s, struct slice text)
{
    if (text.len == 0 || str_grow(s, text.len) != 0) {
        return;
    }
    memcpy(s->ptr + s->len, text.ptr, text.len);
    s->len += text.len;
    s->ptr[s->len] = '\0';
}

void str_add_cstr(struct str *s, const char *text)
{
    str_add(s, slice_cstr(text));
}

void str_add_fmt(struct str *s, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0 || str_grow(s, (size_t)len) != 0) {
        return;
    }
    if (len == 0) {
        return;
    }
    va_start(args, fmt);
    (void)vsnprintf(s->ptr + s->len, s->cap - s->len, fmt, args);
    va_end(args);
    s->len += (size_t)len;
}

void str_add_escaped(struct str *s, struct slice text, size_t max_len)
{
    size_t len = text.len < max_len ? text.len : max_len;

    for (size_t i = 0; i < len; i++) {
        uint8_t c = text.ptr[i];

        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') {
            str_add_fmt(s, "\\x%02x", c);
        } else {
            str_add(s, slice_of(&text.ptr[i], 1));
        }
    }
    if (len < text.len) {
        str_add_cstr(s, "...");
    }
}
