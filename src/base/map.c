#include "base/map.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/bytes.h"

/* uthash must not end the process when memory is out, and frees nothing behind our back. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((entry)->failed = 1)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <uthash.h>

struct map_entry {
    UT_hash_handle hh;
    void *value;
    int failed;
    size_t key_len;
    uint8_t key[];
};

__extension__ typedef unsigned __int128 u128;

static uint64_t mix(uint64_t a, uint64_t b)
{
    u128 product = (u128)(a ^ 0x9e3779b97f4a7c15u) * (b | 1);

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash_bytes(uint64_t seed, struct slice bytes)
{
    uint64_t h = mix(seed, bytes.len + 1);
    size_t at = 0;
    uint64_t tail = 0;

    for (; bytes.len - at >= 8; at += 8) {
        uint64_t word;

        memcpy(&word, bytes.ptr + at, sizeof(word));
        h = mix(h ^ word, 0xd6e8feb86659fd93u);
    }
    if (at < bytes.len) {
        memcpy(&tail, bytes.ptr + at, bytes.len - at);
        h = mix(h ^ tail, 0xa0761d6478bd642fu);
    }
    h ^= h >> 32;
    return mix(h, seed ^ 0xe7037ed1a0b428dbu);
}

static unsigned hash_of(const struct map *m, struct slice key)
{
    return (unsigned)hash_bytes(m->seed, key);
}

void map_init(struct map *m, uint64_t seed, size_t max_cnt)
{
    *m = (struct map){.seed = seed, .max = max_cnt};
}

void map_release(struct map *m)
{
    struct map_entry *it = m->head;

    /* Freeing by hand: one pass instead of one table update per entry. */
    if (it != NULL) {
        free(it->hh.tbl->buckets);
        free(it->hh.tbl);
    }
    while (it != NULL) {
        struct map_entry *next = it->hh.next;

        free(it);
        it = next;
    }
    m->head = NULL;
    m->cnt = 0;
}

static struct map_entry *find(const struct map *m, struct slice key)
{
    struct map_entry *found = NULL;
    unsigned hash;

    if (m->head == NULL) {
        return NULL;
    }
    key = slice_is_null(key) ? SLICE_EMPTY : key; /* memcmp() must not meet a null pointer */
    hash = hash_of(m, key);
    HASH_FIND_BYHASHVALUE(hh, m->head, key.ptr, key.len, hash, found);
    return found;
}

void *map_get(const struct map *m, struct slice key)
{
    struct map_entry *e = find(m, key);

    return e == NULL ? NULL : e->value;
}

int map_add(struct map *m, struct slice key, void *value)
{
    struct map_entry *e;
    unsigned hash;

    ASSERT(value != NULL);
    if (find(m, key) != NULL) {
        return ERR_EXISTS;
    }
    if (m->cnt >= m->max) {
        return ERR_LIMIT;
    }
    e = malloc(sizeof(*e) + key.len);
    if (e == NULL) {
        return ERR_NOMEM;
    }
    memset(&e->hh, 0, sizeof(e->hh));
    e->value = value;
    e->failed = 0;
    e->key_len = key.len;
    if (key.len > 0) {
        memcpy(e->key, key.ptr, key.len);
    }
    hash = hash_of(m, key);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, m->head, e->key, key.len, hash, e);
    if (e->failed) {
        free(e);
        return ERR_NOMEM;
    }
    m->cnt++;
    return 0;
}

void *map_remove(struct map *m, struct slice key)
{
    struct map_entry *e = find(m, key);
    void *value;

    if (e == NULL) {
        return NULL;
    }
    value = e->value;
    HASH_DEL(m->head, e);
    free(e);
    m->cnt--;
    return value;
}

#pragma GCC diagnostic pop

static struct slice u64_key(const uint64_t *key)
{
    return slice_of(key, sizeof(*key));
}

void *map_get_u64(const struct map *m, uint64_t key)
{
    return map_get(m, u64_key(&key));
}

int map_add_u64(struct map *m, uint64_t key, void *value)
{
    return map_add(m, u64_key(&key), value);
}

void *map_remove_u64(struct map *m, uint64_t key)
{
    return map_remove(m, u64_key(&key));
}

struct map_entry *map_first(const struct map *m)
{
    return m->head;
}

struct map_entry *map_next(const struct map_entry *it)
{
    return it->hh.next;
}

void *map_value(const struct map_entry *it)
{
    return it->value;
}

struct slice map_key(const struct map_entry *it)
{
    return slice_of(it->key, it->key_len);
}
