/*
 * What the parts of `ottla topics` share: the flags, and the topics a command line means.
 * One command, one thread.
 */
#ifndef OTTLA_CLI_TOPICS_H
#define OTTLA_CLI_TOPICS_H

#include "base/arena.h"
#include "base/uuid.h"
#include "cli/cli.h"
#include "client/client.h"
#include "gen/metadata.h"

enum topics_option {
    TOPICS_CREATE,
    TOPICS_LIST,
    TOPICS_DESCRIBE,
    TOPICS_DELETE,
    TOPICS_ALTER,
    TOPICS_TOPIC,
    TOPICS_BOOTSTRAP,
    TOPICS_PARTITIONS,
    TOPICS_REPLICATION_FACTOR,
    TOPICS_REPLICA_ASSIGNMENT,
    TOPICS_CONFIG,
    TOPICS_IF_EXISTS,
    TOPICS_IF_NOT_EXISTS,
    TOPICS_TOPIC_ID,
    TOPICS_EXCLUDE_INTERNAL,
    TOPICS_UNDER_REPLICATED,
    TOPICS_UNAVAILABLE,
    TOPICS_UNDER_MIN_ISR,
    TOPICS_AT_MIN_ISR,
    TOPICS_WITH_OVERRIDES,
    TOPICS_JSON,
    TOPICS_COMMAND_CONFIG,
    TOPICS_SIZE_LIMIT,
    TOPICS_DELETE_CONFIG,
    TOPICS_DISABLE_RACK_AWARE,
    TOPICS_FORCE,
    TOPICS_ZOOKEEPER,
    TOPICS_OPTION_CNT
};

/* One run of the command. */
struct topics_run {
    const struct cli *cli;
    const struct options *o;
    struct client *client;
    struct arena arena; /* answers; names in it are copies */
};

/* Topics in the order of their names. */
struct topics_found {
    struct metadata_response_topic *at; /* in the arena */
    size_t cnt;
    int32_t *live; /* ids of the brokers that are there */
    size_t live_cnt;
};

/* "ottla topics: Error while executing topic command : ...", the wording scripts look for. Always 1. */
int topics_fail(const struct topics_run *run, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The topics that --topic, --topic-id and --exclude-internal mean; without them all. `must_exist`:
 * none at all is a failure. Returns 0, or 1 after a sentence. */
int topics_find(struct topics_run *run, bool must_exist, struct topics_found *ret) WARN_UNUSED;

int topics_describe(struct topics_run *run);

#endif
