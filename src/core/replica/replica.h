/*
 * What is committed: from how far each in-sync replica has got, the high watermark. Two numbers are
 * known of each replica, what it has and what it has durable; the topic's durability says which of
 * them counts. A leader alone is the case with no followers.
 *
 * A state machine without I/O. Owner: the partition, run by its actor.
 */
#ifndef OTTLA_CORE_REPLICA_REPLICA_H
#define OTTLA_CORE_REPLICA_REPLICA_H

#include <stdbool.h>
#include <stdint.h>

#include "model/ids.h"

struct replica_progress {
    log_offset_t end;     /* it has everything below */
    log_offset_t durable; /* and this much of it on disk */
};

struct replica_set {
    bool wait_durable; /* durability=fsync: only what is on disk counts */
    struct replica_progress leader;
    log_offset_t high_watermark; /* never goes back while this broker leads */
};

/* After recovery everything kept is durable, and committed as far as a leader alone can tell. */
void replica_set_init(struct replica_set *s, bool wait_durable, log_offset_t end);

/* The leader's log has grown, or more of it is on disk. True when the high watermark moved. */
bool replica_set_appended(struct replica_set *s, log_offset_t end);
bool replica_set_synced(struct replica_set *s, log_offset_t durable);

/* The topic's durability was changed. True when the high watermark moved. */
bool replica_set_wait_durable(struct replica_set *s, bool wait_durable);

/* acks=all: may a batch that ends before `end` be acknowledged? */
static inline bool replica_set_is_committed(const struct replica_set *s, log_offset_t end)
{
    return s->high_watermark >= end;
}

#endif
