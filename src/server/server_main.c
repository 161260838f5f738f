#include "server/server_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/str.h"
#include "server/config.h"
#include "server/log_sink.h"
#include "server/server.h"

/*
 *     ottla server [-daemon] [CONFIG] [--override key=value]...
 *
 * Reads the file, starts the broker, says where it listens, where the data is and what to try, and
 * runs until SIGTERM or SIGINT.
 */

#define CONFIG_MAX_BYTES (1024 * 1024)
#define OVERRIDES_MAX 256

struct server_args {
    const char *config_path;
    const char *overrides[OVERRIDES_MAX];
    size_t override_cnt;
    bool daemon;
};

struct main_state {
    struct os *os;
    struct log_sink *sink;
    struct config config;
    struct server *server;
    int64_t started_us;
    int ready_fd; /* of a daemon: where its parent waits; else -1 */
};

static int complain(const char *msg)
{
    (void)fprintf(stderr, "ottla server: %s\n", msg);
    return 1;
}

static int args_parse(int argc, char **argv, struct server_args *ret)
{
    char msg[512];

    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        const char *value = NULL;

        if (strcmp(arg, "-daemon") == 0 || strcmp(arg, "--daemon") == 0) {
            ret->daemon = true;
            continue;
        }
        if (strcmp(arg, "--override") == 0) {
            value = i + 1 < argc ? argv[++i] : NULL;
            if (value == NULL) {
                return complain("--override needs key=value, for example --override "
                                "log.dirs=./data/other");
            }
        } else if (strncmp(arg, "--override=", 11) == 0) {
            value = arg + 11;
        }
        if (value != NULL) {
            if (ret->override_cnt == OVERRIDES_MAX) {
                return complain("too many --override options");
            }
            ret->overrides[ret->override_cnt++] = value;
            continue;
        }
        if (arg[0] == '-') {
            (void)snprintf(msg, sizeof(msg),
                           "%.100s is no option; there are -daemon and --override key=value. Try: "
                           "ottla help server",
                           arg);
            return complain(msg);
        }
        if (ret->config_path != NULL) {
            (void)snprintf(msg, sizeof(msg), "one configuration file, not two: %.100s and %.100s",
                           ret->config_path, arg);
            return complain(msg);
        }
        ret->config_path = arg;
    }
    return 0;
}

/* The file named, or config/standalone.properties where that exists, or defaults. */
static int config_load(struct main_state *m, const struct server_args *args, struct config_why *why)
{
    const char *path = args->config_path;
    uint8_t *bytes = NULL;
    size_t len = 0;
    int rc;

    if (path == NULL) {
        struct os_stat st;

        path = "config/standalone.properties";
        if (os_stat(m->os, path, &st) != 0) {
            path = NULL;
        }
    }
    if (path != NULL) {
        struct os_stat st;

        rc = os_stat(m->os, path, &st);
        if (rc == 0 && st.kind == OS_KIND_DIR) {
            (void)snprintf(why->text, sizeof(why->text),
                           "%s is a directory; name a configuration file, such as "
                           "config/standalone.properties",
                           path);
            return ERR_INVALID;
        }
        rc = os_file_read_all(m->os, path, CONFIG_MAX_BYTES, &bytes, &len);
        if (rc != 0) {
            (void)snprintf(why->text, sizeof(why->text), "the configuration file %s: %s", path,
                           err_text(rc));
            return rc;
        }
        rc = config_parse(&m->config, path, slice_of(bytes, len), why);
        free(bytes);
        if (rc != 0) {
            return rc;
        }
    }
    for (size_t i = 0; i < args->override_cnt; i++) {
        rc = config_override(&m->config, args->overrides[i], why);
        if (rc != 0) {
            return rc;
        }
    }
    return config_finish(&m->config, why);
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "::1") == 0;
}

static void warn_wide_listeners(const struct main_state *m)
{
    const struct listeners *l = server_listeners(m->server);

    for (size_t i = 0; i < l->cnt; i++) {
        if (!is_loopback(l->at[i].host)) {
            char msg[256];

            (void)snprintf(msg, sizeof(msg),
                           "everyone who reaches this address can read and write everything; to "
                           "serve this machine alone set listeners=%s://localhost:%u",
                           l->at[i].name, (unsigned)l->at[i].port);
            LOG(log_sink_logger(m->sink), LOG_WARN, "listener.wide",
                KV_CSTR("listener", l->at[i].name),
                KV_CSTR("host", l->at[i].host[0] == '\0' ? "all addresses" : l->at[i].host),
                KV_INT("port", l->at[i].port), KV_CSTR("msg", msg));
        }
    }
}

static void note_log(void *arg, const char *sentence)
{
    LOG(arg, LOG_WARN, "config.note", KV_CSTR("msg", sentence));
}

/* An IPv6 address is bracketed where a port follows. */
static void endpoint_text(const struct listener *l, char *ret, size_t cap)
{
    (void)snprintf(ret, cap, strchr(l->host, ':') != NULL ? "[%s]:%u" : "%s:%u", l->host,
                   (unsigned)l->port);
}

static void greet(struct main_state *m)
{
    const struct listeners *a = server_advertised(m->server);
    int64_t took_us = os_mono_us(m->os) - m->started_us;
    char first[HOST_NAME_LEN_MAX + 16];
    struct str out;

    str_init(&out, 64 * 1024);
    str_add_cstr(&out, "Ottla listens on");
    for (size_t i = 0; i < a->cnt; i++) {
        char text[HOST_NAME_LEN_MAX + 16];

        endpoint_text(&a->at[i], text, sizeof(text));
        str_add_fmt(&out, "%s %s (%s)", i == 0 ? "" : ",", text, a->at[i].name);
    }
    endpoint_text(&a->at[0], first, sizeof(first));
    str_add_fmt(&out, ", ready in %lld.%lld ms\n", (long long)(took_us / 1000),
                (long long)(took_us % 1000 / 100));
    str_add_fmt(&out, "Its data is in %s\n",
                settings_family_text(m->config.settings, SETTING_LOG_DIRS));
    str_add_fmt(&out,
                "Try in another terminal:\n"
                "  bin/kafka-topics.sh --bootstrap-server %s --list\n"
                "  bin/kafka-console-consumer.sh --bootstrap-server %s --topic test "
                "--from-beginning\n",
                first, first);
    os_print(m->os, 1, str_view(&out));
    str_release(&out);
}

static void wait_for_end(void *arg)
{
    struct main_state *m = arg;
    char why[SERVER_WHY_LEN];

    (void)!server_wait(m->server, why); /* main asks again and tells */
    os_signal_raise(m->os);
}

static int run(struct main_state *m)
{
    struct os_thread *waiter = NULL;
    char why[SERVER_WHY_LEN];
    int rc;

    rc = server_start(m->os, log_sink_logger(m->sink), m->config.settings, &m->server, why);
    if (rc != 0) {
        return complain(why);
    }
    warn_wide_listeners(m);
    greet(m);
    if (m->ready_fd >= 0) {
        os_daemon_ready(m->os, m->ready_fd);
    }
    rc = os_thread_start(m->os, "waiter", wait_for_end, m, &waiter);
    if (rc != 0) {
        server_stop(m->server);
        (void)!server_wait(m->server, why); /* the failure told is this one */
        return complain("cannot start a thread");
    }
    (void)os_signal_wait(m->os); /* which one does not matter */
    server_stop(m->server);
    os_thread_join(waiter);
    rc = server_wait(m->server, why);
    if (rc != 0) {
        return complain(why);
    }
    LOG(log_sink_logger(m->sink), LOG_INFO, "server.stopped", KV_CSTR("msg", "clean stop"));
    return 0;
}

static int prepare(struct main_state *m, const struct server_args *args, struct config_why *why)
{
    int rc = os_new(&m->os);

    if (rc == 0) {
        m->started_us = os_mono_us(m->os);
        os_signals_hold(m->os);
        rc = log_sink_new(m->os, LOG_INFO, &m->sink);
    }
    return rc == 0 ? config_load(m, args, why) : rc;
}

int server_main(int argc, char **argv)
{
    struct main_state m = {.ready_fd = -1};
    struct server_args args = {0};
    struct config_why why = {{0}};
    const char *zookeeper;
    int rc;

    if (args_parse(argc, argv, &args) != 0) {
        return 1;
    }
    if (config_init(&m.config) != 0) {
        return complain("out of memory");
    }
    rc = prepare(&m, &args, &why);
    if (rc != 0) {
        rc = complain(why.text[0] != '\0' ? why.text : err_text(rc));
        goto out;
    }
    zookeeper = settings_text(m.config.settings, SETTING_ZOOKEEPER_CONNECT);
    if (zookeeper != NULL && zookeeper[0] != '\0') {
        rc = complain("clusters on ZooKeeper come with a later version; on one machine use make "
                      "run, or --override zookeeper.connect=");
        goto out;
    }
    if (args.daemon) {
        rc = os_daemonize(m.os, "ottla-server.log", &m.ready_fd);
        if (rc != 0) {
            rc = complain("cannot go into the background: ottla-server.log in this folder cannot "
                          "be written");
            goto out;
        }
    }
    config_each_note(&m.config, note_log, log_sink_logger(m.sink));
    rc = run(&m);
out:
    server_free(m.server);
    config_release(&m.config);
    log_sink_free(m.sink);
    os_free(m.os);
    return rc;
}
