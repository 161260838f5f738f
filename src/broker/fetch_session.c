#include "broker/fetch_session.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "model/limits.h"

/*
 * Locks, in the order they are taken:
 *     the cache's     ids, slots, who has which session
 *     a partition's watchers'  (broker_stripe())
 *     a queue's       the entries that moved; a few, shared by all queues
 * An actor that tells of a move holds the second and takes the third; nothing is called out to but
 * reactor_post().
 *
 * A deleted partition must not live as long as a session that nobody uses any more holds it. Its watcher
 * marks the session and posts the sweep, which lets go of it if no request has the session; otherwise
 * the request does, when it reads or at the latest when it puts the session back.
 */

#define QUEUE_LOCKS 16

struct fetch_sessions {
    struct os *os;
    struct reactor *home;
    struct os_lock *lock;
    struct os_lock *queue_locks[QUEUE_LOCKS];
    struct session_cache cache; /* under the lock */
    struct session_ops ops;
    struct reactor_task sweep;
    struct flag is_sweeping; /* the task is under way */
};

static struct fetch_session *session_of(struct session_slot *slot)
{
    return CONTAINER_OF(slot, struct fetch_session, slot);
}

/* --- memory ------------------------------------------------------------------------------------------ */

static struct session_part *ops_part_new(void *ctx)
{
    struct fetch_entry *e = malloc(sizeof(*e));

    (void)ctx;
    if (e == NULL) {
        return NULL;
    }
    e->queue = NULL; /* entered by who asked for it */
    return &e->part;
}

static void ops_part_free(void *ctx, struct session_part *p)
{
    struct fetch_entry *e = fetch_entry_of(p);

    (void)ctx;
    if (e->queue != NULL) {
        fetch_entry_release(e);
    }
    free(e);
}

static void *ops_alloc(void *ctx, size_t len)
{
    (void)ctx;
    return malloc(len);
}

static void ops_free(void *ctx, void *ptr)
{
    (void)ctx;
    free(ptr);
}

static void session_free(struct fetch_session *s)
{
    session_release(&s->parts);
    free(s);
}

/* --- deleted partitions -------------------------------------------------------------------------------- */

static void entry_drop(void *ctx, struct session_part *p)
{
    struct fetch_session *s = ctx;

    /* What it has to tell now is an error. */
    if (fetch_entry_drop_removed(fetch_entry_of(p)) && p->list == NULL) {
        session_list_append(&s->parts.ready, p);
    }
}

/* The caller has the session, or it is idle and the cache's lock is held. */
static void session_drop_gone(struct fetch_session *s)
{
    bool has_gone;

    os_lock_take(s->queue.lock);
    has_gone = s->has_gone;
    s->has_gone = false;
    os_lock_drop(s->queue.lock);
    if (has_gone) {
        session_each(&s->parts, entry_drop, s);
    }
}

static void sweep_run(struct reactor_task *task)
{
    struct fetch_sessions *f = CONTAINER_OF(task, struct fetch_sessions, sweep);

    flag_set(&f->is_sweeping, false);
    os_lock_take(f->lock);
    for (struct session_slot *slot = f->cache.idle_head; slot != NULL; slot = slot->idle_next) {
        session_drop_gone(session_of(slot));
    }
    os_lock_drop(f->lock);
}

/* Under a partition's and the queue's lock. */
static void queue_gone(struct fetch_queue *q)
{
    struct fetch_session *s = CONTAINER_OF(q, struct fetch_session, queue);

    s->has_gone = true;
    if (flag_raise(&s->all->is_sweeping)) {
        reactor_post(s->all->home, &s->all->sweep);
    }
}

/* --- all sessions ---------------------------------------------------------------------------------------- */

int fetch_sessions_new(struct os *os, struct reactor *home, size_t slots_max,
                       struct fetch_sessions **ret)
{
    struct fetch_sessions *f = calloc(1, sizeof(*f));
    int rc;

    if (f == NULL) {
        return ERR_NOMEM;
    }
    f->os = os;
    f->home = home;
    f->ops = (struct session_ops){.part_new = ops_part_new,
                                  .part_free = ops_part_free,
                                  .alloc = ops_alloc,
                                  .free = ops_free,
                                  .ctx = f,
                                  .part_bytes = sizeof(struct fetch_entry)};
    f->sweep.run = sweep_run;
    flag_init(&f->is_sweeping, false);
    session_cache_init(&f->cache, os_random_u64(os), slots_max, FETCH_SESSIONS_BYTES_MAX);
    rc = os_lock_new(&f->lock);
    for (size_t i = 0; i < QUEUE_LOCKS && rc == 0; i++) {
        rc = os_lock_new(&f->queue_locks[i]);
    }
    if (rc != 0) {
        fetch_sessions_free(f);
        return rc;
    }
    *ret = f;
    return 0;
}

void fetch_sessions_clear(struct fetch_sessions *f)
{
    struct session_slot *slot;

    while ((slot = f->cache.idle_head) != NULL) {
        session_cache_remove(&f->cache, slot);
        session_free(session_of(slot));
    }
}

void fetch_sessions_free(struct fetch_sessions *f)
{
    if (f == NULL) {
        return;
    }
    fetch_sessions_clear(f);
    session_cache_release(&f->cache);
    for (size_t i = 0; i < QUEUE_LOCKS; i++) {
        os_lock_free(f->queue_locks[i]);
    }
    os_lock_free(f->lock);
    free(f);
}

size_t fetch_sessions_cnt(struct fetch_sessions *f)
{
    size_t cnt;

    os_lock_take(f->lock);
    cnt = f->cache.by_id.cnt;
    os_lock_drop(f->lock);
    return cnt;
}

struct os_lock *fetch_sessions_lock(struct fetch_sessions *f, const void *queue)
{
    return f->queue_locks[((uintptr_t)queue >> 6) % QUEUE_LOCKS];
}

/* --- one session ------------------------------------------------------------------------------------------- */

static struct fetch_session *session_new(struct fetch_sessions *f,
                                         const struct fetch_session_spec *spec)
{
    struct fetch_session *s = calloc(1, sizeof(*s) + spec->principal.len);

    if (s == NULL) {
        return NULL;
    }
    if (spec->principal.len > 0) {
        memcpy(s + 1, spec->principal.ptr, spec->principal.len);
    }
    s->principal = slice_of(s + 1, spec->principal.len);
    s->all = f;
    s->slot.part_cnt = spec->part_cnt;
    s->slot.bytes = sizeof(*s) + spec->principal.len +
                    session_bytes_of(&f->ops, spec->part_cnt, spec->topic_cnt, spec->name_bytes);
    s->slot.uses_topic_ids = spec->uses_topic_ids;
    s->slot.is_privileged = spec->is_privileged;
    session_init(&s->parts, &f->ops, os_random_u64(f->os), spec->uses_topic_ids);
    fetch_queue_init(&s->queue, &s->parts.ready, fetch_sessions_lock(f, s));
    s->queue.is_watched = true;
    s->queue.gone = queue_gone;
    return s;
}

struct fetch_session *fetch_session_make(struct fetch_sessions *f,
                                         const struct fetch_session_spec *spec)
{
    struct fetch_session *s = session_new(f, spec);
    struct session_slot *evicted = NULL;
    bool has_room;

    if (s == NULL) {
        return NULL;
    }
    os_lock_take(f->lock);
    has_room = session_cache_add(&f->cache, &s->slot, spec->now_ms, &evicted);
    os_lock_drop(f->lock);
    while (evicted != NULL) {
        struct session_slot *next = evicted->idle_next;

        session_free(session_of(evicted));
        evicted = next;
    }
    if (!has_room) {
        session_free(s);
        return NULL;
    }
    return s;
}

enum kerr fetch_session_take(struct fetch_sessions *f, int32_t id, int32_t epoch,
                             bool uses_topic_ids, struct slice principal,
                             struct fetch_session **ret_session)
{
    enum kerr error = KERR_FETCH_SESSION_ID_NOT_FOUND;
    struct session_slot *slot;

    os_lock_take(f->lock);
    slot = session_cache_find(&f->cache, id);
    if (slot != NULL && slice_eq(session_of(slot)->principal, principal)) {
        error = session_cache_take(&f->cache, id, epoch, uses_topic_ids, &slot);
    }
    os_lock_drop(f->lock);
    if (error == KERR_NONE) {
        *ret_session = session_of(slot);
    }
    return error;
}

void fetch_session_close(struct fetch_sessions *f, int32_t id, struct slice principal)
{
    struct session_slot *slot;
    bool is_ours = false;

    os_lock_take(f->lock);
    slot = session_cache_find(&f->cache, id);
    if (slot != NULL && slice_eq(session_of(slot)->principal, principal)) {
        session_cache_remove(&f->cache, slot);
        is_ours = !slot->is_taken;
    }
    os_lock_drop(f->lock);
    if (is_ours) {
        session_free(session_of(slot));
    }
}

bool fetch_session_resize(struct fetch_session *s)
{
    size_t bytes = sizeof(*s) + s->principal.len + s->parts.bytes;
    bool fits = true;

    if (bytes != s->slot.bytes) {
        os_lock_take(s->all->lock);
        fits = session_cache_resize(&s->all->cache, &s->slot, (uint32_t)session_part_cnt(&s->parts),
                                    bytes);
        os_lock_drop(s->all->lock);
    }
    return fits;
}

void fetch_session_put(struct fetch_session *s, bool keep, int64_t now_ms)
{
    struct fetch_sessions *f = s->all;
    bool is_kept;

    os_lock_take(f->lock);
    if (!keep) {
        session_cache_remove(&f->cache, &s->slot);
    }
    session_drop_gone(s);
    is_kept = session_cache_put(&f->cache, &s->slot, now_ms);
    os_lock_drop(f->lock);
    if (!is_kept) {
        session_free(s);
    }
}
