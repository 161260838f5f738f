/*
 * The fetch sessions of a broker: core/session's machines with memory, locks and partitions.
 *
 * A session belongs to the request that has taken it, whatever connection and reactor that comes from;
 * between requests nobody touches it but a sweep, which lets go of deleted partitions. It holds the
 * principal it was made for; for any other its id does not exist. Its entries watch their partitions
 * all the time, so that a request costs what has moved since the last one.
 *
 * Threads: any reactor. fetch_sessions_clear() when no request is left.
 */
#ifndef OTTLA_BROKER_FETCH_SESSION_H
#define OTTLA_BROKER_FETCH_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/fetch_set.h"
#include "core/session/session_cache.h"

struct fetch_sessions;

struct fetch_session {
    struct session_slot slot;
    struct session parts;
    struct fetch_queue queue;
    struct fetch_sessions *all;
    bool has_gone; /* under the queue's lock: a sweep is wanted */
    struct slice principal;
};

/* `home` is where the sweep runs; slots_max 0: no sessions. */
int fetch_sessions_new(struct os *os, struct reactor *home, size_t slots_max,
                       struct fetch_sessions **ret) WARN_UNUSED;

/* Drops every session; none is taken. */
void fetch_sessions_clear(struct fetch_sessions *f);
void fetch_sessions_free(struct fetch_sessions *f); /* accepts NULL */

size_t fetch_sessions_cnt(struct fetch_sessions *f);

/* A lock for the queue of a request without a session. */
struct os_lock *fetch_sessions_lock(struct fetch_sessions *f, const void *queue);

/* What a full request brings; an estimate of its size decides whether it gets a slot. */
struct fetch_session_spec {
    struct slice principal;
    uint32_t part_cnt;
    uint32_t topic_cnt;
    size_t name_bytes;
    bool uses_topic_ids;
    bool is_privileged; /* from a broker */
    int64_t now_ms;
};

/* A new session, taken and empty; NULL when there is no room for it, or no memory. */
struct fetch_session *fetch_session_make(struct fetch_sessions *f,
                                         const struct fetch_session_spec *spec);

/* The errors of session_cache_take(). */
enum kerr fetch_session_take(struct fetch_sessions *f, int32_t id, int32_t epoch,
                             bool uses_topic_ids, struct slice principal,
                             struct fetch_session **ret_session);

/* Closes the session of this id, if it is the principal's. */
void fetch_session_close(struct fetch_sessions *f, int32_t id, struct slice principal);

/* Its partitions have changed. False: it is too large now; it closes when it is put back. */
bool fetch_session_resize(struct fetch_session *s);

/* The request ends; `keep` false closes the session. It may be gone when this returns. */
void fetch_session_put(struct fetch_session *s, bool keep, int64_t now_ms);

#endif
