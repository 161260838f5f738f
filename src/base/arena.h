/*
 * A bump allocator with a byte limit: everything a request decodes into, freed at once. Chunks grow
 * from 1 KiB; arena_reset() keeps the first one unless it is huge, so a steady stream of small
 * requests allocates nothing. Owned by one request (or one start-up) at a time; no locking.
 */
#ifndef OTTLA_BASE_ARENA_H
#define OTTLA_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *first;
    struct arena_chunk *last;
    uint8_t *cur;
    uint8_t *end;
    size_t used_bytes; /* of chunks taken from the system */
    size_t limit_bytes;
};

void arena_init(struct arena *a, size_t limit_bytes);
void arena_reset(struct arena *a);
void arena_release(struct arena *a);

/* len bytes, aligned for anything, not zeroed. NULL: out of memory or over the limit. len 0 gives a
 * valid pointer. */
void *arena_alloc(struct arena *a, size_t len);

/* cnt items of item_bytes each, zeroed; NULL on overflow too. */
void *arena_calloc(struct arena *a, size_t cnt, size_t item_bytes);

/* A copy that lives as long as the arena; SLICE_NULL when memory is out. */
struct slice arena_dup(struct arena *a, struct slice bytes);

/* The same with a NUL behind it. */
char *arena_cstr(struct arena *a, struct slice bytes);

#endif
