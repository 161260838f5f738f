#include "cli/commands.h"

const struct cli_command *const cli_commands[] = {
    &server_command, &topics_command, &produce_command, &consume_command, &api_versions_command,
};
const size_t cli_command_cnt = ARRAY_CNT(cli_commands);
