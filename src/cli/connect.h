/*
 * How the commands reach a cluster: from --bootstrap-server and a file of settings to a connected
 * client. One thread.
 */
#ifndef OTTLA_CLI_CONNECT_H
#define OTTLA_CLI_CONNECT_H

#include "cli/cli.h"
#include "client/client.h"

/* Connects to the first broker that answers. `bootstrap` NULL: the file's bootstrap.servers, else
 * localhost:9092. `config_file` may be NULL. Returns 0, or 1 after a sentence. The client is the
 * caller's to free. */
int cli_connect(const struct cli *cli, const char *bootstrap, const char *config_file,
                struct client **ret_client) WARN_UNUSED;

#endif
