/*
 * Which fetch sessions there are: their ids, their epochs, how many fit, and who has to go when one
 * more comes (KIP-227).
 *
 * A session is named by a random positive id and goes on by an epoch that the reader counts up with
 * each request, so that a request lost or sent twice is noticed. One request at a time has the session:
 * it is "taken" until it is put back.
 *
 * A newcomer that finds no free slot may take the place of
 *   - the session unused for longest, if that is SESSION_UNUSED_MS or more; or else
 *   - the smallest one, if it is smaller than the newcomer and has had its place for SESSION_UNUSED_MS;
 *     a broker's session gives way to brokers only, and a broker's counts as larger than any other.
 * Otherwise the newcomer gets no session, which is no error: it sends full requests. Sessions together
 * may also hold so many bytes only; for these only unused sessions make room.
 *
 * A state machine without I/O: the time comes with each call, random numbers from a seed. It allocates
 * nothing but map and heap nodes; slots are embedded in their owner's sessions. Run by one thread at a
 * time: its owner holds a lock.
 */
#ifndef OTTLA_CORE_SESSION_SESSION_CACHE_H
#define OTTLA_CORE_SESSION_SESSION_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"
#include "base/map.h"
#include "base/prng.h"
#include "model/kerr.h"

#define SESSION_ID_NONE 0
#define SESSION_EPOCH_FIRST 0  /* a full request that wants a session */
#define SESSION_EPOCH_FINAL -1 /* a full request that wants none */
#define SESSION_UNUSED_MS 120000

/* What the id and the epoch of a request ask for. With the first two, an id that is not SESSION_ID_NONE
 * names a session to be closed. */
enum session_mode {
    SESSION_WITHOUT,  /* everything is in the request; no session */
    SESSION_MAKE,     /* everything is in the request; please remember it */
    SESSION_CONTINUE, /* the request says what has changed */
};

enum session_mode session_mode(int32_t epoch);

/* The epoch of the request that follows. */
int32_t session_epoch_next(int32_t epoch);

struct session_slot {
    int32_t id;
    int32_t epoch;       /* that of the next request */
    uint32_t part_cnt;   /* what counts as its size */
    size_t bytes;        /* what it holds */
    bool is_privileged;  /* a broker's */
    bool is_cached;      /* false: closed or evicted; its owner frees it when it is not taken */
    bool is_taken;       /* a request has it */
    bool uses_topic_ids; /* version 13 and later */
    int64_t made_ms;
    int64_t used_ms;
    /* the cache's */
    struct session_slot *idle_prev; /* by time of last use, the longest unused first */
    struct session_slot *idle_next;
    struct session_slot *young_prev; /* by time of making, until old enough to be evicted by size */
    struct session_slot *young_next;
    struct heap_node by_size; /* afterwards */
};

struct session_cache {
    struct map by_id;
    struct prng rng;
    size_t slots_max;
    size_t bytes_max;         /* of all sessions together */
    size_t session_bytes_max; /* of one */
    size_t bytes;
    struct session_slot *idle_head;
    struct session_slot *idle_tail;
    struct session_slot *young_head;
    struct session_slot *young_tail;
    struct heap old_by_size;
};

void session_cache_init(struct session_cache *c, uint64_t seed, size_t slots_max, size_t bytes_max);

/* Every slot has been removed. */
void session_cache_release(struct session_cache *c);

/* The slot comes with part_cnt, bytes, is_privileged and uses_topic_ids set, everything else zero. True: it has an
 * id, is taken, and expects epoch 1. *ret_evicted is a list (by idle_next) of those that had to go and
 * are not taken: the caller frees them; a taken one is freed by who puts it back. */
bool session_cache_add(struct session_cache *c, struct session_slot *s, int64_t now_ms,
                       struct session_slot **ret_evicted);

/* A request with this id and epoch begins: it has the session now. FETCH_SESSION_ID_NOT_FOUND,
 * INVALID_FETCH_SESSION_EPOCH (also while another request has it), FETCH_SESSION_TOPIC_ID_ERROR. */
enum kerr session_cache_take(struct session_cache *c, int32_t id, int32_t epoch,
                             bool uses_topic_ids, struct session_slot **ret_slot);

/* The request has ended. False: the session was closed meanwhile, the caller frees it. */
bool session_cache_put(struct session_cache *c, struct session_slot *s, int64_t now_ms);

/* A taken session has changed its size. False: it is too large now, and no longer cached. */
bool session_cache_resize(struct session_cache *c, struct session_slot *s, uint32_t part_cnt,
                          size_t bytes);

/* NULL when there is none. */
struct session_slot *session_cache_find(const struct session_cache *c, int32_t id);

/* Closes it. Its owner frees it: at once, or when it is put back if it is taken. */
void session_cache_remove(struct session_cache *c, struct session_slot *s);

/* The invariants, for tests. */
bool session_cache_check(const struct session_cache *c);

#endif
