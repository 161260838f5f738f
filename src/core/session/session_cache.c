#include "core/session/session_cache.h"

#include <limits.h>

#include "base/assert.h"

/*
 * A cached slot is in the map by its id, and
 *     in the idle list while no request has it, by time of last use;
 *     in the young list for its first SESSION_UNUSED_MS, by time of making; then in the heap by size.
 *
 *      add ──▶ taken ⇄ idle          young ──(at an add that finds it old enough)──▶ heap
 *                │       │
 *                ▼       ▼
 *             removed: in no list any more; a taken one lives on until it is put back
 *
 * Slots change from young to old when someone looks for a victim, not by a timer: time is looked at
 * only where it decides something.
 */

#define PRIVILEGED_KEY ((int64_t)1 << 40)

static int64_t size_key(const struct session_slot *s)
{
    return (s->is_privileged ? PRIVILEGED_KEY : 0) + (int64_t)s->part_cnt;
}

enum session_mode session_mode(int32_t epoch)
{
    return epoch == SESSION_EPOCH_FINAL   ? SESSION_WITHOUT
           : epoch == SESSION_EPOCH_FIRST ? SESSION_MAKE
                                          : SESSION_CONTINUE;
}

int32_t session_epoch_next(int32_t epoch)
{
    return epoch == INT32_MAX ? 1 : epoch + 1;
}

void session_cache_init(struct session_cache *c, uint64_t seed, size_t slots_max, size_t bytes_max)
{
    *c = (struct session_cache){.slots_max = slots_max, .bytes_max = bytes_max};
    c->session_bytes_max = bytes_max / 2;
    prng_init(&c->rng, seed);
    map_init(&c->by_id, prng_next(&c->rng), slots_max);
    heap_init(&c->old_by_size);
}

void session_cache_release(struct session_cache *c)
{
    ASSERT(c->by_id.cnt == 0);
    map_release(&c->by_id);
    heap_release(&c->old_by_size);
}

/* --- the lists ------------------------------------------------------------------------------------ */

static void idle_append(struct session_cache *c, struct session_slot *s)
{
    s->idle_prev = c->idle_tail;
    s->idle_next = NULL;
    if (c->idle_tail != NULL) {
        c->idle_tail->idle_next = s;
    } else {
        c->idle_head = s;
    }
    c->idle_tail = s;
}

static void idle_remove(struct session_cache *c, struct session_slot *s)
{
    if (s->idle_prev != NULL) {
        s->idle_prev->idle_next = s->idle_next;
    } else {
        c->idle_head = s->idle_next;
    }
    if (s->idle_next != NULL) {
        s->idle_next->idle_prev = s->idle_prev;
    } else {
        c->idle_tail = s->idle_prev;
    }
    s->idle_prev = NULL;
    s->idle_next = NULL;
}

static void young_append(struct session_cache *c, struct session_slot *s)
{
    s->young_prev = c->young_tail;
    s->young_next = NULL;
    if (c->young_tail != NULL) {
        c->young_tail->young_next = s;
    } else {
        c->young_head = s;
    }
    c->young_tail = s;
}

static bool young_has(const struct session_cache *c, const struct session_slot *s)
{
    return s->young_prev != NULL || c->young_head == s;
}

static void young_remove(struct session_cache *c, struct session_slot *s)
{
    if (!young_has(c, s)) {
        return;
    }
    if (s->young_prev != NULL) {
        s->young_prev->young_next = s->young_next;
    } else {
        c->young_head = s->young_next;
    }
    if (s->young_next != NULL) {
        s->young_next->young_prev = s->young_prev;
    } else {
        c->young_tail = s->young_prev;
    }
    s->young_prev = NULL;
    s->young_next = NULL;
}

/* Those that have had their place long enough may be measured by their size from now on. */
static void young_mature(struct session_cache *c, int64_t now_ms)
{
    struct session_slot *s;

    while ((s = c->young_head) != NULL && now_ms - s->made_ms >= SESSION_UNUSED_MS) {
        if (heap_add(&c->old_by_size, &s->by_size, size_key(s)) != 0) {
            return; /* no memory: they stay young, and are safe from newcomers */
        }
        young_remove(c, s);
    }
}

/* --- who has to go --------------------------------------------------------------------------------- */

void session_cache_remove(struct session_cache *c, struct session_slot *s)
{
    if (!s->is_cached) {
        return;
    }
    (void)map_remove_u64(&c->by_id, (uint64_t)s->id);
    young_remove(c, s);
    heap_remove(&c->old_by_size, &s->by_size);
    if (!s->is_taken) {
        idle_remove(c, s);
    }
    ASSERT(c->bytes >= s->bytes);
    c->bytes -= s->bytes;
    s->is_cached = false;
}

static void evict(struct session_cache *c, struct session_slot *s, struct session_slot **evicted)
{
    session_cache_remove(c, s);
    if (!s->is_taken) {
        s->idle_next = *evicted;
        *evicted = s;
    }
}

static struct session_slot *unused(const struct session_cache *c, int64_t now_ms)
{
    struct session_slot *s = c->idle_head;

    return s != NULL && now_ms - s->used_ms >= SESSION_UNUSED_MS ? s : NULL;
}

static struct session_slot *smaller(const struct session_cache *c, const struct session_slot *than)
{
    struct heap_node *n = heap_peek(&c->old_by_size);

    return n != NULL && n->key < size_key(than) ? CONTAINER_OF(n, struct session_slot, by_size)
                                                : NULL;
}

/* Makes room for `s`. */
static bool room_make(struct session_cache *c, const struct session_slot *s, int64_t now_ms,
                      struct session_slot **evicted)
{
    struct session_slot *victim;

    if (s->bytes > c->session_bytes_max || c->slots_max == 0) {
        return false;
    }
    while (c->bytes_max - c->bytes < s->bytes) {
        victim = unused(c, now_ms);
        if (victim == NULL) {
            return false;
        }
        evict(c, victim, evicted);
    }
    if (c->by_id.cnt < c->slots_max) {
        return true;
    }
    victim = unused(c, now_ms);
    if (victim == NULL) {
        young_mature(c, now_ms);
        victim = smaller(c, s);
    }
    if (victim == NULL) {
        return false;
    }
    evict(c, victim, evicted);
    return true;
}

/* --- coming and going ------------------------------------------------------------------------------ */

bool session_cache_add(struct session_cache *c, struct session_slot *s, int64_t now_ms,
                       struct session_slot **ret_evicted)
{
    int rc;

    ASSERT(!s->is_cached && !s->is_taken);
    *ret_evicted = NULL;
    if (!room_make(c, s, now_ms, ret_evicted)) {
        return false;
    }
    do {
        s->id = (int32_t)(prng_next(&c->rng) & INT32_MAX);
        rc = s->id == SESSION_ID_NONE ? ERR_EXISTS : map_add_u64(&c->by_id, (uint64_t)s->id, s);
    } while (rc == ERR_EXISTS);
    if (rc != 0) {
        return false;
    }
    s->epoch = 1;
    s->is_cached = true;
    s->is_taken = true;
    s->made_ms = now_ms;
    s->used_ms = now_ms;
    heap_node_init(&s->by_size);
    young_append(c, s);
    c->bytes += s->bytes;
    return true;
}

struct session_slot *session_cache_find(const struct session_cache *c, int32_t id)
{
    return id > 0 ? map_get_u64(&c->by_id, (uint64_t)id) : NULL;
}

enum kerr session_cache_take(struct session_cache *c, int32_t id, int32_t epoch,
                             bool uses_topic_ids, struct session_slot **ret_slot)
{
    struct session_slot *s = session_cache_find(c, id);

    if (s == NULL) {
        return KERR_FETCH_SESSION_ID_NOT_FOUND;
    }
    if (s->is_taken || s->epoch != epoch) {
        return KERR_INVALID_FETCH_SESSION_EPOCH;
    }
    if (s->uses_topic_ids != uses_topic_ids) {
        return KERR_FETCH_SESSION_TOPIC_ID_ERROR;
    }
    idle_remove(c, s);
    s->is_taken = true;
    s->epoch = session_epoch_next(s->epoch);
    *ret_slot = s;
    return KERR_NONE;
}

bool session_cache_put(struct session_cache *c, struct session_slot *s, int64_t now_ms)
{
    ASSERT(s->is_taken);
    s->is_taken = false;
    if (!s->is_cached) {
        return false;
    }
    s->used_ms = now_ms;
    idle_append(c, s);
    return true;
}

bool session_cache_resize(struct session_cache *c, struct session_slot *s, uint32_t part_cnt,
                          size_t bytes)
{
    size_t others = c->bytes - (s->is_cached ? s->bytes : 0);

    ASSERT(s->is_taken);
    if (!s->is_cached) {
        return false;
    }
    if (bytes > c->session_bytes_max || bytes > c->bytes_max - others) {
        session_cache_remove(c, s);
        return false;
    }
    c->bytes = others + bytes;
    s->bytes = bytes;
    s->part_cnt = part_cnt;
    if (heap_node_is_in(&s->by_size)) {
        heap_remove(&c->old_by_size, &s->by_size);
        if (heap_add(&c->old_by_size, &s->by_size, size_key(s)) != 0) {
            s->young_prev = NULL; /* cannot be: the heap has just had room for it */
            young_append(c, s);
        }
    }
    return true;
}

bool session_cache_check(const struct session_cache *c)
{
    size_t idle_cnt = 0;
    size_t taken_cnt = 0;
    size_t young_cnt = 0;
    size_t bytes = 0;
    int64_t used_ms = INT64_MIN;

    for (struct map_entry *it = map_first(&c->by_id); it != NULL; it = map_next(it)) {
        const struct session_slot *s = map_value(it);

        if (!s->is_cached || s->id <= 0 || s->epoch < 1 ||
            young_has(c, s) == heap_node_is_in(&s->by_size)) {
            return false;
        }
        taken_cnt += s->is_taken ? 1 : 0;
        young_cnt += young_has(c, s) ? 1 : 0;
        bytes += s->bytes;
    }
    for (const struct session_slot *s = c->idle_head; s != NULL; s = s->idle_next) {
        if (s->is_taken || s->used_ms < used_ms) {
            return false;
        }
        used_ms = s->used_ms;
        idle_cnt++;
    }
    return idle_cnt + taken_cnt == c->by_id.cnt && young_cnt + c->old_by_size.cnt == c->by_id.cnt &&
           bytes == c->bytes && bytes <= c->bytes_max && c->by_id.cnt <= c->slots_max;
}
