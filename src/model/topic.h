/*
 * What may be a topic's name, and the hashes that clients and brokers must agree on.
 *
 * Pure functions: no owner, any thread, no allocation.
 */
#ifndef OTTLA_MODEL_TOPIC_H
#define OTTLA_MODEL_TOPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "model/ids.h"
#include "model/limits.h"

#define TOPIC_CONSUMER_OFFSETS "__consumer_offsets"
#define TOPIC_TRANSACTION_STATE "__transaction_state"
#define TOPIC_SHARE_GROUP_STATE "__share_group_state"

/* Enough for the longest sentence of topic_name_check. */
#define TOPIC_NAME_WHY_LEN 192

/*
 * 0, or ERR_INVALID and a sentence in `why` (NUL-terminated, without a full stop) that says what is
 * wrong with the name. `why` may be NULL. A name that is not shown in the sentence is one that has
 * unprintable bytes or is too long.
 */
int topic_name_check(struct slice name, char why[TOPIC_NAME_WHY_LEN]) WARN_UNUSED;

/* True for a legal name. */
bool topic_name_is_legal(struct slice name);

/* Metric names turn '.' into '_', so two topics that differ only there would share their metrics.
 * True when the names are different and collide in that way. */
bool topic_name_collides(struct slice a, struct slice b);

/* True when the name contains '.' or '_', so that a warning about collisions is due. */
bool topic_name_may_collide(struct slice name);

/* The topics brokers keep for themselves: clients may neither produce to nor delete them. */
bool topic_is_internal(struct slice name);

/* java.lang.String.hashCode of a UTF-8 text: over its UTF-16 code units. Malformed UTF-8 counts as
 * U+FFFD a byte. Kafka derives coordinator partitions from it. */
int32_t java_string_hash(struct slice utf8);

/* The partition of an internal topic that a group id or transactional id belongs to. */
partition_id_t coordinator_partition(struct slice id, int32_t partition_cnt);

/* MurmurHash2 with the seed Kafka's producers use. */
uint32_t murmur2(struct slice bytes);

/* Where the default partitioner of a producer sends a record with this key. partition_cnt > 0. */
partition_id_t partition_for_key(struct slice key, int32_t partition_cnt);

#endif
