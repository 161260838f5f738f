/*
 * The flags and the help of `ottla consume`, in Kafka's words old and new. The program that runs it
 * is cli/rdkafka/consume.c.
 */
#include "cli/commands.h"

#define IGNORED_TEXT(name_) \
    { \
        .name = (name_), .type = OPTION_TEXT, .value = "CLASS" \
    }

static const struct option options[CONSUME_OPTION_CNT] = {
    [CONSUME_TOPIC] = {.name = "--topic",
                       .type = OPTION_TEXT,
                       .value = "TOPIC",
                       .help = "The topic to read."},
    [CONSUME_INCLUDE] = {.name = "--include",
                         .type = OPTION_TEXT,
                         .older = "--whitelist",
                         .value = "REGEX",
                         .help = "Read every topic whose whole name matches. Older name: "
                                 "--whitelist."},
    [CONSUME_BOOTSTRAP] = CLI_OPTION_BOOTSTRAP("--broker-list"),
    [CONSUME_FROM_BEGINNING] = {.name = "--from-beginning",
                                .type = OPTION_FLAG,
                                .help = "Begin with the oldest record, not with the next one."},
    [CONSUME_PARTITION] = {.name = "--partition",
                           .type = OPTION_INT,
                           .value = "N",
                           .least = 0,
                           .greatest = INT32_MAX,
                           .help = "Read only this partition."},
    [CONSUME_OFFSET] = {.name = "--offset",
                        .type = OPTION_TEXT,
                        .value = "OFFSET",
                        .help = "Where to begin in --partition: earliest, latest or a number."},
    [CONSUME_MAX_MESSAGES] = {.name = "--max-messages",
                              .type = OPTION_INT,
                              .value = "N",
                              .least = -1,
                              .greatest = INT64_MAX,
                              .help = "End after so many records."},
    [CONSUME_TIMEOUT] = {.name = "--timeout-ms",
                         .type = OPTION_INT,
                         .value = "MS",
                         .least = 0,
                         .greatest = INT32_MAX,
                         .help = "End when no record came for so long."},
    [CONSUME_GROUP] = {.name = "--group",
                       .type = OPTION_TEXT,
                       .value = "GROUP",
                       .help = "Consumer groups come with a later version; the command says so and "
                               "reads without one."},
    [CONSUME_FORMATTER_PROPERTY] = {.name = "--formatter-property",
                                    .type = OPTION_TEXT,
                                    .repeatable = true,
                                    .older = "--property",
                                    .value = "KEY=VALUE",
                                    .help = "How a record is printed; see above. Older name: "
                                            "--property."},
    [CONSUME_COMMAND_PROPERTY] = {.name = "--command-property",
                                  .type = OPTION_TEXT,
                                  .repeatable = true,
                                  .older = "--consumer-property",
                                  .value = "KEY=VALUE",
                                  .help = "A setting of the consumer, such as fetch.min.bytes=1. "
                                          "Older name: --consumer-property."},
    [CONSUME_COMMAND_CONFIG] = {.name = "--command-config",
                                .type = OPTION_TEXT,
                                .older = "--consumer.config --consumer-config",
                                .value = "FILE",
                                .help = "A file with settings of the consumer. Older name: "
                                        "--consumer.config."},
    [CONSUME_ISOLATION] = {.name = "--isolation-level",
                           .type = OPTION_TEXT,
                           .value = "LEVEL",
                           .help = "read_uncommitted (the default) or read_committed."},
    [CONSUME_SKIP_ON_ERROR] = {.name = "--skip-message-on-error",
                               .type = OPTION_FLAG,
                               .help = "Go on after a record that can not be read."},
    [CONSUME_FORMATTER] = {.name = "--formatter",
                           .type = OPTION_TEXT,
                           .value = "CLASS",
                           .help = "Kafka's default formatter and its NoOpMessageFormatter are "
                                   "known."},
    [CONSUME_FORMATTER_CONFIG] = {.name = "--formatter-config",
                                  .type = OPTION_TEXT,
                                  .value = "FILE",
                                  .help = "A file with formatter properties."},
    [CONSUME_KEY_DESERIALIZER] = IGNORED_TEXT("--key-deserializer"),
    [CONSUME_VALUE_DESERIALIZER] = IGNORED_TEXT("--value-deserializer"),
    [CONSUME_SYSTEST] = {.name = "--enable-systest-events", .type = OPTION_FLAG},
    [CONSUME_NEW_CONSUMER] = {.name = "--new-consumer", .type = OPTION_FLAG},
    [CONSUME_BLACKLIST] = {.name = "--blacklist", .type = OPTION_TEXT, .value = "REGEX"},
    [CONSUME_DELETE_OFFSETS] = {.name = "--delete-consumer-offsets", .type = OPTION_FLAG},
    [CONSUME_CSV_REPORTER] = {.name = "--csv-reporter-enabled", .type = OPTION_FLAG},
    [CONSUME_METRICS_DIR] = {.name = "--metrics-dir", .type = OPTION_TEXT, .value = "FOLDER"},
    [CONSUME_ZOOKEEPER] = CLI_OPTION_ZOOKEEPER,
};

const struct cli_command consume_command = {
    .name = "consume",
    .script = "kafka-console-consumer.sh",
    .summary = "Print the records of a topic",
    .usage = "--topic TOPIC [--from-beginning] [--max-messages N] [--timeout-ms MS]\n"
             "--topic TOPIC --partition N [--offset earliest|latest|NUMBER]\n"
             "--include REGEX",
    .details =
        "Prints the value of every record, a line each, and waits for more until Ctrl-C,\n"
        "--max-messages or --timeout-ms end it. All partitions are read, each in its order.\n"
        "\n"
        "Formatter properties (with their defaults) say what is printed of a record, in this "
        "order:\n"
        "  print.timestamp=false  print.partition=false  print.offset=false\n"
        "  print.headers=false    print.key=false        print.value=true\n"
        "  key.separator=TAB          what stands between two of them\n"
        "  headers.separator=,        what stands between two headers\n"
        "  line.separator=NEWLINE     what stands behind a record\n"
        "  null.literal=null          what is printed for null",
    .examples = "ottla consume --topic test --from-beginning\n"
                "ottla consume --topic test --partition 0 --offset 42 --max-messages 1\n"
                "ottla consume --topic test --from-beginning --timeout-ms 1000 "
                "--formatter-property print.key=true",
    .options = options,
    .option_cnt = CONSUME_OPTION_CNT,
    .needs_rdkafka = true,
};
