/*
 * The table of settings: every one that Kafka 1.1 to 4.x knows, with Kafka's newest default, and
 * Ottla's own. Included by settings.h only, which says what the columns become.
 *
 * Columns: id, name, type, default as text or NULL, range of a number, allowed words or NULL,
 *   brokers: whether a running broker takes a new value (SETTING_DYN_...),
 *   topics: the broker's setting that counts when the topic says nothing, or SETTING_NONE,
 * use (ACTS: Ottla acts on it; LATER: it belongs to a part that is not built yet; IGNORED: accepted
 * for the sake of files written for Kafka), the last version of Kafka that knows it or NULL, and
 * what it does.
 *
 * Both lists are in the order of strcmp of the names, which lookups rely on and a test holds. A new
 * setting is a new row here and nothing else.
 */
#ifndef OTTLA_MODEL_SETTINGS_TABLE_H
#define OTTLA_MODEL_SETTINGS_TABLE_H

#include <stdint.h>

/* Each of these becomes two columns: the least and the greatest legal value. */
#define RANGE_NONE 0, 0 /* not a number */
#define RANGE_INT INT32_MIN, INT32_MAX
#define RANGE_LONG INT64_MIN, INT64_MAX
#define AT_LEAST_INT(n) (n), INT32_MAX
#define AT_LEAST_LONG(n) (n), INT64_MAX
#define BETWEEN(least, greatest) (least), (greatest)

#define SETTINGS_BROKER(X) \
    X(ADVERTISED_LISTENERS, "advertised.listeners", LIST, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, ACTS, NULL, \
      "What clients are told to connect to, as NAME://host:port between commas. Without it they " \
      "are told what listeners says. Never 0.0.0.0, which is no address anyone can connect to.") \
    X(AUTO_CREATE_TOPICS_ENABLE, "auto.create.topics.enable", BOOL, "true", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "Whether a topic that does not exist is created when a client asks for its metadata.") \
    X(BROKER_ID, "broker.id", INT, "-1", AT_LEAST_INT(-1), NULL, SETTING_DYN_READ_ONLY, ACTS, \
      NULL, \
      "The number of this broker in its cluster. With -1 the broker takes a free one and keeps " \
      "it in meta.properties.") \
    X(BROKER_RACK, "broker.rack", STRING, NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, ACTS, \
      NULL, \
      "The rack or zone this broker stands in. Clients see it in Metadata, and replicas are " \
      "spread over the racks.") \
    X(COMPRESSION_GZIP_LEVEL, "compression.gzip.level", INT, "-1", BETWEEN(-1, 9), NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "How hard gzip tries where the broker compresses itself: 1 is fast, 9 is small, -1 is the " \
      "library's choice.") \
    X(COMPRESSION_LZ4_LEVEL, "compression.lz4.level", INT, "9", BETWEEN(1, 17), NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, "How hard lz4 tries where the broker compresses itself.") \
    X(COMPRESSION_TYPE, "compression.type", STRING, "producer", RANGE_NONE, \
      "producer,uncompressed,gzip,snappy,lz4,zstd", SETTING_DYN_CLUSTER, ACTS, NULL, \
      "How batches are stored: as the producer made them, or always with the named compression.") \
    X(COMPRESSION_ZSTD_LEVEL, "compression.zstd.level", INT, "3", BETWEEN(-131072, 22), NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, "How hard zstd tries where the broker compresses itself.") \
    X(CONNECTIONS_MAX_IDLE_MS, "connections.max.idle.ms", LONG, "600000", RANGE_LONG, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "A connection on which nothing happens for this long is closed.") \
    X(DEFAULT_REPLICATION_FACTOR, "default.replication.factor", INT, "1", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How many replicas a new topic gets when the request does not say.") \
    X(DELETE_TOPIC_ENABLE, "delete.topic.enable", BOOL, "true", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "Whether topics may be deleted. When false, DeleteTopics is refused.") \
    X(FETCH_MAX_BYTES, "fetch.max.bytes", INT, "57671680", AT_LEAST_INT(1024), NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The most bytes of records one fetch is answered with, whatever the client asks for.") \
    X(FRAME_MEMORY_BYTES, "frame.memory.bytes", LONG, "268435456", AT_LEAST_LONG(1048576), NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "Ottla's own: the memory that requests being received and answered may take together. When " \
      "it is used up the broker reads no further requests until some is free.") \
    X(INTER_BROKER_LISTENER_NAME, "inter.broker.listener.name", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The name of the listener that brokers use among themselves. Not together with " \
      "security.inter.broker.protocol.") \
    X(LISTENER_SECURITY_PROTOCOL_MAP, "listener.security.protocol.map", STRING, \
      "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT", RANGE_NONE, \
      NULL, SETTING_DYN_PER_BROKER, ACTS, NULL, \
      "Which protocol each listener name speaks, as NAME:PROTOCOL between commas. The four " \
      "protocols map to themselves unless said otherwise.") \
    X(LISTENERS, "listeners", LIST, "PLAINTEXT://localhost:9092", RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, ACTS, NULL, \
      "Where the broker listens, as NAME://host:port between commas. An empty host or 0.0.0.0 " \
      "means every address of the machine, so anyone who can reach the machine can reach the " \
      "broker. Without it only this machine can.") \
    X(LOG_CLEANER_DELETE_RETENTION_MS, "log.cleaner.delete.retention.ms", LONG, "86400000", \
      AT_LEAST_LONG(0), NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "How long a compacted topic keeps the mark of a deleted key.") \
    X(LOG_CLEANER_MAX_COMPACTION_LAG_MS, "log.cleaner.max.compaction.lag.ms", LONG, \
      "9223372036854775807", AT_LEAST_LONG(1), NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "How long a record of a compacted topic may at most wait for its compaction.") \
    X(LOG_CLEANER_MIN_CLEANABLE_RATIO, "log.cleaner.min.cleanable.ratio", DOUBLE, "0.5", \
      BETWEEN(0, 1), NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "Which part of a compacted partition must be new before it is compacted again.") \
    X(LOG_CLEANER_MIN_COMPACTION_LAG_MS, "log.cleaner.min.compaction.lag.ms", LONG, "0", \
      AT_LEAST_LONG(0), NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "How long a record of a compacted topic is at least kept as it is.") \
    X(LOG_CLEANUP_POLICY, "log.cleanup.policy", LIST, "delete", RANGE_NONE, "delete,compact", \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "What happens to old records: delete drops whole segments by age or size, compact keeps " \
      "the newest record of each key. Both may be given.") \
    X(LOG_DIR, "log.dir", STRING, "/tmp/kafka-logs", RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, \
      ACTS, NULL, "One directory for the partitions, used when log.dirs is not given.") \
    X(LOG_DIRS, "log.dirs", STRING, NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The directories that hold the partitions, between commas. Each is locked, and each fails " \
      "by itself.") \
    X(LOG_DURABILITY, "log.durability", STRING, "fsync", RANGE_NONE, "fsync,replicated,memory", \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "Ottla's own: what an acknowledgement with acks=all means. fsync: on disk on every in-sync " \
      "replica; replicated: in the memory of every in-sync replica, as in Kafka; memory: in the " \
      "memory of the leader.") \
    X(LOG_FLUSH_INTERVAL_MESSAGES, "log.flush.interval.messages", LONG, "9223372036854775807", \
      AT_LEAST_LONG(1), NULL, SETTING_DYN_CLUSTER, ACTS, NULL, \
      "After how many records a partition is written through to the disk, whatever its " \
      "durability.") \
    X(LOG_FLUSH_INTERVAL_MS, "log.flush.interval.ms", LONG, NULL, AT_LEAST_LONG(0), NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "How long a record may stay in memory only before it is written through to the disk. " \
      "Without it, log.flush.scheduler.interval.ms counts.") \
    X(LOG_FLUSH_SCHEDULER_INTERVAL_MS, "log.flush.scheduler.interval.ms", LONG, \
      "9223372036854775807", AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How often the broker looks whether a partition is due to be written through to the disk.") \
    X(LOG_INDEX_INTERVAL_BYTES, "log.index.interval.bytes", INT, "4096", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "One entry goes into the offset index for about this many bytes of records.") \
    X(LOG_INDEX_SIZE_MAX_BYTES, "log.index.size.max.bytes", INT, "10485760", AT_LEAST_INT(4), \
      NULL, SETTING_DYN_CLUSTER, ACTS, NULL, \
      "The most bytes an index of one segment may take. A full index begins a new segment.") \
    X(LOG_MESSAGE_TIMESTAMP_AFTER_MAX_MS, "log.message.timestamp.after.max.ms", LONG, "3600000", \
      AT_LEAST_LONG(0), NULL, SETTING_DYN_CLUSTER, ACTS, NULL, \
      "How far ahead of the broker's clock a record's timestamp may be before the record is " \
      "refused.") \
    X(LOG_MESSAGE_TIMESTAMP_BEFORE_MAX_MS, "log.message.timestamp.before.max.ms", LONG, \
      "9223372036854775807", AT_LEAST_LONG(0), NULL, SETTING_DYN_CLUSTER, ACTS, NULL, \
      "How far behind the broker's clock a record's timestamp may be before the record is " \
      "refused.") \
    X(LOG_MESSAGE_TIMESTAMP_TYPE, "log.message.timestamp.type", STRING, "CreateTime", RANGE_NONE, \
      "CreateTime,LogAppendTime", SETTING_DYN_CLUSTER, ACTS, NULL, \
      "Whose clock stamps the records: the producer's (CreateTime) or the broker's at the append " \
      "(LogAppendTime).") \
    X(LOG_PREALLOCATE, "log.preallocate", BOOL, "false", RANGE_NONE, NULL, SETTING_DYN_CLUSTER, \
      ACTS, NULL, "Whether a new segment's whole size is reserved on the disk at once.") \
    X(LOG_RETENTION_BYTES, "log.retention.bytes", LONG, "-1", RANGE_LONG, NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "How large a partition may grow before its oldest segments are dropped; -1 for no limit.") \
    X(LOG_RETENTION_CHECK_INTERVAL_MS, "log.retention.check.interval.ms", LONG, "300000", \
      AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How often the broker looks for segments that are due to be dropped.") \
    X(LOG_RETENTION_HOURS, "log.retention.hours", INT, "168", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How many hours records are kept. log.retention.ms and log.retention.minutes go before it.") \
    X(LOG_RETENTION_MINUTES, "log.retention.minutes", INT, NULL, RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How many minutes records are kept. log.retention.ms goes before it.") \
    X(LOG_RETENTION_MS, "log.retention.ms", LONG, NULL, RANGE_LONG, NULL, SETTING_DYN_CLUSTER, \
      ACTS, NULL, \
      "How many milliseconds records are kept; -1 for ever. Without it log.retention.minutes " \
      "counts, then log.retention.hours.") \
    X(LOG_ROLL_HOURS, "log.roll.hours", INT, "168", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, \
      ACTS, NULL, \
      "After how many hours a new segment begins even if the old one is not full. log.roll.ms " \
      "goes before it.") \
    X(LOG_ROLL_JITTER_HOURS, "log.roll.jitter.hours", INT, "0", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The most hours taken off log.roll.hours by chance, so that not all partitions roll at " \
      "once. log.roll.jitter.ms goes before it.") \
    X(LOG_ROLL_JITTER_MS, "log.roll.jitter.ms", LONG, NULL, AT_LEAST_LONG(0), NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "The most milliseconds taken off log.roll.ms by chance, so that not all partitions roll at " \
      "once.") \
    X(LOG_ROLL_MS, "log.roll.ms", LONG, NULL, AT_LEAST_LONG(1), NULL, SETTING_DYN_CLUSTER, ACTS, \
      NULL, \
      "After how many milliseconds a new segment begins even if the old one is not full. Without " \
      "it log.roll.hours counts.") \
    X(LOG_SEGMENT_BYTES, "log.segment.bytes", INT, "1073741824", AT_LEAST_INT(14), NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "How large a segment file grows before the next one begins.") \
    X(LOG_SEGMENT_DELETE_DELAY_MS, "log.segment.delete.delay.ms", LONG, "60000", AT_LEAST_LONG(0), \
      NULL, SETTING_DYN_CLUSTER, ACTS, NULL, \
      "How long the files of a dropped segment stay on the disk, for readers that still use " \
      "them.") \
    X(MAX_CONNECTION_CREATION_RATE, "max.connection.creation.rate", INT, "2147483647", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How many connections a second the broker or a listener accepts.") \
    X(MAX_CONNECTIONS, "max.connections", INT, "2147483647", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "The most connections at a time. With listener.name.<name>. before it, the limit of one " \
      "listener.") \
    X(MAX_CONNECTIONS_PER_IP, "max.connections.per.ip", INT, "2147483647", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, "The most connections at a time from one address.") \
    X(MAX_CONNECTIONS_PER_IP_OVERRIDES, "max.connections.per.ip.overrides", STRING, "", \
      RANGE_NONE, NULL, SETTING_DYN_CLUSTER, ACTS, NULL, \
      "Other limits than max.connections.per.ip for some addresses, as address:number between " \
      "commas.") \
    X(MAX_INCREMENTAL_FETCH_SESSION_CACHE_SLOTS, "max.incremental.fetch.session.cache.slots", INT, \
      "1000", AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How many fetch sessions the broker remembers.") \
    X(MAX_REQUEST_PARTITION_SIZE_LIMIT, "max.request.partition.size.limit", INT, "2000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The most partitions one DescribeTopicPartitions answer holds.") \
    X(MESSAGE_MAX_BYTES, "message.max.bytes", INT, "1048588", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "The largest batch of records, as stored, that a topic takes.") \
    X(METRICS_LISTENER, "metrics.listener", STRING, "", RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, \
      LATER, NULL, "Ottla's own: host:port where metrics are served over HTTP. Empty: nowhere.") \
    X(MIN_INSYNC_REPLICAS, "min.insync.replicas", INT, "1", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "With acks=all, how many replicas must be in sync for a record to be taken.") \
    X(NODE_ID, "node.id", INT, "-1", AT_LEAST_INT(-1), NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The same as broker.id, by its newer name; goes before it.") \
    X(NUM_IO_THREADS, "num.io.threads", INT, "8", AT_LEAST_INT(1), NULL, SETTING_DYN_CLUSTER, \
      IGNORED, NULL, "How many threads handle requests. Ottla has reactors.") \
    X(NUM_NETWORK_THREADS, "num.network.threads", INT, "3", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How many threads serve the sockets. Ottla has reactors.") \
    X(NUM_PARTITIONS, "num.partitions", INT, "1", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, \
      ACTS, NULL, "How many partitions a new topic gets when the request does not say.") \
    X(NUM_RECOVERY_THREADS_PER_DATA_DIR, "num.recovery.threads.per.data.dir", INT, "2", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How many threads open the partitions of one directory at start. Ottla chooses for itself.") \
    X(OFFSETS_TOPIC_REPLICATION_FACTOR, "offsets.topic.replication.factor", SHORT, "3", \
      BETWEEN(1, 32767), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many replicas the topic of committed offsets has.") \
    X(PRODUCER_ID_EXPIRATION_MS, "producer.id.expiration.ms", INT, "86400000", AT_LEAST_INT(1), \
      NULL, SETTING_DYN_CLUSTER, ACTS, NULL, \
      "How long the broker remembers an idempotent producer that writes nothing.") \
    X(QUEUED_MAX_REQUEST_BYTES, "queued.max.request.bytes", LONG, "-1", RANGE_LONG, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The most bytes of requests that wait to be handled; -1 for no limit. Ottla has " \
      "frame.memory.bytes.") \
    X(REACTORS, "reactors", INT, "0", BETWEEN(0, 1024), NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "Ottla's own: how many event loops serve the connections; 0 lets the broker choose by the " \
      "number of processors.") \
    X(REPLICA_HIGH_WATERMARK_CHECKPOINT_INTERVAL_MS, \
      "replica.high.watermark.checkpoint.interval.ms", LONG, "5000", RANGE_LONG, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, "How often the high watermarks are written to the disk.") \
    X(REQUEST_TIMEOUT_MS, "request.timeout.ms", INT, "30000", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How long a request that a broker sends may wait for its answer.") \
    X(SECURITY_INTER_BROKER_PROTOCOL, "security.inter.broker.protocol", STRING, "PLAINTEXT", \
      RANGE_NONE, "PLAINTEXT,SSL,SASL_PLAINTEXT,SASL_SSL", SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The protocol brokers use among themselves. Not together with inter.broker.listener.name.") \
    X(SOCKET_LISTEN_BACKLOG_SIZE, "socket.listen.backlog.size", INT, "50", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, "How many connections may wait to be accepted.") \
    X(SOCKET_RECEIVE_BUFFER_BYTES, "socket.receive.buffer.bytes", INT, "102400", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The kernel's receive buffer of a connection; -1 leaves it to the kernel.") \
    X(SOCKET_REQUEST_MAX_BYTES, "socket.request.max.bytes", INT, "104857600", AT_LEAST_INT(1), \
      NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The largest request the broker takes. A larger one closes its connection.") \
    X(SOCKET_SEND_BUFFER_BYTES, "socket.send.buffer.bytes", INT, "102400", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The kernel's send buffer of a connection; -1 leaves it to the kernel.") \
    X(TRANSACTION_STATE_LOG_MIN_ISR, "transaction.state.log.min.isr", INT, "2", AT_LEAST_INT(1), \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many replicas of the topic of transaction states must be in sync for it to be " \
      "written.") \
    X(TRANSACTION_STATE_LOG_REPLICATION_FACTOR, "transaction.state.log.replication.factor", SHORT, \
      "3", BETWEEN(1, 32767), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many replicas the topic of transaction states has.") \
    X(UNCLEAN_LEADER_ELECTION_ENABLE, "unclean.leader.election.enable", BOOL, "false", RANGE_NONE, \
      NULL, SETTING_DYN_CLUSTER, ACTS, NULL, \
      "Whether a replica that is not in sync may become leader when no other is left, at the " \
      "cost of records.") \
    X(ZOOKEEPER_CONNECT, "zookeeper.connect", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, "3.9", \
      "The ZooKeeper servers of the cluster, as host:port between commas and maybe a path behind " \
      "them. Absent or empty: the broker stands alone and keeps its metadata in its first log " \
      "directory.")

#define SETTINGS_TOPIC(X) \
    X(CLEANUP_POLICY, "cleanup.policy", LIST, "delete", RANGE_NONE, "delete,compact", \
      SETTING_LOG_CLEANUP_POLICY, ACTS, NULL, \
      "What happens to old records: delete drops whole segments by age or size, compact keeps " \
      "the newest record of each key. Both may be given.") \
    X(COMPRESSION_GZIP_LEVEL, "compression.gzip.level", INT, "-1", BETWEEN(-1, 9), NULL, \
      SETTING_COMPRESSION_GZIP_LEVEL, ACTS, NULL, \
      "How hard gzip tries where the broker compresses itself.") \
    X(COMPRESSION_LZ4_LEVEL, "compression.lz4.level", INT, "9", BETWEEN(1, 17), NULL, \
      SETTING_COMPRESSION_LZ4_LEVEL, ACTS, NULL, \
      "How hard lz4 tries where the broker compresses itself.") \
    X(COMPRESSION_TYPE, "compression.type", STRING, "producer", RANGE_NONE, \
      "producer,uncompressed,gzip,snappy,lz4,zstd", SETTING_COMPRESSION_TYPE, ACTS, NULL, \
      "How batches are stored: as the producer made them, or always with the named compression.") \
    X(COMPRESSION_ZSTD_LEVEL, "compression.zstd.level", INT, "3", BETWEEN(-131072, 22), NULL, \
      SETTING_COMPRESSION_ZSTD_LEVEL, ACTS, NULL, \
      "How hard zstd tries where the broker compresses itself.") \
    X(DELETE_RETENTION_MS, "delete.retention.ms", LONG, "86400000", AT_LEAST_LONG(0), NULL, \
      SETTING_LOG_CLEANER_DELETE_RETENTION_MS, LATER, NULL, \
      "How long a compacted topic keeps the mark of a deleted key.") \
    X(DURABILITY, "durability", STRING, "fsync", RANGE_NONE, "fsync,replicated,memory", \
      SETTING_LOG_DURABILITY, ACTS, NULL, \
      "Ottla's own: what an acknowledgement with acks=all means. fsync: on disk on every in-sync " \
      "replica; replicated: in the memory of every in-sync replica, as in Kafka; memory: in the " \
      "memory of the leader.") \
    X(ERRORS_DEADLETTERQUEUE_GROUP_ENABLE, "errors.deadletterqueue.group.enable", BOOL, "false", \
      RANGE_NONE, NULL, SETTING_NONE, IGNORED, NULL, \
      "Whether share groups may use this topic for records they could not handle.") \
    X(FILE_DELETE_DELAY_MS, "file.delete.delay.ms", LONG, "60000", AT_LEAST_LONG(0), NULL, \
      SETTING_LOG_SEGMENT_DELETE_DELAY_MS, ACTS, NULL, \
      "How long the files of a dropped segment stay on the disk, for readers that still use " \
      "them.") \
    X(FLUSH_MESSAGES, "flush.messages", LONG, "9223372036854775807", AT_LEAST_LONG(1), NULL, \
      SETTING_LOG_FLUSH_INTERVAL_MESSAGES, ACTS, NULL, \
      "After how many records a partition is written through to the disk, whatever its " \
      "durability.") \
    X(FLUSH_MS, "flush.ms", LONG, "9223372036854775807", AT_LEAST_LONG(0), NULL, \
      SETTING_LOG_FLUSH_INTERVAL_MS, ACTS, NULL, \
      "How long a record may stay in memory only before it is written through to the disk.") \
    X(FOLLOWER_REPLICATION_THROTTLED_REPLICAS, "follower.replication.throttled.replicas", LIST, \
      "", RANGE_NONE, NULL, SETTING_NONE, IGNORED, NULL, \
      "The followers whose replication is throttled, as partition:broker between commas, or * " \
      "for all.") \
    X(INDEX_INTERVAL_BYTES, "index.interval.bytes", INT, "4096", AT_LEAST_INT(0), NULL, \
      SETTING_LOG_INDEX_INTERVAL_BYTES, ACTS, NULL, \
      "One entry goes into the offset index for about this many bytes of records.") \
    X(LEADER_REPLICATION_THROTTLED_REPLICAS, "leader.replication.throttled.replicas", LIST, "", \
      RANGE_NONE, NULL, SETTING_NONE, IGNORED, NULL, \
      "The leaders whose replication is throttled, as partition:broker between commas, or * for " \
      "all.") \
    X(LOCAL_RETENTION_BYTES, "local.retention.bytes", LONG, "-2", AT_LEAST_LONG(-2), NULL, \
      SETTING_NONE, IGNORED, NULL, \
      "With remote storage, how large the local part of a partition may grow; -2: as " \
      "retention.bytes.") \
    X(LOCAL_RETENTION_MS, "local.retention.ms", LONG, "-2", AT_LEAST_LONG(-2), NULL, SETTING_NONE, \
      IGNORED, NULL, \
      "With remote storage, how long records stay on the local disk; -2: as retention.ms.") \
    X(MAX_COMPACTION_LAG_MS, "max.compaction.lag.ms", LONG, "9223372036854775807", \
      AT_LEAST_LONG(1), NULL, SETTING_LOG_CLEANER_MAX_COMPACTION_LAG_MS, LATER, NULL, \
      "How long a record of a compacted topic may at most wait for its compaction.") \
    X(MAX_MESSAGE_BYTES, "max.message.bytes", INT, "1048588", AT_LEAST_INT(0), NULL, \
      SETTING_MESSAGE_MAX_BYTES, ACTS, NULL, \
      "The largest batch of records, as stored, that the topic takes.") \
    X(MESSAGE_DOWNCONVERSION_ENABLE, "message.downconversion.enable", BOOL, "true", RANGE_NONE, \
      NULL, SETTING_NONE, IGNORED, NULL, \
      "Whether batches are rewritten for clients that know only old formats. No broker of today " \
      "does.") \
    X(MESSAGE_FORMAT_VERSION, "message.format.version", STRING, "3.0-IV1", RANGE_NONE, NULL, \
      SETTING_NONE, IGNORED, "3.9", "The record format of the topic. Today there is only one.") \
    X(MESSAGE_TIMESTAMP_AFTER_MAX_MS, "message.timestamp.after.max.ms", LONG, "3600000", \
      AT_LEAST_LONG(0), NULL, SETTING_LOG_MESSAGE_TIMESTAMP_AFTER_MAX_MS, ACTS, NULL, \
      "How far ahead of the broker's clock a record's timestamp may be before the record is " \
      "refused.") \
    X(MESSAGE_TIMESTAMP_BEFORE_MAX_MS, "message.timestamp.before.max.ms", LONG, \
      "9223372036854775807", AT_LEAST_LONG(0), NULL, SETTING_LOG_MESSAGE_TIMESTAMP_BEFORE_MAX_MS, \
      ACTS, NULL, \
      "How far behind the broker's clock a record's timestamp may be before the record is " \
      "refused.") \
    X(MESSAGE_TIMESTAMP_DIFFERENCE_MAX_MS, "message.timestamp.difference.max.ms", LONG, \
      "9223372036854775807", AT_LEAST_LONG(0), NULL, SETTING_NONE, IGNORED, "3.9", \
      "How far a record's timestamp may be from the broker's clock; " \
      "message.timestamp.before.max.ms and .after.max.ms took its place.") \
    X(MESSAGE_TIMESTAMP_TYPE, "message.timestamp.type", STRING, "CreateTime", RANGE_NONE, \
      "CreateTime,LogAppendTime", SETTING_LOG_MESSAGE_TIMESTAMP_TYPE, ACTS, NULL, \
      "Whose clock stamps the records: the producer's (CreateTime) or the broker's at the append " \
      "(LogAppendTime).") \
    X(MIN_CLEANABLE_DIRTY_RATIO, "min.cleanable.dirty.ratio", DOUBLE, "0.5", BETWEEN(0, 1), NULL, \
      SETTING_LOG_CLEANER_MIN_CLEANABLE_RATIO, LATER, NULL, \
      "Which part of a compacted partition must be new before it is compacted again.") \
    X(MIN_COMPACTION_LAG_MS, "min.compaction.lag.ms", LONG, "0", AT_LEAST_LONG(0), NULL, \
      SETTING_LOG_CLEANER_MIN_COMPACTION_LAG_MS, LATER, NULL, \
      "How long a record of a compacted topic is at least kept as it is.") \
    X(MIN_INSYNC_REPLICAS, "min.insync.replicas", INT, "1", AT_LEAST_INT(1), NULL, \
      SETTING_MIN_INSYNC_REPLICAS, ACTS, NULL, \
      "With acks=all, how many replicas must be in sync for a record to be taken.") \
    X(PREALLOCATE, "preallocate", BOOL, "false", RANGE_NONE, NULL, SETTING_LOG_PREALLOCATE, ACTS, \
      NULL, "Whether a new segment's whole size is reserved on the disk at once.") \
    X(REMOTE_COPY_LAG_BYTES, "remote.copy.lag.bytes", LONG, "-1", RANGE_LONG, NULL, SETTING_NONE, \
      IGNORED, NULL, \
      "With remote storage, how many bytes of closed segments may wait before they are copied.") \
    X(REMOTE_COPY_LAG_MS, "remote.copy.lag.ms", LONG, "0", RANGE_LONG, NULL, SETTING_NONE, \
      IGNORED, NULL, "With remote storage, how long a closed segment waits before it is copied.") \
    X(REMOTE_LOG_COPY_DISABLE, "remote.log.copy.disable", BOOL, "false", RANGE_NONE, NULL, \
      SETTING_NONE, IGNORED, NULL, "With remote storage, whether copying is stopped.") \
    X(REMOTE_LOG_DELETE_ON_DISABLE, "remote.log.delete.on.disable", BOOL, "false", RANGE_NONE, \
      NULL, SETTING_NONE, IGNORED, NULL, \
      "Whether the remote part is deleted when remote storage is turned off for the topic.") \
    X(REMOTE_STORAGE_ENABLE, "remote.storage.enable", BOOL, "false", RANGE_NONE, NULL, \
      SETTING_NONE, IGNORED, NULL, "Whether closed segments are also kept in remote storage.") \
    X(RETENTION_BYTES, "retention.bytes", LONG, "-1", RANGE_LONG, NULL, \
      SETTING_LOG_RETENTION_BYTES, ACTS, NULL, \
      "How large a partition may grow before its oldest segments are dropped; -1 for no limit.") \
    X(RETENTION_MS, "retention.ms", LONG, "604800000", AT_LEAST_LONG(-1), NULL, \
      SETTING_LOG_RETENTION_MS, ACTS, NULL, \
      "How many milliseconds records are kept; -1 for ever.") \
    X(SEGMENT_BYTES, "segment.bytes", INT, "1073741824", AT_LEAST_INT(14), NULL, \
      SETTING_LOG_SEGMENT_BYTES, ACTS, NULL, \
      "How large a segment file grows before the next one begins.") \
    X(SEGMENT_INDEX_BYTES, "segment.index.bytes", INT, "10485760", AT_LEAST_INT(4), NULL, \
      SETTING_LOG_INDEX_SIZE_MAX_BYTES, ACTS, NULL, \
      "The most bytes an index of one segment may take. A full index begins a new segment.") \
    X(SEGMENT_JITTER_MS, "segment.jitter.ms", LONG, "0", AT_LEAST_LONG(0), NULL, \
      SETTING_LOG_ROLL_JITTER_MS, ACTS, NULL, \
      "The most milliseconds taken off segment.ms by chance, so that not all partitions roll at " \
      "once.") \
    X(SEGMENT_MS, "segment.ms", LONG, "604800000", AT_LEAST_LONG(1), NULL, SETTING_LOG_ROLL_MS, \
      ACTS, NULL, \
      "After how many milliseconds a new segment begins even if the old one is not full.") \
    X(UNCLEAN_LEADER_ELECTION_ENABLE, "unclean.leader.election.enable", BOOL, "false", RANGE_NONE, \
      NULL, SETTING_UNCLEAN_LEADER_ELECTION_ENABLE, ACTS, NULL, \
      "Whether a replica that is not in sync may become leader when no other is left, at the " \
      "cost of records.")

#endif
