/*
 * Every limit that is not a setting, in one place. Kafka's own where it has one, ours where it has
 * none: a queue, a map or a name without an end would let a stranger spend the broker's memory.
 * Constants only.
 */
#ifndef OTTLA_MODEL_LIMITS_H
#define OTTLA_MODEL_LIMITS_H

/* Names. A topic's folder is "<name>-<partition>" and must fit into one file name. */
#define TOPIC_NAME_LEN_MAX 249
#define LISTENER_NAME_LEN_MAX 63
#define HOST_NAME_LEN_MAX 255
#define RACK_LEN_MAX 255
#define CLIENT_ID_LEN_MAX 32767
#define GROUP_ID_LEN_MAX 32767
#define TRANSACTIONAL_ID_LEN_MAX 32767
#define METADATA_STRING_LEN_MAX 32767

/* Topics. */
#define TOPICS_PER_CLUSTER_MAX 1000000
#define PARTITIONS_PER_TOPIC_MAX 100000
#define PARTITIONS_PER_CREATION_MAX 10000
#define TOPICS_PER_REQUEST_MAX 100000
#define REPLICAS_PER_PARTITION_MAX 1000
#define SETTINGS_PER_TOPIC_MAX 256

/* Settings. */
#define SETTING_NAME_LEN_MAX 512
#define SETTING_VALUE_LEN_MAX 65536
#define CONFIG_FILE_LEN_MAX (4 * 1024 * 1024)
#define CONFIG_LINE_LEN_MAX (SETTING_NAME_LEN_MAX + SETTING_VALUE_LEN_MAX)
#define CONFIG_KEYS_MAX 10000
#define LISTENERS_MAX 16
#define LOG_DIRS_MAX 64

/* Records. */
#define RECORD_HEADERS_MAX 1000000
#define RECORDS_PER_BATCH_MAX 50000000

/* The wire. */
#define FRAME_LEN_MAX_DEFAULT (100 * 1024 * 1024)
#define FETCH_SESSIONS_BYTES_MAX (64 * 1024 * 1024) /* of all; one may have half of it */

#endif
