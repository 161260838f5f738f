/*
 * The program `ottla`: the command table decides; only the server is brought in from here, so that
 * the commands never depend on it.
 */
#include "cli/cli.h"
#include "server/server_main.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv, server_main);
}
