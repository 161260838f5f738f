/*
 * The batches of one produce request on their way into several partitions: submitted together, done
 * when the last one is, or when the time is over. `done` is called once, on the request's reactor.
 *
 * Owner: the request (its arena); lives until `done`. Everything is called on the request's reactor
 * except what the partitions' actors do between.
 */
#ifndef OTTLA_BROKER_APPEND_SET_H
#define OTTLA_BROKER_APPEND_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ref.h"
#include "broker/partition.h"
#include "os/reactor.h"

struct append_set {
    struct reactor *reactor;
    struct partition_append *appends;
    size_t cnt;
    int64_t timeout_ms;                    /* for acks=all; counted from append_set_run() */
    void (*written)(struct append_set *s); /* on any thread: no batch's bytes are needed any more */
    void (*done)(struct append_set *s);
    void *ctx;

    /* the set's own */
    struct counter left; /* calls outstanding, and one for the set while it waits */
    struct counter unwritten;
    struct flag posted;
    struct reactor_task task;
    struct reactor_timer timer;
    bool submitting;
    bool is_cancelled;
};

/* Submits every append (partition, batch, batch_len, info and wait_committed are set). cnt may be 0. */
void append_set_run(struct append_set *s);

/* The peer is gone: no longer waits. `done` still comes. */
void append_set_cancel(struct append_set *s);

#endif
