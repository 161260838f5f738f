/*
 * The numbers of the field, each with the type its wire form has. -1 means "none" for all of them
 * unless a name below says otherwise. Plain values: no owner, any thread.
 */
#ifndef OTTLA_MODEL_IDS_H
#define OTTLA_MODEL_IDS_H

#include <stdint.h>

typedef int32_t broker_id_t;
typedef int64_t broker_epoch_t;
typedef int32_t partition_id_t;
typedef int64_t log_offset_t; /* a record's place in its partition */
typedef int32_t leader_epoch_t;
typedef int64_t producer_id_t;
typedef int16_t producer_epoch_t;
typedef int64_t timestamp_ms_t; /* of records: milliseconds since 1970 UTC */

#define BROKER_ID_NONE ((broker_id_t)-1)
#define PARTITION_ID_NONE ((partition_id_t)-1)
#define LOG_OFFSET_NONE ((log_offset_t)-1)
#define LEADER_EPOCH_NONE ((leader_epoch_t)-1)
#define PRODUCER_ID_NONE ((producer_id_t)-1)
#define PRODUCER_EPOCH_NONE ((producer_epoch_t)-1)
#define SEQUENCE_NONE (-1)
#define TIMESTAMP_NONE ((timestamp_ms_t)-1)

/* What ListOffsets asks for in place of a timestamp. */
enum list_offsets_timestamp {
    LIST_OFFSETS_LATEST = -1,
    LIST_OFFSETS_EARLIEST = -2,
    LIST_OFFSETS_MAX_TIMESTAMP = -3,
    LIST_OFFSETS_EARLIEST_LOCAL = -4,
    LIST_OFFSETS_LATEST_TIERED = -5,
    LIST_OFFSETS_EARLIEST_PENDING_UPLOAD = -6,
};

/* Who asks in a Fetch: brokers send their id, consumers this. */
#define FETCH_REPLICA_CONSUMER ((broker_id_t)-1)
#define FETCH_REPLICA_DEBUG ((broker_id_t)-2)

enum isolation_level {
    ISOLATION_READ_UNCOMMITTED = 0,
    ISOLATION_READ_COMMITTED = 1,
};

/* Kinds of things settings belong to, as in DescribeConfigs. */
enum config_resource {
    CONFIG_RESOURCE_UNKNOWN = 0,
    CONFIG_RESOURCE_TOPIC = 2,
    CONFIG_RESOURCE_BROKER = 4,
    CONFIG_RESOURCE_BROKER_LOGGER = 8,
    CONFIG_RESOURCE_CLIENT_METRICS = 16,
    CONFIG_RESOURCE_GROUP = 32,
};

#endif
