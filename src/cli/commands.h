/*
 * The commands that exist. Each is described in the file that runs it; produce and consume are
 * described here in the library and run by programs of their own (cli/rdkafka/).
 *
 * Constants only.
 */
#ifndef OTTLA_CLI_COMMANDS_H
#define OTTLA_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_command server_command;
extern const struct cli_command topics_command;
extern const struct cli_command produce_command;
extern const struct cli_command consume_command;
extern const struct cli_command api_versions_command;

/* Indexes into produce_command.options. */
enum produce_option {
    PRODUCE_TOPIC,
    PRODUCE_BOOTSTRAP,
    PRODUCE_READER_PROPERTY,
    PRODUCE_COMMAND_PROPERTY,
    PRODUCE_COMMAND_CONFIG,
    PRODUCE_COMPRESSION,
    PRODUCE_SYNC,
    PRODUCE_BATCH_SIZE,
    PRODUCE_LINGER,
    PRODUCE_ACKS,
    PRODUCE_REQUEST_TIMEOUT,
    PRODUCE_MAX_BLOCK,
    PRODUCE_RETRIES,
    PRODUCE_RETRY_BACKOFF,
    PRODUCE_MAX_MEMORY,
    PRODUCE_PARTITION_MEMORY,
    PRODUCE_METADATA_EXPIRY,
    PRODUCE_SOCKET_BUFFER,
    PRODUCE_READER_CONFIG,
    PRODUCE_LINE_READER,
    PRODUCE_KEY_SERIALIZER,
    PRODUCE_VALUE_SERIALIZER,
    PRODUCE_OLD_PRODUCER,
    PRODUCE_QUEUE_SIZE,
    PRODUCE_QUEUE_TIMEOUT,
    PRODUCE_ZOOKEEPER,
    PRODUCE_OPTION_CNT
};

/* Indexes into consume_command.options. */
enum consume_option {
    CONSUME_TOPIC,
    CONSUME_INCLUDE,
    CONSUME_BOOTSTRAP,
    CONSUME_FROM_BEGINNING,
    CONSUME_PARTITION,
    CONSUME_OFFSET,
    CONSUME_MAX_MESSAGES,
    CONSUME_TIMEOUT,
    CONSUME_GROUP,
    CONSUME_FORMATTER_PROPERTY,
    CONSUME_COMMAND_PROPERTY,
    CONSUME_COMMAND_CONFIG,
    CONSUME_ISOLATION,
    CONSUME_SKIP_ON_ERROR,
    CONSUME_FORMATTER,
    CONSUME_FORMATTER_CONFIG,
    CONSUME_KEY_DESERIALIZER,
    CONSUME_VALUE_DESERIALIZER,
    CONSUME_SYSTEST,
    CONSUME_NEW_CONSUMER,
    CONSUME_BLACKLIST,
    CONSUME_DELETE_OFFSETS,
    CONSUME_CSV_REPORTER,
    CONSUME_METRICS_DIR,
    CONSUME_ZOOKEEPER,
    CONSUME_OPTION_CNT
};

#endif
