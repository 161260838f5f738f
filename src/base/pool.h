/*
 * Memory for frames: buffers of three sizes that are used again while their pages are warm. A fresh
 * page costs more than the small request that lies in it. Larger ones come from the system and go
 * back to it at once.
 *
 * What waits to be used again has a limit in bytes; a buffer that comes back beyond it is freed.
 *
 * Threads: a pool belongs to one thread (each reactor has its own), which alone calls these
 * functions. Buffers may be shared as any `struct buf`, and the last reference may be dropped on any
 * thread, also after pool_free().
 */
#ifndef OTTLA_BASE_POOL_H
#define OTTLA_BASE_POOL_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct pool;

/* Each size is a round number of KiB for the records and this much for the words around them, so that
 * a client's batch of a full 16 KiB or 1 MiB does not need the next size. */
#define POOL_WORDS_BYTES ((size_t)4 * 1024)
#define POOL_SMALL_BYTES ((size_t)16 * 1024 + POOL_WORDS_BYTES)
#define POOL_MEDIUM_BYTES ((size_t)128 * 1024 + POOL_WORDS_BYTES)
#define POOL_LARGE_BYTES ((size_t)1024 * 1024 + POOL_WORDS_BYTES)

/* Keeps at most keep_bytes_max of buffers that nobody uses. */
int pool_new(size_t keep_bytes_max, struct pool **ret_pool) WARN_UNUSED;

/* Buffers that are still out stay valid and are freed when they come back. Accepts NULL. */
void pool_free(struct pool *p);

/* A buffer with a cap of at least min_bytes, not zeroed, `used` 0, one reference; NULL when memory is
 * out. */
struct buf *pool_get(struct pool *p, size_t min_bytes);

/* Frees what is kept: for a pool that was idle for a while. */
void pool_trim(struct pool *p);

/* Bytes in buffers that are out, and in those that are kept. */
size_t pool_out_bytes(const struct pool *p);
size_t pool_kept_bytes(const struct pool *p);

#endif
