/*
 * Finding offsets for a request: "latest" and "earliest" at once from the published view, by time on a
 * worker, because that reads from the disk. `done` is called once, on the request's reactor, perhaps
 * before broker_find_offsets() returns.
 *
 * Owner: the request (its arena); lives until `done`.
 */
#ifndef OTTLA_BROKER_OFFSETS_H
#define OTTLA_BROKER_OFFSETS_H

#include <stddef.h>
#include <stdint.h>

#include "broker/broker.h"
#include "model/ids.h"
#include "model/kerr.h"
#include "os/workers.h"

struct partition;

/* Up to where the one who asks may see. */
enum offset_bound {
    OFFSET_BOUND_END,    /* other replicas */
    OFFSET_BOUND_HW,     /* consumers */
    OFFSET_BOUND_STABLE, /* consumers, read_committed */
};

struct offset_query {
    struct partition *partition; /* referenced by the caller; NULL: `error` is set already */
    int64_t timestamp;           /* of a record, or one of enum list_offsets_timestamp */
    enum offset_bound bound;
    leader_epoch_t current_epoch; /* LEADER_EPOCH_NONE: not checked */
    void *ctx;

    /* the result */
    enum kerr error;
    log_offset_t offset; /* LOG_OFFSET_NONE: there is no such record */
    timestamp_ms_t timestamp_found;
    leader_epoch_t epoch;
    log_offset_t start; /* where the log starts */
    log_offset_t end;   /* where it ends for the one who asks */
};

struct offset_set {
    struct broker *broker;
    struct reactor *reactor;
    struct offset_query *queries;
    size_t cnt;
    void (*done)(struct offset_set *s);
    void *ctx;

    /* the set's own */
    struct worker_job job;
};

void broker_find_offsets(struct offset_set *s);

#endif
