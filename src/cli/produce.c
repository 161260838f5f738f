/*
 * The flags and the help of `ottla produce`, in Kafka's words old and new. The program that runs it
 * is cli/rdkafka/produce.c.
 */
#include "cli/commands.h"

#define NUMBER(name_, value_, least_, help_) \
    { \
        .name = (name_), .type = OPTION_INT, .value = (value_), .least = (least_), \
        .greatest = INT32_MAX, .help = (help_) \
    }
#define IGNORED_TEXT(name_) \
    { \
        .name = (name_), .type = OPTION_TEXT, .value = "VALUE" \
    }

static const struct option options[PRODUCE_OPTION_CNT] = {
    [PRODUCE_TOPIC] = {.name = "--topic",
                       .type = OPTION_TEXT,
                       .required = true,
                       .value = "TOPIC",
                       .help = "Where the records go."},
    [PRODUCE_BOOTSTRAP] = CLI_OPTION_BOOTSTRAP("--broker-list"),
    [PRODUCE_READER_PROPERTY] = {.name = "--reader-property",
                                 .type = OPTION_TEXT,
                                 .repeatable = true,
                                 .older = "--property",
                                 .value = "KEY=VALUE",
                                 .help = "How a line is read; see above. Older name: --property."},
    [PRODUCE_COMMAND_PROPERTY] = {.name = "--command-property",
                                  .type = OPTION_TEXT,
                                  .repeatable = true,
                                  .older = "--producer-property",
                                  .value = "KEY=VALUE",
                                  .help = "A setting of the producer, such as linger.ms=20. Older "
                                          "name: --producer-property."},
    [PRODUCE_COMMAND_CONFIG] = {.name = "--command-config",
                                .type = OPTION_TEXT,
                                .older = "--producer.config --producer-config",
                                .value = "FILE",
                                .help = "A file with settings of the producer. Older name: "
                                        "--producer.config."},
    [PRODUCE_COMPRESSION] = {.name = "--compression-codec",
                             .type = OPTION_TEXT_MAYBE,
                             .value = "CODEC",
                             .otherwise = "gzip",
                             .help = "none, gzip, snappy, lz4 or zstd; without a value gzip."},
    [PRODUCE_SYNC] = {.name = "--sync",
                      .type = OPTION_FLAG,
                      .help = "Wait for the acknowledgement of each record before the next."},
    [PRODUCE_BATCH_SIZE] = NUMBER("--batch-size", "BYTES", 1, "The largest batch."),
    [PRODUCE_LINGER] =
        NUMBER("--timeout", "MS", 0,
               "How long a record waits for others to share its batch (default: 5)."),
    [PRODUCE_ACKS] = {.name = "--request-required-acks",
                      .type = OPTION_TEXT,
                      .value = "ACKS",
                      .help = "all (or -1, the default), 1 or 0: what an acknowledgement means."},
    [PRODUCE_REQUEST_TIMEOUT] =
        NUMBER("--request-timeout-ms", "MS", 1, "How long a request may take."),
    [PRODUCE_MAX_BLOCK] =
        NUMBER("--max-block-ms", "MS", 0,
               "How long to wait for the topic's metadata at the start (default: 60000)."),
    [PRODUCE_RETRIES] = NUMBER("--message-send-max-retries", "N", 0, "How often to try again."),
    [PRODUCE_RETRY_BACKOFF] = NUMBER("--retry-backoff-ms", "MS", 1, "The pause before that."),
    [PRODUCE_MAX_MEMORY] = NUMBER("--max-memory-bytes", "BYTES", 1,
                                  "The most memory for records on their way (default: 67108864)."),
    [PRODUCE_PARTITION_MEMORY] =
        NUMBER("--max-partition-memory-bytes", "BYTES", 1, "The same as --batch-size."),
    [PRODUCE_METADATA_EXPIRY] =
        NUMBER("--metadata-expiry-ms", "MS", 1, "After which time metadata is asked for anew."),
    [PRODUCE_SOCKET_BUFFER] =
        NUMBER("--socket-buffer-size", "BYTES", 0, "The kernel's send buffer."),
    [PRODUCE_READER_CONFIG] = {.name = "--reader-config",
                               .type = OPTION_TEXT,
                               .value = "FILE",
                               .help = "A file with reader properties."},
    [PRODUCE_LINE_READER] = {.name = "--line-reader",
                             .type = OPTION_TEXT,
                             .value = "CLASS",
                             .help = "Taken for the sake of old scripts; lines are always read by "
                                     "the built-in reader."},
    [PRODUCE_KEY_SERIALIZER] = IGNORED_TEXT("--key-serializer"),
    [PRODUCE_VALUE_SERIALIZER] = IGNORED_TEXT("--value-serializer"),
    [PRODUCE_OLD_PRODUCER] = {.name = "--old-producer", .type = OPTION_FLAG},
    [PRODUCE_QUEUE_SIZE] = IGNORED_TEXT("--queue-size"),
    [PRODUCE_QUEUE_TIMEOUT] = IGNORED_TEXT("--queue-enqueuetimeout-ms"),
    [PRODUCE_ZOOKEEPER] = {.name = "--zookeeper", .type = OPTION_TEXT, .value = "HOST:PORT"},
};

const struct cli_command produce_command = {
    .name = "produce",
    .script = "kafka-console-producer.sh",
    .summary = "Write lines of text into a topic, a record each",
    .usage = "--topic TOPIC [--bootstrap-server HOST:PORT] < FILE",
    .details =
        "Every line of the standard input becomes a record; a last line without its end counts.\n"
        "The bytes of a line are taken as they are. Ends when the input ends and all records are\n"
        "acknowledged; a record that could not be delivered is a sentence and exit code 1.\n"
        "\n"
        "Reader properties (with their defaults) say how a line is read:\n"
        "  parse.key=false            the line begins with a key\n"
        "  key.separator=TAB          what stands between key and value\n"
        "  parse.headers=false        the line begins with headers, before the key\n"
        "  headers.delimiter=TAB      what stands behind the headers\n"
        "  headers.separator=,        what stands between two headers\n"
        "  headers.key.separator=:    what stands between a header's name and its value\n"
        "  null.marker=               a key, value or header value of this text is null\n"
        "  ignore.error=false         a line without its separator is all value, and no failure",
    .examples = "ottla produce --topic test < /usr/share/common-licenses/GPL-3\n"
                "ottla produce --topic test --reader-property parse.key=true "
                "--reader-property key.separator=:\n"
                "seq 1000 | ottla produce --topic test --compression-codec zstd",
    .options = options,
    .option_cnt = PRODUCE_OPTION_CNT,
    .needs_rdkafka = true,
};
