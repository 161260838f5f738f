/*
 * The bodies of nodes, as Kafka writes them: JSON without blanks, field names and forms Kafka's own.
 * Encoders append to a text; decoders read what any Kafka version wrote, pass over fields they do not
 * know, and trust nothing: size, depth and every count are bounded.
 *
 * Pure functions: no owner, any thread. What a decoder returns lies in the arena it was given.
 */
#ifndef OTTLA_META_ZNODE_H
#define OTTLA_META_ZNODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "base/str.h"
#include "base/uuid.h"
#include "model/ids.h"
#include "model/listener.h"
#include "model/settings.h"

/* Decoders: ERR_INVALID for what is not such a body, ERR_LIMIT for too much of it, ERR_NOMEM.
 * Encoders: ERR_NOMEM, ERR_LIMIT by the text's own limit. */

/* /brokers/ids/<id>, version 5; versions 1 to 5 are read. */
struct znode_broker {
    struct listeners endpoints;
    struct slice rack; /* SLICE_NULL: none */
    int64_t timestamp_ms;
};

int znode_broker_encode(const struct znode_broker *b, struct str *out) WARN_UNUSED;
int znode_broker_decode(struct slice body, struct arena *a, struct znode_broker *ret) WARN_UNUSED;

/* /brokers/topics/<t>, version 3; versions 1 to 3 are read. */
struct znode_replicas {
    int32_t cnt;
    const broker_id_t *ids;
};

struct znode_topic {
    struct uuid id; /* zero: the node has none (versions 1, 2) */
    int32_t partition_cnt;
    const struct znode_replicas *partitions; /* by partition id; complete from 0 on */
};

int znode_topic_encode(const struct znode_topic *t, struct str *out) WARN_UNUSED;
int znode_topic_decode(struct slice body, struct arena *a, struct znode_topic *ret) WARN_UNUSED;

/* /brokers/topics/<t>/partitions/<p>/state, version 1. */
struct znode_state {
    broker_id_t leader;
    leader_epoch_t leader_epoch;
    int32_t controller_epoch;
    int32_t isr_cnt;
    const broker_id_t *isr;
    int32_t leader_recovery_state; /* 0 recovered, 1 recovering */
};

int znode_state_encode(const struct znode_state *s, struct str *out) WARN_UNUSED;
int znode_state_decode(struct slice body, struct arena *a, struct znode_state *ret) WARN_UNUSED;

/* /config/<kind>/<name>, version 1. Of several pairs of one name the last one is written. */
struct znode_config {
    const struct setting_pair *pairs;
    size_t pair_cnt;
};

int znode_config_encode(const struct znode_config *c, struct str *out) WARN_UNUSED;
int znode_config_decode(struct slice body, struct arena *a, struct znode_config *ret) WARN_UNUSED;

/* /cluster/id: 22 characters. */
int znode_cluster_id_encode(struct uuid id, struct str *out) WARN_UNUSED;
int znode_cluster_id_decode(struct slice body, struct uuid *ret) WARN_UNUSED;

/* /controller, version 2; version 1 is read. */
struct znode_controller {
    broker_id_t broker_id;
    int64_t timestamp_ms;
};

int znode_controller_encode(const struct znode_controller *c, struct str *out) WARN_UNUSED;
int znode_controller_decode(struct slice body, struct znode_controller *ret) WARN_UNUSED;

/* /latest_producer_id_block, version 1. Both ends belong to the block. */
struct znode_producer_ids {
    broker_id_t broker_id;
    producer_id_t first;
    producer_id_t last;
};

int znode_producer_ids_encode(const struct znode_producer_ids *b, struct str *out) WARN_UNUSED;
int znode_producer_ids_decode(struct slice body, struct znode_producer_ids *ret) WARN_UNUSED;

/* /controller_epoch: decimal text. */
int znode_epoch_decode(struct slice body, int32_t *ret) WARN_UNUSED;

#endif
