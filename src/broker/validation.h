/*
 * The batches of one produce request on their way to their partitions: each is validated whole and,
 * where the topic's compression.type asks for another codec, encoded anew. Small and uncompressed ones
 * on the spot; a request with a compressed batch above VALIDATION_INLINE_BYTES goes to a worker, because
 * opening it would hold the loop.
 *
 * Owner: the request (its arena); lives until `done`, which is called once, on the request's reactor,
 * perhaps before validation_run() returns.
 */
#ifndef OTTLA_BROKER_VALIDATION_H
#define OTTLA_BROKER_VALIDATION_H

#include <stdbool.h>

#include "broker/broker.h"
#include "model/topic_config.h"
#include "os/workers.h"
#include "record/bytebuf.h"
#include "record/validate.h"

#define VALIDATION_INLINE_BYTES (32u * 1024)

struct validation {
    struct slice records;
    struct validate_rules rules;
    const struct topic_config *config; /* of the partition */
    void *ctx;

    /* the result */
    bool ok;
    struct validate_fault fault;
    struct batch_info info;
    struct bytebuf rewritten; /* holds the batch when it was encoded anew; else empty */
};

struct validation_set {
    struct broker *broker;
    struct reactor *reactor;
    struct validation *items;
    size_t cnt;
    void (*done)(struct validation_set *s);
    void *ctx;
    struct worker_job job; /* the set's */
};

void validation_run(struct validation_set *s);

/* Frees what was encoded anew, when its bytes are written. */
void validation_release(struct validation_set *s);

#endif
