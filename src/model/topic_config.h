/*
 * The settings of one topic: checked strictly when a client gives them, resolved leniently into one
 * typed value for the log and the broker, and described for DescribeConfigs.
 *
 * Pure functions over a broker's settings and a topic's overrides, which the caller owns; a resolved
 * config is a value. Any thread.
 */
#ifndef OTTLA_MODEL_TOPIC_CONFIG_H
#define OTTLA_MODEL_TOPIC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/settings.h"

/* Checks what a client wants to set on a topic: names, values, and what binds them together.
 * ERR_NOT_FOUND or ERR_INVALID with a sentence. */
int topic_settings_check(const struct settings *s, const struct setting_pair *overrides,
                         size_t override_cnt, struct setting_why *why) WARN_UNUSED;

enum durability {
    DURABILITY_FSYNC,      /* acks=all answers when the record is on disk */
    DURABILITY_REPLICATED, /* when it is in the memory of every in-sync replica */
    DURABILITY_MEMORY,     /* when it is in the leader's memory */
};

const char *durability_name(enum durability d);

enum topic_cleanup {
    TOPIC_CLEANUP_DELETE = 1,
    TOPIC_CLEANUP_COMPACT = 2,
};

enum timestamp_type {
    TIMESTAMP_TYPE_CREATE_TIME = 0,
    TIMESTAMP_TYPE_LOG_APPEND_TIME = 1,
};

/* compression of a topic_config: a codec of record batches (0 none, 1 gzip, 2 snappy, 3 lz4,
 * 4 zstd), or: leave batches as the producer made them. */
#define TOPIC_COMPRESSION_PRODUCER (-1)

/* Everything the log and the broker need to know about one topic, resolved and typed. A value. */
struct topic_config {
    int64_t delete_retention_ms;
    int64_t file_delete_delay_ms;
    int64_t flush_messages;
    int64_t flush_ms;
    int64_t max_compaction_lag_ms;
    int64_t min_compaction_lag_ms;
    int64_t message_timestamp_after_max_ms;
    int64_t message_timestamp_before_max_ms;
    int64_t retention_bytes; /* -1: no limit */
    int64_t retention_ms;    /* -1: no limit */
    int64_t segment_ms;
    int64_t segment_jitter_ms;
    double min_cleanable_dirty_ratio;
    int32_t index_interval_bytes;
    int32_t max_message_bytes;
    int32_t min_insync_replicas;
    int32_t segment_bytes;
    int32_t segment_index_bytes;
    int32_t compression_gzip_level;
    int32_t compression_lz4_level;
    int32_t compression_zstd_level;
    int8_t compression;
    uint8_t cleanup; /* enum topic_cleanup, or-ed; 0: keep everything */
    enum timestamp_type message_timestamp_type;
    enum durability durability;
    bool preallocate;
    bool unclean_leader_election_enable;
};

/*
 * The config of a topic: its overrides before the broker's settings before the defaults. Overrides
 * are taken as stored: unknown names and values that are not legal (any more) are passed over, as a
 * topic made elsewhere must still open; topic_settings_check is the strict side. override_cnt may
 * be 0.
 */
void topic_config_resolve(const struct settings *s, const struct setting_pair *overrides,
                          size_t override_cnt, struct topic_config *ret_config);

/* What DescribeConfigs says about one setting of a topic. `ret` must stay where it is: a converted
 * value points into it. */
void topic_settings_describe(const struct settings *s, const struct setting_pair *overrides,
                             size_t override_cnt, enum topic_setting_id id,
                             struct setting_view *ret);

#endif
