#include "cli/connect.h"

#include <string.h>

#include "cli/properties.h"

/* What the file says that matters to this client. Everything else in it belongs to others. */
static int check_settings(const struct cli *cli, const struct properties *p,
                          struct client_options *ret_options)
{
    const char *protocol = properties_get(p, "security.protocol");
    if (protocol != NULL && strcmp(protocol, "PLAINTEXT") != 0) {
        return cli_fail(
            cli,
            "security.protocol=%.40s is not spoken by this command yet; use a PLAINTEXT "
            "listener",
            protocol);
    }
    const char *timeout = properties_get(p, "request.timeout.ms");
    if (timeout != NULL &&
        (parse_int(timeout, &ret_options->request_ms) != 0 || ret_options->request_ms <= 0)) {
        return cli_fail(cli, "request.timeout.ms=%.40s is not a number of milliseconds", timeout);
    }
    ret_options->client_id = properties_get(p, "client.id");
    return 0;
}

static int connect_with(const struct cli *cli, const char *bootstrap, const struct properties *p,
                        struct client **ret_client)
{
    struct client_options options = {.client_id = NULL};
    if (check_settings(cli, p, &options) != 0) {
        return 1;
    }
    if (bootstrap == NULL) {
        bootstrap = properties_get(p, "bootstrap.servers");
    }
    struct endpoints brokers;
    char why[ENDPOINT_WHY_LEN];
    if (endpoints_parse(bootstrap == NULL ? CLI_BOOTSTRAP_DEFAULT : bootstrap, &brokers, why) !=
        0) {
        return cli_fail(cli, "%s", why);
    }
    struct client *c = NULL;
    int rc = client_new(cli->os, &options, &c);
    if (rc == 0) {
        rc = client_connect(c, &brokers);
    }
    if (rc != 0) {
        (void)cli_fail(cli, "%s", c == NULL ? err_text(rc) : client_why(c));
        client_free(c);
        return 1;
    }
    *ret_client = c;
    return 0;
}

int cli_connect(const struct cli *cli, const char *bootstrap, const char *config_file,
                struct client **ret_client)
{
    struct properties p;
    properties_init(&p);
    int rc = config_file == NULL ? 0 : properties_add_file(&p, cli, config_file);
    if (rc == 0) {
        rc = connect_with(cli, bootstrap, &p, ret_client);
    }
    properties_release(&p);
    return rc;
}
