/*
 * The error codes of the Kafka protocol.
 *
 * These are what a client reads in a response; they are a type of their own, apart from the
 * internal `enum err`, and are made only where a request is answered. Names and numbers are the
 * protocol's; the short texts are ours and fit into the error_message fields of responses.
 *
 * Pure data and functions: no owner, any thread.
 */
#ifndef OTTLA_MODEL_KERR_H
#define OTTLA_MODEL_KERR_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, code, a client may simply try again, short text) */
#define KERR_LIST(X) \
    X(UNKNOWN_SERVER_ERROR, -1, false, "the broker met a fault it did not expect") \
    X(NONE, 0, false, "no error") \
    X(OFFSET_OUT_OF_RANGE, 1, false, "the offset is outside what the partition holds") \
    X(CORRUPT_MESSAGE, 2, true, "the record batch is damaged or its checksum does not match") \
    X(UNKNOWN_TOPIC_OR_PARTITION, 3, true, "this broker knows no such topic or partition") \
    X(INVALID_FETCH_SIZE, 4, false, "the fetch size is not a legal one") \
    X(LEADER_NOT_AVAILABLE, 5, true, "the partition has no leader at the moment") \
    X(NOT_LEADER_OR_FOLLOWER, 6, true, "this broker is not the replica the request needs") \
    X(REQUEST_TIMED_OUT, 7, true, "the request ran out of time") \
    X(BROKER_NOT_AVAILABLE, 8, false, "the broker can not be reached") \
    X(REPLICA_NOT_AVAILABLE, 9, true, "the replica is not here or not ready") \
    X(MESSAGE_TOO_LARGE, 10, false, "a batch is larger than the topic's max.message.bytes") \
    X(STALE_CONTROLLER_EPOCH, 11, false, "the request comes from a controller since replaced") \
    X(OFFSET_METADATA_TOO_LARGE, 12, false, "the note beside a committed offset is too long") \
    X(NETWORK_EXCEPTION, 13, true, "the connection ended before the answer came") \
    X(COORDINATOR_LOAD_IN_PROGRESS, 14, true, "the coordinator is still reading its state") \
    X(COORDINATOR_NOT_AVAILABLE, 15, true, "there is no coordinator at the moment") \
    X(NOT_COORDINATOR, 16, true, "another broker is the coordinator") \
    X(INVALID_TOPIC_EXCEPTION, 17, false, "the topic name is not legal") \
    X(RECORD_LIST_TOO_LARGE, 18, false, "the batches together are larger than one segment") \
    X(NOT_ENOUGH_REPLICAS, 19, true, "fewer replicas in sync than min.insync.replicas") \
    X(NOT_ENOUGH_REPLICAS_AFTER_APPEND, 20, true, \
      "written, but then fewer replicas in sync than min.insync.replicas") \
    X(INVALID_REQUIRED_ACKS, 21, false, "acks must be -1, 0 or 1") \
    X(ILLEGAL_GENERATION, 22, false, "the group has moved on to another generation") \
    X(INCONSISTENT_GROUP_PROTOCOL, 23, false, "the member shares no protocol with its group") \
    X(INVALID_GROUP_ID, 24, false, "the group id is not legal") \
    X(UNKNOWN_MEMBER_ID, 25, false, "the group has no such member") \
    X(INVALID_SESSION_TIMEOUT, 26, false, "the session timeout is outside the broker's limits") \
    X(REBALANCE_IN_PROGRESS, 27, false, "the group is rebalancing, join again") \
    X(INVALID_COMMIT_OFFSET_SIZE, 28, false, "the committed offset's data has an illegal size") \
    X(TOPIC_AUTHORIZATION_FAILED, 29, false, "not allowed on this topic") \
    X(GROUP_AUTHORIZATION_FAILED, 30, false, "not allowed on this group") \
    X(CLUSTER_AUTHORIZATION_FAILED, 31, false, "not allowed on this cluster") \
    X(INVALID_TIMESTAMP, 32, false, "a record's timestamp is outside what the topic accepts") \
    X(UNSUPPORTED_SASL_MECHANISM, 33, false, "this listener does not offer the SASL mechanism") \
    X(ILLEGAL_SASL_STATE, 34, false, "the request does not fit the state of authentication") \
    X(UNSUPPORTED_VERSION, 35, false, "this version of the request is not served") \
    X(TOPIC_ALREADY_EXISTS, 36, false, "a topic of this name exists") \
    X(INVALID_PARTITIONS, 37, false, "the number of partitions is not legal") \
    X(INVALID_REPLICATION_FACTOR, 38, false, "the replication factor is not possible here") \
    X(INVALID_REPLICA_ASSIGNMENT, 39, false, "the assignment of replicas is not legal") \
    X(INVALID_CONFIG, 40, false, "a setting is unknown or its value not legal") \
    X(NOT_CONTROLLER, 41, true, "another broker is the controller") \
    X(INVALID_REQUEST, 42, false, "the request contradicts itself or the protocol") \
    X(UNSUPPORTED_FOR_MESSAGE_FORMAT, 43, false, "the partition's record format can not do that") \
    X(POLICY_VIOLATION, 44, false, "a policy of this cluster forbids the request") \
    X(OUT_OF_ORDER_SEQUENCE_NUMBER, 45, false, "the producer's sequence leaves a gap") \
    X(DUPLICATE_SEQUENCE_NUMBER, 46, false, "the producer's sequence was seen before") \
    X(INVALID_PRODUCER_EPOCH, 47, false, "the producer's epoch is an old one") \
    X(INVALID_TXN_STATE, 48, false, "the transaction's state does not allow that") \
    X(INVALID_PRODUCER_ID_MAPPING, 49, false, "the producer id is not this transactional id's") \
    X(INVALID_TRANSACTION_TIMEOUT, 50, false, "the timeout exceeds transaction.max.timeout.ms") \
    X(CONCURRENT_TRANSACTIONS, 51, true, "an earlier step of this transaction is not finished") \
    X(TRANSACTION_COORDINATOR_FENCED, 52, false, "a newer transaction coordinator took over") \
    X(TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 53, false, "not allowed on this transactional id") \
    X(SECURITY_DISABLED, 54, false, "security is not turned on") \
    X(OPERATION_NOT_ATTEMPTED, 55, false, "not tried, because another part of the request failed") \
    X(KAFKA_STORAGE_ERROR, 56, true, "the disk under the partition failed") \
    X(LOG_DIR_NOT_FOUND, 57, false, "the broker has no such log directory") \
    X(SASL_AUTHENTICATION_FAILED, 58, false, "authentication failed") \
    X(UNKNOWN_PRODUCER_ID, 59, false, "nothing is known of this producer id any more") \
    X(REASSIGNMENT_IN_PROGRESS, 60, false, "the partition is being reassigned") \
    X(DELEGATION_TOKEN_AUTH_DISABLED, 61, false, "delegation tokens are not turned on") \
    X(DELEGATION_TOKEN_NOT_FOUND, 62, false, "there is no such delegation token") \
    X(DELEGATION_TOKEN_OWNER_MISMATCH, 63, false, "the token belongs to somebody else") \
    X(DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, 64, false, \
      "delegation tokens need an authenticated connection that is not itself a token's") \
    X(DELEGATION_TOKEN_AUTHORIZATION_FAILED, 65, false, "not allowed on this delegation token") \
    X(DELEGATION_TOKEN_EXPIRED, 66, false, "the delegation token has expired") \
    X(INVALID_PRINCIPAL_TYPE, 67, false, "this kind of principal is not served") \
    X(NON_EMPTY_GROUP, 68, false, "the group still has members") \
    X(GROUP_ID_NOT_FOUND, 69, false, "there is no such group") \
    X(FETCH_SESSION_ID_NOT_FOUND, 70, true, "there is no such fetch session") \
    X(INVALID_FETCH_SESSION_EPOCH, 71, true, "the fetch session expects another epoch") \
    X(LISTENER_NOT_FOUND, 72, true, "the leader offers no listener of this name") \
    X(TOPIC_DELETION_DISABLED, 73, false, "delete.topic.enable is false") \
    X(FENCED_LEADER_EPOCH, 74, true, "the request's leader epoch is older than the broker's") \
    X(UNKNOWN_LEADER_EPOCH, 75, true, "the request's leader epoch is newer than the broker's") \
    X(UNSUPPORTED_COMPRESSION_TYPE, 76, false, "the client can not read this compression") \
    X(STALE_BROKER_EPOCH, 77, false, "the broker has registered anew since") \
    X(OFFSET_NOT_AVAILABLE, 78, true, "the new leader does not know its high watermark yet") \
    X(MEMBER_ID_REQUIRED, 79, false, "join again with the member id given here") \
    X(PREFERRED_LEADER_NOT_AVAILABLE, 80, true, "the preferred leader is not available") \
    X(GROUP_MAX_SIZE_REACHED, 81, false, "the group is full (group.max.size)") \
    X(FENCED_INSTANCE_ID, 82, false, "another member took over this group.instance.id") \
    X(ELIGIBLE_LEADERS_NOT_AVAILABLE, 83, true, "no replica may become leader at the moment") \
    X(ELECTION_NOT_NEEDED, 84, true, "the partition already has the leader wished for") \
    X(NO_REASSIGNMENT_IN_PROGRESS, 85, false, "the partition is not being reassigned") \
    X(GROUP_SUBSCRIBED_TO_TOPIC, 86, false, "a member of the group still reads the topic") \
    X(INVALID_RECORD, 87, false, "a record does not keep the topic's rules") \
    X(UNSTABLE_OFFSET_COMMIT, 88, true, "offsets wait for a transaction to end") \
    X(THROTTLING_QUOTA_EXCEEDED, 89, true, "the quota is used up, try again later") \
    X(PRODUCER_FENCED, 90, false, "a newer producer has this transactional id") \
    X(RESOURCE_NOT_FOUND, 91, false, "there is no such resource") \
    X(DUPLICATE_RESOURCE, 92, false, "the resource is named twice") \
    X(UNACCEPTABLE_CREDENTIAL, 93, false, "the credential does not meet the rules") \
    X(INCONSISTENT_VOTER_SET, 94, false, "the voters named do not fit each other") \
    X(INVALID_UPDATE_VERSION, 95, false, "the update is based on another version") \
    X(FEATURE_UPDATE_FAILED, 96, false, "the features could not be changed") \
    X(PRINCIPAL_DESERIALIZATION_FAILURE, 97, false, "the forwarded principal is not readable") \
    X(SNAPSHOT_NOT_FOUND, 98, false, "there is no such snapshot") \
    X(POSITION_OUT_OF_RANGE, 99, false, "the position is outside the snapshot") \
    X(UNKNOWN_TOPIC_ID, 100, true, "this broker knows no topic of this id") \
    X(DUPLICATE_BROKER_REGISTRATION, 101, false, "a live broker has this id") \
    X(BROKER_ID_NOT_REGISTERED, 102, false, "no broker of this id is registered") \
    X(INCONSISTENT_TOPIC_ID, 103, true, "the log on disk belongs to another topic id") \
    X(INCONSISTENT_CLUSTER_ID, 104, false, "the request is meant for another cluster") \
    X(TRANSACTIONAL_ID_NOT_FOUND, 105, false, "there is no such transactional id") \
    X(FETCH_SESSION_TOPIC_ID_ERROR, 106, true, "the fetch session mixes topic ids and names") \
    X(INELIGIBLE_REPLICA, 107, false, "a replica named may not join the in-sync set") \
    X(NEW_LEADER_ELECTED, 108, false, "the change made another replica the leader") \
    X(OFFSET_MOVED_TO_TIERED_STORAGE, 109, false, "the offset is in remote storage only") \
    X(FENCED_MEMBER_EPOCH, 110, false, "the coordinator has moved past the member's epoch") \
    X(UNRELEASED_INSTANCE_ID, 111, false, "another member still holds this group.instance.id") \
    X(UNSUPPORTED_ASSIGNOR, 112, false, "the group's assignor is not offered here") \
    X(STALE_MEMBER_EPOCH, 113, false, "the member's epoch is old, heartbeat and try again") \
    X(MISMATCHED_ENDPOINT_TYPE, 114, false, "the request went to the wrong kind of endpoint") \
    X(UNSUPPORTED_ENDPOINT_TYPE, 115, false, "this kind of endpoint is not known") \
    X(UNKNOWN_CONTROLLER_ID, 116, false, "there is no such controller") \
    X(UNKNOWN_SUBSCRIPTION_ID, 117, false, "the telemetry subscription is an old one") \
    X(TELEMETRY_TOO_LARGE, 118, false, "the telemetry is larger than telemetry.max.bytes") \
    X(INVALID_REGISTRATION, 119, false, "the registration is not legal") \
    X(TRANSACTION_ABORTABLE, 120, false, "the transaction must be aborted") \
    X(INVALID_RECORD_STATE, 121, false, "the record's state does not allow this answer") \
    X(SHARE_SESSION_NOT_FOUND, 122, true, "there is no such share session") \
    X(INVALID_SHARE_SESSION_EPOCH, 123, true, "the share session expects another epoch") \
    X(FENCED_STATE_EPOCH, 124, false, "the share coordinator has a newer state epoch") \
    X(INVALID_VOTER_KEY, 125, false, "the voter's key is not the one of this replica") \
    X(DUPLICATE_VOTER, 126, false, "the voter is already there") \
    X(VOTER_NOT_FOUND, 127, false, "there is no such voter") \
    X(INVALID_REGULAR_EXPRESSION, 128, false, "the regular expression is not legal") \
    X(REBOOTSTRAP_REQUIRED, 129, false, "the client must start again from its bootstrap servers") \
    X(STREAMS_INVALID_TOPOLOGY, 130, false, "the streams topology is not legal") \
    X(STREAMS_INVALID_TOPOLOGY_EPOCH, 131, false, "the streams topology's epoch is not legal") \
    X(STREAMS_TOPOLOGY_FENCED, 132, false, "the streams topology's epoch is an old one") \
    X(SHARE_SESSION_LIMIT_REACHED, 133, true, "there are too many share sessions") \
    X(GROUP_DELETION_FAILED, 134, false, "the group could not be deleted") \
    X(STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED, 135, false, \
      "the description of the streams topology could not be stored") \
    X(CONTROLLER_ID_NOT_REGISTERED, 136, false, "no controller of this id is registered")

enum kerr {
#define X(name, code, retriable, text) KERR_##name = (code),
    KERR_LIST(X)
#undef X
};

#define KERR_CODE_MIN (-1)
#define KERR_CODE_MAX 136

/* The protocol's name, "UNKNOWN_TOPIC_OR_PARTITION"; for a code nobody defined: "UNKNOWN_CODE". */
const char *kerr_name(int16_t code);

/* One short text in words, for logs and error_message fields. Never NULL. */
const char *kerr_text(int16_t code);

/* True when the same request may succeed later without change. */
bool kerr_is_retriable(int16_t code);

#endif
