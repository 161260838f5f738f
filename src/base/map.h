/*
 * A map from bytes to a pointer, with a limit and a seeded hash, so that names chosen by clients
 * cannot be made to collide. Keys are copied; values belong to the caller. Iteration is in order of
 * insertion, hence the same in every run. One owner; no locking.
 */
#ifndef OTTLA_BASE_MAP_H
#define OTTLA_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

struct map_entry; /* opaque */

struct map {
    struct map_entry *head;
    uint64_t seed;
    size_t cnt;
    size_t max;
};

void map_init(struct map *m, uint64_t seed, size_t max_cnt);

/* Forgets all entries; the values are the caller's to free first (iterate). */
void map_release(struct map *m);

/* NULL when absent. */
void *map_get(const struct map *m, struct slice key);
void *map_get_u64(const struct map *m, uint64_t key);

/* ERR_EXISTS when the key is there, ERR_LIMIT at max_cnt, ERR_NOMEM. value must not be NULL. */
int map_add(struct map *m, struct slice key, void *value) WARN_UNUSED;
int map_add_u64(struct map *m, uint64_t key, void *value) WARN_UNUSED;

/* The value that was there, or NULL. */
void *map_remove(struct map *m, struct slice key);
void *map_remove_u64(struct map *m, uint64_t key);

/* for (it = map_first(m); it != NULL; it = map_next(it)): the entry at hand may be removed only after
 * map_next() has been called on it. */
struct map_entry *map_first(const struct map *m);
struct map_entry *map_next(const struct map_entry *it);
void *map_value(const struct map_entry *it);
struct slice map_key(const struct map_entry *it);

/* A seeded 64-bit hash, for tables of one's own. */
uint64_t hash_bytes(uint64_t seed, struct slice bytes);

#endif
