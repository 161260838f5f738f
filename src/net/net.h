/*
 * The network: listeners, connections, frames. It cuts frames out of the byte streams, hands them as
 * requests to a `request_sink`, and sends the answers of a connection in the order of its requests.
 *
 * Owner: the broker. One shard per reactor; a connection lives on one shard. net_start() and
 * net_stop() are called from outside the reactors or from the first one; everything else runs on the
 * connection's reactor. Limits: frame length, frame memory, connections in all and per address, time
 * for half-sent frames and for idle connections.
 */
#ifndef OTTLA_NET_NET_H
#define OTTLA_NET_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "os/os.h"
#include "os/reactor.h"
#include "wire/request.h"

#define NET_LISTENERS_MAX 16
#define NET_REACTORS_MAX 64
#define NET_IP_LIMITS_MAX 64
#define NET_ADDRESS_LEN_MAX 64

struct net;

struct net_listener_options {
    const char *name; /* "PLAINTEXT"; lives as long as the net */
    const char *host; /* "" for all addresses */
    uint16_t port;    /* 0: any free one */
    bool inter_broker;
    int64_t connections_max; /* of this listener alone */
};

/* max.connections.per.ip.overrides: another limit for one address. */
struct net_ip_limit {
    char address[NET_ADDRESS_LEN_MAX]; /* in text */
    int64_t connections_max;
};

struct net_options {
    struct os *os;
    struct logger *logger;
    struct request_sink *sink;
    struct reactor **reactors;
    size_t reactor_cnt;
    struct net_listener_options listeners[NET_LISTENERS_MAX];
    size_t listener_cnt;
    int32_t frame_len_max;    /* bytes: socket.request.max.bytes */
    int64_t memory_max_bytes; /* all frames together */
    int64_t idle_ms;          /* connections.max.idle.ms; negative: never closed */
    int64_t frame_stall_ms;   /* a started frame must move within this time */
    int64_t connections_max;
    int64_t connections_per_ip_max;
    struct net_ip_limit ip_limits[NET_IP_LIMITS_MAX];
    size_t ip_limit_cnt;
    int backlog;
    const char *congestion; /* TCP congestion control; "" for the system's; net_new() reads it */
};

/* Binds every listener; nothing is accepted yet. On failure *ret_why tells, in a sentence. */
int net_new(const struct net_options *opts, struct net **ret_net, char *ret_why,
            size_t why_cap) WARN_UNUSED;

/* The port a listener got. */
uint16_t net_port(const struct net *net, size_t listener_idx);

/* Starts accepting. Called before the reactors run, or on the first reactor. */
int net_start(struct net *net) WARN_UNUSED;

/* Stops accepting and reading; connections close when their answers are out, all of them after
 * grace_ms. `stopped` is called on the first reactor when none is left. Called on the first reactor. */
void net_stop(struct net *net, int64_t grace_ms, void (*stopped)(void *ctx), void *ctx);

/* After `stopped`, or when the reactors no longer run. Accepts NULL. */
void net_free(struct net *net);

struct net_stats {
    int64_t connections;
    int64_t connections_accepted;
    int64_t requests;
    int64_t bytes_in;
    int64_t bytes_out;
    int64_t frame_memory_bytes;
    int64_t refused_connections;
    int64_t bad_frames;
};

/* A snapshot; any thread. */
void net_stats(const struct net *net, struct net_stats *ret);

#endif
