#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/assert.h"
#include "base/chk.h"
#include "broker/broker.h"
#include "net/net.h"
#include "os/reactor.h"

/*
 * Start: bind the listeners (so that a used port is told before anything else happens) ─ start the home
 * reactor's thread ─ open the broker there ─ start the other reactors ─ accept.
 *
 * Stop, all on the home reactor: stop accepting, finish what is in flight (5 s at most) ─ close the
 * broker ─ stop the reactors. Every step is the callback of the one before.
 */

#define STOP_GRACE_MS 5000
#define FRAME_STALL_MS 30000
#define REACTORS_AUTO_MAX 16
#define CONNECTIONS_LEAST 16

struct server;

struct server_reactor {
    struct server *server;
    struct reactor *reactor;
    struct os_thread *thread;
};

enum server_state { SERVER_STARTING, SERVER_RUNNING, SERVER_STOPPED };

struct server {
    struct os *os;
    struct logger *logger;
    const struct settings *settings;
    struct listeners bind;
    struct listeners advertised;
    struct server_reactor reactors[BROKER_REACTORS_MAX];
    size_t reactor_cnt;
    struct broker *broker;
    struct api *api;
    struct net *net;
    struct reactor_task start_task;
    struct reactor_task stop_task;
    struct flag stop_asked;
    struct os_lock *lock; /* guards what follows */
    enum server_state state;
    int rc;
    char why[SERVER_WHY_LEN];
};

static void state_set(struct server *s, enum server_state state)
{
    os_lock_take(s->lock);
    s->state = state;
    os_lock_wake(s->lock);
    os_lock_drop(s->lock);
}

static void fail(struct server *s, int rc, const char *why)
{
    os_lock_take(s->lock);
    if (s->rc == 0) {
        s->rc = rc;
        (void)snprintf(s->why, sizeof(s->why), "%s", why);
    }
    os_lock_drop(s->lock);
}

/* --- stop, on the home reactor ------------------------------------------------------------------- */

static void broker_stopped(void *ctx)
{
    struct server *s = ctx;

    for (size_t i = 0; i < s->reactor_cnt; i++) {
        reactor_stop(s->reactors[i].reactor);
    }
    state_set(s, SERVER_STOPPED);
}

static void net_stopped(void *ctx)
{
    struct server *s = ctx;

    broker_stop(s->broker, broker_stopped, s);
}

static void stop_run(struct reactor_task *task)
{
    struct server *s = CONTAINER_OF(task, struct server, stop_task);

    net_stop(s->net, STOP_GRACE_MS, net_stopped, s);
}

void server_stop(struct server *s)
{
    if (flag_raise(&s->stop_asked)) {
        s->stop_task.run = stop_run;
        reactor_post(s->reactors[0].reactor, &s->stop_task);
    }
}

static void broker_is_lost(void *ctx, const char *why)
{
    struct server *s = ctx;

    fail(s, ERR_OFFLINE, why);
    server_stop(s);
}

/* --- start ------------------------------------------------------------------------------------------ */

static void reactor_thread(void *arg)
{
    struct server_reactor *r = arg;

    reactor_run(r->reactor);
}

static void broker_started(void *ctx, const char *failed)
{
    struct server *s = ctx;

    if (failed == NULL && net_start(s->net) != 0) {
        failed = "the listeners cannot be watched: too many open files";
    }
    if (failed != NULL) {
        fail(s, ERR_INVALID, failed);
        server_stop(s);
        return;
    }
    state_set(s, SERVER_RUNNING);
}

static void start_run(struct reactor_task *task)
{
    struct server *s = CONTAINER_OF(task, struct server, start_task);

    broker_start(s->broker, broker_started, s);
}

static size_t reactor_cnt_of(struct server *s)
{
    int32_t asked = settings_int(s->settings, SETTING_REACTORS);
    unsigned cores = os_cpu_cnt(s->os);

    if (asked > 0) {
        return asked > BROKER_REACTORS_MAX ? BROKER_REACTORS_MAX : (size_t)asked;
    }
    /* Up to two cores a second reactor costs more than it gives; beyond, one core stays for the
     * workers. */
    return cores <= 2 ? 1 : cores - 1 > REACTORS_AUTO_MAX ? REACTORS_AUTO_MAX : cores - 1;
}

static int reactors_make(struct server *s)
{
    size_t cnt = reactor_cnt_of(s);

    for (size_t i = 0; i < cnt; i++) {
        int rc = reactor_new(s->os, &s->reactors[i].reactor);

        if (rc != 0) {
            return rc;
        }
        s->reactors[i].server = s;
        s->reactor_cnt++;
    }
    return 0;
}

/* One item "address:count" of max.connections.per.ip.overrides; IPv6 addresses may be bracketed. */
static int ip_limit_parse(struct slice item, struct net_ip_limit *ret)
{
    size_t colon = item.len;
    struct slice address;
    int64_t cnt = 0;

    while (colon > 0 && item.ptr[colon - 1] != ':') {
        colon--;
    }
    if (colon < 2 || colon == item.len || item.len - colon > 9) {
        return ERR_INVALID;
    }
    for (size_t i = colon; i < item.len; i++) {
        if (item.ptr[i] < '0' || item.ptr[i] > '9') {
            return ERR_INVALID;
        }
        cnt = cnt * 10 + (item.ptr[i] - '0');
    }
    address = slice_sub(item, 0, colon - 1);
    if (address.len > 2 && address.ptr[0] == '[' && address.ptr[address.len - 1] == ']') {
        address = slice_sub(address, 1, address.len - 2);
    }
    if (address.len == 0 || address.len >= sizeof(ret->address)) {
        return ERR_INVALID;
    }
    memcpy(ret->address, address.ptr, address.len);
    ret->address[address.len] = '\0';
    ret->connections_max = cnt;
    return 0;
}

static int ip_limits_parse(struct server *s, struct net_options *opt)
{
    const char *text = settings_text(s->settings, SETTING_MAX_CONNECTIONS_PER_IP_OVERRIDES);
    struct slice rest = slice_cstr(text == NULL ? "" : text);
    struct slice item;

    while (setting_list_next(&rest, &item)) {
        if (opt->ip_limit_cnt == NET_IP_LIMITS_MAX ||
            ip_limit_parse(item, &opt->ip_limits[opt->ip_limit_cnt]) != 0) {
            (void)snprintf(s->why, sizeof(s->why),
                           "max.connections.per.ip.overrides: %.*s is not address:count, as in "
                           "127.0.0.1:100 (at most %d of them)",
                           (int)(item.len > 100 ? 100 : item.len), (const char *)item.ptr,
                           NET_IP_LIMITS_MAX);
            return ERR_INVALID;
        }
        opt->ip_limit_cnt++;
    }
    return 0;
}

/* listener.name.<name>.max.connections, or max.connections. */
static int64_t listener_connections_max(const struct server *s, const struct listener *l)
{
    const char *text =
        settings_listener_text(s->settings, slice_cstr(l->name), SETTING_MAX_CONNECTIONS);
    struct setting_value value;
    struct setting_why why;

    if (text != NULL &&
        setting_parse(setting_row(SETTING_MAX_CONNECTIONS), slice_cstr(text), &value, &why) == 0) {
        return value.num;
    }
    return settings_int(s->settings, SETTING_MAX_CONNECTIONS);
}

/* Connections get what the logs and the broker itself do not need: whoever opens too many is refused,
 * and takes no descriptor from a partition. */
static int64_t connections_room(struct server *s)
{
    uint64_t limit = MIN_OF(os_fd_limit(s->os), (uint64_t)INT32_MAX);
    uint64_t needed = broker_fds_needed(s->os);

    return limit < needed + CONNECTIONS_LEAST ? CONNECTIONS_LEAST : (int64_t)(limit - needed);
}

static int net_make(struct server *s)
{
    const struct settings *set = s->settings;
    const struct listener *inter = listeners_inter_broker(&s->bind, set);
    struct reactor *reactors[BROKER_REACTORS_MAX];
    struct net_options opt = {
        .os = s->os,
        .logger = s->logger,
        .sink = api_sink(s->api),
        .reactors = reactors,
        .reactor_cnt = s->reactor_cnt,
        .listener_cnt = s->bind.cnt,
        .frame_len_max = settings_int(set, SETTING_SOCKET_REQUEST_MAX_BYTES),
        .memory_max_bytes = settings_long(set, SETTING_FRAME_MEMORY_BYTES),
        .idle_ms = settings_long(set, SETTING_CONNECTIONS_MAX_IDLE_MS),
        .frame_stall_ms = FRAME_STALL_MS,
        .connections_max =
            MIN_OF((int64_t)settings_int(set, SETTING_MAX_CONNECTIONS), connections_room(s)),
        .connections_per_ip_max = settings_int(set, SETTING_MAX_CONNECTIONS_PER_IP),
        .backlog = settings_int(set, SETTING_SOCKET_LISTEN_BACKLOG_SIZE),
        .congestion = settings_text(set, SETTING_SOCKET_CONGESTION_CONTROL),
    };
    int rc;

    for (size_t i = 0; i < s->reactor_cnt; i++) {
        reactors[i] = s->reactors[i].reactor;
    }
    for (size_t i = 0; i < s->bind.cnt; i++) {
        const struct listener *l = &s->bind.at[i];

        if (l->protocol != SECURITY_PLAINTEXT) {
            (void)snprintf(s->why, sizeof(s->why),
                           "listener %s wants %s, which comes with a later version; use PLAINTEXT",
                           l->name, security_protocol_name(l->protocol));
            return ERR_UNSUPPORTED;
        }
        opt.listeners[i] =
            (struct net_listener_options){.name = l->name,
                                          .host = l->host,
                                          .port = l->port,
                                          .inter_broker = l == inter,
                                          .connections_max = listener_connections_max(s, l)};
    }
    rc = ip_limits_parse(s, &opt);
    if (rc != 0) {
        return rc;
    }
    rc = net_new(&opt, &s->net, s->why, sizeof(s->why));
    for (size_t i = 0; rc == 0 && i < s->bind.cnt; i++) {
        s->bind.at[i].port = net_port(s->net, i);
        if (s->advertised.at[i].port == 0) {
            s->advertised.at[i].port = s->bind.at[i].port;
        }
    }
    return rc;
}

static int parts_make(struct server *s)
{
    struct reactor *reactors[BROKER_REACTORS_MAX];
    struct broker_options opt = {.os = s->os,
                                 .logger = s->logger,
                                 .settings = s->settings,
                                 .reactors = reactors,
                                 .advertised = &s->advertised,
                                 .lost = broker_is_lost,
                                 .ctx = s};
    struct setting_why why;
    char host[HOST_NAME_LEN_MAX + 1];
    int rc;

    os_hostname(s->os, host, sizeof(host));
    rc = listeners_from_settings(s->settings, host, &s->bind, &s->advertised, &why);
    if (rc != 0) {
        (void)snprintf(s->why, sizeof(s->why), "%s", why.text);
        return rc;
    }
    rc = reactors_make(s);
    if (rc != 0) {
        return rc;
    }
    for (size_t i = 0; i < s->reactor_cnt; i++) {
        reactors[i] = s->reactors[i].reactor;
    }
    opt.reactor_cnt = s->reactor_cnt;
    rc = broker_new(&opt, &s->broker);
    if (rc == 0) {
        rc = api_new(s->broker, &s->api);
    }
    return rc == 0 ? net_make(s) : rc;
}

static int threads_start(struct server *s)
{
    for (size_t i = 0; i < s->reactor_cnt; i++) {
        char name[16];
        int rc;

        (void)snprintf(name, sizeof(name), "reactor-%zu", i % 1000);
        rc = os_thread_start(s->os, name, reactor_thread, &s->reactors[i], &s->reactors[i].thread);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

int server_start(struct os *os, struct logger *logger, const struct settings *settings,
                 struct server **ret_server, char ret_why[SERVER_WHY_LEN])
{
    struct server *s = calloc(1, sizeof(*s));
    int rc = s == NULL ? ERR_NOMEM : os_lock_new(&s->lock);

    (void)snprintf(ret_why, SERVER_WHY_LEN, "out of memory");
    if (rc != 0) {
        free(s);
        return rc;
    }
    s->os = os;
    s->logger = logger;
    s->settings = settings;
    flag_init(&s->stop_asked, false);
    rc = parts_make(s);
    if (rc == 0) {
        /* The reactors' tasks wait in their queues until the threads run. */
        s->start_task.run = start_run;
        reactor_post(s->reactors[0].reactor, &s->start_task);
        rc = threads_start(s);
    }
    if (rc != 0) {
        (void)snprintf(ret_why, SERVER_WHY_LEN, "%s", s->why[0] == '\0' ? err_text(rc) : s->why);
        for (size_t i = 0; i < s->reactor_cnt; i++) {
            reactor_stop(s->reactors[i].reactor);
        }
        server_free(s);
        return rc;
    }
    os_lock_take(s->lock);
    while (s->state == SERVER_STARTING) {
        os_lock_wait(s->lock, -1);
    }
    rc = s->rc;
    (void)snprintf(ret_why, SERVER_WHY_LEN, "%s", s->why);
    os_lock_drop(s->lock);
    if (rc != 0) {
        (void)!server_wait(s, ret_why); /* the same failure once more */
        server_free(s);
        return rc;
    }
    *ret_server = s;
    return 0;
}

const struct listeners *server_listeners(const struct server *s)
{
    return &s->bind;
}

const struct listeners *server_advertised(const struct server *s)
{
    return &s->advertised;
}

int server_wait(struct server *s, char ret_why[SERVER_WHY_LEN])
{
    os_lock_take(s->lock);
    while (s->state != SERVER_STOPPED) {
        os_lock_wait(s->lock, -1);
    }
    (void)snprintf(ret_why, SERVER_WHY_LEN, "%s", s->why);
    os_lock_drop(s->lock);
    for (size_t i = 0; i < s->reactor_cnt; i++) {
        os_thread_join(s->reactors[i].thread);
        s->reactors[i].thread = NULL;
    }
    return s->rc;
}

void server_free(struct server *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->reactor_cnt; i++) {
        os_thread_join(s->reactors[i].thread);
    }
    net_free(s->net);
    api_free(s->api);
    broker_free(s->broker);
    for (size_t i = 0; i < s->reactor_cnt; i++) {
        reactor_free(s->reactors[i].reactor);
    }
    os_lock_free(s->lock);
    free(s);
}
