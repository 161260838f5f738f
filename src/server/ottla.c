#include "ottla.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "server/config.h"
#include "server/log_sink.h"
#include "server/server.h"

/* include/ottla.h over server.h: one value that owns everything a broker in a program needs. */

struct ottla {
    struct os *os;
    struct log_sink *sink;
    struct config config;
    struct server *server;
};

static void ottla_free(struct ottla *o)
{
    server_free(o->server);
    config_release(&o->config);
    log_sink_free(o->sink);
    os_free(o->os);
    free(o);
}

int ottla_start(const char *const *settings, size_t settings_cnt, struct ottla **ret_broker,
                char why[OTTLA_WHY_LEN])
{
    struct ottla *o = calloc(1, sizeof(*o));
    struct config_why cfg_why = {{0}};
    int rc = o == NULL ? ERR_NOMEM : config_init(&o->config);

    (void)snprintf(why, OTTLA_WHY_LEN, "out of memory");
    if (rc != 0) {
        free(o);
        return rc;
    }
    rc = os_new(&o->os);
    if (rc == 0) {
        rc = log_sink_new(o->os, LOG_WARN, &o->sink);
    }
    for (size_t i = 0; rc == 0 && i < settings_cnt; i++) {
        rc = config_override(&o->config, settings[i], &cfg_why);
    }
    if (rc == 0) {
        rc = config_finish(&o->config, &cfg_why);
    }
    if (cfg_why.text[0] != '\0') {
        (void)snprintf(why, OTTLA_WHY_LEN, "%s", cfg_why.text);
    }
    if (rc == 0) {
        rc = server_start(o->os, log_sink_logger(o->sink), o->config.settings, &o->server, why);
    }
    if (rc != 0) {
        ottla_free(o);
        return rc;
    }
    *ret_broker = o;
    return 0;
}

uint16_t ottla_port(const struct ottla *broker)
{
    return server_listeners(broker->server)->at[0].port;
}

void ottla_stop(struct ottla *broker)
{
    server_stop(broker->server);
}

int ottla_wait(struct ottla *broker)
{
    char why[SERVER_WHY_LEN];
    int rc;

    if (broker == NULL) {
        return 0;
    }
    rc = server_wait(broker->server, why);
    ottla_free(broker);
    return rc;
}
