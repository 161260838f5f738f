/*
 * One fetch request at work: its partitions are read at once, and again when something has moved, until
 * there is enough, the time is over, or the peer is gone. `done` is called once, on the request's
 * reactor; what there is to tell is in `held` then.
 *
 * The partitions are entries of a queue. A queue lies in a session (broker/fetch_session.h) and stays
 * between requests, its entries watching their partitions all the time; or in a request without a
 * session, whose entries watch only while it waits. Reading looks at ready entries only
 * (core/session/session.h).
 *
 * Owner: a set belongs to its request and lives until `done`; queue and entries belong to whoever has
 * the session taken. Everything on the request's reactor; only the watchers' `moved` comes from
 * partitions' actors, on any thread, and touches what is under the queue's lock.
 */
#ifndef OTTLA_BROKER_FETCH_SET_H
#define OTTLA_BROKER_FETCH_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/chain.h"
#include "broker/partition.h"
#include "core/session/session.h"
#include "log/plog.h"
#include "os/reactor.h"
#include "os/workers.h"

struct fetch_set;

/* What one look at a partition gave; lies in the request's arena. */
struct fetch_result {
    struct session_found found;
    log_offset_t last_stable;
    leader_epoch_t diverging_epoch; /* LEADER_EPOCH_NONE: the logs agree */
    log_offset_t diverging_end;
    struct chain records;  /* at most one file range */
    struct file_ref *file; /* the range's, borrowed from the chain; NULL: no records */
    uint64_t pos;
    struct fetch_result *next_spare;
};

struct fetch_entry {
    struct session_part part;
    struct partition *partition; /* a reference; NULL: not resolved, `error` says why */
    enum kerr error;
    struct plog_cursor cursor;
    struct fetch_result *result; /* while a request has something to tell of it */
    struct partition_watcher watcher;
    struct fetch_queue *queue;
    /* under the queue's lock */
    bool is_moved;
    struct fetch_entry *moved_prev;
    struct fetch_entry *moved_next;
};

struct fetch_queue {
    struct session_list *ready; /* the session's, or the request's own */
    bool is_watched;            /* entries watch their partitions as soon as they have them */
    void (*gone)(struct fetch_queue *q); /* an entry's partition was deleted; any thread, under
                                          * locks: it only posts. May be NULL */
    struct os_lock *lock;                /* shared with other queues */
    /* under the lock */
    struct fetch_entry *moved_head;
    struct fetch_entry *moved_tail;
    struct fetch_set *waiter;
};

struct fetch_set {
    struct reactor *reactor;
    struct workers *workers; /* for ranges that are not in memory; NULL: all are taken for warm */
    struct arena *arena;     /* the request's */
    struct fetch_queue *queue;
    int64_t max_wait_ms;
    int64_t min_bytes;
    int64_t max_bytes;
    enum plog_bound bound;
    bool is_full;      /* the answer lists every entry of the queue */
    bool zstd_allowed; /* the request's version knows it */
    /* Finds the partition of an entry that has none: fetch_entry_resolve(). */
    void (*resolve)(struct fetch_set *s, struct fetch_entry *e);
    void (*done)(struct fetch_set *s);
    void *ctx;

    /* the result */
    struct session_list held; /* entries with a result, in the order they were read */
    bool has_failed;          /* out of memory: there is no answer */
    bool is_cancelled;

    /* the set's own */
    struct fetch_result *spare;
    int64_t total_bytes;
    bool has_news; /* an error or a divergence: answered at once */
    bool is_waiting;
    bool is_ending;
    bool is_posted; /* under the queue's lock: a task is under way to the reactor */
    struct reactor_task task;
    struct reactor_timer timer;
    struct worker_job warm_job;
};

/* With no entries at all the answer is empty and comes at once. */
void fetch_set_run(struct fetch_set *s);

/* The peer is gone, or the broker stops. `done` comes at once or soon. */
void fetch_set_cancel(struct fetch_set *s);

/* After `done`: what was found is in the answer (or, not told, is forgotten); entries go back to the
 * ready list where something is left. Results are void afterwards. */
void fetch_set_settle(struct fetch_set *s, bool was_told);

/* --- entries -------------------------------------------------------------------------------------- */

void fetch_queue_init(struct fetch_queue *q, struct session_list *ready, struct os_lock *lock);

/* The part is initialised by who makes the entry. */
void fetch_entry_init(struct fetch_entry *e, struct fetch_queue *q);

/* Adopts a reference; or NULL and why there is no partition. */
void fetch_entry_resolve(struct fetch_entry *e, struct partition *p, enum kerr error);

/* Lets go of the partition and leaves the queue's list of those that moved; the entry may be freed. */
void fetch_entry_release(struct fetch_entry *e);

/* Lets go of a partition that was deleted. True when it did. */
bool fetch_entry_drop_removed(struct fetch_entry *e);

static inline struct fetch_entry *fetch_entry_of(struct session_part *p)
{
    return CONTAINER_OF(p, struct fetch_entry, part);
}

#endif
