#include "base/arena.h"

#include <stdlib.h>

#include "base/chk.h"

#define ARENA_ALIGN 16u
#define ARENA_CHUNK_MIN_BYTES 1024u
#define ARENA_CHUNK_MAX_BYTES (256u * 1024)

struct arena_chunk {
    struct arena_chunk *next;
    size_t len; /* of data */
    _Alignas(ARENA_ALIGN) uint8_t data[];
};

void arena_init(struct arena *a, size_t limit_bytes)
{
    *a = (struct arena){.limit_bytes = limit_bytes};
}

static void chunks_free(struct arena_chunk *c)
{
    while (c != NULL) {
        struct arena_chunk *next = c->next;

        free(c);
        c = next;
    }
}

void arena_reset(struct arena *a)
{
    if (a->first == NULL) {
        return;
    }
    chunks_free(a->first->next);
    a->first->next = NULL;
    if (a->first->len > ARENA_CHUNK_MAX_BYTES) {
        /* One large request must not keep its memory for as long as the connection lives. */
        arena_release(a);
        return;
    }
    a->last = a->first;
    a->cur = a->first->data;
    a->end = a->first->data + a->first->len;
    a->used_bytes = a->first->len;
}

void arena_release(struct arena *a)
{
    chunks_free(a->first);
    arena_init(a, a->limit_bytes);
}

static int chunk_add(struct arena *a, size_t len)
{
    size_t grown = a->last == NULL ? ARENA_CHUNK_MIN_BYTES : a->last->len * 2;
    struct arena_chunk *c;
    size_t total;

    grown = MIN_OF(grown, ARENA_CHUNK_MAX_BYTES);
    /* Near the limit take what is asked for, no more. */
    if (a->used_bytes + grown > a->limit_bytes) {
        grown = 0;
    }
    len = MAX_OF(len, grown);
    if (len > a->limit_bytes || a->used_bytes > a->limit_bytes - len) {
        return ERR_LIMIT;
    }
    if (!chk_add(sizeof(*c), len, &total)) {
        return ERR_NOMEM;
    }
    c = malloc(total);
    if (c == NULL) {
        return ERR_NOMEM;
    }
    c->next = NULL;
    c->len = len;
    if (a->last == NULL) {
        a->first = c;
    } else {
        a->last->next = c;
    }
    a->last = c;
    a->cur = c->data;
    a->end = c->data + len;
    a->used_bytes += len;
    return 0;
}

void *arena_alloc(struct arena *a, size_t len)
{
    uint8_t *p;

    if (len > SIZE_MAX - ARENA_ALIGN) {
        return NULL;
    }
    len = (len + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    len = len == 0 ? ARENA_ALIGN : len;
    if ((size_t)(a->end - a->cur) < len && chunk_add(a, len) != 0) {
        return NULL;
    }
    p = a->cur;
    a->cur += len;
    return p;
}

void *arena_calloc(struct arena *a, size_t cnt, size_t item_bytes)
{
    size_t len;
    void *p;

    if (!chk_mul(cnt, item_bytes, &len)) {
        return NULL;
    }
    p = arena_alloc(a, len);
    if (p != NULL) {
        memset(p, 0, len);
    }
    return p;
}

struct slice arena_dup(struct arena *a, struct slice bytes)
{
    uint8_t *p = arena_alloc(a, bytes.len);

    if (p == NULL || bytes.ptr == NULL) {
        return SLICE_NULL;
    }
    memcpy(p, bytes.ptr, bytes.len);
    return slice_of(p, bytes.len);
}

char *arena_cstr(struct arena *a, struct slice bytes)
{
    char *p = bytes.len == SIZE_MAX ? NULL : arena_alloc(a, bytes.len + 1);

    if (p != NULL) {
        if (bytes.len > 0) {
            memcpy(p, bytes.ptr, bytes.len);
        }
        p[bytes.len] = '\0';
    }
    return p;
}
