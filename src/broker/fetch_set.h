/*
 * The partitions of one fetch request: read at once, and again when something has moved, until there is
 * enough, the time is over, or the peer is gone. `done` is called once, on the request's reactor, with
 * the chains filled.
 *
 * Owner: the request (its arena); lives until `done`. Everything on the request's reactor; only the
 * watchers' `moved` comes from partitions' actors.
 */
#ifndef OTTLA_BROKER_FETCH_SET_H
#define OTTLA_BROKER_FETCH_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/chain.h"
#include "base/ref.h"
#include "broker/partition.h"
#include "log/plog.h"
#include "os/reactor.h"

/* One partition of the request. The caller fills the first part. */
struct fetch_part {
    struct partition *partition; /* referenced by the caller; NULL: `error` is set already */
    log_offset_t offset;
    int32_t max_bytes;
    leader_epoch_t current_epoch; /* LEADER_EPOCH_NONE: not checked */
    leader_epoch_t last_epoch;    /* of the reader's last record, LEADER_EPOCH_NONE: unknown */
    struct plog_cursor *cursor;   /* the session's, or NULL */
    void *ctx;

    /* the result */
    enum kerr error;
    log_offset_t high_watermark;
    log_offset_t last_stable;
    log_offset_t log_start;
    leader_epoch_t diverging_epoch; /* LEADER_EPOCH_NONE: the logs agree */
    log_offset_t diverging_end;
    struct chain records;

    /* the set's */
    struct partition_watcher watcher;
    struct fetch_set *set;
};

struct fetch_set {
    struct reactor *reactor;
    struct fetch_part *parts;
    size_t cnt;
    int64_t max_wait_ms;
    int64_t min_bytes;
    int64_t max_bytes;
    enum plog_bound bound;
    bool zstd_allowed; /* the request's version knows it */
    void (*done)(struct fetch_set *s);
    void *ctx;

    /* the set's own */
    size_t total_bytes;
    bool has_news; /* an error or a divergence: answered at once */
    bool is_waiting;
    bool is_ending;
    struct flag signalled; /* a task is under way to the reactor */
    struct reactor_task task;
    struct reactor_timer timer;
};

/* cnt may be 0: then only the time counts, as in Kafka. */
void fetch_set_run(struct fetch_set *s);

/* The peer is gone, or the broker stops. `done` comes at once or soon. */
void fetch_set_cancel(struct fetch_set *s);

#endif
