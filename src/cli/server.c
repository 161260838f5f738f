/*
 * What the help says of `ottla server`. The server reads its arguments itself; main.c brings it in.
 */
#include "cli/commands.h"

static const struct option options[] = {
    {.name = "--override",
     .type = OPTION_TEXT,
     .repeatable = true,
     .value = "KEY=VALUE",
     .help = "A setting that goes before the file's; may be given many times. An empty value is "
             "legal: --override zookeeper.connect="},
    {.name = "-daemon", .type = OPTION_FLAG, .help = "Go to the background."},
};

const struct cli_command server_command = {
    .name = "server",
    .script = "kafka-server-start.sh",
    .summary = "Start a broker",
    .usage = "[-daemon] [FILE] [--override KEY=VALUE ...]",
    .details = "Starts a broker in the foreground with the settings of a .properties file; without "
               "one it\n"
               "listens on localhost:9092 and keeps its data under ./data. Ctrl-C or SIGTERM stop "
               "it: what\n"
               "is in flight is finished, and everything is on the disk.",
    .examples = "ottla server\n"
                "ottla server config/server.properties --override zookeeper.connect=\n"
                "ottla server config/standalone.properties --override "
                "listeners=PLAINTEXT://localhost:9093",
    .options = options,
    .option_cnt = ARRAY_CNT(options),
    .takes_args = true,
};
