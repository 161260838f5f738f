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
    X(ADD_PARTITIONS_TO_TXN_RETRY_BACKOFF_MAX_MS, "add.partitions.to.txn.retry.backoff.max.ms", \
      INT, "100", AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The longest the broker goes on trying to add a partition to a transaction itself.") \
    X(ADD_PARTITIONS_TO_TXN_RETRY_BACKOFF_MS, "add.partitions.to.txn.retry.backoff.ms", INT, "20", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long the broker waits before it tries again to add a partition to a transaction.") \
    X(ADVERTISED_HOST_NAME, "advertised.host.name", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, "2.8", \
      "The host clients are told; advertised.listeners took its place.") \
    X(ADVERTISED_LISTENERS, "advertised.listeners", LIST, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "What clients are told to connect to, as NAME://host:port between commas. Without it they " \
      "are told what listeners says. Never 0.0.0.0, which is no address anyone can connect to.") \
    X(ADVERTISED_PORT, "advertised.port", INT, NULL, RANGE_INT, NULL, SETTING_DYN_READ_ONLY, \
      IGNORED, "2.8", "The port clients are told; advertised.listeners took its place.") \
    X(ALLOW_EVERYONE_IF_NO_ACL_FOUND, "allow.everyone.if.no.acl.found", BOOL, "false", RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "Whether a resource without any ACL is open to all.") \
    X(ALTER_CONFIG_POLICY_CLASS_NAME, "alter.config.policy.class.name", CLASS, NULL, RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "A class that judges changes of settings. Ottla has no JVM and loads no classes.") \
    X(ALTER_LOG_DIRS_REPLICATION_QUOTA_WINDOW_NUM, "alter.log.dirs.replication.quota.window.num", \
      INT, "11", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How many windows the quota of moves between directories is averaged over.") \
    X(ALTER_LOG_DIRS_REPLICATION_QUOTA_WINDOW_SIZE_SECONDS, \
      "alter.log.dirs.replication.quota.window.size.seconds", INT, "1", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long each window of the quota of moves between directories is.") \
    X(AUTHORIZER_CLASS_NAME, "authorizer.class.name", STRING, "", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The class that decides who may do what. Ottla has no JVM and loads no classes.") \
    X(AUTO_CREATE_TOPICS_ENABLE, "auto.create.topics.enable", BOOL, "true", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "Whether a topic that does not exist is created when a client asks for its metadata.") \
    X(AUTO_INCLUDE_JMX_REPORTER, "auto.include.jmx.reporter", BOOL, "true", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, "3.9", \
      "Whether metrics are always offered over JMX. Ottla has no JVM and loads no classes.") \
    X(AUTO_LEADER_REBALANCE_ENABLE, "auto.leader.rebalance.enable", BOOL, "true", RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "Whether leadership goes back to the preferred replicas by itself.") \
    X(BACKGROUND_THREADS, "background.threads", INT, "10", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How many threads do background work. Ottla chooses for itself.") \
    X(BROKER_HEARTBEAT_INTERVAL_MS, "broker.heartbeat.interval.ms", INT, "2000", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How often a broker of a KRaft cluster tells the controller that it lives.") \
    X(BROKER_ID, "broker.id", INT, "-1", AT_LEAST_INT(-1), NULL, SETTING_DYN_READ_ONLY, ACTS, \
      NULL, \
      "The number of this broker in its cluster. With -1 the broker takes a free one and keeps " \
      "it in meta.properties.") \
    X(BROKER_ID_GENERATION_ENABLE, "broker.id.generation.enable", BOOL, "true", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "Whether a broker without an id is given one by the cluster.") \
    X(BROKER_RACK, "broker.rack", STRING, NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, ACTS, \
      NULL, \
      "The rack or zone this broker stands in. Clients see it in Metadata, and replicas are " \
      "spread over the racks.") \
    X(BROKER_SESSION_TIMEOUT_MS, "broker.session.timeout.ms", INT, "9000", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long a broker of a KRaft cluster may be silent before it counts as dead.") \
    X(CLIENT_QUOTA_CALLBACK_CLASS, "client.quota.callback.class", CLASS, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "A class that computes quotas. Ottla has no JVM and loads no classes.") \
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
    X(CONFIG_PROVIDERS, "config.providers", LIST, "", RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, \
      IGNORED, NULL, \
      "Classes that fetch values of settings from elsewhere. Ottla has no JVM and loads no " \
      "classes.") \
    X(CONNECTION_FAILED_AUTHENTICATION_DELAY_MS, "connection.failed.authentication.delay.ms", INT, \
      "100", AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long the connection of a client that failed to authenticate stays open before it is " \
      "closed.") \
    X(CONNECTIONS_MAX_IDLE_MS, "connections.max.idle.ms", LONG, "600000", RANGE_LONG, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "A connection on which nothing happens for this long is closed.") \
    X(CONNECTIONS_MAX_REAUTH_MS, "connections.max.reauth.ms", LONG, "0", RANGE_LONG, NULL, \
      SETTING_DYN_CLUSTER, LATER, NULL, \
      "After how long a SASL client must authenticate again; 0 for never.") \
    X(CONTROL_PLANE_LISTENER_NAME, "control.plane.listener.name", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, "3.9", "The listener of the controller's requests alone.") \
    X(CONTROLLED_SHUTDOWN_ENABLE, "controlled.shutdown.enable", BOOL, "true", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, \
      "Whether a broker hands over its leaderships before it stops.") \
    X(CONTROLLED_SHUTDOWN_MAX_RETRIES, "controlled.shutdown.max.retries", INT, "3", RANGE_INT, \
      NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "How often a stopping broker tries to hand over its leaderships.") \
    X(CONTROLLED_SHUTDOWN_RETRY_BACKOFF_MS, "controlled.shutdown.retry.backoff.ms", LONG, "5000", \
      RANGE_LONG, NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "How long a stopping broker waits before it tries again to hand over.") \
    X(CONTROLLER_LISTENER_NAMES, "controller.listener.names", LIST, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The listeners of KRaft controllers. Ottla has no KRaft.") \
    X(CONTROLLER_PERFORMANCE_ALWAYS_LOG_THRESHOLD_MS, \
      "controller.performance.always.log.threshold.ms", LONG, "2000", AT_LEAST_LONG(0), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "From which duration on the KRaft controller logs every slow event.") \
    X(CONTROLLER_PERFORMANCE_SAMPLE_PERIOD_MS, "controller.performance.sample.period.ms", LONG, \
      "60000", AT_LEAST_LONG(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How often the KRaft controller looks for its slowest event.") \
    X(CONTROLLER_QUORUM_APPEND_LINGER_MS, "controller.quorum.append.linger.ms", INT, "25", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long a KRaft leader gathers writes before it flushes them.") \
    X(CONTROLLER_QUORUM_AUTO_JOIN_ENABLE, "controller.quorum.auto.join.enable", BOOL, "false", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Whether a KRaft controller joins the quorum by itself.") \
    X(CONTROLLER_QUORUM_BOOTSTRAP_SERVERS, "controller.quorum.bootstrap.servers", LIST, "", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Where the KRaft quorum can be found. Ottla has no KRaft.") \
    X(CONTROLLER_QUORUM_ELECTION_BACKOFF_MAX_MS, "controller.quorum.election.backoff.max.ms", INT, \
      "1000", AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The longest wait between elections of a KRaft quorum.") \
    X(CONTROLLER_QUORUM_ELECTION_TIMEOUT_MS, "controller.quorum.election.timeout.ms", INT, "1000", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long a KRaft voter waits for the leader before it calls an election.") \
    X(CONTROLLER_QUORUM_FETCH_MAX_BYTES, "controller.quorum.fetch.max.bytes", INT, "1048576", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The most bytes one fetch of a KRaft quorum's log brings.") \
    X(CONTROLLER_QUORUM_FETCH_SNAPSHOT_MAX_BYTES, "controller.quorum.fetch.snapshot.max.bytes", \
      INT, "1048576", AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The most bytes one fetch of a KRaft quorum's snapshot brings.") \
    X(CONTROLLER_QUORUM_FETCH_TIMEOUT_MS, "controller.quorum.fetch.timeout.ms", INT, "2000", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long a KRaft node may be unable to fetch before the leader counts as lost.") \
    X(CONTROLLER_QUORUM_REQUEST_TIMEOUT_MS, "controller.quorum.request.timeout.ms", INT, "2000", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long a request within a KRaft quorum may wait for its answer.") \
    X(CONTROLLER_QUORUM_RETRY_BACKOFF_MS, "controller.quorum.retry.backoff.ms", INT, "20", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long a KRaft node waits before it sends a failed request again.") \
    X(CONTROLLER_QUORUM_VOTERS, "controller.quorum.voters", LIST, "", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The KRaft quorum, as id@host:port between commas. Ottla has no KRaft.") \
    X(CONTROLLER_QUOTA_WINDOW_NUM, "controller.quota.window.num", INT, "11", AT_LEAST_INT(1), \
      NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How many windows the quota of topic changes is averaged over.") \
    X(CONTROLLER_QUOTA_WINDOW_SIZE_SECONDS, "controller.quota.window.size.seconds", INT, "1", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long each window of the quota of topic changes is.") \
    X(CONTROLLER_SOCKET_TIMEOUT_MS, "controller.socket.timeout.ms", INT, "30000", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How long the controller waits for a broker's answer.") \
    X(CORDONED_LOG_DIRS, "cordoned.log.dirs", LIST, "", RANGE_NONE, NULL, SETTING_DYN_PER_BROKER, \
      IGNORED, NULL, "Directories that take no new partitions.") \
    X(CREATE_TOPIC_POLICY_CLASS_NAME, "create.topic.policy.class.name", CLASS, NULL, RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "A class that judges new topics. Ottla has no JVM and loads no classes.") \
    X(DEFAULT_REPLICATION_FACTOR, "default.replication.factor", INT, "1", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How many replicas a new topic gets when the request does not say.") \
    X(DELEGATION_TOKEN_EXPIRY_CHECK_INTERVAL_MS, "delegation.token.expiry.check.interval.ms", \
      LONG, "3600000", AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How often expired delegation tokens are looked for.") \
    X(DELEGATION_TOKEN_EXPIRY_TIME_MS, "delegation.token.expiry.time.ms", LONG, "86400000", \
      AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long a delegation token is valid before it must be renewed.") \
    X(DELEGATION_TOKEN_MASTER_KEY, "delegation.token.master.key", PASSWORD, NULL, RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", "The older name of delegation.token.secret.key.") \
    X(DELEGATION_TOKEN_MAX_LIFETIME_MS, "delegation.token.max.lifetime.ms", LONG, "604800000", \
      AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long a delegation token may be renewed.") \
    X(DELEGATION_TOKEN_SECRET_KEY, "delegation.token.secret.key", PASSWORD, NULL, RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The secret that delegation tokens are signed with, the same on every broker.") \
    X(DELETE_RECORDS_PURGATORY_PURGE_INTERVAL_REQUESTS, \
      "delete.records.purgatory.purge.interval.requests", INT, "1", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How often finished DeleteRecords requests are cleared away. Ottla clears them at once.") \
    X(DELETE_TOPIC_ENABLE, "delete.topic.enable", BOOL, "true", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "Whether topics may be deleted. When false, DeleteTopics is refused.") \
    X(EARLY_START_LISTENERS, "early.start.listeners", LIST, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Listeners that start before the authorizer is ready.") \
    X(ELIGIBLE_LEADER_REPLICAS_ENABLE, "eligible.leader.replicas.enable", BOOL, "false", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, "3.9", \
      "Whether replicas that just left the in-sync set may lead without loss.") \
    X(FETCH_MAX_BYTES, "fetch.max.bytes", INT, "57671680", AT_LEAST_INT(1024), NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The most bytes of records one fetch is answered with, whatever the client asks for.") \
    X(FETCH_PURGATORY_PURGE_INTERVAL_REQUESTS, "fetch.purgatory.purge.interval.requests", INT, \
      "1000", RANGE_INT, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How often finished fetches are cleared away. Ottla clears them at once.") \
    X(FOLLOWER_FETCH_LAST_TIERED_OFFSET_ENABLE, "follower.fetch.last.tiered.offset.enable", BOOL, \
      "false", RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Whether a new follower begins at the last offset in remote storage.") \
    X(FOLLOWER_REPLICATION_THROTTLED_RATE, "follower.replication.throttled.rate", LONG, \
      "9223372036854775807", AT_LEAST_LONG(0), NULL, SETTING_DYN_PER_BROKER, LATER, NULL, \
      "How many bytes a second this broker may fetch for throttled partitions.") \
    X(FRAME_MEMORY_BYTES, "frame.memory.bytes", LONG, "268435456", AT_LEAST_LONG(1048576), NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "Ottla's own: the memory that requests being received and answered may take together. When " \
      "it is used up the broker reads no further requests until some is free.") \
    X(GROUP_CONSUMER_ASSIGNMENT_INTERVAL_MS, "group.consumer.assignment.interval.ms", INT, "1000", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "The least time between two assignments of a consumer group.") \
    X(GROUP_CONSUMER_ASSIGNORS, "group.consumer.assignors", LIST, "uniform,range", RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The ways partitions may be assigned to a consumer group; the first is used when the " \
      "members do not say.") \
    X(GROUP_CONSUMER_HEARTBEAT_INTERVAL_MS, "group.consumer.heartbeat.interval.ms", INT, "5000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How often a member of a consumer group must tell that it lives.") \
    X(GROUP_CONSUMER_MAX_ASSIGNMENT_INTERVAL_MS, "group.consumer.max.assignment.interval.ms", INT, \
      "15000", AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The greatest assignment interval a consumer group may ask for.") \
    X(GROUP_CONSUMER_MAX_HEARTBEAT_INTERVAL_MS, "group.consumer.max.heartbeat.interval.ms", INT, \
      "15000", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The greatest heartbeat interval a consumer group may ask for.") \
    X(GROUP_CONSUMER_MAX_SESSION_TIMEOUT_MS, "group.consumer.max.session.timeout.ms", INT, \
      "60000", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The greatest session timeout a consumer group may ask for.") \
    X(GROUP_CONSUMER_MAX_SIZE, "group.consumer.max.size", INT, "2147483647", AT_LEAST_INT(1), \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, "How many members a consumer group may have.") \
    X(GROUP_CONSUMER_MIGRATION_POLICY, "group.consumer.migration.policy", STRING, "bidirectional", \
      RANGE_NONE, "bidirectional,upgrade,downgrade,disabled", SETTING_DYN_READ_ONLY, LATER, NULL, \
      "Whether groups may change between the classic and the consumer protocol.") \
    X(GROUP_CONSUMER_MIN_ASSIGNMENT_INTERVAL_MS, "group.consumer.min.assignment.interval.ms", INT, \
      "0", AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The least assignment interval a consumer group may ask for.") \
    X(GROUP_CONSUMER_MIN_HEARTBEAT_INTERVAL_MS, "group.consumer.min.heartbeat.interval.ms", INT, \
      "5000", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The least heartbeat interval a consumer group may ask for.") \
    X(GROUP_CONSUMER_MIN_SESSION_TIMEOUT_MS, "group.consumer.min.session.timeout.ms", INT, \
      "45000", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The least session timeout a consumer group may ask for.") \
    X(GROUP_CONSUMER_REGEX_REFRESH_INTERVAL_MS, "group.consumer.regex.refresh.interval.ms", INT, \
      "600000", AT_LEAST_INT(10000), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How often the topics that match a subscription's pattern are looked up again.") \
    X(GROUP_CONSUMER_SESSION_TIMEOUT_MS, "group.consumer.session.timeout.ms", INT, "45000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long a member of a consumer group may be silent before it is taken out.") \
    X(GROUP_COORDINATOR_APPEND_LINGER_MS, "group.coordinator.append.linger.ms", INT, "-1", \
      AT_LEAST_INT(-1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long the group coordinator gathers records before it writes them; -1 for as long as " \
      "the load suggests.") \
    X(GROUP_COORDINATOR_BACKGROUND_THREADS, "group.coordinator.background.threads", INT, "2", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many threads do background work of the group coordinator.") \
    X(GROUP_COORDINATOR_CACHED_BUFFER_MAX_BYTES, "group.coordinator.cached.buffer.max.bytes", INT, \
      "1048588", AT_LEAST_INT(524288), NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "The largest buffer the group coordinator keeps for its next write.") \
    X(GROUP_COORDINATOR_NEW_ENABLE, "group.coordinator.new.enable", BOOL, "false", RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", "Whether the newer group coordinator is used.") \
    X(GROUP_COORDINATOR_REBALANCE_PROTOCOLS, "group.coordinator.rebalance.protocols", LIST, \
      "classic,consumer,streams", RANGE_NONE, "classic,consumer,share,streams", \
      SETTING_DYN_READ_ONLY, LATER, NULL, "The kinds of groups that are served.") \
    X(GROUP_COORDINATOR_THREADS, "group.coordinator.threads", INT, "4", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How many threads serve the group coordinator.") \
    X(GROUP_INITIAL_REBALANCE_DELAY_MS, "group.initial.rebalance.delay.ms", INT, "3000", \
      RANGE_INT, NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long a new group waits for more members before its first assignment.") \
    X(GROUP_MAX_SESSION_TIMEOUT_MS, "group.max.session.timeout.ms", INT, "1800000", RANGE_INT, \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The longest session timeout a member may ask for.") \
    X(GROUP_MAX_SIZE, "group.max.size", INT, "2147483647", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How many members a group may have.") \
    X(GROUP_MIN_SESSION_TIMEOUT_MS, "group.min.session.timeout.ms", INT, "6000", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "The shortest session timeout a member may ask for.") \
    X(GROUP_SHARE_ASSIGNMENT_INTERVAL_MS, "group.share.assignment.interval.ms", INT, "1000", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "The least time between two assignments of a share group.") \
    X(GROUP_SHARE_ASSIGNORS, "group.share.assignors", LIST, "simple", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "The way partitions are assigned to a share group.") \
    X(GROUP_SHARE_DELIVERY_COUNT_LIMIT, "group.share.delivery.count.limit", INT, "5", \
      BETWEEN(2, 10), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How often a record is given to a share group before it is given up.") \
    X(GROUP_SHARE_ENABLE, "group.share.enable", BOOL, "false", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, "4.0", "Whether share groups are served.") \
    X(GROUP_SHARE_HEARTBEAT_INTERVAL_MS, "group.share.heartbeat.interval.ms", INT, "5000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How often a member of a share group must tell that it lives.") \
    X(GROUP_SHARE_INITIALIZE_RETRY_INTERVAL_MS, "group.share.initialize.retry.interval.ms", INT, \
      "30000", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How often setting up a share partition's state is tried again.") \
    X(GROUP_SHARE_MAX_ASSIGNMENT_INTERVAL_MS, "group.share.max.assignment.interval.ms", INT, \
      "15000", AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The greatest assignment interval a share group may ask for.") \
    X(GROUP_SHARE_MAX_DELIVERY_COUNT_LIMIT, "group.share.max.delivery.count.limit", INT, "10", \
      BETWEEN(5, 25), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The greatest delivery limit a share group may ask for.") \
    X(GROUP_SHARE_MAX_GROUPS, "group.share.max.groups", SHORT, "10", BETWEEN(1, 100), NULL, \
      SETTING_DYN_READ_ONLY, LATER, "4.0", "How many share groups there may be.") \
    X(GROUP_SHARE_MAX_HEARTBEAT_INTERVAL_MS, "group.share.max.heartbeat.interval.ms", INT, \
      "15000", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The greatest heartbeat interval a share group may ask for.") \
    X(GROUP_SHARE_MAX_PARTITION_MAX_RECORD_LOCKS, "group.share.max.partition.max.record.locks", \
      INT, "4000", BETWEEN(2000, 20000), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The greatest number of records per partition a share group may ask to have in work.") \
    X(GROUP_SHARE_MAX_RECORD_LOCK_DURATION_MS, "group.share.max.record.lock.duration.ms", INT, \
      "60000", BETWEEN(30000, 3600000), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The longest time a share group may ask to keep a record.") \
    X(GROUP_SHARE_MAX_SESSION_TIMEOUT_MS, "group.share.max.session.timeout.ms", INT, "60000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The greatest session timeout a share group may ask for.") \
    X(GROUP_SHARE_MAX_SHARE_SESSIONS, "group.share.max.share.sessions", INT, "2000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many share sessions the broker remembers.") \
    X(GROUP_SHARE_MAX_SIZE, "group.share.max.size", INT, "200", BETWEEN(1, 1000), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How many members a share group may have.") \
    X(GROUP_SHARE_MIN_ASSIGNMENT_INTERVAL_MS, "group.share.min.assignment.interval.ms", INT, "0", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The least assignment interval a share group may ask for.") \
    X(GROUP_SHARE_MIN_DELIVERY_COUNT_LIMIT, "group.share.min.delivery.count.limit", INT, "2", \
      BETWEEN(2, 5), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The least delivery limit a share group may ask for.") \
    X(GROUP_SHARE_MIN_HEARTBEAT_INTERVAL_MS, "group.share.min.heartbeat.interval.ms", INT, "5000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The least heartbeat interval a share group may ask for.") \
    X(GROUP_SHARE_MIN_PARTITION_MAX_RECORD_LOCKS, "group.share.min.partition.max.record.locks", \
      INT, "100", BETWEEN(100, 2000), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The least number of records per partition a share group may ask to have in work.") \
    X(GROUP_SHARE_MIN_RECORD_LOCK_DURATION_MS, "group.share.min.record.lock.duration.ms", INT, \
      "15000", BETWEEN(1000, 30000), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The shortest time a share group may ask to keep a record.") \
    X(GROUP_SHARE_MIN_SESSION_TIMEOUT_MS, "group.share.min.session.timeout.ms", INT, "45000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The least session timeout a share group may ask for.") \
    X(GROUP_SHARE_PARTITION_MAX_RECORD_LOCKS, "group.share.partition.max.record.locks", INT, \
      "2000", BETWEEN(100, 10000), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many records of a partition a share group may have in work at a time.") \
    X(GROUP_SHARE_PERSISTER_CLASS_NAME, "group.share.persister.class.name", STRING, \
      "org.apache.kafka.server.share.persister.DefaultStatePersister", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The class that stores the state of share groups. Ottla has no JVM and loads no classes.") \
    X(GROUP_SHARE_RECORD_LOCK_DURATION_MS, "group.share.record.lock.duration.ms", INT, "30000", \
      BETWEEN(1000, 3600000), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long a member of a share group may keep a record before another gets it.") \
    X(GROUP_SHARE_SESSION_TIMEOUT_MS, "group.share.session.timeout.ms", INT, "45000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long a member of a share group may be silent before it is taken out.") \
    X(GROUP_STREAMS_ASSIGNMENT_INTERVAL_MS, "group.streams.assignment.interval.ms", INT, "1000", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "The least time between two assignments of a streams group.") \
    X(GROUP_STREAMS_HEARTBEAT_INTERVAL_MS, "group.streams.heartbeat.interval.ms", INT, "5000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How often a member of a streams group must tell that it lives.") \
    X(GROUP_STREAMS_INITIAL_REBALANCE_DELAY_MS, "group.streams.initial.rebalance.delay.ms", INT, \
      "3000", AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long a new streams group waits for more members before its first assignment.") \
    X(GROUP_STREAMS_MAX_ASSIGNMENT_INTERVAL_MS, "group.streams.max.assignment.interval.ms", INT, \
      "15000", AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The greatest assignment interval a streams group may ask for.") \
    X(GROUP_STREAMS_MAX_HEARTBEAT_INTERVAL_MS, "group.streams.max.heartbeat.interval.ms", INT, \
      "15000", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The greatest heartbeat interval a streams group may ask for.") \
    X(GROUP_STREAMS_MAX_SESSION_TIMEOUT_MS, "group.streams.max.session.timeout.ms", INT, "60000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The greatest session timeout a streams group may ask for.") \
    X(GROUP_STREAMS_MAX_SIZE, "group.streams.max.size", INT, "2147483647", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How many members a streams group may have.") \
    X(GROUP_STREAMS_MAX_STANDBY_REPLICAS, "group.streams.max.standby.replicas", INT, "2", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many standby tasks a streams group may ask for.") \
    X(GROUP_STREAMS_MIN_ASSIGNMENT_INTERVAL_MS, "group.streams.min.assignment.interval.ms", INT, \
      "0", AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The least assignment interval a streams group may ask for.") \
    X(GROUP_STREAMS_MIN_HEARTBEAT_INTERVAL_MS, "group.streams.min.heartbeat.interval.ms", INT, \
      "5000", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The least heartbeat interval a streams group may ask for.") \
    X(GROUP_STREAMS_MIN_SESSION_TIMEOUT_MS, "group.streams.min.session.timeout.ms", INT, "45000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The least session timeout a streams group may ask for.") \
    X(GROUP_STREAMS_NUM_STANDBY_REPLICAS, "group.streams.num.standby.replicas", INT, "0", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many standby tasks a streams group gets.") \
    X(GROUP_STREAMS_SESSION_TIMEOUT_MS, "group.streams.session.timeout.ms", INT, "45000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long a member of a streams group may be silent before it is taken out.") \
    X(HOST_NAME, "host.name", STRING, "", RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, "2.8", \
      "The host to listen on; listeners took its place.") \
    X(INITIAL_BROKER_REGISTRATION_TIMEOUT_MS, "initial.broker.registration.timeout.ms", INT, \
      "60000", RANGE_INT, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long a starting broker tries to join a KRaft cluster.") \
    X(INTER_BROKER_LISTENER_NAME, "inter.broker.listener.name", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The name of the listener that brokers use among themselves. Not together with " \
      "security.inter.broker.protocol.") \
    X(INTER_BROKER_PROTOCOL_VERSION, "inter.broker.protocol.version", STRING, "3.9-IV0", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, "3.9", \
      "Which version of the protocol brokers speak among themselves. Ottla finds that out.") \
    X(INTERNAL_METADATA_DELETE_DELAY_MILLIS, "internal.metadata.delete.delay.millis", LONG, \
      "60000", AT_LEAST_LONG(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long removed files of a KRaft log stay on the disk.") \
    X(INTERNAL_METADATA_LOG_SEGMENT_BYTES, "internal.metadata.log.segment.bytes", INT, NULL, \
      AT_LEAST_INT(8), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How large a file of a KRaft log may be in tests.") \
    X(INTERNAL_METADATA_MAX_BATCH_SIZE_IN_BYTES, "internal.metadata.max.batch.size.in.bytes", INT, \
      "8388608", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The largest batch of a KRaft log.") \
    X(INTERNAL_METADATA_MAX_FETCH_SIZE_IN_BYTES, "internal.metadata.max.fetch.size.in.bytes", INT, \
      "8388608", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The largest fetch of a KRaft log.") \
    X(KAFKA_METRICS_POLLING_INTERVAL_SECS, "kafka.metrics.polling.interval.secs", INT, "10", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How often plug-ins read the metrics. Ottla has no JVM and loads no classes.") \
    X(KAFKA_METRICS_REPORTERS, "kafka.metrics.reporters", LIST, "", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Classes that report metrics. Ottla has no JVM and loads no classes.") \
    X(LEADER_IMBALANCE_CHECK_INTERVAL_SECONDS, "leader.imbalance.check.interval.seconds", LONG, \
      "300", AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How often the controller looks for leaders that are not the preferred ones.") \
    X(LEADER_IMBALANCE_PER_BROKER_PERCENTAGE, "leader.imbalance.per.broker.percentage", INT, "10", \
      RANGE_INT, NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "From which share of partitions with another leader on the controller acts.") \
    X(LEADER_REPLICATION_THROTTLED_RATE, "leader.replication.throttled.rate", LONG, \
      "9223372036854775807", AT_LEAST_LONG(0), NULL, SETTING_DYN_PER_BROKER, LATER, NULL, \
      "How many bytes a second this broker may give to followers of throttled partitions.") \
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
    X(LOG_CLEANER_BACKOFF_MS, "log.cleaner.backoff.ms", LONG, "15000", AT_LEAST_LONG(0), NULL, \
      SETTING_DYN_CLUSTER, LATER, NULL, \
      "How long the compaction rests when there is nothing to do.") \
    X(LOG_CLEANER_DEDUPE_BUFFER_SIZE, "log.cleaner.dedupe.buffer.size", LONG, "134217728", \
      RANGE_LONG, NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "How much memory compaction uses to find the newest record of each key.") \
    X(LOG_CLEANER_DELETE_RETENTION_MS, "log.cleaner.delete.retention.ms", LONG, "86400000", \
      AT_LEAST_LONG(0), NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "How long a compacted topic keeps the mark of a deleted key.") \
    X(LOG_CLEANER_ENABLE, "log.cleaner.enable", BOOL, "true", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "Whether compacted topics are compacted.") \
    X(LOG_CLEANER_IO_BUFFER_LOAD_FACTOR, "log.cleaner.io.buffer.load.factor", DOUBLE, "0.9", \
      AT_LEAST_LONG(0), NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "How full compaction's memory of keys may become.") \
    X(LOG_CLEANER_IO_BUFFER_SIZE, "log.cleaner.io.buffer.size", INT, "524288", AT_LEAST_INT(0), \
      NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "How much memory compaction uses for reading and writing.") \
    X(LOG_CLEANER_IO_MAX_BYTES_PER_SECOND, "log.cleaner.io.max.bytes.per.second", DOUBLE, \
      "1.7976931348623157E308", RANGE_LONG, NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "How many bytes a second compaction may read and write.") \
    X(LOG_CLEANER_MAX_COMPACTION_LAG_MS, "log.cleaner.max.compaction.lag.ms", LONG, \
      "9223372036854775807", AT_LEAST_LONG(1), NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "How long a record of a compacted topic may at most wait for its compaction.") \
    X(LOG_CLEANER_MIN_CLEANABLE_RATIO, "log.cleaner.min.cleanable.ratio", DOUBLE, "0.5", \
      BETWEEN(0, 1), NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "Which part of a compacted partition must be new before it is compacted again.") \
    X(LOG_CLEANER_MIN_COMPACTION_LAG_MS, "log.cleaner.min.compaction.lag.ms", LONG, "0", \
      AT_LEAST_LONG(0), NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "How long a record of a compacted topic is at least kept as it is.") \
    X(LOG_CLEANER_THREADS, "log.cleaner.threads", INT, "1", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_CLUSTER, LATER, NULL, "How many threads compact.") \
    X(LOG_CLEANUP_POLICY, "log.cleanup.policy", LIST, "delete", RANGE_NONE, "delete,compact", \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "What happens to old records: delete drops whole segments by age or size, compact keeps " \
      "the newest record of each key. Both may be given.") \
    X(LOG_DIR, "log.dir", LIST, "./data/standalone", RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, \
      ACTS, NULL, "One directory for the partitions, used when log.dirs is not given.") \
    X(LOG_DIR_FAILURE_TIMEOUT_MS, "log.dir.failure.timeout.ms", LONG, "30000", AT_LEAST_LONG(1), \
      NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long a broker whose directory failed tries to tell the controller before it stops.") \
    X(LOG_DIRS, "log.dirs", LIST, NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
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
    X(LOG_FLUSH_OFFSET_CHECKPOINT_INTERVAL_MS, "log.flush.offset.checkpoint.interval.ms", INT, \
      "60000", AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How often recovery points are written to the disk.") \
    X(LOG_FLUSH_SCHEDULER_INTERVAL_MS, "log.flush.scheduler.interval.ms", LONG, \
      "9223372036854775807", AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How often the broker looks whether a partition is due to be written through to the disk.") \
    X(LOG_FLUSH_START_OFFSET_CHECKPOINT_INTERVAL_MS, \
      "log.flush.start.offset.checkpoint.interval.ms", INT, "60000", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How often the starts of the partitions are written to the disk.") \
    X(LOG_INDEX_INTERVAL_BYTES, "log.index.interval.bytes", INT, "4096", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "One entry goes into the offset index for about this many bytes of records.") \
    X(LOG_INDEX_SIZE_MAX_BYTES, "log.index.size.max.bytes", INT, "10485760", AT_LEAST_INT(4), \
      NULL, SETTING_DYN_CLUSTER, ACTS, NULL, \
      "The most bytes an index of one segment may take. A full index begins a new segment.") \
    X(LOG_INITIAL_TASK_DELAY_MS, "log.initial.task.delay.ms", LONG, "30000", AT_LEAST_LONG(0), \
      NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long after the start the regular work on partitions begins.") \
    X(LOG_LOCAL_RETENTION_BYTES, "log.local.retention.bytes", LONG, "-2", AT_LEAST_LONG(-2), NULL, \
      SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "With remote storage, how large the local part of a partition may grow.") \
    X(LOG_LOCAL_RETENTION_MS, "log.local.retention.ms", LONG, "-2", AT_LEAST_LONG(-2), NULL, \
      SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "With remote storage, how long records stay on the local disk.") \
    X(LOG_MESSAGE_DOWNCONVERSION_ENABLE, "log.message.downconversion.enable", BOOL, "true", \
      RANGE_NONE, NULL, SETTING_DYN_CLUSTER, IGNORED, "3.9", \
      "Whether batches are rewritten for clients that know only old formats. No broker of today " \
      "does.") \
    X(LOG_MESSAGE_FORMAT_VERSION, "log.message.format.version", STRING, "3.0-IV1", RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, IGNORED, "3.9", \
      "The record format of topics. Today there is only one.") \
    X(LOG_MESSAGE_TIMESTAMP_AFTER_MAX_MS, "log.message.timestamp.after.max.ms", LONG, "3600000", \
      AT_LEAST_LONG(0), NULL, SETTING_DYN_CLUSTER, ACTS, NULL, \
      "How far ahead of the broker's clock a record's timestamp may be before the record is " \
      "refused.") \
    X(LOG_MESSAGE_TIMESTAMP_BEFORE_MAX_MS, "log.message.timestamp.before.max.ms", LONG, \
      "9223372036854775807", AT_LEAST_LONG(0), NULL, SETTING_DYN_CLUSTER, ACTS, NULL, \
      "How far behind the broker's clock a record's timestamp may be before the record is " \
      "refused.") \
    X(LOG_MESSAGE_TIMESTAMP_DIFFERENCE_MAX_MS, "log.message.timestamp.difference.max.ms", LONG, \
      "9223372036854775807", AT_LEAST_LONG(0), NULL, SETTING_DYN_CLUSTER, IGNORED, "3.9", \
      "How far a record's timestamp may be from the broker's clock; " \
      "log.message.timestamp.before.max.ms and .after.max.ms took its place.") \
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
    X(MAX_DECOMPRESSED_MESSAGE_BYTES, "max.decompressed.message.bytes", INT, NULL, \
      AT_LEAST_INT(1), NULL, SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How large a compressed batch may become when it is read. Ottla has a limit of its own.") \
    X(MAX_INCREMENTAL_FETCH_SESSION_CACHE_SLOTS, "max.incremental.fetch.session.cache.slots", INT, \
      "1000", AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How many fetch sessions the broker remembers.") \
    X(MAX_REQUEST_PARTITION_SIZE_LIMIT, "max.request.partition.size.limit", INT, "2000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The most partitions one DescribeTopicPartitions answer holds.") \
    X(MESSAGE_MAX_BYTES, "message.max.bytes", INT, "1048588", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_CLUSTER, ACTS, NULL, \
      "The largest batch of records, as stored, that a topic takes.") \
    X(METADATA_LOG_DIR, "metadata.log.dir", STRING, NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, \
      IGNORED, NULL, "The directory of a KRaft log. Ottla has no KRaft.") \
    X(METADATA_LOG_MAX_RECORD_BYTES_BETWEEN_SNAPSHOTS, \
      "metadata.log.max.record.bytes.between.snapshots", LONG, "20971520", AT_LEAST_LONG(1), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "After how many bytes a KRaft snapshot is made.") \
    X(METADATA_LOG_MAX_SNAPSHOT_INTERVAL_MS, "metadata.log.max.snapshot.interval.ms", LONG, \
      "3600000", AT_LEAST_LONG(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How often a KRaft snapshot is made.") \
    X(METADATA_LOG_SEGMENT_BYTES, "metadata.log.segment.bytes", INT, "1073741824", \
      AT_LEAST_INT(12), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How large a file of a KRaft log grows.") \
    X(METADATA_LOG_SEGMENT_MIN_BYTES, "metadata.log.segment.min.bytes", INT, "8388608", \
      AT_LEAST_INT(12), NULL, SETTING_DYN_READ_ONLY, IGNORED, "4.0", \
      "The least size of a file of a KRaft log.") \
    X(METADATA_LOG_SEGMENT_MS, "metadata.log.segment.ms", LONG, "604800000", RANGE_LONG, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "After how long a new file of a KRaft log begins.") \
    X(METADATA_MAX_IDLE_INTERVAL_MS, "metadata.max.idle.interval.ms", INT, "500", AT_LEAST_INT(0), \
      NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How often an idle KRaft controller writes a sign of life.") \
    X(METADATA_MAX_RETENTION_BYTES, "metadata.max.retention.bytes", LONG, "104857600", RANGE_LONG, \
      NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, "How large a KRaft log may grow.") \
    X(METADATA_MAX_RETENTION_MS, "metadata.max.retention.ms", LONG, "604800000", RANGE_LONG, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "How long a KRaft log is kept.") \
    X(METRIC_REPORTERS, "metric.reporters", LIST, "org.apache.kafka.common.metrics.JmxReporter", \
      RANGE_NONE, NULL, SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "Classes that report metrics. Ottla has no JVM and loads no classes. Ottla has " \
      "metrics.listener.") \
    X(METRICS_LISTENER, "metrics.listener", STRING, "", RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, \
      LATER, NULL, "Ottla's own: host:port where metrics are served over HTTP. Empty: nowhere.") \
    X(METRICS_NUM_SAMPLES, "metrics.num.samples", INT, "2", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "How many samples a metric is made of.") \
    X(METRICS_RECORDING_LEVEL, "metrics.recording.level", STRING, "INFO", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "How detailed metrics are.") \
    X(METRICS_SAMPLE_WINDOW_MS, "metrics.sample.window.ms", LONG, "30000", AT_LEAST_LONG(1), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "How long each sample of a metric is.") \
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
    X(NUM_REPLICA_ALTER_LOG_DIRS_THREADS, "num.replica.alter.log.dirs.threads", INT, NULL, \
      RANGE_INT, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How many threads move partitions between directories.") \
    X(NUM_REPLICA_FETCHERS, "num.replica.fetchers", INT, "1", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_CLUSTER, LATER, NULL, "How many threads fetch from each other broker.") \
    X(OFFSET_METADATA_MAX_BYTES, "offset.metadata.max.bytes", INT, "4096", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How long the note beside a committed offset may be.") \
    X(OFFSETS_COMMIT_REQUIRED_ACKS, "offsets.commit.required.acks", SHORT, "-1", \
      BETWEEN(-32768, 32767), NULL, SETTING_DYN_READ_ONLY, IGNORED, "3.9", \
      "How many replicas must have a committed offset.") \
    X(OFFSETS_COMMIT_TIMEOUT_MS, "offsets.commit.timeout.ms", INT, "5000", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How long a commit waits for the replicas.") \
    X(OFFSETS_LOAD_BUFFER_SIZE, "offsets.load.buffer.size", INT, "5242880", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many bytes are read at a time when committed offsets are loaded.") \
    X(OFFSETS_RETENTION_CHECK_INTERVAL_MS, "offsets.retention.check.interval.ms", LONG, "600000", \
      AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How often expired offsets are looked for.") \
    X(OFFSETS_RETENTION_MINUTES, "offsets.retention.minutes", INT, "10080", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long the offsets of a group without members are kept.") \
    X(OFFSETS_TOPIC_COMPRESSION_CODEC, "offsets.topic.compression.codec", INT, "0", BETWEEN(0, 4), \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How the topic of committed offsets is compressed, as the number of the codec.") \
    X(OFFSETS_TOPIC_NUM_PARTITIONS, "offsets.topic.num.partitions", INT, "50", AT_LEAST_INT(1), \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many partitions the topic of committed offsets has. Not to be changed later.") \
    X(OFFSETS_TOPIC_REPLICATION_FACTOR, "offsets.topic.replication.factor", SHORT, "3", \
      BETWEEN(1, 32767), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many replicas the topic of committed offsets has.") \
    X(OFFSETS_TOPIC_SEGMENT_BYTES, "offsets.topic.segment.bytes", INT, "104857600", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How large a segment of the topic of committed offsets grows.") \
    X(PASSWORD_ENCODER_CIPHER_ALGORITHM, "password.encoder.cipher.algorithm", STRING, \
      "AES/CBC/PKCS5Padding", RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "The cipher for passwords kept in ZooKeeper.") \
    X(PASSWORD_ENCODER_ITERATIONS, "password.encoder.iterations", INT, "4096", AT_LEAST_INT(8), \
      NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "How many rounds the key for passwords kept in ZooKeeper is derived with.") \
    X(PASSWORD_ENCODER_KEY_LENGTH, "password.encoder.key.length", INT, "128", AT_LEAST_INT(8), \
      NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "How long the key for passwords kept in ZooKeeper is.") \
    X(PASSWORD_ENCODER_KEYFACTORY_ALGORITHM, "password.encoder.keyfactory.algorithm", STRING, \
      NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "How the key for passwords kept in ZooKeeper is derived.") \
    X(PASSWORD_ENCODER_OLD_SECRET, "password.encoder.old.secret", PASSWORD, NULL, RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "The secret for passwords kept in ZooKeeper before the present one.") \
    X(PASSWORD_ENCODER_SECRET, "password.encoder.secret", PASSWORD, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "The secret that passwords kept in ZooKeeper are encrypted with.") \
    X(PORT, "port", INT, "9092", BETWEEN(0, 65535), NULL, SETTING_DYN_READ_ONLY, IGNORED, "2.8", \
      "The port to listen on; listeners took its place.") \
    X(PRINCIPAL_BUILDER_CLASS, "principal.builder.class", CLASS, \
      "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder", RANGE_NONE, \
      NULL, SETTING_DYN_PER_BROKER, IGNORED, NULL, \
      "The class that makes a principal of a connection. Ottla has no JVM and loads no classes.") \
    X(PROCESS_ROLES, "process.roles", LIST, "", RANGE_NONE, "broker,controller", \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "The parts a KRaft node plays. Ottla has no KRaft.") \
    X(PRODUCER_ID_EXPIRATION_CHECK_INTERVAL_MS, "producer.id.expiration.check.interval.ms", INT, \
      "600000", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How often the broker looks for idempotent producers to forget.") \
    X(PRODUCER_ID_EXPIRATION_MS, "producer.id.expiration.ms", INT, "86400000", AT_LEAST_INT(1), \
      NULL, SETTING_DYN_CLUSTER, ACTS, NULL, \
      "How long the broker remembers an idempotent producer that writes nothing.") \
    X(PRODUCER_PURGATORY_PURGE_INTERVAL_REQUESTS, "producer.purgatory.purge.interval.requests", \
      INT, "1000", RANGE_INT, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How often finished produce requests are cleared away. Ottla clears them at once.") \
    X(QUEUED_MAX_REQUEST_BYTES, "queued.max.request.bytes", LONG, "-1", RANGE_LONG, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The most bytes of requests that wait to be handled; -1 for no limit. Ottla has " \
      "frame.memory.bytes.") \
    X(QUEUED_MAX_REQUESTS, "queued.max.requests", INT, "500", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How many requests may wait to be handled. Ottla has frame.memory.bytes.") \
    X(QUOTA_CONSUMER_DEFAULT, "quota.consumer.default", LONG, "9223372036854775807", \
      AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, "2.8", \
      "How many bytes a second a consumer may fetch if nothing else is said.") \
    X(QUOTA_PRODUCER_DEFAULT, "quota.producer.default", LONG, "9223372036854775807", \
      AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, "2.8", \
      "How many bytes a second a producer may write if nothing else is said.") \
    X(QUOTA_WINDOW_NUM, "quota.window.num", INT, "11", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How many windows client quotas are averaged over.") \
    X(QUOTA_WINDOW_SIZE_SECONDS, "quota.window.size.seconds", INT, "1", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How long each window of the client quotas is.") \
    X(REACTORS, "reactors", INT, "0", BETWEEN(0, 1024), NULL, SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "Ottla's own: how many event loops serve the connections; 0 lets the broker choose by the " \
      "number of processors.") \
    X(REMOTE_FETCH_MAX_WAIT_MS, "remote.fetch.max.wait.ms", INT, "500", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How long a fetch waits for remote storage. Ottla has no remote storage yet.") \
    X(REMOTE_LIST_OFFSETS_REQUEST_TIMEOUT_MS, "remote.list.offsets.request.timeout.ms", LONG, \
      "30000", AT_LEAST_LONG(1), NULL, SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How long ListOffsets waits for remote storage. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_INDEX_FILE_CACHE_TOTAL_SIZE_BYTES, \
      "remote.log.index.file.cache.total.size.bytes", LONG, "1073741824", AT_LEAST_LONG(1), NULL, \
      SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How much disk the cache of remote indexes takes. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_INDEX_FILE_CACHE_TTL_MS, "remote.log.index.file.cache.ttl.ms", LONG, "900000", \
      AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long a remote index stays in the cache. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_MANAGER_COPIER_THREAD_POOL_SIZE, "remote.log.manager.copier.thread.pool.size", \
      INT, "10", RANGE_INT, NULL, SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How many threads copy segments away. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_MANAGER_COPY_MAX_BYTES_PER_SECOND, \
      "remote.log.manager.copy.max.bytes.per.second", LONG, "9223372036854775807", \
      AT_LEAST_LONG(1), NULL, SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How many bytes a second may be copied away. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_MANAGER_COPY_QUOTA_WINDOW_NUM, "remote.log.manager.copy.quota.window.num", INT, \
      "11", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How many windows the quota of copying is averaged over. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_MANAGER_COPY_QUOTA_WINDOW_SIZE_SECONDS, \
      "remote.log.manager.copy.quota.window.size.seconds", INT, "1", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long each window of the quota of copying is. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_MANAGER_EXPIRATION_THREAD_POOL_SIZE, \
      "remote.log.manager.expiration.thread.pool.size", INT, "10", RANGE_INT, NULL, \
      SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How many threads delete remote segments. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_MANAGER_FETCH_MAX_BYTES_PER_SECOND, \
      "remote.log.manager.fetch.max.bytes.per.second", LONG, "9223372036854775807", \
      AT_LEAST_LONG(1), NULL, SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How many bytes a second may be fetched from remote storage. Ottla has no remote storage " \
      "yet.") \
    X(REMOTE_LOG_MANAGER_FETCH_QUOTA_WINDOW_NUM, "remote.log.manager.fetch.quota.window.num", INT, \
      "11", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How many windows the quota of remote fetches is averaged over. Ottla has no remote " \
      "storage yet.") \
    X(REMOTE_LOG_MANAGER_FETCH_QUOTA_WINDOW_SIZE_SECONDS, \
      "remote.log.manager.fetch.quota.window.size.seconds", INT, "1", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long each window of the quota of remote fetches is. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_MANAGER_FOLLOWER_THREAD_POOL_SIZE, \
      "remote.log.manager.follower.thread.pool.size", INT, "2", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How many threads follow remote storage for followers. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_MANAGER_TASK_INTERVAL_MS, "remote.log.manager.task.interval.ms", LONG, "30000", \
      AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How often work for remote storage is looked for. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_MANAGER_TASK_RETRY_BACKOFF_MAX_MS, \
      "remote.log.manager.task.retry.backoff.max.ms", LONG, "30000", AT_LEAST_LONG(1), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The longest wait before failed work for remote storage is tried again. Ottla has no " \
      "remote storage yet.") \
    X(REMOTE_LOG_MANAGER_TASK_RETRY_BACKOFF_MS, "remote.log.manager.task.retry.backoff.ms", LONG, \
      "500", AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The first wait before failed work for remote storage is tried again. Ottla has no remote " \
      "storage yet.") \
    X(REMOTE_LOG_MANAGER_TASK_RETRY_JITTER, "remote.log.manager.task.retry.jitter", DOUBLE, "0.2", \
      BETWEEN(0, 1), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Which part of such a wait is left to chance. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_MANAGER_THREAD_POOL_SIZE, "remote.log.manager.thread.pool.size", INT, "2", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How many threads schedule work for remote storage. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_METADATA_CUSTOM_METADATA_MAX_BYTES, \
      "remote.log.metadata.custom.metadata.max.bytes", INT, "128", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How much a plug-in may note beside a remote segment. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_METADATA_MANAGER_CLASS_NAME, "remote.log.metadata.manager.class.name", STRING, \
      "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The class that knows the remote segments. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_METADATA_MANAGER_CLASS_PATH, "remote.log.metadata.manager.class.path", STRING, \
      NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Where that class is found. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_METADATA_MANAGER_IMPL_PREFIX, "remote.log.metadata.manager.impl.prefix", STRING, \
      "rlmm.config.", RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "What the settings meant for that class begin with. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_METADATA_MANAGER_LISTENER_NAME, "remote.log.metadata.manager.listener.name", \
      STRING, NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The listener that class connects to. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_READER_MAX_PENDING_TASKS, "remote.log.reader.max.pending.tasks", INT, "100", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How many remote reads may wait. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_READER_THREADS, "remote.log.reader.threads", INT, "10", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_CLUSTER, IGNORED, NULL, \
      "How many threads read from remote storage. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_STORAGE_MANAGER_CLASS_NAME, "remote.log.storage.manager.class.name", STRING, \
      NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The class that stores segments remotely. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_STORAGE_MANAGER_CLASS_PATH, "remote.log.storage.manager.class.path", STRING, \
      NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Where the storing class is found. Ottla has no remote storage yet.") \
    X(REMOTE_LOG_STORAGE_MANAGER_IMPL_PREFIX, "remote.log.storage.manager.impl.prefix", STRING, \
      "rsm.config.", RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "What the settings meant for the storing class begin with. Ottla has no remote storage " \
      "yet.") \
    X(REMOTE_LOG_STORAGE_SYSTEM_ENABLE, "remote.log.storage.system.enable", BOOL, "false", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Whether closed segments may also be kept in remote storage. Ottla has no remote storage " \
      "yet.") \
    X(REPLICA_ALTER_LOG_DIRS_IO_MAX_BYTES_PER_SECOND, \
      "replica.alter.log.dirs.io.max.bytes.per.second", LONG, "9223372036854775807", \
      AT_LEAST_LONG(0), NULL, SETTING_DYN_PER_BROKER, IGNORED, NULL, \
      "How many bytes a second moves between directories may take.") \
    X(REPLICA_FETCH_BACKOFF_MS, "replica.fetch.backoff.ms", INT, "1000", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How long a follower waits after a failed fetch.") \
    X(REPLICA_FETCH_MAX_BYTES, "replica.fetch.max.bytes", INT, "1048576", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many bytes of one partition a follower fetches at a time.") \
    X(REPLICA_FETCH_MIN_BYTES, "replica.fetch.min.bytes", INT, "1", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many bytes the leader gathers before it answers a follower.") \
    X(REPLICA_FETCH_RESPONSE_MAX_BYTES, "replica.fetch.response.max.bytes", INT, "10485760", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many bytes a follower fetches at a time.") \
    X(REPLICA_FETCH_WAIT_MAX_MS, "replica.fetch.wait.max.ms", INT, "500", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How long the leader may let a follower's fetch wait.") \
    X(REPLICA_HIGH_WATERMARK_CHECKPOINT_INTERVAL_MS, \
      "replica.high.watermark.checkpoint.interval.ms", LONG, "5000", RANGE_LONG, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, "How often the high watermarks are written to the disk.") \
    X(REPLICA_LAG_TIME_MAX_MS, "replica.lag.time.max.ms", LONG, "30000", RANGE_LONG, NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long a follower may lag before it is no longer in sync.") \
    X(REPLICA_SELECTOR_CLASS, "replica.selector.class", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The class that chooses the replica a consumer reads from. Ottla has no JVM and loads no " \
      "classes.") \
    X(REPLICA_SOCKET_RECEIVE_BUFFER_BYTES, "replica.socket.receive.buffer.bytes", INT, "65536", \
      RANGE_INT, NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The kernel's receive buffer of a follower's connection.") \
    X(REPLICA_SOCKET_TIMEOUT_MS, "replica.socket.timeout.ms", INT, "30000", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How long a follower waits for the leader's answer.") \
    X(REPLICATION_QUOTA_WINDOW_NUM, "replication.quota.window.num", INT, "11", AT_LEAST_INT(1), \
      NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How many windows replication quotas are averaged over.") \
    X(REPLICATION_QUOTA_WINDOW_SIZE_SECONDS, "replication.quota.window.size.seconds", INT, "1", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long each window of the replication quotas is.") \
    X(REQUEST_TIMEOUT_MS, "request.timeout.ms", INT, "30000", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "How long a request that a broker sends may wait for its answer.") \
    X(RESERVED_BROKER_MAX_ID, "reserved.broker.max.id", INT, "1000", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "Up to which number broker ids are given by people; the cluster gives the ones above.") \
    X(SASL_CLIENT_CALLBACK_HANDLER_CLASS, "sasl.client.callback.handler.class", CLASS, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "A class for the client side of SASL. Ottla has no JVM and loads no classes.") \
    X(SASL_ENABLED_MECHANISMS, "sasl.enabled.mechanisms", LIST, "GSSAPI", RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, LATER, NULL, "The SASL mechanisms a listener offers.") \
    X(SASL_JAAS_CONFIG, "sasl.jaas.config", PASSWORD, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, LATER, NULL, \
      "The login module of SASL and its options, the users of PLAIN among them.") \
    X(SASL_KERBEROS_KINIT_CMD, "sasl.kerberos.kinit.cmd", STRING, "/usr/bin/kinit", RANGE_NONE, \
      NULL, SETTING_DYN_PER_BROKER, IGNORED, NULL, "The kinit command.") \
    X(SASL_KERBEROS_MIN_TIME_BEFORE_RELOGIN, "sasl.kerberos.min.time.before.relogin", LONG, \
      "60000", RANGE_LONG, NULL, SETTING_DYN_PER_BROKER, IGNORED, NULL, \
      "The least time between two Kerberos logins.") \
    X(SASL_KERBEROS_PRINCIPAL_TO_LOCAL_RULES, "sasl.kerberos.principal.to.local.rules", LIST, \
      "DEFAULT", RANGE_NONE, NULL, SETTING_DYN_PER_BROKER, IGNORED, NULL, \
      "How Kerberos principals become user names.") \
    X(SASL_KERBEROS_SERVICE_NAME, "sasl.kerberos.service.name", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, IGNORED, NULL, "The Kerberos name of the broker's service.") \
    X(SASL_KERBEROS_TICKET_RENEW_JITTER, "sasl.kerberos.ticket.renew.jitter", DOUBLE, "0.05", \
      RANGE_LONG, NULL, SETTING_DYN_PER_BROKER, IGNORED, NULL, \
      "Which part of the wait for a new ticket is left to chance.") \
    X(SASL_KERBEROS_TICKET_RENEW_WINDOW_FACTOR, "sasl.kerberos.ticket.renew.window.factor", \
      DOUBLE, "0.8", RANGE_LONG, NULL, SETTING_DYN_PER_BROKER, IGNORED, NULL, \
      "After which part of a ticket's life it is renewed.") \
    X(SASL_LOGIN_CALLBACK_HANDLER_CLASS, "sasl.login.callback.handler.class", CLASS, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "A class for logins of SASL. Ottla has no JVM and loads no classes.") \
    X(SASL_LOGIN_CLASS, "sasl.login.class", CLASS, NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, \
      IGNORED, NULL, "A class for logins of SASL. Ottla has no JVM and loads no classes.") \
    X(SASL_LOGIN_CONNECT_TIMEOUT_MS, "sasl.login.connect.timeout.ms", INT, NULL, RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long a connection to an OAuth provider may take.") \
    X(SASL_LOGIN_READ_TIMEOUT_MS, "sasl.login.read.timeout.ms", INT, NULL, RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "How long an OAuth provider may take to answer.") \
    X(SASL_LOGIN_REFRESH_BUFFER_SECONDS, "sasl.login.refresh.buffer.seconds", SHORT, "300", \
      BETWEEN(0, 3600), NULL, SETTING_DYN_PER_BROKER, IGNORED, NULL, \
      "How long before its end a login is renewed at the latest.") \
    X(SASL_LOGIN_REFRESH_MIN_PERIOD_SECONDS, "sasl.login.refresh.min.period.seconds", SHORT, "60", \
      BETWEEN(0, 900), NULL, SETTING_DYN_PER_BROKER, IGNORED, NULL, \
      "The least time between two renewals of a login.") \
    X(SASL_LOGIN_REFRESH_WINDOW_FACTOR, "sasl.login.refresh.window.factor", DOUBLE, "0.8", \
      BETWEEN(0, 1), NULL, SETTING_DYN_PER_BROKER, IGNORED, NULL, \
      "After which part of its life a login is renewed.") \
    X(SASL_LOGIN_REFRESH_WINDOW_JITTER, "sasl.login.refresh.window.jitter", DOUBLE, "0.05", \
      BETWEEN(0, 1), NULL, SETTING_DYN_PER_BROKER, IGNORED, NULL, \
      "Which part of that is left to chance.") \
    X(SASL_LOGIN_RETRY_BACKOFF_MAX_MS, "sasl.login.retry.backoff.max.ms", LONG, "10000", \
      RANGE_LONG, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The longest wait before a failed OAuth login is tried again.") \
    X(SASL_LOGIN_RETRY_BACKOFF_MS, "sasl.login.retry.backoff.ms", LONG, "100", RANGE_LONG, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The first wait before a failed OAuth login is tried again.") \
    X(SASL_MECHANISM_CONTROLLER_PROTOCOL, "sasl.mechanism.controller.protocol", STRING, "GSSAPI", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The SASL mechanism for KRaft controllers.") \
    X(SASL_MECHANISM_INTER_BROKER_PROTOCOL, "sasl.mechanism.inter.broker.protocol", STRING, \
      "GSSAPI", RANGE_NONE, NULL, SETTING_DYN_PER_BROKER, LATER, NULL, \
      "The SASL mechanism brokers use among themselves.") \
    X(SASL_OAUTHBEARER_ASSERTION_ALGORITHM, "sasl.oauthbearer.assertion.algorithm", STRING, \
      "RS256", RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How an OAuth assertion is signed.") \
    X(SASL_OAUTHBEARER_ASSERTION_CLAIM_AUD, "sasl.oauthbearer.assertion.claim.aud", STRING, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The audience an OAuth assertion names.") \
    X(SASL_OAUTHBEARER_ASSERTION_CLAIM_EXP_SECONDS, \
      "sasl.oauthbearer.assertion.claim.exp.seconds", INT, "300", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "How long an OAuth assertion is valid.") \
    X(SASL_OAUTHBEARER_ASSERTION_CLAIM_ISS, "sasl.oauthbearer.assertion.claim.iss", STRING, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The issuer an OAuth assertion names.") \
    X(SASL_OAUTHBEARER_ASSERTION_CLAIM_JTI_INCLUDE, \
      "sasl.oauthbearer.assertion.claim.jti.include", BOOL, "false", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "Whether an OAuth assertion has an id.") \
    X(SASL_OAUTHBEARER_ASSERTION_CLAIM_NBF_SECONDS, \
      "sasl.oauthbearer.assertion.claim.nbf.seconds", INT, "60", AT_LEAST_INT(0), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "From how long ago on an OAuth assertion is valid.") \
    X(SASL_OAUTHBEARER_ASSERTION_CLAIM_SUB, "sasl.oauthbearer.assertion.claim.sub", STRING, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The subject an OAuth assertion names.") \
    X(SASL_OAUTHBEARER_ASSERTION_FILE, "sasl.oauthbearer.assertion.file", STRING, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, "A file with an OAuth assertion.") \
    X(SASL_OAUTHBEARER_ASSERTION_PRIVATE_KEY_FILE, "sasl.oauthbearer.assertion.private.key.file", \
      STRING, NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The key that signs OAuth assertions.") \
    X(SASL_OAUTHBEARER_ASSERTION_PRIVATE_KEY_PASSPHRASE, \
      "sasl.oauthbearer.assertion.private.key.passphrase", PASSWORD, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The passphrase of the key that signs OAuth assertions.") \
    X(SASL_OAUTHBEARER_ASSERTION_TEMPLATE_FILE, "sasl.oauthbearer.assertion.template.file", \
      STRING, NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "A template of OAuth assertions.") \
    X(SASL_OAUTHBEARER_CLIENT_CREDENTIALS_CLIENT_ID, \
      "sasl.oauthbearer.client.credentials.client.id", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "The client id at an OAuth provider.") \
    X(SASL_OAUTHBEARER_CLIENT_CREDENTIALS_CLIENT_SECRET, \
      "sasl.oauthbearer.client.credentials.client.secret", PASSWORD, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "The client secret at an OAuth provider.") \
    X(SASL_OAUTHBEARER_CLOCK_SKEW_SECONDS, "sasl.oauthbearer.clock.skew.seconds", INT, "30", \
      AT_LEAST_INT(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How far an OAuth provider's clock may be off.") \
    X(SASL_OAUTHBEARER_EXPECTED_AUDIENCE, "sasl.oauthbearer.expected.audience", LIST, "", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The audiences an OAuth token may name.") \
    X(SASL_OAUTHBEARER_EXPECTED_ISSUER, "sasl.oauthbearer.expected.issuer", STRING, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The issuer an OAuth token must name.") \
    X(SASL_OAUTHBEARER_HEADER_URLENCODE, "sasl.oauthbearer.header.urlencode", BOOL, "false", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Whether client id and secret are encoded as for a URL.") \
    X(SASL_OAUTHBEARER_JWKS_ENDPOINT_REFRESH_MS, "sasl.oauthbearer.jwks.endpoint.refresh.ms", \
      LONG, "3600000", AT_LEAST_LONG(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How often the keys of an OAuth provider are read anew.") \
    X(SASL_OAUTHBEARER_JWKS_ENDPOINT_RETRY_BACKOFF_MAX_MS, \
      "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", LONG, "10000", AT_LEAST_LONG(0), \
      NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The longest wait before failed keys are read again.") \
    X(SASL_OAUTHBEARER_JWKS_ENDPOINT_RETRY_BACKOFF_MS, \
      "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", LONG, "100", AT_LEAST_LONG(0), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "The first wait before failed keys are read again.") \
    X(SASL_OAUTHBEARER_JWKS_ENDPOINT_URL, "sasl.oauthbearer.jwks.endpoint.url", STRING, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Where the keys of an OAuth provider are.") \
    X(SASL_OAUTHBEARER_JWT_RETRIEVER_CLASS, "sasl.oauthbearer.jwt.retriever.class", CLASS, \
      "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The class that gets OAuth tokens. Ottla has no JVM and loads no classes.") \
    X(SASL_OAUTHBEARER_JWT_VALIDATOR_CLASS, "sasl.oauthbearer.jwt.validator.class", CLASS, \
      "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The class that checks OAuth tokens. Ottla has no JVM and loads no classes.") \
    X(SASL_OAUTHBEARER_SCOPE, "sasl.oauthbearer.scope", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "The scope asked of an OAuth provider.") \
    X(SASL_OAUTHBEARER_SCOPE_CLAIM_NAME, "sasl.oauthbearer.scope.claim.name", STRING, "scope", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The claim of an OAuth token that holds its scope.") \
    X(SASL_OAUTHBEARER_SUB_CLAIM_NAME, "sasl.oauthbearer.sub.claim.name", STRING, "sub", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "The claim of an OAuth token that holds its subject.") \
    X(SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL, "sasl.oauthbearer.token.endpoint.url", STRING, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Where an OAuth provider gives tokens.") \
    X(SASL_SERVER_CALLBACK_HANDLER_CLASS, "sasl.server.callback.handler.class", CLASS, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "A class for the server side of SASL. Ottla has no JVM and loads no classes.") \
    X(SASL_SERVER_MAX_RECEIVE_SIZE, "sasl.server.max.receive.size", INT, "524288", RANGE_INT, \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, "The largest message of SASL the broker takes.") \
    X(SECURITY_INTER_BROKER_PROTOCOL, "security.inter.broker.protocol", STRING, "PLAINTEXT", \
      RANGE_NONE, "PLAINTEXT,SSL,SASL_PLAINTEXT,SASL_SSL", SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "The protocol brokers use among themselves. Not together with inter.broker.listener.name.") \
    X(SECURITY_PROVIDERS, "security.providers", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Classes that provide algorithms. Ottla has no JVM and loads no classes.") \
    X(SERVER_MAX_STARTUP_TIME_MS, "server.max.startup.time.ms", LONG, "9223372036854775807", \
      AT_LEAST_LONG(0), NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "How long the broker may take to start.") \
    X(SHARE_COORDINATOR_APPEND_LINGER_MS, "share.coordinator.append.linger.ms", INT, "-1", \
      AT_LEAST_INT(-1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long the share coordinator gathers records before it writes them.") \
    X(SHARE_COORDINATOR_CACHED_BUFFER_MAX_BYTES, "share.coordinator.cached.buffer.max.bytes", INT, \
      "1048588", AT_LEAST_INT(524288), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The largest buffer the share coordinator keeps.") \
    X(SHARE_COORDINATOR_COLD_PARTITION_SNAPSHOT_INTERVAL_MS, \
      "share.coordinator.cold.partition.snapshot.interval.ms", LONG, "300000", AT_LEAST_LONG(1), \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How often the state of quiet share partitions is written anew.") \
    X(SHARE_COORDINATOR_LOAD_BUFFER_SIZE, "share.coordinator.load.buffer.size", INT, "5242880", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many bytes are read at a time when share states are loaded.") \
    X(SHARE_COORDINATOR_SNAPSHOT_UPDATE_RECORDS_PER_SNAPSHOT, \
      "share.coordinator.snapshot.update.records.per.snapshot", INT, "500", BETWEEN(0, 500), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many updates of a share state are written between two whole ones.") \
    X(SHARE_COORDINATOR_STATE_TOPIC_COMPRESSION_CODEC, \
      "share.coordinator.state.topic.compression.codec", INT, "0", BETWEEN(0, 4), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How the topic of share states is compressed, as the number of the codec.") \
    X(SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR, "share.coordinator.state.topic.min.isr", SHORT, "2", \
      BETWEEN(1, 32767), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many replicas of the topic of share states must be in sync.") \
    X(SHARE_COORDINATOR_STATE_TOPIC_NUM_PARTITIONS, \
      "share.coordinator.state.topic.num.partitions", INT, "50", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How many partitions the topic of share states has.") \
    X(SHARE_COORDINATOR_STATE_TOPIC_PRUNE_INTERVAL_MS, \
      "share.coordinator.state.topic.prune.interval.ms", INT, "300000", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How often the topic of share states is pruned.") \
    X(SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR, \
      "share.coordinator.state.topic.replication.factor", SHORT, "3", BETWEEN(1, 32767), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How many replicas the topic of share states has.") \
    X(SHARE_COORDINATOR_STATE_TOPIC_SEGMENT_BYTES, "share.coordinator.state.topic.segment.bytes", \
      INT, "104857600", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How large a segment of the topic of share states grows.") \
    X(SHARE_COORDINATOR_THREADS, "share.coordinator.threads", INT, "1", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, "How many threads serve the share coordinator.") \
    X(SHARE_COORDINATOR_WRITE_TIMEOUT_MS, "share.coordinator.write.timeout.ms", INT, "5000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long a write of the share coordinator waits for the replicas.") \
    X(SHARE_FETCH_PURGATORY_PURGE_INTERVAL_REQUESTS, \
      "share.fetch.purgatory.purge.interval.requests", INT, "1000", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "How often finished share fetches are cleared away.") \
    X(SOCKET_CONGESTION_CONTROL, "socket.congestion.control", STRING, "", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, NULL, \
      "Ottla's own: the TCP congestion control of client connections, such as reno, cubic or " \
      "bbr; " \
      "empty leaves the system's.") \
    X(SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS, "socket.connection.setup.timeout.max.ms", LONG, \
      "30000", RANGE_LONG, NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "The longest a connection to another broker may take to be set up.") \
    X(SOCKET_CONNECTION_SETUP_TIMEOUT_MS, "socket.connection.setup.timeout.ms", LONG, "10000", \
      RANGE_LONG, NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long the first try of a connection to another broker may take.") \
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
    X(SSL_ALLOW_DN_CHANGES, "ssl.allow.dn.changes", BOOL, "false", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, \
      "Whether a new certificate may have another name than the one it replaces.") \
    X(SSL_ALLOW_SAN_CHANGES, "ssl.allow.san.changes", BOOL, "false", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, NULL, \
      "Whether a new certificate may leave out alternative names of the one it replaces.") \
    X(SSL_CIPHER_SUITES, "ssl.cipher.suites", LIST, "", RANGE_NONE, NULL, SETTING_DYN_PER_BROKER, \
      LATER, NULL, "The ciphers that may be used; empty for the library's choice.") \
    X(SSL_CLIENT_AUTH, "ssl.client.auth", STRING, "none", RANGE_NONE, "required,requested,none", \
      SETTING_DYN_PER_BROKER, LATER, NULL, "Whether clients must or may show a certificate.") \
    X(SSL_ENABLED_PROTOCOLS, "ssl.enabled.protocols", LIST, "TLSv1.2,TLSv1.3", RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, LATER, NULL, "The versions of TLS that may be used.") \
    X(SSL_ENDPOINT_IDENTIFICATION_ALGORITHM, "ssl.endpoint.identification.algorithm", STRING, \
      "https", RANGE_NONE, NULL, SETTING_DYN_PER_BROKER, LATER, NULL, \
      "Whether a server's certificate must fit its host name; empty for no.") \
    X(SSL_ENGINE_FACTORY_CLASS, "ssl.engine.factory.class", CLASS, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, IGNORED, NULL, \
      "A class that makes TLS engines. Ottla has no JVM and loads no classes.") \
    X(SSL_KEY_PASSWORD, "ssl.key.password", PASSWORD, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, LATER, NULL, "The password of the private key.") \
    X(SSL_KEYMANAGER_ALGORITHM, "ssl.keymanager.algorithm", STRING, "SunX509", RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, IGNORED, NULL, "How Java finds its keys.") \
    X(SSL_KEYSTORE_CERTIFICATE_CHAIN, "ssl.keystore.certificate.chain", PASSWORD, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_PER_BROKER, LATER, NULL, \
      "The certificate and those that signed it, as PEM.") \
    X(SSL_KEYSTORE_KEY, "ssl.keystore.key", PASSWORD, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, LATER, NULL, "The private key, as PEM.") \
    X(SSL_KEYSTORE_LOCATION, "ssl.keystore.location", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, LATER, NULL, "The file with the private key and its certificates.") \
    X(SSL_KEYSTORE_PASSWORD, "ssl.keystore.password", PASSWORD, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, LATER, NULL, "The password of that file.") \
    X(SSL_KEYSTORE_TYPE, "ssl.keystore.type", STRING, "JKS", RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, LATER, NULL, "The kind of that file: PEM, PKCS12 or JKS.") \
    X(SSL_PRINCIPAL_MAPPING_RULES, "ssl.principal.mapping.rules", STRING, "DEFAULT", RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How the name in a client's certificate becomes a user name.") \
    X(SSL_PROTOCOL, "ssl.protocol", STRING, "TLSv1.3", RANGE_NONE, NULL, SETTING_DYN_PER_BROKER, \
      LATER, NULL, "The version of TLS a connection begins with.") \
    X(SSL_PROVIDER, "ssl.provider", STRING, NULL, RANGE_NONE, NULL, SETTING_DYN_PER_BROKER, \
      IGNORED, NULL, "The Java provider of TLS.") \
    X(SSL_SECURE_RANDOM_IMPLEMENTATION, "ssl.secure.random.implementation", STRING, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_PER_BROKER, IGNORED, NULL, \
      "The Java source of random numbers.") \
    X(SSL_TRUSTMANAGER_ALGORITHM, "ssl.trustmanager.algorithm", STRING, "PKIX", RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, IGNORED, NULL, "How Java decides whom to trust.") \
    X(SSL_TRUSTSTORE_CERTIFICATES, "ssl.truststore.certificates", PASSWORD, NULL, RANGE_NONE, \
      NULL, SETTING_DYN_PER_BROKER, LATER, NULL, "The certificates that are trusted, as PEM.") \
    X(SSL_TRUSTSTORE_LOCATION, "ssl.truststore.location", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, LATER, NULL, "The file with the certificates that are trusted.") \
    X(SSL_TRUSTSTORE_PASSWORD, "ssl.truststore.password", PASSWORD, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, LATER, NULL, \
      "The password of the file with the trusted certificates.") \
    X(SSL_TRUSTSTORE_TYPE, "ssl.truststore.type", STRING, "JKS", RANGE_NONE, NULL, \
      SETTING_DYN_PER_BROKER, LATER, NULL, \
      "The kind of the file with the trusted certificates: PEM, PKCS12 or JKS.") \
    X(SUPER_USERS, "super.users", STRING, NULL, RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, LATER, \
      NULL, "Who may do everything, as User:name between semicolons.") \
    X(TELEMETRY_MAX_BYTES, "telemetry.max.bytes", INT, "1048576", AT_LEAST_INT(1), NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, NULL, "The most telemetry a client may push at a time.") \
    X(TRANSACTION_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS, \
      "transaction.abort.timed.out.transaction.cleanup.interval.ms", INT, "10000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How often transactions that took too long are looked for.") \
    X(TRANSACTION_MAX_TIMEOUT_MS, "transaction.max.timeout.ms", INT, "900000", AT_LEAST_INT(1), \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, "The longest timeout a transaction may ask for.") \
    X(TRANSACTION_PARTITION_VERIFICATION_ENABLE, "transaction.partition.verification.enable", \
      BOOL, "true", RANGE_NONE, NULL, SETTING_DYN_CLUSTER, LATER, NULL, \
      "Whether a partition asks the coordinator before it takes transactional records.") \
    X(TRANSACTION_REMOVE_EXPIRED_TRANSACTION_CLEANUP_INTERVAL_MS, \
      "transaction.remove.expired.transaction.cleanup.interval.ms", INT, "3600000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How often expired transactional ids are looked for.") \
    X(TRANSACTION_STATE_LOG_LOAD_BUFFER_SIZE, "transaction.state.log.load.buffer.size", INT, \
      "5242880", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many bytes are read at a time when transaction states are loaded.") \
    X(TRANSACTION_STATE_LOG_MIN_ISR, "transaction.state.log.min.isr", INT, "2", AT_LEAST_INT(1), \
      NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many replicas of the topic of transaction states must be in sync for it to be " \
      "written.") \
    X(TRANSACTION_STATE_LOG_NUM_PARTITIONS, "transaction.state.log.num.partitions", INT, "50", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many partitions the topic of transaction states has. Not to be changed later.") \
    X(TRANSACTION_STATE_LOG_REPLICATION_FACTOR, "transaction.state.log.replication.factor", SHORT, \
      "3", BETWEEN(1, 32767), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How many replicas the topic of transaction states has.") \
    X(TRANSACTION_STATE_LOG_SEGMENT_BYTES, "transaction.state.log.segment.bytes", INT, \
      "104857600", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How large a segment of the topic of transaction states grows.") \
    X(TRANSACTION_TWO_PHASE_COMMIT_ENABLE, "transaction.two.phase.commit.enable", BOOL, "false", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "Whether transactions may be prepared and committed later by somebody else.") \
    X(TRANSACTIONAL_ID_EXPIRATION_MS, "transactional.id.expiration.ms", INT, "604800000", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How long an unused transactional id is remembered.") \
    X(UNCLEAN_LEADER_ELECTION_ENABLE, "unclean.leader.election.enable", BOOL, "false", RANGE_NONE, \
      NULL, SETTING_DYN_CLUSTER, ACTS, NULL, \
      "Whether a replica that is not in sync may become leader when no other is left, at the " \
      "cost of records.") \
    X(UNCLEAN_LEADER_ELECTION_INTERVAL_MS, "unclean.leader.election.interval.ms", LONG, "300000", \
      AT_LEAST_LONG(1), NULL, SETTING_DYN_READ_ONLY, LATER, NULL, \
      "How often the controller looks for partitions that need an unclean election.") \
    X(UNSTABLE_API_VERSIONS_ENABLE, "unstable.api.versions.enable", BOOL, "false", RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Whether versions of requests that may still change are offered.") \
    X(UNSTABLE_FEATURE_VERSIONS_ENABLE, "unstable.feature.versions.enable", BOOL, "false", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, NULL, \
      "Whether versions of features that may still change are offered.") \
    X(UNSTABLE_METADATA_VERSIONS_ENABLE, "unstable.metadata.versions.enable", BOOL, "false", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, "3.8", \
      "The older name of unstable.feature.versions.enable.") \
    X(ZOOKEEPER_CLIENTCNXNSOCKET, "zookeeper.clientCnxnSocket", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, "3.9", \
      "The Java class of the connection to ZooKeeper. Ottla has no JVM and loads no classes.") \
    X(ZOOKEEPER_CONNECT, "zookeeper.connect", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, ACTS, "3.9", \
      "The ZooKeeper servers of the cluster, as host:port between commas and maybe a path behind " \
      "them. Absent or empty: the broker stands alone and keeps its metadata in its first log " \
      "directory.") \
    X(ZOOKEEPER_CONNECTION_TIMEOUT_MS, "zookeeper.connection.timeout.ms", INT, NULL, RANGE_INT, \
      NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "How long the broker waits for ZooKeeper at start; without it as long as the session's " \
      "timeout.") \
    X(ZOOKEEPER_MAX_IN_FLIGHT_REQUESTS, "zookeeper.max.in.flight.requests", INT, "10", \
      AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "How many requests to ZooKeeper may wait for their answers.") \
    X(ZOOKEEPER_METADATA_MIGRATION_ENABLE, "zookeeper.metadata.migration.enable", BOOL, "false", \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, IGNORED, "3.9", \
      "Whether the cluster moves from ZooKeeper to KRaft. Ottla stays with ZooKeeper.") \
    X(ZOOKEEPER_METADATA_MIGRATION_MIN_BATCH_SIZE, "zookeeper.metadata.migration.min.batch.size", \
      INT, "200", AT_LEAST_INT(1), NULL, SETTING_DYN_READ_ONLY, IGNORED, "3.9", \
      "How much is moved to KRaft at a time.") \
    X(ZOOKEEPER_SESSION_TIMEOUT_MS, "zookeeper.session.timeout.ms", INT, "18000", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "How long ZooKeeper may miss the broker before it counts as dead.") \
    X(ZOOKEEPER_SET_ACL, "zookeeper.set.acl", BOOL, "false", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "Whether what the broker writes to ZooKeeper only brokers may change.") \
    X(ZOOKEEPER_SSL_CIPHER_SUITES, "zookeeper.ssl.cipher.suites", LIST, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, "3.9", "The ciphers of the connection to ZooKeeper.") \
    X(ZOOKEEPER_SSL_CLIENT_ENABLE, "zookeeper.ssl.client.enable", BOOL, "false", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, "3.9", "Whether the connection to ZooKeeper uses TLS.") \
    X(ZOOKEEPER_SSL_CRL_ENABLE, "zookeeper.ssl.crl.enable", BOOL, "false", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "Whether revoked certificates of ZooKeeper are looked for in lists.") \
    X(ZOOKEEPER_SSL_ENABLED_PROTOCOLS, "zookeeper.ssl.enabled.protocols", LIST, NULL, RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "The versions of TLS of the connection to ZooKeeper.") \
    X(ZOOKEEPER_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM, \
      "zookeeper.ssl.endpoint.identification.algorithm", STRING, "HTTPS", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "Whether ZooKeeper's certificate must fit its host name.") \
    X(ZOOKEEPER_SSL_KEYSTORE_LOCATION, "zookeeper.ssl.keystore.location", STRING, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "The file with the key for ZooKeeper.") \
    X(ZOOKEEPER_SSL_KEYSTORE_PASSWORD, "zookeeper.ssl.keystore.password", PASSWORD, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "The password of the file with the key for ZooKeeper.") \
    X(ZOOKEEPER_SSL_KEYSTORE_TYPE, "zookeeper.ssl.keystore.type", STRING, NULL, RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, "3.9", "The kind of the file with the key for ZooKeeper.") \
    X(ZOOKEEPER_SSL_OCSP_ENABLE, "zookeeper.ssl.ocsp.enable", BOOL, "false", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "Whether revoked certificates of ZooKeeper are asked for by OCSP.") \
    X(ZOOKEEPER_SSL_PROTOCOL, "zookeeper.ssl.protocol", STRING, "TLSv1.2", RANGE_NONE, NULL, \
      SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "The version of TLS the connection to ZooKeeper begins with.") \
    X(ZOOKEEPER_SSL_TRUSTSTORE_LOCATION, "zookeeper.ssl.truststore.location", STRING, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "The file with the certificates trusted for ZooKeeper.") \
    X(ZOOKEEPER_SSL_TRUSTSTORE_PASSWORD, "zookeeper.ssl.truststore.password", PASSWORD, NULL, \
      RANGE_NONE, NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "The password of the file with the certificates trusted for ZooKeeper.") \
    X(ZOOKEEPER_SSL_TRUSTSTORE_TYPE, "zookeeper.ssl.truststore.type", STRING, NULL, RANGE_NONE, \
      NULL, SETTING_DYN_READ_ONLY, LATER, "3.9", \
      "The kind of the file with the certificates trusted for ZooKeeper.") \
    X(ZOOKEEPER_SYNC_TIME_MS, "zookeeper.sync.time.ms", INT, "2000", RANGE_INT, NULL, \
      SETTING_DYN_READ_ONLY, IGNORED, "3.2", "How far a ZooKeeper follower may lag.")

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
      SETTING_LOG_LOCAL_RETENTION_BYTES, IGNORED, NULL, \
      "With remote storage, how large the local part of a partition may grow; -2: as " \
      "retention.bytes.") \
    X(LOCAL_RETENTION_MS, "local.retention.ms", LONG, "-2", AT_LEAST_LONG(-2), NULL, \
      SETTING_LOG_LOCAL_RETENTION_MS, IGNORED, NULL, \
      "With remote storage, how long records stay on the local disk; -2: as retention.ms.") \
    X(MAX_COMPACTION_LAG_MS, "max.compaction.lag.ms", LONG, "9223372036854775807", \
      AT_LEAST_LONG(1), NULL, SETTING_LOG_CLEANER_MAX_COMPACTION_LAG_MS, LATER, NULL, \
      "How long a record of a compacted topic may at most wait for its compaction.") \
    X(MAX_MESSAGE_BYTES, "max.message.bytes", INT, "1048588", AT_LEAST_INT(0), NULL, \
      SETTING_MESSAGE_MAX_BYTES, ACTS, NULL, \
      "The largest batch of records, as stored, that the topic takes.") \
    X(MESSAGE_DOWNCONVERSION_ENABLE, "message.downconversion.enable", BOOL, "true", RANGE_NONE, \
      NULL, SETTING_LOG_MESSAGE_DOWNCONVERSION_ENABLE, IGNORED, NULL, \
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
