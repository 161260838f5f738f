#include "net/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "net/conn.h"

/*
 * The first reactor accepts and deals connections out to the shards in turn. Limits are checked
 * before a connection costs more than its socket.
 */

#define IPS_MAX 100000
#define POOL_KEEP_BYTES (32u * 1024 * 1024)

struct handed_over {
    struct reactor_task task;
    struct net_shard *shard;
    struct net_listener *listener;
    struct os_socket *sock;
    uint64_t id;
};

static void describe_bind_failure(struct net *net, const struct net_listener_options *l, int rc,
                                  char *ret_why, size_t cap)
{
    const char *host = l->host[0] == '\0' ? "all addresses" : l->host;
    char holder[128];

    switch (rc) {
    case ERR_ADDR_IN_USE:
        os_port_holder(net->opts.os, l->port, holder, sizeof(holder));
        (void)snprintf(ret_why, cap,
                       "cannot listen on %s port %u: %s already listens there; stop it, or choose "
                       "another port with --override listeners=%s://localhost:%u",
                       host, (unsigned)l->port, holder[0] == '\0' ? "another process" : holder,
                       l->name, (unsigned)l->port + 1);
        return;
    case ERR_NOT_FOUND:
        (void)snprintf(ret_why, cap,
                       "cannot listen on %s port %u: this machine has no such address; correct "
                       "the setting listeners",
                       host, (unsigned)l->port);
        return;
    case ERR_ACCESS:
        (void)snprintf(ret_why, cap,
                       "cannot listen on %s port %u: permission denied; ports below 1024 need "
                       "more rights, choose a higher one in the setting listeners",
                       host, (unsigned)l->port);
        return;
    default:
        (void)snprintf(ret_why, cap, "cannot listen on %s port %u: %s", host, (unsigned)l->port,
                       err_text(rc));
        return;
    }
}

int net_new(const struct net_options *opts, struct net **ret_net, char *ret_why, size_t why_cap)
{
    struct net *net = calloc(1, sizeof(*net));
    uint64_t seed;
    int rc;

    ASSERT(opts->reactor_cnt >= 1 && opts->reactor_cnt <= NET_REACTORS_MAX);
    (void)snprintf(ret_why, why_cap, "out of memory");
    if (net == NULL) {
        return ERR_NOMEM;
    }
    net->opts = *opts;
    memcpy(net->reactors, opts->reactors, opts->reactor_cnt * sizeof(struct reactor *));
    net->opts.reactors = net->reactors;
    os_random(opts->os, &seed, sizeof(seed));
    map_init(&net->ip_cnt, seed, IPS_MAX);
    rc = os_lock_new(&net->ip_lock);
    for (size_t i = 0; rc == 0 && i < opts->listener_cnt; i++) {
        struct net_listener *l = &net->listeners[i];

        l->net = net;
        l->opts = opts->listeners[i];
        rc = os_listen(opts->os, l->opts.host, l->opts.port, opts->backlog, &l->os);
        if (rc != 0) {
            describe_bind_failure(net, &l->opts, rc, ret_why, why_cap);
            continue;
        }
        l->port = os_listener_port(l->os);
        if (opts->congestion[0] != '\0') {
            rc = os_listener_congestion(l->os, opts->congestion);
            if (rc != 0) {
                (void)snprintf(ret_why, why_cap,
                               "this machine offers no congestion control \"%s\"; "
                               "/proc/sys/net/ipv4/tcp_allowed_congestion_control lists those it "
                               "does; correct the setting socket.congestion.control",
                               opts->congestion);
            }
        }
    }
    for (size_t i = 0; i < opts->reactor_cnt; i++) {
        net->shards[i].net = net;
        net->shards[i].reactor = opts->reactors[i];
        net->shards[i].feed.run = shard_feed_starved;
        net->shards[i].feed_task.run = shard_feed_asked;
        if (rc == 0) {
            rc = pool_new(POOL_KEEP_BYTES, &net->shards[i].pool);
        }
    }
    if (rc != 0) {
        net_free(net);
        return rc;
    }
    *ret_net = net;
    return 0;
}

uint16_t net_port(const struct net *net, size_t listener_idx)
{
    ASSERT(listener_idx < net->opts.listener_cnt);
    return net->listeners[listener_idx].port;
}

static int64_t ip_max(const struct net *net, const char *address)
{
    for (size_t i = 0; i < net->opts.ip_limit_cnt; i++) {
        if (strcmp(net->opts.ip_limits[i].address, address) == 0) {
            return net->opts.ip_limits[i].connections_max;
        }
    }
    return net->opts.connections_per_ip_max;
}

/* Counts a connection for its address. ERR_LIMIT when it has too many. */
static int ip_enter(struct net *net, const char *address)
{
    struct slice key = slice_cstr(address);
    struct counter *c;
    int rc = 0;

    os_lock_take(net->ip_lock);
    c = map_get(&net->ip_cnt, key);
    if (c == NULL) {
        c = malloc(sizeof(*c));
        if (c == NULL) {
            rc = ERR_NOMEM;
        } else {
            counter_init(c, 0);
            rc = map_add(&net->ip_cnt, key, c);
            if (rc != 0) {
                free(c);
            }
        }
    }
    if (rc == 0 && counter_add(c, 1) > ip_max(net, address)) {
        (void)counter_add(c, -1);
        rc = ERR_LIMIT;
    }
    os_lock_drop(net->ip_lock);
    return rc;
}

static void ip_leave(struct net *net, const char *address)
{
    struct slice key = slice_cstr(address);
    struct counter *c;

    os_lock_take(net->ip_lock);
    c = map_get(&net->ip_cnt, key);
    if (c != NULL && counter_add(c, -1) == 0) {
        free(map_remove(&net->ip_cnt, key));
    }
    os_lock_drop(net->ip_lock);
}

void net_connection_left(struct net_listener *listener, const char *address)
{
    (void)counter_add(&listener->connections, -1);
    (void)counter_add(&listener->net->connections, -1);
    ip_leave(listener->net, address);
}

static void handed_over_run(struct reactor_task *task)
{
    struct handed_over *h = CONTAINER_OF(task, struct handed_over, task);

    conn_open(h->shard, h->listener, h->sock, h->id);
    free(h);
}

static void connection_refuse(struct net *net, struct os_socket *sock, const char *msg)
{
    (void)counter_add(&net->refused, 1);
    LOG(net->opts.logger, LOG_WARN, "connection.refused", KV_CSTR("peer", os_socket_peer(sock)),
        KV_CSTR("msg", msg));
    os_socket_close(sock);
}

static void connection_accepted(void *ctx, struct os_socket *sock)
{
    struct net_listener *l = ctx;
    struct net *net = l->net;
    struct net_shard *shard = &net->shards[net->shard_next];
    struct handed_over *h;

    net->shard_next = (net->shard_next + 1) % net->opts.reactor_cnt;
    if (counter_get(&net->connections) >= net->opts.connections_max) {
        connection_refuse(net, sock, "max.connections is reached; closing this connection");
        return;
    }
    if (counter_get(&l->connections) >= l->opts.connections_max) {
        connection_refuse(net, sock,
                          "the listener's max.connections is reached; closing this "
                          "connection");
        return;
    }
    if (ip_enter(net, os_socket_peer(sock)) != 0) {
        connection_refuse(net, sock, "max.connections.per.ip is reached; closing this connection");
        return;
    }
    (void)counter_add(&l->connections, 1);
    (void)counter_add(&net->connections, 1);
    (void)counter_add(&net->accepted, 1);
    net->connection_next++;
    if (shard == &net->shards[0]) {
        conn_open(shard, l, sock, net->connection_next);
        return;
    }
    h = malloc(sizeof(*h));
    if (h == NULL) {
        net_connection_left(l, os_socket_peer(sock));
        connection_refuse(net, sock, "out of memory; closing this connection");
        return;
    }
    *h = (struct handed_over){.task = {.run = handed_over_run},
                              .shard = shard,
                              .listener = l,
                              .sock = sock,
                              .id = net->connection_next};
    reactor_post(shard->reactor, &h->task);
}

static void descriptors_exhausted(void *ctx)
{
    struct net_listener *l = ctx;

    LOG(l->net->opts.logger, LOG_ERROR, "connection.no_descriptors",
        KV_INT("limit", os_fd_limit(l->net->opts.os)),
        KV_CSTR("msg", "no descriptors left for new connections; accepting again in a second; "
                       "raise the limit of open files"));
}

int net_start(struct net *net)
{
    for (size_t i = 0; i < net->opts.listener_cnt; i++) {
        int rc = os_listener_attach(net->listeners[i].os, net->opts.reactors[0],
                                    connection_accepted, descriptors_exhausted, &net->listeners[i]);

        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static void stopped_run(struct reactor_task *task)
{
    struct net *net = CONTAINER_OF(task, struct net, stopped_task);

    net->stopped(net->stopped_ctx);
}

void net_shard_is_empty(struct net_shard *shard)
{
    struct net *net = shard->net;

    reactor_timer_cancel(shard->reactor, &shard->stop_timer);
    if (counter_add(&net->shards_left, -1) == 0) {
        net->stopped_task.run = stopped_run;
        reactor_post(net->opts.reactors[0], &net->stopped_task);
    }
}

static void shard_grace_over(struct reactor_timer *t)
{
    shard_stop_conns(CONTAINER_OF(t, struct net_shard, stop_timer), true);
}

static void shard_stop(struct reactor_task *task)
{
    struct net_shard *shard = CONTAINER_OF(task, struct net_shard, stop_task);
    size_t before = shard->conn_cnt;

    reactor_timer_init(&shard->stop_timer, shard_grace_over);
    shard->stopping = true;
    if (before == 0) {
        net_shard_is_empty(shard);
        return;
    }
    if (reactor_timer_set(shard->reactor, &shard->stop_timer,
                          reactor_mono_ms(shard->reactor) + shard->net->grace_ms) != 0) {
        shard_stop_conns(shard, true);
        return;
    }
    shard_stop_conns(shard, false);
}

void net_stop(struct net *net, int64_t grace_ms, void (*stopped)(void *ctx), void *ctx)
{
    for (size_t i = 0; i < net->opts.listener_cnt; i++) {
        os_listener_close(net->listeners[i].os);
        net->listeners[i].os = NULL;
    }
    net->grace_ms = grace_ms;
    net->stopped = stopped;
    net->stopped_ctx = ctx;
    (void)counter_add(&net->shards_left, (long long)net->opts.reactor_cnt);
    for (size_t i = 0; i < net->opts.reactor_cnt; i++) {
        net->shards[i].stop_task.run = shard_stop;
        reactor_post(net->opts.reactors[i], &net->shards[i].stop_task);
    }
}

void net_free(struct net *net)
{
    if (net == NULL) {
        return;
    }
    for (size_t i = 0; i < net->opts.listener_cnt; i++) {
        os_listener_close(net->listeners[i].os);
    }
    for (size_t i = 0; i < net->opts.reactor_cnt; i++) {
        struct net_shard *s = &net->shards[i];

        ASSERT(s->conns == NULL);
        buf_unref(s->rx);
        pool_free(s->pool);
        while (s->free_requests != NULL) {
            struct net_request *nr = s->free_requests;

            s->free_requests = nr->next;
            arena_release(&nr->rq.arena);
            free(nr);
        }
    }
    for (struct map_entry *it = map_first(&net->ip_cnt); it != NULL; it = map_next(it)) {
        free(map_value(it));
    }
    map_release(&net->ip_cnt);
    os_lock_free(net->ip_lock);
    free(net);
}

void net_stats(const struct net *net, struct net_stats *ret)
{
    *ret = (struct net_stats){
        .connections = counter_get(&net->connections),
        .connections_accepted = counter_get(&net->accepted),
        .requests = counter_get(&net->requests),
        .bytes_in = counter_get(&net->bytes_in),
        .bytes_out = counter_get(&net->bytes_out),
        .frame_memory_bytes = counter_get(&net->memory_bytes),
        .refused_connections = counter_get(&net->refused),
        .bad_frames = counter_get(&net->bad_frames),
    };
}
